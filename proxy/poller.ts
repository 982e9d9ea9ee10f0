/** Polls again and again, one poll at a time: less often while they fail, and never before a time that the source named. */
import { ServerBusy } from "../core/server-busy.ts";
import { nextPollMs } from "./poll-schedule.ts";

export interface PollerOptions {
  /** One poll, which tells how it ended by `noteSuccess()` or `noteError()`. Never throws. */
  readonly poll: () => Promise<void>;
  readonly intervalMs: number;
  readonly now: () => Date;
}

export class Poller {
  readonly #options: PollerOptions;
  #failures = 0;
  #retryAt: Date | undefined;
  #polling: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #next: Date | undefined;
  #isStopped = false;

  constructor(options: PollerOptions) {
    this.#options = options;
  }

  /** When it polls again by itself. */
  get next(): Date | undefined {
    return this.#next;
  }

  /** Polls once, or waits for the end where a poll is under way; the next one is counted from here. */
  poll(): Promise<void> {
    this.#polling ??= this.#options.poll().finally(() => {
      this.#polling = undefined;
      this.#schedule();
    });
    return this.#polling;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  noteSuccess(): void {
    [this.#failures, this.#retryAt] = [0, undefined];
  }

  /** `isFailure`: false where the source has answered, and what it offers is at fault. */
  noteError(error: unknown, isFailure: boolean): void {
    if (isFailure) this.#failures += 1;
    this.#retryAt = error instanceof ServerBusy ? error.retryAt : undefined;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    const { intervalMs, now } = this.#options;
    const wait = nextPollMs(intervalMs, { failures: this.#failures, retryAt: this.#retryAt, now: now() });
    this.#next = new Date(now().getTime() + wait);
    this.#timer = setTimeout(() => void this.poll(), wait);
    this.#timer.unref();
  }
}
