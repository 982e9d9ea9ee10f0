/** What to write instead, for the slips that people bring to CEL from other languages. */
import { suggest } from "../words.ts";
import { type CelError, celSignatures } from "./cel.ts";
import { FACT_FIELDS } from "./facts.ts";

const VARIABLES = ["pkg", "release", "advisories", "lists", "params", "variables", "now"];

/** Words and signs of other languages, by what CEL writes for them. */
const IN_CEL: ReadonlyMap<string, string> = new Map([
  ["and", "&&"],
  ["&", "&&"],
  ["or", "||"],
  ["|", "||"],
  ["not", "!"],
  ["=", "=="],
  ["True", "true"],
  ["False", "false"],
  ["includes", "contains()"],
  ["indexof", "indexOf()"],
  ["length", "size()"],
  ["len", "size()"],
  ["lower", "lowerAscii()"],
  ["toLowerCase", "lowerAscii()"],
  ["upper", "upperAscii()"],
  ["toUpperCase", "upperAscii()"],
]);

/**
 * The end of the message for an expression that does not compile: `; ` and what to write instead, or nothing.
 * `names` are those that the policy may read besides the facts: its params and variables, and the lists.
 */
export function adviceOn({ message, start, end }: CelError, source: string, names: readonly string[]): string {
  if (message === "Unexpected token: EOF") return "; the expression ends where more must follow";
  if (message.startsWith("Unexpected character")) return onSyntax(source, start, end);
  const [, left, right] = /^no such overload: (\w+) \S+ (\w+)$/.exec(message) ?? [];
  if (left && right) return onTypes(left, right);
  const [, name, field, variable] =
    /^found no matching overload for '(?:[^']*\.)?(\w+)\(|^No such key: (\w+)|^Unknown variable: (\w+)/.exec(message) ??
    [];
  if (name) return inCel(name) || suggest(name, functionNames());
  if (field) return suggest(field, [...FACT_FIELDS, ...names]);
  return variable ? inCel(variable) || suggest(variable, VARIABLES) : "";
}

/** The parser stops at the word after `not`, and at the last sign of `===`. */
function onSyntax(source: string, start: number, end: number): string {
  const [before] = /\w+(?=\s*$)/.exec(source.slice(0, start)) ?? [];
  return before === "not" ? inCel(before) : inCel(source.slice(start, end));
}

function onTypes(left: string, right: string): string {
  if (right === "null") return "; ask whether a field is there with `has()`";
  const other = left === "string" ? right : left;
  const isTextOfTime = (left === "string" || right === "string") && ["duration", "timestamp"].includes(other);
  return isTextOfTime ? `; put the text into \`${other}("…")\`` : "";
}

function inCel(word: string): string {
  const instead = IN_CEL.get(word);
  return instead === undefined ? "" : `; CEL writes \`${instead}\``;
}

function functionNames(): string[] {
  return celSignatures().flatMap((signature) => /\w+(?=\()/.exec(signature) ?? []);
}
