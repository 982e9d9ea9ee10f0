import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseListing } from "../../../../core/ecosystems/cargo/listing.ts";
import type { Listing } from "../../../../core/ecosystems/ecosystem.ts";
import { CordonError } from "../../../../core/errors.ts";
import { CKSUM, entry, type Fields, line } from "../../../support/index-entry.ts";
import { heldBytes } from "../../../support/memory.ts";

const read = (lines: readonly string[], config?: string): Listing => parseListing("some", entry(lines, config));
const factsOf = (fields: Fields) => read([line(fields)]).releases.get("1.0.0")?.facts;
const fails = (run: () => unknown, why: RegExp) =>
  assert.throws(
    run,
    (error) => error instanceof CordonError && error.code === "UPSTREAM_MALFORMED" && why.test(error.message),
  );
/** What is listed, and what is left out. */
const outcome = ({ releases, unusable }: Listing) => [[...releases.keys()], [...unusable]];

describe("parseListing()", () => {
  it("reads what a line tells of its release", () => {
    const listing = read([
      line({ rust_version: "1.70", pubtime: "2026-11-01T00:00:00Z", links: "z", v: 2, odd: [{}] }),
    ]);
    assert.deepEqual(listing.pkg, {
      ecosystem: "cargo",
      name: "some",
      purl: "pkg:cargo/some",
      releaseCount: 1,
      firstPublished: "2026-11-01T00:00:00Z",
    });
    const release = listing.releases.get("1.0.0");
    assert.deepEqual(release?.facts, {
      version: "1.0.0",
      purl: "pkg:cargo/some@1.0.0",
      prerelease: false,
      newestOfLine: true,
      published: "2026-11-01T00:00:00Z",
      yanked: false,
      digests: { sha256: CKSUM },
      rustVersion: "1.70",
    });
    const [file] = release?.files ?? [];
    assert.deepEqual(
      { ...file },
      {
        packageName: "some",
        name: "some-1.0.0.crate",
        url: "https://registry.example/dl/some/1.0.0/download",
        digests: { sha256: CKSUM },
      },
    );
  });

  it("has releases in the order of versions, and lines in that of the upstream", () => {
    const listing = read(["1.10.0", "1.2.0", "2.0.0-rc.1", "1.2.0-a"].map((vers) => line({ vers })));
    assert.deepEqual([...listing.releases.keys()], ["1.2.0-a", "1.2.0", "1.10.0", "2.0.0-rc.1"]);
    assert.deepEqual(listing.document, ["1.10.0", "1.2.0", "2.0.0-rc.1", "1.2.0-a"]);
    const newest = [...listing.releases.values()].flatMap(({ facts }) => (facts.newestOfLine ? [facts.version] : []));
    assert.deepEqual(newest, ["1.10.0"]);
    assert.equal(listing.releases.get("2.0.0-rc.1")?.facts.prerelease, true);
  });

  const YANKED: readonly [written: unknown, yanked: boolean][] = [
    [true, true],
    [false, false],
    [null, false],
    [undefined, false],
    ["a reason", false],
    [1, false],
    [[true], false],
    [{ yanked: true }, false],
  ];
  for (const [written, yanked] of YANKED)
    it(`takes yanked for ${yanked} where it is ${JSON.stringify(written)}`, () =>
      assert.equal(factsOf({ yanked: written })?.yanked, yanked));

  it("takes no other field for yanked", () => {
    assert.equal(
      factsOf({ features: { yanked: ["x"] }, deps: [{ yanked: true }], odd: { yanked: true } })?.yanked,
      false,
    );
    assert.equal(
      read([line().replace('"yanked"', '"y\\u0061nked"').replace("false", "true")]).releases.get("1.0.0")?.facts.yanked,
      true,
    );
  });

  const TIMES: readonly [written: unknown, published: string | undefined][] = [
    ["2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"],
    ["2026-11-01T00:00:00.123Z", "2026-11-01T00:00:00.123Z"],
    ["2026-11-01T02:00:00+02:00", "2026-11-01T00:00:00Z"],
    ["2026-11-01T00:00:00", undefined],
    ["2026-11-01", undefined],
    ["2026-02-30T00:00:00Z", undefined],
    ["2026-11-01T24:00:00Z", undefined],
    ["99999-11-01T00:00:00Z", undefined],
    [" 2026-11-01T00:00:00Z", undefined],
    ["yesterday", undefined],
    ["", undefined],
    [1_793_000_000, undefined],
    [null, undefined],
    [["2026-11-01T00:00:00Z"], undefined],
    [undefined, undefined],
  ];
  for (const [written, published] of TIMES)
    it(`takes ${JSON.stringify(written)} for ${published ?? "no time"}`, () => {
      const facts = factsOf({ pubtime: written });
      assert.equal(facts?.published, published);
      assert.equal(facts && "published" in facts, published !== undefined);
    });

  for (const [written, rust] of [
    ["1.70", "1.70"],
    ["", undefined],
    ["1".repeat(300), undefined],
    [1.7, undefined],
    [null, undefined],
  ] as const)
    it(`takes ${JSON.stringify(written).slice(0, 20)} for ${rust ?? "no Rust version"}`, () =>
      assert.equal(factsOf({ rust_version: written })?.rustVersion, rust));

  const LEFT_OUT: readonly [what: string, text: string, unusable: string][] = [
    ["no object", "[]", ""],
    ["null", "null", ""],
    ["a text", '"1.0.0"', ""],
    ["half an object", line().slice(0, -1), ""],
    ["two objects", line() + line(), ""],
    ["no JSON", "<html>", ""],
    ["a comment", `${line()} // x`, ""],
    ["no version", line({ vers: undefined }), ""],
    ["a version that is a number", line({ vers: 1 }), ""],
    ["a version that is no SemVer", line({ vers: "1.0" }), "1.0"],
    ["a version with a v", line({ vers: "v1.0.0" }), "v1.0.0"],
    ["a version with a space", line({ vers: "1.0.0 " }), "1.0.0 "],
    ["a version with a leading zero", line({ vers: "01.0.0" }), "01.0.0"],
    [
      "a version with a number that is too large",
      line({ vers: "1.0.99999999999999999999" }),
      "1.0.99999999999999999999",
    ],
    ["a version that is a path", line({ vers: "../../1.0.0" }), "../../1.0.0"],
    ["a version that is a prototype", line({ vers: "__proto__" }), "__proto__"],
    ["a very long version", line({ vers: `1.0.0-${"a".repeat(1000)}` }), `1.0.0-${"a".repeat(250)}`],
    ["no checksum", line({ cksum: undefined }), "1.0.0"],
    ["a short checksum", line({ cksum: CKSUM.slice(1) }), "1.0.0"],
    ["a long checksum", line({ cksum: `${CKSUM}0` }), "1.0.0"],
    ["a checksum that is no hex", line({ cksum: `g${CKSUM.slice(1)}` }), "1.0.0"],
    ["a checksum of another kind", line({ cksum: `sha256:${CKSUM}` }), "1.0.0"],
    ["a checksum that is null", line({ cksum: null }), "1.0.0"],
    ["no name", line({ name: undefined }), "1.0.0"],
    ["another crate's name", line({ name: "other" }), "1.0.0"],
    ["the name of another with an underscore", line({ name: "some_" }), "1.0.0"],
    ["a name that is a list", line({ name: ["some"] }), "1.0.0"],
  ];
  for (const [what, text, version] of LEFT_OUT)
    it(`leaves out a line with ${what}`, () =>
      assert.deepEqual(outcome(read([line({ vers: "2.0.0" }), text])), [["2.0.0"], [version]]));

  it("tells names apart by hyphens and underscores, and not by case", () => {
    const listing = parseListing("a-b", entry([line({ name: "A-b" }), line({ name: "a_b", vers: "2.0.0" })]));
    assert.deepEqual(outcome(listing), [["1.0.0"], ["2.0.0"]]);
    assert.equal(listing.name, "A-b");
    assert.equal(listing.releases.get("1.0.0")?.facts.purl, "pkg:cargo/A-b@1.0.0");
  });

  it("takes neither of two lines for one version, and both of two builds of it", () => {
    const twice = read([line(), line({ cksum: "f".repeat(64) }), line({ vers: "1.1.0" })]);
    assert.deepEqual(outcome(twice), [["1.1.0"], ["1.0.0"]]);
    assert.deepEqual(outcome(read([line(), line({ cksum: "short" })])), [[], ["1.0.0"]]);
    const builds = read([line(), line({ vers: "1.0.0+a" }), line({ vers: "1.0.0+b" })]);
    assert.deepEqual(outcome(builds), [["1.0.0", "1.0.0+a", "1.0.0+b"], []]);
    assert.equal(builds.releases.get("1.0.0+a")?.facts.purl, "pkg:cargo/some@1.0.0%2Ba");
  });

  it("takes the last of a key that stands twice, as the text is marked by it", () => {
    const twice = line().replace("{", '{"vers":"9.0.0","cksum":"x","yanked":true,');
    assert.deepEqual(outcome(read([twice])), [["1.0.0"], []]);
    assert.equal(read([twice]).releases.get("1.0.0")?.facts.yanked, false);
  });

  for (const [what, bytes] of [
    ["CRLF", entry([`${line()}\r`, `${line({ vers: "1.1.0" })}\r`])],
    ["blank lines", entry(["", line(), "  ", "\t", "\r", line({ vers: "1.1.0" }), ""])],
    ["no last newline", entry([line(), line({ vers: "1.1.0" })]).subarray(0, -1)],
    [
      "spaces within and around",
      entry([` ${JSON.stringify(JSON.parse(line()), null, 1).replaceAll("\n", " ")} `, line({ vers: "1.1.0" })]),
    ],
  ] as const)
    it(`reads an entry with ${what}`, () =>
      assert.deepEqual(outcome(parseListing("some", bytes)), [["1.0.0", "1.1.0"], []]));

  it("reads an entry without lines", () => assert.deepEqual(outcome(read([])), [[], []]));

  it("takes a line of a later form, as it came", () =>
    assert.deepEqual(outcome(read([line({ v: 3 }), line({ vers: "1.1.0", v: "x" })])), [["1.0.0", "1.1.0"], []]));

  it("takes a checksum in upper case", () =>
    assert.equal(factsOf({ cksum: CKSUM.toUpperCase() })?.digests?.["sha256"], CKSUM));

  const LARGE: readonly [what: string, lines: () => string[], releases: number][] = [
    ["a line of more than 64 KiB", () => [line({ features: { all: Array(10_000).fill("feature") } })], 1],
    ["a line of 10 MB", () => [line({ odd: "x".repeat(10_000_000) })], 1],
    ["5,000 lines", () => Array.from({ length: 5000 }, (_, at) => line({ vers: `1.${at}.0` })), 5000],
    ["20,000 lines", () => Array.from({ length: 20_000 }, (_, at) => line({ vers: `1.${at}.0` })), 20_000],
    ["20,000 lines that are one version", () => Array<string>(20_000).fill(line()), 0],
  ];
  for (const [what, lines, releases] of LARGE)
    it(`reads ${what}`, () => assert.equal(read(lines()).releases.size, releases));

  it("says what it costs by its bytes, or by its releases where lines are short", () => {
    assert.ok(read([line({ odd: "x".repeat(1_000_000) })]).bytes > 2_000_000);
    assert.equal(read(Array.from({ length: 1000 }, (_, at) => line({ vers: `1.${at}.0` }))).bytes, 1_500_000);
  });

  it("refuses more lines, and more values, than are read", () => {
    fails(
      () => read(Array.from({ length: 20_001 }, (_, at) => line({ vers: `1.${at}.0` }))),
      /more than 20000 versions/,
    );
    fails(() => read([line({ odd: "," }).replace(",", ",".repeat(8_000_001))]), /more values/);
  });

  it("reads nothing that is not UTF-8", () =>
    fails(() => parseListing("some", Buffer.concat([entry([line()]), Buffer.of(0xff)])), /not UTF-8/));

  it("survives a million lists in one another", () => {
    const deep = line().replace("[]", "[".repeat(1_000_000) + "]".repeat(1_000_000));
    assert.equal(read([deep, line({ vers: "2.0.0" })]).releases.has("2.0.0"), true);
  });
});

describe("parseListing(), of the registry's config", () => {
  const urlOf = (dl: unknown, fields: Fields = {}) =>
    parseListing("some_name", entry([line({ name: "Some_Name", ...fields })], JSON.stringify({ dl })))
      .releases.values()
      .next().value?.files[0]?.url;

  for (const [dl, url] of [
    ["https://registry.example/dl", "https://registry.example/dl/Some_Name/1.0.0/download"],
    ["https://registry.example/dl/", "https://registry.example/dl//Some_Name/1.0.0/download"],
    [
      "https://registry.example/{crate}/{crate}-{version}.crate",
      "https://registry.example/Some_Name/Some_Name-1.0.0.crate",
    ],
    ["https://registry.example/{prefix}/x", "https://registry.example/So/me/x"],
    ["https://registry.example/{lowerprefix}/x", "https://registry.example/so/me/x"],
    ["https://registry.example/{sha256-checksum}", `https://registry.example/${CKSUM}`],
    [
      "https://registry.example/{crate}/{version}/{prefix}/{lowerprefix}/{sha256-checksum}",
      `https://registry.example/Some_Name/1.0.0/So/me/so/me/${CKSUM}`,
    ],
    ["https://registry.example/{other}", "https://registry.example/{other}/Some_Name/1.0.0/download"],
  ] as const)
    it(`leads from ${dl} to ${url}`, () => assert.equal(urlOf(dl), url));

  it("has a version with a build in the address as cargo writes it", () =>
    assert.equal(
      urlOf("https://registry.example/dl", { vers: "1.0.0+a" }),
      "https://registry.example/dl/Some_Name/1.0.0+a/download",
    ));

  for (const [what, config] of [
    ["no object", "[]"],
    ["null", "null"],
    ["no `dl`", "{}"],
    ["a `dl` that is null", '{"dl":null}'],
    ["a `dl` that is a list", '{"dl":["https://registry.example"]}'],
    ["a `dl` of the prototype", '{"__proto__":{"dl":"https://registry.example"}}'],
    ["a `dl` without end", JSON.stringify({ dl: `https://registry.example/${"{version}".repeat(1000)}` })],
    ["no JSON", "<html>"],
    ["nothing", ""],
  ] as const)
    it(`refuses a config with ${what}`, () => fails(() => read([line()], config), /config/));

  it("keeps no address: a thousand copies of a long version cost nothing", () => {
    const lines = Array.from({ length: 5000 }, (_, at) => line({ vers: `1.${at}.0-${"a".repeat(240)}` }));
    const dl = `https://registry.example/${"{version}".repeat(200)}`;
    const before = heldBytes();
    const listing = read(lines, JSON.stringify({ dl }));
    const held = heldBytes() - before;
    assert.equal(listing.releases.size, 5000);
    assert.ok(held < 50_000_000, String(held));
  });
});
