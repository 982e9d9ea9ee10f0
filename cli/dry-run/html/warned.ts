/** What is let through, though a policy warns of it. */
import { html, type Markup } from "../../../core/page/html.ts";
import { grouped } from "../../../core/page/said.ts";
import { reasonText } from "../../../core/page/times.ts";
import type { DryRunReport, JudgedRelease } from "../report.ts";
import { bounded, folded } from "./bounds.ts";
import type { Part } from "./part.ts";
import { ecosystemOf, evidenceOf, firstPlace, nameOf, ruleOf } from "./releases.ts";

const BYTES = 200_000;
const OPEN = 10;

export function warnedPart({ releases }: DryRunReport): Part | undefined {
  const warned = releases.filter(({ decision }) => decision.decision === "warn");
  if (warned.length === 0) return undefined;
  const rows = bounded(warned, rowOf, BYTES);
  return {
    id: "warned",
    title: "Warnings",
    figure: warned.length,
    words: html`<p>${warned.length === 1 ? "One release is" : `${grouped(warned.length)} releases are`} served as before; the log and the decision page say what a policy found.</p>`,
    figures: folded(rows, { open: OPEN, wrap: tableOf, singular: "warned release" }),
  };
}

function tableOf(rows: readonly Markup[]): Markup {
  return html`<table class="list"><thead><tr><th scope="col">Release</th><th scope="col">Why</th><th scope="col">First named at</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function rowOf({ decision, places }: JudgedRelease): Markup {
  const evidence = evidenceOf(decision);
  return html`<tr><th scope="row">${nameOf(decision.purl)}${ecosystemOf(decision.purl)}</th>
<td>${reasonText(decision.reason, 240)}${evidence && html` <span class="evidence">${evidence}</span>`}<div class="meta">${ruleOf(decision)}</div></td>
<td class="where">${firstPlace(places)}</td></tr>`;
}
