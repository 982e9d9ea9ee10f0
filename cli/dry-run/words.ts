/** What every reporter says in the same words. */
import { grouped } from "../../core/page/said.ts";
import type { FactSource } from "../../core/policy/facts.ts";
import { VERDICT_WORDS } from "../../core/verdict.ts";
import { oneLine } from "../../core/words.ts";
import type { Verdict } from "../../schemas/types/decision.ts";
import type { Affected, DryRunReport, Holds, Scripts, Summary, UnjudgedEntry } from "./report.ts";

/** `1 release`, `1,204 releases`. */
export function counted(number: number, singular: string, plural = `${singular}s`): string {
  return `${grouped(number)} ${nounFor(number, singular, plural)}`;
}

export function nounFor(number: number, singular: string, plural = `${singular}s`): string {
  return number === 1 ? singular : plural;
}

/** `a`, `a and b`, `a, b and c`. */
export function enumerated(items: readonly string[]): string {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** What is not known where a document is not at hand. */
export const TOLD_BY: Record<FactSource, string> = {
  identity: "What its name tells",
  listing: "What the registry lists",
  time: "When it was published",
  manifest: "What it says of itself",
  file: "What its files say",
  digest: "The digest of its file",
  attestations: "How it was built",
  keys: "The keys that its registry signs with",
  public: "Whether the public registry has the name too",
};

/** The result in one sentence. */
export function headlineOf({ summary }: Pick<DryRunReport, "summary">): string {
  const { releases, decisions, repositories, inputs, unreadable, unjudged } = summary;
  if (inputs === 0) return "There is nothing that Cordon reads: no lockfile, SBOM, listing or log was found.";
  if (unreadable === inputs) return "None of the inputs could be read.";
  if (releases === 0 && unjudged > 0) return "Nothing of what was read could be judged.";
  if (releases === 0) return "What was read names no release.";
  const parts = [
    ...(decisions.block > 0 ? [`block ${grouped(decisions.block)}`] : []),
    ...(decisions.quarantine > 0 ? [`hold ${grouped(decisions.quarantine)}`] : []),
    ...(decisions["strip-scripts"] > 0 ? [`take the scripts out of ${grouped(decisions["strip-scripts"])}`] : []),
    ...(decisions.warn > 0 ? [`warn of ${grouped(decisions.warn)}`] : []),
  ];
  const of = `${counted(releases, "release")} in ${counted(repositories.length, "repository", "repositories")}`;
  return parts.length === 0 ? `Cordon would allow all of ${of}.` : `Cordon would ${enumerated(parts)} of ${of}.`;
}

/** What enforcement would mean for installs; nothing where no install would fail. */
export function effectOf({ repositories, jobs }: Summary): string | undefined {
  const affected = (all: readonly Affected[]) => all.filter(({ isAffected }) => isAffected).length;
  const [ofRepositories, ofJobs] = [affected(repositories), affected(jobs)];
  if (ofRepositories === 0) return undefined;
  const where = counted(ofRepositories, "repository", "repositories");
  return `Installs in ${where}${ofJobs > 0 ? `, and ${counted(ofJobs, "job")},` : ""} would meet a refusal.`;
}

export function scriptsText({ running, unknown, verdicts }: Scripts): string {
  const kinds = Object.entries(verdicts).map(([verdict, number]) =>
    verdict === "unjudged"
      ? `${grouped(number)} not judged for want of facts`
      : `${grouped(number)} ${VERDICT_WORDS[verdict as Verdict].participle}`,
  );
  const known =
    running === 0
      ? "No release is known to run install scripts"
      : `${counted(running, "release runs", "releases run")} install scripts: ${enumerated(kinds)}`;
  return unknown === 0 ? `${known}.` : `${known}; for ${counted(unknown, "release")} it is not known.`;
}

const BOUNDS = new Map<number | null, string>([
  [24, "within a day"],
  [72, "within three days"],
  [168, "within a week"],
  [720, "within a month"],
  [null, "later"],
]);

function boundText(hours: number | null): string {
  return BOUNDS.get(hours) ?? `within ${hours} hours`;
}

/** A phrase beside others; none where nothing is known to be allowed. */
export function insteadText(alternatives: readonly string[]): string[] {
  return alternatives.length === 0 ? [] : [`allowed instead: ${oneLine(alternatives.join(", "), MAX_TEXT)}`];
}

/** Nothing where nothing is held. */
export function holdsText({ open, ending, within, last }: Holds): string | undefined {
  if (open + ending === 0) return undefined;
  const when = within.flatMap(({ hours, releases }) =>
    releases > 0 ? [`${grouped(releases)} ${boundText(hours)}`] : [],
  );
  const ends =
    ending === 0
      ? []
      : [`${counted(ending, "hold ends", "holds end")} by itself: ${enumerated(when)}, the last at ${last}`];
  const waits = open === 0 ? [] : [`${counted(open, "hold waits", "holds wait")} for somebody to approve`];
  return `${[...ends, ...waits].join("; ")}.`.replace(/(\d holds end by) itself/, "$1 themselves");
}

/** Why decisions are in part only; one phrase for each document that was missing. */
export function missingTexts({ missing }: Summary): string[] {
  return Object.entries(missing).map(
    ([source, releases]) => `${lowerFirst(TOLD_BY[source as FactSource])} (${counted(releases, "release")})`,
  );
}

const MAX_NAMES = 5;
const MAX_TEXT = 300;

/** What was not judged: a sentence for each reason. */
export function unjudgedTexts(unjudged: readonly UnjudgedEntry[]): string[] {
  return grouping(unjudged, ({ reason }) => reason).map(([reason, all]) => {
    const names = all.slice(0, MAX_NAMES).map(({ name }) => oneLine(name, 80));
    const rest = all.length - names.length;
    return `Not judged, because it ${oneLine(reason, MAX_TEXT)}: ${names.join(", ")}${rest > 0 ? ` and ${grouped(rest)} more` : ""}.`;
  });
}

/** Entries that have the same reason, the most frequent reason first. */
export function grouping<T>(items: readonly T[], reasonOf: (item: T) => string): [reason: string, items: T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(reasonOf(item)) ?? [];
    groups.set(reasonOf(item), group);
    group.push(item);
  }
  return [...groups].sort(([, a], [, b]) => b.length - a.length);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
