/** A section of the report: what it says in words stands beside its figures. */
import { type Content, html, type Markup } from "../../../core/page/html.ts";
import { grouped } from "../../../core/page/said.ts";

export interface Part {
  readonly id: string;
  readonly title: string;
  /** For the list of what the page holds; left out where there is nothing to count. */
  readonly figure?: number;
  readonly words: Content;
  readonly figures?: Content;
}

export function part({ id, title, words, figures }: Part): Markup {
  return html`<section aria-labelledby="${id}"><div class="words"><h2 id="${id}">${title}</h2>${words}</div>
${figures && html`<div class="shown">${figures}</div>`}</section>`;
}

/** What the page holds, with its figures. */
export function contents(parts: readonly Part[]): Markup {
  const links = parts.map(
    ({ id, title, figure }) =>
      html`<li><a href="#${id}">${title}</a>${figure !== undefined && html` <span class="muted">${grouped(figure)}</span>`}</li>`,
  );
  return html`<nav class="contents" aria-label="On this page"><ul>${links}</ul></nav>`;
}
