/** Decisions with the facts that registries tell now. */
import { join } from "node:path";
import type { ListedRelease, Listing } from "../core/ecosystems/ecosystem.ts";
import { requireEcosystem } from "../core/ecosystems/index.ts";
import { findRelease } from "../core/ecosystems/judged.ts";
import { CordonError } from "../core/errors.ts";
import { decideInspected, decideUnlisted, factsOn, type Rules, toldBy } from "../core/gate.ts";
import { createFetch, type Fetch } from "../core/http.ts";
import { askJson, type Inspection, inspect, isThere, merge, readChecked } from "../core/inspection.ts";
import type { FactSource } from "../core/policy/facts.ts";
import { needsOf } from "../core/policy/needs.ts";
import { type PurlType, type ReleaseId, toPurl } from "../core/purl.ts";
import type { RecordedFacts } from "../core/recorded-facts.ts";
import type { RootSource } from "../core/sigstore/trusted-root.ts";
import type { Upstream } from "../core/upstream.ts";
import { permits } from "../core/verdict.ts";
import type { Decision } from "../schemas/types/decision.ts";
import type { Facts } from "../schemas/types/facts.ts";
import { attestationRoot, openRegistry, type RegistrySettings } from "./registries.ts";

/** Packages that are asked for at once. */
const PARALLEL = 16;

export interface LiveOptions {
  /** Left out: the network, without a cache. */
  readonly fetch?: Fetch;
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
}

/** Throws UPSTREAM_*, DIGEST_MISMATCH for the first release that cannot be judged. */
export async function decideLive(
  releases: readonly ReleaseId[],
  rules: Rules,
  settings: RegistrySettings,
  now: Date,
): Promise<Decision[]> {
  const found: Decision[] = [];
  await judgeEach(releases, new Judge(rules, settings, now, {}), async (index, judging) => {
    found[index] = (await judging).decision;
  });
  return found;
}

/** As decideLive(), but tells of each release that cannot be judged why. */
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
    found[index] = await orFailure(judging);
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
  readonly #registries: Registries;

  constructor(rules: Rules, settings: RegistrySettings, now: Date, { fetch }: LiveOptions) {
    this.#rules = rules;
    this.#now = now;
    this.#registries = new Registries(settings, now, fetch);
  }

  listing(id: ReleaseId): Promise<Listing | undefined> {
    return this.#registries.listing(id);
  }

  async decide(id: ReleaseId, listed: Promise<Listing | undefined>): Promise<LiveDecision> {
    const listing = await listed;
    const release = listing && (await this.#registries.release(listing, id));
    if (!listing || !release) return this.#unlisted(id);
    const known = toldBy(listing);
    const decision = this.#inspected(listing, release, { found: {}, sources: new Set() });
    const facts = factsOn(this.#rules, listing, release);
    if (!permits(decision)) return { decision, known, facts };
    const inspection = await orMissing(this.#registries.inspect(this.#rules, listing, release));
    if (inspection === "missing") return this.#unlisted(id);
    if (!inspection) return { decision, known, facts };
    return {
      decision: this.#inspected(listing, release, inspection),
      known: new Set([...known, ...inspection.sources]),
      facts: factsOn(this.#rules, listing, release, inspection.found),
    };
  }

  #inspected(listing: Listing, release: ListedRelease, { found, sources }: Inspection): Decision {
    return decideInspected(this.#rules, listing, release, found, sources, this.#now);
  }

  #unlisted(id: ReleaseId): LiveDecision {
    const decision: Decision = { ...decideUnlisted(this.#rules, id, this.#now), unlisted: "not-found" };
    return { decision, known: new Set(["identity"]), facts: undefined };
  }
}

/** The facts of one release as its registry tells them; undefined where it does not list it. */
export async function factsLive(
  id: ReleaseId,
  rules: Rules,
  settings: RegistrySettings,
): Promise<RecordedFacts | undefined> {
  const registries = new Registries(settings, new Date());
  const listing = await registries.listing(id);
  const release = listing && (await registries.release(listing, id));
  if (!listing || !release) return undefined;
  const inspection = await orMissing(registries.inspect(rules, listing, release));
  if (inspection === "missing") return undefined;
  const facts = factsOn(rules, listing, release, inspection?.found);
  return { facts, known: [...toldBy(listing), ...(inspection?.sources ?? [])] };
}

/** That one release is listed and not there must not end a run over all others. */
async function orMissing<T>(found: Promise<T>): Promise<T | "missing"> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof CordonError && error.code === "NOT_FOUND") return "missing";
    throw error;
  }
}

async function orFailure<T>(found: Promise<T>): Promise<T | CordonError> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof CordonError) return error;
    throw error;
  }
}

/** The registries of one run: each document is asked for once. */
class Registries {
  readonly #settings: RegistrySettings;
  readonly #now: Date;
  readonly #fetch: Fetch;
  readonly #opened = new Map<PurlType, Upstream | undefined>();
  readonly #keys = new Map<string, Promise<unknown>>();
  #root: RootSource | undefined;

  constructor(settings: RegistrySettings, now: Date, fetch: Fetch = createFetch()) {
    this.#settings = settings;
    this.#now = now;
    this.#fetch = fetch;
  }

  /** Undefined where there is no such package, or its ecosystem is not served yet. Throws UPSTREAM_*. */
  async listing({ type, name }: ReleaseId): Promise<Listing | undefined> {
    const listing = await orMissing(Promise.resolve(this.#open(type)?.listing(name)));
    return listing === "missing" ? undefined : listing;
  }

  /** Undefined where there is none, listed or not. Throws UPSTREAM_*. */
  async release(listing: Listing, { type, version }: ReleaseId): Promise<ListedRelease | undefined> {
    const upstream = this.#open(type);
    const release = findRelease(requireEcosystem(type), listing, version);
    return upstream && release && (await isThere(upstream, listing, release)) ? release : undefined;
  }

  /** What the rules read of a release beyond its listing; undefined where they read nothing. Throws UPSTREAM_*, DIGEST_MISMATCH. */
  async inspect(rules: Rules, listing: Listing, release: ListedRelease): Promise<Inspection | undefined> {
    const type = listing.pkg.ecosystem;
    const upstream = this.#open(type);
    const sources = needsOf(rules.set, listing).all;
    if (!upstream || sources.size === 0) return undefined;
    if (sources.has("attestations")) await this.#trustedRoot().refresh(this.#now);
    const tools = {
      upstream,
      readFile: (file: Parameters<typeof readChecked>[1]) => readChecked(upstream, file),
      readKeys: (name: string) => this.#readKeys(upstream.of(name)),
      root: { current: () => this.#trustedRoot().current() },
    };
    const found = await Promise.all([...sources].map((source) => inspect(source, listing, release, tools)));
    return { found: merge(found), sources };
  }

  #open(type: PurlType): Upstream | undefined {
    if (!this.#opened.has(type)) this.#opened.set(type, openRegistry(type, this.#settings, this.#fetch));
    return this.#opened.get(type);
  }

  #readKeys(owner: Upstream): Promise<unknown> {
    const known = this.#keys.get(owner.registry.href);
    if (known) return known;
    const keys = askJson(owner, owner.ecosystem.signatures?.keysPath ?? "");
    this.#keys.set(owner.registry.href, keys);
    return keys;
  }

  #trustedRoot(): RootSource {
    this.#root ??= attestationRoot(this.#settings, join(".cordon", "sigstore"));
    return this.#root;
  }
}
