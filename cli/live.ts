/** Decisions with the facts that registries tell now. */
import type { JudgedListing, ListedRelease, Listing } from "../core/ecosystems/ecosystem.ts";
import { requireEcosystem } from "../core/ecosystems/index.ts";
import { findRelease } from "../core/ecosystems/judged.ts";
import { CordonError } from "../core/errors.ts";
import {
  awaitsDigest,
  decideInspected,
  decideUnlisted,
  factsOn,
  judgeListing,
  type Rules,
  toldBy,
} from "../core/gate.ts";
import type { Inspection } from "../core/inspection.ts";
import type { FactSource } from "../core/policy/facts.ts";
import { type ReleaseId, toPurl } from "../core/purl.ts";
import type { RecordedFacts } from "../core/recorded-facts.ts";
import { alternativesTo, type Wording } from "../core/refusal.ts";
import { type ReleaseReport, type ReportedRelease, reportOn } from "../core/report.ts";
import { permits } from "../core/verdict.ts";
import type { Decision } from "../schemas/types/decision.ts";
import type { Facts } from "../schemas/types/facts.ts";
import { LiveRegistries, type LiveSources, orMissing } from "./live-registries.ts";
import type { RegistrySettings } from "./registries.ts";

/** Packages that are asked for at once. */
const PARALLEL = 16;
const NOTHING: Inspection = { found: {}, sources: new Set() };

export interface LiveOptions extends LiveSources {
  /** Whether the first release that cannot be judged ends it. */
  readonly failsFast?: boolean;
  /** Called as decisions are made, with how many there are. */
  readonly onDecided?: (count: number) => void;
}

/** A decision with what it was made from. */
export interface LiveDecision {
  readonly decision: Decision;
  /** The documents that were at hand. */
  readonly known: ReadonlySet<FactSource>;
  /** Undefined where its registry does not list it. */
  readonly facts: Facts | undefined;
  /** As alternativesTo() finds them. */
  readonly alternatives: string[];
}

/**
 * Decides on each release by what registries tell now, and tells of those that cannot be judged why. Throws UPSTREAM_*,
 * DIGEST_MISMATCH for the first of them where it is to fail fast.
 */
export async function judgeLive(
  releases: readonly ReleaseId[],
  rules: Rules,
  settings: RegistrySettings,
  now: Date,
  options: LiveOptions = {},
): Promise<(LiveDecision | CordonError)[]> {
  const found: (LiveDecision | CordonError)[] = [];
  let count = 0;
  await judgeEach(releases, new Judge(rules, settings, now, options), async (index, judging) => {
    found[index] = await (options.failsFast ? judging : orFailure(judging));
    options.onDecided?.(++count);
  });
  return found;
}

/** A package at a time, many of them side by side: its listing is fetched once, and let go after its last release. */
async function judgeEach(
  releases: readonly ReleaseId[],
  judge: Judge,
  take: (index: number, judging: Promise<LiveDecision>) => Promise<void>,
): Promise<void> {
  const packages = new Map<string, number[]>();
  for (const [index, { type, name }] of releases.entries()) {
    const key = toPurl({ type, name });
    packages.set(key, [...(packages.get(key) ?? []), index]);
  }
  const waiting = [...packages.values()];
  const work = async (): Promise<void> => {
    for (let own = waiting.shift(); own; own = waiting.shift()) await judgeOwn(own);
  };
  const judgeOwn = async (indices: readonly number[]): Promise<void> => {
    const [first] = indices.flatMap((index) => releases[index] ?? []);
    if (!first) return;
    const listing = judge.listing(first);
    listing.catch(() => {}); // each release tells of it
    for (const index of indices) await take(index, judge.decide(releases[index] ?? first, listing));
  };
  try {
    await Promise.all(Array.from({ length: PARALLEL }, work));
  } finally {
    waiting.length = 0; // after a failure, nothing more is asked for
  }
}

/** Decides by these rules, with what registries tell at this moment. */
class Judge {
  readonly #rules: Rules;
  readonly #now: Date;
  readonly #registries: LiveRegistries;
  readonly #judged = new WeakMap<Listing, JudgedListing>();

  constructor(rules: Rules, settings: RegistrySettings, now: Date, sources: LiveSources) {
    this.#rules = rules;
    this.#now = now;
    this.#registries = new LiveRegistries(settings, now, sources);
  }

  listing(id: ReleaseId): Promise<Listing | undefined> {
    return this.#registries.listing(id);
  }

  async decide(id: ReleaseId, listed: Promise<Listing | undefined>): Promise<LiveDecision> {
    const listing = await listed;
    const release = listing && (await this.#registries.release(listing, id));
    if (!listing || !release) return this.#unlisted(id, listing);
    const decision = this.#inspected(listing, release, NOTHING);
    const mayOpen = permits(decision) || awaitsDigest(this.#rules, listing, release, NOTHING, this.#now);
    const inspection = mayOpen ? await orMissing(this.#registries.inspect(this.#rules, listing, release)) : undefined;
    return inspection === "missing"
      ? this.#unlisted(id, listing)
      : this.#decided(listing, release, inspection ?? NOTHING);
  }

  /** Every release of it by what it lists; a package may have thousands, and several that are asked for. */
  judged(listing: Listing): JudgedListing {
    const judged = this.#judged.get(listing) ?? judgeListing(this.#rules, listing, this.#now);
    this.#judged.set(listing, judged);
    return judged;
  }

  /** Of a file whose digest nobody tells, the file is read: an approval has to name one. */
  async withDigest(listing: Listing, release: ListedRelease, facts: Facts): Promise<Facts> {
    if (facts.release.digests ?? facts.release.files) return facts;
    const digests = await this.#registries.digests(listing, release);
    return digests ? { ...facts, release: { ...facts.release, digests } } : facts;
  }

  #decided(listing: Listing, release: ListedRelease, inspection: Inspection): LiveDecision {
    const decision = this.#inspected(listing, release, inspection);
    return {
      decision,
      known: new Set([...toldBy(listing), ...inspection.sources]),
      facts: factsOn(this.#rules, listing, release, inspection.found),
      alternatives: this.#alternativesTo(decision, listing),
    };
  }

  #inspected(listing: Listing, release: ListedRelease, { found, sources }: Inspection): Decision {
    return decideInspected(this.#rules, listing, release, found, sources, this.#now);
  }

  /** As far as its name tells; its package may have others. */
  #unlisted(id: ReleaseId, listing: Listing | undefined): LiveDecision {
    const decision: Decision = { ...decideUnlisted(this.#rules, id, this.#now), unlisted: "not-found" };
    const alternatives = listing ? this.#alternativesTo(decision, listing) : [];
    return { decision, known: new Set(["identity"]), facts: undefined, alternatives };
  }

  #alternativesTo(decision: Decision, listing: Listing): string[] {
    return permits(decision) ? [] : alternativesTo(decision, this.judged(listing));
  }
}

/** All that can be said of a release now, for whoever is to approve it. Throws UPSTREAM_*, DIGEST_MISMATCH. */
export async function reportLive(
  id: ReleaseId,
  rules: Rules,
  settings: RegistrySettings,
  wording: Wording,
  now: Date,
): Promise<{
  readonly decision: Decision;
  readonly known: ReportedRelease | undefined;
  readonly report: ReleaseReport;
}> {
  const judge = new Judge(rules, settings, now, {});
  const listing = await judge.listing(id);
  const { decision, facts } = await judge.decide(id, Promise.resolve(listing));
  const release = listing && facts && findRelease(requireEcosystem(id.type), listing, id.version);
  const known = release && {
    ecosystem: requireEcosystem(id.type),
    judged: judge.judged(listing),
    release,
    facts: permits(decision) ? facts : await judge.withDigest(listing, release, facts),
  };
  return { decision, known, report: reportOn(decision, rules, wording, known) };
}

/** The facts of one release as its registry tells them; undefined where it does not list it. */
export async function factsLive(
  id: ReleaseId,
  rules: Rules,
  settings: RegistrySettings,
  now: Date,
): Promise<RecordedFacts | undefined> {
  const registries = new LiveRegistries(settings, now);
  const listing = await registries.listing(id);
  const release = listing && (await registries.release(listing, id));
  if (!listing || !release) return undefined;
  const inspection = await orMissing(registries.inspect(rules, listing, release));
  if (inspection === "missing") return undefined;
  const facts = factsOn(rules, listing, release, inspection?.found);
  return { facts, known: [...toldBy(listing), ...(inspection?.sources ?? [])] };
}

async function orFailure<T>(found: Promise<T>): Promise<T | CordonError> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof CordonError) return error;
    throw error;
  }
}
