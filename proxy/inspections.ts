/**
 * What is known of releases beyond their listings. A file is given out only once all that the rules read of it is known; a
 * listing waits for what most people want, and tells of the others what is known by then.
 */
import { setTimeout } from "node:timers/promises";
import { sha256 } from "../core/digest.ts";
import type { JudgedListing, ListedRelease, Listing, ReleaseFile } from "../core/ecosystems/ecosystem.ts";
import { mostWanted } from "../core/ecosystems/judged.ts";
import { CordonError } from "../core/errors.ts";
import { decideInspected, type Rules } from "../core/gate.ts";
import { askJson, type Inspected, type Inspection, inspect, merge } from "../core/inspection.ts";
import type { DeepSource } from "../core/policy/facts.ts";
import { needsOf } from "../core/policy/needs.ts";
import type { RootSource } from "../core/sigstore/trusted-root.ts";
import type { Upstream } from "../core/upstream.ts";
import { permits } from "../core/verdict.ts";
import type { Decision } from "../schemas/types/decision.ts";
import { type Files, wholeInTime } from "./files.ts";
import { Jobs } from "./jobs.ts";
import { createMemoryCache } from "./memory-cache.ts";

export interface Ruling {
  readonly decision: Decision;
  /** Undefined where nothing beyond the listing was needed. */
  readonly inspection: Inspection | undefined;
}

interface Found {
  readonly found: Inspected;
  readonly until: number;
}

/** Of one release as it is listed, by source. */
interface Known {
  readonly listed: string;
  readonly found: Map<DeepSource, Found>;
}

const MINUTE_MS = 60_000;
/** How long what was found counts. A file's bytes never change. */
const FRESH_MS: Readonly<Record<DeepSource, number>> = {
  time: Number.POSITIVE_INFINITY,
  manifest: Number.POSITIVE_INFINITY,
  file: Number.POSITIVE_INFINITY,
  attestations: 60 * MINUTE_MS,
  keys: 60 * MINUTE_MS,
  public: 10 * MINUTE_MS,
};
const KEYS_MS = 60 * MINUTE_MS;
/** Of packages, for what changed in them. */
const MAX_CHANGED = 50_000;
/** Of what was found, written as JSON. A publisher chooses how much a file has to tell. */
const MAX_FOUND_BYTES = 48 * 1024 * 1024;
/** About what a release costs of which little was found. */
const KNOWN_BYTES = 500;
/** How many releases a listing waits for, and how long. */
const AT_ONCE = 4;
/** Of those of which nothing but the time is missing: that is one short answer each. */
const TIMES_AT_ONCE = 32;
const WAIT_MS = 10_000;
const LIMITS = { parallel: 8, parallelIdle: 0, maxIdle: 0 };
const TIMES_LIMITS = { ...LIMITS, parallel: TIMES_AT_ONCE };

export interface InspectionsOptions {
  readonly upstream: Upstream;
  readonly files: Files;
  readonly root: RootSource;
  readonly now: () => Date;
}

export class Inspections {
  readonly #options: InspectionsOptions;
  /** By purl. What is dropped is found again where somebody asks. */
  readonly #known = createMemoryCache<string, Known>(MAX_FOUND_BYTES, weigh);
  readonly #keys = new Map<string, { readonly keys: Promise<unknown>; readonly until: number }>();
  /** Apart: files that come slowly, and the many times that a listing waits for, must not keep others from being asked about. */
  readonly #jobs = {
    files: new Jobs<Found>(LIMITS),
    questions: new Jobs<Found>(LIMITS),
    times: new Jobs<Found>(TIMES_LIMITS),
  };
  /** What was decided on releases of a listing; whatever else may change it changes the judged listing. */
  readonly #rulings = new WeakMap<JudgedListing, Map<string, { readonly ruling: Ruling; readonly until: number }>>();
  /** By package: the releases on which what was found changed the decision. */
  readonly #changed = createMemoryCache<string, Set<string>>(MAX_CHANGED, ({ size }) => size);

  constructor(options: InspectionsOptions) {
    this.#options = options;
  }

  /** Changes when a listing looks otherwise because of what became known of its releases. */
  generation(name: string): number {
    return this.#changed.get(name)?.size ?? 0;
  }

  /**
   * The decision on one release, by all that the rules read; for `metadata` without what only corrects the listing. Throws
   * UPSTREAM_*, DIGEST_MISMATCH, CACHE_FAILED.
   */
  async decide(judged: JudgedListing, version: string, rules: Rules, kind: "metadata" | "file"): Promise<Ruling> {
    const { listing, decisions } = judged;
    const [release, decision] = [listing.releases.get(version), decisions.get(version)];
    if (!release || !decision) throw new CordonError("NOT_FOUND", `${listing.name} lists no version ${version}`);
    const needs = needsOf(rules.set, listing);
    const sources = kind === "file" ? needs.all : needs.strict;
    // What is denied already, nothing that is found can open.
    if (sources.size === 0 || !permits(decision)) return { decision, inspection: undefined };
    const known = this.#rulings.get(judged)?.get(`${kind} ${version}`);
    if (known && this.#options.now().getTime() < known.until) return known.ruling;
    const all = await Promise.all([...sources].map((source) => this.#inspect(source, listing, release)));
    const found = merge(all.map((one) => one.found));
    const now = this.#options.now();
    const inspected = decideInspected(rules, listing, release, found, sources, now);
    if (inspected.decision !== decision.decision) {
      const changed = this.#changed.get(listing.name) ?? new Set();
      this.#changed.set(listing.name, changed.add(`${version} ${inspected.decision}`));
    }
    const ruling = { decision: inspected, inspection: { found, sources } };
    const until = Math.min(...all.map((one) => one.until), nextEnd(inspected, now));
    const rulings = this.#rulings.get(judged) ?? new Map<string, { ruling: Ruling; until: number }>();
    this.#rulings.set(judged, rulings.set(`${kind} ${version}`, { ruling, until }));
    return ruling;
  }

  /** The listing with what is known of its releases. */
  async view(judged: JudgedListing, rules: Rules): Promise<JudgedListing> {
    const { listing } = judged;
    const { strict, all } = needsOf(rules.set, listing);
    if (all.size === 0) return judged;
    if (strict.size > 0) await this.#waitForWanted(judged, strict);
    const decisions = new Map(judged.decisions);
    for (const [version, release] of listing.releases) {
      const decision = decisions.get(version);
      const inspection = this.#atHand(listing, release, all);
      if (!inspection || !decision || !permits(decision)) continue;
      const { found, sources } = inspection;
      decisions.set(version, decideInspected(rules, listing, release, found, sources, this.#options.now()));
    }
    return { ...judged, decisions };
  }

  /** From what view() decided on a release; undefined where that was the listing alone. */
  inspectionOf({ listing }: JudgedListing, version: string, rules: Rules): Inspection | undefined {
    const release = listing.releases.get(version);
    return release && this.#atHand(listing, release, needsOf(rules.set, listing).all);
  }

  /** What is known of a release without asking; undefined where that is nothing. */
  #atHand(listing: Listing, release: ListedRelease, all: ReadonlySet<DeepSource>): Inspection | undefined {
    const known = this.#known.get(release.facts.purl);
    if (!known || known.listed !== listedAs(listing, release)) return undefined;
    const sources = new Set([...all].filter((source) => this.#isFresh(known, source)));
    const found = merge([...sources].map((source) => known.found.get(source)?.found ?? {}));
    return sources.size === 0 ? undefined : { found, sources };
  }

  async #waitForWanted(judged: JudgedListing, strict: ReadonlySet<DeepSource>): Promise<void> {
    const { listing, decisions } = judged;
    const unknown = new Map<string, ListedRelease>();
    for (const [version, release] of listing.releases) {
      const decision = decisions.get(version);
      const known = this.#known.get(release.facts.purl);
      const isKnown = [...strict].every((source) => this.#isFresh(known, source));
      if (decision && permits(decision) && !isKnown) unknown.set(version, release);
    }
    // A whole file is a lot to wait for.
    const few = strict.has("file") ? 1 : AT_ONCE;
    const wanted = mostWanted(judged, unknown, strict.size === 1 && strict.has("time") ? TIMES_AT_ONCE : few);
    const asking = wanted.flatMap((release) =>
      [...strict].map((source) =>
        this.#inspect(source, listing, release, source === "time" ? "times" : undefined).catch(() => undefined),
      ),
    );
    if (asking.length > 0) await Promise.race([Promise.all(asking), setTimeout(WAIT_MS, undefined, { ref: false })]);
  }

  async #inspect(
    source: DeepSource,
    listing: Listing,
    release: ListedRelease,
    jobs: "files" | "questions" | "times" = source === "file" ? "files" : "questions",
  ): Promise<Found> {
    const known = this.#knownOf(listing, release);
    const before = known.found.get(source);
    if (before && this.#isFresh(known, source)) return before;
    return this.#jobs[jobs].now(JSON.stringify([source, release.facts.purl, known.listed]), async () => {
      const { upstream, files, root, now } = this.#options;
      if (source === "attestations") await root.refresh(now());
      const readFile = (file: ReleaseFile) => readWhole(files, file, upstream);
      const readKeys = (name: string) => this.#readKeys(name);
      const inspected = await inspect(source, listing, release, { upstream, readFile, readKeys, root });
      const found = { found: inspected, until: now().getTime() + FRESH_MS[source] };
      known.found.set(source, found);
      // Weighed anew, unless the release is listed otherwise by now.
      if (this.#known.get(release.facts.purl) === known) this.#known.set(release.facts.purl, known);
      return found;
    });
  }

  /** Of a release that is listed otherwise now, nothing is known: what is found is compared with what is listed. */
  #knownOf(listing: Listing, release: ListedRelease): Known {
    const { purl } = release.facts;
    const listed = listedAs(listing, release);
    const before = this.#known.get(purl);
    if (before?.listed === listed) return before;
    const known: Known = { listed, found: new Map() };
    this.#known.set(purl, known);
    return known;
  }

  #isFresh(known: Known | undefined, source: DeepSource): boolean {
    const found = known?.found.get(source);
    return found !== undefined && this.#options.now().getTime() < found.until;
  }

  #readKeys(name: string): Promise<unknown> {
    const { upstream, now } = this.#options;
    const owner = upstream.of(name);
    const known = this.#keys.get(owner.registry.href);
    if (known && now().getTime() < known.until) return known.keys;
    const keys = askJson(owner, owner.ecosystem.signatures?.keysPath ?? "");
    this.#keys.set(owner.registry.href, { keys, until: now().getTime() + KEYS_MS });
    keys.catch(() => this.#keys.delete(owner.registry.href));
    return keys;
  }
}

function weigh({ found }: Known): number {
  return [...found.values()].reduce((sum, one) => sum + JSON.stringify(one.found).length, KNOWN_BYTES);
}

/** The first moment after `now` at which what a rule says may end by itself, in milliseconds. */
function nextEnd({ verdicts }: Decision, now: Date): number {
  const ends = verdicts.map(({ until }) => (until === null ? Number.POSITIVE_INFINITY : Date.parse(until)));
  return Math.min(Number.POSITIVE_INFINITY, ...ends.filter((end) => end > now.getTime()));
}

const LISTED = new WeakMap<ListedRelease, string>();

/** A digest of all that the listing says of a release, and of the package beside it. */
function listedAs({ pkg }: Listing, release: ListedRelease): string {
  const known = LISTED.get(release) ?? sha256(JSON.stringify([release.entry, release.facts, pkg.private]));
  LISTED.set(release, known);
  return known;
}

/** Throws UPSTREAM_TIMEOUT for a file that takes too long to be waited for. */
async function* readWhole(files: Files, file: ReleaseFile, upstream: Upstream): AsyncGenerator<Uint8Array> {
  yield* (await wholeInTime(files, file, upstream)).read();
}
