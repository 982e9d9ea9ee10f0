/**
 * The functions of CEL that the engine lacks, has wrong, or takes from the machine: by signature. Each counts what it
 * works through against the budget of the evaluation, so that no text or list makes a rule slow.
 */
import { EvaluationError, Optional } from "@marcbachmann/cel-js";
import { Duration, type UnsignedInt } from "@marcbachmann/cel-js/evaluator";
import { RE2JS } from "re2js";
import { VERSION_ORDERS } from "../ecosystems/versions.ts";
import { PURL_TYPES, type PurlType } from "../purl.ts";
import { formatInstant, parseDuration, parseInstant } from "../time.ts";
import { type Glob, isWide, matchesGlob, parseGlob, search, searchBack } from "./glob.ts";
import { NameIndex } from "./typosquat.ts";

/** A CEL type as the engine writes it: `int`, `list<Script>`, `map<string, string>`. */
export type CelType = string;
export const TIMESTAMP: CelType = "google.protobuf.Timestamp";
export const DURATION: CelType = "google.protobuf.Duration";
export const INT64_MAX = 9_223_372_036_854_775_807n;

/** UTF-16 units in a text that is made, and elements in a list that is. */
export const MAX_TEXT = 2 ** 20;
export const MAX_ELEMENTS = 10_000;
/** What one evaluation may cost. A unit is some 40 ns on a slow machine: a term of a loop, or sixteen characters read. */
export const MAX_COST = 600_000;
const MAX_PATTERN = 1000;
const MAX_RANGE = 1000;

type Handler = (...args: never[]) => unknown;
type List = readonly unknown[];
/** The value of a map: a literal is a plain object. */
type CelMap = ReadonlyMap<string, unknown> | Readonly<Record<string, unknown>>;

let budget = Number.POSITIVE_INFINITY;
/** What an evaluation made that is kept for others: it pays for it once, whether or not another made it before. */
const paid = new Set<unknown>();

/** Runs with one budget for all evaluations inside. Within another call it adds nothing: the budget is that one's. */
export function withinBudget<T>(run: () => T): T {
  if (budget !== Number.POSITIVE_INFINITY) return run();
  budget = MAX_COST;
  try {
    return run();
  } finally {
    budget = Number.POSITIVE_INFINITY;
    if (paid.size > 0) paid.clear();
  }
}

function spendOnce(made: unknown, cost: number): void {
  if (paid.has(made)) return;
  paid.add(made);
  spend(cost);
}

/** Takes from the budget. Throws where it is used up, and then at every further call. */
export function spend(cost: number): void {
  budget -= cost;
  if (budget < 0) fail("the evaluation works through more than policies may", "too_costly");
}

function spendOn(...texts: readonly string[]): void {
  let units = 0;
  for (const { length } of texts) units += length;
  spend(units / 16);
}

/** Before a text or a list of this length is made. */
function spendOnText(length: number): void {
  spend(length / 64);
  if (length > MAX_TEXT) fail(`the text is longer than ${MAX_TEXT} characters`, "too_long");
}

function spendOnList(length: number): void {
  spend(length / 8);
  if (length > MAX_ELEMENTS) fail(`the list has more than ${MAX_ELEMENTS} elements`, "too_long");
}

/** Before two texts or two lists are put together. */
export function spendOnSum(left: unknown, right: unknown): void {
  if (typeof left === "string" && typeof right === "string") spendOnText(left.length + right.length);
  else if (Array.isArray(left) && Array.isArray(right)) spendOnList(left.length + right.length);
}

/** What the engine lacks. */
export const EXTENSIONS: Readonly<Record<string, Handler>> = {
  [`string(${TIMESTAMP}): string`]: (at: Date) => formatInstant(at),
  [`string(${DURATION}): string`]: (span: Duration) => `${span.valueOf() / 1000}s`,
};

/** What the engine has wrong, or takes from the machine. No overload of its own is left of these names. */
export const REPLACEMENTS: Readonly<Record<string, Handler>> = {
  "string.matches(string): bool": re2Find,
  "size(string): int": sizeOfText,
  "string.size(): int": sizeOfText,
  "size(list): int": (list: List) => BigInt(list.length),
  "list.size(): int": (list: List) => BigInt(list.length),
  "size(map): int": sizeOfMap,
  "map.size(): int": sizeOfMap,
  "string.contains(string): bool": (text: string, wanted: string) => find(text, wanted) >= 0,
  "string.startsWith(string): bool": startsWith,
  "string.endsWith(string): bool": endsWith,
  "string.charAt(int): string": charAt,
  "string.indexOf(string): int": (text: string, wanted: string) => indexOf(text, wanted, 0n),
  "string.indexOf(string, int): int": indexOf,
  "string.lastIndexOf(string): int": (text: string, wanted: string) => lastIndexOf(text, wanted, undefined),
  "string.lastIndexOf(string, int): int": lastIndexOf,
  "string.substring(int): string": (text: string, start: bigint) => substring(text, start, undefined),
  "string.substring(int, int): string": substring,
  "string.replace(string, string): string": (text: string, from: string, to: string) => replace(text, from, to, -1n),
  "string.replace(string, string, int): string": replace,
  "string.split(string): list<string>": (text: string, separator: string) => split(text, separator, -1n),
  "string.split(string, int): list<string>": split,
  "list<string>.join(): string": (texts: readonly string[]) => join(texts, ""),
  "list<string>.join(string): string": join,
  "string.lowerAscii(): string": (text: string) => foldAscii(text, (letters) => letters.toLowerCase()),
  "string.upperAscii(): string": (text: string) => foldAscii(text, (letters) => letters.toUpperCase()),
  "string.trim(): string": trim,
  "string.reverse(): string": reverseText,
  "StringsNamespace.quote(string): string": (_: unknown, text: string) => quote(text),

  "list<T>.reverse(): list<T>": (list: List) => copyOf(list).reverse(),
  "list<T>.slice(int, int): list<T>": slice,
  "list<T>.first(): optional<T>": (list: List) => Optional.of(list[0]),
  "list<T>.last(): optional<T>": (list: List) => Optional.of(list.at(-1)),
  "list<list<T>>.flatten(): list<T>": flatten,
  ...ofTypes(["string", "int", "double", "bool"], (type) => ({
    [`list<${type}>.distinct(): list<${type}>`]: (list: List) => [...setOf(list)],
    [`SetsNamespace.contains(list<${type}>, list<${type}>): bool`]: (_: unknown, list: List, part: List) =>
      isSuperset(list, part),
    [`SetsNamespace.equivalent(list<${type}>, list<${type}>): bool`]: (_: unknown, a: List, b: List) =>
      isSuperset(a, b) && isSuperset(b, a),
    [`SetsNamespace.intersects(list<${type}>, list<${type}>): bool`]: (_: unknown, a: List, b: List) => {
      const set = setOf(a);
      spend(b.length);
      return b.some((item) => set.has(item));
    },
  })),
  ...ofTypes(["string", "int", "double", "bool", TIMESTAMP, DURATION], (type) => ({
    [`list<${type}>.sort(): list<${type}>`]: sort,
  })),
  ...ofTypes(["int", "double"], (type) => ({
    [`MathNamespace.greatest(${type}, ${type}): ${type}`]: (_: unknown, a: number, b: number) => greatest([a, b]),
    [`MathNamespace.greatest(list<${type}>): ${type}`]: (_: unknown, list: List) => greatest(list),
    [`MathNamespace.least(${type}, ${type}): ${type}`]: (_: unknown, a: number, b: number) => least([a, b]),
    [`MathNamespace.least(list<${type}>): ${type}`]: (_: unknown, list: List) => least(list),
  })),

  "like(string, string): bool": like,
  ...ofTypes(["list<string>", "map<string, V>"], (type) => ({
    [`resembles(string, ${type}): bool`]: (name: string, list: List | CelMap) => resembled(name, list) !== "",
    [`resembled(string, ${type}): string`]: resembled,
  })),
  "int(int): int": (value: bigint) => value,
  "int(uint): int": (value: UnsignedInt) => toInt(value.value),
  "int(double): int": doubleToInt,
  "int(string): int": textToInt,
  [`int(${TIMESTAMP}): int`]: (at: Date) => BigInt(Math.floor(at.getTime() / 1000)),
  [`timestamp(string): ${TIMESTAMP}`]: strictTimestamp,
  [`timestamp(int): ${TIMESTAMP}`]: (seconds: bigint) => toInstant(Number(seconds) * 1000),
  [`timestamp(${TIMESTAMP}): ${TIMESTAMP}`]: (at: Date) => at,
  [`duration(string): ${DURATION}`]: strictDuration,
  [`duration(${DURATION}): ${DURATION}`]: (span: Duration) => span,
  [`${DURATION}.getHours(): int`]: (span: Duration) => nanosOf(span) / 3_600_000_000_000n,
  [`${DURATION}.getMinutes(): int`]: (span: Duration) => nanosOf(span) / 60_000_000_000n,
  [`${DURATION}.getSeconds(): int`]: (span: Duration) => nanosOf(span) / 1_000_000_000n,
  [`${DURATION}.getMilliseconds(): int`]: (span: Duration) => nanosOf(span) / 1_000_000n,
  ...calendar({
    getFullYear: (at) => at.getUTCFullYear(),
    getMonth: (at) => at.getUTCMonth(),
    getDate: (at) => at.getUTCDate(),
    getDayOfMonth: (at) => at.getUTCDate() - 1,
    getDayOfWeek: (at) => at.getUTCDay(),
    getDayOfYear: (at) => (at.getTime() - new Date(at).setUTCMonth(0, 1)) / 86_400_000,
    getHours: (at) => at.getUTCHours(),
    getMinutes: (at) => at.getUTCMinutes(),
    getSeconds: (at) => at.getUTCSeconds(),
    getMilliseconds: (at) => at.getUTCMilliseconds(),
  }),
};

/** A function of a record, which stands before its arguments; it may throw. */
export interface CelMethod {
  /** The fields that it reads of the record. */
  readonly reads: readonly string[];
  readonly call: Handler;
}

/** Methods of the Release record, which is not known here. */
export const RELEASE_METHODS: Readonly<Record<string, CelMethod>> = {
  "satisfies(string): bool": { reads: ["purl", "version"], call: satisfies },
};

/** What stands before the dot of `sets.contains(…)`. */
export const NAMESPACES: ReadonlyMap<string, { readonly type: string; readonly ctor: new () => object }> = new Map([
  ["strings", { type: "StringsNamespace", ctor: class StringsNamespace {} }],
  ["sets", { type: "SetsNamespace", ctor: class SetsNamespace {} }],
  ["math", { type: "MathNamespace", ctor: class MathNamespace {} }],
]);

/** Arguments that are checked when they are compiled, where they are literals: which one of a function, and how. */
export const LITERALS: ReadonlyMap<string, { readonly argument: number; check(text: string): unknown }> = new Map([
  ["matches", { argument: 0, check: re2 }],
  ["timestamp", { argument: 0, check: strictTimestamp }],
  ["duration", { argument: 0, check: strictDuration }],
  ["like", { argument: 1, check: globOf }],
  ["satisfies", { argument: 0, check: checkRange }],
]);

/** An error of evaluation; the engine adds where. */
function fail(message: string, code = "evaluation_error"): never {
  throw new EvaluationError({ message, code });
}

const patterns = new Map<string, RE2JS>();

function re2(pattern: string): RE2JS {
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

/** For what costs more to make than to keep. */
function keep<K, V>(cache: Map<K, V>, key: K, value: V): V {
  if (cache.size >= 1000) cache.clear();
  cache.set(key, value);
  return value;
}

function re2Find(text: string, pattern: string): boolean {
  const compiled = re2(pattern);
  spendOnce(compiled, 2000 + 200 * compiled.programSize());
  // At the worst, every instruction of the program looks at every character.
  spend((text.length * compiled.programSize()) / 3);
  return compiled.matcher(text).find();
}

/** Unicode's white space, which is not quite JavaScript's: a byte order mark stays, U+0085 goes. */
function trim(text: string): string {
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
function foldAscii(text: string, fold: (letters: string) => string): string {
  const isAscii = /^\p{ASCII}*$/u.test(text);
  spend(isAscii ? text.length / 16 : text.length * 2);
  return isAscii ? fold(text) : text.replace(/[A-Za-z]+/g, fold);
}

// A text is a sequence of code points: size(), and every index, counts them.

function sizeOfText(text: string): bigint {
  spendOn(text);
  return BigInt(countOf(text));
}

function sizeOfMap(map: CelMap): bigint {
  return BigInt(map instanceof Map ? map.size : Object.keys(map).length);
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

function find(text: string, wanted: string, from = 0): number {
  spendOnSearch(text, wanted);
  return search(text, wanted, from);
}

function startsWith(text: string, start: string): boolean {
  spendOn(start);
  return text.startsWith(start);
}

function endsWith(text: string, end: string): boolean {
  spendOn(end);
  return text.endsWith(end);
}

function reverseText(text: string): string {
  spend(text.length);
  return [...text].reverse().join("");
}

function charAt(text: string, index: bigint): string {
  const at = offsetOf(text, index);
  return at >= text.length ? "" : String.fromCodePoint(text.codePointAt(at) ?? 0);
}

function indexOf(text: string, wanted: string, from: bigint): bigint {
  return indexAt(text, find(text, wanted, offsetOf(text, from)));
}

/** The last place that is not behind `from`. */
function lastIndexOf(text: string, wanted: string, from: bigint | undefined): bigint {
  const start = from === undefined ? text.length : offsetOf(text, from);
  spendOnSearch(text, wanted);
  return indexAt(text, searchBack(text, wanted, start));
}

function substring(text: string, start: bigint, end: bigint | undefined): string {
  if (end !== undefined && end < start) fail("the index is out of range");
  return text.slice(offsetOf(text, start), end === undefined ? undefined : offsetOf(text, end));
}

/** The first `limit` places, or all where it is negative. Around and between characters there are empty texts. */
function replace(text: string, from: string, to: string, limit: bigint): string {
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
function split(text: string, separator: string, limit: bigint): string[] {
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

function join(texts: readonly string[], separator: string): string {
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
function quote(text: string): string {
  spend(text.length * 4);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
  const quoted = `"${text.toWellFormed().replace(/[\x07-\x0d"\\]/g, (character) => ESCAPES[character] ?? "")}"`;
  spendOnText(quoted.length);
  return quoted;
}

function ofTypes(types: readonly CelType[], functions: (type: CelType) => Record<string, Handler>) {
  return Object.assign({}, ...types.map(functions)) as Record<string, Handler>;
}

function copyOf(list: List): unknown[] {
  spendOnList(list.length);
  return [...list];
}

function slice(list: List, start: bigint, end: bigint): unknown[] {
  if (start < 0n || end < start || end > BigInt(list.length)) fail("the index is out of range");
  return copyOf(list.slice(Number(start), Number(end)));
}

/** One level: what is a list inside the lists stays one. */
function flatten(lists: readonly List[]): unknown[] {
  let length = lists.length;
  for (const list of lists) length += list.length;
  spend(length);
  spendOnList(length - lists.length);
  return lists.flat();
}

/** In the order of first appearance. */
function setOf(list: List): Set<unknown> {
  spend(list.length * 4);
  for (const item of list) if (typeof item === "string") spend(item.length / 16);
  return new Set(list);
}

function isSuperset(list: List, part: List): boolean {
  const set = setOf(list);
  spend(part.length);
  return part.every((item) => set.has(item));
}

function sort(list: readonly (string | number | bigint | boolean | Date | Duration)[]): unknown[] {
  let longest = 0;
  for (const item of list) if (typeof item === "string") longest = Math.max(longest, item.length);
  spend(list.length * Math.log2(list.length + 1) * (1 + longest / 64));
  return copyOf(list).sort((a, b) => compareValues(a as number, b as number));
}

function compareValues(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function greatest(list: List): unknown {
  return pick(list, (a, b) => a > b);
}

function least(list: List): unknown {
  return pick(list, (a, b) => a < b);
}

function pick(list: List, isBetter: (a: number, b: number) => boolean): unknown {
  if (list.length === 0) fail("the list is empty");
  spend(list.length);
  return list.reduce((best, item) => (isBetter(item as number, best as number) ? item : best));
}

const globs = new Map<string, Glob>();

function globOf(pattern: string): Glob {
  const known = globs.get(pattern);
  if (known) return known;
  try {
    return keep(globs, pattern, parseGlob(pattern));
  } catch (cause) {
    return fail((cause as Error).message);
  }
}

function like(text: string, pattern: string): boolean {
  const glob = globOf(pattern);
  spendOnce(glob, 120 + pattern.length);
  spend((text.length * (16 + glob.steps)) / 160);
  return matchesGlob(text, glob);
}

const indexes = new WeakMap<object, NameIndex>();

/** The entry of the list that the name resembles; empty where there is none, or the list has the name. */
function resembled(name: string, list: List | CelMap): string {
  let index = indexes.get(list);
  if (!index) {
    const entries = Array.isArray(list) ? list : list instanceof Map ? [...list.keys()] : Object.keys(list);
    index = new NameIndex(entries);
    indexes.set(list, index);
  }
  spendOnce(index, 100 + index.size * 10);
  return index.resembled(name, spend) ?? "";
}

const ranges = new Map<string, boolean>();

/** Whether the range of a release has its version. Throws where the ecosystem cannot read one of the two. */
function satisfies({ purl, version }: { purl?: unknown; version?: unknown }, range: string): boolean {
  const type = PURL_TYPES.find((type) => typeof purl === "string" && purl.startsWith(`pkg:${type}/`));
  if (!type || typeof version !== "string") return fail("the release has no version of an ecosystem that is known");
  if (!isRange(type, range)) fail(`this is no range of versions as ${type} writes it`);
  if (!VERSION_ORDERS[type].isValid(version)) fail(`the release's version is none as ${type} writes it`);
  spend(20 + range.length);
  return VERSION_ORDERS[type].contains(version, range);
}

function isRange(type: PurlType, range: string): boolean {
  const known = ranges.get(`${type} ${range}`);
  spendOnce(range, 500 + range.length * 10);
  if (known !== undefined) return known;
  return keep(ranges, `${type} ${range}`, range.length <= MAX_RANGE && VERSION_ORDERS[type].isRange(range));
}

/** An expression may be for any ecosystem: what none can read is an error in all. */
function checkRange(range: string): void {
  if (!PURL_TYPES.some((type) => isRange(type, range)))
    fail("this is no range of versions, such as >=1.2.0 <2.0.0, or >=1.2,<2 for PyPI");
}

function toInt(value: bigint): bigint {
  return value <= INT64_MAX && value >= -INT64_MAX - 1n ? value : fail("the number does not fit into 64 bits");
}

function doubleToInt(value: number): bigint {
  // The doubles next to the greatest int are 2^63, which is too much, and one that is far below.
  return Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : fail("the number does not fit into 64 bits");
}

/** Not what BigInt() takes, for which the empty text is 0. */
function textToInt(text: string): bigint {
  return /^[-+]?\d{1,19}$/.test(text) ? toInt(BigInt(text)) : fail("int() takes a decimal number");
}

function strictTimestamp(text: string): Date {
  const instant = parseInstant(text);
  return instant ? toInstant(instant.getTime()) : fail("this is no RFC 3339 time such as 2026-01-31T12:00:00Z");
}

/** The range of CEL: the years 1 to 9999. */
function toInstant(milliseconds: number): Date {
  if (milliseconds >= -62_135_596_800_000 && milliseconds <= 253_402_300_799_999) return new Date(milliseconds);
  return fail("the time is not within the years 1 to 9999");
}

/** Of a time, in UTC or in the zone named, whatever the zone of the machine. */
function calendar(parts: Readonly<Record<string, (at: Date) => number>>): Record<string, Handler> {
  const functions: Record<string, Handler> = {};
  for (const [name, read] of Object.entries(parts)) {
    functions[`${TIMESTAMP}.${name}(): int`] = (at: Date) => BigInt(read(at));
    functions[`${TIMESTAMP}.${name}(string): int`] = (at: Date, zone: string) => BigInt(read(inZone(at, zone)));
  }
  return functions;
}

/** The instant whose UTC fields are those of `at` in the zone: a name such as Europe/Berlin, or an offset such as +05:30. */
function inZone(at: Date, zone: string): Date {
  const [, sign, hours, minutes, seconds] =
    OFFSET.exec(/^[-+]?\d\d:\d\d$/.test(zone) ? zone : zoneOffset(at, zone)) ?? [];
  const offset = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  return new Date(at.getTime() + (sign === "-" ? -offset : offset) * 1000);
}

const OFFSET = /([-+]?)(\d\d):(\d\d)(?::(\d\d))?$/;

const zones = new Map<string, Intl.DateTimeFormat>();

/** Ends in GMT, GMT+02:00, or for old dates GMT+00:53:28. */
function zoneOffset(at: Date, timeZone: string): string {
  let format = zones.get(timeZone);
  spendOnce(timeZone, 5000);
  if (!format) {
    try {
      format = keep(zones, timeZone, new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" }));
    } catch {
      return fail("this is no time zone such as Europe/Berlin or +05:30");
    }
  }
  spend(150);
  return format.format(at);
}

const durations = new Map<string, Duration>();

/** Kept, for the same few are read for every release. */
function strictDuration(text: string): Duration {
  const known = durations.get(text);
  if (known) return known;
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) return fail("this is no duration such as 72h or 1h30m");
  return keep(durations, text, toDuration(milliseconds));
}

function toDuration(milliseconds: number): Duration {
  const whole = Math.floor(milliseconds);
  return fromNanos(BigInt(whole) * 1_000_000n + BigInt(Math.round((milliseconds - whole) * 1e6)));
}

/** The range that the tests of the specification want: 64 bits of nanoseconds. */
function fromNanos(nanos: bigint): Duration {
  if (nanos > INT64_MAX || nanos < -INT64_MAX) fail("the duration is longer than 292 years");
  return new Duration(nanos / 1_000_000_000n, Number(nanos % 1_000_000_000n));
}

function nanosOf(span: Duration): bigint {
  return span.seconds * 1_000_000_000n + BigInt(span.nanos);
}

// The engine's arithmetic with time has no bounds, and adds negative fractions wrongly. Its operators cannot be
// replaced either, but call these methods.
Duration.fromMilliseconds = toDuration;
Object.assign(Duration.prototype, {
  addDuration(this: Duration, other: Duration) {
    return fromNanos(nanosOf(this) + nanosOf(other));
  },
  subtractDuration(this: Duration, other: Duration) {
    return fromNanos(nanosOf(this) - nanosOf(other));
  },
  extendTimestamp(this: Duration, at: Date) {
    return toInstant(at.getTime() + Number(this.seconds) * 1000 + Math.floor(this.nanos / 1e6));
  },
  subtractTimestamp(this: Duration, at: Date) {
    return fromNanos(-nanosOf(this)).extendTimestamp(at);
  },
});
