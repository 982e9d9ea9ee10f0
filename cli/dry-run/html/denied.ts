/** What an install would be refused: each release with its reason, its evidence, and where it stands. */
import { type Content, html, type Markup } from "../../../core/page/html.ts";
import { code, entries, listed } from "../../../core/page/parts.ts";
import { firstOf, grouped, said } from "../../../core/page/said.ts";
import { between, reasonText, spanText, timeOf } from "../../../core/page/times.ts";
import type { Decision } from "../../../schemas/types/decision.ts";
import type { DryRunReport, JudgedRelease } from "../report.ts";
import { counted } from "../words.ts";
import { bounded, folded, groupBy } from "./bounds.ts";
import { deniedIn } from "./headline.ts";
import type { Part } from "./part.ts";
import { decisionTag, evidenceOf, nameOf, placesOf, ruleOf } from "./releases.ts";

const BYTES = 450_000;
const OPEN = 25;
const MAX_OTHERS = 5;
const MAX_POLICIES = 8;

export function deniedPart(report: DryRunReport): Part {
  const denied = deniedIn(report);
  const rows = bounded(denied, (release) => entryOf(release, report.at), BYTES);
  return {
    id: "denied",
    title: "Denied",
    figure: denied.length,
    words: html`<p>${wordsFor(report, denied.length)}</p>${byPolicy(denied)}`,
    figures:
      denied.length > 0 && folded(rows, { open: OPEN, wrap: (items) => entries(items), singular: "denied release" }),
  };
}

function wordsFor({ summary }: DryRunReport, denied: number): string {
  if (denied === 0) return "None: no install from these files would be refused.";
  const { open, ending } = summary.holds;
  const { block } = summary.decisions;
  return [
    block > 0 && `${counted(block, "blocked release needs", "blocked releases need")} another version.`,
    ending > 0 && `${counted(ending, "hold ends by itself", "holds end by themselves")}.`,
    open > 0 && `${counted(open, "hold waits", "holds wait")} for a person.`,
    "An approval, reviewed in the policy repository, lifts a denial for one release.",
  ]
    .filter(Boolean)
    .join(" ");
}

/** Which policies deny how many: what to look at first where that is too much. */
function byPolicy(denied: readonly JudgedRelease[]): Content {
  const policies = groupBy(denied, ({ decision }) => decision.policy ?? "");
  const { shown, more } = firstOf(policies, MAX_POLICIES);
  const items = shown.map(([policy, releases]) => html`${code(policy, 60)} ${grouped(releases.length)}`);
  return (
    shown.length > 1 &&
    html`<p class="muted">By policy: ${listed(items)}${more > 0 && `, and ${grouped(more)} more`}</p>`
  );
}

function entryOf({ decision, alternatives, places }: JudgedRelease, at: string): Markup {
  const { purl, reason } = decision;
  const evidence = evidenceOf(decision);
  const facts = [ruleOf(decision), untilOf(decision, at)].filter(Boolean);
  return html`<div class="entry-head">${decisionTag(decision)}<h3>${nameOf(purl)}</h3><code class="purl">${said(purl, 200)}</code></div>
<p>${reasonText(reason, 300)}${evidence && html` <span class="evidence">${evidence}</span>`}</p>
<p class="meta">${listed(facts)}${othersAgainst(decision)}${insteadOf(alternatives)}</p>
<div class="meta where">${placesOf(places)}</div>`;
}

/** When a denial ends. */
function untilOf({ decision, until }: Decision, at: string): Content {
  if (until !== null) {
    const left = between(at, until) ?? 0;
    return html`until ${timeOf(until)}${left > 0 && ` (in ${spanText(left)})`}`;
  }
  return decision === "block" ? undefined : "until somebody approves it";
}

function insteadOf(alternatives: readonly string[]): Content {
  return (
    alternatives.length > 0 && html`. Allowed instead: ${listed(alternatives.map((version) => code(version, 60)))}`
  );
}

/** The other policies that would deny it, were it not for the one that decided. */
function othersAgainst({ verdicts, policy }: Decision): Content {
  const others = verdicts.filter(
    ({ mode, liftedBy, verdict, ...one }) =>
      one.policy !== policy &&
      mode === "enforce" &&
      liftedBy === null &&
      (verdict === "block" || verdict === "quarantine"),
  );
  const { shown } = firstOf(others, MAX_OTHERS);
  return shown.length > 0 && html`. Also against it: ${listed(shown.map((one) => code(one.policy, 60)))}`;
}
