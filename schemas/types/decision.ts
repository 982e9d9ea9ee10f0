// Generated from decision.schema.json by schemas/generate.ts; do not edit.

/**
 * From the mildest to the most severe.
 */
export type Verdict = "allow" | "warn" | "strip-scripts" | "quarantine" | "block";
/**
 * How install scripts are taken out; there with `strip-scripts` only.
 */
export type Strip = "rewrite" | "metadata";
/**
 * The bundle that decided; null when the rules came straight from a directory.
 */
export type BundleReference = {
  /**
   * Its revision.
   */
  revision: number;
  /**
   * The SHA-256 of its signed statement.
   */
  digest: string;
} | null;
export type Strip1 = "rewrite" | "metadata";

/**
 * The answer for one release: the most severe verdict after approvals, and why.
 */
export interface Decision {
  decision: Verdict;
  /**
   * The release.
   */
  purl: string;
  /**
   * The policy that decided; null when none objects.
   */
  policy: string | null;
  /**
   * The rule of it; null with the policy.
   */
  rule: string | null;
  /**
   * The rule's message; what failed, where it did.
   */
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
  /**
   * When it was decided (RFC 3339, UTC).
   */
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
  /**
   * The whole in one sentence, as the proxy answers it; beside `remediation`, where something is refused.
   */
  error?: string;
  remediation?: Remediation;
}
export interface Evidence {
  /**
   * The record's id.
   */
  id: string;
  /**
   * Name of the feed; `local` for the repository's own.
   */
  source: string;
  /**
   * Where a person reads more.
   */
  url: string | null;
}
export interface PolicyVerdict {
  /**
   * The policy.
   */
  policy: string;
  /**
   * Its rule that matched.
   */
  rule: string;
  verdict: Verdict;
  /**
   * Its message.
   */
  reason: string;
  strip?: Strip1;
  /**
   * When it ends by itself; null when it does not.
   */
  until: string | null;
  /**
   * `audit`: it does not count.
   */
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
/**
 * What to do instead; there in what `cordon check` and `cordon dry-run` print, and in the log's lines of refusals.
 */
export interface Remediation {
  /**
   * The part of the decision page that tells how to ask for an exception; null where nothing is denied, or a command does not know the proxy, because `publicUrl` of `cordon.yaml` is not set.
   */
  requestUrl: string | null;
  /**
   * At most three stable versions that may be installed, best first: the highest of the same line, the highest of all, the next lower one. None where there is none, the registry was not asked, or nothing is denied.
   */
  alternatives: string[];
}
