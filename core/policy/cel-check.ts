/** What expressions may not be, beyond what the engine refuses. */
import type { ASTNode } from "@marcbachmann/cel-js";
import { isLoop, literalText, typeOf, walk } from "./cel-ast.ts";
import { MAX_COST, MAX_ELEMENTS, MAX_TEXT } from "./cel-budget.ts";
import { CelError } from "./cel-error.ts";
import { LITERALS } from "./cel-functions.ts";
import { CHECKED_HAS } from "./cel-names.ts";
import { DURATION, INT64_MAX, TIMESTAMP } from "./cel-types.ts";

/** Bounds on one expression, on what it may make, and on what it may cost: some 50 ms, whatever the facts are. */
export const CEL_LIMITS = {
  length: 8192,
  depth: 64,
  nodes: 2000,
  loopDepth: 2,
  elements: MAX_ELEMENTS,
  text: MAX_TEXT,
  cost: MAX_COST,
} as const;

/** What the engine's own limits do not cover. */
export function checkBounds(root: ASTNode): void {
  for (const [node, loops] of walk(root)) {
    const { op, args } = node;
    const refuse = (why: string) => new CelError(why, node.start, node.end);
    if (isLoop(node) && loops >= CEL_LIMITS.loopDepth)
      throw refuse(`loops are nested deeper than ${CEL_LIMITS.loopDepth}`);
    if (op === "value" && typeof args === "bigint" && args > INT64_MAX)
      throw refuse("the number does not fit into 64 bits");
    if (op === "value" && args instanceof Uint8Array) throw refuse("policies have no bytes");
    if (op === "map" && !args.every(([key]) => isPlainKey(key)))
      throw refuse("the keys of a map must be plain string literals");
    if (op === "call") checkCall(args[0], args[1], refuse);
    if (op === "rcall") checkCall(args[0], args[2], refuse);
  }
}

function isPlainKey(key: ASTNode): boolean {
  const text = literalText(key);
  return text !== undefined && !["__proto__", "constructor", "prototype"].includes(text);
}

/** What the engine has, and why policies do not. */
export const REFUSED: ReadonlyMap<string, string> = new Map([
  ["dyn", "dyn() would switch the type check off, so policies cannot use it"],
  ["bytes", "policies have no bytes"],
  ["bind", "policies have no cel.bind(): give the value a name under spec.variables"],
]);

function checkCall(name: string, args: readonly ASTNode[], refuse: (why: string) => CelError): void {
  if (name === CHECKED_HAS) throw refuse(`unknown function ${name}()`);
  const why = REFUSED.get(name);
  if (why) throw refuse(why);
  const rule = LITERALS.get(name);
  const argument = args[rule?.argument ?? 0];
  const literal = literalText(argument);
  if (!argument || literal === undefined) return;
  try {
    rule?.check(literal);
  } catch (cause) {
    throw new CelError((cause as Error).message, argument.start, argument.end);
  }
}

/** What the engine's own type check lets pass. */
export function checkTypes(root: ASTNode): void {
  const nodes = walk(root).map(([node]) => node);
  const untyped = nodes.findLast(({ checkedType }) => checkedType?.hasDynType);
  if (untyped) throw untypedError(untyped);
  for (const { op, args, start, end } of nodes) {
    // The engine takes this for a duration, and computes a time.
    if (op === "+" && typeOf(args[0]) === DURATION && typeOf(args[1]) === TIMESTAMP)
      throw new CelError("a duration is added to a time, not the other way round", start, end);
  }
}

/** After `?.` the engine lets an unknown field pass, and everywhere one whose name is computed: their type is `dyn`. */
function untypedError(node: ASTNode): CelError {
  const { op, args, pos, start, end } = node;
  if (op === "." || op === ".?") return new CelError(`No such key: ${args[1]}`, pos, end);
  if (op !== "[]" && op !== "[?]")
    return new CelError("this has no type before it is evaluated, and policies are type-checked", start, end);
  const name = literalText(args[1]);
  const message = name === undefined ? "the name of a field must be a literal" : `No such key: ${name}`;
  return new CelError(message, args[1].start, args[1].end);
}
