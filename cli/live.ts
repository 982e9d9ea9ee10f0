/** Decisions with the facts that registries tell now. */
import { alternativesTo } from "../core/alternatives.ts";
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
import type { Wording } from "../core/refusal.ts";
import { type ReleaseReport, type ReportedRelease, reportOn } from "../core/report.ts";
import { permits } from "../core/verdict.ts";
import type { Decision } from "../schemas/types/decision.ts";
import type { Facts } from "../schemas/types/facts.ts";
import { LiveRegistries, type LiveSources, orMissing } from "./live-registries.ts";
import type { RegistrySettings } from "./registries.ts";

/** Packages that are asked for at once. */
const PARALLEL = 16;
/** How many releases are judged in full to find one that may be installed instead. */
const MAX_SETTLED = 5;
const NOTHING: Inspection = { found: {}, sources: new Set() };

export interface LiveOptions extends LiveSources {
  /** Whether the first release that cannot be judged ends it. */
  readonly failsFast?: boolean;
  /** Called as decisions are made, with how many there are. */
  readonly onDecided?: (count: number) => void;
}

/** A decision with what it was made from. */
interface Decided {
  readonly decision: Decision;
  /** The documents that were at hand. */
  readonly known: ReadonlySet<FactSource>;
  /** Undefined where its registry does not list it. */
  readonly facts: Facts | undefined;
}

export interface LiveDecision extends Decided {
  /** Versions to install instead, judged as if they were asked for, best first; none where it is not denied. */
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
    for (const index of indices) await take(index, judge.answer(releases[index] ?? first, listing));
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

  async answer(id: ReleaseId, listed: Promise<Listing | undefined>): Promise<LiveDecision> {
    const listing = await listed;
    const decided = await this.decide(id, listing);
    const { decision } = decided;
    if (!listing || permits(decision)) return { ...decided, alternatives: [] };
    return { ...decided, alternatives: alternativesTo(decision, await this.judgedFor(decision, listing)) };
  }

  async decide(id: ReleaseId, listing: Listing | undefined): Promise<Decided> {
    const release = listing && (await this.#registries.release(listing, id));
    if (!listing || !release) return this.#unlisted(id);
    const decision = this.#inspected(listing, release, NOTHING);
    const mayOpen = permits(decision) || awaitsDigest(this.#rules, listing, release, NOTHING, this.#now);
    const inspection = mayOpen ? await orMissing(this.#registries.inspect(this.#rules, listing, release)) : undefined;
    return inspection === "missing" ? this.#unlisted(id) : this.#decided(listing, release, inspection ?? NOTHING);
  }

  /**
   * Every release by what is listed, which skips policies that read more; but what would be offered instead of a denied one
   * by all that is read when somebody asks for it. What cannot be judged so is left out.
   */
  async judgedFor(denied: Decision, listing: Listing): Promise<JudgedListing> {
    let judged = this.#judged.get(listing) ?? judgeListing(this.#rules, listing, this.#now);
    for (let settled = 0; settled <= MAX_SETTLED; settled++) {
      const { decisions } = judged;
      const open = alternativesTo(denied, judged).find((version) => isOpen(decisions.get(version)));
      if (open === undefined) break;
      judged =
        settled < MAX_SETTLED
          ? await this.#settle(judged, open)
          : { ...judged, decisions: new Map([...decisions].filter(([, decision]) => !isOpen(decision))) };
    }
    this.#judged.set(listing, judged);
    return judged;
  }

  /** Of a file whose digest nobody tells, the file is read: an approval has to name one. */
  async withDigest(listing: Listing, release: ListedRelease, facts: Facts): Promise<Facts> {
    if (facts.release.digests ?? facts.release.files) return facts;
    const digests = await this.#registries.digests(listing, release);
    return digests ? { ...facts, release: { ...facts.release, digests } } : facts;
  }

  /** With the decision on this release as it is made when somebody asks for it; without it, where nobody can tell. */
  async #settle(judged: JudgedListing, version: string): Promise<JudgedListing> {
    const { pkg, name } = judged.listing;
    const decided = await orFailure(this.decide({ type: pkg.ecosystem, name, version }, judged.listing));
    const decisions = new Map(judged.decisions);
    const isSettled = !(decided instanceof CordonError) && !decided.decision.unlisted && !isOpen(decided.decision);
    if (isSettled) decisions.set(version, decided.decision);
    else decisions.delete(version);
    return { ...judged, decisions };
  }

  #decided(listing: Listing, release: ListedRelease, inspection: Inspection): Decided {
    return {
      decision: this.#inspected(listing, release, inspection),
      known: new Set([...toldBy(listing), ...inspection.sources]),
      facts: factsOn(this.#rules, listing, release, inspection.found),
    };
  }

  #inspected(listing: Listing, release: ListedRelease, { found, sources }: Inspection): Decision {
    return decideInspected(this.#rules, listing, release, found, sources, this.#now);
  }

  #unlisted(id: ReleaseId): Decided {
    const decision: Decision = { ...decideUnlisted(this.#rules, id, this.#now), unlisted: "not-found" };
    return { decision, known: new Set(["identity"]), facts: undefined };
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
  const { decision, facts } = await judge.decide(id, listing);
  const listed = listing && facts && findRelease(requireEcosystem(id.type), listing, id.version);
  const release = listed && {
    ecosystem: requireEcosystem(id.type),
    release: listed,
    facts: permits(decision) ? facts : await judge.withDigest(listing, listed, facts),
  };
  const judged = listing && (await judge.judgedFor(decision, listing));
  return { decision, known: release, report: reportOn(decision, rules, wording, { judged, release }) };
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

/** Whether it may be installed as far as is known, and not all is. */
function isOpen(decision: Decision | undefined): boolean {
  return decision !== undefined && permits(decision) && decision.skipped.length > 0;
}

async function orFailure<T>(found: Promise<T>): Promise<T | CordonError> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof CordonError) return error;
    throw error;
  }
}
