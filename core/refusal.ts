/** How a decision that denies is worded, and its form for programs. */
import type { Decision, Evidence } from "../schemas/types/decision.ts";
import type { JudgedListing } from "./ecosystems/ecosystem.ts";
import { VERSION_ORDERS } from "./ecosystems/versions.ts";
import { parseReleasePurl } from "./purl.ts";
import { permits } from "./verdict.ts";

/** The body of a 403, for npm and for programs (docs/HTTP.md). */
export interface Refusal
  extends Pick<Decision, "decision" | "purl" | "policy" | "rule" | "reason" | "until" | "bundle" | "decidedAt"> {
  /** The whole in one sentence; npm prints it. */
  readonly error: string;
  readonly evidence: readonly Evidence[];
  readonly remediation: { readonly requestUrl: string | null; readonly alternatives: readonly string[] };
}

export interface Wording {
  /** Where clients reach the proxy, without a slash at the end. */
  readonly publicUrl: string;
  /** The policy repository, for links to propose an approval. */
  readonly repository: string | null;
}

const MAX_IDS = 3;
const MAX_ALTERNATIVES = 3;

export function toRefusal(decision: Decision, wording: Wording, judged?: JudgedListing): Refusal {
  const { decision: verdict, purl, policy, rule, reason, evidence, until, bundle, decidedAt } = decision;
  return {
    error: sentenceOf(decision, wording),
    decision: verdict,
    purl,
    policy,
    rule,
    reason,
    evidence,
    until,
    bundle,
    decidedAt,
    remediation: { requestUrl: wording.repository, alternatives: judged ? alternativesTo(decision, judged) : [] },
  };
}

/** One line: what, why, by which policy, on what evidence, until when, and where to read more. */
export function sentenceOf(decision: Decision, wording: Wording): string {
  const what = decision.decision === "block" ? "blocked" : "held";
  const until = decision.until === null ? "" : ` until ${decision.until}`;
  const ids = decision.evidence.map(({ id }) => id);
  const evidence = [
    decision.policy,
    ...ids.slice(0, MAX_IDS),
    ...(ids.length > MAX_IDS ? [`and ${ids.length - MAX_IDS} more`] : []),
  ].join(", ");
  const reason = decision.reason.replace(/[.!?]$/, "");
  return `cordon: ${what} ${decision.purl}${until}: ${reason} (${evidence}). Why, and how to ask for an exception: ${whyUrl(decision.purl, wording)}`;
}

export function whyUrl(purl: string, { publicUrl }: Wording): string {
  return `${publicUrl}/-/why/${purl}`;
}

/** What to install instead: the highest allowed release of the same major, then the highest of all, then the next lower one. */
export function alternativesTo({ purl }: Decision, { listing, decisions }: JudgedListing): string[] {
  const { type, version } = parseReleasePurl(purl);
  const order = VERSION_ORDERS[type];
  const allowed = [...listing.releases.keys()].filter((candidate) => {
    const decision = decisions.get(candidate);
    return decision && permits(decision) && !order.isPrerelease(candidate);
  });
  const sameMajor = allowed.filter((candidate) => candidate.split(".")[0] === version.split(".")[0]);
  const lower = order.isValid(version) ? allowed.filter((candidate) => order.compare(candidate, version) < 0) : [];
  return [...new Set([sameMajor.at(-1), allowed.at(-1), lower.at(-1)])]
    .filter((candidate) => candidate !== undefined)
    .slice(0, MAX_ALTERNATIVES);
}
