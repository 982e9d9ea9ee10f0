/** Pieces that pages on decisions share. */

import type { Tone } from "../../core/page/colours.ts";
import { html, type Markup } from "../../core/page/html.ts";
import { command, ECOSYSTEMS } from "../../core/page/parts.ts";
import { grouped, said } from "../../core/page/said.ts";
import { parsePurl, type ReleaseId } from "../../core/purl.ts";
import type { ReleaseReport, ReportedVerdict } from "../../core/report.ts";
import { installCommands } from "./install-commands.ts";

/** How to install a release, with the ecosystem's own client and with others. */
export function installation(id: ReleaseId): Markup {
  const [own, ...others] = installCommands(id);
  const rest = html`<details class="small"><summary>With another client</summary>${others.map((other) => command(other))}</details>`;
  return html`${command(own)}${others.length > 0 && rest}`;
}

/** What else there is of something whose first ones are shown. */
export function andMore(count: number, noun: string): Markup | undefined {
  return count > 0 ? html`<p class="muted small">${grouped(count)} more ${noun}; all are in the JSON.</p>` : undefined;
}

/** Below a heading, what it is exactly. */
export function identity(purl: string): Markup {
  const { type } = parsePurl(purl);
  return html`<p class="identity">${ECOSYSTEMS[type]} <span aria-hidden="true">·</span> ${said(purl, 600)}</p>`;
}

/** What its authors call a policy; undefined where that is but its name. */
export function titleOf({ policy, source }: Pick<ReportedVerdict, "policy" | "source">): Markup | undefined {
  return source?.title && source.title !== policy ? said(source.title, 150) : undefined;
}

export function toneOf({ code, error }: Pick<ReleaseReport, "code" | "error">): Tone {
  switch (code) {
    case "POLICY_BLOCKED":
      return "blocked";
    case "POLICY_HELD":
      return "held";
    case "POLICY_STRIPPED":
      return error === undefined ? "stripped" : "held"; // where they cannot be taken out
    case "POLICY_ALLOWED":
      return "allowed";
  }
}
