/** Lists that stay small whatever comes in. */
import { type Content, html, type Markup } from "../../../core/page/html.ts";
import { grouped } from "../../../core/page/said.ts";
import { nounFor } from "../words.ts";

const MAX_ROWS = 300;

export interface Rows {
  readonly drawn: readonly Markup[];
  /** How many are left out. */
  readonly more: number;
}

/** The first rows, as far as they fit into so many bytes: each is small, but a page of many is not. */
export function bounded<T>(items: readonly T[], draw: (item: T) => Markup, bytes: number, most = MAX_ROWS): Rows {
  const drawn: Markup[] = [];
  let left = bytes;
  for (const item of items.slice(0, most)) {
    const row = draw(item);
    left -= Buffer.byteLength(row.toString());
    if (left < 0) break;
    drawn.push(row);
  }
  return { drawn, more: items.length - drawn.length };
}

/** `and 900 more releases, in the JSON`. */
function andMore(count: number, singular: string, plural?: string): Markup | undefined {
  if (count === 0) return undefined;
  return html`<p class="muted small">and ${grouped(count)} more ${nounFor(count, singular, plural)}, in the JSON</p>`;
}

export interface Folding {
  /** So many are shown at once, the others when they are asked for. */
  readonly open: number;
  readonly wrap: (rows: readonly Markup[]) => Markup;
  readonly singular: string;
  readonly plural?: string;
}

/** What is long is folded, and what is longer still is counted. */
export function folded({ drawn, more }: Rows, { open, wrap, singular, plural }: Folding): Content {
  if (drawn.length === 0) return andMore(more, singular, plural);
  // To open a fold for a row or two is more trouble than to read past them.
  const first = drawn.length <= open * 1.25 ? drawn.length : open;
  const rest = drawn.slice(first);
  const noun = nounFor(rest.length, singular, plural);
  return [
    first > 0 && wrap(drawn.slice(0, first)),
    rest.length > 0 &&
      html`<details><summary>${first > 0 ? `${grouped(rest.length)} more ${noun}` : `${grouped(rest.length)} ${noun}`}</summary>${wrap(rest)}</details>`,
    andMore(more, singular, plural),
  ];
}

/** Items by what they have in common, the largest group first. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): [key: string, items: T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups].sort(([, a], [, b]) => b.length - a.length);
}
