import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readInventory } from "../../../cli/inventory/inventory.ts";
import { toPurl } from "../../../core/purl.ts";

function purlsOf(path: string, content: string | object): string[] {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return readInventory(path, text).releases.map(({ id }) => toPurl(id));
}

/** As registries have it, whatever stands before: a mirror's path, another host. */
const at = (name: string, version: string) =>
  `https://registry.example/npm/${name}/-/${name.slice(name.indexOf("/") + 1)}-${version}.tgz`;

/** Version 3: only `packages`. */
const V3 = {
  name: "web",
  version: "1.0.0",
  lockfileVersion: 3,
  requires: true,
  packages: {
    "": { name: "web", version: "1.0.0", dependencies: { plain: "^1.0.0" }, workspaces: ["packages/*"] },
    "node_modules/plain": { version: "1.0.0", resolved: at("plain", "1.0.0"), integrity: "sha512-x" },
    "node_modules/@acme/ui": { version: "2.0.0-rc.1", resolved: at("@acme/ui", "2.0.0-rc.1") },
    "node_modules/plain/node_modules/inner": { version: "0.1.0", resolved: at("inner", "0.1.0") },
    "node_modules/@acme/ui/node_modules/@acme/core": { version: "3.0.0", resolved: at("@acme/core", "3.0.0") },
    "node_modules/alias": { name: "@acme/real", version: "4.0.0", resolved: at("@acme/real", "4.0.0") },
    "node_modules/local-link": { resolved: "packages/local", link: true },
    "packages/local": { version: "9.0.0" },
    "packages/local/node_modules/own": { version: "5.0.0", resolved: at("own", "5.0.0") },
    "node_modules/from-git": { version: "6.0.0", resolved: "git+ssh://git@git.example/acme/from-git.git#0123456" },
    "node_modules/from-folder": { version: "7.0.0", resolved: "file:vendor/from-folder.tgz" },
    "node_modules/bundler": { version: "8.0.0", resolved: at("bundler", "8.0.0"), bundleDependencies: ["bundled"] },
    "node_modules/bundler/node_modules/bundled": { version: "8.1.0", inBundle: true },
    "node_modules/optional": { version: "10.0.0", resolved: at("optional", "10.0.0"), optional: true, os: ["win32"] },
    "node_modules/unresolved": { version: "11.0.0" },
    "node_modules/peer": { optional: true, peer: true },
    "node_modules/plain/node_modules/twin": { version: "12.0.0", resolved: at("twin", "12.0.0") },
    "node_modules/twin": { version: "12.0.0", resolved: at("twin", "12.0.0") },
  },
};

const V3_PURLS = [
  "pkg:npm/plain@1.0.0",
  "pkg:npm/%40acme/ui@2.0.0-rc.1",
  "pkg:npm/inner@0.1.0",
  "pkg:npm/%40acme/core@3.0.0",
  "pkg:npm/%40acme/real@4.0.0",
  "pkg:npm/own@5.0.0",
  "pkg:npm/bundler@8.0.0",
  "pkg:npm/bundled@8.1.0",
  "pkg:npm/optional@10.0.0",
  "pkg:npm/unresolved@11.0.0",
  "pkg:npm/twin@12.0.0",
];

/** Version 1: only `dependencies`. */
const V1 = {
  name: "web",
  version: "1.0.0",
  lockfileVersion: 1,
  requires: true,
  dependencies: {
    plain: {
      version: "1.0.0",
      resolved: at("plain", "1.0.0"),
      requires: { inner: "0.1.0" },
      dependencies: { inner: { version: "0.1.0", dependencies: { "@acme/core": { version: "3.0.0" } } } },
    },
    "@acme/ui": { version: "2.0.0-rc.1", resolved: at("@acme/ui", "2.0.0-rc.1") },
    alias: { version: "npm:@acme/real@4.0.0", resolved: at("@acme/real", "4.0.0") },
    "plain-alias": { version: "npm:real@4.1.0", resolved: at("real", "4.1.0") },
    "local-link": { version: "file:packages/local" },
    "from-git": {
      version: "git+ssh://git@git.example/acme/from-git.git#0123456",
      from: "from-git@git+ssh://git@git.example/acme/from-git.git",
      dependencies: { "below-git": { version: "6.1.0" } },
    },
    "from-url": { version: "https://files.example/from-url.tgz" },
    bundler: { version: "8.0.0", dependencies: { bundled: { version: "8.1.0", bundled: true } } },
    optional: { version: "10.0.0", optional: true },
    twin: { version: "12.0.0", dependencies: { plain: { version: "1.0.0" } } },
  },
};

const V1_PURLS = [
  "pkg:npm/plain@1.0.0",
  "pkg:npm/inner@0.1.0",
  "pkg:npm/%40acme/core@3.0.0",
  "pkg:npm/%40acme/ui@2.0.0-rc.1",
  "pkg:npm/%40acme/real@4.0.0",
  "pkg:npm/real@4.1.0",
  "pkg:npm/below-git@6.1.0",
  "pkg:npm/bundler@8.0.0",
  "pkg:npm/bundled@8.1.0",
  "pkg:npm/optional@10.0.0",
  "pkg:npm/twin@12.0.0",
];

describe("readInventory()", () => {
  describe("on a package-lock.json", () => {
    it("reads version 3: scopes, nested, aliased and bundled packages, but no links, folders and git", () => {
      assert.deepEqual(purlsOf("package-lock.json", V3), V3_PURLS);
    });

    it("reads version 2 by its `packages`, and not `dependencies` as well", () => {
      const both = { ...V3, lockfileVersion: 2, dependencies: { other: { version: "1.0.0" } } };
      assert.deepEqual(purlsOf("package-lock.json", both), V3_PURLS);
    });

    it("reads version 1: scopes, nested, aliased and bundled packages, but no links, folders and git", () => {
      assert.deepEqual(purlsOf("package-lock.json", V1), V1_PURLS);
    });

    const FROM: readonly [address: string, found: string][] = [
      ["https://registry.example/left-pad/-/left-pad-1.3.0.tgz", "pkg:npm/left-pad@1.3.0"],
      ["https://packages.acme.example/api/npm/all/left-pad/-/left-pad-1.3.0.tgz?dl=1#0123", "pkg:npm/left-pad@1.3.0"],
      ["http://127.0.0.1:4873/npm/left-pad/-/left-pad-1.3.0.tgz", "pkg:npm/left-pad@1.3.0"],
      ["https://registry.example/left-pad/download/left-pad-1.3.0.tgz", "pkg:npm/left-pad@1.3.0"],
      [`https://packages.acme.example/download/@acme/ui/1.3.0/${"0a".repeat(20)}`, "pkg:npm/%40acme/ui@1.3.0"],
      ["https://registry.example/@acme%2fui/-/ui-1.3.0.tgz", "pkg:npm/%40acme/ui@1.3.0"],
      ["https://registry.example/@acme/ui/-/@acme/ui-1.3.0.tgz", "pkg:npm/%40acme/ui@1.3.0"],
      // What is fetched counts beside what the lockfile calls it.
      ["https://registry.example/evil/-/evil-6.6.6.tgz", "pkg:npm/evil@6.6.6"],
      ["https://registry.example/left-pad/-/left-pad-6.6.6.tgz", "pkg:npm/left-pad@6.6.6"],
      ["https://forge.example/acme/left-pad/tarball/main", "comes from an address"],
      ["https://forge.example/acme/left-pad/archive/v1.3.0.tar.gz", "comes from an address"],
      ["https://forge.example/acme/left-pad/releases/download/v1.3.0/left-pad-1.3.0.tgz", "comes from an address"],
      ["https://files.example/left-pad-1.3.0.tgz", "comes from an address"],
      ["https://files.example/?/left-pad/-/left-pad-1.3.0.tgz", "comes from an address"],
      ["https://files.example/x#/left-pad/-/left-pad-1.3.0.tgz", "comes from an address"],
      ["https://files.example/left-pad/-/other-1.3.0.tgz", "comes from an address"],
      ["https://files.example/left-pad/-/left-pad-1.3.0.tgz/x", "comes from an address"],
      ["https://files.example/%", "comes from an address"],
      ["https://forge.example/acme/left-pad.git#0123", "comes from git"],
      ["file:left-pad-1.3.0.tgz", "lies in a folder"],
    ];
    for (const [resolved, expected] of FROM) {
      it(`tells by the address what is fetched: ${resolved}`, () => {
        const entry = { version: "1.3.0", resolved };
        for (const lock of [
          { lockfileVersion: 1, dependencies: { "left-pad": entry } },
          { lockfileVersion: 3, packages: { "node_modules/left-pad": entry } },
        ]) {
          const { releases, unjudged, entries } = readInventory("package-lock.json", JSON.stringify(lock));
          const reasons = unjudged.map(({ name, version, reason }) => `${name} ${version} ${reason}`);
          const found = [...releases.map(({ id }) => toPurl(id)), ...reasons];
          const written = "pkg:npm/left-pad@1.3.0";
          assert.deepEqual(
            found,
            expected.startsWith("pkg:") ? [...new Set([written, expected])] : [`left-pad 1.3.0 ${expected}`],
          );
          assert.equal(entries, 1);
        }
      });
    }

    it("tells what comes from git without a version, and passes over peers that nobody installs", () => {
      const address = "git+ssh://git@forge.example/acme/tool.git#0123";
      const packages = {
        "node_modules/tool": { resolved: address },
        "node_modules/peer": { optional: true, peer: true },
      };
      const lock = JSON.stringify({ lockfileVersion: 3, packages });
      const { entries, releases, unjudged } = readInventory("package-lock.json", lock);
      assert.deepEqual(releases, []);
      assert.deepEqual(unjudged, [
        { name: "tool", line: 1, reason: "comes from git", version: "git+ssh://forge.example/acme/tool.git#0123" },
      ]);
      assert.equal(entries, 1);
    });

    for (const name of [
      "npm-shrinkwrap.json",
      "web.package-lock.json",
      "a/b/.package-lock.json",
      "old-package-lock.json",
    ]) {
      it(`knows one by its name: ${name}`, () => {
        assert.deepEqual(readInventory(name, JSON.stringify(V1)).kind, "package-lock");
      });
    }

    it("finds nothing in one that has no dependencies", () => {
      for (const lock of [{ lockfileVersion: 1 }, { lockfileVersion: 3, packages: { "": { name: "web" } } }])
        assert.deepEqual(purlsOf("package-lock.json", lock), []);
    });

    const ODD: readonly [name: string, entries: object][] = [
      ["entries that are no objects", { "node_modules/a": null, "node_modules/b": "1.0.0", "node_modules/c": [] }],
      ["versions that are none", { "node_modules/a": { version: 1 }, "node_modules/b": { version: "../../x" } }],
      ["names that are none", { "node_modules/": { version: "1.0.0" }, "node_modules/../x": { version: "1.0.0" } }],
      [
        "keys of the prototype",
        JSON.parse('{"node_modules/__proto__":{"version":"1.0.0"},"__proto__":{"version":"1.0.0"}}'),
      ],
    ];
    for (const [name, packages] of ODD) {
      it(`takes no release from ${name}, and says of what has a version that it is not judged`, () => {
        const { releases, unjudged } = readInventory(
          "package-lock.json",
          JSON.stringify({ lockfileVersion: 3, packages }),
        );
        assert.deepEqual(releases, []);
        const versioned = Object.entries(packages).filter(
          ([key, entry]) =>
            key.includes("node_modules/") && typeof (entry as { version?: unknown } | null)?.version === "string",
        );
        assert.equal(unjudged.length, versioned.length);
      });
    }

    it("descends two hundred levels, and not without end", () => {
      const nested = (levels: number): string => {
        const opening = Array.from({ length: levels }, (_, level) => `"dependencies":{"a${level}":{"version":"1.0.0",`);
        return `{"lockfileVersion":1,${opening.join("")}"optional":true${"}}".repeat(levels)}}`;
      };
      assert.equal(purlsOf("package-lock.json", nested(200)).length, 200);
      assert.ok(purlsOf("package-lock.json", nested(5000)).length < 5000);
    });

    for (const [name, text, message] of [
      ["a document that ends in the middle", '{"packages":', "web/package-lock.json:1:13: it ends in the middle"],
      ["broken JSON", '{\n "packages": x }', "web/package-lock.json:2:14: it is not JSON"],
      ["nothing", "", "web/package-lock.json:1:1: it is empty"],
      [
        "what two sides wrote",
        '{\n<<<<<<< HEAD\n"a": 1\n=======\n"a": 2\n>>>>>>> b\n}',
        "web/package-lock.json:2:1: it has a merge conflict",
      ],
      [
        "another document",
        '{"hello":1}',
        "web/package-lock.json:1:1: it is no package-lock.json: it has neither `packages` nor `dependencies`",
      ],
      [
        "a list",
        "[]",
        "web/package-lock.json:1:1: it is no package-lock.json: it has neither `packages` nor `dependencies`",
      ],
    ] as const) {
      it(`refuses ${name}, and names the file`, () => {
        assert.throws(() => readInventory("web/package-lock.json", text), { code: "FILE_UNREADABLE", message });
      });
    }
  });

  describe("on a package list", () => {
    it("reads one purl a line, in the order of the file, each once", () => {
      const text = [
        "# what we install",
        "",
        "pkg:npm/plain@1.0.0",
        "  pkg:npm/@acme/ui@2.0.0   # unencoded",
        "pkg:npm/%40acme/ui@2.0.0",
        "\tpkg:pypi/Acme.Lib@1.0",
        "pkg:golang/github.com/acme/lib@v1.0.0#sub/path",
        "pkg:npm/plain@1.0.0?checksum=x",
        "   # nothing else",
      ];
      const purls = [
        "pkg:npm/plain@1.0.0",
        "pkg:npm/%40acme/ui@2.0.0",
        "pkg:pypi/acme-lib@1.0",
        "pkg:golang/github.com/acme/lib@v1.0.0",
      ];
      for (const end of ["\n", "\r\n"]) assert.deepEqual(purlsOf("some.txt", text.join(end)), purls);
      assert.equal(readInventory("some.txt", "").kind, "package-list");
    });

    const WRONG: readonly [name: string, text: string, message: RegExp][] = [
      [
        "a name",
        "pkg:npm/a@1.0.0\n\n    left-pad@1.3.0\n",
        /^lists\/some\.txt:3:5: "left-pad@1\.3\.0" is not a package URL/,
      ],
      [
        "a purl without a version",
        "pkg:npm/a",
        /^lists\/some\.txt:1:1: "pkg:npm\/a" names no release: it has no version$/,
      ],
      ["a line of Windows", "# x\r\npkg:gem/a@1\r\n", /^lists\/some\.txt:2:1: "pkg:gem\/a@1" is not a package URL/],
      ["two purls in a line", "pkg:npm/a@1.0.0 pkg:npm/b@1.0.0", /^lists\/some\.txt:1:1: /],
    ];
    for (const [name, text, message] of WRONG) {
      it(`gives file, line and column of ${name}`, () => {
        assert.throws(() => readInventory("lists/some.txt", text), { code: "FILE_UNREADABLE", message });
      });
    }
  });

  it("refuses what it cannot read, and names the file", () => {
    for (const [path, text] of [
      ["a/package.json", "{}"],
      ["a/package.json", '{"dependencies":{"a":"^1.0.0"}}'],
      ["tsconfig.json", '{"compilerOptions":{}}'],
      ["README", "# Words"],
    ] as const) {
      assert.throws(() => readInventory(path, text), {
        code: "FILE_UNREADABLE",
        message: new RegExp(`^${path.replaceAll(".", "\\.")} is of no kind that Cordon reads: CycloneDX in JSON; `),
        next: /^Write what it names into a list, such as packages\.txt with lines like pkg:npm\/left-pad@1\.3\.0, /,
      });
    }
  });
});
