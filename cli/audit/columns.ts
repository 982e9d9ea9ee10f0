/** Decisions and groups as rows for a terminal. What strangers wrote is one line of bounded length. */
import { formatInstant } from "../../core/time.ts";
import { oneLine } from "../../core/words.ts";
import { paint, paintVerdict, table, visible } from "../print.ts";
import type { Entry } from "./entry.ts";
import type { Group, GroupField } from "./groups.ts";

const HEADS = ["time", "decision", "release", "policy/rule", "client", "reason"];
const MAX_CELL = 60;
/** What is cut from a release is its version. */
const MAX_RELEASE = 200;
const MIN_REASON = 20;
const MAX_REASON = 300;
/** Of the columns before the last one, where the rows to come are not known. */
const USUAL_WIDTHS = [20, 13, 40, 28, 30];

/** `width` is the terminal's; undefined where there is none, and nothing to fit into. */
export function decisionTable(entries: readonly Entry[], width: number | undefined): string {
  const rows = [HEADS.map((head) => paint("bold", head)), ...entries.map(toRow)];
  const widths = HEADS.slice(0, -1).map((_head, column) => widest(rows, column));
  if (isNarrow(widths, width))
    return rows
      .slice(1)
      .map((row) => twoLines(row, width))
      .join("\n");
  return table(rows.map((row) => cutLast(row, widths, width)));
}

/** A row whose columns stand below each other as far as may be. */
export function decisionRow(entry: Entry, width: number | undefined): string {
  const row = toRow(entry);
  if (isNarrow(USUAL_WIDTHS, width)) return twoLines(row, width);
  const padded = row.map((cell, column) => cell + " ".repeat(Math.max((USUAL_WIDTHS[column] ?? 0) - visible(cell), 0)));
  return cutLast(padded, padded.slice(0, -1).map(visible), width).join("  ");
}

/** Whether rows would wrap. */
function isNarrow(widths: readonly number[], width: number | undefined): width is number {
  return width !== undefined && taken(widths) + MIN_REASON > width;
}

/** For narrow terminals: what was decided on what, and below it why and for whom. */
function twoLines(row: readonly string[], width: number): string {
  const below = row
    .slice(HEADS.indexOf("policy/rule"))
    .filter((cell) => cell !== "")
    .join("  ");
  return `${row.slice(0, HEADS.indexOf("policy/rule")).join("  ")}\n  ${oneLine(below, width - 2)}`;
}

export function groupTable(fields: readonly GroupField[], groups: readonly Group[]): string {
  const heads = ["count", "first", "last", ...fields].map((head) => paint("bold", head));
  return table([
    heads,
    ...groups.map(({ values, count, first, last }) => [
      String(count),
      seconds(Date.parse(first)),
      seconds(Date.parse(last)),
      ...values.map((value, index) => groupCell(fields[index], value)),
    ]),
  ]);
}

function groupCell(field: GroupField | undefined, value: string | null): string {
  if (value === null) return paint("dim", "none");
  return field === "decision" ? paintVerdict(value as Entry["decision"]) : oneLine(value, 2 * MAX_CELL);
}

function toRow({ time, decision, purl, policy, rule, address, agent, reason }: Entry): string[] {
  return [
    seconds(time),
    paintVerdict(decision),
    oneLine(purl, MAX_RELEASE),
    policy === null ? "" : oneLine(`${policy}/${rule ?? ""}`, MAX_CELL),
    oneLine(`${address} ${agent.split(" ", 1)[0]}`, MAX_CELL),
    oneLine(reason, MAX_REASON),
  ];
}

function cutLast(row: readonly string[], widths: readonly number[], width: number | undefined): string[] {
  const room = width === undefined ? MAX_REASON : Math.max(width - taken(widths), MIN_REASON);
  const last = row.at(-1) ?? "";
  return [...row.slice(0, -1), visible(last) > room ? oneLine(last, room) : last];
}

/** By columns, with what is between them and the next. */
function taken(widths: readonly number[]): number {
  return widths.reduce((sum, one) => sum + one + 2, 0);
}

function widest(rows: readonly (readonly string[])[], column: number): number {
  return rows.reduce((width, row) => Math.max(width, visible(row[column] ?? "")), 0);
}

function seconds(time: number): string {
  return formatInstant(new Date(Math.floor(time / 1000) * 1000));
}
