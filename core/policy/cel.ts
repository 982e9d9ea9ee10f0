/**
 * CEL as policies may use it: with the `cel-*.ts` beside it, all that knows the engine (`@marcbachmann/cel-js`). It closes what the engine
 * leaves open for a firewall: `matches` is RE2 and linear, time is strict and the same on every machine, `has()` and
 * `?.` are checked against the schema, sizes and loops are bounded, a result has the declared type, and every issue has
 * a range in the source.
 *
 * The engine lets nobody replace its functions. So ours have other names, and calls are given these names in the parsed
 * tree: the source is left as it is, and positions stay exact.
 */
import {
  type ASTNode,
  Environment as Engine,
  EvaluationError,
  type ParseError,
  type ParseResult,
} from "@marcbachmann/cel-js";
import { MAX_COST, MAX_ELEMENTS, MAX_TEXT, spend, spendOnSum, withinBudget } from "./cel-budget.ts";
import { type CelMethod, EXTENSIONS, LITERALS, NAMESPACES, REPLACEMENTS } from "./cel-functions.ts";
import { type CelType, DURATION, INT64_MAX, TIMESTAMP } from "./cel-types.ts";

export { withinBudget } from "./cel-budget.ts";
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

/** What is wrong with an expression, or went wrong in it; `start` and `end` are offsets into its source. */
export class CelError extends Error {
  readonly start: number;
  readonly end: number;

  constructor(message: string, start: number, end: number) {
    super(message);
    this.name = "CelError";
    this.start = start;
    this.end = end;
  }
}

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

const PART_OPERATORS: ReadonlyMap<string, CelPart["operator"]> = new Map([
  ["&&", "and"],
  ["||", "or"],
  ["!_", "not"],
]);
const LOOPS = new Set(["all", "exists", "exists_one", "map", "filter"]);
/** Stands before the names of our functions. No name in CEL begins with a digit, so that authors cannot write one. */
const OURS = "0ours_";
/** As long as `has`, which is no call in the parsed tree: the one name that is changed in the text. */
const CHECKED_HAS = "hax";
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

/** What the engine's own limits do not cover. */
function checkBounds(root: ASTNode): void {
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

const REFUSED: ReadonlyMap<string, string> = new Map([
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

function literalText(node: ASTNode | undefined): string | undefined {
  return node?.op === "value" && typeof node.args === "string" ? node.args : undefined;
}

/** What the engine's own type check lets pass. */
function checkTypes(root: ASTNode): void {
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

/** The same text, with has() as the call of a function. */
function withCheckedHas(source: string, ast: ASTNode): string {
  let text = source;
  for (const [{ op, args, start }] of walk(ast)) {
    if (op === "call" && args[0] === "has")
      text = text.slice(0, start) + CHECKED_HAS + text.slice(start + "has".length);
  }
  return text;
}

function callOurs(root: ASTNode): void {
  for (const [{ op, args }] of walk(root)) {
    if ((op === "call" || op === "rcall") && OUR_NAMES.has(args[0])) args[0] = OURS + args[0];
  }
}

/**
 * Makes an evaluation pay for what it works through. The engine has no such thing, so that this stands where it calls
 * back: before each pass of a loop, outside of what catches the errors of a pass, and around the operators.
 */
function meter(root: ASTNode): void {
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

const LOOP_COST = 3;
const ERROR_COST = 250;

/** Whether comparing it may take long: no number, and no literal text. */
function isLarge(node: ASTNode): boolean {
  return node.op !== "value" && /^(string|list|map|dyn|[A-Z])/.test(typeOf(node) ?? "dyn");
}

function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length / 64;
  if (Array.isArray(value)) return value.length;
  return value instanceof Map ? value.size : 1;
}

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

function isLoop(node: ASTNode): node is ASTNode & { op: "rcall"; args: [string, ASTNode, ASTNode[]] } {
  return node.op === "rcall" && LOOPS.has(node.args[0]);
}

/** Every node with the number of loops around it. The engine notes a type at each node once it has checked it. */
function walk(node: CheckedNode, loops = 0, found: [CheckedNode, number][] = []): [CheckedNode, number][] {
  found.push([node, loops]);
  if (isLoop(node)) {
    walk(node.args[1], loops, found);
    for (const body of node.args[2]) walk(body, loops + 1, found);
  } else for (const child of children(node)) walk(child, loops, found);
  return found;
}

type CheckedNode = ASTNode & {
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
interface Evaluated {
  evaluate: Evaluate;
  readonly meta: {
    readonly evaluate: Evaluate;
    readonly macro?: { readonly evaluate: Evaluate };
    readonly alternate?: { readonly evaluate: Evaluate };
  };
}

function typeOf(node: CheckedNode): CelType | undefined {
  return node.checkedType?.name;
}

function children(node: ASTNode): ASTNode[] {
  const found: ASTNode[] = [];
  const collect = (item: unknown): void => {
    if (Array.isArray(item)) item.forEach(collect);
    else if (typeof item === "object" && item !== null && "op" in item && "start" in item) found.push(item as ASTNode);
  };
  collect(node.args);
  return found;
}

/** Every exception of the engine, a stack overflow included, becomes a CelError without the data it met. */
function attempt<T>(source: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw toCelError(error, source);
  }
}

function toCelError(error: unknown, source: string): CelError {
  if (error instanceof CelError) return error;
  const { summary, message, range } = error as Partial<ParseError>;
  const text = (error instanceof EvaluationError && withoutData(error)) || summary || message || String(error);
  return new CelError(inUserTerms(text), range?.start ?? 0, range?.end ?? source.length);
}

/** What is said of errors that quote a value, which is data and may hold anything. */
const WITHOUT_DATA: ReadonlyMap<string, string> = new Map([
  ["no_such_key", "No such key"],
  ["index_out_of_bounds", "the index is out of bounds"],
  ["numeric_overflow", "the number does not fit into 64 bits"],
  ["bool_conversion_error", "bool() takes true or false"],
  ["invalid_pattern", "the pattern is not RE2"],
]);

/** What the limits of the engine count. */
const COUNTED: ReadonlyMap<string, string> = new Map([
  ["AstNodes", "terms"],
  ["Depth", "levels"],
  ["ListElements", "elements in a list"],
  ["MapEntries", "entries in a map"],
  ["CallArguments", "arguments in a call"],
]);

function withoutData({ code, node }: EvaluationError): string | undefined {
  return node?.op === "." ? undefined : WITHOUT_DATA.get(code); // After a dot, the key stands in the source.
}

function inUserTerms(message: string): string {
  if (message === "has() invalid argument") return "has() takes a chain of fields, such as has(release.published)";
  const [, limit = "", most] = /^Exceeded max(\w+) \((\d+)\)$/.exec(message) ?? [];
  if (COUNTED.has(limit)) return `the expression has more than ${most} ${COUNTED.get(limit)}`;
  return say(message).replaceAll(OURS, "").replaceAll(`${CHECKED_HAS}(`, "has(");
}

function say(type: CelType): string {
  return type.replaceAll(TIMESTAMP, "timestamp").replaceAll(DURATION, "duration");
}

const OUR_NAMES = new Set(Object.keys(REPLACEMENTS).map((signature) => /\w+(?=\()/.exec(signature)?.[0]));

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
