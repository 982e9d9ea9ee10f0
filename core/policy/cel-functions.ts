/** The functions of CEL that the engine lacks, has wrong, or takes from the machine: by signature. */
import { EvaluationError } from "@marcbachmann/cel-js";
import { Duration, type UnsignedInt } from "@marcbachmann/cel-js/evaluator";
import { RE2JS } from "re2js";
import { formatInstant, parseDuration, parseInstant } from "../time.ts";

/** A CEL type as the engine writes it: `int`, `list<Script>`, `map<string, string>`. */
export type CelType = string;
export const TIMESTAMP: CelType = "google.protobuf.Timestamp";
export const DURATION: CelType = "google.protobuf.Duration";
export const INT64_MAX = 9_223_372_036_854_775_807n;

const MAX_PATTERN = 1000;

type Handler = (...args: never[]) => unknown;

/** What the engine lacks. */
export const EXTENSIONS: Readonly<Record<string, Handler>> = {
  [`string(${TIMESTAMP}): string`]: (at: Date) => formatInstant(at),
  [`string(${DURATION}): string`]: (span: Duration) => `${span.valueOf() / 1000}s`,
};

/** What the engine has wrong, or takes from the machine. No overload of its own is left of these names. */
export const REPLACEMENTS: Readonly<Record<string, Handler>> = {
  "string.matches(string): bool": re2Find,
  "string.lowerAscii(): string": (text: string) => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()),
  "string.upperAscii(): string": (text: string) => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase()),
  "string.trim(): string": trim,
  "int(int): int": (value: bigint) => value,
  "int(uint): int": (value: UnsignedInt) => toInt(value.value),
  "int(double): int": doubleToInt,
  "int(string): int": textToInt,
  [`int(${TIMESTAMP}): int`]: (at: Date) => BigInt(Math.floor(at.getTime() / 1000)),
  [`timestamp(string): ${TIMESTAMP}`]: strictTimestamp,
  [`timestamp(int): ${TIMESTAMP}`]: (seconds: bigint) => toInstant(Number(seconds) * 1000),
  [`timestamp(${TIMESTAMP}): ${TIMESTAMP}`]: (at: Date) => at,
  [`duration(string): ${DURATION}`]: strictDuration,
  [`duration(${DURATION}): ${DURATION}`]: (span: Duration) => span,
  [`${DURATION}.getHours(): int`]: (span: Duration) => nanosOf(span) / 3_600_000_000_000n,
  [`${DURATION}.getMinutes(): int`]: (span: Duration) => nanosOf(span) / 60_000_000_000n,
  [`${DURATION}.getSeconds(): int`]: (span: Duration) => nanosOf(span) / 1_000_000_000n,
  [`${DURATION}.getMilliseconds(): int`]: (span: Duration) => nanosOf(span) / 1_000_000n,
  ...calendar({
    getFullYear: (at) => at.getUTCFullYear(),
    getMonth: (at) => at.getUTCMonth(),
    getDate: (at) => at.getUTCDate(),
    getDayOfMonth: (at) => at.getUTCDate() - 1,
    getDayOfWeek: (at) => at.getUTCDay(),
    getDayOfYear: (at) => (at.getTime() - new Date(at).setUTCMonth(0, 1)) / 86_400_000,
    getHours: (at) => at.getUTCHours(),
    getMinutes: (at) => at.getUTCMinutes(),
    getSeconds: (at) => at.getUTCSeconds(),
    getMilliseconds: (at) => at.getUTCMilliseconds(),
  }),
};

/** Arguments that are checked when they are compiled, where they are literals. */
export const LITERALS: ReadonlyMap<string, (text: string) => unknown> = new Map<string, (text: string) => unknown>([
  ["matches", re2],
  ["timestamp", strictTimestamp],
  ["duration", strictDuration],
]);

/** An error of evaluation; the engine adds where. */
function fail(message: string, code = "evaluation_error"): never {
  throw new EvaluationError({ message, code });
}

const patterns = new Map<string, RE2JS>();

function re2(pattern: string): RE2JS {
  const known = patterns.get(pattern);
  if (known) return known;
  if (pattern.length > MAX_PATTERN) fail(`the pattern is longer than ${MAX_PATTERN} characters`);
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (cause) {
    const why = `the pattern is not RE2, which has no look-around and no back-references: ${(cause as Error).message}`;
    fail(why, "invalid_pattern");
  }
  if (patterns.size >= 1000) patterns.clear();
  patterns.set(pattern, compiled);
  return compiled;
}

function re2Find(text: string, pattern: string): boolean {
  return re2(pattern).matcher(text).find();
}

/** Unicode's white space, which is not quite JavaScript's: a byte order mark stays, U+0085 goes. */
function trim(text: string): string {
  const isSpace = (at: number) => /\p{White_Space}/u.test(text.charAt(at));
  let [start, end] = [0, text.length];
  while (start < end && isSpace(start)) start++;
  while (end > start && isSpace(end - 1)) end--;
  return text.slice(start, end);
}

function toInt(value: bigint): bigint {
  return value <= INT64_MAX && value >= -INT64_MAX - 1n ? value : fail("the number does not fit into 64 bits");
}

function doubleToInt(value: number): bigint {
  // The doubles next to the greatest int are 2^63, which is too much, and one that is far below.
  return Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : fail("the number does not fit into 64 bits");
}

/** Not what BigInt() takes, for which the empty text is 0. */
function textToInt(text: string): bigint {
  return /^[-+]?\d{1,19}$/.test(text) ? toInt(BigInt(text)) : fail("int() takes a decimal number");
}

function strictTimestamp(text: string): Date {
  const instant = parseInstant(text);
  return instant ? toInstant(instant.getTime()) : fail("this is no RFC 3339 time such as 2026-01-31T12:00:00Z");
}

/** The range of CEL: the years 1 to 9999. */
function toInstant(milliseconds: number): Date {
  if (milliseconds >= -62_135_596_800_000 && milliseconds <= 253_402_300_799_999) return new Date(milliseconds);
  return fail("the time is not within the years 1 to 9999");
}

/** Of a time, in UTC or in the zone named, whatever the zone of the machine. */
function calendar(parts: Readonly<Record<string, (at: Date) => number>>): Record<string, Handler> {
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
    OFFSET.exec(/^[-+]?\d\d:\d\d$/.test(zone) ? zone : offsetOf(at, zone)) ?? [];
  const offset = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  return new Date(at.getTime() + (sign === "-" ? -offset : offset) * 1000);
}

const OFFSET = /([-+]?)(\d\d):(\d\d)(?::(\d\d))?$/;

function offsetOf(at: Date, timeZone: string): string {
  try {
    // Ends in GMT, GMT+02:00, or for old dates GMT+00:53:28.
    return new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" }).format(at);
  } catch {
    return fail("this is no time zone such as Europe/Berlin or +05:30");
  }
}

function strictDuration(text: string): Duration {
  const milliseconds = parseDuration(text);
  return milliseconds === undefined ? fail("this is no duration such as 72h or 1h30m") : toDuration(milliseconds);
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

function nanosOf(span: Duration): bigint {
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
