import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { npm } from "../../../../core/ecosystems/npm/index.ts";
import { INSPECT_LIMITS, inspectFile } from "../../../../core/ecosystems/npm/inspect.ts";
import { CordonError } from "../../../../core/errors.ts";
import type { Release } from "../../../../schemas/types/facts.ts";
import { packumentBytes, type TarEntry, tar } from "../../../support/packument.ts";
import { until } from "../../../support/until.ts";

type Fields = Readonly<Record<string, unknown>>;

const PUBLISHED = "2026-11-01T00:00:00Z";
const LISTED: Fields = { dependencies: { dep: "^1.0.0" }, bin: { plain: "cli.js" } };
const FOUND: Fields = { name: "plain", version: "1.0.0", ...LISTED };
const file = (path: string, content: string | object): TarEntry => ({
  path: `package/${path}`,
  content: typeof content === "string" ? content : JSON.stringify(content),
});
const packed = (found: Fields = FOUND, ...others: TarEntry[]) =>
  gzipSync(tar([file("package.json", found), ...others]));

/** What is found in a file of a release that the listing says this of. */
async function inspected(listed: Fields, bytes: Uint8Array): Promise<Partial<Release>> {
  const releases = [{ version: "1.0.0", published: PUBLISHED, manifest: listed }];
  const listing = npm.parseListing("plain", packumentBytes({ name: "plain", releases }));
  const release = listing.releases.get("1.0.0");
  assert.ok(release && npm.inspectFile);
  // In small pieces: what is read must not depend on where they end.
  return npm.inspectFile(release, () => pieces(bytes, 100));
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe("inspectFile()", () => {
  it("says nothing otherwise of a file that says what the listing says", async () => {
    assert.deepEqual(await inspected(LISTED, packed()), { file: { readable: true, differences: [] } });
    const scripts = { postinstall: "node x.js", test: "t" };
    assert.deepEqual(await inspected({ ...LISTED, scripts }, packed({ ...FOUND, scripts })), {
      file: { readable: true, differences: [] },
    });
  });

  const SAME: readonly [name: string, listed: Fields, found: Fields][] = [
    ["a text for one command", { bin: { plain: "cli.js" } }, { ...FOUND, dependencies: {}, bin: "./cli.js" }],
    ["a path with a dot before it", LISTED, { ...FOUND, bin: { plain: "./cli.js" } }],
    [
      "optional dependencies among the others",
      { dependencies: { dep: "^1.0.0", opt: "1" }, optionalDependencies: { opt: "1" } },
      { name: "plain", version: "1.0.0", dependencies: { dep: "^1.0.0" }, optionalDependencies: { opt: "1" } },
    ],
    ["a version with a v", LISTED, { ...FOUND, version: "v1.0.0" }],
    ["scripts that no install runs", { ...LISTED, scripts: { test: "a" } }, { ...FOUND, scripts: { test: "b" } }],
    ["no dependencies and an empty list of them", { dependencies: {} }, { name: "plain", version: "1.0.0" }],
  ];
  for (const [name, listed, found] of SAME) {
    it(`takes for the same: ${name}`, async () => {
      assert.deepEqual((await inspected(listed, packed(found))).file?.differences, []);
    });
  }

  const DIFFERENT: readonly [field: string, found: Fields, saysFound: RegExp][] = [
    ["name", { ...FOUND, name: "evil" }, /evil/],
    ["version", { ...FOUND, version: "1.0.1" }, /1\.0\.1/],
    ["version", { ...FOUND, version: "not one" }, /not one/],
    ["scripts", { ...FOUND, scripts: { postinstall: "node evil.js" } }, /node evil\.js/],
    ["dependencies", { ...FOUND, dependencies: { dep: "^1.0.0", evil: "*" } }, /"evil":"\*"/],
    ["dependencies", { ...FOUND, dependencies: { dep: "^2.0.0" } }, /\^2\.0\.0/],
    ["dependencies", { ...FOUND, optionalDependencies: { evil: "*" } }, /"evil":"\*"/],
    ["bin", { ...FOUND, bin: { plain: "cli.js", npm: "evil.js" } }, /evil\.js/],
  ];
  for (const [field, found, says] of DIFFERENT) {
    it(`names what differs: ${field}, ${JSON.stringify(found)}`, async () => {
      const { differences } = (await inspected(LISTED, packed(found))).file ?? {};
      assert.deepEqual(
        differences?.map((difference) => difference.field),
        [field],
      );
      assert.match(differences?.[0]?.found ?? "", says);
    });
  }

  it("finds install scripts that the listing does not tell, as young as the release", async () => {
    const { installScripts, installScriptsChange, installScriptsSince } = await inspected(
      LISTED,
      packed({ ...FOUND, scripts: { preinstall: "node evil.js" } }),
    );
    assert.deepEqual(installScripts, [{ name: "preinstall", text: "node evil.js" }]);
    assert.deepEqual([installScriptsChange, installScriptsSince], ["new", PUBLISHED]);
  });

  it("keeps those that the listing tells: npm runs them too", async () => {
    const { installScripts, installScriptsChange } = await inspected(
      { ...LISTED, scripts: { install: "node a.js" } },
      packed({ ...FOUND, scripts: { install: "node b.js" } }),
    );
    assert.deepEqual(installScripts, [
      { name: "install", text: "node a.js" },
      { name: "install", text: "node b.js" },
    ]);
    assert.equal(installScriptsChange, "changed");
  });

  const IMPLIED: readonly [name: string, found: Fields, entries: TarEntry[], script: object | undefined][] = [
    ["a build file", FOUND, [file("binding.gyp", "{}")], { name: "install", text: "node-gyp rebuild" }],
    ["a build file in other case", FOUND, [file("Binding.GYP", "{}")], { name: "install", text: "node-gyp rebuild" }],
    [
      "a build file that its own manifest says is not to be used, which clients do not read there",
      { ...FOUND, gypfile: false },
      [file("binding.gyp", "{}")],
      { name: "install", text: "node-gyp rebuild" },
    ],
    ["a build file somewhere below", FOUND, [file("test/binding.gyp", "{}")], undefined],
    [
      "a bundled package with a script",
      FOUND,
      [file("node_modules/inner/package.json", { scripts: { postinstall: "node evil.js" } })],
      { name: "postinstall", text: "node_modules/inner: node evil.js" },
    ],
    [
      "a bundled package with a build file",
      FOUND,
      [file("node_modules/@a/inner/package.json", {}), file("node_modules/@a/inner/binding.gyp", "{}")],
      { name: "install", text: "node_modules/@a/inner: node-gyp rebuild" },
    ],
    ["a manifest that nobody reads", FOUND, [file("lib/package.json", { scripts: { install: "x" } })], undefined],
  ];
  for (const [name, found, entries, script] of IMPLIED) {
    it(`${script ? "finds" : "finds no"} script of ${name}`, async () => {
      assert.deepEqual((await inspected(LISTED, packed(found, ...entries))).installScripts, script && [script]);
    });
  }

  it("finds what a manifest with a dot in its path says", async () => {
    const evil = { ...FOUND, scripts: { install: "node evil.js" } };
    const bytes = gzipSync(tar([{ path: "package/./package.json", content: JSON.stringify(evil) }]));
    assert.equal((await inspected(LISTED, bytes)).installScripts?.[0]?.text, "node evil.js");
  });

  for (const range of ["file:./lib/evil", "link:lib", "portal:./lib", "exec:./evil.js", "./lib", "lib/evil.tgz"]) {
    it(`does not know what a dependency runs that lies in the file itself: ${range}`, async () => {
      const listed = { ...LISTED, dependencies: { evil: range } };
      const { file: found, installScripts } = await inspected(listed, packed({ ...FOUND, ...listed }));
      assert.deepEqual(found, { readable: true, differences: [] });
      assert.deepEqual(installScripts, [{ name: "install", text: "" }]);
    });
  }

  it("keeps the package's own scripts where others are too many, and says that there are more", async () => {
    const bundled = Array.from({ length: 120 }, (_, index) =>
      file(`node_modules/p${index}/package.json`, { scripts: { install: "true" } }),
    );
    const manifest = file("package.json", { ...FOUND, scripts: { postinstall: "node evil.js" } });
    const { installScripts = [] } = await inspected(LISTED, gzipSync(tar([...bundled, manifest])));
    assert.deepEqual(installScripts[0], { name: "postinstall", text: "node evil.js" });
    assert.deepEqual(installScripts.at(-1), { name: "install", text: "" });
    assert.equal(installScripts.length, 101);
  });

  it("compares scripts to their ends", async () => {
    const long = "x".repeat(10_000);
    const of = (text: string) => ({ ...LISTED, scripts: { install: text } });
    assert.deepEqual(await inspected(of(`${long}a`), packed({ ...FOUND, ...of(`${long}a`) })), {
      file: { readable: true, differences: [] },
    });
    const other = await inspected(of(`${long}a`), packed({ ...FOUND, ...of(`${long}b`) }));
    assert.deepEqual(
      other.file?.differences.map(({ field }) => field),
      ["scripts"],
    );
    assert.deepEqual(other.installScripts?.at(-1), { name: "install", text: "" });
  });

  it("leaves alone what stands twice where no client looks", async () => {
    const text = JSON.stringify({ ...FOUND, description: 'says "scripts": twice', author: {} });
    const bytes = gzipSync(
      tar([file("package.json", text.replace('"author":{}', '"author":{"a":1,"a":{"scripts":1}}'))]),
    );
    assert.deepEqual((await inspected(LISTED, bytes)).file, { readable: true, differences: [] });
  });

  const EVIL = file("node_modules/evil/package.json", { scripts: { postinstall: "node evil.js" } });
  const UNREADABLE: readonly [name: string, bytes: () => Uint8Array, why: RegExp][] = [
    ["no gzip", () => Buffer.from("text"), /cannot be unpacked/],
    ["no manifest", () => gzipSync(tar([file("index.js", "")])), /no package\.json/],
    ["two manifests", () => packed(FOUND, file("package.json", FOUND)), /twice/],
    ["two manifests that differ in case", () => packed(FOUND, file("Package.json", FOUND)), /twice/],
    ["a manifest that is no JSON", () => gzipSync(tar([file("package.json", "{")])), /not JSON/],
    ["a manifest without end", () => packed({ ...FOUND, x: "x".repeat(2 ** 21) }), /too large/],
    [
      "a manifest outside any folder, which some take for the package's own",
      () => packed(FOUND, { path: "package.json", content: JSON.stringify({ scripts: { postinstall: "evil" } }) }),
      /outside its folder/,
    ],
    [
      "a prefix where only some readers look for one",
      () => {
        const archive = tar([file("package.json", FOUND), { path: "node_modules/e/package.json", content: "{}" }]);
        const header = archive.subarray(1024, 1536);
        header.write("ustar  \0", 257, "latin1");
        header.write("p", 345, "latin1");
        header.write("        ", 148);
        const sum = header.reduce((total, byte) => total + byte, 0);
        header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
        return gzipSync(archive);
      },
      /may have a prefix/,
    ],
    [
      "a file that some take for a folder, and its content for more entries",
      () => packed(FOUND, file("data/", tar([EVIL]).toString("latin1"))),
      /is a folder/,
    ],
    [
      "such a file under another name",
      () =>
        gzipSync(
          tar([
            file("package.json", FOUND),
            { path: "P", content: "20 path=package/abc\n", type: "x" },
            file("data/", ""),
          ]),
        ),
      /is a folder/,
    ],
    [
      "another member behind zeros",
      () => Buffer.concat([packed(), Buffer.alloc(65_536), gzipSync(tar([EVIL]))]),
      /behind its end|cannot be unpacked/,
    ],
    [
      "entries in two members, of which some readers take one",
      () => {
        const archive = tar([file("package.json", FOUND), EVIL]);
        return Buffer.concat([gzipSync(archive.subarray(0, 1024)), gzipSync(archive.subarray(1024))]);
      },
      /behind its end/,
    ],
    [
      "scripts that stand twice",
      () => gzipSync(tar([file("package.json", '{"scripts":{"postinstall":"evil"},"\\u0073cripts":{}}')])),
      /says "scripts" twice/,
    ],
    [
      "a script that stands twice",
      () => gzipSync(tar([file("package.json", '{"scripts":{"install":"a","x":["{"],"install":"b"}}')])),
      /says "install" twice/,
    ],
    [
      "a manifest nested as deep as nobody reads",
      () => gzipSync(tar([file("package.json", `{"bin":${"[".repeat(100_000)}${"]".repeat(100_000)}}`)])),
      /nested too deeply/,
    ],
    ["a link", () => packed(FOUND, { path: "package/x", content: "", type: "2" }), /type "2"/],
    ["a path that leads out", () => packed(FOUND, file("../../x", "")), /readers differ/],
    ["a cut archive", () => gzipSync(tar([file("package.json", FOUND)]).subarray(0, 600)), /in the middle/],
    ["a cut gzip", () => packed().subarray(0, -20), /cannot be unpacked/],
  ];
  for (const [name, bytes, why] of UNREADABLE) {
    it(`does not guess what is in a file with ${name}`, async () => {
      const { file, installScripts, installScriptsChange } = await inspected(LISTED, bytes());
      assert.equal(file?.readable, false);
      assert.match(file?.problem ?? "", why);
      assert.deepEqual([installScripts, installScriptsChange], [[{ name: "install", text: "" }], "new"]);
    });
  }

  it("stops at what unpacks to more than any package has", async () => {
    const zeros = gzipSync(Buffer.alloc(16 * 1024 * 1024));
    let taken = 0;
    // Members one after another unpack to all of them: more than the limit, if anybody went on reading.
    async function* bomb() {
      yield gzipSync(tar([file("package.json", FOUND)]).subarray(0, -1024));
      const header = tar([{ path: "package/zeros", content: "" }]).subarray(0, 512);
      header.write("77777777777\0", 124);
      header.write("        ", 148);
      const sum = header.reduce((total, byte) => total + byte, 0);
      header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
      yield gzipSync(header);
      for (; taken < 1000; taken++) yield zeros;
    }
    const release = npm
      .parseListing("plain", packumentBytes({ name: "plain", releases: [{ version: "1.0.0" }] }))
      .releases.get("1.0.0");
    assert.ok(release);
    const { file: found } = await inspectFile(release, bomb);
    assert.equal(found?.readable, false);
    assert.ok(taken * 16 * 1024 * 1024 <= 2 * INSPECT_LIMITS.bytes, `${taken} were read`);
  });

  it("lets go of a file whose rest it does not want", async () => {
    let isOpen = false;
    async function* source() {
      isOpen = true;
      try {
        yield packed(FOUND, { path: "package/x", content: "", type: "2" });
        for (;;) yield gzipSync(Buffer.alloc(512));
      } finally {
        isOpen = false;
      }
    }
    const release = npm
      .parseListing("plain", packumentBytes({ name: "plain", releases: [{ version: "1.0.0" }] }))
      .releases.get("1.0.0");
    assert.ok(release);
    assert.equal((await inspectFile(release, source)).file?.readable, false);
    await until(() => !isOpen);
  });

  it("hands on what the file itself fails with", async () => {
    const failure = new CordonError("DIGEST_MISMATCH", "other bytes");
    async function* failing() {
      yield packed().subarray(0, 50);
      throw failure;
    }
    const release = npm
      .parseListing("plain", packumentBytes({ name: "plain", releases: [{ version: "1.0.0" }] }))
      .releases.get("1.0.0");
    assert.ok(release);
    await assert.rejects(inspectFile(release, failing), failure);
  });
});
