/** Instants (RFC 3339) and spans of time (the duration syntax of CEL and Go). */

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;
/** Both signs of the micro unit, U+00B5 and U+03BC, as Go reads them. */
const UNITS: Record<string, number> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ns: 1e-6,
};
const DURATION = /^([-+]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:h|ms|us|[µμ]s|ns|m|s))+)$/;

/**
 * A strict RFC 3339 instant, to the millisecond; undefined for anything else, such as 30 February, or what an offset
 * moves out of the years 1 to 9999.
 */
export function parseInstant(text: string): Date | undefined {
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (
    year < 1 ||
    month < 1 ||
    month > 12 ||
    day < 1 ||
    (day > 28 && day > new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate())
  )
    return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const zone = match[8] ?? "Z";
  if (zone.length > 1 && (Number(zone.slice(1, 3)) > 23 || Number(zone.slice(4)) > 59)) return undefined;
  const instant = new Date(text.toUpperCase().replace(/(\.\d{3})\d+/, "$1"));
  return instant.getUTCFullYear() >= 1 && instant.getUTCFullYear() <= 9999 ? instant : undefined;
}

/** Milliseconds of a duration such as `72h` or `1h30m`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = text.length <= 64 ? DURATION.exec(text) : null;
  if (!match?.[2]) return undefined;
  let sum = 0;
  for (const [, amount, unit] of match[2].matchAll(/(\d+(?:\.\d*)?|\.\d+)(h|ms|us|[µμ]s|ns|m|s)/g)) {
    sum += Number(amount) * (UNITS[unit ?? ""] ?? Number.NaN);
  }
  return match[1] === "-" ? -sum : sum;
}

/** RFC 3339 in UTC, without a fraction where it is zero. */
export function formatInstant(instant: Date): string {
  return instant.toISOString().replace(".000Z", "Z");
}
