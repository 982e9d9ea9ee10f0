/** What could not be judged, or in part only, and why: facts that were missing, names that no registry has, files that could not be read. */
import { type Content, html, type Markup } from "../../../core/page/html.ts";
import { code, entries, listed } from "../../../core/page/parts.ts";
import { firstOf, grouped, said } from "../../../core/page/said.ts";
import type { FactSource } from "../../../core/policy/facts.ts";
import type { DryRunReport, JudgedRelease, UnjudgedEntry } from "../report.ts";
import { counted, nounFor, TOLD_BY } from "../words.ts";
import { bounded, folded, groupBy } from "./bounds.ts";
import { barRow, barTable } from "./charts.ts";
import type { Part } from "./part.ts";
import { firstPlace, location, nameOf } from "./releases.ts";
import { shareText } from "./words.ts";

const BYTES = 100_000;
const OPEN = 8;
const MAX_NAMED = 5;
const MAX_POLICIES = 30;

export function unjudgedPart(report: DryRunReport): Part {
  const { summary } = report;
  const { partly, unlisted, unjudged, unreadable } = summary;
  const figures = [
    missingFacts(report),
    skippedPolicies(report),
    unansweredBy(report),
    unlistedIn(report),
    outsideOf(report),
    unreadableIn(report),
  ];
  const isWhole = figures.every((content) => content === undefined);
  const sentences = [
    partly > 0 && `${counted(partly, "release was", "releases were")} judged by some of the policies only.`,
    unlisted > 0 && `${counted(unlisted, "release is", "releases are")} not listed by the registry.`,
    unjudged > 0 && `${counted(unjudged, "entry comes", "entries come")} from no registry, or in no fixed version.`,
    unreadable > 0 && `${counted(unreadable, "file", "files")} could not be read.`,
  ].filter(Boolean);
  return {
    id: "unjudged",
    title: "Not judged",
    figure: new Set(report.releases.filter(isPartly)).size + unjudged + unreadable,
    words: [
      report.isOffline &&
        html`<p>This dry run asked no registry: facts that only registries have are missing. Run it without ${code("--offline")} to have them.</p>`,
      isWhole &&
        html`<p>${report.releases.length === 0 ? "There was no release to judge." : "Nothing: every file was read, and every policy could judge every release."}</p>`,
      sentences.length > 0 && html`<p>${sentences.join(" ")}</p>`,
      partly > 0 &&
        html`<p class="muted">A proxy asks for what is missing when somebody installs such a release, and decides then.</p>`,
    ],
    figures: !isWhole && figures,
  };
}

function isPartly({ decision, missing, problem }: JudgedRelease): boolean {
  return decision.skipped.length > 0 || decision.unlisted !== undefined || missing.length > 0 || problem !== undefined;
}

/** A heading with what stands below it; nothing where that is nothing. */
function group(title: Content, content: Content): Markup {
  return html`<div class="group"><h3>${title}</h3>${content}</div>`;
}

function missingFacts({ summary: { missing, releases } }: DryRunReport): Markup | undefined {
  const rows = (Object.entries(missing) as [FactSource, number][])
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  if (rows.length === 0) return undefined;
  const bars = rows.map(([source, count]) =>
    barRow(
      {
        name: TOLD_BY[source],
        segments: [{ shade: "unjudged", count }],
        words: html`${counted(count, "release")} <span class="muted">${shareText(count, releases)}</span>`,
      },
      { whole: releases },
    ),
  );
  return group("Facts that were missing", barTable(["A policy wanted to know", "Not known of"], bars));
}

function skippedPolicies({ releases }: DryRunReport): Markup | undefined {
  const policies = groupBy(
    releases.flatMap(({ decision }) => decision.skipped),
    (policy) => policy,
  );
  if (policies.length === 0) return undefined;
  const { shown, more } = firstOf(policies, MAX_POLICIES);
  const items = shown.map(
    ([policy, skipped]) => html`${code(policy, 60)} <span class="muted">(${counted(skipped.length, "release")})</span>`,
  );
  return group(
    "Policies that could not judge every release",
    html`<p>${listed(items)}${more > 0 && `, and ${grouped(more)} more`}</p>`,
  );
}

function unansweredBy({ releases }: DryRunReport): Markup | undefined {
  const problems = groupBy(
    releases.filter(({ problem }) => problem !== undefined),
    ({ problem }) => problem ?? "",
  );
  if (problems.length === 0) return undefined;
  const draw = ([problem, met]: [string, JudgedRelease[]]): Markup =>
    html`<p class="cause">${said(problem, 300)}</p><p class="meta">${counted(met.length, "release")}: ${namesOf(met)}</p>`;
  return group(
    "Registries that did not answer well",
    folded(bounded(problems, draw, BYTES), { open: OPEN, wrap: (items) => entries(items), singular: "problem" }),
  );
}

function namesOf(releases: readonly JudgedRelease[]): Content {
  const { shown, more } = firstOf(releases, MAX_NAMED);
  return html`${listed(shown.map(({ decision }) => nameOf(decision.purl)))}${more > 0 && `, and ${counted(more, "other")}`}`;
}

function unlistedIn({ releases }: DryRunReport): Markup | undefined {
  const unlisted = releases.filter(({ decision }) => decision.unlisted !== undefined);
  if (unlisted.length === 0) return undefined;
  const draw = ({ decision, places }: JudgedRelease): Markup =>
    html`<tr><th scope="row">${nameOf(decision.purl)}</th><td class="where">${firstPlace(places)}</td></tr>`;
  const wrap = (rows: readonly Markup[]) =>
    html`<table class="plain"><thead><tr><th scope="col">Release</th><th scope="col">First named at</th></tr></thead><tbody>${rows}</tbody></table>`;
  return group("Not listed by the registry", [
    html`<p class="muted small">Judged by name and version alone: it was withdrawn, is private, or never existed.</p>`,
    folded(bounded(unlisted, draw, BYTES), { open: OPEN, wrap, singular: "release" }),
  ]);
}

function outsideOf({ unjudged }: DryRunReport): Markup | undefined {
  if (unjudged.length === 0) return undefined;
  const draw = ([reason, found]: [string, UnjudgedEntry[]]): Markup => {
    const { shown, more } = firstOf(found, MAX_NAMED);
    const items = shown.map(
      ({ name, path, line }) => html`<li>${said(name, 120)} <span class="muted">${location(path, line)}</span></li>`,
    );
    return html`<p class="cause">${said(reason, 300)}: ${counted(found.length, "entry", "entries")}</p>
<ul class="places">${items}</ul>${more > 0 && html`<p class="meta">and ${grouped(more)} more ${nounFor(more, "entry", "entries")}, in the JSON</p>`}`;
  };
  const groups = bounded(
    groupBy(unjudged, ({ reason }) => reason),
    draw,
    BYTES * 1.5,
  );
  return group(
    "Not from a registry, or in no fixed version",
    folded(groups, { open: OPEN, wrap: (items) => entries(items), singular: "reason" }),
  );
}

function unreadableIn({ inputs }: DryRunReport): Markup | undefined {
  const unreadable = inputs.filter(({ error }) => error !== undefined);
  if (unreadable.length === 0) return undefined;
  const draw = ({ path, error = "" }: (typeof unreadable)[number]): Markup =>
    html`<p>${location(path)}</p><p class="meta">${said(error, 300)}</p>`;
  return group(
    "Files that could not be read",
    folded(bounded(unreadable, draw, BYTES), { open: OPEN, wrap: (items) => entries(items), singular: "file" }),
  );
}
