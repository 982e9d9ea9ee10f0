/** A dry run for a terminal. */
import { grouped } from "../../core/page/said.ts";
import { permits, VERDICTS } from "../../core/verdict.ts";
import { capitalised, oneLine } from "../../core/words.ts";
import { paint, paintVerdict, table } from "../print.ts";
import type { Affected, DryRunReport, JudgedRelease, Place } from "./report.ts";
import {
  counted,
  effectOf,
  grouping,
  headlineOf,
  holdsText,
  insteadText,
  missingTexts,
  scriptsText,
  unjudgedTexts,
} from "./words.ts";

const MAX_ROWS = 50;
const MAX_PLACES = 3;
const MAX_NAMES = 5;
const MAX_TEXT = 300;

export function pretty(report: DryRunReport): string {
  const { summary, releases } = report;
  const shown = releases.filter(({ decision }) => decision.decision !== "allow");
  const sections = [
    shown.slice(0, MAX_ROWS).map(entryOf).join("\n") + more(shown.length - MAX_ROWS, "release"),
    affectedTable("repository", summary.repositories),
    affectedTable("job", summary.jobs),
    [scriptsText(summary.scripts), holdsText(summary.holds)].filter(Boolean).join("\n"),
    openQuestions(report),
    failures(report),
    [paint("bold", headlineOf(report)), effectOf(summary)].filter(Boolean).join(" "),
  ];
  return sections.filter((section) => section !== "").join("\n\n");
}

function more(count: number, noun: string): string {
  return count > 0 ? `\nand ${counted(count, `more ${noun}`)}; --json names all` : "";
}

function entryOf({ decision, alternatives, places }: JudgedRelease): string {
  const { purl, policy, rule, reason, evidence, until } = decision;
  const ids =
    evidence.length > 0
      ? ` [${evidence
          .map(({ id }) => id)
          .slice(0, MAX_NAMES)
          .join(", ")}]`
      : "";
  const end = until === null || permits(decision) ? "" : ` Free at ${until}.`;
  return [
    `${paintVerdict(decision.decision)}  ${paint("bold", oneLine(purl, MAX_TEXT))}`,
    `    ${oneLine(reason, MAX_TEXT)}${ids}${end} ${paint("dim", `(${policy}/${rule})`)}`,
    ...insteadText(alternatives).map((text) => `    ${capitalised(text)}`),
    `    ${paint("dim", placesText(places))}`,
  ].join("\n");
}

function placesText(places: readonly Place[]): string {
  const shown = places.slice(0, MAX_PLACES).map(({ path, line }) => `${oneLine(path, MAX_TEXT)}:${line}`);
  const rest = places.length - shown.length;
  return `${shown.join(", ")}${rest > 0 ? ` and ${counted(rest, "more place")}` : ""}`;
}

/** Where nothing is denied, stripped or warned of, there is nothing to tell apart. */
function affectedTable(noun: string, all: readonly Affected[]): string {
  const touched = all.filter(({ decisions, releases }) => decisions.allow < releases);
  if (touched.length === 0) return "";
  const verdicts = [...VERDICTS].reverse();
  const head = [noun, "releases", ...verdicts].map((text) => paint("dim", text));
  const rows = touched
    .slice(0, MAX_ROWS)
    .map(({ name, releases, decisions }) => [
      oneLine(name, MAX_TEXT),
      grouped(releases),
      ...verdicts.map((verdict) => (decisions[verdict] === 0 ? paint("dim", "·") : grouped(decisions[verdict]))),
    ]);
  return table([head, ...rows]) + more(touched.length - MAX_ROWS, noun);
}

/** What the decisions do not rest on. */
function openQuestions({ summary, unjudged, releases }: DryRunReport): string {
  const missing = missingTexts(summary);
  const problems = grouping(
    releases.filter(({ problem }) => problem !== undefined),
    ({ problem }) => problem ?? "",
  );
  const lines = [
    ...(missing.length > 0 ? [`Not known: ${missing.join(", ")}.`] : []),
    ...(summary.unlisted > 0
      ? [`${counted(summary.unlisted, "release is", "releases are")} not listed by the registry.`]
      : []),
    ...problems
      .slice(0, MAX_NAMES)
      .map(([problem, all]) => `${counted(all.length, "release")}: ${oneLine(problem, MAX_TEXT)}`),
    ...unjudgedTexts(unjudged),
  ];
  return lines.map((line) => paint("yellow", line)).join("\n");
}

function failures({ inputs }: DryRunReport): string {
  const failed = inputs.filter(({ error }) => error !== undefined);
  const lines = failed.slice(0, MAX_ROWS).map(({ error }) => `${paint("red", "✗")} ${oneLine(error ?? "", MAX_TEXT)}`);
  return lines.join("\n") + more(failed.length - MAX_ROWS, "input");
}
