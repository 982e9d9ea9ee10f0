/** `/-/why/<purl>`: the decision on a release, or on every denied release of a package, the withheld ones included. */
import type { Context } from "koa";
import type { JudgedListing } from "../core/ecosystems/ecosystem.ts";
import { releaseOf } from "../core/ecosystems/judged.ts";
import { CordonError } from "../core/errors.ts";
import { decideUnlisted, factsOn, type Rules } from "../core/gate.ts";
import { isThere } from "../core/inspection.ts";
import { reportPackage } from "../core/package-report.ts";
import { type PackageId, parsePurl, type ReleaseId, toPurl } from "../core/purl.ts";
import { type ReleaseReport, reportOn } from "../core/report.ts";
import type { Upstream } from "../core/upstream.ts";
import { permits } from "../core/verdict.ts";
import type { ProxyWording } from "./answer.ts";
import type { Inspections } from "./inspections.ts";
import type { Listings } from "./listings.ts";
import { packagePage } from "./pages/package.ts";
import { releasePage } from "./pages/release.ts";
import { servesPeople, wantsPage } from "./pages/wanted.ts";
import { replyJson, replyPage } from "./reply.ts";

/** What is asked for decisions. */
export interface JudgingRegistry {
  readonly upstream: Upstream;
  readonly listings: Listings;
  readonly inspections: Inspections;
}

export interface WhyOptions {
  readonly registries: readonly JudgingRegistry[];
  readonly rules: () => Rules;
  readonly wording: ProxyWording;
  readonly now: () => Date;
}

/** Serves what follows `/-/why/` in the path, still encoded. */
export async function serveWhy(
  ctx: Context,
  text: string,
  { registries, rules, wording, now }: WhyOptions,
): Promise<void> {
  servesPeople(ctx);
  const id = parsePurl(decodeWhole(text));
  const current = rules();
  const registry = registries.find(({ upstream }) => upstream.ecosystem.type === id.type);
  const judged = registry && (await judgeIfListed(id, current, registry));
  const { version } = id;
  if (version === undefined) {
    if (!judged) throw new CordonError("NOT_FOUND", `the upstream registry has no ${text}`);
    const report = reportPackage(id, judged, wording);
    return wantsPage(ctx) ? replyPage(ctx, 200, packagePage(report, wording.publicUrl)) : replyJson(ctx, 200, report);
  }
  const release = { ...id, version };
  const report = await reportRelease(release, current, { registry, judged, wording, now: now() });
  return wantsPage(ctx) ? replyPage(ctx, 200, releasePage(report, wording.publicUrl)) : replyJson(ctx, 200, report);
}

/** A purl as it is, or as a program encodes one for a path: with its own colon and slashes, `pkg%3Anpm%2Fx%401.0.0`. */
function decodeWhole(text: string): string {
  if (!/^pkg%3a/i.test(text)) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // No purl either way, and it is refused as one.
  }
}

interface Asked {
  readonly registry: JudgingRegistry | undefined;
  /** Undefined where the package is not listed. */
  readonly judged: JudgedListing | undefined;
  readonly wording: ProxyWording;
  readonly now: Date;
}

async function reportRelease(
  id: ReleaseId,
  rules: Rules,
  { registry, judged, wording, now }: Asked,
): Promise<ReleaseReport> {
  const seen = registry && judged && (await judgeOne(judged, id.version, rules, registry));
  const release = seen && releaseOf(seen.listing, id.version);
  // As its file would be judged: by all that the rules read.
  const inspected = release && (await registry.inspections.decide(seen, release.version, rules, "file"));
  const decision = inspected?.decision ?? decideUnlisted(rules, id, now);
  // Of what nobody has, "allow" would say too much.
  const isKnown = release && (await isThere(registry.upstream, judged?.listing ?? seen.listing, release));
  if (!isKnown && permits(decision)) throw new CordonError("NOT_FOUND", `the upstream registry has no ${toPurl(id)}`);
  if (!registry || !release) return reportOn(decision, rules, wording, { judged, release: undefined });
  const facts = factsOn(rules, seen.listing, release, inspected?.inspection?.found);
  // Whoever is to approve it has to name the file's digest.
  const digests = permits(decision) ? undefined : await registry.inspections.digestsToApprove(seen, release);
  const reported = {
    ecosystem: registry.upstream.ecosystem,
    release,
    facts: { ...facts, release: { ...facts.release, ...(digests && { digests }) } },
  };
  return reportOn(decision, rules, wording, { judged: seen, release: reported });
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
