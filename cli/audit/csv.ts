/** Decisions and groups as CSV (RFC 4180), for programs and spreadsheets. */
import { own, ownString } from "../../core/json.ts";
import { formatInstant } from "../../core/time.ts";
import { oneLine } from "../../core/words.ts";
import { advisoriesOf, type Entry } from "./entry.ts";
import type { Group, GroupField } from "./groups.ts";

const MAX_CELL = 1000;

export const DECISION_HEAD = [
  ...["time", "decision", "release", "policy", "rule", "reason", "until", "advisories"],
  ...["kind", "address", "agent", "cache", "request", "revision"],
];

export function decisionCells(entry: Entry): string[] {
  const { line } = entry;
  return [
    formatInstant(new Date(entry.time)),
    entry.decision,
    entry.purl,
    entry.policy ?? "",
    entry.rule ?? "",
    entry.reason,
    ownString(line, "until") ?? "",
    advisoriesOf(entry).join(" "),
    entry.kind,
    entry.address,
    entry.agent,
    ownString(line, "cache") ?? "",
    ownString(line, "requestId") ?? "",
    revisionOf(line),
  ];
}

/** Of the bundle that decided, and nothing else than a number: a line may be anybody's. */
function revisionOf({ bundle }: Entry["line"]): string {
  const revision = own(bundle, "revision");
  return typeof revision === "number" ? String(revision) : "";
}

export function groupHead(fields: readonly GroupField[]): string[] {
  return ["count", "first", "last", ...fields];
}

export function groupCells({ values, count, first, last }: Group): string[] {
  return [String(count), first, last, ...values.map((value) => value ?? "")];
}

export function csvLines(records: readonly (readonly string[])[]): string {
  return records.map((cells) => `${csvRecord(cells)}\r\n`).join("");
}

/** A record, without its line end. */
export function csvRecord(cells: readonly string[]): string {
  return cells.map(toCell).join(",");
}

/**
 * Spreadsheets run what begins like a formula, and an agent's name is a stranger's: an apostrophe makes it a text. Where
 * a spreadsheet is set to other separators, a cell also begins behind those, and quotes do not keep it together.
 */
function toCell(text: string): string {
  const safe = oneLine(text, MAX_CELL).replace(/(^|[;,]\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/g, "$1'");
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
