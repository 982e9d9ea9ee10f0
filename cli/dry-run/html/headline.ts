/** What a dry run found, first in a sentence and then in one picture. */
import type { Tone } from "../../../core/page/colours.ts";
import { type Content, html, type Markup } from "../../../core/page/html.ts";
import { grouped, said } from "../../../core/page/said.ts";
import { timeOf } from "../../../core/page/times.ts";
import { permits, VERDICT_WORDS } from "../../../core/verdict.ts";
import { capitalised } from "../../../core/words.ts";
import type { Verdict } from "../../../schemas/types/decision.ts";
import type { DryRunReport, JudgedRelease } from "../report.ts";
import { counted } from "../words.ts";
import { segmentsOf, shareBar, swatch } from "./charts.ts";
import { joined, repositories, shareText } from "./words.ts";

/** What an install would be refused, the most severe first. */
export function deniedIn({ releases }: DryRunReport): readonly JudgedRelease[] {
  return releases.filter(({ decision }) => !permits(decision));
}

/** Their scripts were to be taken out, and cannot be. */
function refusedForScripts(report: DryRunReport): number {
  return deniedIn(report).filter(({ decision }) => decision.decision === "strip-scripts").length;
}

/** Whether something of it is not known: then that nothing is denied means less. */
function hasGaps({ summary, releases }: DryRunReport): boolean {
  const { partly, unlisted, unjudged, unreadable } = summary;
  return partly + unlisted + unjudged + unreadable > 0 || releases.some(({ problem }) => problem !== undefined);
}

export function toneOf(report: DryRunReport): Tone {
  const denied = deniedIn(report);
  if (denied.some(({ decision }) => decision.decision === "block")) return "blocked";
  if (denied.length > 0) return "held";
  return report.releases.length === 0 || hasGaps(report) ? "neutral" : "allowed";
}

export function statusOf(report: DryRunReport): string {
  const denied = deniedIn(report).length;
  if (report.releases.length === 0) return "Dry run: nothing to judge";
  if (denied > 0) return `Dry run: ${counted(denied, "release")} would be denied`;
  return hasGaps(report) ? "Dry run: nothing would be denied, as far as is known" : "Dry run: nothing would be denied";
}

/** `Of 1,204 releases in 14 repositories, Cordon would block 3 and hold 9`. */
export function headlineOf(report: DryRunReport): Content {
  const { summary } = report;
  const total = counted(summary.releases, "release");
  if (summary.releases === 0 && summary.unjudged > 0) return "Nothing of what was read could be judged";
  if (summary.releases === 0) return "No file that was read names a release";
  const refused = refusedForScripts(report);
  const { block, quarantine } = summary.decisions;
  const parts = [
    block > 0 && html`<em class="blocked">block ${grouped(block)}</em>`,
    quarantine > 0 && html`<em class="held">hold ${grouped(quarantine)}</em>`,
    refused > 0 && html`<em class="held">refuse ${grouped(refused)} for install scripts</em>`,
  ].filter((part) => part !== false);
  const where = repositories(summary.repositories.length);
  if (parts.length === 0)
    return summary.releases === 1
      ? html`Cordon would let the one release in ${where} through`
      : html`Cordon would let all ${total} in ${where} through`;
  return html`Of ${total} in ${where}, Cordon would ${joined(parts)}`;
}

/** Below the headline: whom it concerns, the picture, and by what it was judged. */
export function heroOf(report: DryRunReport, title: string | undefined): Content {
  const { summary } = report;
  return [
    title !== undefined && html`<p class="subject">${said(title, 120)}</p>`,
    html`<p class="lead">${effectOf(report)}</p>`,
    summary.releases > 0 && pictureOf(report),
    html`<p class="by">${judgedBy(report)}</p>`,
  ];
}

function effectOf(report: DryRunReport): Content {
  const { summary } = report;
  if (summary.releases === 0)
    return summary.inputs === 0
      ? "There was no lockfile, inventory or log among what it was given."
      : `${counted(summary.inputs, "file was", "files were")} read. Below is what they held instead.`;
  return [
    affectedText(summary.repositories.length, summary.repositories.filter(({ isAffected }) => isAffected).length),
    hasGaps(report) && html` <a href="#unjudged">Not everything could be judged.</a>`,
  ];
}

export function affectedText(all: number, affected: number): string {
  const rest = all - affected;
  if (affected === 0)
    return `${all === 1 ? "The repository" : "No repository"} would ${all === 1 ? "not be" : "be"} affected: no install would be refused.`;
  const would = `${repositories(affected)} would be affected: an install there would stop at what is denied.`;
  return rest === 0 ? would : `${would} ${rest === 1 ? "The other one" : `The other ${grouped(rest)}`} would not.`;
}

const TILES: readonly Verdict[] = ["block", "quarantine", "strip-scripts", "warn", "allow"];

function pictureOf(report: DryRunReport): Markup {
  const { decisions, releases } = report.summary;
  const words = TILES.map((verdict) => `${decided(verdict)}: ${grouped(decisions[verdict])}`).join("; ");
  const tiles = TILES.map((verdict) => html`<li>${tileOf(verdict, report)}</li>`);
  return html`<div class="picture">${shareBar(segmentsOf(decisions), `All ${counted(releases, "release")}. ${words}.`)}
<ul class="tiles">${tiles}</ul></div>`;
}

function decided(verdict: Verdict): string {
  return capitalised(VERDICT_WORDS[verdict].participle);
}

function tileOf(verdict: Verdict, report: DryRunReport): Markup {
  const { decisions, releases } = report.summary;
  const count = decisions[verdict];
  const refused = verdict === "strip-scripts" ? refusedForScripts(report) : 0;
  const note = `${grouped(refused)} of them cannot be, and ${refused === 1 ? "is" : "are"} refused`;
  return html`<span class="amount${count === 0 && " none"}">${grouped(count)}</span>
<span class="what">${swatch(verdict)}${decided(verdict)}</span> <span class="muted small">${shareText(count, releases)}</span>
${refused > 0 && html`<span class="small note">${note}</span>`}`;
}

function judgedBy({ at, rules, isOffline }: DryRunReport): Content {
  const { bundle, policies } = rules;
  const by = bundle
    ? html`bundle revision ${bundle.revision}`
    : html`${counted(policies.length, "policy", "policies")} from a folder`;
  const facts = isOffline
    ? html`<strong>offline</strong>, without asking any registry`
    : html`with what the registries told`;
  return html`Judged as of <strong>${timeOf(at)}</strong>, by <a href="#about">${by}</a>, ${facts}.`;
}
