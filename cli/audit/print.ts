/** Decisions as they are printed one after another: as rows for people, as CSV, or as the lines stand. */
import { existsSync } from "node:fs";
import { oneLine } from "../../core/words.ts";
import { decisionRow } from "./columns.ts";
import { csvLines, DECISION_HEAD, decisionCells } from "./csv.ts";
import type { Entry } from "./entry.ts";
import type { Filter } from "./filter.ts";
import { followLog } from "./follow.ts";
import { harmlessJson, type Output } from "./output.ts";
import { describeProblem, Tally, toEntries } from "./read.ts";

export type Form = "table" | "csv" | "jsonl";

/** Of lines that are no decisions; of others only the number is told. */
export const SHOWN_PROBLEMS = 20;

export class DecisionPrinter {
  readonly form: Form;
  readonly #output: Output;

  constructor(form: Form, output: Output) {
    this.form = form;
    this.#output = output;
  }

  /** Nobody reads on. */
  get closed(): AbortSignal {
    return this.#output.closed;
  }

  /** What stands above the first decision. */
  async printHead(): Promise<void> {
    if (this.form === "csv") await this.#output.write(csvLines([DECISION_HEAD]));
  }

  async print(entries: readonly Entry[]): Promise<void> {
    await this.#output.write(
      this.form === "csv"
        ? csvLines(entries.map(decisionCells))
        : entries.map((entry) => `${this.#lineOf(entry)}\n`).join(""),
    );
  }

  #lineOf(entry: Entry): string {
    const { width, isTerminal } = this.#output;
    if (this.form === "table") return decisionRow(entry, width);
    return isTerminal ? harmlessJson(entry.text) : entry.text;
  }
}

export interface Following {
  readonly filter: Filter;
  /** Also what was recorded before, as far back as the filter says. */
  readonly fromBefore: boolean;
  /** Says something beside the decisions. */
  readonly note: (text: string) => void;
}

/** Prints decisions as they are recorded, until SIGINT or SIGTERM, or until nobody reads on. */
export async function printFollowed(
  printer: DecisionPrinter,
  paths: readonly string[],
  { filter, fromBefore, note }: Following,
): Promise<void> {
  const ending = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ending.abort());
  const options = {
    since: fromBefore ? filter.since : undefined,
    signal: AbortSignal.any([ending.signal, printer.closed]),
  };
  await printer.printHead();
  for (const path of paths) if (!existsSync(path)) note(`${oneLine(path, 300)} is not there yet: waiting for it`);
  let told = 0;
  const print: Parameters<typeof followLog>[1] = async (lines, file) => {
    const tally = new Tally();
    const entries = toEntries(lines, file, tally).filter(filter.matches);
    for (const problem of tally.problems.slice(0, Math.max(SHOWN_PROBLEMS - told, 0))) note(describeProblem(problem));
    told += tally.damaged;
    await printer.print(entries);
  };
  await Promise.all(paths.map((path) => followLog(path, print, options)));
  if (told > SHOWN_PROBLEMS) note(`and ${told - SHOWN_PROBLEMS} more that are no decisions`);
}
