/** Listings as they are asked for: fetched once, judged once, written once, as long as document, rules and time allow. */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Form, JudgedListing, Listing, Rendering } from "../core/ecosystems/ecosystem.ts";
import { CordonError, type FailureCode } from "../core/errors.ts";
import { judgeListing, nextChange, type Rules } from "../core/gate.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Log } from "./log.ts";

export interface RenderedListing {
  readonly contentType: string;
  readonly body: Buffer;
  /** Strong: of the finished bytes, so it changes with the upstream's document, with the rules and with the form. */
  readonly etag: string;
  /** The same, compressed; made when it is first asked for. */
  gzipped(): Promise<Buffer>;
}

export interface Judged {
  readonly judged: JudgedListing;
  /** Whether it was judged before. */
  readonly cached: boolean;
}

interface Entry {
  readonly listing: Listing;
  readonly fetchedAt: number;
  /** Until when it is used without asking. */
  readonly freshUntil: number;
}

const FRESH_MS = 60_000;
/** How long a document serves while its upstream is away: the rules that judge it are those of now all the same. */
const MAX_STALE_MS = 24 * 60 * 60_000;
/** How long an upstream that is away is left alone. */
const RETRY_MS = 10_000;
const AWAY: ReadonlySet<FailureCode> = new Set(["UPSTREAM_UNREACHABLE", "UPSTREAM_TIMEOUT", "UPSTREAM_STATUS"]);
const MAX_CACHED_BYTES = 256 * 1024 * 1024;
const compress = promisify(gzip);

export class Listings {
  readonly #upstream: Upstream;
  readonly #rendering: Rendering;
  readonly #now: () => Date;
  readonly #log: Log;
  /** In the order of use; the first is the one to drop. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;
  readonly #fetching = new Map<string, Promise<Listing>>();
  readonly #judged = new WeakMap<Listing, { rules: Rules; judged: JudgedListing; until: Date }>();
  readonly #rendered = new WeakMap<JudgedListing, Map<Form, RenderedListing>>();

  constructor(upstream: Upstream, rendering: Rendering, now: () => Date, log: Log) {
    this.#log = log;
    this.#upstream = upstream;
    this.#rendering = rendering;
    this.#now = now;
  }

  /** Throws what the upstream throws. */
  async judge(name: string, rules: Rules): Promise<Judged> {
    const listing = await this.#listing(name);
    const now = this.#now();
    const known = this.#judged.get(listing);
    if (known && known.rules === rules && now < known.until) return { judged: known.judged, cached: true };
    const judged = judgeListing(rules, listing, now);
    this.#judged.set(listing, { rules, judged, until: nextChange(rules, judged, now) });
    return { judged, cached: false };
  }

  render(judged: JudgedListing, form: Form): RenderedListing {
    const forms = this.#rendered.get(judged) ?? new Map<Form, RenderedListing>();
    this.#rendered.set(judged, forms);
    const known = forms.get(form);
    if (known) return known;
    const { contentType, body: text } = this.#upstream.ecosystem.renderListing(judged, form, this.#rendering);
    const body = Buffer.from(text);
    let gzipped: Promise<Buffer> | undefined;
    const rendered: RenderedListing = {
      contentType,
      body,
      etag: createHash("sha256").update(body).digest("base64url"),
      gzipped: () => (gzipped ??= compress(body, { level: 6 })),
    };
    forms.set(form, rendered);
    return rendered;
  }

  /** After a write: what was asked for before it, even where the answer is still on its way, is no longer what there is. */
  forget(name: string): void {
    const drop = () => this.#drop(name);
    this.#fetching.get(name)?.then(drop, drop);
    this.#fetching.delete(name);
    drop();
  }

  /** However many ask at once, the upstream is asked once. */
  async #listing(name: string): Promise<Listing> {
    const entry = this.#entries.get(name);
    if (entry && this.#now().getTime() < entry.freshUntil) {
      this.#entries.delete(name);
      this.#entries.set(name, entry);
      return entry.listing;
    }
    const running = this.#fetching.get(name);
    if (running) return running;
    const fetching = this.#refresh(name, entry).finally(() => this.#fetching.delete(name));
    this.#fetching.set(name, fetching);
    return fetching;
  }

  /** While the upstream is away, what it said last serves for a day. Throws what it throws where there is no such thing. */
  async #refresh(name: string, before: Entry | undefined): Promise<Listing> {
    const now = this.#now().getTime();
    try {
      const listing = await this.#upstream.listing(name);
      this.#keep(name, { listing, fetchedAt: now, freshUntil: now + FRESH_MS });
      return listing;
    } catch (error) {
      const isAway = error instanceof CordonError && AWAY.has(error.code);
      if (!before || !isAway || now - before.fetchedAt > MAX_STALE_MS) throw error;
      this.#log("warn", "upstream away, what it said last is served", {
        package: name,
        ageSeconds: Math.round((now - before.fetchedAt) / 1000),
        reason: error.message,
      });
      this.#keep(name, { ...before, freshUntil: now + RETRY_MS });
      return before.listing;
    }
  }

  #keep(name: string, entry: Entry): void {
    this.#drop(name);
    this.#entries.set(name, entry);
    this.#bytes += entry.listing.bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= MAX_CACHED_BYTES || oldest === name) break;
      this.#drop(oldest);
    }
  }

  #drop(name: string): void {
    this.#bytes -= this.#entries.get(name)?.listing.bytes ?? 0;
    this.#entries.delete(name);
  }
}
