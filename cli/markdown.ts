/**
 * Text of others in Markdown, where it can only be read: as code, in which forges look for no markup, no mention of people
 * and no reference to issues (CommonMark 0.31.2, sections 6.1 and 4.5). What nobody would see is shown by its number.
 */
import { webAddress } from "../core/page/said.ts";
import { oneLine, visible } from "../core/words.ts";

const MAX_LINE = 300;
const MAX_BLOCK = 8000;
/** GitLab, and bots on other forges, obey such lines, and find code blocks by rules of their own that a hostile text gets around. */
const COMMAND = /^\/(?=[a-z])/gim;
/** Forges tell whoever watches these that somebody spoke of them. */
const DISCUSSION = /\/(issues|pulls?|merge_requests|discussions|commits?|work_items)\/[^/]/;

/** On one line, of at most so many characters besides its fences. */
export function inlineCode(text: string, length = MAX_LINE): string {
  const line = cut(visible(oneLine(text.slice(0, length + 1), length)), length);
  if (line === "") return "(empty)";
  const fence = "`".repeat(longestRun(line) + 1);
  // Of spaces on both sides, one is taken away; a backtick must not touch the fence.
  const padding = /^[` ]|[` ]$/.test(line) ? " " : "";
  return `${fence}${padding}${line}${padding}${fence}`;
}

/** With its lines, and at most so many characters between its fences. */
export function codeBlock(text: string, language: string, length = MAX_BLOCK): string {
  const lines = text.slice(0, length).replace(/\r\n?/g, "\n");
  const shown = cut(visible(lines).replace(COMMAND, " /"), length);
  const fence = "`".repeat(Math.max(3, longestRun(shown) + 1));
  const isCut = text.length > length || shown.endsWith("…");
  const rest = isCut ? `\n\n(That is the beginning of ${text.length} characters.)` : "";
  return `${fence}${language}\n${shown.replace(/\n+$/, "")}\n${fence}${rest}`;
}

/** The text as code, with a link where the address is one of the web. */
export function codeLink(address: string | null | undefined, text: string): string {
  const url = webAddress(address);
  // An address between angle brackets ends at the first of them (section 6.3).
  return url
    ? `[${inlineCode(text)}](<${url.href.replaceAll("\\", "%5C").replaceAll("<", "%3C").replaceAll(">", "%3E")}>)`
    : inlineCode(text);
}

/** The same for an address that others chose: one of a discussion is told as text, or this request would be mentioned there. */
export function strangersLink(address: string | null | undefined, text: string): string {
  const url = webAddress(address);
  if (!url || !DISCUSSION.test(url.pathname)) return codeLink(address, text);
  return `${inlineCode(text)} (${inlineCode(url.href)})`;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

function longestRun(text: string): number {
  let longest = 0;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  return longest;
}
