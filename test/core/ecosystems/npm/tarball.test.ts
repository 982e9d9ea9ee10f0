import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { stripTarball } from "../../../../core/ecosystems/npm/tarball.ts";
import { makeFolder } from "../../../support/folder.ts";
import { type TarEntry, tar } from "../../../support/packument.ts";

const MANIFEST = {
  name: "native",
  version: "1.0.0",
  scripts: { preinstall: "a", install: "b", postinstall: "c", test: "node test.js", prepare: "tsc" },
  gypfile: true,
};
const EXPECTED_SHASUM = "298b2c1f5d3d383d1220c52b2c7dc0b584feffeb";
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
    ["dots in its path", [file("./lib/.././package.json".replace("lib/../", ""), json(MANIFEST))]],
    ["two slashes", [{ path: "package//package.json", content: json(MANIFEST) }]],
    ["backslashes", [{ path: "package\\package.json", content: json(MANIFEST) }]],
    ["other case, for disks that do not tell", [file("PACKAGE.json", json(MANIFEST))]],
    ["a dot at its end, for Windows", [file("package.json.", json(MANIFEST))]],
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
    const record = ` path=${path}\n`;
    return { path: "PaxHeader", content: `${record.length + 2}${record}`, type: "x" };
  }

  it("writes nothing that stands behind the end", async () => {
    const end = Buffer.concat([tar([file("package.json", json(MANIFEST))]), tar([file("late.js", "evil")])]);
    const stripped = await stripTarball(gzipSync(end));
    assert.doesNotMatch(gunzipSync(stripped?.bytes ?? "").toString("latin1"), /late\.js/);
  });

  const REFUSED: readonly [name: string, bytes: () => Uint8Array, why: RegExp][] = [
    ["no gzip", () => Buffer.from("text"), /cannot be unpacked/],
    ["a gzip bomb", () => gzipSync(Buffer.alloc(200 * 1024 * 1024)), /cannot be unpacked/],
    ["a manifest that is no JSON", () => gzipSync(tar([file("package.json", "{")])), /is not JSON/],
    ["a manifest that is no object", () => gzipSync(tar([file("package.json", "[]")])), /is not an object/],
    [
      "a manifest that is a link",
      () => gzipSync(tar([{ path: "package/package.json", content: "", type: "2" }])),
      /is a link or a folder/,
    ],
    ["a path that leads out", () => gzipSync(tar([file("../../x/package.json", "{}")])), /leads out/],
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
