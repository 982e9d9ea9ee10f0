/** The newest decisions of many, however many there are. */
import { type Entry, parseEntry } from "./entry.ts";

/** Characters of lines that are kept: what is made of them is fifty times as large. */
const MAX_KEPT = 16 * 1024 * 1024;

interface Kept {
  readonly time: number;
  readonly text: string;
}

export class Newest {
  readonly #limit: number;
  #kept: Kept[] = [];
  #length = 0;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add({ time, text }: Entry): void {
    // A copy, for the text is a part of all that was read with it; and not what was parsed, which is many times as large.
    this.#kept.push({ time, text: Buffer.from(text).toString() });
    this.#length += text.length;
    this.#count += 1;
    if (this.#kept.length >= 2 * this.#limit || this.#length > 2 * MAX_KEPT) this.#trim();
  }

  /** In the order of time. */
  list(): Entry[] {
    this.#trim();
    return this.#kept.map(({ text }) => parseEntry(text)).filter((entry) => typeof entry !== "string");
  }

  /** How many are older than those. */
  get more(): number {
    this.#trim();
    return this.#count - this.#kept.length;
  }

  #trim(): void {
    this.#kept.sort((a, b) => a.time - b.time);
    let [count, length] = [0, 0];
    for (let at = this.#kept.length - 1; at >= 0 && count < this.#limit; at--, count++) {
      length += this.#kept[at]?.text.length ?? 0;
      if (length > MAX_KEPT) break;
    }
    this.#kept = this.#kept.slice(this.#kept.length - count);
    this.#length = this.#kept.reduce((sum, { text }) => sum + text.length, 0);
  }
}
