/** A dry run in figures. */
import type { FactSource } from "../../core/policy/facts.ts";
import { permits, VERDICTS } from "../../core/verdict.ts";
import type { Verdict } from "../../schemas/types/decision.ts";
import { bySeverity } from "./judge.ts";
import type { Affected, DryRunReport, Holds, JudgedRelease, Place, Scripts, Summary } from "./report.ts";

const HOUR_MS = 3_600_000;
/** A day, three days, a week, a month. */
const BOUNDS = [24, 72, 168, 720] as const;

/** A report of what was judged, in order. */
export function reportOf(given: Omit<DryRunReport, "summary">): DryRunReport {
  const report = { ...given, releases: [...given.releases].sort(bySeverity) };
  return { ...report, summary: summarize(report) };
}

export function summarize({
  at,
  releases,
  inputs,
  unjudged,
}: Pick<DryRunReport, "at" | "releases" | "inputs" | "unjudged">): Summary {
  return {
    inputs: inputs.length,
    unreadable: inputs.filter(({ error }) => error !== undefined).length,
    releases: releases.length,
    decisions: countVerdicts(releases),
    unlisted: releases.filter(({ decision }) => decision.unlisted !== undefined).length,
    partly: releases.filter(({ decision }) => decision.skipped.length > 0).length,
    missing: countMissing(releases),
    unjudged: unjudged.length,
    repositories: affected(releases, ({ repository }) => repository),
    jobs: affected(releases, ({ job }) => job),
    scripts: summarizeScripts(releases),
    holds: summarizeHolds(releases, at),
  };
}

function countVerdicts(releases: readonly JudgedRelease[]): Record<Verdict, number> {
  const counts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Record<Verdict, number>;
  for (const { decision } of releases) counts[decision.decision]++;
  return counts;
}

function countMissing(releases: readonly JudgedRelease[]): Partial<Record<FactSource, number>> {
  const counts: Partial<Record<FactSource, number>> = {};
  for (const source of releases.flatMap(({ missing }) => missing)) counts[source] = (counts[source] ?? 0) + 1;
  return counts;
}

/** The most affected first. */
function affected(releases: readonly JudgedRelease[], nameOf: (place: Place) => string | undefined): Affected[] {
  const groups = new Map<string, Set<JudgedRelease>>();
  for (const release of releases)
    for (const place of release.places) {
      const name = nameOf(place);
      if (name === undefined) continue;
      const group = groups.get(name) ?? new Set();
      groups.set(name, group.add(release));
    }
  const found = [...groups].map(([name, group]) => ({
    name,
    releases: group.size,
    decisions: countVerdicts([...group]),
    isAffected: [...group].some(({ decision }) => !permits(decision)),
  }));
  const weight = ({ decisions }: Affected) => [...VERDICTS].reverse().map((verdict) => decisions[verdict]);
  return found.sort((a, b) => compareLists(weight(b), weight(a)) || (a.name < b.name ? -1 : 1));
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  const index = a.slice(0, -1).findIndex((value, at) => value !== b[at]); // the last one counts what is allowed
  return index < 0 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}

function summarizeScripts(releases: readonly JudgedRelease[]): Scripts {
  const running = releases.filter(({ runsScripts }) => runsScripts === true);
  const verdicts: Partial<Record<Verdict | "unjudged", number>> = {};
  for (const { scriptVerdict } of running) {
    const key = scriptVerdict ?? "unjudged";
    verdicts[key] = (verdicts[key] ?? 0) + 1;
  }
  return {
    running: running.length,
    unknown: releases.filter(({ runsScripts }) => runsScripts === null).length,
    verdicts,
  };
}

function summarizeHolds(releases: readonly JudgedRelease[], at: string): Holds {
  const held = releases.map(({ decision }) => decision).filter(({ decision }) => decision === "quarantine");
  const ends = held.flatMap(({ until }) => (until === null ? [] : [until])).sort();
  const hours = ends.map((until) => (Date.parse(until) - Date.parse(at)) / HOUR_MS);
  const bounds = [...BOUNDS, null];
  const within = bounds.map((bound, index) => {
    const from = bounds[index - 1] ?? Number.NEGATIVE_INFINITY;
    return { hours: bound, releases: hours.filter((left) => left > from && left <= (bound ?? Infinity)).length };
  });
  return { open: held.length - ends.length, ending: ends.length, within, last: ends.at(-1) ?? null };
}
