/** What a decision rests on: advisories, every policy's verdict with its rule, scripts, and what is new in the release. */

import type { ReleaseReport, ReleaseSummary, ReportedVerdict } from "../../core/report.ts";
import type { Verdict } from "../../schemas/types/decision.ts";
import { type Content, html, type Markup } from "./html.ts";
import { andMore, code, listed, section, TONE_OF_VERDICT, titleOf } from "./parts.ts";
import { firstOf, grouped, outside, prose, said, saidLines } from "./said.ts";
import { dayOf, reasonText } from "./times.ts";

const MAX_ADVISORIES = 30;
const MAX_VERDICTS = 40;
const MAX_SCRIPTS = 10;
const MAX_CHANGES = 30;

export function evidenceOn(report: ReleaseReport): Content[] {
  return [advisoriesOn(report), policiesOn(report), scriptsOf(report), changesOf(report)];
}

type AdvisorySummary = ReleaseSummary["advisories"][number];

function advisoriesOn({ release, evidence }: ReleaseReport): Content {
  // Of a release that nobody lists only the identifiers are known.
  const known: readonly Pick<AdvisorySummary, "id" | "url" | "source">[] = release?.advisories.length
    ? release.advisories
    : evidence;
  const { shown, more } = firstOf(known, MAX_ADVISORIES);
  if (shown.length === 0) return undefined;
  return section(
    "advisories",
    "Advisories",
    html`<ul class="entries">${shown.map((one) => html`<li>${advisory(one)}</li>`)}</ul>${andMore(more, "advisories")}`,
  );
}

const KINDS = { malicious: "Malicious", vulnerability: "Vulnerability", other: "Notice" } as const;

function advisory(advisory: Pick<AdvisorySummary, "id" | "url" | "source"> & Partial<AdvisorySummary>): Markup {
  const { id, url, source, kind, severity, score, summary, fixed = [] } = advisory;
  const tag = kind && html`<span class="tag ${kind === "malicious" ? "blocked" : "neutral"}">${KINDS[kind]}</span>`;
  const rating = [severity && said(severity, 40), typeof score === "number" && `CVSS ${score}`].filter(Boolean);
  return html`<div class="entry-head">${tag}<h3>${outside(url, said(id, 100))}</h3></div>
${summary && html`<p>${said(summary, 600)}</p>`}
<p class="meta">${rating.length > 0 && html`<span class="rating">${listed(rating)}</span>. `}${fixed.length > 0 && html`Fixed in ${listed(fixed.slice(0, 20).map((version) => said(version, 60)))}. `}From the feed ${said(source, 60)}.</p>`;
}

function policiesOn({ verdicts, skipped, reason }: ReleaseReport): Content {
  const { shown, more } = firstOf(verdicts, MAX_VERDICTS);
  if (shown.length === 0 && skipped.length === 0) return undefined;
  return section(
    "policies",
    "What the policies say",
    html`${shown.length > 0 && html`<ul class="entries">${shown.map((one, index) => html`<li>${verdictOf(one, reason, index === 0)}</li>`)}</ul>`}${andMore(more, "verdicts")}
${skipped.length > 0 && html`<p class="muted small">Not judged, because what they read was not at hand: ${listed(skipped.slice(0, 20).map((policy) => code(policy)))}.</p>`}`,
  );
}

const VERDICT_WORDS: Record<Verdict, string> = {
  block: "Blocks",
  quarantine: "Holds",
  "strip-scripts": "Takes scripts out",
  warn: "Warns",
  allow: "Allows",
};

/** `told`: the reason that the page begins with, which is not said again. `isOpen`: whether the rule is shown at once. */
function verdictOf(
  { policy, rule, verdict, reason, mode, liftedBy, approval, source }: ReportedVerdict,
  told: string,
  isOpen: boolean,
): Markup {
  const tone = mode === "enforce" && liftedBy === null ? TONE_OF_VERDICT[verdict] : "neutral";
  const lifting = approval && html`, approved by ${said(approval.approvedBy, 100)}, until ${dayOf(approval.expires)}`;
  return html`<div class="entry-head"><span class="tag ${tone}">${VERDICT_WORDS[verdict]}${liftedBy !== null && ", lifted"}</span><h3>${titleOf({ policy, source }) ?? code(policy)}</h3></div>
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
  const changed =
    change &&
    html` Last changed on ${dayOf(change.date)} by ${said(change.author, 100)}, commit ${code(change.commit.slice(0, 10))}.`;
  return html`<details${isOpen && html` open`}><summary>The rule</summary>
${description && html`<p class="small">${prose(description, 800)}</p>`}
<div class="source"><span class="line" aria-hidden="true">${line}</span><pre><code>${saidLines(condition)}</code></pre></div>
<p class="meta">${code(policy)}, rule ${code(rule)}, at ${at}.${changed}</p>
</details>`;
}

function scriptsOf({ release, decision }: ReleaseReport): Content {
  const { shown, more } = firstOf(release?.installScripts ?? [], MAX_SCRIPTS);
  if (shown.length === 0) return undefined;
  const what =
    decision === "strip-scripts"
      ? "They are taken out of what is served."
      : "An install runs them, with the rights of whoever installs.";
  return section(
    "scripts",
    "Install scripts",
    html`<p class="muted">${what}</p><ul class="entries">${shown.map(({ name, text }) => html`<li><h3><code>${said(name, 60)}</code></h3>${text === "" ? html`<p class="muted">The command is not known.</p>` : html`<pre><code>${saidLines(text)}</code></pre>`}</li>`)}</ul>${andMore(more, "scripts")}`,
  );
}

function changesOf({ previous }: ReleaseReport): Content {
  if (!previous || previous.changes.length === 0) return undefined;
  const { shown, more } = firstOf(previous.changes, MAX_CHANGES);
  const published = previous.published && html`, published ${dayOf(previous.published)}`;
  const none = html`<span class="muted">none</span>`;
  return section(
    "changes",
    html`New since ${said(previous.version, 100)}`,
    html`<table class="changes"><caption>Against ${said(previous.version, 100)}${published}: ${grouped(previous.changes.length)} ${previous.changes.length === 1 ? "change" : "changes"}</caption>
<thead><tr><th scope="col">What</th><th scope="col">Before</th><th scope="col">Now</th></tr></thead>
<tbody>${shown.map(({ what, before, after }) => html`<tr><th scope="row">${said(what, 200)}</th><td class="was">${before === null ? none : said(before, 300)}</td><td>${after === null ? none : said(after, 300)}</td></tr>`)}</tbody></table>${andMore(more, "changes")}`,
  );
}
