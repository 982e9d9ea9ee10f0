/** Charts as SVG without scripts. What they show stands in words beside them, and shades differ by pattern, not by colour alone. */
import { type Content, html, type Markup } from "../../../core/page/html.ts";
import { SHADES, type Shade } from "./words.ts";

/** So much of a bar, in percent, shows what is there at all. */
const LEAST = 1.2;

const shape = (id: Shade, colour: string, drawn: Markup): Markup =>
  html`<pattern id="shade-${id}" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="var(--${colour}Mark)"/>${drawn}</pattern>`;

/** What the charts are filled with; once a page, before them. */
export const PATTERNS = html`<svg class="patterns" width="0" height="0" aria-hidden="true" focusable="false"><defs>
${shape("block", "blocked", html`<path d="M-2 10L10 -2M-2 2L2 -2M6 10L10 6" stroke="var(--blockedSoft)" stroke-opacity=".62" stroke-width="2.2"/>`)}
${shape("quarantine", "held", html`<path d="M-2 -2L10 10M-2 6L2 10M6 -2L10 2" stroke="var(--heldSoft)" stroke-opacity=".7" stroke-width="1.2"/>`)}
${shape("strip-scripts", "stripped", html`<circle cx="2" cy="2" r="1.15" fill="var(--strippedSoft)"/><circle cx="6" cy="6" r="1.15" fill="var(--strippedSoft)"/>`)}
<pattern id="shade-warn" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="var(--edge)"/><path d="M0 2h8M0 6h8" stroke="var(--page)" stroke-opacity=".55" stroke-width="1.2"/></pattern>
<pattern id="shade-unjudged" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="var(--muted)"/><circle cx="4" cy="4" r="1.6" fill="var(--page)"/></pattern>
<pattern id="shade-allow" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="var(--allowedSoft)"/><rect width="8" height="8" fill="var(--allowedMark)" fill-opacity=".42"/></pattern>
</defs></svg>`;

export interface Segment {
  readonly shade: Shade;
  readonly count: number;
}

/** In the order in which verdicts are told, without what is not there. */
export function segmentsOf(counts: Readonly<Partial<Record<Shade, number>>>): Segment[] {
  return SHADES.flatMap((shade) => {
    const count = counts[shade] ?? 0;
    return count > 0 ? [{ shade, count }] : [];
  });
}

/** Widths in percent of the whole: none that is there vanishes, and together they never exceed it. */
export function widthsOf(counts: readonly number[], whole: number): number[] {
  const widths = counts.map((count) => (whole > 0 && count > 0 ? Math.max(LEAST, (100 * count) / whole) : 0));
  const excess = widths.reduce((sum, width) => sum + width, 0) - 100;
  const widest = widths.indexOf(Math.max(...widths));
  return widths.map((width, index) => round(index === widest && excess > 0 ? Math.max(LEAST, width - excess) : width));
}

/** One bar of everything; `label` tells in words what it shows. */
export function shareBar(segments: readonly Segment[], label: string): Markup {
  const whole = segments.reduce((sum, { count }) => sum + count, 0);
  return html`<svg class="share" role="img" aria-label="${label}" focusable="false">${rectangles(segments, whole)}</svg>`;
}

/** What a row is measured by: the longest of them, or a whole of which all are parts. */
export type Scale = { readonly most: number } | { readonly whole: number };

function rowBar(segments: readonly Segment[], scale: Scale): Markup {
  const isShare = "whole" in scale;
  return html`<svg class="bar" aria-hidden="true" focusable="false">${isShare && html`<rect class="track" width="100%" height="100%"/>`}${rectangles(segments, isShare ? scale.whole : scale.most)}</svg>`;
}

function rectangles(segments: readonly Segment[], whole: number): Markup[] {
  const widths = widthsOf(
    segments.map(({ count }) => count),
    whole,
  );
  let x = 0;
  return segments.map(({ shade }, index) => {
    const width = widths[index] ?? 0;
    const drawn = html`<rect x="${round(x)}%" width="${width}%" height="100%" fill="url(#shade-${shade})"/>${index > 0 && html`<rect class="gap" x="${round(x)}%" width="2" height="100%"/>`}`;
    x += width;
    return drawn;
  });
}

/** What a shade looks like, beside the word for it. */
export function swatch(shade: Shade): Markup {
  return html`<svg class="swatch" width="14" height="14" aria-hidden="true" focusable="false"><rect width="14" height="14" rx="3" fill="url(#shade-${shade})"/></svg>`;
}

export interface BarRow {
  readonly name: Content;
  readonly segments: readonly Segment[];
  readonly words: Content;
}

/** Bars below each other, each with its name before it and its figures behind it. */
export function barTable(columns: readonly [name: string, figures: string], rows: readonly Markup[]): Markup {
  const [name, figures] = columns;
  return html`<table class="bars"><thead><tr><th scope="col" colspan="2">${name}</th><th scope="col">${figures}</th></tr></thead>
<tbody>${rows}</tbody></table>`;
}

export function barRow({ name, segments, words }: BarRow, scale: Scale): Markup {
  return html`<tr><th scope="row">${name}</th><td class="drawn">${rowBar(segments, scale)}</td><td class="figures">${words}</td></tr>`;
}

function round(percent: number): number {
  return Math.round(percent * 100) / 100;
}
