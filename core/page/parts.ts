/** Pieces that pages are made of. */
import type { PurlType } from "../purl.ts";
import { type Content, html, type Markup } from "./html.ts";
import { grouped, said } from "./said.ts";

/** As their own people write them. */
export const ECOSYSTEMS: Record<PurlType, string> = { npm: "npm", pypi: "PyPI", cargo: "Cargo", golang: "Go" };

/** A command to copy; a line ends between its words where it can. */
export function command(text: string): Markup {
  const words = text.split(" ").map((word, index) => html`${index > 0 && " "}<span>${word}</span>`);
  return html`<div class="command"><code>${words}</code>
<button type="button" class="copy" hidden><span role="status">Copy</span><span class="visually-hidden"> the command</span></button></div>`;
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

/** What is longer than a row of a table. */
export function entries(items: readonly Content[]): Markup {
  return html`<ul class="entries">${items.map((item) => html`<li>${item}</li>`)}</ul>`;
}

/** A row of a description list, or nothing. */
export function fact(term: string, description: Content): Markup | undefined {
  if (description === null || description === undefined || description === "") return undefined;
  return html`<div><dt>${term}</dt><dd>${description}</dd></div>`;
}

/** `1.4 MB`: decimal units, as registries show sizes. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const [divisor, unit] =
    bytes < 1_000_000 ? [1000, "kB"] : bytes < 1_000_000_000 ? [1_000_000, "MB"] : [1_000_000_000, "GB"];
  const amount = bytes / divisor;
  return `${amount < 10 ? amount.toFixed(1) : grouped(Math.round(amount))} ${unit}`;
}
