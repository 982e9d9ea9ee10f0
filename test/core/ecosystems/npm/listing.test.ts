import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseListing, repairTags } from "../../../../core/ecosystems/npm/listing.ts";
import { type FixturePackage, packumentBytes } from "../../../support/packument.ts";

function listingOf(pkg: FixturePackage) {
  return parseListing(pkg.name, packumentBytes(pkg));
}

describe("parseListing()", () => {
  it("gives the facts of a release that the full document tells", () => {
    const { pkg, releases } = listingOf({
      name: "@acme/ui",
      document: {
        maintainers: [{ name: "ann" }, { name: "bob" }, "odd"],
        repository: { url: "git+https://code.example/ui" },
      },
      releases: [
        { version: "1.0.0", published: "2024-01-02T03:04:05.678Z" },
        {
          version: "1.1.0-beta.1",
          published: "2024-02-01T00:00:00+02:00",
          deprecated: "Use 2.",
          manifest: {
            license: { type: "MIT" },
            repository: "https://code.example/ui",
            dist: {
              tarball: "https://registry.example/x.tgz",
              shasum: "A".repeat(40),
              unpackedSize: 1234,
              attestations: { provenance: {} },
            },
          },
        },
      ],
    });
    assert.deepEqual(pkg, {
      ecosystem: "npm",
      name: "@acme/ui",
      scope: "@acme",
      purl: "pkg:npm/%40acme/ui",
      releaseCount: 2,
      firstPublished: "2024-01-02T03:04:05.678Z",
      maintainers: ["ann", "bob"],
      repository: "git+https://code.example/ui",
    });
    assert.deepEqual(releases.get("1.1.0-beta.1")?.facts, {
      version: "1.1.0-beta.1",
      purl: "pkg:npm/%40acme/ui@1.1.0-beta.1",
      prerelease: true,
      newestOfLine: false,
      published: "2024-01-31T22:00:00Z",
      yanked: false,
      deprecated: "Use 2.",
      license: "MIT",
      repository: "https://code.example/ui",
      size: 1234,
      digests: { sha1: "a".repeat(40) },
      installScripts: [],
      installScriptsChange: "none",
      provenance: { present: true, lost: false },
    });
  });

  it("compares install scripts with the next lower version, whatever the order of the document", () => {
    const post = (text: string) => ({ postinstall: text });
    const { releases } = listingOf({
      name: "x",
      releases: [
        { version: "1.10.0", scripts: post("a"), published: "2024-05-01T00:00:00Z" },
        { version: "1.2.0", scripts: post("a"), published: "2024-03-01T00:00:00Z" },
        { version: "1.0.0", published: "2024-01-01T00:00:00Z" },
        { version: "1.1.0", scripts: post("a"), published: "2024-02-01T00:00:00Z" },
        { version: "2.0.0", scripts: post("b"), published: "2024-06-01T00:00:00Z" },
        { version: "2.0.1", scripts: { test: "x" }, published: "2024-07-01T00:00:00Z" },
      ],
    });
    const rows = [...releases.values()].map(({ version, facts }) => [
      version,
      facts.installScriptsChange,
      facts.installScriptsSince,
    ]);
    assert.deepEqual(rows, [
      ["1.0.0", "none", undefined],
      ["1.1.0", "new", "2024-02-01T00:00:00Z"],
      ["1.2.0", "same", "2024-02-01T00:00:00Z"],
      ["1.10.0", "same", "2024-02-01T00:00:00Z"],
      ["2.0.0", "changed", "2024-06-01T00:00:00Z"],
      ["2.0.1", "none", undefined],
    ]);
  });

  it("does not know since when scripts stand if a time of the run is missing", () => {
    const scripts = { install: "node x.js" };
    const { releases } = listingOf({
      name: "x",
      releases: [
        { version: "1.0.0", scripts, published: null },
        { version: "1.0.1", scripts },
      ],
    });
    assert.equal(releases.get("1.0.1")?.facts.installScriptsChange, "same");
    assert.equal(releases.get("1.0.1")?.facts.installScriptsSince, undefined);
  });

  it("sees the build that a gyp file implies, unless the package says how to install", () => {
    const { releases } = listingOf({
      name: "x",
      releases: [
        { version: "1.0.0", manifest: { gypfile: true } },
        { version: "1.1.0", manifest: { gypfile: true, scripts: { install: "true" } } },
      ],
    });
    assert.deepEqual(releases.get("1.0.0")?.facts.installScripts, [{ name: "install", text: "node-gyp rebuild" }]);
    assert.deepEqual(releases.get("1.1.0")?.facts.installScripts, [{ name: "install", text: "true" }]);
  });

  it("knows the newest stable release of each line: a major, or a minor below 1.0.0", () => {
    const versions = ["0.1.0", "0.1.1", "0.2.0", "1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1"];
    const { releases } = listingOf({ name: "x", releases: versions.map((version) => ({ version })) });
    const newest = [...releases.values()].flatMap(({ version, facts }) => (facts.newestOfLine ? [version] : []));
    assert.deepEqual(newest, ["0.1.1", "0.2.0", "1.10.0"]);
  });

  it("sees that there are scripts where the registry does not tell them", () => {
    const { releases } = listingOf({
      name: "x",
      releases: [{ version: "1.0.0", manifest: { hasInstallScript: true } }],
    });
    assert.deepEqual(releases.get("1.0.0")?.facts.installScripts, [{ name: "install", text: "" }]);
    assert.equal(releases.get("1.0.0")?.facts.installScriptsChange, "new");
  });

  describe("provenance", () => {
    const provenances = (versions: readonly [version: string, has: boolean, published?: string | null][]) => {
      const dist = { tarball: "https://registry.example/x.tgz", shasum: "a".repeat(40) };
      const attested = { ...dist, attestations: { provenance: {} } };
      const releases = versions.map(([version, has, published = null]) => ({
        version,
        published,
        manifest: { dist: has ? attested : dist },
      }));
      return new Map(
        [...listingOf({ name: "x", releases }).releases].map(([version, { facts }]) => [version, facts.provenance]),
      );
    };
    const lostOf = (...versions: Parameters<typeof provenances>[0]) =>
      [...provenances(versions)].flatMap(([version, facts]) => (facts?.lost ? [version] : []));

    it("is lost by every release above one that had it, until it is there again", () => {
      const versions: [string, boolean][] = [
        ["1.0.0", false],
        ["1.0.1", true],
        ["1.0.2", false],
        ["1.0.3", false],
        ["1.0.4", true],
        ["1.0.5", false],
      ];
      assert.deepEqual(lostOf(...versions), ["1.0.2", "1.0.3", "1.0.5"]);
      assert.equal(provenances(versions).get("1.0.3")?.lostFrom, "1.0.1");
      assert.equal(provenances(versions).get("1.0.5")?.lostFrom, "1.0.4");
    });

    it("is not lost by an older line that never had it, nor where only pre-releases had it", () => {
      assert.deepEqual(lostOf(["1.9.0", false], ["2.0.0", true], ["1.9.1", false]), []);
      assert.deepEqual(lostOf(["1.0.0-rc.1", true], ["1.0.0", false], ["1.1.0-rc.1", false]), ["1.1.0-rc.1"]);
    });

    it("is lost since the first release without it was published, as far as that is known", () => {
      const first = "2026-01-02T00:00:00.000Z";
      const since = (...versions: Parameters<typeof provenances>[0]) => provenances(versions).get("1.0.3")?.lostSince;
      const later = "2026-03-01T00:00:00.000Z";
      assert.equal(since(["1.0.1", true], ["1.0.2", false, first], ["1.0.3", false, later]), "2026-01-02T00:00:00Z");
      assert.equal(since(["1.0.1", true], ["1.0.2", false, null], ["1.0.3", false, later]), undefined);
    });
  });

  const TIMES: readonly [name: string, time: unknown][] = [
    ["nonsense", "yesterday"],
    ["an impossible date", "2026-02-30T00:00:00Z"],
    ["a number", 1700000000000],
    ["an object", {}],
  ];
  for (const [name, time] of TIMES) {
    it(`has no publish time where the registry gives ${name}`, () => {
      const { releases } = listingOf({
        name: "x",
        releases: [{ version: "1.0.0" }],
        document: { time: { "1.0.0": time } },
      });
      assert.equal(releases.get("1.0.0")?.facts.published, undefined);
    });
  }

  it("reads the strongest digest that there is, and drops those of the wrong length", () => {
    const dist = {
      tarball: "https://registry.example/x.tgz",
      shasum: "abc",
      integrity: `sha512-${Buffer.alloc(64, 1).toString("base64")} sha512-xx md5-yy`,
    };
    const { releases } = listingOf({ name: "x", releases: [{ version: "1.0.0", manifest: { dist } }] });
    assert.deepEqual(releases.get("1.0.0")?.facts.digests, { sha512: "01".repeat(64) });
  });

  it("refuses bytes that are not UTF-8", () => {
    assert.throws(() => parseListing("x", Buffer.from([0x22, 0xff, 0x22])), { code: "UPSTREAM_MALFORMED" });
  });
});

describe("repairTags()", () => {
  const cases: readonly [name: string, tag: string, allowed: readonly string[], expected: string | undefined][] = [
    ["keeps a tag whose version is allowed", "2.0.0", ["1.0.0", "2.0.0", "3.0.0"], "2.0.0"],
    ["takes the highest below by semver, not by text", "18.3.1", ["9.0.0", "10.2.0", "18.2.0"], "18.2.0"],
    ["never takes a newer one", "1.5.0", ["1.4.0", "2.0.0"], "1.4.0"],
    ["takes a stable one before a higher pre-release", "2.0.0", ["1.9.0", "2.0.0-rc.1"], "1.9.0"],
    ["takes a pre-release where nothing stable is left", "2.0.0", ["2.0.0-beta.1", "2.0.0-rc.1"], "2.0.0-rc.1"],
    ["has none where nothing is left below", "1.0.0", ["2.0.0"], undefined],
    ["has none where the tag names no version", "whatever", ["1.0.0"], undefined],
  ];
  for (const [name, version, allowed, expected] of cases) {
    it(name, () => assert.equal(repairTags({ latest: version }, allowed).get("latest"), expected));
  }

  it("keeps a tag named __proto__ apart from the prototype", () => {
    assert.deepEqual([...repairTags(JSON.parse('{"__proto__":"1.0.0"}'), ["1.0.0"])], [["__proto__", "1.0.0"]]);
  });
});
