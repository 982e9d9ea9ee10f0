/** `/-/why/<purl>`: the decision on a release, or on every denied release of a package, the withheld ones included. */
import type { Context } from "koa";
import type { JudgedListing } from "../core/ecosystems/ecosystem.ts";
import { releaseOf } from "../core/ecosystems/judged.ts";
import { CordonError } from "../core/errors.ts";
import { decideUnlisted, type Rules } from "../core/gate.ts";
import { isThere } from "../core/inspection.ts";
import { type PackageId, parsePurl, toPurl } from "../core/purl.ts";
import { draftApproval, toRefusal, type Wording } from "../core/refusal.ts";
import type { Upstream } from "../core/upstream.ts";
import { permits } from "../core/verdict.ts";
import type { Decision } from "../schemas/types/decision.ts";
import type { Inspections } from "./inspections.ts";
import type { Listings } from "./listings.ts";
import { replyJson } from "./reply.ts";

/** Of a package with more denied releases the highest are shown. */
const MAX_DENIED = 200;

/** What is asked for decisions. */
export interface JudgingRegistry {
  readonly upstream: Upstream;
  readonly listings: Listings;
  readonly inspections: Inspections;
}

export interface WhyOptions {
  readonly registries: readonly JudgingRegistry[];
  readonly rules: () => Rules;
  readonly wording: Wording;
  readonly now: () => Date;
}

/** Serves what follows `/-/why/` in the path, still encoded. */
export async function serveWhy(
  ctx: Context,
  text: string,
  { registries, rules, wording, now }: WhyOptions,
): Promise<void> {
  const id = parsePurl(text);
  const current = rules();
  const registry = registries.find(({ upstream }) => upstream.ecosystem.type === id.type);
  const judged = registry && (await judgeIfListed(id, current, registry));
  const { version } = id;
  if (version === undefined) {
    if (!judged) throw new CordonError("NOT_FOUND", `the upstream registry has no ${text}`);
    const denied = [...judged.decisions.values(), ...judged.gone].filter((decision) => !permits(decision));
    const shown = denied.slice(-MAX_DENIED).map((decision) => toRefusal(decision, wording));
    return replyJson(ctx, 200, { purl: toPurl(id), denied: shown, more: denied.length - shown.length });
  }
  const seen = registry && judged && (await judgeOne(judged, version, current, registry));
  const release = seen && releaseOf(seen.listing, version);
  // As its file would be judged: by all that the rules read.
  const decision: Decision =
    registry && seen && release
      ? (await registry.inspections.decide(seen, release.version, current, "file")).decision
      : decideUnlisted(current, { ...id, version }, now());
  // Of what nobody has, "allow" would say too much.
  const isKnown = release && (await isThere(registry.upstream, judged.listing, release));
  if (!isKnown && permits(decision)) throw new CordonError("NOT_FOUND", `the upstream registry has no ${toPurl(id)}`);
  const { verdicts, skipped } = decision;
  const { error, ...refusal } = toRefusal(decision, wording, judged);
  const denied = permits(decision) ? undefined : { error, approval: draftApproval(decision, release?.facts ?? {}) };
  replyJson(ctx, 200, { ...denied, ...refusal, verdicts, skipped });
}

/** Some registries have releases that they do not list. */
async function judgeOne(
  judged: JudgedListing,
  version: string,
  rules: Rules,
  { listings }: JudgingRegistry,
): Promise<JudgedListing> {
  if (releaseOf(judged.listing, version)) return judged;
  return (await listings.judgeOne(judged.listing.name, version, rules)).judged;
}

/** With what is known of its releases. What the upstream does not list is still decided on, by what can be told without it. */
async function judgeIfListed(
  { name }: PackageId,
  rules: Rules,
  { listings, inspections }: JudgingRegistry,
): Promise<JudgedListing | undefined> {
  try {
    const { judged } = await listings.judge(name, rules);
    return await inspections.view(judged, rules);
  } catch (error) {
    if (error instanceof CordonError && error.code === "NOT_FOUND") return undefined;
    throw error;
  }
}
