/** Where the lockfiles of npm's family say that a package comes from, and what it is by its real name. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readInventory } from "../../../cli/inventory/inventory.ts";
import { toPurl } from "../../../core/purl.ts";

const REGISTRY = "https://packages.acme.example/npm";
const FORGE = "https://forge.example/acme/tool/tarball/main";

/** `LINE PURL`, and `LINE NAME REASON` of what is not judged. */
function found(path: string, text: string): string[] {
  const { releases, unjudged } = readInventory(path, text);
  return [
    ...releases.map(({ id, line }) => `${line} ${toPurl(id)}`),
    ...unjudged.map(({ name, reason, line }) => `${line} ${name} ${reason}`),
  ];
}

describe("npm ls", () => {
  const list = (dependencies: object) => JSON.stringify({ name: "web", dependencies }, null, 1);
  const ALIASES: readonly [title: string, entry: object][] = [
    ["the address of its file", { version: "4.0.0", resolved: `${REGISTRY}/@acme/real/-/real-4.0.0.tgz` }],
    ["such an address, encoded", { version: "4.0.0", resolved: `${REGISTRY}/%40acme%2freal/-/real-4.0.0.tgz` }],
    ["its `name`", { version: "4.0.0", name: "@acme/real" }],
    ["its `name`, as it was asked for", { version: "4.0.0", name: "npm:@acme/real@^4.0.0" }],
    ["its `_id`", { version: "4.0.0", _id: "@acme/real@4.0.0" }],
    ["what it was asked `from`", { version: "4.0.0", from: "npm:@acme/real@^4.0.0" }],
    ["what it was asked `from`, with its alias", { version: "4.0.0", from: "alias@npm:@acme/real@^4.0.0" }],
    ["its `version`", { version: "npm:@acme/real@4.0.0" }],
    [
      "the address, whatever its package.json says",
      { version: "4.0.0", name: "alias", resolved: `${REGISTRY}/@acme/real/-/real-4.0.0.tgz` },
    ],
  ];
  for (const [title, entry] of ALIASES)
    it(`tells the real name of an alias by ${title}`, () =>
      assert.deepEqual(found("ls.json", list({ alias: entry })), ["4 pkg:npm/%40acme/real@4.0.0"]));

  it("leaves what comes from a forge, and what is not installed", () => {
    const tree = {
      a: { version: "1.0.0" },
      tool: { version: "2.0.0", resolved: FORGE },
      repo: { resolved: "git+ssh://git@forge.example/acme/repo.git#0123" },
      gone: { missing: true },
    };
    assert.deepEqual(found("ls.json", list(tree)), [
      "4 pkg:npm/a@1.0.0",
      "7 tool comes from an address",
      "11 repo comes from git",
    ]);
  });
});

describe("yarn.lock", () => {
  const entry = (key: string, version: string, resolved: string) =>
    `"${key}":\n  version "${version}"\n  resolved "${resolved}"\n\n`;
  const head = "# yarn lockfile v1\n\n\n";

  it("of yarn 1 tells by its address where a package comes from", () => {
    const text = [
      head,
      entry("plain@^1.0.0", "1.0.0", `${REGISTRY}/plain/-/plain-1.0.0.tgz#0123`),
      entry("alias@npm:@acme/real@^4.0.0", "4.0.0", `${REGISTRY}/@acme/real/-/real-4.0.0.tgz#0123`),
      entry("other@^1.0.0", "1.0.0", `${REGISTRY}/evil/-/evil-6.6.6.tgz#0123`),
      entry("tool@^2.0.0", "2.0.0", `${FORGE}#0123`),
      // A folder of tarballs (`yarn-offline-mirror`): the file's name alone.
      entry("git-mirrored@^3.0.0", "3.0.0", "git-mirrored-3.0.0.tgz#0123"),
    ].join("");
    assert.deepEqual(found("yarn.lock", text), [
      "4 pkg:npm/plain@1.0.0",
      "8 pkg:npm/%40acme/real@4.0.0",
      "12 pkg:npm/other@1.0.0",
      "14 pkg:npm/evil@6.6.6",
      "20 pkg:npm/git-mirrored@3.0.0",
      "16 tool comes from an address",
    ]);
  });

  const berry = (...resolutions: readonly string[]) =>
    `__metadata:\n  version: 8\n\n${resolutions.map((one, index) => `"e${index}@npm:1":\n  version: 1.0.0\n  resolution: "${one}"\n\n`).join("")}`;
  const BERRY: readonly [title: string, resolution: string, expected: string][] = [
    [
      "what is patched, of which nothing else has an entry",
      "real@patch:real@npm%3A1.0.0#~/.yarn/patches/real.patch::version=1.0.0&hash=0123",
      "pkg:npm/real@1.0.0",
    ],
    [
      "a patch by yarn itself",
      "@acme/real@patch:@acme/real@npm%3A1.0.0#optional!builtin<compat/real>::version=1.0.0&hash=0123",
      "pkg:npm/%40acme/real@1.0.0",
    ],
    [
      "a patch of a patch",
      "real@patch:real@patch%3Areal@npm%253A1.0.0%23builtin<compat/real>%3A%3Aversion=1.0.0#./x.patch::version=1.0.0",
      "pkg:npm/real@1.0.0",
    ],
    [
      "a patch of what comes from git",
      "tool@patch:tool@https%3A//forge.example/acme/tool.git%23commit=0123#./x.patch",
      "tool comes from git",
    ],
    ["a patch that names nothing", "tool@patch:%", "tool is no release of a registry"],
    ["an alias that stands in the resolution", "alias@npm:@acme/real@1.0.0", "pkg:npm/%40acme/real@1.0.0"],
    [
      "an address of a registry beside it",
      `real@npm:1.0.0::__archiveUrl=${encodeURIComponent(`${REGISTRY}/real/-/real-1.0.0.tgz`)}`,
      "pkg:npm/real@1.0.0",
    ],
    [
      "another address beside it",
      `tool@npm:2.0.0::__archiveUrl=${encodeURIComponent(FORGE)}`,
      "tool comes from an address",
    ],
    ["a virtual instance", "real@virtual:0123abc#npm:1.0.0", "pkg:npm/real@1.0.0"],
  ];
  for (const [title, resolution, expected] of BERRY)
    it(`of later ones tells ${title}`, () =>
      assert.deepEqual(found("yarn.lock", berry(resolution)), [`4 ${expected}`]));

  it("of later ones names a release once that is patched and has an entry of its own", () => {
    const text = berry("real@npm:1.0.0", "real@patch:real@npm%3A1.0.0#./x.patch::version=1.0.0", "own@workspace:.");
    assert.deepEqual(found("yarn.lock", text), ["4 pkg:npm/real@1.0.0"]);
  });
});

describe("pnpm-lock.yaml", () => {
  const lock = (version: string, ...entries: readonly string[]) =>
    `lockfileVersion: '${version}'\n\npackages:\n\n${entries.map((entry) => `  ${entry}\n\n`).join("")}snapshots:\n`;

  it("tells by its address where a package comes from, also where it has lines of its own", () => {
    const text = lock(
      "9.0",
      `plain@1.0.0:\n    resolution: {integrity: sha512-x, tarball: ${REGISTRY}/plain/-/plain-1.0.0.tgz}`,
      `tool@2.0.0:\n    resolution: {integrity: sha512-x, tarball: ${FORGE}}`,
      `lines@1.0.0:\n    resolution:\n      {\n        integrity: sha512-x,\n        tarball: '${REGISTRY}/lines/-/lines-1.0.0.tgz',\n      }\n    engines: {node: '>=18'}`,
      `tool-lines@2.0.0:\n    resolution:\n      integrity: sha512-x\n      tarball: ${FORGE}\n    hasBin: true`,
      "repo@2.0.0:\n    resolution: {commit: 0123, repo: https://forge.example/acme/repo.git, type: git}",
      "own@2.0.0:\n    resolution: {directory: ../own, type: directory}",
    );
    assert.deepEqual(found("pnpm-lock.yaml", text), [
      "5 pkg:npm/plain@1.0.0",
      "11 pkg:npm/lines@1.0.0",
      "8 tool comes from an address",
      "19 tool-lines comes from an address",
      "25 repo comes from git",
      "28 own lies in a folder",
    ]);
  });

  it("names what is patched", () => {
    for (const [version, key] of [
      ["9.0", "real@1.0.0(patch_hash=0123)"],
      ["9.0", "real@1.0.0(patch_hash=0123)(react@18.2.0)"],
      ["6.0", "/real@1.0.0(patch_hash=0123)(@acme/ui@1.0.0)"],
      ["5.4", "/real/1.0.0_0123abc"],
      ["5.4", "/real/1.0.0_patch_hash=0123"],
    ] as const)
      assert.deepEqual(
        found("pnpm-lock.yaml", lock(version, `${key}:\n    resolution: {integrity: sha512-x}`)),
        ["5 pkg:npm/real@1.0.0"],
        key,
      );
  });
});

describe("bun.lock", () => {
  it("tells by its address where a package comes from", () => {
    const text = `{
  "lockfileVersion": 1,
  "workspaces": {},
  "packages": {
    "plain": ["plain@1.0.0", "", {}, "sha512-x"],
    "mine": ["mine@1.0.0", "${REGISTRY}/mine/-/mine-1.0.0.tgz", {}, "sha512-x"],
    "based": ["based@1.0.0", "${REGISTRY}/", {}, "sha512-x"],
    "alias": ["@acme/real@4.0.0", "", {}, "sha512-x"],
    "tool": ["tool@2.0.0", "${FORGE}", {}, "sha512-x"],
    "other": ["other@${FORGE}", {}],
  }
}
`;
    assert.deepEqual(found("bun.lock", text), [
      "5 pkg:npm/plain@1.0.0",
      "6 pkg:npm/mine@1.0.0",
      "7 pkg:npm/based@1.0.0",
      "8 pkg:npm/%40acme/real@4.0.0",
      "9 tool comes from an address",
      "10 other comes from an address",
    ]);
  });

  const COMMENTED = `// Written by hand.
{
  /* of version 1,
     "packages": { */
  "lockfileVersion": 1,
  "workspaces": { "": { "name": "web" } }, // our own
  "packages": {
    "plain": ["plain@1.0.0", "", {}, "sha512-x"], // "evil": ["evil@1.0.0"]
    "url": ["url@1.0.0", "", { "bin": "/* no comment */", "x": "\\"//" }, "sha512-x",],
    // the last
  }, /* é */
}
// end`;

  it("is read with comments, and known by its content with them", () => {
    for (const name of ["bun.lock", "deps.jsonc"])
      assert.deepEqual(found(name, COMMENTED), ["8 pkg:npm/plain@1.0.0", "9 pkg:npm/url@1.0.0"], name);
    assert.equal(readInventory("x", COMMENTED).kind, "bun-lock");
  });

  it("says where it is broken behind comments", () => {
    for (const [text, message] of [
      ['{ // one\n  "lockfileVersion": 1, /* open', /^bun\.lock:2:\d+: it ends in the middle$/],
      ['{ // one\n  "lockfileVersion": 1, / 2 }', /^bun\.lock:2:25: it is not JSON$/],
      ['{ // one\n  "lockfileVersion": 1,, }', /^bun\.lock:2:\d+: it is not JSON$/],
      ['{ // one\n  "lockfileVersion": "1', /^bun\.lock:2:\d+: it (ends in the middle|is not JSON)$/],
    ] as const)
      assert.throws(() => readInventory("bun.lock", text), { code: "FILE_UNREADABLE", message }, text);
  });

  it("comes to an end, whatever its quotes, backslashes and comments", () => {
    for (const unit of ['"\\', '\\"', "/*", "//", "/**/", ",", ", ", '",', "/", '"/*"'])
      assert.throws(() => readInventory("bun.lock", `{"lockfileVersion": 1,${unit.repeat(1_000_000)}`), {
        code: "FILE_UNREADABLE",
      });
  });
});

const TARBALL = `${REGISTRY}/@acme/real/-/real-4.0.0.tgz`;
const ENCODED = encodeURIComponent(TARBALL);

/** A lockfile of each client with one entry. */
const LOCKS: Readonly<
  Record<string, (entry: { name: string; version: string; address: string }) => [path: string, text: string]>
> = {
  "npm 6": ({ name, version, address }) => [
    "package-lock.json",
    JSON.stringify({ lockfileVersion: 1, dependencies: { [name]: { version, resolved: address } } }, null, 1),
  ],
  npm: ({ name, version, address }) => [
    "package-lock.json",
    JSON.stringify(
      { lockfileVersion: 3, packages: { [`node_modules/${name}`]: { version, resolved: address } } },
      null,
      1,
    ),
  ],
  "yarn 1": ({ name, version, address }) => [
    "yarn.lock",
    `# yarn lockfile v1\n\n\n"${name}@^1.0.0":\n  version "${version}"\n  resolved "${address}#0123"\n`,
  ],
  "yarn 4": ({ name, version, address }) => [
    "yarn.lock",
    `__metadata:\n  version: 8\n\n"${name}@npm:^1.0.0":\n  version: ${version}\n  resolution: "${name}@npm:${version}::__archiveUrl=${encodeURIComponent(address)}"\n`,
  ],
  pnpm: ({ name, version, address }) => [
    "pnpm-lock.yaml",
    `lockfileVersion: '9.0'\n\npackages:\n\n  '${name}@${version}':\n    resolution: {integrity: sha512-x, tarball: ${address}}\n\nsnapshots:\n\n  '${name}@${version}': {}\n`,
  ],
  bun: ({ name, version, address }) => [
    "bun.lock",
    `{\n  "lockfileVersion": 1,\n  "workspaces": {},\n  "packages": {\n    "${name}": ["${name}@${version}", "${address}", {}, "sha512-x"],\n  }\n}\n`,
  ],
};

describe("an entry whose address names another release", () => {
  const LINES: Readonly<Record<string, readonly [written: number, addressed: number]>> = {
    "npm 6": [4, 6],
    npm: [4, 6],
    "yarn 1": [4, 6],
    "yarn 4": [4, 4],
    pnpm: [5, 6],
    bun: [5, 5],
  };
  for (const [client, lock] of Object.entries(LOCKS)) {
    const [written, addressed] = LINES[client] ?? [];
    it(`is judged as both, for nobody knows which one an install takes, and counts once: ${client}`, () => {
      const jquery = { name: "jquery", version: "3.3.9", address: `${REGISTRY}/jquery/-/jquery-3.4.0.tgz` };
      assert.deepEqual(found(...lock(jquery)), [
        `${written} pkg:npm/jquery@3.3.9`,
        `${addressed} pkg:npm/jquery@3.4.0`,
      ]);
      assert.equal(readInventory(...lock(jquery)).entries, 1);
      const renamed = { name: "code-frame", version: "4.0.0", address: TARBALL };
      assert.deepEqual(found(...lock(renamed)), [
        `${written} pkg:npm/code-frame@4.0.0`,
        `${addressed} pkg:npm/%40acme/real@4.0.0`,
      ]);
    });

    it(`is judged as one where only the name of a build differs: ${client}`, () => {
      const built = { name: "@acme/real", version: "4.0.0+x.1", address: TARBALL };
      assert.deepEqual(found(...lock(built)), [`${written} pkg:npm/%40acme/real@4.0.0`]);
    });
  }

  it("is judged as the address says where it has no version", () => {
    const lock = { lockfileVersion: 3, packages: { "node_modules/@acme/real": { resolved: TARBALL } } };
    assert.deepEqual(found("package-lock.json", JSON.stringify(lock)), ["1 pkg:npm/%40acme/real@4.0.0"]);
  });
});

describe("an alias", () => {
  /** As each client writes it; the release that it counts as, and its line. */
  const ALIASES: readonly [client: string, path: string, text: string, line: number][] = [
    [
      "npm 6",
      "package-lock.json",
      JSON.stringify(
        { lockfileVersion: 1, dependencies: { alias: { version: "npm:@acme/real@4.0.0", resolved: TARBALL } } },
        null,
        1,
      ),
      4,
    ],
    [
      "npm",
      "package-lock.json",
      JSON.stringify(
        {
          lockfileVersion: 3,
          packages: { "node_modules/alias": { name: "@acme/real", version: "4.0.0", resolved: TARBALL } },
        },
        null,
        1,
      ),
      4,
    ],
    [
      "yarn 1",
      "yarn.lock",
      `# yarn lockfile v1\n\n\n"alias@npm:@acme/real@^4.0.0":\n  version "4.0.0"\n  resolved "${TARBALL}#0123"\n`,
      4,
    ],
    [
      "yarn 4",
      "yarn.lock",
      `__metadata:\n  version: 8\n\n"alias@npm:@acme/real@^4.0.0":\n  version: 4.0.0\n  resolution: "@acme/real@npm:4.0.0::__archiveUrl=${ENCODED}"\n`,
      4,
    ],
    [
      "pnpm",
      "pnpm-lock.yaml",
      `lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      alias:\n        specifier: npm:@acme/real@^4.0.0\n        version: '@acme/real@4.0.0'\n\npackages:\n\n  '@acme/real@4.0.0':\n    resolution: {integrity: sha512-x, tarball: ${TARBALL}}\n\nsnapshots:\n\n  '@acme/real@4.0.0': {}\n`,
      13,
    ],
    [
      "bun",
      "bun.lock",
      `{\n  "lockfileVersion": 1,\n  "workspaces": {},\n  "packages": {\n    "alias": ["@acme/real@4.0.0", "${TARBALL}", {}, "sha512-x"],\n  }\n}\n`,
      5,
    ],
  ];
  for (const [client, path, text, line] of ALIASES)
    it(`counts as the package that it stands for, once: ${client}`, () => {
      assert.deepEqual(found(path, text), [`${line} pkg:npm/%40acme/real@4.0.0`]);
      assert.equal(readInventory(path, text).entries, 1);
    });

  it("counts as an entry of its own beside that package where the file has one for each under its name: yarn 1", () => {
    const [, path, text = ""] = ALIASES[2] ?? [];
    const both = `${text}\n"@acme/real@^4.0.0":\n  version "4.0.0"\n  resolved "${TARBALL}#0123"\n`;
    assert.deepEqual(found(path ?? "", both), ["4 pkg:npm/%40acme/real@4.0.0"]);
    assert.equal(readInventory(path ?? "", both).entries, 2);
  });
});
