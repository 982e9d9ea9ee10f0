/** The newest decisions of many, however many there are. */
import type { Entry } from "./entry.ts";

/** Characters of lines that are kept. */
const MAX_KEPT = 64 * 1024 * 1024;

export class Newest {
  readonly #limit: number;
  #entries: Entry[] = [];
  #length = 0;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(entry: Entry): void {
    this.#entries.push(entry);
    this.#length += entry.text.length;
    this.#count += 1;
    if (this.#entries.length >= 2 * this.#limit || this.#length > 2 * MAX_KEPT) this.#trim();
  }

  /** In the order of time. */
  list(): readonly Entry[] {
    this.#trim();
    return this.#entries;
  }

  /** How many were older. */
  get more(): number {
    return this.#count - this.list().length;
  }

  #trim(): void {
    this.#entries.sort((a, b) => a.time - b.time);
    let [kept, length] = [0, 0];
    for (let at = this.#entries.length - 1; at >= 0 && kept < this.#limit; at--, kept++) {
      length += this.#entries[at]?.text.length ?? 0;
      if (length > MAX_KEPT) break;
    }
    this.#entries = this.#entries.slice(this.#entries.length - kept);
    this.#length = this.#entries.reduce((sum, { text }) => sum + text.length, 0);
  }
}
