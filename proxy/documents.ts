/**
 * The upstream's documents, and what was read of them: asked for once however many want one, compressed on disk, the lately
 * used in memory as facts. While the upstream is away, what it said last serves for a day.
 */
import { setImmediate } from "node:timers";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { sha256 } from "../core/digest.ts";
import type { Listing } from "../core/ecosystems/ecosystem.ts";
import { CordonError, type FailureCode, messageOf } from "../core/errors.ts";
import { own, ownString } from "../core/json.ts";
import { type FetchedDocument, type KnownDocument, UPSTREAM_LIMITS, type Upstream } from "../core/upstream.ts";
import type { CacheKey, DiskCache } from "./disk-cache.ts";
import type { Log } from "./log.ts";
import { createMemoryCache } from "./memory-cache.ts";
import { meansAway } from "./upstream-health.ts";

interface Known extends KnownDocument {
  /** When the upstream last said that it is this one, in milliseconds. */
  readonly fetchedAt: number;
  /** The same as it stands on disk. */
  readonly storedAt: number;
  /** Until when it is used without asking. */
  readonly freshUntil: number;
}

/** A document that was read. */
export interface ReadDocument {
  readonly digest: string;
  readonly listing: Listing;
}

const FRESH_MS = 60_000;
/** How long a document serves while its upstream is away: the rules that judge it are those of now all the same. */
const MAX_STALE_MS = 24 * 60 * 60_000;
/** How long an upstream that is away, or has what cannot be judged, is left alone. */
const RETRY_MS = 10_000;
/** How old the time on disk may be: it counts after a restart only. */
const RESTORE_MS = 60 * 60_000;
/** What it says of a package that it took down. */
const GONE: ReadonlySet<FailureCode> = new Set(["NOT_FOUND", "UPSTREAM_REFUSED"]);
const UNREADABLE: ReadonlySet<FailureCode> = new Set(["UPSTREAM_MALFORMED", "UPSTREAM_TOO_LARGE"]);
const LARGE_BYTES = 1024 * 1024;
const MAX_KNOWN = 100_000;
const MAX_UNREADABLE = 1000;
/** Of documents, not of what they come to in memory, which is about twice that. */
const MAX_READ_BYTES = 96 * 1024 * 1024;
const [compress, unpack] = [promisify(gzip), promisify(gunzip)];

export class Documents {
  readonly #upstream: Upstream;
  readonly #disk: DiskCache;
  readonly #now: () => Date;
  readonly #log: Log;
  readonly #known = createMemoryCache<string, Known>(MAX_KNOWN, () => 1);
  readonly #read = createMemoryCache<string, ReadDocument>(MAX_READ_BYTES, ({ listing }) => listing.bytes);
  readonly #reading = new Map<string, Promise<ReadDocument>>();
  #lastLarge: Promise<void> = Promise.resolve();
  /** Documents that cannot be judged: to find that out again would cost as much as the first time. */
  readonly #unreadable = createMemoryCache<string, { readonly error: CordonError; readonly until: number }>(
    MAX_UNREADABLE,
    () => 1,
  );

  constructor(upstream: Upstream, disk: DiskCache, now: () => Date, log: Log) {
    this.#upstream = upstream;
    this.#disk = disk;
    this.#now = now;
    this.#log = log;
  }

  /** The digest of the document in force, where the upstream need not be asked. */
  fresh(name: string): string | undefined {
    const known = this.#known.get(name);
    return known && this.#now().getTime() < known.freshUntil ? known.digest : undefined;
  }

  /** Whether what is used of it is older than it should be, because the upstream is away. */
  isStale(name: string): boolean {
    const known = this.#known.get(name);
    return known !== undefined && known.freshUntil > known.fetchedAt + FRESH_MS;
  }

  /** Throws what the upstream throws. */
  read(name: string): Promise<ReadDocument> {
    const digest = this.fresh(name);
    const read = this.#read.get(name);
    if (read && read.digest === digest) return Promise.resolve(read);
    const running = this.#reading.get(name);
    if (running) return running;
    const unreadable = this.#unreadable.get(name);
    if (unreadable && this.#now().getTime() < unreadable.until) return Promise.reject(unreadable.error);
    const reading = this.#load(name).finally(() => {
      if (this.#reading.get(name) === reading) this.#reading.delete(name);
    });
    this.#reading.set(name, reading);
    return reading;
  }

  /** The next who wants it gets what the upstream says then; an answer that is still on its way is not kept either. */
  forget(name: string): void {
    const drop = () => {
      this.#known.delete(name);
      this.#read.delete(name);
      this.#unreadable.delete(name);
    };
    this.#reading.get(name)?.then(drop, drop);
    this.#reading.delete(name);
    drop();
  }

  async #load(name: string): Promise<ReadDocument> {
    const known = this.#known.get(name) ?? (await this.#restore(name));
    if (known && this.#now().getTime() < known.freshUntil) {
      const read = await this.#atHand(name, known);
      if (read) return read;
    }
    return this.#refresh(name, known);
  }

  async #refresh(name: string, before: Known | undefined): Promise<ReadDocument> {
    const now = this.#now().getTime();
    const kept = before && (await this.#atHand(name, before));
    try {
      const answer = await this.#upstream.document(name, kept && before);
      if (!answer && before && kept) return this.#confirm(name, before, kept, now);
      if (!answer) throw new CordonError("UPSTREAM_STATUS", `the upstream does not say what ${name} is`);
      return await this.#take(name, answer, now);
    } catch (error) {
      if (error instanceof CordonError && UNREADABLE.has(error.code))
        this.#unreadable.set(name, { error, until: now + RETRY_MS });
      if (error instanceof CordonError && GONE.has(error.code)) await this.#drop(name);
      if (!before || !kept || !meansAway(error) || now - before.fetchedAt > MAX_STALE_MS) throw error;
      this.#known.set(name, { ...before, freshUntil: now + RETRY_MS });
      return kept;
    }
  }

  /** What the upstream has taken down must not come back when it is away the next time. */
  async #drop(name: string): Promise<void> {
    this.#known.delete(name);
    this.#read.delete(name);
    await this.#disk.remove(this.#key(name));
  }

  /** Only what can be judged takes the place of what was there. */
  async #take(name: string, { bytes, digest, etag }: FetchedDocument, now: number): Promise<ReadDocument> {
    const read = { digest, listing: await this.#parse(name, bytes) };
    const known = { digest, etag, fetchedAt: now, storedAt: now, freshUntil: now + FRESH_MS };
    this.#known.set(name, known);
    this.#read.set(name, read);
    void this.#store(name, known, bytes);
    return read;
  }

  /**
   * Large documents one at a time, each in a turn of the event loop of its own: what is made of one is done, and it can go, before
   * the next takes many times its size.
   */
  async #parse(name: string, bytes: Uint8Array): Promise<Listing> {
    if (bytes.length < LARGE_BYTES) return this.#upstream.parse(name, bytes);
    const before = this.#lastLarge;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#lastLarge = promise;
    await before;
    try {
      return this.#upstream.parse(name, bytes);
    } finally {
      setImmediate(resolve);
    }
  }

  #confirm(name: string, before: Known, kept: ReadDocument, now: number): ReadDocument {
    const isOld = now - before.storedAt > RESTORE_MS;
    const known = { ...before, fetchedAt: now, freshUntil: now + FRESH_MS, ...(isOld && { storedAt: now }) };
    this.#known.set(name, known);
    if (isOld) void this.#readStored(name).then((stored) => stored && this.#store(name, known, stored.bytes));
    return kept;
  }

  /** From memory, or read from the disk; undefined where it is in neither. */
  async #atHand(name: string, { digest }: Known): Promise<ReadDocument | undefined> {
    const read = this.#read.get(name);
    if (read?.digest === digest) return read;
    const stored = await this.#readStored(name);
    if (stored?.digest !== digest) return undefined;
    const again = { digest, listing: await this.#parse(name, stored.bytes) };
    this.#read.set(name, again);
    return again;
  }

  /** What a process before has learnt; the upstream is asked whether it still holds. */
  async #restore(name: string): Promise<Known | undefined> {
    const stored = await this.#readStored(name);
    if (!stored) return undefined;
    const { digest, etag } = stored;
    // A clock that went back must not make it young for ever.
    const fetchedAt = Math.min(stored.fetchedAt, this.#now().getTime());
    return { digest, etag, fetchedAt, storedAt: fetchedAt, freshUntil: 0 };
  }

  async #store(name: string, { etag, digest, fetchedAt }: Known, bytes: Uint8Array): Promise<void> {
    try {
      const head = Buffer.from(`${JSON.stringify({ name, digest, etag, fetchedAt })}\n`);
      await this.#disk.store(this.#key(name), Buffer.concat([head, await compress(bytes, { level: 1 })]));
    } catch (error) {
      this.#log("warn", "document not stored", { package: name, reason: messageOf(error) });
    }
  }

  async #readStored(
    name: string,
  ): Promise<(Omit<Known, "storedAt" | "freshUntil"> & { readonly bytes: Buffer }) | undefined> {
    const file = await this.#disk.open(this.#key(name), async () => true);
    if (!file) return undefined;
    try {
      return await parseStored(name, await file.handle.readFile());
    } catch {
      return undefined; // a disk that fails: it is fetched anew
    } finally {
      await file.handle.close();
    }
  }

  /** Another registry's document on the same name is another document. */
  #key(name: string): CacheKey {
    return `documents/${sha256(JSON.stringify([this.#upstream.ecosystem.type, this.#upstream.of(name).registry, name]))}`;
  }
}

/** Undefined for whatever is not what was stored: it is fetched anew. */
async function parseStored(name: string, stored: Buffer) {
  try {
    const end = stored.indexOf("\n");
    const head: unknown = JSON.parse(stored.toString("utf8", 0, end));
    const [digest, fetchedAt] = [ownString(head, "digest"), own(head, "fetchedAt")];
    const bytes = await unpack(stored.subarray(end + 1), { maxOutputLength: UPSTREAM_LIMITS.listingBytes });
    if (ownString(head, "name") !== name || digest === undefined || sha256(bytes) !== digest) return undefined;
    if (typeof fetchedAt !== "number") return undefined;
    return { digest, etag: ownString(head, "etag"), fetchedAt, bytes };
  } catch {
    return undefined;
  }
}
