/** The engine's tree of an expression, and what it notes there once it has checked the types. */
import type { ASTNode } from "@marcbachmann/cel-js";
import type { CelType } from "./cel-types.ts";

export type CheckedNode = ASTNode & {
  readonly checkedType?: { readonly name: CelType; readonly hasDynType: boolean };
  /** How the engine evaluates a checked operator. */
  handle?: (left: unknown, right: unknown, ...rest: unknown[]) => unknown;
  /** What a loop became. */
  readonly meta?: { readonly alternate?: { readonly args: Loop } };
};

/** The parts of a loop that are called for each pass. */
interface Loop {
  condition?: (soFar: unknown) => boolean;
  readonly step: Evaluated;
}

type Evaluate = (...args: unknown[]) => unknown;

/** A node as the evaluator calls it: what it became stands in for it. */
export interface Evaluated {
  evaluate: Evaluate;
  readonly meta: {
    readonly evaluate: Evaluate;
    readonly macro?: { readonly evaluate: Evaluate };
    readonly alternate?: { readonly evaluate: Evaluate };
  };
}

const LOOPS = new Set(["all", "exists", "exists_one", "map", "filter"]);

export function isLoop(node: ASTNode): node is ASTNode & { op: "rcall"; args: [string, ASTNode, ASTNode[]] } {
  return node.op === "rcall" && LOOPS.has(node.args[0]);
}

/** Every node with the number of loops around it. The engine notes a type at each node once it has checked it. */
export function walk(node: CheckedNode, loops = 0, found: [CheckedNode, number][] = []): [CheckedNode, number][] {
  found.push([node, loops]);
  if (isLoop(node)) {
    walk(node.args[1], loops, found);
    for (const body of node.args[2]) walk(body, loops + 1, found);
  } else for (const child of children(node)) walk(child, loops, found);
  return found;
}

export function typeOf(node: CheckedNode): CelType | undefined {
  return node.checkedType?.name;
}

export function children(node: ASTNode): ASTNode[] {
  const found: ASTNode[] = [];
  const collect = (item: unknown): void => {
    if (Array.isArray(item)) item.forEach(collect);
    else if (typeof item === "object" && item !== null && "op" in item && "start" in item) found.push(item as ASTNode);
  };
  collect(node.args);
  return found;
}

export function literalText(node: ASTNode | undefined): string | undefined {
  return node?.op === "value" && typeof node.args === "string" ? node.args : undefined;
}
