/** Drawn for these pages; each is decoration beside a word that says the same. */

import type { Tone } from "./colours.ts";
import { html, type Markup } from "./html.ts";

/** Two posts and the rope between them. */
export const BRAND = html`<svg width="26" height="22" viewBox="0 0 26 22" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true" focusable="false"><path d="M4 6v13M22 6v13M1.5 20h5M19.5 20h5M4 9c4 6 14 6 18 0"/><circle cx="4" cy="3.6" r="1.9" fill="currentColor" stroke="none"/><circle cx="22" cy="3.6" r="1.9" fill="currentColor" stroke="none"/></svg>`;

const SHAPES: Record<Tone, Markup> = {
  blocked: html`<path d="M6.2 1.5h5.6l4.7 4.7v5.6l-4.7 4.7H6.2l-4.7-4.7V6.2z"/><path d="M6.3 6.3l5.4 5.4M11.7 6.3l-5.4 5.4"/>`,
  held: html`<circle cx="9" cy="9" r="7.5"/><path d="M9 4.8V9l2.9 1.9"/>`,
  stripped: html`<circle cx="9" cy="9" r="7.5"/><path d="M5.5 9h7"/>`,
  allowed: html`<circle cx="9" cy="9" r="7.5"/><path d="M5.6 9.3l2.3 2.3 4.5-4.8"/>`,
  neutral: html`<circle cx="9" cy="9" r="7.5"/><path d="M9 5v4.6M9 12.6v.1"/>`,
};

export function statusIcon(tone: Tone): Markup {
  return html`<svg width="18" height="18" viewBox="0 0 18 18" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${SHAPES[tone]}</svg>`;
}
