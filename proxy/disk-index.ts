/** What lies in a cache on disk, in the order of use, and how much may. Knows no disk. */

export interface Entry {
  readonly size: number;
  isChecked: boolean;
  /** When the disk was last told that it was used, in milliseconds. */
  touched: number;
}

/** Each is remembered, however small it is. */
const MAX_ENTRIES = 500_000;
/** How long a full disk counts. */
const HALVED_MS = 60_000;

export class DiskIndex {
  /** The first is the one to drop. */
  readonly #entries: Map<string, Entry>;
  readonly #maxBytes: number;
  #limit: number;
  #bytes = 0;
  #halvedAt = Number.NEGATIVE_INFINITY;

  /** `found`: the oldest first. */
  constructor(found: Iterable<readonly [key: string, entry: Entry]>, maxBytes: number) {
    this.#entries = new Map(found);
    this.#maxBytes = maxBytes;
    this.#limit = maxBytes;
    for (const { size } of this.#entries.values()) this.#bytes += size;
  }

  get usage(): { readonly bytes: number; readonly maxBytes: number; readonly entries: number } {
    return { bytes: this.#bytes, maxBytes: this.#limit, entries: this.#entries.size };
  }

  /** The entry, which counts as the last one used from now on. */
  use(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  /** Whether this one is still there, and no later one in its place. */
  has(key: string, entry: Entry): boolean {
    return this.#entries.get(key) === entry;
  }

  add(key: string, size: number): void {
    this.forget(key);
    this.#entries.set(key, { size, touched: Date.now(), isChecked: true });
    this.#bytes += size;
    // Where the disk has room again, so has the cache.
    if (this.#limit < this.#maxBytes && !this.#isHalved()) this.#limit = this.#maxBytes;
  }

  forget(key: string): void {
    this.#bytes -= this.#entries.get(key)?.size ?? 0;
    this.#entries.delete(key);
  }

  /** The oldest one, as long as there is too much; whoever asks forgets it. `last` stays, however large it is. */
  *excess(last?: string): Generator<string, void> {
    for (const oldest of this.#entries.keys()) {
      if ((this.#bytes <= this.#limit && this.#entries.size <= MAX_ENTRIES) || oldest === last) return;
      yield oldest;
    }
  }

  /** The disk is full: half of what lies there may stay. False where that was said already, for failures come together. */
  halve(): boolean {
    if (this.#isHalved()) return false;
    this.#halvedAt = performance.now();
    this.#limit = Math.floor(this.#bytes / 2);
    return true;
  }

  #isHalved(): boolean {
    return performance.now() - this.#halvedAt < HALVED_MS;
  }
}
