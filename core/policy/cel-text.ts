/** The functions of CEL on texts. A text is a sequence of code points: size(), and every index, counts them. */
import { RE2JS } from "re2js";
import {
  fail,
  keep,
  MAX_ELEMENTS,
  MAX_TEXT,
  spend,
  spendOn,
  spendOnce,
  spendOnList,
  spendOnText,
} from "./cel-budget.ts";
import type { Glob } from "./glob.ts";
import { isWide, matchesGlob, parseGlob, search, searchBack } from "./glob.ts";

const MAX_PATTERN = 1000;

const patterns = new Map<string, RE2JS>();

export function re2(pattern: string): RE2JS {
  const known = patterns.get(pattern);
  if (known) return known;
  if (pattern.length > MAX_PATTERN) fail(`the pattern is longer than ${MAX_PATTERN} characters`);
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (cause) {
    const why = `the pattern is not RE2, which has no look-around and no back-references: ${(cause as Error).message}`;
    fail(why, "invalid_pattern");
  }
  return keep(patterns, pattern, compiled);
}

export function re2Find(text: string, pattern: string): boolean {
  const compiled = re2(pattern);
  spendOnce(compiled, 2000 + 200 * compiled.programSize());
  // At the worst, every instruction of the program looks at every character.
  spend((text.length * compiled.programSize()) / 3);
  return compiled.matcher(text).find();
}

/** Unicode's white space, which is not quite JavaScript's: a byte order mark stays, U+0085 goes. */
export function trim(text: string): string {
  spendOn(text);
  const start = /^\p{White_Space}*/u.exec(text)?.[0].length ?? 0;
  let end = text.length;
  while (end > start && WHITE_SPACE.has(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

const WHITE_SPACE = new Set(
  Array.from({ length: 0x3001 }, (_, code) => code).filter((code) =>
    /\p{White_Space}/u.test(String.fromCharCode(code)),
  ),
);

/** Only A to Z change: what Unicode folds depends on its version, and can become another name. */
export function foldAscii(text: string, fold: (letters: string) => string): string {
  const isAscii = /^\p{ASCII}*$/u.test(text);
  spend(isAscii ? text.length / 16 : text.length * 2);
  return isAscii ? fold(text) : text.replace(/[A-Za-z]+/g, fold);
}

// A text is a sequence of code points: size(), and every index, counts them.

export function sizeOfText(text: string): bigint {
  spendOn(text);
  return BigInt(countOf(text));
}

function countOf(text: string): number {
  if (!isWide(text)) return text.length;
  let count = text.length;
  for (let at = 1; at < text.length; at++) if (isPair(text, at)) count--;
  return count;
}

/** Whether the unit is the second of a code point. */
function isPair(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00 && (text.charCodeAt(at - 1) & 0xfc00) === 0xd800;
}

/** The UTF-16 offset of an index; `size(text)` is one too. */
function offsetOf(text: string, index: bigint): number {
  if (index < 0n || index > BigInt(text.length)) fail("the index is out of range");
  const wanted = Number(index);
  if (!isWide(text)) return wanted;
  spendOn(text);
  let at = 0;
  for (let count = 0; count < wanted; count++) {
    if (at >= text.length) fail("the index is out of range");
    at += at + 1 < text.length && isPair(text, at + 1) ? 2 : 1;
  }
  return at;
}

function indexAt(text: string, offset: number): bigint {
  return BigInt(offset < 0 ? offset : countOf(text.slice(0, offset)));
}

/** A long text is sought by our own search, which reads every character of both. */
function spendOnSearch(text: string, wanted: string): void {
  spend((text.length + wanted.length) / (wanted.length > 64 ? 4 : 16));
}

export function find(text: string, wanted: string, from = 0): number {
  spendOnSearch(text, wanted);
  return search(text, wanted, from);
}

export function startsWith(text: string, start: string): boolean {
  spendOn(start);
  return text.startsWith(start);
}

export function endsWith(text: string, end: string): boolean {
  spendOn(end);
  return text.endsWith(end);
}

export function reverseText(text: string): string {
  spend(text.length);
  return [...text].reverse().join("");
}

export function charAt(text: string, index: bigint): string {
  const at = offsetOf(text, index);
  return at >= text.length ? "" : String.fromCodePoint(text.codePointAt(at) ?? 0);
}

export function indexOf(text: string, wanted: string, from: bigint): bigint {
  return indexAt(text, find(text, wanted, offsetOf(text, from)));
}

/** The last place that is not behind `from`. */
export function lastIndexOf(text: string, wanted: string, from: bigint | undefined): bigint {
  const start = from === undefined ? text.length : offsetOf(text, from);
  spendOnSearch(text, wanted);
  return indexAt(text, searchBack(text, wanted, start));
}

export function substring(text: string, start: bigint, end: bigint | undefined): string {
  if (end !== undefined && end < start) fail("the index is out of range");
  return text.slice(offsetOf(text, start), end === undefined ? undefined : offsetOf(text, end));
}

/** The first `limit` places, or all where it is negative. Around and between characters there are empty texts. */
export function replace(text: string, from: string, to: string, limit: bigint): string {
  const most = limit < 0n ? Number.POSITIVE_INFINITY : Number(limit);
  if (from !== "") {
    let [made, start] = ["", 0];
    spendOnSearch(text, from);
    for (let count = 0, at = search(text, from); at >= 0 && count < most; count++, at = search(text, from, start)) {
      spend(2 + from.length / 16);
      made += text.slice(start, at) + to;
      if (made.length > MAX_TEXT) break;
      start = at + from.length;
    }
    made += text.slice(start);
    spendOnText(made.length);
    return made;
  }
  spend(text.length);
  const parts = ["", ...text, ""];
  const kept = Math.min(most, parts.length - 1);
  return join([...parts.slice(0, kept), parts.slice(kept).join("")], to);
}

/** At most `limit` parts, the rest in the last; all where it is negative, none where it is 0. */
export function split(text: string, separator: string, limit: bigint): string[] {
  if (limit === 0n) return [];
  const most = limit < 0n ? Number.POSITIVE_INFINITY : Number(limit);
  if (separator !== "") return cut(text, separator, most - 1, MAX_ELEMENTS);
  spend(text.length);
  const parts = [...text];
  spendOnList(Math.min(parts.length, most));
  return parts.length <= most ? parts : [...parts.slice(0, most - 1), parts.slice(most - 1).join("")];
}

/** Cuts at the first `cuts` places. */
function cut(text: string, separator: string, cuts: number, most: number): string[] {
  const parts: string[] = [];
  spendOnSearch(text, separator);
  let start = 0;
  while (parts.length < cuts) {
    const at = search(text, separator, start);
    if (at < 0) break;
    if (parts.length + 2 > most) fail(`the list has more than ${most} elements`, "too_long");
    spend(1 + separator.length / 16);
    parts.push(text.slice(start, at));
    start = at + separator.length;
  }
  parts.push(text.slice(start));
  return parts;
}

export function join(texts: readonly string[], separator: string): string {
  let length = separator.length * Math.max(0, texts.length - 1);
  for (const text of texts) length += text.length;
  spend(texts.length);
  spendOnText(length);
  return texts.join(separator);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};

/** As a literal that a person can read; half a pair becomes U+FFFD. */
export function quote(text: string): string {
  spend(text.length * 4);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
  const quoted = `"${text.toWellFormed().replace(/[\x07-\x0d"\\]/g, (character) => ESCAPES[character] ?? "")}"`;
  spendOnText(quoted.length);
  return quoted;
}

const globs = new Map<string, Glob>();

export function globOf(pattern: string): Glob {
  const known = globs.get(pattern);
  if (known) return known;
  try {
    return keep(globs, pattern, parseGlob(pattern));
  } catch (cause) {
    return fail((cause as Error).message);
  }
}

export function like(text: string, pattern: string): boolean {
  const glob = globOf(pattern);
  spendOnce(glob, 120 + pattern.length);
  spend((text.length * (16 + glob.steps)) / 160);
  return matchesGlob(text, glob);
}
