/** Decisions with the facts that registries tell now. */
import { join } from "node:path";
import type { JudgedListing, ListedRelease, Listing } from "../core/ecosystems/ecosystem.ts";
import { requireEcosystem } from "../core/ecosystems/index.ts";
import { findRelease } from "../core/ecosystems/judged.ts";
import { CordonError } from "../core/errors.ts";
import { decideInspected, decideUnlisted, factsOn, judgeListing, type Rules, toldBy } from "../core/gate.ts";
import { createFetch } from "../core/http.ts";
import { askJson, type Inspection, inspect, isThere, merge, readChecked } from "../core/inspection.ts";
import { needsOf } from "../core/policy/needs.ts";
import { type PurlType, type ReleaseId, toPurl } from "../core/purl.ts";
import type { RecordedFacts } from "../core/recorded-facts.ts";
import type { RootSource } from "../core/sigstore/trusted-root.ts";
import type { Upstream } from "../core/upstream.ts";
import { permits } from "../core/verdict.ts";
import type { Decision } from "../schemas/types/decision.ts";
import { attestationRoot, openRegistry, type RegistrySettings } from "./registries.ts";

const PARALLEL = 8;

/** A package's listing is fetched and judged once, however many of its releases are asked for. */
export async function decideLive(
  releases: readonly ReleaseId[],
  rules: Rules,
  settings: RegistrySettings,
  now: Date,
): Promise<Decision[]> {
  const registries = new Registries(settings, now);
  const listings = new Map<string, Promise<JudgedListing | undefined>>();
  const judged = (release: ReleaseId): Promise<JudgedListing | undefined> => {
    const key = toPurl({ type: release.type, name: release.name });
    const known = listings.get(key);
    if (known) return known;
    const fetched = registries.listing(release).then((listing) => listing && judgeListing(rules, listing, now));
    listings.set(key, fetched);
    return fetched;
  };
  const decideOne = async (id: ReleaseId): Promise<Decision> => {
    const found = await judged(id);
    const release = found && (await registries.release(found.listing, id));
    const decision =
      release && (found.decisions.get(release.version) ?? decideAlone(rules, found.listing, release, now));
    const unlisted = (): Decision => ({ ...decideUnlisted(rules, id, now), unlisted: "not-found" });
    if (!found || !decision || !release) return unlisted();
    if (!permits(decision)) return decision;
    const inspection = await orMissing(registries.inspect(rules, found.listing, release));
    if (inspection === "missing") return unlisted();
    if (!inspection) return decision;
    return decideInspected(rules, found.listing, release, inspection.found, inspection.sources, now);
  };
  const decisions: Decision[] = [];
  for (let start = 0; start < releases.length; start += PARALLEL)
    decisions.push(...(await Promise.all(releases.slice(start, start + PARALLEL).map(decideOne))));
  return decisions;
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

/** Of a release that its listing does not name. */
function decideAlone(rules: Rules, listing: Listing, release: ListedRelease, now: Date): Decision | undefined {
  const alone = { ...listing, releases: new Map([[release.version, release]]) };
  return judgeListing(rules, alone, now).decisions.get(release.version);
}

/** The registries of one run: each document is asked for once. */
class Registries {
  readonly #settings: RegistrySettings;
  readonly #now: Date;
  readonly #fetch = createFetch();
  readonly #opened = new Map<PurlType, Upstream | undefined>();
  readonly #keys = new Map<string, Promise<unknown>>();
  #root: RootSource | undefined;

  constructor(settings: RegistrySettings, now: Date) {
    this.#settings = settings;
    this.#now = now;
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
