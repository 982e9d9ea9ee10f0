/** Releases that run scripts when they are installed, and what the policies on scripts would do with each. */
import { TONE_OF_VERDICT } from "../../../core/page/colours.ts";
import { html, type Markup } from "../../../core/page/html.ts";
import { grouped } from "../../../core/page/said.ts";
import { permits, severity, VERDICT_WORDS } from "../../../core/verdict.ts";
import { capitalised } from "../../../core/words.ts";
import type { Verdict } from "../../../schemas/types/decision.ts";
import type { DryRunReport, JudgedRelease, Scripts } from "../report.ts";
import { counted } from "../words.ts";
import { bounded, folded } from "./bounds.ts";
import { barRow, barTable } from "./charts.ts";
import type { Part } from "./part.ts";
import { decisionTag, ecosystemOf, firstPlace, nameOf } from "./releases.ts";
import { SHADES, type Shade, shareText } from "./words.ts";

const BYTES = 180_000;
const OPEN = 12;

/** What the policies on scripts do to one that has some. */
const SAID: Record<Shade, string> = {
  block: "Block the release",
  quarantine: "Hold the release",
  "strip-scripts": "Take the scripts out",
  warn: "Let them run, with a warning",
  unjudged: "Cannot be judged",
  allow: "Let them run",
};

export function scriptsPart({ releases, summary }: DryRunReport): Part {
  const { scripts } = summary;
  const running = releases
    .filter(({ runsScripts, decision }) => runsScripts === true || decision.decision === "strip-scripts")
    .sort((a, b) => rank(b) - rank(a));
  const rows = bounded(running, rowOf, BYTES);
  return {
    id: "scripts",
    title: "Install scripts",
    figure: scripts.running,
    words: html`<p>${runningText(scripts, releases.length)}</p>
${scripts.running > 0 && html`<p>A script runs with the rights of whoever installs: on a laptop, or with the secrets of a build.</p>`}
${scripts.unknown > 0 && html`<p class="muted">For ${counted(scripts.unknown, "release")} it is not known whether ${scripts.unknown === 1 ? "it does" : "they do"}.</p>`}`,
    figures: running.length > 0 && [
      scripts.running > 0 && chartOf(scripts),
      folded(rows, { open: OPEN, wrap: tableOf, singular: "release" }),
    ],
  };
}

function runningText({ running }: Scripts, all: number): string {
  if (running === 0) return "No release is known to run a script when it is installed.";
  const verb = running === 1 ? "runs" : "run";
  return `${grouped(running)} of ${counted(all, "release")} ${verb} scripts when installed (${shareText(running, all)}).`;
}

function rank({ scriptVerdict }: JudgedRelease): number {
  return scriptVerdict === null ? severity("warn") + 0.5 : severity(scriptVerdict);
}

function chartOf({ verdicts, running }: Scripts): Markup {
  const rows = SHADES.flatMap((shade) => {
    const count = verdicts[shade] ?? 0;
    return count > 0 ? [{ name: SAID[shade], segments: [{ shade, count }], words: counted(count, "release") }] : [];
  });
  return barTable(
    ["What the policies on scripts say", "Releases"],
    rows.map((row) => barRow(row, { whole: running })),
  );
}

function tableOf(rows: readonly Markup[]): Markup {
  return html`<table class="list brief"><thead><tr><th scope="col">Release</th><th scope="col">Policies on scripts</th><th scope="col">First named at</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function rowOf({ decision, scriptVerdict, places }: JudgedRelease): Markup {
  // Outside npm scripts cannot be taken out: what says so denies.
  const isSame = decision.decision === scriptVerdict && scriptVerdict !== "strip-scripts";
  const isOtherwise = !permits(decision) && !isSame;
  return html`<tr><th scope="row">${nameOf(decision.purl)}${ecosystemOf(decision.purl)}</th>
<td>${scriptTag(scriptVerdict)}${isOtherwise && html`<div class="small overall">Overall: ${decisionTag(decision)}</div>`}</td>
<td class="where">${firstPlace(places)}</td></tr>`;
}

function scriptTag(verdict: Verdict | null): Markup {
  if (verdict === null) return html`<span class="tag neutral">Not judged</span>`;
  return html`<span class="tag ${TONE_OF_VERDICT[verdict]}">${capitalised(VERDICT_WORDS[verdict].imperative)}</span>`;
}
