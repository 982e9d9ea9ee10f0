/**
 * What is known of releases beyond their listings. A file is given out only once all that the rules read of it is known; a
 * listing waits for what most people want, and tells of the others what is known by then.
 */
import { setTimeout } from "node:timers/promises";
import type { JudgedListing, ListedRelease, Listing, ReleaseFile } from "../core/ecosystems/ecosystem.ts";
import { mostWanted } from "../core/ecosystems/judged.ts";
import { CordonError } from "../core/errors.ts";
import { awaitsDigest, decideInspected, type Rules } from "../core/gate.ts";
import { askJson, type Inspection, inspect, merge } from "../core/inspection.ts";
import type { DeepSource } from "../core/policy/facts.ts";
import { needsOf } from "../core/policy/needs.ts";
import type { RootSource } from "../core/sigstore/trusted-root.ts";
import type { Upstream } from "../core/upstream.ts";
import { permits } from "../core/verdict.ts";
import type { Decision } from "../schemas/types/decision.ts";
import type { Release } from "../schemas/types/facts.ts";
import { type Files, wholeInTime } from "./files.ts";
import { type Finding, Findings } from "./findings.ts";
import { Jobs } from "./jobs.ts";
import { createMemoryCache } from "./memory-cache.ts";

export interface Ruling {
  readonly decision: Decision;
  /** Undefined where nothing beyond the listing was needed. */
  readonly inspection: Inspection | undefined;
}

/** For what a file is read. */
const FILES: ReadonlySet<DeepSource> = new Set(["file", "digest"]);
const KEYS_MS = 60 * 60_000;
/** Of packages, for what changed in them. */
const MAX_CHANGED = 50_000;
/** How many releases a listing waits for, and how long. */
const AT_ONCE = 4;
/** Of those of which nothing but the time is missing: that is one short answer each. */
const TIMES_AT_ONCE = 32;
const WAIT_MS = 10_000;
const LIMITS = { parallel: 8, parallelIdle: 0, maxIdle: 0 };
const TIMES_LIMITS = { ...LIMITS, parallel: TIMES_AT_ONCE };
/** Whoever may ask for decisions may ask for drafts, also on files that nobody approves. */
const DRAFTS_LIMITS = { ...LIMITS, parallel: 2 };
const NOTHING: Inspection = { found: {}, sources: new Set() };

export interface InspectionsOptions {
  readonly upstream: Upstream;
  readonly files: Files;
  readonly root: RootSource;
  readonly now: () => Date;
}

export class Inspections {
  readonly #options: InspectionsOptions;
  readonly #findings: Findings;
  readonly #keys = new Map<string, { readonly keys: Promise<unknown>; readonly until: number }>();
  /** Apart: files that come slowly, and the many times that a listing waits for, must not keep others from being asked about. */
  readonly #jobs = {
    files: new Jobs<Finding>(LIMITS),
    questions: new Jobs<Finding>(LIMITS),
    times: new Jobs<Finding>(TIMES_LIMITS),
    drafts: new Jobs<Finding>(DRAFTS_LIMITS),
  };
  /** What was decided on releases of a listing; whatever else may change it changes the judged listing. */
  readonly #rulings = new WeakMap<JudgedListing, Map<string, { readonly ruling: Ruling; readonly until: number }>>();
  /** By package: the releases on which what was found changed the decision. */
  readonly #changed = createMemoryCache<string, Set<string>>(MAX_CHANGED, ({ size }) => size);

  constructor(options: InspectionsOptions) {
    this.#options = options;
    this.#findings = new Findings(options.now);
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
    // What is denied already, nothing that is found can open, but for the digest that was approved.
    if (!permits(decision) && !awaitsDigest(rules, listing, release, NOTHING, this.#options.now()))
      return { decision, inspection: undefined };
    if (sources.size === 0 && permits(decision)) return { decision, inspection: undefined };
    const known = this.#rulings.get(judged)?.get(`${kind} ${version}`);
    if (known && this.#options.now().getTime() < known.until) return known.ruling;
    const all = await Promise.all([...sources].map((source) => this.#inspect(source, listing, release)));
    const inspection = await this.#withDigest(rules, listing, release, {
      found: merge(all.map((one) => one.found)),
      sources,
    });
    const now = this.#options.now();
    const inspected = decideInspected(rules, listing, release, inspection.found, inspection.sources, now);
    if (inspected.decision !== decision.decision) {
      const changed = this.#changed.get(listing.name) ?? new Set();
      this.#changed.set(listing.name, changed.add(`${version} ${inspected.decision}`));
    }
    const ruling = { decision: inspected, inspection };
    // The file was not there, and may be the next time.
    if (awaitsDigest(rules, listing, release, inspection, now)) return ruling;
    const until = Math.min(...all.map((one) => one.until), nextEnd(inspected, now));
    const rulings = this.#rulings.get(judged) ?? new Map<string, { ruling: Ruling; until: number }>();
    this.#rulings.set(judged, rulings.set(`${kind} ${version}`, { ruling, until }));
    return ruling;
  }

  /** The listing with what is known of its releases. */
  async view(judged: JudgedListing, rules: Rules): Promise<JudgedListing> {
    const { listing } = judged;
    const { strict, all } = needsOf(rules.set, listing);
    const approved = this.#approvedIn(listing, rules);
    if (all.size === 0 && approved.size === 0) return judged;
    const deadline = setTimeout(WAIT_MS, undefined, { ref: false });
    const open = new Map<string, ListedRelease>();
    for (const [version, release] of listing.releases) {
      const decision = judged.decisions.get(version);
      const mayOpen = approved.has(version) && awaitsDigest(rules, listing, release, NOTHING, this.#options.now());
      if (decision && (permits(decision) || mayOpen)) open.set(version, release);
    }
    if (strict.size > 0) await Promise.race([this.#askForWanted(judged, open, strict), deadline]);
    await Promise.race([this.#askForApproved(judged, approved, rules), deadline]);
    const decisions = new Map(judged.decisions);
    for (const [version, release] of open) {
      const inspection = this.#atHand(listing, release, rules);
      if (!inspection) continue;
      const { found, sources } = inspection;
      decisions.set(version, decideInspected(rules, listing, release, found, sources, this.#options.now()));
    }
    return { ...judged, decisions };
  }

  /** From what view() decided on a release; undefined where that was the listing alone. */
  inspectionOf({ listing }: JudgedListing, version: string, rules: Rules): Inspection | undefined {
    const release = listing.releases.get(version);
    return release && this.#atHand(listing, release, rules);
  }

  /** What is known of a release without asking; undefined where that is nothing. */
  #atHand(listing: Listing, release: ListedRelease, rules: Rules): Inspection | undefined {
    const at = [...needsOf(rules.set, listing).all].flatMap((source) => {
      const finding = this.#findings.get(listing, release, source);
      return finding ? [{ source, found: finding.found }] : [];
    });
    const sources = new Set(at.map(({ source }) => source));
    const inspection = { found: merge(at.map(({ found }) => found)), sources };
    const digest = this.#findings.get(listing, release, "digest");
    if (digest && awaitsDigest(rules, listing, release, inspection, this.#options.now()))
      return withDigest(inspection, digest);
    return sources.size === 0 ? undefined : inspection;
  }

  async #askForWanted(
    judged: JudgedListing,
    open: ReadonlyMap<string, ListedRelease>,
    strict: ReadonlySet<DeepSource>,
  ): Promise<void> {
    const { listing } = judged;
    const isKnown = (release: ListedRelease) =>
      [...strict].every((source) => this.#findings.get(listing, release, source) !== undefined);
    const unknown = new Map([...open].filter(([, release]) => !isKnown(release)));
    // A whole file is a lot to wait for.
    const few = strict.has("file") ? 1 : AT_ONCE;
    const wanted = mostWanted(judged, unknown, strict.size === 1 && strict.has("time") ? TIMES_AT_ONCE : few);
    const asking = wanted.flatMap((release) =>
      [...strict].map((source) =>
        this.#inspect(source, listing, release, source === "time" ? "times" : undefined).catch(() => undefined),
      ),
    );
    await Promise.all(asking);
  }

  /** Those on which there are approvals, and whose digest must be found first. */
  #approvedIn({ releases }: Listing, { set: { approvals } }: Rules): ReadonlyMap<string, ListedRelease> {
    const isApproved = ({ facts, files }: ListedRelease) =>
      approvals.has(facts.purl) && files.some(({ checkedBy }) => checkedBy === "client");
    return new Map(approvals.size === 0 ? [] : [...releases].filter(([, release]) => isApproved(release)));
  }

  async #askForApproved(
    judged: JudgedListing,
    approved: ReadonlyMap<string, ListedRelease>,
    rules: Rules,
  ): Promise<void> {
    const { listing } = judged;
    const awaiting = [...approved].filter(([, release]) => {
      const known = this.#atHand(listing, release, rules) ?? NOTHING;
      return awaitsDigest(rules, listing, release, known, this.#options.now());
    });
    const wanted = mostWanted(judged, new Map(awaiting), AT_ONCE);
    await Promise.all(wanted.map((release) => this.#inspect("digest", listing, release).catch(() => undefined)));
  }

  /** With the file's digest, where an approval waits for it. Of a file that is not there, nothing is approved. */
  async #withDigest(
    rules: Rules,
    listing: Listing,
    release: ListedRelease,
    inspection: Inspection,
  ): Promise<Inspection> {
    if (!awaitsDigest(rules, listing, release, inspection, this.#options.now())) return inspection;
    try {
      return withDigest(inspection, await this.#inspect("digest", listing, release));
    } catch (error) {
      if (error instanceof CordonError && error.code === "NOT_FOUND") return inspection;
      throw error;
    }
  }

  /**
   * The digests of a release, for whoever is to approve it; those of a file of which nothing names any are found by reading
   * it. Undefined where that takes too long, or fails.
   */
  async digestsToApprove({ listing }: JudgedListing, release: ListedRelease): Promise<Release["digests"]> {
    const { digests, files } = release.facts;
    if (digests ?? files) return digests;
    const reading = this.#inspect("digest", listing, release, "drafts").catch(() => undefined);
    const read = await Promise.race([reading, setTimeout(WAIT_MS, undefined, { ref: false })]);
    return read?.found.release?.digests;
  }

  /** After a file came with other bytes than those that were looked at: what is known of it holds no longer. */
  forget(judged: JudgedListing, purl: string): void {
    this.#findings.forget(purl);
    this.#rulings.delete(judged);
  }

  async #inspect(
    source: DeepSource,
    listing: Listing,
    release: ListedRelease,
    jobs: "files" | "questions" | "times" | "drafts" = FILES.has(source) ? "files" : "questions",
  ): Promise<Finding> {
    const before = this.#findings.get(listing, release, source);
    if (before) return before;
    const known = this.#findings.of(listing, release);
    return this.#jobs[jobs].now(JSON.stringify([source, release.facts.purl, known.listed]), async () => {
      const { upstream, files, root, now } = this.#options;
      if (source === "attestations") await root.refresh(now());
      const readFile = (file: ReleaseFile) => readWhole(files, file, upstream);
      const readKeys = (name: string) => this.#readKeys(name);
      const found = await inspect(source, listing, release, { upstream, readFile, readKeys, root });
      return this.#findings.keep(release.facts.purl, known, source, found);
    });
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

function withDigest({ found, sources }: Inspection, digest: Finding): Inspection {
  return { found: merge([found, digest.found]), sources: new Set([...sources, "digest"]) };
}

/** The first moment after `now` at which what a rule says may end by itself, in milliseconds. */
function nextEnd({ verdicts }: Decision, now: Date): number {
  const ends = verdicts.map(({ until }) => (until === null ? Number.POSITIVE_INFINITY : Date.parse(until)));
  return Math.min(Number.POSITIVE_INFINITY, ...ends.filter((end) => end > now.getTime()));
}

/** Throws UPSTREAM_TIMEOUT for a file that takes too long to be waited for. */
async function* readWhole(files: Files, file: ReleaseFile, upstream: Upstream): AsyncGenerator<Uint8Array> {
  yield* (await wholeInTime(files, file, upstream)).read();
}
