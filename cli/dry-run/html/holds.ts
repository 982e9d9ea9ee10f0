/** How long holds last, counted from when the dry run judged. */
import { html, type Markup } from "../../../core/page/html.ts";
import { between, spanText, timeOf } from "../../../core/page/times.ts";
import type { DryRunReport, Holds } from "../report.ts";
import { counted } from "../words.ts";
import { barRow, barTable } from "./charts.ts";
import type { Part } from "./part.ts";

export function holdsPart({ summary: { holds }, at }: DryRunReport): Part {
  const { open, ending, last } = holds;
  const all = open + ending;
  const left = last === null ? 0 : (between(at, last) ?? 0);
  return {
    id: "holds",
    title: "Holds",
    figure: all,
    words:
      all === 0
        ? html`<p>Nothing would be held.</p>`
        : html`${ending > 0 && html`<p>${counted(ending, "hold ends by itself", "holds end by themselves")}, ${ending > 1 && "the last one "}on ${timeOf(last ?? "")}${left > 0 && `, ${spanText(left)} after this dry run`}.</p>`}
${open > 0 && html`<p>${counted(open, "hold lasts until somebody approves the release", "holds last until somebody approves the release")}, or the policy changes.</p>`}`,
    figures: all > 0 && chartOf(holds),
  };
}

function chartOf({ within, open }: Holds): Markup {
  const rows = [
    ...within.map(({ hours, releases }, index) => ({
      name: spanOf(index === 0 ? null : (within[index - 1]?.hours ?? null), hours),
      count: releases,
    })),
    { name: "Until somebody approves", count: open },
  ];
  const most = Math.max(...rows.map(({ count }) => count));
  return barTable(
    ["Held for", "Releases"],
    rows.map(({ name, count }) => {
      const segments = count > 0 ? [{ shade: "quarantine" as const, count }] : [];
      return barRow({ name, segments, words: counted(count, "release") }, { most });
    }),
  );
}

/** From more than so many hours to at most so many; null where there is no such bound. */
export function spanOf(from: number | null, to: number | null): string {
  if (from === null) return to === null ? "Some time" : `Up to ${lengthOf(to)}`;
  if (to === null) return `Longer than ${lengthOf(from)}`;
  return from % 24 === 0 && to % 24 === 0 ? `${from / 24} to ${lengthOf(to)}` : `${lengthOf(from)} to ${lengthOf(to)}`;
}

function lengthOf(hours: number): string {
  return hours % 24 === 0 ? counted(hours / 24, "day") : counted(hours, "hour");
}
