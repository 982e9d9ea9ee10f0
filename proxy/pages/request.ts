/** How to ask for an exception: on the forge, on the command line, or by hand. */

import { type Content, html, type Markup } from "../../core/page/html.ts";
import { code, command, listed, section } from "../../core/page/parts.ts";
import { saidLines, webAddress } from "../../core/page/said.ts";
import type { ReleaseReport } from "../../core/report.ts";

const MAX_DRAFT = 20_000;

export function askFor({ error, remediation, approval, verdicts, until, release }: ReleaseReport): Content {
  if (error === undefined) return undefined;
  const url = webAddress(remediation.approvalUrl);
  const strict = verdicts.filter(
    ({ mode, liftedBy, source }) => mode === "enforce" && liftedBy === null && source?.approvable === false,
  );
  const isMalicious = release?.advisories.some(({ kind }) => kind === "malicious") === true;
  const names = listed(strict.map(({ policy }) => code(policy)));
  return section("request", "Ask for an exception", [
    html`<p>An exception is a file in the policy repository, reviewed like any other change: it names this release by its
digests, says why, and ends on a day.${until !== null && " A hold that ends by itself seldom needs one."}</p>`,
    strict.length > 0 &&
      html`<p><strong>An ordinary approval is not enough:</strong> ${names} is lifted only by one that names it.</p>`,
    isMalicious &&
      html`<p>An advisory calls this release malicious: an approval lifts nothing unless it says ${code("override: malicious")}.</p>`,
    url && html`<div class="asking">${button(url)}<span class="host">${url.host}</span></div>`,
    remediation.command && [
      html`<p class="label">${url ? "Or from" : "From"} a checkout of the policy repository</p>`,
      command(remediation.command),
    ],
    approval && draft(approval),
    !url && !remediation.command && !approval && html`<p>Ask whoever keeps the policy.</p>`,
  ]);
}

function button({ href }: URL): Markup {
  return html`<a class="button" href="${href}" rel="noopener noreferrer nofollow">Propose an approval</a>`;
}

function draft({ path, text }: NonNullable<ReleaseReport["approval"]>): Markup {
  return html`<details><summary>The file to propose</summary>
<p class="small">To be saved as ${code(path, 400)}</p>
<pre><code>${saidLines(text, MAX_DRAFT)}</code></pre></details>`;
}
