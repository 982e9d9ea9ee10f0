/** The page on one release: what was decided, why, until when, what to take instead, how to ask, and on what evidence. */

import type { Tone } from "../../core/page/colours.ts";
import { type Content, html, type Markup } from "../../core/page/html.ts";
import { layOut } from "../../core/page/layout.ts";
import { code, listed, panel } from "../../core/page/parts.ts";
import { said } from "../../core/page/said.ts";
import { between, dayOf, reasonText, spanText, timeOf } from "../../core/page/times.ts";
import { parseReleasePurl } from "../../core/purl.ts";
import type { ReleaseReport } from "../../core/report.ts";
import { evidenceOn } from "./evidence.ts";
import { factsOn } from "./facts.ts";
import { identity, installation, titleOf, toneOf } from "./report-parts.ts";
import { askFor } from "./request.ts";

/** `publicUrl`: where people reach the proxy, without a slash at the end. */
export function releasePage(report: ReleaseReport, publicUrl: string): string {
  const { purl } = report;
  const { name, version } = parseReleasePurl(purl);
  const tone = toneOf(report);
  const evidence = evidenceOn(report);
  return layOut({
    title: `${name} ${version}: ${TITLES[tone]}`,
    tone,
    status: statusOf(report),
    heading: html`${said(name, 200)} <span class="version">${said(version, 100)}</span>`,
    hero: [identity(purl), reasonOf(report), untilOf(report)],
    main: [insteadOf(report), askFor(report), evidence],
    isCalm: !isDenied(report) && evidence.every((part) => part === undefined),
    aside: factsOn(report, `${publicUrl}/-/why/`),
  });
}

const TITLES: Record<Tone, string> = {
  blocked: "blocked",
  held: "held",
  stripped: "allowed, without its install scripts",
  allowed: "allowed",
  neutral: "decided",
};

function isDenied({ error }: Pick<ReleaseReport, "error">): boolean {
  return error !== undefined;
}

function statusOf(report: ReleaseReport): Content {
  switch (report.decision) {
    case "block":
      return "Blocked";
    case "quarantine":
      return report.until === null ? "Held" : html`Held until ${dayOf(report.until)}`;
    case "strip-scripts":
      return isDenied(report) ? "Held for its install scripts" : "Allowed, without its install scripts";
    case "warn":
      return "Allowed, with a warning";
    case "allow":
      return "Allowed";
  }
}

function reasonOf({ policy, rule, reason, verdicts }: ReleaseReport): Markup {
  if (policy === null) {
    const isLifted = verdicts.some(({ liftedBy }) => liftedBy !== null);
    const calm =
      verdicts.length === 0 ? "No policy objects to this release." : "No policy that is enforced objects to it.";
    return html`<p class="lead">${isLifted ? "An approval lifts what policies hold against it." : calm}</p>`;
  }
  const deciding = verdicts.find((verdict) => verdict.policy === policy && verdict.rule === rule);
  const title = deciding && titleOf(deciding);
  const names = html`${code(policy)}${rule && html`, rule ${code(rule)}`}`;
  return html`<p class="lead">${reasonText(reason, 600)}</p>
<p class="by">By policy ${title ? html`<strong>${title}</strong> (${names})` : names}</p>`;
}

/** When a denial ends by itself, and how far that is. */
function untilOf(report: ReleaseReport): Content {
  const { until, decision, decidedAt, release } = report;
  if (!isDenied(report) || (until === null && decision === "block")) return undefined;
  if (until === null)
    return html`<p class="by">It does not come free by itself: somebody has to approve it, or change the policy.</p>`;
  const left = between(decidedAt, until) ?? 0;
  const since = between(release?.published ?? null, decidedAt) ?? -1;
  const inHowLong = left > 0 ? `, in ${spanText(left)}` : "";
  if (left <= 0 || since < 0 || !release?.published)
    return html`<p class="by">It comes free by itself on <strong>${timeOf(until)}</strong>${inHowLong}.</p>`;
  const share = Math.min(98, Math.max(2, Math.round((100 * since) / (since + left))));
  return html`<div class="clock">
<svg aria-hidden="true" focusable="false">
<rect y="5" width="100%" height="4" rx="2" fill="var(--line)"/>
<rect y="5" width="${share}%" height="4" rx="2" fill="var(--mark)"/>
<circle cx="${share}%" cy="7" r="6.5" fill="var(--mark)"/>
</svg>
<ol><li><b>Published</b>${timeOf(release.published)}</li><li><b>Free in ${spanText(left)}</b>${timeOf(until)}</li></ol>
</div>`;
}

/** The first thing that a developer in a hurry needs: a command that works. */
function insteadOf(report: ReleaseReport): Content {
  const { purl, remediation, until } = report;
  const id = parseReleasePurl(purl);
  if (!isDenied(report)) return panel("install", "Install it", installation(id));
  const [best, ...others] = remediation.alternatives.slice(0, 5);
  if (best === undefined) {
    const wait = until === null ? "" : " Wait until it comes free, or ask for an exception.";
    const none = html`<p>No stable release of this package is allowed, or none is known.${wait}</p>`;
    return panel("instead", "Nothing to install instead", none);
  }
  const rest =
    others.length > 0 && html`<p class="others">Also allowed: ${listed(others.map((version) => code(version)))}</p>`;
  return panel("instead", html`Install ${said(best, 100)} instead`, [installation({ ...id, version: best }), rest]);
}
