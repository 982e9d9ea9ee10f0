/** A server that asks to be left alone for a while. */
import { CordonError } from "./errors.ts";
import { formatInstant } from "./time.ts";

/** The failure SERVER_BUSY, with the time from which on it may be asked again. */
export class ServerBusy extends CordonError {
  readonly retryAt: Date;

  constructor(what: string, retryAt: Date) {
    super("SERVER_BUSY", `${what}, and asks to wait until ${formatInstant(retryAt)}`);
    this.retryAt = retryAt;
  }
}

const MAX_WAIT_MS = 60 * 60_000;

/** `Retry-After` (RFC 9110, section 10.2.3), at most an hour from now; undefined where there is none that can be read. */
export function retryAfter(header: string | string[] | undefined, now = new Date()): Date | undefined {
  const text = String(header ?? "").trim();
  if (text === "") return undefined;
  return atMostAnHour(/^\d{1,9}$/.test(text) ? now.getTime() + Number(text) * 1000 : Date.parse(text), now);
}

/** Seconds since 1970, as many APIs say when a limit is lifted; at most an hour from now. */
export function resetAt(header: string | string[] | undefined, now = new Date()): Date | undefined {
  return /^\d{1,12}$/.test(String(header)) ? atMostAnHour(Number(header) * 1000, now) : undefined;
}

function atMostAnHour(time: number, now: Date): Date | undefined {
  if (Number.isNaN(time)) return undefined;
  return new Date(Math.min(Math.max(time, now.getTime()), now.getTime() + MAX_WAIT_MS));
}
