/** Listings as clients get them: judged once and written once, as long as document, rules and time allow. */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { sha256 } from "../core/digest.ts";
import type { Form, JudgedListing, Listing, Rendering } from "../core/ecosystems/ecosystem.ts";
import { findRelease } from "../core/ecosystems/judged.ts";
import { judgeListing, nextChange, type Rules } from "../core/gate.ts";
import type { Upstream } from "../core/upstream.ts";
import { permits } from "../core/verdict.ts";
import type { Documents } from "./documents.ts";
import { createMemoryCache } from "./memory-cache.ts";

export interface RenderedListing {
  readonly contentType: string;
  readonly gzipped: Buffer;
  /** Strong: of the finished bytes, so it changes with the upstream's document, with the rules and with the form. */
  readonly etag: string;
  /** When it may change without a new document, new rules or new knowledge of a file. */
  readonly until: Date;
}

export interface Judged {
  readonly judged: JudgedListing;
  /** Whether it was judged before. */
  readonly cached: boolean;
}

/** A listing as it can be served now. */
export interface View {
  readonly judged: JudgedListing;
  /** Whether it stays as it is: no file is still being made, or to be asked for again. */
  readonly isFinal: boolean;
}

interface Written extends RenderedListing {
  /** Digest of the document. */
  readonly document: string;
  /** What it says otherwise than the document, as a digest. */
  readonly outcome: string;
  /** By which rules, where nothing but document, rules, time and what becomes known of releases can change it. */
  readonly rules: Rules | undefined;
  readonly generation: number;
}

/** What is blocked meanwhile is refused all the same: the file is judged by the rules of its own moment. */
const MAX_AGE_MS = 60_000;
const MAX_WRITTEN_BYTES = 64 * 1024 * 1024;
const [compress, unpack] = [promisify(gzip), promisify(gunzip)];

export class Listings {
  readonly #upstream: Upstream;
  readonly #documents: Documents;
  readonly #rendering: Rendering;
  readonly #now: () => Date;
  readonly #countStale: () => void;
  readonly #judged = new WeakMap<Listing, { rules: Rules; judged: JudgedListing; until: Date }>();
  readonly #documentOf = new WeakMap<Listing, string>();
  readonly #written = createMemoryCache<string, Written>(MAX_WRITTEN_BYTES, ({ gzipped }) => gzipped.length);

  /** `countStale` hears of each answer that comes from a document of before the upstream went away. */
  constructor(upstream: Upstream, documents: Documents, rendering: Rendering, now: () => Date, countStale: () => void) {
    this.#upstream = upstream;
    this.#documents = documents;
    this.#rendering = rendering;
    this.#now = now;
    this.#countStale = countStale;
  }

  /** After a write: what was asked for before it is no longer what there is. */
  forget(name: string): void {
    this.#documents.forget(name);
  }

  /** Throws what the upstream throws. */
  async judge(name: string, rules: Rules): Promise<Judged> {
    const { listing, digest } = await this.#documents.read(name);
    this.#noteAnswer(name);
    const now = this.#now();
    const known = this.#judged.get(listing);
    if (known && known.rules === rules && now < known.until) return { judged: known.judged, cached: true };
    const judged = judgeListing(rules, listing, now);
    this.#judged.set(listing, { rules, judged, until: nextChange(rules, judged, now) });
    this.#documentOf.set(listing, digest);
    return { judged, cached: false };
  }

  /** The same with one release that the listing need not name: then it stands alone. */
  async judgeOne(name: string, version: string, rules: Rules): Promise<Judged> {
    const found = await this.judge(name, rules);
    const { listing } = found.judged;
    const release = findRelease(this.#upstream.ecosystem, listing, version);
    if (!release || listing.releases.has(release.version)) return found;
    const alone = { ...listing, releases: new Map([[release.version, release]]) };
    return { judged: judgeListing(rules, alone, this.#now()), cached: false };
  }

  /** What was written before, where it is known to hold still without looking at the document. */
  ready(name: string, form: Form, rules: Rules | undefined, generation: number): RenderedListing | undefined {
    const written = this.#written.get(keyOf(name, form));
    const holds =
      written?.rules !== undefined &&
      written.rules === rules &&
      written.generation === generation &&
      this.#now() < written.until;
    if (!holds || written.document !== this.#documents.fresh(name)) return undefined;
    this.#noteAnswer(name);
    return written;
  }

  /** Seconds for which a client need not ask again: never beyond the moment at which a hold ends. */
  maxAge({ until }: RenderedListing): number {
    return Math.floor(Math.min(MAX_AGE_MS, until.getTime() - this.#now().getTime()) / 1000);
  }

  /**
   * Written anew only where the document, or what is denied of it, is not what it was. No async function: what waits for the
   * compression must not hold on to the document, for many may wait at once.
   */
  render({ judged, isFinal }: View, form: Form, rules: Rules, generation: number): Promise<RenderedListing> {
    const key = keyOf(judged.listing.name, form);
    const document = this.#documentOf.get(judged.listing) ?? "";
    const outcome = outcomeOf(judged);
    const until = nextChange(rules, judged, this.#now());
    const state = { until, document, outcome, rules: isFinal ? rules : undefined, generation };
    const before = this.#written.get(key);
    if (before?.document === document && before.outcome === outcome) {
      const { contentType, gzipped, etag } = before;
      return Promise.resolve(this.#keep(key, { contentType, gzipped, etag, ...state }));
    }
    const { contentType, body } = this.#upstream.ecosystem.renderListing(judged, form, this.#rendering);
    const bytes = Buffer.from(body);
    const etag = createHash("sha256").update(bytes).digest("base64url");
    return compress(bytes, { level: 6 }).then((gzipped) => this.#keep(key, { contentType, gzipped, etag, ...state }));
  }

  #noteAnswer(name: string): void {
    if (this.#documents.isStale(name)) this.#countStale();
  }

  #keep(key: string, written: Written): Written {
    this.#written.set(key, written);
    return written;
  }
}

/** For the rare client that takes no gzip. */
export async function plainBytes({ gzipped }: RenderedListing): Promise<Buffer> {
  return unpack(gzipped);
}

function keyOf(name: string, form: Form): string {
  return `${form}\n${name}`;
}

/** All of a judged listing that its bytes depend on besides the document. */
function outcomeOf({ decisions, gone, stripped }: JudgedListing): string {
  const told = [...decisions.values(), ...gone].flatMap((decision): unknown[][] => {
    const { purl, policy, rule, reason, evidence, until, strip } = decision;
    if (permits(decision)) return decision.decision === "strip-scripts" ? [[purl, strip]] : [];
    return [[purl, decision.decision, policy, rule, reason, evidence, until]];
  });
  return sha256(JSON.stringify([told, [...(stripped ?? [])]]));
}
