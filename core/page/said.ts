/** What others say - upstreams, publishers, authors of policies - in a form in which it can only be read. */
import { codePointOf, HIDDEN, oneLine } from "../words.ts";
import { type Content, html, type Markup } from "./html.ts";

/** Longer text is cut before anything else is done with it: a document may hold megabytes. */
const MAX_LINE = 300;
const MAX_SCRIPT = 4000;
const MAX_URL = 8000;

/** One line, kept apart from the direction in which what is around it is written. */
export function said(text: string, length = MAX_LINE): Markup {
  const shown = plain(text, length);
  return html`<bdi>${shown}</bdi>${omission(text.length - length)}`;
}

/** The same for what holds text only, such as a title. */
export function plain(text: string, length = MAX_LINE): string {
  return thin(oneLine(text.slice(0, length + 1), length));
}

/** One line in which words between backticks are code, as authors of policies write it. */
export function prose(text: string, length = MAX_LINE): Markup {
  const parts = plain(text, length).split("`");
  const isPaired = parts.length % 2 === 1;
  const shown = isPaired
    ? parts.map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`))
    : parts.join("`");
  return html`<bdi>${shown}</bdi>${omission(text.length - length)}`;
}

/** Text with lines of its own: what nobody would see is made visible, for that is what it counts on. */
export function saidLines(text: string, length = MAX_SCRIPT): Markup {
  const shown = thin(text.slice(0, length).replace(/[\ud800-\udbff]$/, "")).replace(/\r\n/g, "\n");
  const parts = shown.split(PARTS).map((part, index) => (index % 2 === 0 ? part : codePoint(part)));
  return html`<bdi>${parts}</bdi>${omission(text.length - length)}`;
}

const PARTS = new RegExp(`(${HIDDEN.source})`, "u");

function codePoint(character: string): Markup {
  return html`<mark class="hidden-character">${codePointOf(character)}</mark>`;
}

/** Marks that pile up on one letter would be drawn over the lines around it. */
function thin(text: string): string {
  return text.replace(/(\p{M}{3})\p{M}+/gu, "$1");
}

/** How much of a text is not shown. */
export function omission(count: number): Markup | undefined {
  return count > 0 ? html` <span class="omitted">(${grouped(count)} more characters)</span>` : undefined;
}

/** `1,024`: the same wherever the page is made. */
export function grouped(count: number): string {
  return String(Math.floor(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** The first of many, and how many are left out. */
export function firstOf<T>(
  items: readonly T[],
  count: number,
): { readonly shown: readonly T[]; readonly more: number } {
  return { shown: items.slice(0, count), more: Math.max(0, items.length - count) };
}

/** Undefined for what is no address of the web, or one that hides where it leads. */
export function webAddress(text: string | null | undefined): URL | undefined {
  if (!text || text.length > MAX_URL || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isWeb = url.protocol === "https:" || url.protocol === "http:";
  return isWeb && url.username === "" && url.password === "" ? url : undefined;
}

/** A link to somewhere else, which says where; the text alone where there is no such place. */
export function outside(address: string | null | undefined, text: Content): Content {
  const url = webAddress(address);
  if (!url) return text;
  return html`<a href="${url.href}" rel="noopener noreferrer nofollow">${text}</a> <span class="host">${url.host}</span>`;
}

/** An address that somebody claims: a link where it can be one, else what was claimed, as text. */
export function claimedAddress(address: string): Content {
  const url = webAddress(address.replace(/^git\+(?=https?:)/, ""));
  if (!url) return said(address, 120);
  const shown = plain(`${url.host}${url.pathname.replace(/\/$|\.git$/, "")}`, 120);
  return html`<a href="${url.href}" rel="noopener noreferrer nofollow"><bdi>${shown}</bdi></a>`;
}
