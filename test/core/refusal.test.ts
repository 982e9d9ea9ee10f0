import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JudgedListing } from "../../core/ecosystems/ecosystem.ts";
import { npm } from "../../core/ecosystems/npm/index.ts";
import { draftApproval, sentenceOf, toRefusal, whyUrl, withRemediation } from "../../core/refusal.ts";
import { YamlFile } from "../../core/source/yaml-file.ts";
import type { Decision, Evidence, Verdict } from "../../schemas/types/decision.ts";
import { packumentBytes } from "../support/packument.ts";

const WORDING = { publicUrl: "https://proxy.example", repository: "https://git.example/acme/policy" };

function decisionOf(more: Partial<Decision> = {}): Decision {
  return {
    decision: "block",
    purl: "pkg:npm/x@1.5.0",
    policy: "known-malicious",
    rule: "malware",
    reason: "It steals tokens.",
    evidence: [],
    until: null,
    bundle: { revision: 3, digest: `sha256:${"0".repeat(64)}` },
    decidedAt: "2026-11-22T12:00:00Z",
    verdicts: [],
    skipped: [],
    ...more,
  };
}

const evidence = (count: number): Evidence[] =>
  Array.from({ length: count }, (_, index) => ({ id: `MAL-2026-${index + 1}`, source: "local", url: null }));

/** A listing of `x` in which the versions have these decisions. */
function judgedOf(verdicts: Readonly<Record<string, Verdict>>): JudgedListing {
  const releases = Object.keys(verdicts).map((version) => ({ version }));
  return {
    listing: npm.parseListing("x", packumentBytes({ name: "x", releases })),
    decisions: new Map(
      Object.entries(verdicts).map(([version, decision]) => [
        version,
        decisionOf({ decision, purl: `pkg:npm/x@${version}` }),
      ]),
    ),
    gone: [],
  };
}

describe("sentenceOf()", () => {
  const WHY = "Why, and how to ask for an exception: https://proxy.example/-/why/pkg:npm/x@1.5.0";
  const SENTENCES: readonly [name: string, decision: Partial<Decision>, sentence: string][] = [
    [
      "a block",
      { evidence: evidence(1) },
      `cordon: blocked pkg:npm/x@1.5.0: It steals tokens (known-malicious, MAL-2026-1). ${WHY}`,
    ],
    ["a block without evidence", {}, `cordon: blocked pkg:npm/x@1.5.0: It steals tokens (known-malicious). ${WHY}`],
    [
      "a hold with its end",
      { decision: "quarantine", policy: "release-age", reason: "Too young.", until: "2026-11-24T12:00:00Z" },
      `cordon: held pkg:npm/x@1.5.0 until 2026-11-24T12:00:00Z: Too young (release-age). ${WHY}`,
    ],
    [
      "a hold without an end",
      { decision: "quarantine", policy: "release-age", reason: "No publish time!" },
      `cordon: held pkg:npm/x@1.5.0: No publish time (release-age). ${WHY}`,
    ],
    [
      "the original of a file that is served without its scripts",
      { decision: "strip-scripts", policy: "scripts", reason: "It runs scripts" },
      `cordon: refused the unchanged file of pkg:npm/x@1.5.0: It runs scripts (scripts). ${WHY}`,
    ],
    [
      "three advisories, all named",
      { evidence: evidence(3) },
      `cordon: blocked pkg:npm/x@1.5.0: It steals tokens (known-malicious, MAL-2026-1, MAL-2026-2, MAL-2026-3). ${WHY}`,
    ],
    [
      "more advisories than are named",
      { evidence: evidence(5) },
      `cordon: blocked pkg:npm/x@1.5.0: It steals tokens (known-malicious, MAL-2026-1, MAL-2026-2, MAL-2026-3, and 2 more). ${WHY}`,
    ],
  ];
  for (const [name, decision, sentence] of SENTENCES) {
    it(`words ${name}`, () => assert.equal(sentenceOf(decisionOf(decision), WORDING), sentence));
  }

  it("ends with the evidence where no proxy is known that tells more", () =>
    assert.equal(
      sentenceOf(decisionOf({ evidence: evidence(1) }), { ...WORDING, publicUrl: null }),
      "cordon: blocked pkg:npm/x@1.5.0: It steals tokens (known-malicious, MAL-2026-1).",
    ));
});

describe("whyUrl()", () => {
  it("keeps the purl as it is written, scope encoded", () => {
    assert.equal(whyUrl("pkg:npm/%40acme/ui@1.0.0", WORDING), "https://proxy.example/-/why/pkg:npm/%40acme/ui@1.0.0");
  });
});

describe("withRemediation()", () => {
  it("adds to a denial the sentence, where to ask, and what to install instead", () => {
    const decision = decisionOf();
    assert.deepEqual(withRemediation(decision, WORDING, ["1.4.0"]), {
      ...decision,
      error: sentenceOf(decision, WORDING),
      remediation: { requestUrl: "https://proxy.example/-/why/pkg:npm/x@1.5.0#request", alternatives: ["1.4.0"] },
    });
  });

  it("knows nowhere to ask where no proxy is known", () =>
    assert.equal(withRemediation(decisionOf(), { ...WORDING, publicUrl: null }, []).remediation.requestUrl, null));

  it("has no error of what may be installed", () => {
    const decision = decisionOf({ decision: "warn" });
    assert.deepEqual(withRemediation(decision, WORDING, []), {
      ...decision,
      remediation: { requestUrl: null, alternatives: [] },
    });
  });
});

const DO_NOT_RETRY = "Do not retry";
const UNTIL_THEN =
  "the answer stays the same until somebody approves the release, or changes the policy. Install one of the alternatives, or ask a person to request an approval.";

describe("toRefusal()", () => {
  it("has the fields of the contract and no others", () => {
    const decision = decisionOf({ evidence: evidence(1) });
    assert.deepEqual(toRefusal(decision, WORDING, judgedOf({ "1.4.0": "allow", "1.5.0": "block" })), {
      code: "POLICY_BLOCKED",
      error: sentenceOf(decision, WORDING),
      retry: `${DO_NOT_RETRY}: ${UNTIL_THEN}`,
      decision: "block",
      purl: "pkg:npm/x@1.5.0",
      policy: "known-malicious",
      rule: "malware",
      reason: "It steals tokens.",
      evidence: [{ id: "MAL-2026-1", source: "local", url: null }],
      until: null,
      bundle: { revision: 3, digest: `sha256:${"0".repeat(64)}` },
      decidedAt: "2026-11-22T12:00:00Z",
      remediation: { requestUrl: "https://proxy.example/-/why/pkg:npm/x@1.5.0#request", alternatives: ["1.4.0"] },
    });
  });

  it("has no alternatives where there is no listing, and nothing to ask for where nothing is denied", () => {
    assert.deepEqual(toRefusal(decisionOf(), WORDING).remediation.alternatives, []);
    const allowed = toRefusal(decisionOf({ decision: "warn" }), WORDING, judgedOf({ "1.5.0": "warn" }));
    assert.deepEqual(allowed.remediation, { requestUrl: null, alternatives: [] });
  });

  const CODES: readonly [decision: Partial<Decision>, code: string, retry: string][] = [
    [{ decision: "block" }, "POLICY_BLOCKED", `${DO_NOT_RETRY}: ${UNTIL_THEN}`],
    [
      { decision: "quarantine", until: "2026-11-25T00:00:00Z" },
      "POLICY_HELD",
      `${DO_NOT_RETRY} before 2026-11-25T00:00:00Z: ${UNTIL_THEN}`,
    ],
    [{ decision: "strip-scripts", strip: "metadata" }, "POLICY_STRIPPED", "It may be installed."],
    [{ decision: "warn" }, "POLICY_ALLOWED", "It may be installed."],
    [{ decision: "allow" }, "POLICY_ALLOWED", "It may be installed."],
  ];
  for (const [decision, code, retry] of CODES) {
    it(`tells programs ${code} of ${decision.decision}, and whether to try again`, () => {
      const refusal = toRefusal(decisionOf(decision), WORDING);
      assert.deepEqual([refusal.code, refusal.retry], [code, retry]);
    });
  }
});

describe("draftApproval()", () => {
  const digests = { sha1: "a".repeat(40) };

  it("leaves to people what only they can say", () => {
    const { path, text = "" } = draftApproval(decisionOf(), { digests }) ?? {};
    assert.equal(path, "approvals/npm/x@1.5.0.yaml");
    assert.match(text, /reason: "WHY IT IS NEEDED"\n {2}requestedBy: "YOU"\n {2}approvedBy: "REVIEWER"/);
  });

  it("is there only where there is a digest to approve", () =>
    assert.equal(draftApproval(decisionOf(), { digests: {} }), undefined));

  it("says what is not seen in a way that is, and means the same", () => {
    const reason = 'a"\u202e\u200b\u{e0041}\ufe01\\ \u{1f600} \u0007\nb';
    const { path = "", text = "" } = draftApproval(decisionOf(), { digests }, { reason }) ?? {};
    assert.match(text, /reason: "a\\"\\u202e\\u200b\\U000e0041\\ufe01\\\\ \u{1f600} \\u0007\\nb"/u);
    assert.equal((new YamlFile({ path, text }).value as { spec: { reason: string } }).spec.reason, reason);
  });
});
