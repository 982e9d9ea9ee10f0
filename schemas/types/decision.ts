// Generated from decision.schema.json by schemas/generate.ts; do not edit.

export type Verdict = "allow" | "warn" | "strip-scripts" | "quarantine" | "block";
/**
 * How install scripts are taken out; there with `strip-scripts` only.
 */
export type Strip = "rewrite" | "metadata";
/**
 * The bundle that decided; null when the rules came straight from a directory.
 */
export type BundleReference = {
  revision: number;
  digest: string;
} | null;
export type Strip1 = "rewrite" | "metadata";

/**
 * The answer for one release: the most severe verdict after approvals, and why.
 */
export interface Decision {
  decision: Verdict;
  purl: string;
  /**
   * The policy that decided; null when none objects.
   */
  policy: string | null;
  rule: string | null;
  reason: string;
  strip?: Strip;
  /**
   * The advisories that affect the release.
   */
  evidence: Evidence[];
  /**
   * When a quarantine ends by itself (RFC 3339, UTC); null when it does not.
   */
  until: string | null;
  bundle: BundleReference;
  decidedAt: string;
  /**
   * Every policy's verdict other than a silent allow, most severe first.
   */
  verdicts: PolicyVerdict[];
  /**
   * Policies that could not be judged because a document that they read was not at hand (offline, or no longer upstream).
   */
  skipped: string[];
  /**
   * There where the release was judged by its purl alone although its registry was to be asked: `not-found` where that does not list it. It is then not known whether the release exists.
   */
  unlisted?: "not-found";
}
export interface Evidence {
  id: string;
  source: string;
  url: string | null;
}
export interface PolicyVerdict {
  policy: string;
  rule: string;
  verdict: Verdict;
  reason: string;
  strip?: Strip1;
  until: string | null;
  mode: "enforce" | "audit";
  /**
   * Path of the approval that lifts it; null where none does.
   */
  liftedBy: string | null;
  /**
   * What that approval says of itself; there where `liftedBy` names one.
   */
  approval?: {
    approvedBy: string;
    expires: string;
  };
}
