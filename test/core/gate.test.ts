import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Listing } from "../../core/ecosystems/ecosystem.ts";
import { npm } from "../../core/ecosystems/npm/index.ts";
import { decideUnlisted, identityFacts, judgeListing, nextChange, type Rules } from "../../core/gate.ts";
import type { PolicySource } from "../../core/policy/source.ts";
import type { ReleaseId } from "../../core/purl.ts";
import { type FixtureRelease, packumentBytes } from "../support/packument.ts";
import {
  AGE_POLICY,
  approvalFile,
  MALWARE_POLICY,
  malwareRecord,
  policyFile,
  rulesOf,
  SCRIPTS_POLICY,
} from "../support/policies.ts";

const NOW = new Date("2026-11-22T12:00:00Z");
const YESTERDAY = "2026-11-21T12:00:00.000Z";

function listingOf(releases: readonly FixtureRelease[], name = "x"): Listing {
  return npm.parseListing(name, packumentBytes({ name, releases }));
}

describe("judgeListing()", () => {
  it("decides on every release with what the listing and the advisories say of it", () => {
    const rules = rulesOf({ policies: [MALWARE_POLICY, AGE_POLICY, SCRIPTS_POLICY] }, [malwareRecord("x", ["1.0.1"])]);
    const { decisions } = judgeListing(
      rules,
      listingOf([
        { version: "1.0.0" },
        { version: "1.0.1" },
        { version: "1.0.2", scripts: { install: "node x.js" } },
        { version: "1.0.3", published: YESTERDAY, scripts: { install: "node x.js" } },
      ]),
      NOW,
    );
    assert.deepEqual(
      [...decisions].map(([version, { decision, policy, purl }]) => [version, decision, policy, purl]),
      [
        ["1.0.0", "allow", null, "pkg:npm/x@1.0.0"],
        ["1.0.1", "block", "known-malicious", "pkg:npm/x@1.0.1"],
        ["1.0.2", "quarantine", "install-scripts", "pkg:npm/x@1.0.2"],
        ["1.0.3", "quarantine", "release-age", "pkg:npm/x@1.0.3"],
      ],
    );
  });

  it("puts the bundle and the time on every decision", () => {
    const reference = { revision: 7, digest: `sha256:${"0".repeat(64)}` };
    const rules: Rules = { ...rulesOf({ policies: [MALWARE_POLICY] }, [malwareRecord("x", ["6.6.6"])]), reference };
    const { decisions, gone } = judgeListing(rules, listingOf([{ version: "1.0.0" }]), NOW);
    for (const decision of [...decisions.values(), ...gone])
      assert.deepEqual([decision.bundle, decision.decidedAt], [reference, "2026-11-22T12:00:00Z"]);
    assert.equal(decisions.size + gone.length, 2);
  });

  it("holds what came after an expired bundle, where its operator wants that", () => {
    const rules: Rules = {
      ...rulesOf({ policies: [MALWARE_POLICY] }),
      holdNewerThan: new Date("2026-11-20T00:00:00Z"),
    };
    const { decisions } = judgeListing(
      rules,
      listingOf([
        { version: "1.0.0" },
        { version: "1.1.0", published: YESTERDAY },
        { version: "1.2.0", published: null },
      ]),
      NOW,
    );
    assert.deepEqual(
      [...decisions.values()].map(({ decision, policy }) => [decision, policy]),
      [
        ["allow", null],
        ["quarantine", "expired-bundle"],
        ["quarantine", "expired-bundle"],
      ],
    );
  });

  it("judges a listing without tags, which can then be written too", () => {
    const bytes = packumentBytes({ name: "x", releases: [{ version: "1.0.0" }], document: { "dist-tags": undefined } });
    const judged = judgeListing(rulesOf({ policies: [MALWARE_POLICY] }), npm.parseListing("x", bytes), NOW);
    const { body } = npm.renderListing(judged, "full explain", {
      registry: "https://proxy.example/npm",
      sentence: () => "",
    });
    assert.deepEqual(JSON.parse(body)["dist-tags"], {});
  });

  describe("on malicious releases that the upstream has removed", () => {
    const gone = (versions: readonly string[], policies = [MALWARE_POLICY]) =>
      judgeListing(rulesOf({ policies }, [malwareRecord("x", versions)]), listingOf([{ version: "1.0.0" }]), NOW).gone;

    it("decides too, and on those that are listed only once", () => {
      assert.deepEqual(
        gone(["1.0.0", "6.6.6"]).map(({ purl, decision, policy }) => [purl, decision, policy]),
        [["pkg:npm/x@6.6.6", "block", "known-malicious"]],
      );
    });

    it("leaves out what is no version", () => {
      assert.deepEqual(gone(["latest", "1", "v1.2.3", "__proto__"]), []);
    });

    it("stops at a hundred", () => {
      assert.equal(gone(Array.from({ length: 150 }, (_, index) => `6.0.${index}`)).length, 100);
    });

    it("names the policies that it could not ask without the listing", () => {
      assert.deepEqual(gone(["6.6.6"], [MALWARE_POLICY, AGE_POLICY])[0]?.skipped, ["release-age"]);
    });

    it("does not take the records of another package, or a vulnerability, for a removed release", () => {
      const weakness = { ...malwareRecord("x", ["6.6.6"], "GHSA-aaaa-bbbb-cccc"), summary: "Weak." };
      const { gone } = judgeListing(
        rulesOf({ policies: [MALWARE_POLICY] }, [malwareRecord("xx", ["6.6.6"]), weakness]),
        listingOf([{ version: "1.0.0" }]),
        NOW,
      );
      assert.deepEqual(gone, []);
    });
  });
});

describe("decideUnlisted()", () => {
  const rules = rulesOf({ policies: [MALWARE_POLICY, AGE_POLICY] }, [malwareRecord("x", ["1.0.1"])]);

  it("blocks what an advisory names, as the listing does", () => {
    const listed = judgeListing(rules, listingOf([{ version: "1.0.1" }]), NOW).decisions.get("1.0.1");
    const { skipped, ...unlisted } = decideUnlisted(rules, { type: "npm", name: "x", version: "1.0.1" }, NOW);
    assert.deepEqual({ ...unlisted, skipped: [] }, listed);
    assert.deepEqual(skipped, ["release-age"]);
  });

  it("allows the rest, and says which policies were not asked", () => {
    const { decision, skipped, reason } = decideUnlisted(rules, { type: "npm", name: "x", version: "1.0.0" }, NOW);
    assert.deepEqual([decision, skipped], ["allow", ["release-age"]]);
    assert.equal(reason, "No policy that could be judged objects.");
  });
});

describe("identityFacts()", () => {
  const IDS: readonly [name: string, id: ReleaseId, facts: ReturnType<typeof identityFacts>][] = [
    [
      "a plain npm release",
      { type: "npm", name: "x", version: "1.0.0" },
      {
        pkg: { ecosystem: "npm", name: "x", purl: "pkg:npm/x" },
        release: { version: "1.0.0", purl: "pkg:npm/x@1.0.0", prerelease: false },
      },
    ],
    [
      "a scoped pre-release",
      { type: "npm", name: "@acme/ui", version: "2.0.0-rc.1" },
      {
        pkg: { ecosystem: "npm", name: "@acme/ui", scope: "@acme", purl: "pkg:npm/%40acme/ui" },
        release: { version: "2.0.0-rc.1", purl: "pkg:npm/%40acme/ui@2.0.0-rc.1", prerelease: true },
      },
    ],
    [
      "a version that the ecosystem does not know",
      { type: "npm", name: "x", version: "latest" },
      {
        pkg: { ecosystem: "npm", name: "x", purl: "pkg:npm/x" },
        release: { version: "latest", purl: "pkg:npm/x@latest" },
      },
    ],
    [
      "a PyPI pre-release",
      { type: "pypi", name: "acme-lib", version: "1.0rc1" },
      {
        pkg: { ecosystem: "pypi", name: "acme-lib", purl: "pkg:pypi/acme-lib" },
        release: { version: "1.0rc1", purl: "pkg:pypi/acme-lib@1.0rc1", prerelease: true },
      },
    ],
    [
      "a Go module",
      { type: "golang", name: "github.com/acme/lib", version: "v1.2.3" },
      {
        pkg: { ecosystem: "golang", name: "github.com/acme/lib", purl: "pkg:golang/github.com/acme/lib" },
        release: { version: "v1.2.3", purl: "pkg:golang/github.com/acme/lib@v1.2.3", prerelease: false },
      },
    ],
  ];
  for (const [name, id, facts] of IDS) it(`of ${name}`, () => assert.deepEqual(identityFacts(id), facts));
});

describe("nextChange()", () => {
  const NEVER = "+275760-09-13T00:00:00.000Z";
  const heldUntil = (until: string, name = "held") =>
    policyFile(
      name,
      `  rules: [{ name: r, condition: 'pkg.name == "x"', verdict: quarantine, message: m, until: timestamp("${until}") }]`,
    );
  const approval = (created: string, expires: string, purl = "pkg:npm/x@1.0.0") =>
    approvalFile({ purl, digests: [`sha1:${"a".repeat(40)}`], created, expires });

  const CHANGES: readonly [name: string, source: Partial<PolicySource>, next: string][] = [
    ["never, where nothing reads the clock", { policies: [MALWARE_POLICY] }, NEVER],
    ["a minute on, where a rule reads the clock", { policies: [AGE_POLICY] }, "2026-11-22T12:01:00.000Z"],
    ["when a hold ends", { policies: [heldUntil("2026-11-23T00:00:00Z")] }, "2026-11-23T00:00:00.000Z"],
    [
      "when the first of two holds ends",
      {
        policies: [heldUntil("2026-11-23T00:00:00Z"), heldUntil("2026-11-22T18:00:00Z", "held-shorter")],
      },
      "2026-11-22T18:00:00.000Z",
    ],
    [
      "when a hold ends within the minute",
      { policies: [AGE_POLICY, heldUntil("2026-11-22T12:00:30Z")] },
      "2026-11-22T12:00:30.000Z",
    ],
    ["not when a hold has ended", { policies: [heldUntil("2026-11-22T12:00:00Z")] }, NEVER],
    [
      "when an approval ends",
      { policies: [MALWARE_POLICY], approvals: [approval("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z")] },
      "2026-12-01T00:00:00.000Z",
    ],
    [
      "when an approval begins",
      { policies: [MALWARE_POLICY], approvals: [approval("2026-11-25T00:00:00Z", "2026-12-01T00:00:00Z")] },
      "2026-11-25T00:00:00.000Z",
    ],
    [
      "not when an approval of another package begins or ends",
      {
        policies: [MALWARE_POLICY],
        approvals: [
          { ...approval("2026-11-25T00:00:00Z", "2026-12-01T00:00:00Z", "pkg:npm/x-y@1.0.0"), path: "a.yaml" },
          { ...approval("2026-11-25T00:00:00Z", "2026-12-01T00:00:00Z", "pkg:npm/%40x/x@1.0.0"), path: "b.yaml" },
          { ...approval("2026-11-25T00:00:00Z", "2026-12-01T00:00:00Z", "pkg:pypi/x@1.0.0"), path: "c.yaml" },
        ],
      },
      NEVER,
    ],
    [
      "not when an approval has ended",
      { policies: [MALWARE_POLICY], approvals: [approval("2026-11-01T00:00:00Z", "2026-11-22T12:00:00Z")] },
      NEVER,
    ],
  ];
  for (const [name, source, next] of CHANGES) {
    it(`is ${name}`, () => {
      const rules = rulesOf(source);
      const judged = judgeListing(rules, listingOf([{ version: "1.0.0" }]), NOW);
      assert.equal(nextChange(rules, judged, NOW).toISOString(), next);
    });
  }

  it("counts the approvals of a scoped package", () => {
    const rules = rulesOf({
      policies: [MALWARE_POLICY],
      approvals: [approval("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", "pkg:npm/@acme/ui@1.0.0")],
    });
    const judged = judgeListing(rules, listingOf([{ version: "1.0.0" }], "@acme/ui"), NOW);
    assert.equal(nextChange(rules, judged, NOW).toISOString(), "2026-12-01T00:00:00.000Z");
  });
});
