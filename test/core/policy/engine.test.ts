import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decide } from "../../../core/policy/engine.ts";
import type { FactSource } from "../../../core/policy/facts.ts";
import type { PolicySource } from "../../../core/policy/source.ts";
import type { Decision } from "../../../schemas/types/decision.ts";
import type { Advisory, Facts } from "../../../schemas/types/facts.ts";
import { AGE_POLICY, approvalFile, compileSet, MALWARE_POLICY, policyFile } from "../../support/policies.ts";

const NOW = new Date("2026-11-22T12:00:00Z");
const EVERYTHING: ReadonlySet<FactSource> = new Set(["identity", "listing", "time"]);
const SHA1 = "a".repeat(40);
const SHA512 = "b".repeat(128);
const MALWARE: Advisory = {
  id: "MAL-2026-1",
  aliases: [],
  kind: "malicious",
  affected: [],
  fixed: [],
  source: "local",
  url: "https://advisories.example/1",
};

function factsOf(release: Partial<Facts["release"]> = {}, advisories: Advisory[] = []): Facts {
  return {
    pkg: { ecosystem: "npm", name: "x", purl: "pkg:npm/x" },
    release: {
      version: "1.0.0",
      purl: "pkg:npm/x@1.0.0",
      published: "2020-01-01T00:00:00Z",
      digests: { sha1: SHA1, sha512: SHA512 },
      ...release,
    },
    advisories,
    client: { groups: [], claims: {} },
  };
}

function judge(source: Partial<PolicySource>, facts: Facts = factsOf(), known = EVERYTHING, now = NOW): Decision {
  return decide(compileSet(source), facts, { now, known, bundle: null });
}

const always = (name: string, verdict: string, more = "") =>
  policyFile(name, `  rules: [{ name: r, condition: "true", verdict: ${verdict}, message: ${name} says so. }]${more}`);

describe("decide()", () => {
  it("allows what no policy objects to", () => {
    const decision = judge({ policies: [MALWARE_POLICY, AGE_POLICY] });
    assert.deepEqual(
      [decision.decision, decision.policy, decision.rule, decision.reason],
      ["allow", null, null, "No policy objects."],
    );
  });

  it("takes the most severe verdict, and keeps the others on record", () => {
    const policies = [
      always("a", "warn"),
      always("b", "block"),
      always("c", "quarantine"),
      always("d", "strip-scripts"),
    ];
    const decision = judge({ policies });
    assert.deepEqual(
      [decision.decision, decision.policy, decision.rule, decision.reason],
      ["block", "b", "r", "b says so."],
    );
    assert.deepEqual(
      decision.verdicts.map(({ policy }) => policy),
      ["b", "c", "d", "a"],
    );
  });

  it("takes the first rule that matches as its policy's verdict", () => {
    const policy = policyFile(
      "p",
      `  rules:
    - { name: exempt, condition: pkg.name == "x", verdict: allow, message: m }
    - { name: all, condition: "true", verdict: block, message: m }`,
    );
    assert.equal(judge({ policies: [policy] }).decision, "allow");
    assert.equal(
      judge({ policies: [policy] }, { ...factsOf(), pkg: { ...factsOf().pkg, name: "y" } }).decision,
      "block",
    );
  });

  it("does not ask a policy that is for other ecosystems", () => {
    assert.equal(judge({ policies: [always("p", "block", "\n  ecosystems: [pypi]")] }).decision, "allow");
  });

  it("lets an audited policy's release through, and records what it would do", () => {
    const decision = judge({ policies: [always("p", "block", "\n  mode: audit")] });
    assert.equal(decision.decision, "allow");
    assert.deepEqual(
      decision.verdicts.map(({ verdict, mode }) => [verdict, mode]),
      [["block", "audit"]],
    );
  });

  it("gives evidence, the time of the decision and the end of a hold", () => {
    const decision = judge(
      { policies: [MALWARE_POLICY, AGE_POLICY] },
      factsOf({ published: "2026-11-21T12:00:00Z" }, [MALWARE]),
    );
    assert.equal(decision.policy, "known-malicious");
    assert.deepEqual(decision.evidence, [{ id: "MAL-2026-1", source: "local", url: "https://advisories.example/1" }]);
    assert.equal(decision.decidedAt, "2026-11-22T12:00:00Z");
    assert.equal(decision.until, null);
    assert.equal(decision.verdicts[1]?.until, "2026-11-24T12:00:00Z");
  });

  it("names no advisory as evidence for a policy that asks none", () => {
    const low: Advisory = { ...MALWARE, id: "GHSA-low", kind: "vulnerability" };
    const decision = judge(
      { policies: [MALWARE_POLICY, AGE_POLICY] },
      factsOf({ published: "2026-11-22T00:00:00Z" }, [low]),
    );
    assert.deepEqual([decision.policy, decision.evidence], ["release-age", []]);
  });

  it("of two holds, names the one that ends last", () => {
    const hold = (name: string, until: string) =>
      policyFile(name, `  rules: [{ name: r, condition: "true", verdict: quarantine, message: m, until: "${until}" }]`);
    const policies = [
      hold("a", "now + duration('1h')"),
      hold("b", "now + duration('3h')"),
      hold("c", "now + duration('2h')"),
    ];
    assert.deepEqual([judge({ policies }).policy, judge({ policies }).until], ["b", "2026-11-22T15:00:00Z"]);
    assert.equal(judge({ policies: [...policies, always("d", "quarantine")] }).policy, "d");
  });

  describe("when a rule fails", () => {
    const failing = (more = "") =>
      policyFile("p", `  rules: [{ name: r, condition: release.size > 10, verdict: warn, message: m }]${more}`);

    it("quarantines, with the failure as the reason", () => {
      const decision = judge({ policies: [failing()] });
      assert.deepEqual([decision.decision, decision.policy, decision.rule], ["quarantine", "p", "r"]);
      assert.match(decision.reason, /^The rule could not be evaluated: .*size/);
    });

    it("blocks where the policy says so", () => {
      assert.equal(judge({ policies: [failing("\n  onError: block")] }).decision, "block");
    });

    it("does not go on to a later rule that would allow", () => {
      const policy = policyFile(
        "p",
        `  rules:
    - { name: broken, condition: release.size > 10, verdict: warn, message: m }
    - { name: fine, condition: "true", verdict: allow, message: m }`,
      );
      assert.equal(judge({ policies: [policy] }).rule, "broken");
    });

    it("fails the rules that use a variable which fails, and no others", () => {
      const policy = policyFile(
        "p",
        `  variables: [{ name: size, expression: release.size }]
  rules:
    - { name: unrelated, condition: pkg.name == "y", verdict: block, message: m }
    - { name: related, condition: variables.size > 1, verdict: warn, message: m }`,
      );
      assert.deepEqual(
        [judge({ policies: [policy] }).decision, judge({ policies: [policy] }).rule],
        ["quarantine", "related"],
      );
    });

    it("falls back to the plain message, and to no end, where only those fail", () => {
      const policy = policyFile(
        "p",
        `  rules: [{ name: r, condition: "true", verdict: quarantine, message: Plain., messageExpression: string(release.size), until: "timestamp(release.version)" }]`,
      );
      const decision = judge({ policies: [policy] });
      assert.deepEqual([decision.reason, decision.until], ["Plain.", null]);
    });
  });

  it("skips a policy whose documents are not at hand, unless an earlier rule of it decides", () => {
    const known: ReadonlySet<FactSource> = new Set(["identity"]);
    const decision = judge({ policies: [MALWARE_POLICY, AGE_POLICY] }, factsOf({}, [MALWARE]), known);
    assert.deepEqual([decision.decision, decision.skipped], ["block", ["release-age"]]);
    const harmless = judge({ policies: [MALWARE_POLICY, AGE_POLICY] }, factsOf(), known);
    assert.deepEqual(
      [harmless.decision, harmless.skipped, harmless.reason],
      ["allow", ["release-age"], "No policy that could be judged objects."],
    );
    const exempting = policyFile(
      "p",
      `  rules:
    - { name: exempt, condition: pkg.name == "x", verdict: allow, message: m }
    - { name: young, condition: now - release.published < duration("72h"), verdict: block, message: m }`,
    );
    assert.deepEqual(judge({ policies: [exempting] }, factsOf(), known).skipped, []);
  });

  it("shows a reason on one line without control characters, however the upstream wrote it", () => {
    const policy = policyFile(
      "p",
      `  rules: [{ name: r, condition: "true", verdict: block, message: m, messageExpression: release.deprecated }]`,
    );
    const decision = judge(
      { policies: [policy] },
      factsOf({ deprecated: `a\u001b[31m\r\nSet-Cookie: x\u202e${"y".repeat(1000)}` }),
    );
    assert.match(decision.reason, /^a \[31m Set-Cookie: x y+…$/);
    assert.equal(decision.reason.length, 500);
  });

  describe("with an approval", () => {
    const approve = (approval: Partial<Parameters<typeof approvalFile>[0]> = {}) => [
      approvalFile({ purl: "pkg:npm/x@1.0.0", digests: [`sha512:${SHA512}`], ...approval }),
    ];
    const young = factsOf({ published: "2026-11-22T00:00:00Z" });

    it("lifts an approvable verdict of exactly this release, and says which approval did", () => {
      const decision = judge({ policies: [AGE_POLICY], approvals: approve() }, young);
      assert.deepEqual([decision.decision, decision.verdicts[0]?.liftedBy], ["allow", "approvals/npm/one.yaml"]);
    });

    const NOT_LIFTED: readonly [
      name: string,
      approval: Partial<Parameters<typeof approvalFile>[0]>,
      facts?: Facts,
      now?: Date,
    ][] = [
      ["another version", { purl: "pkg:npm/x@1.0.1" }],
      ["another digest", { digests: [`sha512:${"c".repeat(128)}`] }],
      ["one digest that agrees and one that does not", { digests: [`sha512:${SHA512}`, `sha1:${"f".repeat(40)}`] }],
      ["only a digest that the registry does not give", { digests: [`sha256:${"d".repeat(64)}`] }],
      ["other policies", { policies: ["known-malicious"] }],
      ["a time that is over", { expires: "2026-11-22T12:00:00Z" }],
      ["a time to come", { created: "2026-11-22T12:00:01Z" }],
      ["a file whose digest is not known", {}, factsOf({ published: "2026-11-22T00:00:00Z", digests: {} })],
    ];
    for (const [name, approval, facts = young] of NOT_LIFTED) {
      it(`does not lift when it is for ${name}`, () => {
        assert.equal(judge({ policies: [AGE_POLICY], approvals: approve(approval) }, facts).decision, "quarantine");
      });
    }

    it("lifts a policy that is not approvable only by naming it", () => {
      const strict = policyFile(
        "strict",
        '  rules: [{ name: r, condition: "true", verdict: block, message: m }]\n  approvable: false',
      );
      assert.equal(judge({ policies: [strict], approvals: approve() }, young).decision, "block");
      assert.equal(
        judge({ policies: [strict], approvals: approve({ policies: ["strict"] }) }, young).decision,
        "allow",
      );
    });

    describe("of a release that an advisory calls malicious", () => {
      const malicious = factsOf({}, [MALWARE]);
      const decide = (approval: Parameters<typeof approve>[0], facts = malicious) =>
        judge({ policies: [MALWARE_POLICY], approvals: approve(approval) }, facts).decision;

      it("lifts nothing unless it names the policy and says that it overrides the advisory", () => {
        assert.equal(decide({}), "block");
        assert.equal(decide({ policies: ["known-malicious"] }), "block");
        assert.equal(decide({ policies: ["release-age"], override: "malicious" }), "block");
        assert.equal(decide({ policies: ["known-malicious"], override: "malicious" }), "allow");
      });

      it("lifts no other policy that reads advisories either, approvable or not", () => {
        const scored = policyFile(
          "scored",
          '  rules: [{ name: r, condition: "size(advisories) > 0", verdict: block, message: m }]',
        );
        const weak = factsOf({}, [{ ...MALWARE, kind: "vulnerability" as const }]);
        const lifted = (facts: Facts, approval: Parameters<typeof approve>[0] = {}) =>
          judge({ policies: [scored], approvals: approve(approval) }, facts).decision;
        assert.equal(lifted(weak), "allow");
        assert.equal(lifted(malicious), "block");
        assert.equal(lifted(malicious, { policies: ["scored"], override: "malicious" }), "allow");
      });
    });
  });
});
