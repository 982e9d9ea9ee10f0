/** Where the engine calls back, and what is paid there: cel-budget.ts has the account. */
import type { ASTNode } from "@marcbachmann/cel-js";
import { type CheckedNode, type Evaluated, isLoop, typeOf, walk } from "./cel-ast.ts";
import { spend, spendOnSum } from "./cel-budget.ts";

const LOOP_COST = 3;
const ERROR_COST = 250;

/**
 * Makes an evaluation pay for what it works through. The engine has no such thing, so that this stands where it calls
 * back: before each pass of a loop, outside of what catches the errors of a pass, and around the operators.
 */
export function meter(root: ASTNode): void {
  for (const [node] of walk(root)) {
    const { op, args, handle } = node;
    if (isLoop(node)) meterLoop(node);
    else if (op === "||" || op === "&&") meterErrors(args[0] as unknown as Evaluated);
    else if (!handle) continue;
    else if (op === "+" && /^(string|list\b.*)$/.test(typeOf(node) ?? ""))
      node.handle = (left, right, ...rest) => {
        spendOnSum(left, right);
        return handle(left, right, ...rest);
      };
    else if (isComparison(node) && isLarge(node.args[0]) && isLarge(node.args[1]))
      node.handle = (left, right, ...rest) => {
        spend(Math.min(sizeOf(left), sizeOf(right)));
        return handle(left, right, ...rest);
      };
    else if (op === "in" && typeOf(args[1])?.startsWith("list"))
      node.handle = (left, right, ...rest) => {
        spend(sizeOf(right) * (1 + sizeOf(left)));
        return handle(left, right, ...rest);
      };
  }
}

function isComparison(node: CheckedNode): node is CheckedNode & { args: [ASTNode, ASTNode] } {
  return ["==", "!=", "<", "<=", ">", ">="].includes(node.op);
}

function meterLoop(node: CheckedNode & { args: [string, ASTNode, ASTNode[]] }): void {
  const loop = node.meta?.alternate?.args;
  if (!loop) throw new Error("the engine has no loop here");
  const { condition, step } = loop;
  const cost = node.args[2].reduce((sum, body) => sum + walk(body).length, LOOP_COST);
  loop.condition = (soFar) => {
    spend(cost);
    return condition ? condition(soFar) : true;
  };
  meterErrors(step);
}

/** An error takes far longer than the term that it ends, and what is around the term may go on after it. */
function meterErrors(node: Evaluated): void {
  const { alternate, macro, evaluate: operator } = node.meta;
  const [target, evaluate] = alternate
    ? [alternate, (...args: unknown[]) => alternate.evaluate(...args)]
    : macro
      ? [macro, macro.evaluate]
      : [node, operator];
  node.evaluate = (evaluator, _, context) => {
    try {
      return evaluate(evaluator, target, context);
    } catch (error) {
      spend(ERROR_COST);
      throw error;
    }
  };
}

/** Whether comparing it may take long: no number, and no literal text. */
function isLarge(node: ASTNode): boolean {
  return node.op !== "value" && /^(string|list|map|dyn|[A-Z])/.test(typeOf(node) ?? "dyn");
}

function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length / 64;
  if (Array.isArray(value)) return value.length;
  return value instanceof Map ? value.size : 1;
}
