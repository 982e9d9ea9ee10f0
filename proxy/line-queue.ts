/** Lines on their way to a file: in order, in batches, and no more of them than memory has room for. */
import { setTimeout } from "node:timers/promises";
import { CordonError, messageOf } from "../core/errors.ts";
import type { AppendedFile, Batch } from "./appended-file.ts";

/** Characters that are written at once: in bytes, no more than the smallest file that can be asked for. */
const BATCH = 256 * 1024;
const RETRY_MS = 1000;
/** A disk that takes nothing for so long counts as one that fails. */
const STUCK_MS = 10_000;

export class LineQueue {
  readonly #file: Pick<AppendedFile, "append">;
  readonly #maxWaiting: number;
  readonly #report: (reason: string) => void;
  readonly #closing = new AbortController();
  #lines: string[] = [];
  #waiting = 0;
  #pushed = 0;
  #written = 0;
  #flushed: { readonly at: number; readonly resolve: () => void }[] = [];
  #running: Promise<void> | undefined;
  #failure: string | null = null;
  /** When the write under way began, by the clock of `performance`. */
  #busySince: number | undefined;

  /** `maxWaiting` is in characters. `report` is told what the disk says, once for each time that it begins to fail. */
  constructor(file: Pick<AppendedFile, "append">, maxWaiting: number, report: (reason: string) => void) {
    this.#file = file;
    this.#maxWaiting = maxWaiting;
    this.#report = report;
  }

  /** A line with its line feed. Throws DECISION_UNRECORDED. */
  push(line: string): void {
    if (this.#waiting >= this.#maxWaiting || this.#closing.signal.aborted)
      throw new CordonError("DECISION_UNRECORDED", `the decision cannot be put on record: ${this.failure()}`);
    this.#lines.push(line);
    this.#waiting += line.length;
    this.#pushed += 1;
    this.wake();
  }

  /** Has what waits written, and the file looked after. */
  wake(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#lines.length > 0 && !this.#closing.signal.aborted) this.wake();
    });
  }

  flushed(): Promise<void> {
    if (this.#written === this.#pushed) return Promise.resolve();
    return new Promise((resolve) => this.#flushed.push({ at: this.#pushed, resolve }));
  }

  failure(): string | null {
    if (this.#failure !== null) return this.#failure;
    const stuckMs = this.#busySince === undefined ? 0 : performance.now() - this.#busySince;
    if (stuckMs > STUCK_MS) return `the disk has taken no decision for ${Math.round(stuckMs / 1000)} s`;
    if (this.#waiting > this.#maxWaiting / 2) return "more decisions are made than the disk takes";
    return this.#closing.signal.aborted ? "the log is closed" : null;
  }

  /** Writes what waits; gives up where the disk fails, and says how many lines are lost by that. */
  async close(): Promise<number> {
    this.#closing.abort();
    await this.#running;
    return this.#pushed - this.#written;
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // what is recorded together is written together
    do {
      const lines = this.#take();
      const text = lines.join("");
      if (!(await this.#write({ bytes: Buffer.from(text), at: 0 }))) return;
      this.#waiting -= text.length;
      this.#written += lines.length;
      this.#flushed = this.#flushed.filter(({ at, resolve }) => {
        if (at <= this.#written) resolve();
        return at > this.#written;
      });
    } while (this.#lines.length > 0);
  }

  #take(): string[] {
    let [count, length] = [0, 0];
    while (count < this.#lines.length && (count === 0 || length < BATCH)) length += this.#lines[count++]?.length ?? 0;
    return this.#lines.splice(0, count);
  }

  /** Tries until it is done; false where it is not by the end of the process. */
  async #write(batch: Batch): Promise<boolean> {
    this.#busySince = performance.now();
    for (;;) {
      const isLast = this.#closing.signal.aborted;
      try {
        await this.#file.append(batch);
        [this.#failure, this.#busySince] = [null, undefined];
        return true;
      } catch (error) {
        if (this.#failure === null) this.#report(messageOf(error));
        this.#failure = messageOf(error);
      }
      if (isLast) return false;
      await setTimeout(RETRY_MS, undefined, { signal: this.#closing.signal }).catch(() => {});
    }
  }
}
