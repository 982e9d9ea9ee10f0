import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseListing, readInfo, unlistedRelease } from "../../../../core/ecosystems/golang/listing.ts";

const NAME = "example.com/Acme/dep";
const URL_OF_LIST = new URL("https://registry.example/go/example.com/!acme/dep/@v/list");
const parse = (text: string | Uint8Array) => parseListing(NAME, Buffer.from(text as string), URL_OF_LIST);
const versionsOf = (text: string) => [...parse(text).releases.keys()];

describe("parseListing()", () => {
  it("reads versions in version order, each once", () => {
    assert.deepEqual(versionsOf("v1.10.0\nv1.2.0\r\n\nv1.2.0\nv1.2.0-rc.1\n"), ["v1.2.0-rc.1", "v1.2.0", "v1.10.0"]);
  });

  it("passes over times behind versions", () => {
    assert.deepEqual(versionsOf("v1.0.0 2020-01-01T00:00:00Z\nv1.1.0\t2020-01-01T00:00:00Z\n"), ["v1.0.0", "v1.1.0"]);
  });

  it("is empty for a module without versions", () => assert.deepEqual(versionsOf(""), []));

  it("leaves out what is no version, and says so", () => {
    const lines = ["v1", "1.0.0", "v1.02.0", "V1.0.0", "v1.0.0/../x", `v1.0.0-${"a".repeat(300)}`];
    const { releases, unusable } = parse(["v1.0.0", ...lines, "\ufffd"].join("\n"));
    assert.deepEqual([...releases.keys()], ["v1.0.0"]);
    assert.equal(unusable.length, lines.length + 1);
    assert.ok(unusable.every((line) => line.length <= 256));
  });

  it("tells of a release what its version tells", () => {
    const release = parse("v1.0.0-RC1\nv1.0.0\nv1.1.0\nv2.0.0+incompatible\n").releases.get("v1.0.0-RC1");
    assert.deepEqual(release?.facts, {
      version: "v1.0.0-RC1",
      purl: "pkg:golang/example.com/Acme/dep@v1.0.0-RC1",
      prerelease: true,
      newestOfLine: false,
      yanked: false,
    });
    assert.deepEqual(release?.files, [
      {
        packageName: NAME,
        name: "v1.0.0-RC1.zip",
        url: "https://registry.example/go/example.com/!acme/dep/@v/v1.0.0-!r!c1.zip",
        digests: {},
        checkedBy: "client",
      },
    ]);
  });

  it("knows the newest of each line", () => {
    const { releases } = parse("v0.1.0\nv0.1.1\nv0.2.0\nv1.0.0\nv1.1.0\nv1.2.0-rc.1\n");
    const newest = [...releases.values()].filter(({ facts }) => facts.newestOfLine).map(({ version }) => version);
    assert.deepEqual(newest, ["v0.1.1", "v0.2.0", "v1.1.0"]);
  });

  const refused: readonly [what: string, text: string | Uint8Array][] = [
    ["a page in another language", "<html>\n<p>Back soon.</p>\n</html>"],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x7b])],
    ["more versions than are judged", Array.from({ length: 20_001 }, (_, index) => `v1.${index}.0`).join("\n")],
    ["many blank lines", Buffer.alloc(64 * 1024 * 1024, "\n")],
    ["many lines that are no versions", Buffer.alloc(64 * 1024 * 1024, "a\n")],
  ];
  for (const [what, text] of refused)
    it(`refuses ${what}`, () => assert.throws(() => parse(text), { code: "UPSTREAM_MALFORMED" }));

  it("takes no large list apart before it is refused", () => {
    const blank = Buffer.alloc(64 * 1024 * 1024, "\n");
    const before = process.memoryUsage().heapUsed;
    assert.throws(() => parse(blank), { code: "UPSTREAM_MALFORMED" });
    assert.ok(process.memoryUsage().heapUsed - before < 64 * 1024 * 1024);
  });

  it("reads as many versions as are judged", () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `v1.${(index * 7919) % 20_000}.0`).join("\n");
    assert.equal(parse(text).releases.size, 20_000);
  });
});

describe("unlistedRelease()", () => {
  const listing = parse("v1.0.0\n");
  for (const version of ["v1.1.0-0.20200101000000-0123456789ab", "v9.9.9", "v2.0.0+incompatible"])
    for (const written of [version, version.slice(1)])
      it(`makes one of ${written}`, () => {
        const release = unlistedRelease(listing, written);
        assert.equal(release?.version, version);
        assert.equal(release?.facts.newestOfLine, false);
        assert.equal(release?.files[0]?.url, `https://registry.example/go/example.com/!acme/dep/@v/${version}.zip`);
      });
  for (const version of ["main", "v1", "v1.02.0", "", "v", "v1.0.0+x "])
    it(`makes none of ${JSON.stringify(version)}`, () => assert.equal(unlistedRelease(listing, version), undefined));
});

const MODULE = "forge.example/Acme/lib/v2";

describe("readInfo()", () => {
  const ORIGINS: readonly [url: unknown, origin: object | undefined][] = [
    ["https://forge.example/acme/lib", { url: "https://forge.example/acme/lib", matchesPath: true }],
    ["https://forge.example/acme/lib.git", { url: "https://forge.example/acme/lib.git", matchesPath: true }],
    ["https://forge.example/acme/lib/", { url: "https://forge.example/acme/lib/", matchesPath: true }],
    ["https://forge.example/acme/li", { url: "https://forge.example/acme/li", matchesPath: false }],
    ["https://forge.example/acme/lib-evil", { url: "https://forge.example/acme/lib-evil", matchesPath: false }],
    ["https://elsewhere.example/acme/lib", { url: "https://elsewhere.example/acme/lib", matchesPath: false }],
    ["ssh://git@forge.example/acme/lib", { url: "ssh://forge.example/acme/lib", matchesPath: true }],
    ["https://user:secret@forge.example/acme/lib?x#y", { url: "https://forge.example/acme/lib", matchesPath: true }],
    ["javascript:alert(1)", undefined],
    ["forge.example/acme/lib", undefined],
    [`https://forge.example/${"x".repeat(2000)}`, undefined],
    [7, undefined],
  ];
  for (const [url, origin] of ORIGINS) {
    it(`tells of the repository ${String(url).slice(0, 60)} whether it is that of the path`, () => {
      assert.deepEqual(readInfo({ Version: "v2.0.0", Origin: { VCS: "git", URL: url } }, MODULE)?.origin, origin);
    });
  }

  const published = (Time: unknown) => readInfo({ Version: "v1.0.0", Time }, NAME)?.published;

  it("reads version and time", () => {
    const info = { Version: "v1.0.0", Time: "2020-01-01T01:00:00.123456789+01:00", Origin: { VCS: "git" } };
    assert.deepEqual(readInfo(info, NAME), { version: "v1.0.0", published: "2020-01-01T00:00:00.123Z" });
  });

  for (const time of [undefined, null, "", 1577836800, "yesterday", "2020-02-30T00:00:00Z", "2020-01-01"])
    it(`knows no time by ${JSON.stringify(time)}`, () => assert.equal(published(time), undefined));
  for (const time of ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1970-01-01T01:00:00+01:00"])
    it(`takes ${time} for none: it is what programs write that know none`, () =>
      assert.equal(published(time), undefined));

  for (const document of [
    undefined,
    null,
    [],
    "v1.0.0",
    {},
    { Version: 1 },
    { Version: "main" },
    { Version: "1.0.0" },
    { Version: "v1.0.0+x\n" },
    { Version: "v1.0.0/../v1.1.0" },
    { version: "v1.0.0" },
    Object.create({ Version: "v1.0.0" }),
  ])
    it(`reads nothing of ${JSON.stringify(document)}`, () => assert.equal(readInfo(document, NAME), undefined));
});
