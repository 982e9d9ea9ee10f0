/**
 * Advisories by package as one sorted text: `ecosystem/name TAB [advisory…] LF`, ordered by bytes. It is searched as
 * it is, without being parsed, so a table of half a million packages is ready as soon as it is read; and it can be
 * grepped, compared and reproduced.
 */
import { setImmediate } from "node:timers/promises";
import { CordonError } from "../errors.ts";
import { canonicalJson } from "../json.ts";
import type { PackageId } from "../purl.ts";
import { advisoryKey, type CompiledAdvisory, type PackageAdvisory } from "./osv.ts";

const TAB = 0x09;
const LINE_FEED = 0x0a;

/** One advisory on one package. */
export interface TableRow {
  readonly key: string;
  /** As formatAdvisory() writes it. */
  readonly advisory: string;
}

/** Writes a table. Advisories of one package are ordered by the bytes of their ids. */
export function writeTable(entries: Iterable<PackageAdvisory>): Uint8Array {
  const rows = [...entries].map(({ pkg, advisory }) => {
    const key = advisoryKey(pkg);
    return { key, advisory: formatAdvisory(advisory), order: [Buffer.from(key), Buffer.from(advisory.id)] as const };
  });
  rows.sort(({ order: a }, { order: b }) => Buffer.compare(a[0], b[0]) || Buffer.compare(a[1], b[1]));
  return Buffer.concat([...tableChunks(rows)].map((chunk) => Buffer.from(chunk)));
}

const CHUNK = 65_536;

/** The text of a table in pieces of about 64 KiB, from rows that are sorted by the bytes of key and id. */
export function* tableChunks(rows: Iterable<TableRow>): Generator<string> {
  let chunk = "";
  let current: string | undefined;
  for (const { key, advisory } of rows) {
    if (key === current) chunk += `,${advisory}`;
    else {
      if (current !== undefined) chunk += "]\n";
      if (chunk.length > CHUNK) {
        yield chunk;
        chunk = "";
      }
      chunk += `${key}\t[${advisory}`;
      current = key;
    }
  }
  if (current !== undefined) yield `${chunk}]\n`;
}

/** One advisory as a table has it: what is empty is left out, for it would be a fifth of the bytes. */
export function formatAdvisory(advisory: CompiledAdvisory): string {
  const { aliases, versions, ranges, ...rest } = advisory;
  return canonicalJson({
    ...rest,
    ...(aliases.length > 0 && { aliases }),
    ...(versions.length > 0 && { versions }),
    ...(ranges.length > 0 && { ranges }),
  });
}

function parseAdvisories(text: string): CompiledAdvisory[] {
  return JSON.parse(text).map((advisory: Partial<CompiledAdvisory>) => ({
    aliases: [],
    versions: [],
    ranges: [],
    ...advisory,
  }));
}

/** Bytes that were looked through already. */
const ordered = new WeakSet<Uint8Array>();

function* scanOrder(feed: string, bytes: Buffer): Generator<number, void> {
  if (bytes.length > 0 && bytes.at(-1) !== LINE_FEED)
    throw new CordonError("BUNDLE_MALFORMED", `the advisory table of feed ${feed} does not end with a line feed`);
  const broken = yield* findDisorder(bytes);
  if (broken !== undefined)
    throw new CordonError("BUNDLE_MALFORMED", `the advisory table of feed ${feed} is out of order at byte ${broken}`);
}

const SLICE = 512 * 1024;

/**
 * Looks for the first line whose key does not stand after the one before, and says where it begins; the search would
 * miss verdicts in such a table. Rests after each half megabyte, where it is.
 */
function* findDisorder(bytes: Buffer): Generator<number, number | undefined> {
  let before = -1;
  let restAt = SLICE;
  for (let start = 0; start < bytes.length; ) {
    let isAfter = before < 0;
    let at = start;
    for (; bytes[at] !== TAB; at++) {
      const byte = bytes[at] ?? LINE_FEED;
      if (byte === LINE_FEED) return start;
      if (isAfter) continue;
      const other = bytes[before + at - start] ?? LINE_FEED;
      if (byte < other) return start;
      isAfter = byte > other;
    }
    // The key is the one before once more, or its beginning.
    if (!isAfter) return start;
    before = start;
    start = bytes.indexOf(LINE_FEED, at) + 1;
    if (start > restAt) {
      restAt = start + SLICE;
      yield start;
    }
  }
  return undefined;
}

export class AdvisoryTable {
  /** The feed that the table was compiled from. */
  readonly feed: string;
  readonly #bytes: Buffer;

  /** Throws BUNDLE_MALFORMED where the bytes are no lines that begin with keys in strictly ascending order. */
  constructor(feed: string, bytes: Uint8Array) {
    this.feed = feed;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (ordered.has(bytes)) return;
    const scan = scanOrder(feed, this.#bytes);
    while (!scan.next().done);
  }

  /** As the constructor, but lets others have their turn while it looks through a large table. */
  static async open(feed: string, bytes: Uint8Array): Promise<AdvisoryTable> {
    for (const _ of scanOrder(feed, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)))
      await setImmediate();
    ordered.add(bytes);
    return new AdvisoryTable(feed, bytes);
  }

  /** What the feed says of a package; binary search over the bytes. */
  lookup(pkg: PackageId): readonly CompiledAdvisory[] {
    const key = Buffer.from(`${advisoryKey(pkg)}\t`);
    const bytes = this.#bytes;
    let low = 0;
    let high = bytes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const start = Math.max(low, middle === 0 ? 0 : bytes.lastIndexOf(LINE_FEED, middle - 1) + 1);
      const end = bytes.indexOf(LINE_FEED, start);
      const order = Buffer.compare(bytes.subarray(start, Math.min(start + key.length, end)), key);
      if (order === 0) return this.#parse(start + key.length, end);
      if (order < 0) low = end + 1;
      else high = start;
    }
    return [];
  }

  /** Every package key with its advisories, in order. */
  *entries(): Generator<[key: string, advisories: readonly CompiledAdvisory[]]> {
    for (let start = 0; start < this.#bytes.length; ) {
      const end = this.#bytes.indexOf(LINE_FEED, start);
      const tab = this.#bytes.indexOf(TAB, start);
      yield [this.#bytes.toString("utf8", start, tab), this.#parse(tab + 1, end)];
      start = end + 1;
    }
  }

  #parse(start: number, end: number): readonly CompiledAdvisory[] {
    try {
      return parseAdvisories(this.#bytes.toString("utf8", start, end));
    } catch (cause) {
      throw new CordonError("BUNDLE_MALFORMED", `the advisory table of feed ${this.feed} is broken at byte ${start}`, {
        cause,
      });
    }
  }
}
