/** How a decision that denies is worded, and its form for programs. */
import type { ForgeSettings } from "../schemas/types/cordon.ts";
import type { Decision, Evidence, Remediation } from "../schemas/types/decision.ts";
import type { Release } from "../schemas/types/facts.ts";
import { alternativesTo } from "./alternatives.ts";
import { sha256 } from "./digest.ts";
import type { JudgedListing } from "./ecosystems/ecosystem.ts";
import { PLACEHOLDERS } from "./policy/approvals.ts";
import { parseReleasePurl } from "./purl.ts";
import { permits } from "./verdict.ts";
import { HIDDEN } from "./words.ts";

/** As programs read it elsewhere than at the proxy. */
export interface DecisionWithRemediation extends Decision {
  readonly remediation: Remediation;
}

/** The body of a 403, for npm and for programs (docs/HTTP.md). */
export interface Refusal
  extends Pick<Decision, "decision" | "purl" | "policy" | "rule" | "reason" | "until" | "bundle" | "decidedAt"> {
  /** For programs; it does not change with the wording. */
  readonly code: RefusalCode;
  /** The whole in one sentence; npm prints it. */
  readonly error: string;
  /** For programs, and those that write programs: whether to try again, and what to do instead. */
  readonly retry: string;
  readonly evidence: readonly Evidence[];
  readonly remediation: Remediation;
}

export type RefusalCode = "POLICY_BLOCKED" | "POLICY_HELD" | "POLICY_STRIPPED" | "POLICY_ALLOWED";

export interface Wording {
  /** Where clients reach the proxy, without a slash at the end; null where it is not known. */
  readonly publicUrl: string | null;
  /** The policy repository, for links to propose an approval. */
  readonly repository: string | null;
  /** What hosts it, where its name does not tell. */
  readonly forge?: ForgeSettings | undefined;
}

const MAX_IDS = 3;
const EVERY_HIDDEN = new RegExp(HIDDEN.source, "gu");
/** Of the 255 bytes that file systems take. */
const MAX_FILE_NAME = 200;
/** What Windows takes for a device, whatever follows the dot. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.)/i;

export function toRefusal(decision: Decision, wording: Wording, judged?: JudgedListing): Refusal {
  const { decision: verdict, purl, policy, rule, reason, evidence, until, bundle, decidedAt } = decision;
  return {
    code: codeOf(decision),
    error: sentenceOf(decision, wording),
    retry: retryOf(decision),
    decision: verdict,
    purl,
    policy,
    rule,
    reason,
    evidence,
    until,
    bundle,
    decidedAt,
    remediation: remediationOf(decision, wording, judged ? alternativesTo(decision, judged) : []),
  };
}

/** `alternatives`: as alternativesTo() finds them; none where no listing is at hand. */
export function withRemediation(decision: Decision, wording: Wording, alternatives: string[]): DecisionWithRemediation {
  const error = permits(decision) ? {} : { error: sentenceOf(decision, wording) };
  return { ...decision, ...error, remediation: remediationOf(decision, wording, alternatives) };
}

function remediationOf(decision: Decision, wording: Wording, alternatives: string[]): Remediation {
  const page = permits(decision) ? null : whyUrl(decision.purl, wording);
  return { requestUrl: page === null ? null : `${page}#request`, alternatives };
}

function codeOf({ decision }: Decision): RefusalCode {
  if (decision === "strip-scripts") return "POLICY_STRIPPED";
  return decision === "block" ? "POLICY_BLOCKED" : decision === "quarantine" ? "POLICY_HELD" : "POLICY_ALLOWED";
}

function retryOf(decision: Decision): string {
  if (permits(decision)) return "It may be installed.";
  const when = decision.until === null ? "" : ` before ${decision.until}`;
  return `Do not retry${when}: the answer stays the same until somebody approves the release, or changes the policy. Install one of the alternatives, or ask a person to request an approval.`;
}

/** One line: what, why, by which policy, on what evidence, until when, and where to read more. */
export function sentenceOf(decision: Decision, wording: Wording): string {
  // Where they can be taken out, only the original is refused.
  const isOriginal = decision.decision === "strip-scripts" && permits(decision);
  const what = isOriginal ? "refused the unchanged file of" : decision.decision === "block" ? "blocked" : "held";
  const until = decision.until === null ? "" : ` until ${decision.until}`;
  const ids = decision.evidence.map(({ id }) => id);
  const evidence = [
    decision.policy,
    ...ids.slice(0, MAX_IDS),
    ...(ids.length > MAX_IDS ? [`and ${ids.length - MAX_IDS} more`] : []),
  ].join(", ");
  const reason = decision.reason.replace(/[.!?]$/, "");
  const page = whyUrl(decision.purl, wording);
  const where = page === null ? "" : ` Why, and how to ask for an exception: ${page}`;
  return `cordon: ${what} ${decision.purl}${until}: ${reason} (${evidence}).${where}`;
}

/** The decision page; null where no proxy is known. */
export function whyUrl(purl: string, { publicUrl }: Wording): string | null {
  return publicUrl === null ? null : `${publicUrl}/-/why/${purl}`;
}

/** A file to propose in the policy repository. */
export interface ApprovalDraft {
  readonly path: string;
  readonly text: string;
}

/** What a draft leaves open. */
export interface ApprovalAnswers {
  readonly reason?: string;
  readonly requestedBy?: string;
  readonly expires?: string;
  readonly ticket?: string;
  /** To lift what an advisory calls malicious. */
  readonly override?: "malicious";
}

/** The approval that would lift a denial, to be completed by whoever asks for it; undefined without a digest to approve. */
export function draftApproval(
  { purl, verdicts, decidedAt }: Decision,
  { digests = {}, files }: Pick<Release, "digests" | "files">,
  { ticket, override, ...answers }: ApprovalAnswers = {},
): ApprovalDraft | undefined {
  const named = (files?.map((file) => file.digests) ?? [digests]).flatMap((one) =>
    Object.entries(one).map(([algorithm, hex]) => `${algorithm}:${hex}`),
  );
  if (named.length === 0) return undefined;
  const policies = [
    ...new Set(
      verdicts.filter(({ mode, liftedBy }) => mode === "enforce" && liftedBy === null).map(({ policy }) => policy),
    ),
  ];
  const { reason, requestedBy, approvedBy, expires } = { ...PLACEHOLDERS, ...answers };
  const spec = {
    purl,
    digests: named,
    policies,
    ...(override && { override }),
    reason,
    ...(ticket !== undefined && { ticket }),
    requestedBy,
    approvedBy,
    created: decidedAt,
    expires,
  };
  const lines = Object.entries(spec).map(([key, value]) => `  ${key}: ${quote(value)}`);
  return {
    path: approvalPath(purl),
    text: ["apiVersion: cordon/v1", "kind: Approval", "spec:", ...lines, ""].join("\n"),
  };
}

/** In YAML as in JSON; what a reviewer would not see is escaped. */
function quote(value: string | readonly string[]): string {
  return JSON.stringify(value).replace(EVERY_HIDDEN, (character) => {
    const number = (character.codePointAt(0) ?? 0).toString(16);
    return number.length > 4 ? `\\U${number.padStart(8, "0")}` : `\\u${number.padStart(4, "0")}`;
  });
}

/**
 * Where the approval of a release lies: two releases have two places, and every file system takes them. What one of them does
 * not take, or may take for the same, is replaced, and the name then ends with a part of the purl's digest.
 */
export function approvalPath(purl: string): string {
  const { type, name, version } = parseReleasePurl(purl);
  const exact = `${name.replaceAll("/", "__")}@${version}`;
  const plain = exact
    .replace(/[^\w@.+!-]/g, "_")
    .replace(DEVICE, "_$&")
    .slice(0, MAX_FILE_NAME);
  const isUnique = plain === exact && !/[A-Z]/.test(exact) && !name.includes("__");
  return `approvals/${type}/${plain}${isUnique ? "" : `-${sha256(purl).slice(0, 10)}`}.yaml`;
}
