/**
 * Advisories by package as one sorted text: `ecosystem/name TAB [advisory…] LF`, ordered by bytes. It is searched as
 * it is, without being parsed, so a table of half a million packages is ready as soon as it is read; and it can be
 * grepped, compared and reproduced.
 */
import { CordonError } from "../errors.ts";
import { canonicalJson } from "../json.ts";
import type { PackageId } from "../purl.ts";
import { advisoryKey, type CompiledAdvisory } from "./osv.ts";

const TAB = 0x09;
const LINE_FEED = 0x0a;

/** Writes a table. Advisories of one package are ordered by id. */
export function writeTable(entries: Iterable<{ pkg: PackageId; advisory: CompiledAdvisory }>): Uint8Array {
  const byKey = new Map<string, CompiledAdvisory[]>();
  for (const { pkg, advisory } of entries) {
    const key = advisoryKey(pkg);
    const advisories = byKey.get(key);
    if (advisories) advisories.push(advisory);
    else byKey.set(key, [advisory]);
  }
  const lines = [...byKey].map(([key, advisories]) => {
    const ordered = advisories.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
    return Buffer.from(`${key}\t[${ordered.map(formatAdvisory).join(",")}]\n`);
  });
  return Buffer.concat(lines.sort(Buffer.compare));
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

export class AdvisoryTable {
  /** The feed that the table was compiled from. */
  readonly feed: string;
  readonly #bytes: Buffer;

  /** Throws BUNDLE_MALFORMED where the bytes do not end a line. The order is the signer's promise and is not checked. */
  constructor(feed: string, bytes: Uint8Array) {
    this.feed = feed;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length > 0 && bytes.at(-1) !== LINE_FEED) {
      throw new CordonError("BUNDLE_MALFORMED", `the advisory table of feed ${feed} does not end with a line feed`);
    }
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
