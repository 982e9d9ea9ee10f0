/** What reading a file may cost: memory goes by its lines and values, not by its bytes alone. */
import { CordonError } from "../../core/errors.ts";
import { countValues } from "../../core/json.ts";

/** Lockfiles of the largest projects have some hundred thousand. */
export const MAX_INVENTORY_LINES = 2_000_000;
export const MAX_INVENTORY_VALUES = 4_000_000;
const MAX_RELEASES = 1_000_000;

const NEXT = "Give what it is made of, or name what it holds in a list.";

/** Throws FILE_TOO_LARGE. */
export function requireFewLines(path: string, text: string): void {
  let lines = 1;
  for (let at = text.indexOf("\n"); at >= 0 && lines <= MAX_INVENTORY_LINES; at = text.indexOf("\n", at + 1)) lines++;
  if (lines > MAX_INVENTORY_LINES) throw tooLarge(path, `has more than ${MAX_INVENTORY_LINES} lines`);
}

/** Of JSON or TOML, before it is parsed. Throws FILE_TOO_LARGE. */
export function requireFewValues(path: string, text: string): void {
  if (text.length > MAX_INVENTORY_VALUES && countValues(Buffer.from(text)) > MAX_INVENTORY_VALUES)
    throw tooLarge(path, `has more than ${MAX_INVENTORY_VALUES} values`);
}

/** Throws FILE_TOO_LARGE. */
export function requireFewReleases(path: string, releases: number): void {
  if (releases > MAX_RELEASES) throw tooLarge(path, `names more than ${MAX_RELEASES} releases`);
}

function tooLarge(path: string, why: string): CordonError {
  return new CordonError("FILE_TOO_LARGE", `${path} ${why}`, { next: NEXT });
}
