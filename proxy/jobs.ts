/** Work that takes a while, each piece done once at a time: what somebody waits for before what nobody does, few at once. */

export interface JobLimits {
  /** How many run at once, and of these, how many that nobody waits for. */
  readonly parallel: number;
  readonly parallelIdle: number;
  /** How many may wait that nobody waits for. */
  readonly maxIdle: number;
}

interface Job<Result> {
  readonly key: string;
  readonly result: Promise<Result>;
  readonly start: () => Promise<void>;
  /** Whether somebody waits for it. */
  isUrgent: boolean;
  isRunning: boolean;
}

export class Jobs<Result> {
  readonly #limits: JobLimits;
  readonly #jobs = new Map<string, Job<Result>>();
  readonly #urgent: Job<Result>[] = [];
  readonly #idle: Job<Result>[] = [];
  #running = 0;

  constructor(limits: JobLimits) {
    this.#limits = limits;
  }

  /** Runs ahead of background jobs, for a caller that waits for the result. */
  now(key: string, work: () => Promise<Result>): Promise<Result> {
    const known = this.#jobs.get(key);
    if (!known) return this.#add(key, work, true).result;
    if (!known.isUrgent && !known.isRunning) {
      known.isUrgent = true;
      this.#urgent.push(known);
      this.#startSome();
    }
    return known.result;
  }

  /** Runs in the background, or not at all if too many such jobs are waiting. */
  later(key: string, work: () => Promise<Result>): void {
    if (this.#jobs.has(key) || this.#idle.length >= this.#limits.maxIdle) return;
    this.#add(key, work, false).result.catch(() => {});
  }

  #add(key: string, work: () => Promise<Result>, isUrgent: boolean): Job<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const start = () => work().then(resolve, reject);
    const job: Job<Result> = { key, result: promise, start, isUrgent, isRunning: false };
    this.#jobs.set(key, job);
    (isUrgent ? this.#urgent : this.#idle).push(job);
    this.#startSome();
    return job;
  }

  #startSome(): void {
    const { parallel, parallelIdle } = this.#limits;
    while (this.#running < parallel) {
      const job = this.#urgent.shift() ?? (this.#running < parallelIdle ? this.#idle.shift() : undefined);
      if (!job) return;
      // It stands in both where somebody began to wait for it.
      if (job.isRunning) continue;
      job.isRunning = true;
      this.#running += 1;
      void job.start().finally(() => {
        this.#running -= 1;
        this.#jobs.delete(job.key);
        this.#startSome();
      });
    }
  }
}
