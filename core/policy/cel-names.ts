/**
 * The engine lets nobody replace its functions. So ours have other names, and calls are given these names in the parsed
 * tree: the source is left as it is, and positions stay exact.
 */
import type { ASTNode } from "@marcbachmann/cel-js";
import { walk } from "./cel-ast.ts";
import { REPLACEMENTS } from "./cel-functions.ts";

/** Stands before the names of our functions. No name in CEL begins with a digit, so that authors cannot write one. */
export const OURS = "0ours_";
/** As long as `has`, which is no call in the parsed tree: the one name that is changed in the text. */
export const CHECKED_HAS = "hax";

/** What the engine calls them. */
export const OUR_NAMES = new Set(Object.keys(REPLACEMENTS).map((signature) => /\w+(?=\()/.exec(signature)?.[0]));

/** The same text, with has() as the call of a function. */
export function withCheckedHas(source: string, ast: ASTNode): string {
  let text = source;
  for (const [{ op, args, start }] of walk(ast)) {
    if (op === "call" && args[0] === "has")
      text = text.slice(0, start) + CHECKED_HAS + text.slice(start + "has".length);
  }
  return text;
}

export function callOurs(root: ASTNode): void {
  for (const [{ op, args }] of walk(root)) {
    if ((op === "call" || op === "rcall") && OUR_NAMES.has(args[0])) args[0] = OURS + args[0];
  }
}
