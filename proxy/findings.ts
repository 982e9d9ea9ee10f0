/** What was found out about releases beyond their listings, by release and source, for as long as it counts. */
import { sha256 } from "../core/digest.ts";
import type { ListedRelease, Listing } from "../core/ecosystems/ecosystem.ts";
import type { Inspected } from "../core/inspection.ts";
import type { DeepSource } from "../core/policy/facts.ts";
import { createMemoryCache } from "./memory-cache.ts";

export interface Finding {
  readonly found: Inspected;
  /** In milliseconds. */
  readonly until: number;
}

/** Of one release as it is listed, by source. */
export interface Known {
  readonly listed: string;
  readonly found: Map<DeepSource, Finding>;
}

const MINUTE_MS = 60_000;
/** How long what was found counts. A file's bytes never change. */
const FRESH_MS: Readonly<Record<DeepSource, number>> = {
  time: Number.POSITIVE_INFINITY,
  manifest: Number.POSITIVE_INFINITY,
  file: Number.POSITIVE_INFINITY,
  digest: Number.POSITIVE_INFINITY,
  attestations: 60 * MINUTE_MS,
  keys: 60 * MINUTE_MS,
  public: 10 * MINUTE_MS,
};
/** Of what was found, written as JSON. A publisher chooses how much a file has to tell. */
const MAX_FOUND_BYTES = 48 * 1024 * 1024;
/** About what a release costs of which little was found. */
const KNOWN_BYTES = 500;

export class Findings {
  readonly #now: () => Date;
  /** By purl. What is dropped is found again where somebody asks. */
  readonly #known = createMemoryCache<string, Known>(MAX_FOUND_BYTES, weigh);

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** Of a release that is listed otherwise now, nothing is known: what is found is compared with what is listed. */
  of(listing: Listing, release: ListedRelease): Known {
    const { purl } = release.facts;
    const listed = listedAs(listing, release);
    const before = this.#known.get(purl);
    if (before?.listed === listed) return before;
    const known: Known = { listed, found: new Map() };
    this.#known.set(purl, known);
    return known;
  }

  /** Undefined where nothing is known of the release as it is listed, or not any more. */
  get(listing: Listing, release: ListedRelease, source: DeepSource): Finding | undefined {
    const known = this.#known.get(release.facts.purl);
    const finding = known?.listed === listedAs(listing, release) ? known.found.get(source) : undefined;
    return finding && this.#now().getTime() < finding.until ? finding : undefined;
  }

  /** `known` is what of() gave before it was looked for: the release may be listed otherwise by now. */
  keep(purl: string, known: Known, source: DeepSource, found: Inspected): Finding {
    const finding = { found, until: this.#now().getTime() + FRESH_MS[source] };
    known.found.set(source, finding);
    if (this.#known.get(purl) === known) this.#known.set(purl, known); // it is weighed anew
    return finding;
  }

  forget(purl: string): void {
    this.#known.delete(purl);
  }
}

function weigh({ found }: Known): number {
  return [...found.values()].reduce((sum, one) => sum + JSON.stringify(one.found).length, KNOWN_BYTES);
}

const LISTED = new WeakMap<ListedRelease, string>();

/** A digest of all that the listing says of a release, and of the package beside it. */
function listedAs({ pkg }: Listing, release: ListedRelease): string {
  const known = LISTED.get(release) ?? sha256(JSON.stringify([release.entry, release.facts, pkg.private]));
  LISTED.set(release, known);
  return known;
}
