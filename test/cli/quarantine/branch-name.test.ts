import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";
import { branchOf, REVOCATIONS } from "../../../cli/quarantine/branch-name.ts";
import { toPurl } from "../../../core/purl.ts";
import { approvalPath } from "../../../core/refusal.ts";

/** Each is another release, whatever they have in common. */
const RELEASES = [
  ["npm", "left-pad", "1.3.0"],
  ["npm", "@acme/ui", "1.2.3"],
  ["npm", "@acme/ui", "1.2.3-rc.1"],
  ["npm", "acme-ui", "1.2.3"],
  ["npm", "JSONStream", "1.0.3"],
  ["npm", "jsonstream", "1.0.3"],
  ["npm", "a-1", "2.0.0"],
  ["npm", "a", "1-2.0.0"],
  ["npm", "it's-(bold)!~*", "1.0.0"],
  ["npm", "it's-(bold)!~", "1.0.0"],
  ["npm", "a.lock", "1.0.0"],
  ["npm", "a", "1.0.0.lock"],
  ["npm", "a..b", "1.0.0"],
  ["npm", "a", "1.0.0+build.5"],
  ["npm", "a", "1.0.0-build.5"],
  ["npm", "con", "1.0.0"],
  ["npm", "aux.js", "1.0.0"],
  ["npm", "NUL.js", "1.0.0"],
  ["npm", "-dash", "1.0.0"],
  ["npm", `${"x".repeat(200)}`, "1.0.0"],
  ["npm", `${"x".repeat(201)}`, "1.0.0"],
  ["pypi", "acme-ui", "1!2.0"],
  ["pypi", "acme-ui", "1.2.0"],
  ["cargo", "serde_json", "1.0.0"],
  ["cargo", "serde-json", "1.0.0"],
  ["golang", "github.com/Azure/sdk", "v1.0.0"],
  ["golang", "github.com/azure/sdk", "v1.0.0"],
  ["golang", "example.org/a/b__c", "v1.0.0"],
  ["golang", "example.org/a__b/c", "v1.0.0"],
  ["golang", "example.org/a", "v2.0.0+incompatible"],
] as const;
const purls = RELEASES.map(([type, name, version]) => toPurl({ type, name, version }));

describe("branchOf()", () => {
  for (const [purl, branch] of [
    ["pkg:npm/left-pad@1.3.0", "quarantine/npm-left-pad-1.3.0"],
    ["pkg:pypi/requests@2.32.0", "quarantine/pypi-requests-2.32.0"],
    ["pkg:npm/%40acme/ui@1.2.3", /^quarantine\/npm-acme-ui-1\.2\.3-[0-9a-f]{10}$/],
  ] as const)
    it(`names ${purl}`, () =>
      typeof branch === "string" ? assert.equal(branchOf(purl), branch) : assert.match(branchOf(purl), branch));

  it("is the same for the same release", () => assert.equal(branchOf(purls[4] ?? ""), branchOf(purls[4] ?? "")));

  it("is another one for every other release, also where capitals do not count", () => {
    const names = purls.map((purl) => branchOf(purl).toLowerCase());
    assert.equal(new Set(names).size, names.length, names.join("\n"));
  });

  for (const purl of purls)
    it(`is a name that git takes, and short, for ${purl.slice(0, 60)}`, () => {
      for (const branch of [branchOf(purl), branchOf(purl, REVOCATIONS)]) {
        execFileSync("git", ["check-ref-format", "--branch", branch]);
        assert.ok(branch.length < 120, branch);
        assert.match(branch, /^[a-z0-9./-]+$/);
      }
    });
});

describe("approvalPath()", () => {
  for (const [purl, path] of [
    ["pkg:npm/left-pad@1.3.0", "approvals/npm/left-pad@1.3.0.yaml"],
    ["pkg:npm/%40acme/ui@1.2.3", "approvals/npm/@acme__ui@1.2.3.yaml"],
    ["pkg:golang/example.org/acme/lib@v1.0.0", "approvals/golang/example.org__acme__lib@v1.0.0.yaml"],
  ] as const)
    it(`says where that of ${purl} lies`, () => assert.equal(approvalPath(purl), path));

  it("is another one for every other release, also where capitals do not count", () => {
    const paths = purls.map((purl) => approvalPath(purl).toLowerCase());
    assert.equal(new Set(paths).size, paths.length, paths.join("\n"));
  });

  for (const purl of purls)
    it(`is one that Windows takes, and no path elsewhere, for ${purl.slice(0, 60)}`, () => {
      const [, , file = "", ...rest] = approvalPath(purl).split("/");
      assert.deepEqual(rest, []);
      assert.match(file, /^[\w@.+!-]+\.yaml$/);
      assert.doesNotMatch(file, /^(con|prn|aux|nul|com\d|lpt\d)\./i);
      assert.ok(file.length <= 255);
    });
});
