/** Colours, tables and figures for people. Colour goes where a terminal reads it, and NO_COLOR is honoured. */
import { styleText } from "node:util";
import type { Decision, Verdict } from "../schemas/types/decision.ts";

type Style = Parameters<typeof styleText>[0];

export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

const VERDICT_STYLES: Record<Verdict, Style> = {
  allow: "green",
  warn: "yellow",
  "strip-scripts": "yellow",
  quarantine: "magenta",
  block: "red",
};

export function paintVerdict(verdict: Verdict): string {
  return paint(VERDICT_STYLES[verdict], verdict);
}

/** What a decision leaves open, in words; nothing where the release was found. */
export function describeUnlisted({ unlisted }: Decision): string[] {
  return unlisted === undefined ? [] : ["not listed by the registry: judged by its purl alone"];
}

/** Columns as wide as their widest cell; the last one is not padded. Cells may be coloured. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, visible(cell));
  return rows
    .map((row) =>
      row
        .map((cell, index) =>
          index === row.length - 1 ? cell : cell + " ".repeat((widths[index] ?? 0) - visible(cell)),
        )
        .join("  "),
    )
    .join("\n");
}

/** How much of a terminal a cell takes, colours aside. */
export function visible(cell: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the colours
  return cell.replace(/\u001b\[[0-9;]*m/g, "").length;
}

/** `1 policy`, `2 policies`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}
