/** The functions of CEL on lists and maps. */
import type { Duration } from "@marcbachmann/cel-js/evaluator";
import { fail, spend, spendOnList } from "./cel-budget.ts";
import type { CelMap, List } from "./cel-types.ts";

export function sizeOfMap(map: CelMap): bigint {
  return BigInt(map instanceof Map ? map.size : Object.keys(map).length);
}

export function copyOf(list: List): unknown[] {
  spendOnList(list.length);
  return [...list];
}

export function slice(list: List, start: bigint, end: bigint): unknown[] {
  if (start < 0n || end < start || end > BigInt(list.length)) fail("the index is out of range");
  return copyOf(list.slice(Number(start), Number(end)));
}

/** One level: what is a list inside the lists stays one. */
export function flatten(lists: readonly List[]): unknown[] {
  let length = lists.length;
  for (const list of lists) length += list.length;
  spend(length);
  spendOnList(length - lists.length);
  return lists.flat();
}

/** In the order of first appearance. */
export function setOf(list: List): Set<unknown> {
  spend(list.length * 4);
  for (const item of list) if (typeof item === "string") spend(item.length / 16);
  return new Set(list);
}

export function isSuperset(list: List, part: List): boolean {
  const set = setOf(list);
  spend(part.length);
  return part.every((item) => set.has(item));
}

export function sort(list: readonly (string | number | bigint | boolean | Date | Duration)[]): unknown[] {
  let longest = 0;
  for (const item of list) if (typeof item === "string") longest = Math.max(longest, item.length);
  spend(list.length * Math.log2(list.length + 1) * (1 + longest / 64));
  return copyOf(list).sort((a, b) => compareValues(a as number, b as number));
}

function compareValues(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function greatest(list: List): unknown {
  return pick(list, (a, b) => a > b);
}

export function least(list: List): unknown {
  return pick(list, (a, b) => a < b);
}

function pick(list: List, isBetter: (a: number, b: number) => boolean): unknown {
  if (list.length === 0) fail("the list is empty");
  spend(list.length);
  return list.reduce((best, item) => (isBetter(item as number, best as number) ? item : best));
}
