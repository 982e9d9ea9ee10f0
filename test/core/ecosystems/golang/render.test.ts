import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JudgedListing } from "../../../../core/ecosystems/ecosystem.ts";
import { parseListing } from "../../../../core/ecosystems/golang/listing.ts";
import { renderListing, resolveVersion } from "../../../../core/ecosystems/golang/render.ts";
import { judgeListing } from "../../../../core/gate.ts";
import { policyFile, rulesOf } from "../../../support/policies.ts";

/** With those versions denied. */
function judge(versions: readonly string[], denied: readonly string[] = []): JudgedListing {
  const listing = parseListing("example.com/dep", Buffer.from(versions.join("\n")));
  const condition = `release.version in ${JSON.stringify(denied)}`;
  const policy = policyFile("p", `  rules: [{ name: r, condition: '${condition}', verdict: block, message: No. }]`);
  return judgeListing(rulesOf({ policies: [policy] }), listing, new Date("2026-11-22T12:00:00Z"));
}

const VERSIONS = ["v1.0.0", "v1.1.0-rc.1", "v1.1.0", "v1.2.0-rc.1"];

describe("renderListing()", () => {
  it("has the allowed versions, a line each", () => {
    const { contentType, body } = renderListing(judge(VERSIONS, ["v1.1.0"]));
    assert.deepEqual([contentType, body], ["text/plain; charset=utf-8", "v1.0.0\nv1.1.0-rc.1\nv1.2.0-rc.1\n"]);
  });

  it("is empty where nothing is allowed", () => assert.equal(renderListing(judge(["v1.0.0"], ["v1.0.0"])).body, ""));
});

describe("resolveVersion()", () => {
  const latest: readonly [what: string, judged: JudgedListing, version: string | undefined][] = [
    ["the highest release", judge(VERSIONS), "v1.1.0"],
    ["the highest that is allowed", judge(VERSIONS, ["v1.1.0"]), "v1.0.0"],
    ["a pre-release where no release is allowed", judge(VERSIONS, ["v1.0.0", "v1.1.0"]), "v1.2.0-rc.1"],
    ["the highest release that is denied, where nothing is allowed", judge(VERSIONS, VERSIONS), "v1.1.0"],
    [
      "a pre-release that is denied, where there is nothing else",
      judge(["v1.0.0-rc.1"], ["v1.0.0-rc.1"]),
      "v1.0.0-rc.1",
    ],
    ["what only the upstream knows, where there is no version", judge([]), undefined],
  ];
  for (const [what, judged, version] of latest)
    it(`takes for the newest ${what}`, () => assert.equal(resolveVersion(judged, undefined), version));

  for (const version of ["v1.0.0", "v1.1.0", "v9.9.9", "v2.0.0+incompatible", "v0.0.0-20200101000000-0123456789ab"])
    it(`takes ${version} for itself, denied or not, listed or not`, () =>
      assert.equal(resolveVersion(judge(VERSIONS, ["v1.1.0"]), version), version));
  for (const query of ["main", "v1", "v1.02.0", "1.0.0", "0123456789ab"])
    it(`leaves ${query} to the upstream`, () => assert.equal(resolveVersion(judge(VERSIONS), query), undefined));
});
