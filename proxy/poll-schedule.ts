/** When a source is asked again. */

export interface PollOutcome {
  /** Polls in a row that got no answer from the source. */
  readonly failures: number;
  /** When a source that is busy may be asked again. */
  readonly retryAt: Date | undefined;
  readonly now: Date;
}

const MAX_BACKOFF_MS = 15 * 60_000;

/**
 * Milliseconds until the next poll: the interval and up to a tenth more, so that many proxies do not ask at once; after
 * failures the interval doubled each time, up to a quarter of an hour (or the interval, if that is longer), and never
 * before a time that the source named. `random` is from 0 to 1.
 */
export function nextPollMs(
  intervalMs: number,
  { failures, retryAt, now }: PollOutcome,
  random = Math.random(),
): number {
  const backoff = Math.min(intervalMs * 2 ** Math.min(failures, 16), Math.max(MAX_BACKOFF_MS, intervalMs));
  const wait = Math.max(backoff, retryAt ? retryAt.getTime() - now.getTime() : 0);
  return Math.round(wait * (1 + random / 10));
}
