/** A dry run for a job's summary, or a comment on a pull request. */
import { permits, VERDICT_WORDS, VERDICTS } from "../../core/verdict.ts";
import { codeLink, inlineCode } from "../markdown.ts";
import type { Affected, DryRunReport, JudgedRelease } from "./report.ts";
import { counted, effectOf, grouping, headlineOf, holdsText, missingTexts, scriptsText } from "./words.ts";

/** GitHub takes 65,536 characters in a comment. */
const MAX_CHARACTERS = 60_000;
const MAX_ITEMS = 100;
const MAX_PLACES = 3;

export function markdown(report: DryRunReport): string {
  const { summary, releases, inputs, unjudged } = report;
  const denied = releases.filter(({ decision }) => !permits(decision));
  const noticed = releases.filter(({ decision }) => permits(decision) && decision.policy !== null);
  const sections = [
    `## ${headlineOf(report)}`,
    effectOf(summary) ?? "",
    list("### Denied", denied.map(itemOf)),
    list("### Let through, but", noticed.map(itemOf)),
    affectedTable("Repository", summary.repositories),
    affectedTable("Job", summary.jobs),
    [scriptsText(summary.scripts), holdsText(summary.holds)].filter(Boolean).join("\n\n"),
    list("### Not known", [
      ...missingTexts(summary),
      ...grouping(unjudged, ({ reason }) => reason).map(
        ([reason, all]) => `${counted(all.length, "entry", "entries")} not judged, because it ${inlineCode(reason)}`,
      ),
      ...inputs.flatMap(({ error }) => (error === undefined ? [] : [inlineCode(error)])),
    ]),
  ];
  return fit(sections.filter((section) => section !== ""));
}

function fit(sections: readonly string[]): string {
  const shown: string[] = [];
  let size = 0;
  for (const section of sections) {
    size += section.length + 2;
    if (size > MAX_CHARACTERS) return [...shown, "(The rest is in the JSON.)"].join("\n\n");
    shown.push(section);
  }
  return shown.join("\n\n");
}

function list(heading: string, items: readonly string[]): string {
  if (items.length === 0) return "";
  const rest = items.length > MAX_ITEMS ? [`and ${counted(items.length - MAX_ITEMS, "more")}`] : [];
  return `${heading}\n\n${[...items.slice(0, MAX_ITEMS), ...rest].map((item) => `- ${item}`).join("\n")}`;
}

function itemOf({ decision, alternatives, places }: JudgedRelease): string {
  const { purl, reason, evidence, until } = decision;
  const ids = evidence.slice(0, 5).map(({ id, url }) => codeLink(url, id));
  const end = until === null || permits(decision) ? "" : `, free at ${until}`;
  const instead =
    alternatives.length === 0
      ? ""
      : `; allowed instead: ${alternatives.map((version) => inlineCode(version)).join(", ")}`;
  const where = places.slice(0, MAX_PLACES).map(({ path, line }) => inlineCode(`${path}:${line}`));
  const rest = places.length > MAX_PLACES ? [counted(places.length - MAX_PLACES, "more place")] : [];
  return `**${VERDICT_WORDS[decision.decision].participle}** ${inlineCode(purl)}${end}: ${[inlineCode(reason, 500), ...ids].join(" ")}${instead} (${[...where, ...rest].join(", ")})`;
}

/** Nothing where nothing is told apart. Bars divide cells in code as well (GFM, "Tables"). */
function affectedTable(noun: string, all: readonly Affected[]): string {
  const touched = all.filter(({ decisions, releases }) => decisions.allow < releases).slice(0, MAX_ITEMS);
  if (touched.length === 0) return "";
  const verdicts = [...VERDICTS].reverse();
  const rows = touched.map(({ name, releases, decisions }) => [
    inlineCode(name).replaceAll("|", "\\|"),
    releases,
    ...verdicts.map((verdict) => decisions[verdict]),
  ]);
  const head = [noun, "Releases", ...verdicts];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
