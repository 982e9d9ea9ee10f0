/**
 * The functions of CEL that the engine lacks, has wrong, or takes from the machine: by signature. Each counts what it
 * works through against the budget of the evaluation, so that no text or list makes a rule slow.
 */
import { Optional } from "@marcbachmann/cel-js";
import type { Duration, UnsignedInt } from "@marcbachmann/cel-js/evaluator";
import type { PurlType } from "../purl.ts";
import { PURL_TYPES } from "../purl.ts";
import { formatInstant } from "../time.ts";
import { VERSION_ORDERS } from "../versions/index.ts";
import { fail, keep, spend, spendOnce } from "./cel-budget.ts";
import { copyOf, flatten, greatest, isSuperset, least, setOf, sizeOfMap, slice, sort } from "./cel-lists.ts";
import {
  charAt,
  endsWith,
  find,
  foldAscii,
  globOf,
  indexOf,
  join,
  lastIndexOf,
  like,
  quote,
  re2,
  re2Find,
  replace,
  reverseText,
  sizeOfText,
  split,
  startsWith,
  substring,
  trim,
} from "./cel-text.ts";
import {
  calendar,
  doubleToInt,
  nanosOf,
  strictDuration,
  strictTimestamp,
  textToInt,
  toInstant,
  toInt,
} from "./cel-time.ts";
import { type CelMap, type CelType, DURATION, type Handler, type List, TIMESTAMP } from "./cel-types.ts";
import { NameIndex } from "./typosquat.ts";

const MAX_RANGE = 1000;

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

function ofTypes(types: readonly CelType[], functions: (type: CelType) => Record<string, Handler>) {
  return Object.assign({}, ...types.map(functions)) as Record<string, Handler>;
}

const indexes = new WeakMap<object, NameIndex>();

/** The entry of the list that the name resembles; empty where there is none, or the list has the name. */
function resembled(name: string, list: List | CelMap): string {
  let index = indexes.get(list);
  if (!index) {
    index = new NameIndex(entriesOf(list));
    indexes.set(list, index);
  }
  spendOnce(index, 100 + index.size * 10);
  return index.resembled(name, spend) ?? "";
}

/** Makes the index of a list before a rule asks for it, a little at a time. */
export async function prepareNames(list: List | CelMap): Promise<void> {
  if (!indexes.has(list)) indexes.set(list, await NameIndex.open(entriesOf(list)));
}

function entriesOf(list: List | CelMap): string[] {
  return (Array.isArray(list) ? list : list instanceof Map ? [...list.keys()] : Object.keys(list)) as string[];
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
