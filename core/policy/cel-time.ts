/** The functions of CEL on numbers and time: strict, bounded, and the same on every machine. */
import { Duration } from "@marcbachmann/cel-js/evaluator";
import { parseDuration, parseInstant } from "../time.ts";
import { fail, keep, spend, spendOnce } from "./cel-budget.ts";
import { type Handler, INT64_MAX, TIMESTAMP } from "./cel-types.ts";

export function toInt(value: bigint): bigint {
  return value <= INT64_MAX && value >= -INT64_MAX - 1n ? value : fail("the number does not fit into 64 bits");
}

export function doubleToInt(value: number): bigint {
  // The doubles next to the greatest int are 2^63, which is too much, and one that is far below.
  return Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : fail("the number does not fit into 64 bits");
}

/** Not what BigInt() takes, for which the empty text is 0. */
export function textToInt(text: string): bigint {
  return /^[-+]?\d{1,19}$/.test(text) ? toInt(BigInt(text)) : fail("int() takes a decimal number");
}

export function strictTimestamp(text: string): Date {
  const instant = parseInstant(text);
  return instant ? toInstant(instant.getTime()) : fail("this is no RFC 3339 time such as 2026-01-31T12:00:00Z");
}

/** The range of CEL: the years 1 to 9999. */
export function toInstant(milliseconds: number): Date {
  if (milliseconds >= -62_135_596_800_000 && milliseconds <= 253_402_300_799_999) return new Date(milliseconds);
  return fail("the time is not within the years 1 to 9999");
}

/** Of a time, in UTC or in the zone named, whatever the zone of the machine. */
export function calendar(parts: Readonly<Record<string, (at: Date) => number>>): Record<string, Handler> {
  const functions: Record<string, Handler> = {};
  for (const [name, read] of Object.entries(parts)) {
    functions[`${TIMESTAMP}.${name}(): int`] = (at: Date) => BigInt(read(at));
    functions[`${TIMESTAMP}.${name}(string): int`] = (at: Date, zone: string) => BigInt(read(inZone(at, zone)));
  }
  return functions;
}

/** The instant whose UTC fields are those of `at` in the zone: a name such as Europe/Berlin, or an offset such as +05:30. */
function inZone(at: Date, zone: string): Date {
  const [, sign, hours, minutes, seconds] =
    OFFSET.exec(/^[-+]?\d\d:\d\d$/.test(zone) ? zone : zoneOffset(at, zone)) ?? [];
  const offset = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  return new Date(at.getTime() + (sign === "-" ? -offset : offset) * 1000);
}

const OFFSET = /([-+]?)(\d\d):(\d\d)(?::(\d\d))?$/;

const zones = new Map<string, Intl.DateTimeFormat>();

/** Ends in GMT, GMT+02:00, or for old dates GMT+00:53:28. */
function zoneOffset(at: Date, timeZone: string): string {
  let format = zones.get(timeZone);
  spendOnce(timeZone, 5000);
  if (!format) {
    try {
      format = keep(zones, timeZone, new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" }));
    } catch {
      return fail("this is no time zone such as Europe/Berlin or +05:30");
    }
  }
  spend(150);
  return format.format(at);
}

const durations = new Map<string, Duration>();

/** Kept, for the same few are read for every release. */
export function strictDuration(text: string): Duration {
  const known = durations.get(text);
  if (known) return known;
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) return fail("this is no duration such as 72h or 1h30m");
  return keep(durations, text, toDuration(milliseconds));
}

function toDuration(milliseconds: number): Duration {
  const whole = Math.floor(milliseconds);
  return fromNanos(BigInt(whole) * 1_000_000n + BigInt(Math.round((milliseconds - whole) * 1e6)));
}

/** The range that the tests of the specification want: 64 bits of nanoseconds. */
function fromNanos(nanos: bigint): Duration {
  if (nanos > INT64_MAX || nanos < -INT64_MAX) fail("the duration is longer than 292 years");
  return new Duration(nanos / 1_000_000_000n, Number(nanos % 1_000_000_000n));
}

export function nanosOf(span: Duration): bigint {
  return span.seconds * 1_000_000_000n + BigInt(span.nanos);
}

// The engine's arithmetic with time has no bounds, and adds negative fractions wrongly. Its operators cannot be
// replaced either, but call these methods.
Duration.fromMilliseconds = toDuration;

Object.assign(Duration.prototype, {
  addDuration(this: Duration, other: Duration) {
    return fromNanos(nanosOf(this) + nanosOf(other));
  },
  subtractDuration(this: Duration, other: Duration) {
    return fromNanos(nanosOf(this) - nanosOf(other));
  },
  extendTimestamp(this: Duration, at: Date) {
    return toInstant(at.getTime() + Number(this.seconds) * 1000 + Math.floor(this.nanos / 1e6));
  },
  subtractTimestamp(this: Duration, at: Date) {
    return fromNanos(-nanosOf(this)).extendTimestamp(at);
  },
});
