import { dirname, resolve } from "node:path";
import { Args, Flags, ux } from "@oclif/core";
import { requireConfig } from "../../core/config.ts";
import { CordonError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { PURL_TYPES } from "../../core/purl.ts";
import { readText } from "../../core/source/files.ts";
import { DEFAULT_STATE } from "../../core/state.ts";
import { decisionTable, groupTable } from "../audit/columns.ts";
import { csvLines, groupCells, groupHead } from "../audit/csv.ts";
import type { Entry } from "../audit/entry.ts";
import { type Filter, parseFilter } from "../audit/filter.ts";
import { GROUP_FIELDS, type GroupField, Groups } from "../audit/groups.ts";
import { findLogs } from "../audit/logs.ts";
import { Newest } from "../audit/newest.ts";
import { harmlessJson, Output } from "../audit/output.ts";
import { DecisionPrinter, type Form, printFollowed, SHOWN_PROBLEMS } from "../audit/print.ts";
import { describeProblem, readEntries, Tally } from "../audit/read.ts";
import { CordonCommand, EXIT } from "../command.ts";
import { also, never } from "../flag-relations.ts";
import { count } from "../print.ts";
import { progressLine } from "../progress.ts";

interface AuditResult {
  readonly decisions?: readonly JsonObject[];
  readonly groups?: readonly JsonObject[];
  /** How many more there are: decisions that are older, or groups that are smaller. */
  readonly more: number;
  readonly read: Pick<Tally, "files" | "lines" | "damaged" | "problems">;
}

const DEFAULT_LIMIT = 1000;
const many = { multiple: true, multipleNonGreedy: true } as const;

export default class Audit extends CordonCommand {
  static override summary = "Search decision logs: who asked for what, and what was decided.";
  static override description =
    `Reads the decision logs of proxies: files, directories with all their *.jsonl and *.jsonl.gz, or - for standard
input. Without a path, those of the state directory that a proxy has unless it is told otherwise.

Filters of different names must all match; of one that is given several times, one value must. Lines that are no decisions are
counted and told: then the exit code is 1, and 2 where nothing could be read.`;
  static override examples = [
    {
      description: "What was refused or held in the last day",
      command: "<%= config.bin %> <%= command.id %> --decision block,quarantine --since 24h",
    },
    {
      description: "Who has a package, and which releases of it",
      command: "<%= config.bin %> <%= command.id %> --purl pkg:npm/left-pad --kind file --group-by client,release",
    },
    {
      description: "What an advisory touched, in the logs of two proxies",
      command: "<%= config.bin %> <%= command.id %> east/state west/state --advisory MAL-2026-1 --csv",
    },
    {
      description: "Refusals as they happen",
      command: "<%= config.bin %> <%= command.id %> --follow --decision block",
    },
  ];
  static override strict = false;
  static override args = {
    path: Args.string({ description: `logs, or directories with logs [default: ${DEFAULT_STATE}]`, ignoreStdin: true }),
  };
  static override flags = {
    since: Flags.string({
      description: "not before: an instant, a day of UTC, or a duration back from now, such as 24h or 7d",
    }),
    until: Flags.string({ description: "not after; of a day, not after its end" }),
    decision: Flags.string({
      description: "what was decided",
      options: ["allow", "warn", "strip-scripts", "quarantine", "block"],
      delimiter: ",",
      ...many,
    }),
    policy: Flags.string({
      description:
        "a policy that objected, also where another one decided, it is only audited, or an approval lifted it",
      ...many,
    }),
    rule: Flags.string({ description: "a rule that objected; with --policy, one of that policy", ...many }),
    purl: Flags.string({ description: "a release, a package, or a pattern with * and ? for either", ...many }),
    ecosystem: Flags.string({ description: "ecosystems", options: [...PURL_TYPES], delimiter: ",", ...many }),
    client: Flags.string({
      description: "an address, a network such as 10.0.0.0/8, or an agent as a pattern, such as 'npm/*'",
      ...many,
    }),
    advisory: Flags.string({ description: "an advisory that affects the release", ...many }),
    kind: Flags.string({
      description: "releases that were withheld in listings, or files that were asked for",
      options: ["metadata", "file"],
    }),
    "group-by": Flags.string({
      description: "count decisions by what they have in common",
      options: [...GROUP_FIELDS],
      delimiter: ",",
      relationships: never("jsonl", "follow", "limit"),
      ...many,
    }),
    top: Flags.integer({ description: "only the largest groups", min: 1, relationships: also("group-by") }),
    limit: Flags.integer({
      description: `only the newest decisions [default: ${DEFAULT_LIMIT}, with --csv and --jsonl all]`,
      min: 1,
      max: 100_000,
    }),
    csv: Flags.boolean({ description: "print CSV", relationships: never("jsonl") }),
    jsonl: Flags.boolean({ description: "print the lines as they stand" }),
    follow: Flags.boolean({
      char: "f",
      description: "print decisions as they are recorded, with --since also earlier ones, until SIGINT",
      relationships: never("limit", "top"),
    }),
    config: Flags.string({ description: "the proxy's cordon.yaml, which names its state directory" }),
  };

  readonly #output = new Output();
  readonly #tally = new Tally();

  async run(): Promise<AuditResult | undefined> {
    const { argv, flags } = await this.parse(Audit);
    const form: Form = flags.csv ? "csv" : flags.jsonl ? "jsonl" : "table";
    if (this.jsonEnabled()) refuseWithJson(flags);
    const filter = parseFilter(flags, new Date());
    const printer = new DecisionPrinter(form, this.#output);
    const paths = argv.length > 0 ? argv.map(String) : [stateDirectory(flags.config)];
    if (flags.follow) {
      if (paths.includes("-"))
        throw new CordonError("USAGE", "--follow is about files: - is read as it comes, without it");
      const note = (text: string) => this.#note(text);
      await printFollowed(printer, paths, { filter, fromBefore: flags.since !== undefined, note });
      this.#endIfUnread();
      return undefined;
    }
    const fields = flags["group-by"] as GroupField[] | undefined;
    const isStreamed = form !== "table" && !fields && flags.limit === undefined;
    const result = fields
      ? await this.#group(paths, filter, fields, form, flags.top)
      : isStreamed
        ? await this.#stream(paths, filter, printer)
        : await this.#list(paths, filter, printer, flags.limit ?? DEFAULT_LIMIT);
    if (this.#tally.damaged > 0) this.reportFindings();
    return result;
  }

  async #group(
    paths: readonly string[],
    filter: Filter,
    fields: readonly GroupField[],
    form: Form,
    top: number | undefined,
  ) {
    const groups = new Groups(fields);
    for await (const entries of this.#read(paths, filter)) for (const entry of entries) groups.add(entry);
    this.#conclude();
    const shown = groups.top(top);
    const more = groups.size - shown.length;
    if (form === "csv") await this.#output.write(csvLines([groupHead(fields), ...shown.map(groupCells)]));
    else if (shown.length === 0) this.#printNothing();
    else this.log(groupTable(fields, shown));
    if (more > 0) this.#note(`${count(more, "smaller group")} not shown: give a larger --top`);
    if (groups.ungrouped > 0)
      this.#note(`${count(groups.ungrouped, "decision")} in none of these: there are too many groups`);
    const named = shown.map(({ values, ...group }) => ({
      ...Object.fromEntries(fields.map((field, index) => [field, values[index] ?? null])),
      ...group,
    }));
    return { groups: named, more, ungrouped: groups.ungrouped, read: this.#summary() };
  }

  async #list(paths: readonly string[], filter: Filter, printer: DecisionPrinter, limit: number): Promise<AuditResult> {
    const newest = new Newest(limit);
    for await (const entries of this.#read(paths, filter)) for (const entry of entries) newest.add(entry);
    this.#conclude();
    const [entries, more] = [newest.list(), newest.more];
    if (printer.form !== "table") {
      await printer.printHead();
      await printer.print(entries);
    } else if (entries.length === 0) this.#printNothing();
    else this.log(decisionTable(entries, this.#output.width));
    // Fewer than were asked for are all that memory has room for.
    const advice = entries.length < limit ? "ask for less, or take --jsonl" : "give a larger --limit";
    if (more > 0) this.#note(`${count(more, "earlier decision")} not shown: ${advice}`);
    return { decisions: entries.map(({ line }) => line), more, read: this.#summary() };
  }

  async #stream(paths: readonly string[], filter: Filter, printer: DecisionPrinter): Promise<undefined> {
    await printer.printHead();
    for await (const entries of this.#read(paths, filter)) {
      await printer.print(entries);
      this.#endIfUnread();
    }
    this.#conclude();
  }

  /** Nobody reads on, and oclif would wait for what is on its way to them. */
  #endIfUnread(): void {
    if (this.#output.closed.aborted) this.exit(EXIT.fine);
  }

  /** Those that match, and how far the work is. */
  async *#read(paths: readonly string[], filter: Filter): AsyncGenerator<readonly Entry[]> {
    const bar = progressLine("audit", this.jsonEnabled());
    const found = await findLogs(paths, filter.since);
    try {
      for await (const entries of readEntries(found, this.#tally, (done, total) => bar.update("bytes", done, total))) {
        const matching = entries.filter(filter.matches);
        if (matching.length > 0) yield matching;
      }
    } finally {
      bar.clear();
    }
  }

  /** Tells what was damaged. Throws FILE_UNREADABLE where all was. */
  #conclude(): void {
    this.#tally.requireSomething();
    const { problems, damaged } = this.#tally;
    const shown = problems.slice(0, SHOWN_PROBLEMS);
    for (const problem of shown) this.#note(describeProblem(problem));
    if (damaged > shown.length) this.#note(`and ${damaged - shown.length} more that are no decisions`);
  }

  #printNothing(): void {
    const { files, lines } = this.#tally;
    this.log(
      `No decision matches. ${count(lines, "line")} of ${count(files, "file")} ${lines === 1 ? "was" : "were"} read.`,
    );
  }

  #summary(): AuditResult["read"] {
    const { files, lines, damaged, problems } = this.#tally;
    return { files, lines, damaged, problems };
  }

  /** What is said beside the result. */
  #note(text: string): void {
    if (!this.jsonEnabled()) this.logToStderr(text);
  }

  /** Its texts are strangers', and the reader may be a terminal. */
  protected override logJson(json: unknown): void {
    ux.stdout(harmlessJson(JSON.stringify(json, null, 2)));
  }
}

/** What oclif's relationships cannot say, for `--json` is its own flag. Throws USAGE. */
function refuseWithJson(flags: { readonly csv: boolean; readonly jsonl: boolean; readonly follow: boolean }): void {
  for (const name of ["csv", "jsonl", "follow"] as const)
    if (flags[name]) throw new CordonError("USAGE", `--json does not go with --${name}`);
}

/** Of the proxy that is meant, as it finds it itself. */
function stateDirectory(config: string | undefined): string {
  if (config === undefined) return DEFAULT_STATE;
  const { proxy } = requireConfig({ path: config, text: readText(config) });
  return proxy?.state === undefined ? DEFAULT_STATE : resolve(dirname(config), proxy.state);
}
