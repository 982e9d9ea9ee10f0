/** What an evaluation may cost: counted, not timed, so that a rule decides the same on every machine. */
import { EvaluationError } from "@marcbachmann/cel-js";

/** UTF-16 units in a text that is made, and elements in a list that is. */
export const MAX_TEXT = 2 ** 20;

export const MAX_ELEMENTS = 10_000;

/** What one evaluation may cost. A unit is some 40 ns on a slow machine: a term of a loop, or sixteen characters read. */
export const MAX_COST = 600_000;

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

export function spendOnce(made: unknown, cost: number): void {
  if (paid.has(made)) return;
  paid.add(made);
  spend(cost);
}

/** Takes from the budget. Throws where it is used up, and then at every further call. */
export function spend(cost: number): void {
  budget -= cost;
  if (budget < 0) fail("the evaluation works through more than policies may", "too_costly");
}

export function spendOn(...texts: readonly string[]): void {
  let units = 0;
  for (const { length } of texts) units += length;
  spend(units / 16);
}

/** Before a text or a list of this length is made. */
export function spendOnText(length: number): void {
  spend(length / 64);
  if (length > MAX_TEXT) fail(`the text is longer than ${MAX_TEXT} characters`, "too_long");
}

export function spendOnList(length: number): void {
  spend(length / 8);
  if (length > MAX_ELEMENTS) fail(`the list has more than ${MAX_ELEMENTS} elements`, "too_long");
}

/** Before two texts or two lists are put together. */
export function spendOnSum(left: unknown, right: unknown): void {
  if (typeof left === "string" && typeof right === "string") spendOnText(left.length + right.length);
  else if (Array.isArray(left) && Array.isArray(right)) spendOnList(left.length + right.length);
}

/** An error of evaluation; the engine adds where. */
export function fail(message: string, code = "evaluation_error"): never {
  throw new EvaluationError({ message, code });
}

/** For what costs more to make than to keep. */
export function keep<K, V>(cache: Map<K, V>, key: K, value: V): V {
  if (cache.size >= 1000) cache.clear();
  cache.set(key, value);
  return value;
}
