import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { stripTarball } from "../../../../core/ecosystems/npm/strip.ts";
import { makeFolder } from "../../../support/folder.ts";
import { type TarEntry, tar } from "../../../support/packument.ts";

const MANIFEST = {
  name: "native",
  version: "1.0.0",
  scripts: { preinstall: "a", install: "b", postinstall: "c", test: "node test.js", prepare: "tsc" },
  gypfile: true,
};
const EXPECTED_SHASUM = "29f93a1e267060bcbab13634fa3e671ab287fc0a";
const json = (value: object) => JSON.stringify(value);
const file = (path: string, content: string): TarEntry => ({ path: `package/${path}`, content });
const strip = (entries: readonly TarEntry[]) => stripTarball(gzipSync(tar(entries)));

/** What the system's tar makes of it, by path. */
function unpack(bytes: Uint8Array): (path: string) => string | undefined {
  const folder = makeFolder();
  folder.write("file.tgz", bytes);
  const { status, stderr } = spawnSync("tar", ["-xzf", "file.tgz"], { cwd: folder.path, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const read = (path: string) => {
    try {
      return readFileSync(join(folder.path, path), "utf8");
    } catch {
      return undefined;
    }
  };
  const found = new Map(
    ["package/package.json", "package/index.js", "package/binding.gyp", "package/node_modules/inner/package.json"].map(
      (path) => [path, read(path)],
    ),
  );
  folder.remove();
  return (path) => found.get(path);
}

describe("stripTarball()", () => {
  it("takes out install scripts, build files, and those of bundled packages; all else stays", async () => {
    const inner = { name: "inner", version: "1.0.0", scripts: { postinstall: "evil" } };
    const stripped = await strip([
      file("package.json", json(MANIFEST)),
      file("index.js", "module.exports = 1"),
      file("binding.gyp", "{}"),
      file("node_modules/inner/package.json", json(inner)),
      file("node_modules/@acme/inner/binding.gyp", "{}"),
      file("test/binding.gyp", "a fixture"),
      file("lib/package.json", json({ scripts: { install: "nobody runs it" } })),
    ]);
    assert.ok(stripped);
    const read = unpack(stripped.bytes);
    const { gypfile: _, ...kept } = MANIFEST;
    const expected = { ...kept, scripts: { test: "node test.js", prepare: "tsc" } };
    assert.deepEqual(JSON.parse(read("package/package.json") ?? ""), expected);
    assert.equal(read("package/index.js"), "module.exports = 1");
    assert.equal(read("package/binding.gyp"), undefined);
    assert.deepEqual(JSON.parse(read("package/node_modules/inner/package.json") ?? ""), { ...inner, scripts: {} });
    assert.deepEqual(stripped.removed, [
      "package.json: preinstall",
      "package.json: install",
      "package.json: postinstall",
      "package.json: gypfile",
      "binding.gyp",
      "node_modules/inner/package.json: postinstall",
      "node_modules/@acme/inner/binding.gyp",
    ]);
    assert.match(gunzipSync(stripped.bytes).toString("latin1"), /nobody runs it/);
  });

  it("names the digests of what it gives, which are the same on every runtime", async () => {
    const stripped = await strip([file("package.json", json(MANIFEST)), file("index.js", "x".repeat(200_000))]);
    assert.ok(stripped);
    const digest = (algorithm: string, encoding: "hex" | "base64") =>
      createHash(algorithm).update(stripped.bytes).digest(encoding);
    assert.equal(stripped.integrity, `sha512-${digest("sha512", "base64")}`);
    assert.equal(stripped.shasum, digest("sha1", "hex"));
    // A promise to every lockfile: whoever changes this breaks them all.
    assert.equal(stripped.shasum, EXPECTED_SHASUM);
  });

  it("gives nothing where there is nothing to take out", async () => {
    assert.equal(await strip([file("package.json", json({ name: "plain", scripts: { test: "t" } }))]), undefined);
    assert.equal(await strip([file("package.json", json({ name: "install", keywords: ["install"] }))]), undefined);
  });

  const DISGUISED: readonly [name: string, entries: TarEntry[]][] = [
    ["another first folder", [{ path: "native-1.0.0/package.json", content: json(MANIFEST) }]],
    ["other case, for disks that do not tell", [file("PACKAGE.json", json(MANIFEST))]],
    ["a dot at its end, for Windows", [file("package.json.", json(MANIFEST))]],
    ["a dot in its path", [{ path: "package/./package.json", content: json(MANIFEST) }]],
    [
      "a long s, for disks that take it for an s",
      [file("package.json", "{}"), file("package.j\u017fon", json(MANIFEST))],
    ],
    ["a kelvin sign, for disks that take it for a k", [file("pac\u212aage.json", json(MANIFEST))]],
    ["a joiner that some disks do not see", [file("package.json", "{}"), file("pack\u200cage.json", json(MANIFEST))]],
    ["a byte order mark", [file("package.json", `\ufeff${json(MANIFEST)}`)]],
    ["keys that stand twice", [file("package.json", '{"scripts":{"install":"evil"},"scripts":{}}')]],
    ["keys written in another way", [file("package.json", '{"scripts":{"\\u0069nstall":"evil"},"scripts":{}}')]],
    ["a second manifest after a harmless one", [file("package.json", "{}"), file("package.json", json(MANIFEST))]],
    ["a path in an extended header", [pax("package/package.json"), { path: "x", content: json(MANIFEST) }]],
    [
      "a path in a GNU header",
      [
        { path: "././@LongLink", content: "package/package.json\0", type: "L" },
        { path: "x", content: json(MANIFEST) },
      ],
    ],
  ];
  for (const [name, entries] of DISGUISED) {
    it(`finds a manifest with ${name}`, async () => {
      const stripped = await strip(entries);
      assert.ok(stripped);
      assert.doesNotMatch(gunzipSync(stripped.bytes).toString("latin1"), /"(pre|post)?install"|evil|gypfile/);
    });
  }

  function pax(path: string): TarEntry {
    const record = ` path=${path}
`;
    const digits = record.length + 2 > 99 ? 3 : 2;
    return { path: "PaxHeader", content: `${record.length + digits}${record}`, type: "x" };
  }

  it("writes long paths, folders and what may be run as the original has them", async () => {
    const long = `lib/${"a-long-folder/".repeat(12)}index.js`;
    const stripped = await strip([
      file("package.json", json(MANIFEST)),
      pax(`package/${long}`),
      { path: "x", content: "deep" },
    ]);
    const folder = makeFolder();
    folder.write("file.tgz", stripped?.bytes ?? "");
    const { status, stderr } = spawnSync("tar", ["-xzf", "file.tgz"], { cwd: folder.path, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.equal(readFileSync(join(folder.path, "package", long), "utf8"), "deep");
    folder.remove();
  });

  it("takes sizes that an extended header repeats", async () => {
    assert.equal(
      await strip([file("package.json", "{}"), { path: "P", content: "10 size=1\n", type: "x" }, file("a", "x")]),
      undefined,
    );
  });

  it("takes times where some writers put them, behind the prefix", async () => {
    const bytes = changed((header) => header.write("14000000000\0", 476, "latin1"));
    assert.equal(await stripTarball(bytes), undefined);
  });

  it("writes anew what has no scripts, but headers that readers differ on", async () => {
    const stripped = await strip([
      file("package.json", "{}"),
      pax("package/a.js"),
      { path: "binding.gyp", content: "x" },
    ]);
    assert.deepEqual(stripped?.removed, ["headers that readers differ on"]);
  });

  const PLAIN = file("package.json", "{}");
  const GYP = file("binding.gyp", "{}");

  /** An archive whose first header is changed, with a checksum that fits. */
  function changed(change: (header: Buffer) => void): Uint8Array {
    const archive = tar([PLAIN]);
    change(archive);
    archive.write("        ", 148);
    const sum = archive.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    archive.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return gzipSync(archive);
  }

  const REFUSED: readonly [name: string, bytes: () => Uint8Array, why: RegExp][] = [
    ["no gzip", () => Buffer.from("text"), /cannot be unpacked/],
    ["a gzip bomb", () => gzipSync(Buffer.alloc(200 * 1024 * 1024)), /unpacks to too much/],
    ["a manifest that is no JSON", () => gzipSync(tar([file("package.json", "{")])), /is not JSON/],
    ["a manifest that is no object", () => gzipSync(tar([file("package.json", "[]")])), /is not an object/],
    [
      "a manifest that is a link",
      () => gzipSync(tar([{ path: "package/package.json", content: "", type: "2" }])),
      /entry of type "2"/,
    ],
    ["a path that leads out", () => gzipSync(tar([file("../../x/package.json", "{}")])), /readers differ/],
    ["a cut entry", () => gzipSync(tar([file("a.js", "x".repeat(5000))]).subarray(0, 2000)), /in the middle/],
    [
      "a wrong checksum",
      () => {
        const archive = tar([file("a.js", "x")]);
        archive[0] = 0x71;
        return gzipSync(archive);
      },
      /checksum/,
    ],
    // What some clients read in another way than others: each of these once hid a build file.
    [
      "a manifest with a slash at its end, though it is no folder",
      () => gzipSync(tar([file("package.json/", json(MANIFEST))])),
      /is a folder/,
    ],
    ["zeros behind a gzip file", () => Buffer.concat([gzipSync(tar([PLAIN])), Buffer.alloc(1000)]), /behind its end/],
    [
      "zeros behind a gzip file, and the size with which it ends once more",
      () => Buffer.concat([gzipSync(tar([PLAIN])), Buffer.alloc(100), gzipSync(tar([PLAIN])).subarray(-4)]),
      /behind its end/,
    ],
    [
      "one archive in two gzip files",
      () => {
        const bytes = tar([file("package.json", json(MANIFEST))]);
        return Buffer.concat([gzipSync(bytes.subarray(0, 700)), gzipSync(bytes.subarray(700))]);
      },
      /behind its end/,
    ],
    [
      "a dependency that lies in it",
      () => gzipSync(tar([file("package.json", json({ dependencies: { evil: "file:./lib/evil" } }))])),
      /lies in the file itself/,
    ],
    [
      "more entries behind one empty block",
      () => gzipSync(Buffer.concat([tar([PLAIN]).subarray(0, 1024), Buffer.alloc(512), tar([GYP])])),
      /behind its end/,
    ],
    [
      "a path without its first folder",
      () => gzipSync(tar([PLAIN, { path: "./binding.gyp", content: "{}" }])),
      /readers differ/,
    ],
    [
      "a dot before the first folder",
      () => gzipSync(tar([PLAIN, { path: "./package/binding.gyp", content: "{}" }])),
      /readers differ/,
    ],
    [
      "a size that an extended header says otherwise",
      () => gzipSync(tar([{ path: "P", content: "10 size=9\n", type: "x" }, file("a.js", "x")])),
      /sizes or paths twice/,
    ],
    ["a path from the root", () => gzipSync(tar([PLAIN, { path: "/binding.gyp", content: "{}" }])), /readers differ/],
    ["two slashes", () => gzipSync(tar([{ path: "package//package.json", content: "{}" }])), /readers differ/],
    ["backslashes", () => gzipSync(tar([{ path: "package\\package.json", content: "{}" }])), /readers differ/],
    [
      "a folder with a content",
      () => gzipSync(tar([{ path: "package/d", content: "x".repeat(600), type: "5" }])),
      /a content/,
    ],
    [
      "an old extended header",
      () => gzipSync(tar([{ path: "X", content: "20 path=package/b\n", type: "X" }, PLAIN])),
      /type "X"/,
    ],
    [
      "an old long name",
      () => gzipSync(tar([{ path: "N", content: "package/binding.gyp", type: "N" }, PLAIN])),
      /type "N"/,
    ],
    [
      "a record with two lines",
      () => gzipSync(tar([{ path: "P", content: "34 comment=a\n20 path=package/b.js\n", type: "x" }, PLAIN])),
      /broken/,
    ],
    [
      "a record whose length is hexadecimal",
      () => gzipSync(tar([{ path: "P", content: "0x15 path=package/b\n", type: "x" }, PLAIN])),
      /broken/,
    ],
    [
      "an extended header without end",
      () => gzipSync(tar([{ path: "P", content: `1000000 comment=${"x".repeat(999_980)}\n`, type: "x" }, PLAIN])),
      /too large/,
    ],
    ["a format of its own", () => changed((header) => header.write("ustar\x0001", 257)), /another format/],
    ["a size that begins with another byte", () => changed((header) => header.writeUInt8(0xa0, 124)), /no number/],
    ["a path that is said twice", () => gzipSync(tar([pax("package/a"), pax("package/b"), PLAIN])), /twice/],
    [
      "a manifest without end",
      () => gzipSync(tar([file("package.json", `[${"{},".repeat(500_000)}{}]`)])),
      /too large/,
    ],
    [
      "manifests without end",
      () =>
        gzipSync(tar(Array.from({ length: 3000 }, (_, index) => file(`node_modules/p${index}/package.json`, "{}")))),
      /too many manifests/,
    ],
    [
      "a size that is said twice",
      () => gzipSync(tar([{ path: "P", content: "11 size=999\n", type: "x" }, file("a.js", "x")])),
      /twice|broken/,
    ],
  ];
  for (const [name, bytes, message] of REFUSED) {
    it(`refuses ${name}`, async () => {
      await assert.rejects(stripTarball(bytes()), { code: "UPSTREAM_MALFORMED", message });
    });
  }
});
