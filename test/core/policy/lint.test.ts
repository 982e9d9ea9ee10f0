import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compilePolicies } from "../../../core/policy/compile.ts";
import { lintPolicies } from "../../../core/policy/lint.ts";
import type { PolicySource } from "../../../core/policy/source.ts";
import { AGE_POLICY, approvalFile, listFile, policyFile } from "../../support/policies.ts";

const SHA1 = `sha1:${"a".repeat(40)}`;

function lint(source: Partial<PolicySource>): string[] {
  const whole = { policies: [AGE_POLICY], lists: [], approvals: [], ...source };
  const { set, diagnostics } = compilePolicies(whole);
  const found = [
    ...diagnostics,
    ...lintPolicies(set, whole, { now: new Date("2026-11-22T12:00:00Z"), maxApprovalDays: 90 }),
  ];
  return found.map(({ severity, code, message, line }) => `${severity} ${code} line ${line}: ${message}`);
}

const rules = (...conditions: string[]) =>
  policyFile(
    "p",
    `  rules:\n${conditions.map((condition, index) => `    - { name: r${index}, condition: ${JSON.stringify(condition)}, verdict: block, message: m }`).join("\n")}`,
  );

describe("lintPolicies() and compilePolicies()", () => {
  it("have nothing to say of a sound repository", () => {
    const reading = policyFile(
      "p",
      "  rules: [{ name: r, condition: pkg.name in lists.trusted, verdict: warn, message: m }]",
    );
    assert.deepEqual(
      lint({
        policies: [AGE_POLICY, reading],
        lists: [listFile("trusted", ["a"])],
        approvals: [approvalFile({ purl: "pkg:npm/x@1.0.0", digests: [SHA1], policies: ["release-age"] })],
      }),
      [],
    );
  });

  const CASES: readonly [name: string, source: Partial<PolicySource>, expected: readonly string[]][] = [
    [
      "a list that no rule reads",
      { lists: [listFile("trusted", ["a"])] },
      ["warning unread-list line 3: no rule reads the list `trusted`"],
    ],
    [
      "an approval that names no policy",
      { approvals: [approvalFile({ purl: "pkg:npm/x@1.0.0", digests: [SHA1], policies: ["relase-age"] })] },
      ["error unknown-policy line 1: no policy is named `relase-age`; did you mean `release-age`?"],
    ],
    [
      "an approval that has expired",
      { approvals: [approvalFile({ purl: "pkg:npm/x@1.0.0", digests: [SHA1], expires: "2026-11-20T00:00:00Z" })] },
      ["warning approval-expired line 1: the approval has expired and lifts nothing any more"],
    ],
    [
      "an approval that lasts too long",
      { approvals: [approvalFile({ purl: "pkg:npm/x@1.0.0", digests: [SHA1], expires: "2027-11-20T00:00:00Z" })] },
      [
        "error approval-time line 1: the approval lasts longer than the 90 days that cordon.yaml allows (approvals.maxDays)",
      ],
    ],
    [
      "an approval that ends before it begins",
      {
        approvals: [
          approvalFile({
            purl: "pkg:npm/x@1.0.0",
            digests: [SHA1],
            created: "2026-11-30T00:00:00Z",
            expires: "2026-11-29T00:00:00Z",
          }),
        ],
      },
      ["error approval-time line 1: the approval ends before it begins"],
    ],
    [
      "a condition that is never true",
      { policies: [rules("1 > 2", 'pkg.name == "x"')] },
      ["error constant line 6: this condition is false for every release, so the rule never matches"],
    ],
    [
      "a rule with the condition of one above",
      { policies: [rules('pkg.name == "x"', "has(release.size)", 'pkg.name  ==  "x"')] },
      ["error unreachable line 8: this rule is never reached: whenever it matches, `r0` above matches first"],
    ],
    [
      "a rule that only narrows one above, however it is bracketed",
      {
        policies: [
          rules(
            'has(release.size) && pkg.name == "x"',
            'pkg.ecosystem == "npm" && (pkg.name == "x" && has(release.size))',
          ),
        ],
      },
      ["error unreachable line 7: this rule is never reached: whenever it matches, `r0` above matches first"],
    ],
    [
      "no rule that widens one above",
      { policies: [rules('has(release.size) && pkg.name == "x"', 'pkg.name == "x"')] },
      [],
    ],
  ];
  for (const [name, source, expected] of CASES) it(`report ${name}`, () => assert.deepEqual(lint(source), expected));
});
