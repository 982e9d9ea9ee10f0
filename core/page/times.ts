/** Times and spans for people, always in UTC: whoever reads the page and whoever runs the proxy see the same. */
import { formatInstant, parseInstant } from "../time.ts";
import { type Content, html, type Markup } from "./html.ts";
import { omission, plain } from "./said.ts";

const MONTHS = "January February March April May June July August September October November December".split(" ");
const UNITS = [
  ["year", 365 * 86_400_000],
  ["month", 30 * 86_400_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** `22 November 2026, 12:00 UTC`. What is no instant is shown as it is. */
export function timeOf(instant: string): Content {
  const date = parseInstant(instant);
  if (!date) return plain(instant, 40);
  const text = `${dayText(date)}, ${date.toISOString().slice(11, 16)} UTC`;
  return html`<time datetime="${formatInstant(date)}">${text}</time>`;
}

/** A reason as a rule words it, with the instants in it as people write them. */
export function reasonText(text: string, length: number): Markup {
  const parts = plain(text, length).split(/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/);
  return html`<bdi>${parts.map((part, index) => (index % 2 === 0 ? part : timeOf(part)))}</bdi>${omission(text.length - length)}`;
}

/** `22 November 2026`. */
export function dayOf(instant: string): Content {
  const date = parseInstant(instant);
  return date ? html`<time datetime="${formatInstant(date)}">${dayText(date)}</time>` : plain(instant, 40);
}

function dayText(date: Date): string {
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** Milliseconds from one instant to another; undefined where either is none. */
export function between(from: string | null, to: string | null): number | undefined {
  const [start, end] = [parseInstant(from ?? ""), parseInstant(to ?? "")];
  return start && end ? end.getTime() - start.getTime() : undefined;
}

/** `2 days 14 hours`: the two largest units, rounded down. */
export function spanText(milliseconds: number): string {
  let rest = Math.abs(milliseconds);
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}${count === 1 ? "" : "s"}`);
    if (parts.length === 2 || (parts.length === 1 && count === 0)) break;
  }
  return parts.length > 0 ? parts.join(" ") : "less than a minute";
}
