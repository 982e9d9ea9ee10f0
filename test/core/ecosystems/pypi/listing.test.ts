/** The facts of a page. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Listing } from "../../../../core/ecosystems/ecosystem.ts";
import { parseListing } from "../../../../core/ecosystems/pypi/listing.ts";
import { ANONYMOUS } from "../../../../core/gate.ts";
import { checkFacts } from "../../../../core/policy/facts.ts";
import { type FileFields, jsonFile, jsonPage, PAGE_URL, SHA256 } from "../../../support/simple-pages.ts";

type Row = string | readonly [filename: string, fields: FileFields];

/** A page whose files are these, with fields over those of a usable one. */
function listingOf(...files: readonly Row[]): Listing {
  const listed = files.map((file) => (typeof file === "string" ? jsonFile(file) : jsonFile(file[0], file[1])));
  return parseListing("foo", jsonPage(listed), PAGE_URL);
}

/** Of the one release of a page. */
function factsOf(...files: readonly Row[]) {
  const [release, ...others] = listingOf(...files).releases.values();
  assert.deepEqual(others, []);
  return release?.facts;
}

const WHEEL = "foo-1.0-py3-none-any.whl";
const SDIST = "foo-1.0.tar.gz";
const at = (day: number) => ({ "upload-time": `2024-01-0${day}T00:00:00.123456Z` });
const day = (number: number) => `2024-01-0${number}T00:00:00.123Z`;

describe("parseListing()", () => {
  it("leaves out a file that is named twice with two contents, and takes one that is named twice alike", () => {
    const other = { hashes: { sha256: "b".repeat(64) } };
    const listing = listingOf(WHEEL, [WHEEL, other], SDIST, SDIST);
    assert.deepEqual(listing.unusable, [WHEEL]);
    assert.deepEqual(
      listing.releases.get("1.0")?.files.map(({ name }) => name),
      [SDIST],
    );
  });

  it("gives the facts of a release", () => {
    const listing = listingOf(
      [WHEEL, { "requires-python": ">=3.8", provenance: "/p", ...at(2) }],
      [SDIST, { "requires-python": ">=3.8", size: 5, provenance: "/q", ...at(1) }],
    );
    const facts = listing.releases.get("1.0")?.facts;
    assert.deepEqual(facts, {
      version: "1.0",
      purl: "pkg:pypi/foo@1.0",
      prerelease: false,
      published: day(1),
      lastUpload: day(2),
      yanked: false,
      requiresPython: ">=3.8",
      newestOfLine: true,
      provenance: { present: true, lost: false },
      files: [
        {
          name: WHEEL,
          kind: "wheel",
          digests: { sha256: SHA256 },
          published: day(2),
          size: 1000,
          yanked: false,
          provenance: true,
        },
        {
          name: SDIST,
          kind: "sdist",
          digests: { sha256: SHA256 },
          published: day(1),
          size: 5,
          yanked: false,
          provenance: true,
        },
      ],
    });
    assert.deepEqual(listing.pkg, {
      ecosystem: "pypi",
      name: "foo",
      purl: "pkg:pypi/foo",
      releaseCount: 1,
      firstPublished: day(1),
    });
    assert.deepEqual(checkFacts({ pkg: listing.pkg, release: facts as never, advisories: [], client: ANONYMOUS }), []);
  });

  it("gives the files to fetch, and the core metadata beside them", () => {
    const sha256 = "12".repeat(32);
    const { releases } = listingOf([
      WHEEL,
      { url: `https://files.example/a/${WHEEL}?sig=1`, "core-metadata": { sha256 }, provenance: "/p" },
    ]);
    assert.deepEqual(releases.get("1.0")?.files, [
      {
        packageName: "foo",
        name: WHEEL,
        url: `https://files.example/a/${WHEEL}?sig=1`,
        digests: { sha256: SHA256 },
        attestations: "https://registry.example/p",
      },
      {
        packageName: "foo",
        name: `${WHEEL}.metadata`,
        url: `https://files.example/a/${WHEEL}.metadata?sig=1`,
        digests: { sha256 },
      },
    ]);
  });

  describe("times", () => {
    it("are those of the first upload and of the last", () => {
      const facts = factsOf([WHEEL, at(3)], [SDIST, at(2)], ["foo-1.0.zip", at(4)]);
      assert.deepEqual([facts?.published, facts?.lastUpload], [day(2), day(4)]);
    });

    it("compare as instants, whatever their offsets", () => {
      const facts = factsOf(
        [WHEEL, { "upload-time": "2024-01-01T01:00:00+02:00" }],
        [SDIST, { "upload-time": "2024-01-01T00:00:00Z" }],
      );
      assert.deepEqual([facts?.published, facts?.lastUpload], ["2023-12-31T23:00:00Z", "2024-01-01T00:00:00Z"]);
    });

    it("tell no last upload where one is missing or wrong, for that may be the last", () => {
      for (const time of [undefined, "2024-13-01T00:00:00Z", 1]) {
        const facts = factsOf([WHEEL, at(1)], [SDIST, { "upload-time": time }]);
        assert.deepEqual([facts?.published, facts?.lastUpload], [day(1), undefined]);
      }
    });

    it("are absent where there is none", () => {
      const facts = factsOf([WHEEL, { "upload-time": undefined }]) ?? {};
      assert.ok(!("published" in facts) && !("lastUpload" in facts));
      assert.ok(!("firstPublished" in listingOf([WHEEL, { "upload-time": null }]).pkg));
    });
  });

  describe("yanked", () => {
    it("is a release of which all files are, for the first reason that is given", () => {
      const facts = factsOf([WHEEL, { yanked: true }], [SDIST, { yanked: "Broken." }]);
      assert.deepEqual([facts?.yanked, facts?.yankedReason], [true, "Broken."]);
      assert.deepEqual(
        facts?.files?.map(({ yanked }) => yanked),
        [true, true],
      );
    });

    it("is no release of which a file is not", () => {
      const facts = factsOf([WHEEL, { yanked: "Broken." }], SDIST) ?? {};
      assert.equal("yanked" in facts && facts.yanked, false);
      assert.ok(!("yankedReason" in facts));
    });

    it("is without a reason where none is given", () => {
      assert.ok(!("yankedReason" in (factsOf([WHEEL, { yanked: true }]) ?? {})));
    });
  });

  it("tells which Python is required where all files agree", () => {
    const of = (...values: readonly unknown[]) =>
      factsOf(...[WHEEL, SDIST].map((name, index) => [name, { "requires-python": values[index] }] as const));
    assert.equal(of(">=3.8", ">=3.8")?.requiresPython, ">=3.8");
    assert.equal(of(">=3.8", ">=3.9")?.requiresPython, undefined);
    assert.equal(of(">=3.8", undefined)?.requiresPython, undefined);
    assert.equal(of(undefined, undefined)?.requiresPython, undefined);
  });

  it("has provenance where each file has, and loses it with the first that has none", () => {
    const p = { provenance: "/p" };
    const { releases } = listingOf(
      ["foo-1.0.tar.gz", at(1)],
      ["foo-1.1.tar.gz", { ...p, ...at(2) }],
      ["foo-1.1-py3-none-any.whl", { ...p, ...at(2) }],
      ["foo-1.2rc1.tar.gz", at(3)],
      ["foo-1.2.tar.gz", { ...p, ...at(4) }],
      ["foo-1.2-py3-none-any.whl", at(4)],
      ["foo-1.10.tar.gz", at(5)],
      ["foo-2.0.tar.gz", { ...p, ...at(6) }],
    );
    assert.deepEqual(
      [...releases].map(([version, { facts }]) => [version, facts.provenance]),
      [
        ["1.0", { present: false, lost: false }],
        ["1.1", { present: true, lost: false }],
        ["1.2rc1", { present: false, lost: true, lostFrom: "1.1", lostSince: day(3) }],
        ["1.2", { present: false, lost: true, lostFrom: "1.1", lostSince: day(4) }],
        ["1.10", { present: false, lost: true, lostFrom: "1.1", lostSince: day(4) }],
        ["2.0", { present: true, lost: false }],
      ],
    );
  });

  it("has lost provenance since a file without any came, be the release as old as it may", () => {
    const p = { provenance: "/p" };
    const { releases } = listingOf(
      ["foo-1.0.tar.gz", { ...p, ...at(1) }],
      ["foo-1.1.tar.gz", { ...p, ...at(2) }],
      ["foo-1.1-py3-none-any.whl", at(9)],
    );
    const lost = { present: false, lost: true, lostFrom: "1.0", lostSince: day(9) };
    assert.deepEqual(releases.get("1.1")?.facts.provenance, lost);
  });

  it("orders releases as PEP 440 does, whatever the order of the page", () => {
    const versions = ["1.0.dev1", "1.0a1", "1.0rc1", "1.0", "1.0+local", "1.0.post1", "1.2", "1.10", "1!0.1"];
    const names = versions.toReversed().map((version) => `foo-${version}.tar.gz`);
    assert.deepEqual([...listingOf(...names).releases.keys()], versions);
  });

  it("knows the newest stable release of each line: a major, or a minor below 1", () => {
    const versions = [
      "0",
      "0.0.1",
      "0.1",
      "0.1.1",
      "0.2",
      "0.2.post1",
      "1.0",
      "1.9",
      "1.10.post1",
      "2",
      "2.0rc1",
      "2.1rc1",
      "1!0.1",
    ];
    const { releases } = listingOf(...versions.map((version) => `foo-${version}.tar.gz`));
    const newest = [...releases.values()].flatMap(({ version, facts }) => (facts.newestOfLine ? [version] : []));
    assert.deepEqual(newest, ["0.0.1", "0.1.1", "0.2.post1", "1.10.post1", "2", "1!0.1"]);
  });

  it("takes spellings of one version for one release, which has the first", () => {
    const { releases, pkg } = listingOf(
      "foo-1.0.tar.gz",
      "foo-1.0.0-py3-none-any.whl",
      "foo-v1-py3-none-any.whl",
      "foo-1.0+a.tar.gz",
    );
    assert.deepEqual([...releases.keys()], ["1.0", "1.0+a"]);
    assert.equal(pkg.releaseCount, 2);
    assert.deepEqual(
      releases.get("1.0")?.facts.files?.map(({ name }) => name),
      ["foo-1.0.0-py3-none-any.whl", "foo-1.0.tar.gz", "foo-v1-py3-none-any.whl"],
    );
  });

  it("spells a release as its oldest file does, so that no later one renames it", () => {
    const spelling = (...rows: readonly Row[]) => [...listingOf(...rows).releases.keys()];
    assert.deepEqual(spelling(["foo-1-py3-none-any.whl", at(2)], ["foo-1.0.tar.gz", at(1)]), ["1.0"]);
    assert.deepEqual(spelling(["foo-1.0.0.tar.gz", { "upload-time": null }], ["foo-1.0.zip", at(3)]), ["1.0"]);
    const untimed = { "upload-time": null };
    assert.deepEqual(spelling(["foo-1.0.0.tar.gz", untimed], ["foo-1.0.zip", untimed]), ["1.0.0"]);
  });

  it("normalises versions", () => {
    const names = ["foo-1.0-ALPHA.tar.gz", "foo-01.02.tar.gz", "foo-2.0-1.tar.gz"];
    assert.deepEqual([...listingOf(...names).releases.keys()], ["1.0a0", "1.2", "2.0.post1"]);
  });

  it("counts no release of which no file is usable", () => {
    const { releases, pkg, unusable } = listingOf(
      [WHEEL, { hashes: {} }],
      [SDIST, { url: "ftp://files.example/x" }],
      "foo-x.tar.gz",
    );
    assert.equal(releases.size, 0);
    assert.equal(pkg.releaseCount, 0);
    assert.deepEqual(unusable, [WHEEL, SDIST, "foo-x.tar.gz"]);
  });

  it("tells what the index says of the project", () => {
    const status = { status: "quarantined", reason: "Malware." };
    const { pkg } = parseListing("foo", jsonPage([], { "project-status": status }), PAGE_URL);
    assert.deepEqual([pkg.status, pkg.statusReason], ["quarantined", "Malware."]);
  });
});
