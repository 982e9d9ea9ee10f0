import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decideUnlisted } from "../../../core/gate.ts";
import { compilePolicies } from "../../../core/policy/compile.ts";
import { lintPolicies } from "../../../core/policy/lint.ts";
import type { PolicySource } from "../../../core/policy/source.ts";
import { parseReleasePurl } from "../../../core/purl.ts";
import { draftApproval } from "../../../core/refusal.ts";
import { AGE_POLICY, approvalFile, listFile, policyFile, rulesOf } from "../../support/policies.ts";

const SHA1 = `sha1:${"a".repeat(40)}`;

function lint(source: Partial<PolicySource>): string[] {
  const whole = { policies: [AGE_POLICY], lists: [], approvals: [], ...source };
  const { set, diagnostics } = compilePolicies(whole);
  const found = [
    ...diagnostics,
    ...lintPolicies(set, whole, {
      now: new Date("2026-11-22T12:00:00Z"),
      maxApprovalDays: 90,
      maliciousIds: ({ name }) => (name === "evil" ? ["MAL-2026-1", "MAL-2026-2"] : []),
    }),
  ];
  return found.map(({ severity, code, message, line }) => `${severity} ${code} line ${line}: ${message}`);
}

const rules = (...conditions: string[]) =>
  policyFile(
    "p",
    `  rules:\n${conditions.map((condition, index) => `    - { name: r${index}, condition: ${JSON.stringify(condition)}, verdict: block, message: m }`).join("\n")}`,
  );

/** The draft for a release that is held, with some of its texts replaced. */
function draft(replaced: readonly (readonly [string, string])[] = []) {
  const purl = "pkg:npm/x@1.0.0";
  const now = new Date("2026-11-22T12:00:00Z");
  const held = decideUnlisted(rulesOf({ policies: [rules("true")] }), parseReleasePurl(purl), now);
  const decision = { ...held, verdicts: held.verdicts.map((verdict) => ({ ...verdict, policy: "release-age" })) };
  const made = draftApproval(decision, { digests: { sha1: "a".repeat(40) } });
  assert.ok(made);
  return { ...made, text: replaced.reduce((text, [from, to]) => text.replace(from, to), made.text) };
}

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

  type Case = readonly [name: string, source: Partial<PolicySource>, expected: readonly string[]];
  const CASES: readonly Case[] = [
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
      "a draft of an approval, as a refusal proposes it",
      { approvals: [draft()] },
      [
        "error placeholder line 7: reason: `WHY IT IS NEEDED` is the draft's own text; write why this release is needed, and what was looked at",
        "error placeholder line 8: requestedBy: `YOU` is the draft's own text; write who asks for it",
        "error placeholder line 9: approvedBy: `REVIEWER` is the draft's own text; write who has reviewed it, and merges it",
        "error placeholder line 11: expires: `WITHIN approvals.maxDays` is the draft's own text; write the time at which it ends, such as 2026-01-31T12:00:00Z, within the days that `approvals.maxDays` allows",
      ],
    ],
    [
      "a draft that was completed but for its reviewer",
      {
        approvals: [
          draft([
            ["WHY IT IS NEEDED", "The build needs it."],
            ["YOU", "dev"],
            ["WITHIN approvals.maxDays", "2026-12-01T00:00:00Z"],
          ]),
        ],
      },
      [
        "error placeholder line 9: approvedBy: `REVIEWER` is the draft's own text; write who has reviewed it, and merges it",
      ],
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
    ...["1.x", "latest"].map(
      (version): Case => [
        `an approval of ${version} and not of one release`,
        { approvals: [approvalFile({ purl: `pkg:npm/x@${encodeURIComponent(version)}`, digests: [SHA1] })] },
        [
          `error approval-version line 1: \`${version}\` is no version of npm: an approval names exactly one release, without wildcards or ranges`,
        ],
      ],
    ),
    [
      "an approval in a folder whose owners are others",
      { approvals: [approvalFile({ purl: "pkg:npm/x@1.0.0", digests: [SHA1], path: "approvals/cargo/x.yaml" })] },
      [
        "error approval-place line 1: an approval of a release of npm lies in approvals/npm/, so that its owners review it",
      ],
    ],
    [
      "an approval of what is called malicious that does not say so",
      { approvals: [approvalFile({ purl: "pkg:npm/evil@1.0.0", digests: [SHA1], policies: ["release-age"] })] },
      [
        "error approval-malicious line 1: MAL-2026-1, MAL-2026-2 calls this release malicious: to lift that all the same, name the policy that says so and write `override: malicious`",
      ],
    ],
    [
      "nothing of one that does",
      {
        approvals: [
          approvalFile({
            purl: "pkg:npm/evil@1.0.0",
            digests: [SHA1],
            policies: ["release-age"],
            override: "malicious",
          }),
        ],
      },
      [],
    ],
    [
      "an override that names no policy",
      { approvals: [approvalFile({ purl: "pkg:npm/evil@1.0.0", digests: [SHA1], override: "malicious" })] },
      ["error schema line 1: spec: must have property policies when property override is present"],
    ],
    [
      "an override where nothing is to be overridden",
      {
        approvals: [
          approvalFile({
            purl: "pkg:npm/x@1.0.0",
            digests: [SHA1],
            policies: ["release-age"],
            override: "malicious",
          }),
        ],
      },
      [
        "warning approval-override line 1: no malicious advisory names this release: leave `override` out, so that one that comes later counts",
      ],
    ],
    [
      "an approval that its requester gave",
      { approvals: [approvalFile({ purl: "pkg:npm/x@1.0.0", digests: [SHA1], requestedBy: "Security " })] },
      ["warning self-approved line 1: whoever asked for this approval has given it: have somebody else review it"],
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
