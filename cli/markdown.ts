/**
 * Text of others in Markdown, where it can only be read: as code, in which forges look for no markup, no mention of people
 * and no reference to issues (CommonMark 0.31.2, sections 6.1 and 4.5). What nobody would see is shown by its number.
 */
import { webAddress } from "../core/page/said.ts";
import { codePointOf, HIDDEN, oneLine } from "../core/words.ts";

const MAX_LINE = 300;
const MAX_BLOCK = 8000;
const EVERY_HIDDEN = new RegExp(HIDDEN.source, "gu");

/** On one line. */
export function inlineCode(text: string, length = MAX_LINE): string {
  const line = visible(oneLine(text.slice(0, length + 1), length));
  if (line === "") return "(empty)";
  const fence = "`".repeat(longestRun(line) + 1);
  // Of spaces on both sides, one is taken away; a backtick must not touch the fence.
  const padding = /^[` ]|[` ]$/.test(line) ? " " : "";
  return `${fence}${padding}${line}${padding}${fence}`;
}

/** With its lines. */
export function codeBlock(text: string, language: string, length = MAX_BLOCK): string {
  const shown = visible(
    text
      .slice(0, length)
      .replace(/[\ud800-\udbff]$/, "")
      .replace(/\r\n?/g, "\n"),
  );
  const fence = "`".repeat(Math.max(3, longestRun(shown) + 1));
  const rest = text.length > length ? `\n\n(${text.length - length} more characters)` : "";
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

function visible(text: string): string {
  return text.replace(EVERY_HIDDEN, (character) => `⟨${codePointOf(character)}⟩`);
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
