/** Spans of time on the command line. */
import { parseDuration } from "../../core/time.ts";

export const DAY_MS = 86_400_000;

/** Days (`14d`), or a duration as policies write it (`72h`), in milliseconds; undefined for anything else. */
export function parseSpan(text: string): number | undefined {
  const days = /^(\d{1,4})d$/.exec(text)?.[1];
  return days === undefined ? parseDuration(text) : Number(days) * DAY_MS;
}
