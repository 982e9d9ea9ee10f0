/** Pieces that several pages use. */
import { type PurlType, parsePurl, type ReleaseId } from "../../core/purl.ts";
import type { ReleaseReport, ReportedVerdict } from "../../core/report.ts";
import type { Verdict } from "../../schemas/types/decision.ts";
import type { Tone } from "./colours.ts";
import { type Content, html, type Markup } from "./html.ts";
import { installCommands } from "./install-commands.ts";
import { grouped, said } from "./said.ts";

/** A command to copy; a line ends between its words where it can. */
export function command(text: string): Markup {
  const words = text.split(" ").map((word, index) => html`${index > 0 && " "}<span>${word}</span>`);
  return html`<div class="command"><code>${words}</code>
<button type="button" class="copy" hidden><span role="status">Copy</span><span class="visually-hidden"> the command</span></button></div>`;
}

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

/** With commas between them. */
export function listed(items: readonly Content[]): Content {
  return items.map((item, index) => html`${index > 0 && ", "}${item}`);
}

/** A name that programs know. */
export function code(name: string, length = 100): Markup {
  return html`<code>${said(name, length)}</code>`;
}

export function section(id: string, title: Content, content: Content): Markup {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${content}</section>`;
}

/** What the eye is to find first. */
export function panel(id: string, title: Content, content: Content): Markup {
  return html`<div class="first">${section(id, title, content)}</div>`;
}

/** Below a heading, what it is exactly. */
export function identity(purl: string): Markup {
  const { type } = parsePurl(purl);
  return html`<p class="identity">${ECOSYSTEMS[type]} <span aria-hidden="true">·</span> ${said(purl, 600)}</p>`;
}

const ECOSYSTEMS: Record<PurlType, string> = { npm: "npm", pypi: "PyPI", cargo: "Cargo", golang: "Go" };

/** What its authors call a policy; undefined where that is but its name. */
export function titleOf({ policy, source }: Pick<ReportedVerdict, "policy" | "source">): Markup | undefined {
  return source?.title && source.title !== policy ? said(source.title, 150) : undefined;
}

/** A row of a description list, or nothing. */
export function fact(term: string, description: Content): Markup | undefined {
  if (description === null || description === undefined || description === "") return undefined;
  return html`<div><dt>${term}</dt><dd>${description}</dd></div>`;
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

export const TONE_OF_VERDICT: Record<Verdict, Tone> = {
  block: "blocked",
  quarantine: "held",
  "strip-scripts": "stripped",
  warn: "neutral",
  allow: "allowed",
};

/** `1.4 MB`: decimal units, as registries show sizes. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const [divisor, unit] =
    bytes < 1_000_000 ? [1000, "kB"] : bytes < 1_000_000_000 ? [1_000_000, "MB"] : [1_000_000_000, "GB"];
  const amount = bytes / divisor;
  return `${amount < 10 ? amount.toFixed(1) : grouped(Math.round(amount))} ${unit}`;
}
