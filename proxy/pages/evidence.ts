/** What a decision rests on: advisories, every policy's verdict with its rule, scripts, and what is new in the release. */

import { TONE_OF_VERDICT } from "../../core/page/colours.ts";
import { type Content, html, type Markup } from "../../core/page/html.ts";
import { code, entries, listed, section } from "../../core/page/parts.ts";
import { firstOf, grouped, outside, prose, said, saidLines } from "../../core/page/said.ts";
import { dayOf, reasonText } from "../../core/page/times.ts";
import type { ReleaseReport, ReleaseSummary, ReportedVerdict } from "../../core/report.ts";
import { VERDICT_WORDS } from "../../core/verdict.ts";
import { capitalised } from "../../core/words.ts";
import { andMore, titleOf, toneOf } from "./report-parts.ts";

const MAX_ADVISORIES = 30;
const MAX_FIXED = 20;
const MAX_VERDICTS = 40;
const MAX_SKIPPED = 20;
const MAX_SCRIPTS = 10;
const MAX_CHANGES = 30;

export function evidenceOn(report: ReleaseReport): Content[] {
  return [advisoriesOn(report), policiesOn(report), scriptsOf(report), changesOf(report)];
}

function advisoriesOn({ release, evidence }: ReleaseReport): Content {
  // Of a release that nobody lists only the identifiers are known.
  const known: readonly KnownAdvisory[] = release?.advisories.length ? release.advisories : evidence;
  const { shown, more } = firstOf(known, MAX_ADVISORIES);
  if (shown.length === 0) return undefined;
  return section("advisories", "Advisories", [entries(shown.map(advisory)), andMore(more, "advisories")]);
}

type AdvisorySummary = ReleaseSummary["advisories"][number];
type KnownAdvisory = Pick<AdvisorySummary, "id" | "url" | "source"> & Partial<AdvisorySummary>;

const KINDS = { malicious: "Malicious", vulnerability: "Vulnerability", other: "Notice" } as const;

function advisory({ id, url, source, kind, severity, score, summary, fixed = [] }: KnownAdvisory): Markup {
  const tag = kind && html`<span class="tag ${kind === "malicious" ? "blocked" : "neutral"}">${KINDS[kind]}</span>`;
  const rating = [severity && said(severity, 40), typeof score === "number" && `CVSS ${score}`].filter(Boolean);
  const versions = fixed.slice(0, MAX_FIXED).map((version) => said(version, 60));
  return html`<div class="entry-head">${tag}<h3>${outside(url, said(id, 100))}</h3></div>
${summary && html`<p>${said(summary, 600)}</p>`}
<p class="meta">${rating.length > 0 && html`<span class="rating">${listed(rating)}</span>. `}
${versions.length > 0 && html`Fixed in ${listed(versions)}. `}From the feed ${said(source, 60)}.</p>`;
}

function policiesOn({ verdicts, skipped, reason }: ReleaseReport): Content {
  const { shown, more } = firstOf(verdicts, MAX_VERDICTS);
  if (shown.length === 0 && skipped.length === 0) return undefined;
  const unjudged = listed(skipped.slice(0, MAX_SKIPPED).map((policy) => code(policy)));
  return section("policies", "What the policies say", [
    shown.length > 0 && entries(shown.map((one, index) => verdictOf(one, reason, index === 0))),
    andMore(more, "verdicts"),
    skipped.length > 0 &&
      html`<p class="muted small">Not judged, because what they read was not at hand: ${unjudged}.</p>`,
  ]);
}

/** `told`: the reason that the page begins with, which is not said again. `isOpen`: whether the rule is shown at once. */
function verdictOf(
  { policy, rule, verdict, reason, mode, liftedBy, approval, source }: ReportedVerdict,
  told: string,
  isOpen: boolean,
): Markup {
  const tone = mode === "enforce" && liftedBy === null ? TONE_OF_VERDICT[verdict] : "neutral";
  const words = capitalised(VERDICT_WORDS[verdict].imperative);
  const tag = html`<span class="tag ${tone}">${words}${liftedBy !== null && ", lifted"}</span>`;
  const lifting = approval && html`, approved by ${said(approval.approvedBy, 100)}, until ${dayOf(approval.expires)}`;
  return html`<div class="entry-head">${tag}<h3>${titleOf({ policy, source }) ?? code(policy)}</h3></div>
${reason !== told && html`<p>${reasonText(reason, 600)}</p>`}
${mode === "audit" && html`<p class="meta">On trial: recorded, and not enforced.</p>`}
${liftedBy !== null && html`<p class="meta">Lifted by ${code(liftedBy, 300)}${lifting}.</p>`}
${source ? ruleText(source, policy, rule, isOpen) : html`<p class="meta">${code(policy)}, rule ${code(rule)}.</p>`}`;
}

function ruleText(
  { file, line, url, condition, change, description }: NonNullable<ReportedVerdict["source"]>,
  policy: string,
  rule: string,
  isOpen: boolean,
): Markup {
  const at = outside(url, html`<code>${said(file, 200)}:${line}</code>`);
  const commit = change && code(change.commit.slice(0, 10));
  const changed =
    change && html` Last changed on ${dayOf(change.date)} by ${said(change.author, 100)}, commit ${commit}.`;
  return html`<details${isOpen && html` open`}><summary>The rule</summary>
${description && html`<p class="small">${prose(description, 800)}</p>`}
<div class="source"><span class="line" aria-hidden="true">${line}</span><pre><code>${saidLines(condition)}</code></pre></div>
<p class="meta">${code(policy)}, rule ${code(rule)}, at ${at}.${changed}</p>
</details>`;
}

function scriptsOf(report: ReleaseReport): Content {
  const { shown, more } = firstOf(report.release?.installScripts ?? [], MAX_SCRIPTS);
  if (shown.length === 0) return undefined;
  const isTakenOut = toneOf(report) === "stripped";
  const what = isTakenOut
    ? "They are taken out of what is served."
    : "An install runs them, with the rights of whoever installs.";
  const script = ({ name, text }: (typeof shown)[number]): Markup =>
    html`<h3>${code(name, 60)}</h3>
${text === "" ? html`<p class="muted">The command is not known.</p>` : html`<pre><code>${saidLines(text)}</code></pre>`}`;
  return section("scripts", "Install scripts", [
    html`<p class="muted">${what}</p>`,
    entries(shown.map(script)),
    andMore(more, "scripts"),
  ]);
}

function changesOf({ previous }: ReleaseReport): Content {
  if (!previous || previous.changes.length === 0) return undefined;
  const { version, published, changes } = previous;
  const { shown, more } = firstOf(changes, MAX_CHANGES);
  const value = (text: string | null) => (text === null ? html`<span class="muted">none</span>` : said(text, 300));
  const rows = shown.map(
    ({ what, before, after }) => html`<tr><th scope="row">${said(what, 200)}</th>
<td class="was">${value(before)}</td><td>${value(after)}</td></tr>`,
  );
  const count = `${grouped(changes.length)} ${changes.length === 1 ? "change" : "changes"}`;
  const table = html`<table class="changes">
<caption>Against ${said(version, 100)}${published && html`, published ${dayOf(published)}`}: ${count}</caption>
<thead><tr><th scope="col">What</th><th scope="col">Before</th><th scope="col">Now</th></tr></thead>
<tbody>${rows}</tbody></table>`;
  return section("changes", html`New since ${said(version, 100)}`, [table, andMore(more, "changes")]);
}
