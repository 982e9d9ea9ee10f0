/**
 * CEL as policies may use it: with the `cel-*.ts` beside it, all that knows the engine (`@marcbachmann/cel-js`). It closes what the engine
 * leaves open for a firewall: `matches` is RE2 and linear, time is strict and the same on every machine, `has()` and
 * `?.` are checked against the schema, sizes and loops are bounded, a result has the declared type, and every issue has
 * a range in the source.
 */
import { type ASTNode, Environment as Engine, type ParseResult } from "@marcbachmann/cel-js";
import { children, isLoop } from "./cel-ast.ts";
import { withinBudget } from "./cel-budget.ts";
import { CEL_LIMITS, checkBounds, checkTypes, REFUSED } from "./cel-check.ts";
import { attempt, CelError, say, toCelError } from "./cel-error.ts";
import { type CelMethod, EXTENSIONS, NAMESPACES, REPLACEMENTS } from "./cel-functions.ts";
import { meter } from "./cel-meter.ts";
import { CHECKED_HAS, callOurs, OUR_NAMES, OURS, withCheckedHas } from "./cel-names.ts";
import type { CelType } from "./cel-types.ts";

export { withinBudget } from "./cel-budget.ts";
export { CEL_LIMITS } from "./cel-check.ts";
export { CelError } from "./cel-error.ts";
export { type CelType, DURATION, TIMESTAMP } from "./cel-types.ts";

/** A record type. Values are instances of `ctor`; a field whose value is undefined is absent. */
export interface CelRecord {
  readonly name: string;
  readonly fields: Readonly<Record<string, CelType>>;
  readonly ctor: abstract new (...args: never[]) => object;
  /** By signature: `name(string): bool`. */
  readonly methods?: Readonly<Record<string, CelMethod>>;
}

export interface CelDeclarations {
  readonly records?: readonly CelRecord[];
  readonly variables: Readonly<Record<string, CelType>>;
}

/** Names to values: bigint for int, Date for timestamp, Map for map, instances for records. */
export type CelContext = Readonly<Record<string, unknown>>;

export interface CelExpression {
  readonly source: string;
  readonly type: CelType;
  /** The facts read, as `root.field`, or `root` where the whole is used. */
  readonly reads: ReadonlySet<string>;
  /** Throws CelError; whoever calls it decides what a failure means, and it is never "allow". */
  evaluate(context: CelContext): unknown;
}

/** A boolean part of a condition; `start` and `end` are offsets into the condition's source. */
export interface CelPart {
  readonly start: number;
  readonly end: number;
  readonly source: string;
  readonly operator: "and" | "or" | "not" | "leaf";
  readonly parts: readonly CelPart[];
  /** The part as an expression of its own; compiled when it is first asked for. */
  compile(): CelExpression;
}

const PART_OPERATORS: ReadonlyMap<string, CelPart["operator"]> = new Map([
  ["&&", "and"],
  ["||", "or"],
  ["!_", "not"],
]);
const ENGINE_OPTIONS = {
  enableOptionalTypes: true,
  limits: {
    maxAstNodes: CEL_LIMITS.nodes,
    maxDepth: CEL_LIMITS.depth,
    maxListElements: CEL_LIMITS.elements,
    maxMapEntries: CEL_LIMITS.elements,
    maxCallArguments: 16,
  },
};

/** Where expressions are compiled: types and variables are declared, everything else is an error. */
export class CelEnvironment {
  readonly #engine: Engine;
  readonly #variables: ReadonlySet<string>;
  /** Names of methods to the fields that they read. */
  readonly #methods: Map<string, readonly string[]>;

  constructor(declarations: CelDeclarations, parent?: CelEnvironment) {
    this.#engine = parent ? parent.#engine.clone() : baseEngine();
    this.#methods = new Map(parent ? parent.#methods : []);
    this.#variables = new Set([...(parent ? parent.#variables : []), ...Object.keys(declarations.variables)]);
    for (const { name, fields, ctor, methods } of declarations.records ?? []) {
      // The engine looks a field up in this object: without a prototype, `constructor` is no field.
      this.#engine.registerType(name, { ctor, fields: Object.assign(Object.create(null), fields) } as never);
      for (const [signature, { reads, call }] of Object.entries(methods ?? {})) {
        this.#engine.registerFunction(`${name}.${signature}`, call as never, { async: false });
        this.#methods.set(/^\w+/.exec(signature)?.[0] ?? "", reads);
      }
    }
    for (const [name, type] of Object.entries(declarations.variables)) this.#engine.registerVariable(name, type);
  }

  /** A new environment with more declarations. */
  extend(declarations: CelDeclarations): CelEnvironment {
    return new CelEnvironment(declarations, this);
  }

  /** Compiles and type-checks. Throws CelError where the source is not an expression of the type wanted. */
  compile(source: string, wanted?: CelType): CelExpression {
    if (source.length > CEL_LIMITS.length) {
      throw new CelError(`the expression is longer than ${CEL_LIMITS.length} characters`, 0, source.length);
    }
    return attempt(source, () => this.#compile(source, wanted));
  }

  #compile(source: string, wanted: CelType | undefined): CelExpression {
    const { ast } = syntax.parse(source);
    checkBounds(ast);
    // The engine does not type-check the argument of has(). It does so in a twin, where a function stands in its place.
    const twin = this.#check(source, withCheckedHas(source, ast));
    checkTypes(twin.program.ast);
    const { program, type } = this.#check(source, source);
    if (wanted !== undefined && type !== wanted) {
      throw new CelError(`the expression must be ${say(wanted)}, and is ${say(type)}`, 0, source.length);
    }
    meter(program.ast);
    return {
      source,
      type,
      reads: readsOf(ast, this.#variables, this.#methods),
      evaluate(context) {
        const value = attempt(source, () => withinBudget(() => program(context)));
        if (value instanceof Promise) throw new CelError("the expression is asynchronous", 0, source.length);
        return value;
      },
    };
  }

  /** A condition as a tree of its boolean parts; the inside of a loop is not taken apart. Throws CelError. */
  parts({ source }: CelExpression): CelPart {
    const plain = source.replace(NOT_CODE, (text) => " ".repeat(text.length));
    return attempt(source, () => this.#part({ source, plain }, syntax.parse(source).ast));
  }

  #part(whole: { readonly source: string; readonly plain: string }, node: ASTNode): CelPart {
    const [start, end] = withBrackets(whole.plain, node.start, node.end);
    const source = whole.source.slice(start, end);
    const operator = PART_OPERATORS.get(node.op) ?? "leaf";
    const parts = operator === "leaf" ? [] : children(node).map((child) => this.#part(whole, child));
    let compiled: CelExpression | undefined;
    const compile = () => {
      compiled ??= this.compile(source, "bool");
      return compiled;
    };
    return { start, end, source, operator, parts, compile };
  }

  #check(source: string, text: string): { program: ParseResult; type: CelType } {
    const program = this.#engine.parse(text);
    callOurs(program.ast);
    const { valid, type = "dyn", error } = program.check();
    if (!valid) throw toCelError(error, source);
    return { program, type };
  }
}

/** The signature of every function and macro that a policy may call, without the methods of records. */
export function celSignatures(): string[] {
  const found: string[] = [];
  for (const { name, signature } of baseEngine().getDefinitions().functions) {
    const isReplaced = OUR_NAMES.has(name) && !name.startsWith(OURS);
    if (isReplaced || name === CHECKED_HAS || REFUSED.has(name) || /\bbytes\b|Namespace\)/.test(signature)) continue;
    const [, namespace] = /^(\w+)Namespace\./.exec(signature) ?? [];
    found.push(say(signature.replace(OURS, "").replace(/^\w+Namespace/, namespace?.toLowerCase() ?? "")));
  }
  return found;
}

const syntax = new Engine({ ...ENGINE_OPTIONS, unlistedVariablesAreDyn: true });

function readsOf(
  root: ASTNode,
  variables: ReadonlySet<string>,
  methods: ReadonlyMap<string, readonly string[]>,
): Set<string> {
  const reads = new Set<string>();
  const visit = (node: ASTNode, facts: ReadonlySet<string>): void => {
    if ((node.op === "." || node.op === ".?") && node.args[0].op === "id") {
      if (facts.has(node.args[0].args)) reads.add(`${node.args[0].args}.${node.args[1]}`);
    } else if (node.op === "id") {
      if (facts.has(node.args)) reads.add(node.args);
    } else if (node.op === "rcall" && node.args[1].op === "id" && methods.has(node.args[0])) {
      const [name, { args: root }, args] = node.args;
      if (facts.has(root)) for (const field of methods.get(name) ?? []) reads.add(`${root}.${field}`);
      for (const arg of args) visit(arg, facts);
    } else if (isLoop(node)) {
      const [, list, [name, ...bodies]] = node.args;
      visit(list, facts);
      const others = new Set([...facts].filter((fact) => fact !== name?.args));
      for (const body of bodies) visit(body, others);
    } else for (const child of children(node)) visit(child, facts);
  };
  visit(root, variables);
  return reads;
}

/** The engine's ranges leave out the brackets around an operand: takes in those that have lost their partner. `plain` has spaces for texts. */
function withBrackets(plain: string, from: number, to: number): [start: number, end: number] {
  let [start, end] = [from, to];
  for (;;) {
    let depth = 0;
    let missing = 0;
    for (const char of plain.slice(start, end)) {
      if (char === "(") depth++;
      if (char === ")" && depth-- === 0) {
        depth = 0;
        missing++;
      }
    }
    if (missing === 0 && depth === 0) return [start, end];
    if (missing > 0) start = plain.lastIndexOf("(", start - 1);
    else end = plain.indexOf(")", end) + 1;
    if (start < 0 || end <= 0) return [from, to];
  }
}

/** Texts and comments, in which a bracket is no bracket. */
const NOT_CODE = /"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\/[^\n]*/g;

let base: Engine | undefined;

function baseEngine(): Engine {
  if (base) return base.clone();
  base = new Engine(ENGINE_OPTIONS).registerFunction(`${CHECKED_HAS}(dyn): bool`, () => true, { async: false });
  for (const [name, { type, ctor }] of NAMESPACES)
    base.registerType(type, { ctor, fields: Object.create(null) } as never).registerConstant(name, type, new ctor());
  for (const [signature, handler] of Object.entries(EXTENSIONS)) {
    base.registerFunction(signature, handler as never, { async: false });
  }
  for (const [signature, handler] of Object.entries(REPLACEMENTS)) {
    base.registerFunction(signature.replace(/\w+\(/, `${OURS}$&`), handler as never, { async: false });
  }
  return base.clone();
}
