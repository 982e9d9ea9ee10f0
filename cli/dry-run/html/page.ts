/** The report of a dry run as one file: it opens without a network, runs nothing, and prints. */
import { html } from "../../../core/page/html.ts";
import { layOut } from "../../../core/page/layout.ts";
import type { DryRunReport } from "../report.ts";
import { jobsPart, repositoriesPart } from "./affected.ts";
import { PATTERNS } from "./charts.ts";
import { deniedPart } from "./denied.ts";
import { headlineOf, heroOf, statusOf, toneOf } from "./headline.ts";
import { holdsPart } from "./holds.ts";
import { aboutPart, inputsPart } from "./inputs.ts";
import { contents, type Part, part } from "./part.ts";
import { scriptsPart } from "./scripts.ts";
import { REPORT_STYLE } from "./style.ts";
import { trialPart } from "./trial.ts";
import { unjudgedPart } from "./unjudged.ts";
import { warnedPart } from "./warned.ts";

export interface HtmlReportOptions {
  /** What it is about, in the words of whoever asked for it. */
  readonly title?: string;
}

/** Less than 2 MB, whatever is in the report: each list has its bound, and says what it leaves out. */
export function htmlReport(report: DryRunReport, { title }: HtmlReportOptions = {}): string {
  const parts = partsOf(report);
  return layOut({
    title: title ?? statusOf(report),
    tone: toneOf(report),
    status: statusOf(report),
    heading: headlineOf(report),
    hero: [PATTERNS, heroOf(report, title)],
    main: html`${contents(parts)}<div class="report">${parts.map(part)}</div>`,
    skipTo: "the report",
    file: { style: REPORT_STYLE },
  });
}

/** In the order in which a manager, and then an engineer, asks. */
function partsOf(report: DryRunReport): readonly Part[] {
  if (report.releases.length === 0) return [unjudgedPart(report), inputsPart(report), aboutPart(report)];
  return [
    deniedPart(report),
    repositoriesPart(report),
    jobsPart(report),
    scriptsPart(report),
    holdsPart(report),
    warnedPart(report),
    trialPart(report),
    unjudgedPart(report),
    inputsPart(report),
    aboutPart(report),
  ].filter((one) => one !== undefined);
}
