import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Listing } from "../../../core/ecosystems/ecosystem.ts";
import { needsOf } from "../../../core/policy/needs.ts";
import { compileSet, policyFile } from "../../support/policies.ts";

function needs(
  spec: string,
  ecosystem: "npm" | "pypi" = "npm",
  tells: Listing["tells"] = new Set(["time", "manifest"]),
) {
  const pkg = { ecosystem, name: "x", purl: `pkg:${ecosystem}/x` };
  const { strict, all } = needsOf(compileSet({ policies: [policyFile("one", spec)] }), { pkg, tells });
  return { strict: [...strict].sort(), all: [...all].sort() };
}
const rule = (condition: string, more = "") =>
  `  rules: [{ name: r, condition: ${JSON.stringify(condition)}, verdict: block, message: No. ${more} }]`;

describe("needsOf()", () => {
  const ROWS: readonly [name: string, spec: string, strict: string[], all: string[]][] = [
    ["nothing that is not in the listing", rule("release.published < now && pkg.private"), [], []],
    ["the listing's word on provenance", rule("release.provenance.lost"), [], []],
    ["an attestation", rule("release.attestation.verified"), ["attestations"], ["attestations"]],
    ["whether there is one", rule("has(release.attestation)"), ["attestations"], ["attestations"]],
    ["keys and file", rule("release.signature.verified && release.file.readable"), ["file", "keys"], ["file", "keys"]],
    ["the public registry", rule("has(pkg.alsoPublic)"), ["public"], ["public"]],
    ["install scripts, which the file corrects", rule("release.installScripts.size() > 0"), [], ["file"]],
    [
      "what a variable reads",
      `  variables: [{ name: v, expression: release.file.readable }]\n${rule("variables.v")}`,
      ["file"],
      ["file"],
    ],
    [
      "what only a message tells",
      rule("true", ', messageExpression: "release.attestation.repository"'),
      [],
      ["attestations"],
    ],
    ["what an audited rule reads", `  mode: audit\n${rule("release.file.readable")}`, ["file"], ["file"]],
  ];
  for (const [name, spec, strict, all] of ROWS)
    it(`are right for ${name}`, () => assert.deepEqual(needs(spec), { strict, all }));

  it("are the manifest only where the listing does not tell what stands in it", () => {
    const spec = rule("release.license == 'MIT'");
    assert.deepEqual(needs(spec), { strict: [], all: [] });
    assert.deepEqual(needs(spec, "pypi", new Set(["time"])), { strict: ["manifest"], all: ["manifest"] });
    assert.deepEqual(needs(rule("release.published < now"), "pypi", new Set()), { strict: ["time"], all: ["time"] });
  });

  it("are none for an ecosystem that no rule is for", () => {
    const spec = `  ecosystems: [npm]\n${rule("release.file.readable")}`;
    assert.deepEqual(needs(spec, "pypi"), { strict: [], all: [] });
    assert.deepEqual(needs(spec, "npm").all, ["file"]);
  });
});
