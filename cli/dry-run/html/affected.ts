/** Repositories and CI jobs that enforcement would affect. */
import { type Content, html, type Markup } from "../../../core/page/html.ts";
import { grouped, said } from "../../../core/page/said.ts";
import type { Affected, DryRunReport } from "../report.ts";
import { counted } from "../words.ts";
import { bounded, folded } from "./bounds.ts";
import { barRow, barTable, segmentsOf } from "./charts.ts";
import { affectedText } from "./headline.ts";
import type { Part } from "./part.ts";
import { joined } from "./words.ts";

const BYTES = 100_000;
const OPEN = 20;

export function repositoriesPart({ summary }: DryRunReport): Part {
  const affected = summary.repositories.filter(({ isAffected }) => isAffected);
  return {
    id: "repositories",
    title: "Repositories",
    figure: summary.repositories.length,
    words: html`<p>${affectedText(summary.repositories.length, affected.length)}</p>
${summary.jobs.length === 0 && html`<p class="muted">No log that was read names a CI job, so nothing can be said of jobs.</p>`}`,
    figures: affectedBars(summary.repositories, "Repository", ["repository", "repositories"]),
  };
}

export function jobsPart({ summary: { jobs } }: DryRunReport): Part | undefined {
  if (jobs.length === 0) return undefined;
  const affected = jobs.filter(({ isAffected }) => isAffected).length;
  return {
    id: "jobs",
    title: "CI jobs",
    figure: jobs.length,
    words: html`<p>Logs name ${counted(jobs.length, "job")}. ${failingText(jobs.length, affected)}</p>`,
    figures: affectedBars(jobs, "Job", ["job", "jobs"]),
  };
}

function failingText(jobs: number, failing: number): string {
  if (jobs === 1) return failing === 1 ? "It would fail." : "It would not fail.";
  return `${failing === 0 ? "None" : grouped(failing)} of them would fail.`;
}

/** Those that would notice, on one scale; the others below them, folded. */
function affectedBars(
  all: readonly Affected[],
  column: string,
  [singular, plural]: readonly [string, string],
): Content {
  const noticing = all.filter((one) => changesIn(one) > 0);
  const others = all.filter((one) => changesIn(one) === 0);
  const most = noticing.reduce((so, one) => Math.max(so, changesIn(one)), 0);
  const wrap = (rows: readonly Markup[]) => barTable([column, "What would change"], rows);
  const plain = (rows: readonly Markup[]) =>
    html`<table class="plain"><thead><tr><th scope="col">${column}</th><th scope="col">Releases</th></tr></thead><tbody>${rows}</tbody></table>`;
  const draw = (one: Affected) =>
    barRow({ name: said(one.name, 80), segments: changes(one), words: wordsOn(one) }, { most });
  const row = (one: Affected) => html`<tr><th scope="row">${said(one.name, 80)}</th><td>${wordsOn(one)}</td></tr>`;
  return [
    folded(bounded(noticing, draw, BYTES), { open: OPEN, wrap, singular, plural }),
    folded(bounded(others, row, BYTES / 2), {
      open: 0,
      wrap: plain,
      singular: `${singular} in which nothing would change`,
      plural: `${plural} in which nothing would change`,
    }),
  ];
}

/** What an install would notice. */
function changes({ decisions }: Affected) {
  const { block, quarantine } = decisions;
  return segmentsOf({ block, quarantine, "strip-scripts": decisions["strip-scripts"] });
}

function changesIn(affected: Affected): number {
  return changes(affected).reduce((sum, { count }) => sum + count, 0);
}

function wordsOn({ decisions, releases }: Affected): Markup {
  const { block, quarantine, warn } = decisions;
  const stripped = decisions["strip-scripts"];
  const parts = [
    block > 0 && html`<b class="blocked">${grouped(block)} blocked</b>`,
    quarantine > 0 && html`<b class="held">${grouped(quarantine)} held</b>`,
    stripped > 0 && html`<b class="stripped">${grouped(stripped)} to strip of scripts</b>`,
    warn > 0 && `${counted(warn, "warning")}`,
  ].filter((part) => part !== false);
  const of = counted(releases, "release");
  return parts.length > 0
    ? html`${joined(parts)} <span class="muted">of ${of}</span>`
    : html`<span class="muted">${of}</span>`;
}
