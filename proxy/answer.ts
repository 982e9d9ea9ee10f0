/** What every answer of a registry has in common: what it is made from, and that each decision goes on record. */
import { randomUUID } from "node:crypto";
import type { Context } from "koa";
import type { JudgedListing } from "../core/ecosystems/ecosystem.ts";
import { releaseOf } from "../core/ecosystems/judged.ts";
import { factsOn, type Rules } from "../core/gate.ts";
import type { Inspection } from "../core/inspection.ts";
import { parseReleasePurl } from "../core/purl.ts";
import { type RecordedFacts, recordFacts } from "../core/recorded-facts.ts";
import { toRefusal, type Wording } from "../core/refusal.ts";
import { type ReportedRelease, reportOn } from "../core/report.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Decision } from "../schemas/types/decision.ts";
import type { DecisionContext, DecisionLog } from "./decision-log.ts";
import type { Files } from "./files.ts";
import type { Inspections } from "./inspections.ts";
import type { Listings } from "./listings.ts";
import type { Log } from "./log.ts";
import type { Names } from "./names.ts";
import { releasePage } from "./pages/release.ts";
import { wantsPage } from "./pages/wanted.ts";
import { forbidden, replyPage, replyRefusal } from "./reply.ts";
import type { Stripping } from "./stripping.ts";
import type { Texts } from "./texts.ts";

export interface RegistryOptions {
  readonly upstream: Upstream;
  readonly listings: Listings;
  readonly names: Names;
  readonly texts: Texts;
  readonly inspections: Inspections;
  readonly stripping: Stripping;
  readonly files: Files;
  /** Throws where there is nothing to judge by. */
  readonly rules: () => Rules;
  readonly wording: ProxyWording;
  /** Where clients reach this registry. */
  readonly registry: string;
  /** Whether clients are told to send their tokens, which whoever stands before the proxy checks. */
  readonly isAuthRequired: boolean;
  readonly decisions: DecisionLog;
  readonly now: () => Date;
  readonly log: Log;
}

/** The proxy knows where it is reached. */
export interface ProxyWording extends Wording {
  readonly publicUrl: string;
}

/** A decision, and what it was made from. */
export interface Answer {
  readonly decision: Decision;
  /** Undefined where there is no listing. */
  readonly judged: JudgedListing | undefined;
  readonly rules: Rules;
  readonly inspection?: Inspection | undefined;
}

export function contextOf(ctx: Context, kind: DecisionContext["kind"], { upstream }: RegistryOptions): DecisionContext {
  return {
    requestId: randomUUID(),
    client: { address: ctx.req.socket.remoteAddress ?? "", agent: ctx.get("user-agent") },
    registry: upstream.ecosystem.type,
    kind,
    cache: "miss",
    startedAt: performance.now(),
  };
}

/** By decision: what it was made from does not change. */
const facts = new WeakMap<Decision, { readonly recorded: RecordedFacts | undefined }>();

export function record(
  { decision, judged, rules, inspection }: Answer,
  context: DecisionContext,
  { decisions }: RegistryOptions,
): void {
  const known = facts.get(decision) ?? { recorded: recordFacts(rules, decision.purl, judged, inspection) };
  facts.set(decision, known);
  decisions.record(decision, context, known.recorded);
}

export function refuse(ctx: Context, answer: Answer, context: DecisionContext, options: RegistryOptions): void {
  const refusal = toRefusal(answer.decision, options.wording, answer.judged);
  const { error, remediation } = refusal;
  record(answer, { ...context, refusal: { error, remediation } }, options);
  if (wantsPage(ctx)) {
    const known = { judged: answer.judged, release: reportedRelease(answer, options) };
    const report = reportOn(answer.decision, answer.rules, options.wording, known);
    replyPage(ctx, 403, releasePage(report, options.wording.publicUrl));
    ctx.message = forbidden(refusal);
    return;
  }
  replyRefusal(ctx, refusal, options.upstream.ecosystem.refusalForm);
}

function reportedRelease(
  { decision, judged, rules, inspection }: Answer,
  { upstream }: RegistryOptions,
): ReportedRelease | undefined {
  const release = judged && releaseOf(judged.listing, parseReleasePurl(decision.purl).version);
  if (!release) return undefined;
  const facts = factsOn(rules, judged.listing, release, inspection?.found);
  return { ecosystem: upstream.ecosystem, release, facts };
}
