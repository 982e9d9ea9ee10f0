import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { alternativesTo } from "../../core/alternatives.ts";
import type { JudgedListing, Listing } from "../../core/ecosystems/ecosystem.ts";
import { npm } from "../../core/ecosystems/npm/index.ts";
import { pypi } from "../../core/ecosystems/pypi/index.ts";
import type { Decision, Verdict } from "../../schemas/types/decision.ts";
import { packumentBytes } from "../support/packument.ts";
import { jsonFile, jsonPage, PAGE_URL } from "../support/simple-pages.ts";

function decisionOn(purl: string, decision: Verdict): Decision {
  return {
    ...{ decision, purl, policy: "deny-list", rule: "denied", reason: "It is denied.", evidence: [], until: null },
    ...{ bundle: null, decidedAt: "2026-11-22T12:00:00Z", verdicts: [], skipped: [] },
  };
}

/** Of every version; left out: allowed. */
function judged(listing: Listing, verdicts: Readonly<Record<string, Verdict>>): JudgedListing {
  const decisions = [...listing.releases.values()].map(
    ({ version, facts }) => [version, decisionOn(facts.purl, verdicts[version] ?? "allow")] as const,
  );
  return { listing, decisions: new Map(decisions), gone: [] };
}

/** To npm's `x` in that version, which is blocked, where the others have these verdicts. */
function alternatives(version: string, verdicts: Readonly<Record<string, Verdict>>): string[] {
  const releases = Object.keys(verdicts).map((version) => ({ version }));
  const listing = npm.parseListing("x", packumentBytes({ name: "x", releases }));
  return alternativesTo(decisionOn(`pkg:npm/x@${version}`, "block"), judged(listing, verdicts));
}

describe("alternativesTo()", () => {
  const LISTINGS: readonly [name: string, verdicts: Readonly<Record<string, Verdict>>, alternatives: string[]][] = [
    [
      "the same line first, then the highest, then the next lower",
      { "1.3.0": "allow", "1.4.0": "allow", "1.5.0": "block", "1.6.0": "allow", "2.0.0": "allow" },
      ["1.6.0", "2.0.0", "1.4.0"],
    ],
    ["nothing twice", { "1.4.0": "allow", "1.5.0": "block" }, ["1.4.0"]],
    ["a warned release, for it may be installed", { "1.4.0": "warn", "1.5.0": "block" }, ["1.4.0"]],
    [
      "nothing that is held or blocked, and what is served without its scripts",
      { "1.2.0": "strip-scripts", "1.3.0": "quarantine", "1.4.0": "block", "1.5.0": "block" },
      ["1.2.0"],
    ],
    ["no pre-release", { "1.4.0-rc.1": "allow", "1.5.0": "block", "2.0.0-rc.1": "allow" }, []],
    ["versions in their own order", { "1.5.0": "block", "1.9.0": "allow", "1.10.0": "allow" }, ["1.10.0"]],
    ["a higher major alone, where the denied one has none left", { "1.5.0": "block", "10.0.0": "allow" }, ["10.0.0"]],
    ["what is below, where nothing is above", { "0.9.0": "allow", "1.5.0": "block" }, ["0.9.0"]],
    [
      "itself in no case: its file may say what the listing does not",
      { "1.4.0": "allow", "1.5.0": "allow" },
      ["1.4.0"],
    ],
    ["others of a release that is not listed any more", { "1.4.9": "allow", "1.5.1": "allow" }, ["1.5.1", "1.4.9"]],
  ];
  for (const [name, verdicts, expected] of LISTINGS)
    it(`names ${name}`, () => assert.deepEqual(alternatives("1.5.0", verdicts), expected));

  it("takes a minor version for a line below 1.0.0", () => {
    const versions = ["0.6.9", "0.7.28", "0.7.41", "0.8.1", "2.0.0"];
    const verdicts = Object.fromEntries(versions.map((version) => [version, "allow" as const]));
    assert.deepEqual(alternatives("0.7.29", verdicts), ["0.7.41", "2.0.0", "0.7.28"]);
  });

  it("names the highest and one of the line for what is no version", () =>
    assert.deepEqual(alternatives("latest", { "1.0.0": "allow", "2.0.0": "allow" }), ["2.0.0"]));

  it("names none of what may be installed", () => {
    const listing = npm.parseListing("x", packumentBytes({ name: "x", releases: [{ version: "1.4.0" }] }));
    assert.deepEqual(alternativesTo(decisionOn("pkg:npm/x@1.5.0", "warn"), judged(listing, {})), []);
  });

  it("names nothing that is yanked, nor the denied release in another spelling", () => {
    const page = jsonPage([
      jsonFile("foo-1.4.0.tar.gz"),
      jsonFile("foo-1.5.0.tar.gz"),
      jsonFile("foo-1.6.0.tar.gz", { yanked: "broken" }),
    ]);
    const listing = pypi.parseListing("foo", page, PAGE_URL);
    assert.equal(listing.releases.size, 3);
    assert.deepEqual(alternativesTo(decisionOn("pkg:pypi/foo@1.5", "block"), judged(listing, {})), ["1.4.0"]);
  });
});
