/** The page for what could not be answered. */
import { html } from "../../core/page/html.ts";
import { layOut } from "../../core/page/layout.ts";
import { prose, said } from "../../core/page/said.ts";

export interface Failure {
  readonly status: number;
  /** What happened. */
  readonly message: string;
  /** What to do about it; left out where nobody can tell. */
  readonly next?: string;
  /** For programs; left out where there is none. */
  readonly code?: string;
}

export function failurePage({ status, message, next, code }: Failure): string {
  const heading = headingOf(status);
  return layOut({
    title: heading,
    tone: "neutral",
    status: `Error ${status}`,
    heading,
    hero: html`<p class="lead failure">${said(message, 600)}</p>${next ? html`<p class="by">${prose(next, 400)}</p>` : undefined}`,
    main: html`<p class="muted small">${code && html`Code <code>${said(code, 60)}</code>. `}Nothing was decided: this is not a refusal by a policy.</p>`,
  });
}

function headingOf(status: number): string {
  switch (status) {
    case 400:
      return "This address cannot be read";
    case 404:
      return "There is nothing here";
    case 502:
    case 504:
      return "The upstream registry does not answer well";
    case 503:
      return "There is nothing to decide by";
    default:
      return status >= 500 ? "The request failed" : "The request cannot be answered";
  }
}
