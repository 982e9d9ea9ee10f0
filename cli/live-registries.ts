/** What registries tell at this moment, for one run: each is opened once, and its keys are asked for once. */
import { join } from "node:path";
import type { ListedRelease, Listing } from "../core/ecosystems/ecosystem.ts";
import { requireEcosystem } from "../core/ecosystems/index.ts";
import { findRelease } from "../core/ecosystems/judged.ts";
import { CordonError } from "../core/errors.ts";
import { awaitsDigest, type Rules } from "../core/gate.ts";
import { createFetch, type Fetch } from "../core/http.ts";
import {
  askJson,
  type Inspection,
  type InspectionTools,
  inspect,
  isThere,
  merge,
  readChecked,
} from "../core/inspection.ts";
import type { DeepSource } from "../core/policy/facts.ts";
import { needsOf } from "../core/policy/needs.ts";
import type { PurlType, ReleaseId } from "../core/purl.ts";
import type { RootSource } from "../core/sigstore/trusted-root.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Release } from "../schemas/types/facts.ts";
import type { FindingCache } from "./finding-cache.ts";
import { attestationRoot, openRegistry, type RegistrySettings } from "./registries.ts";

/** That one release is listed and not there must not end a run over all others. */
export async function orMissing<T>(found: Promise<T>): Promise<T | "missing"> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof CordonError && error.code === "NOT_FOUND") return "missing";
    throw error;
  }
}

export interface LiveSources {
  /** Left out: the network, without a cache. */
  readonly fetch?: Fetch;
  /** Left out: every file is read. */
  readonly findings?: FindingCache;
}

/** The registries of one run: each document is asked for once. */
export class LiveRegistries {
  readonly #settings: RegistrySettings;
  readonly #now: Date;
  readonly #fetch: Fetch;
  readonly #findings: FindingCache | undefined;
  readonly #opened = new Map<PurlType, Upstream | undefined>();
  readonly #keys = new Map<string, Promise<unknown>>();
  #root: RootSource | undefined;

  constructor(settings: RegistrySettings, now: Date, { fetch = createFetch(), findings }: LiveSources = {}) {
    this.#settings = settings;
    this.#now = now;
    this.#fetch = fetch;
    this.#findings = findings;
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

  /** What the rules, or approvals, need of a release beyond its listing; undefined where that is nothing. Throws UPSTREAM_*, DIGEST_MISMATCH. */
  async inspect(rules: Rules, listing: Listing, release: ListedRelease): Promise<Inspection | undefined> {
    const upstream = this.#open(listing.pkg.ecosystem);
    const sources = needsOf(rules.set, listing).all;
    if (!upstream) return undefined;
    if (sources.has("attestations")) await this.#trustedRoot().refresh(this.#now);
    const tools = this.#tools(upstream);
    const find = (source: DeepSource) => inspect(source, listing, release, tools);
    const all = await Promise.all(
      [...sources].map((source) =>
        source === "file" && this.#findings ? this.#findings.read(listing, release, () => find(source)) : find(source),
      ),
    );
    const found = merge(all);
    const inspection = { found, sources };
    if (!awaitsDigest(rules, listing, release, inspection, this.#now))
      return sources.size === 0 ? undefined : inspection;
    const digest = await orMissing(inspect("digest", listing, release, tools));
    return digest === "missing"
      ? inspection
      : { found: merge([found, digest]), sources: new Set([...sources, "digest" as const]) };
  }

  /** Those of a file whose digest no listing tells; undefined where there is none such. */
  async digests(listing: Listing, release: ListedRelease): Promise<Release["digests"]> {
    const upstream = this.#open(listing.pkg.ecosystem);
    const found = upstream && (await orMissing(inspect("digest", listing, release, this.#tools(upstream))));
    return found === "missing" ? undefined : found?.release?.digests;
  }

  #tools(upstream: Upstream): InspectionTools {
    return {
      upstream,
      readFile: (file) => readChecked(upstream, file),
      readKeys: (name) => this.#readKeys(upstream.of(name)),
      root: { current: () => this.#trustedRoot().current() },
    };
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
