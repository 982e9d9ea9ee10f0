/**
 * CEL as policies may use it: the one file that knows the engine (`@marcbachmann/cel-js`). It closes what the engine
 * leaves open for a firewall: `matches` is RE2 and linear, time literals are strict, `has()` is checked against the
 * schema, sizes and loops are bounded, a result has the declared type, and every issue has a range in the source.
 *
 * The means is the source text itself: some calls are renamed to ours of the same length, so that positions stay exact.
 */
import { type ASTNode, Environment as Engine, type ParseError } from "@marcbachmann/cel-js";
import { Duration } from "@marcbachmann/cel-js/evaluator";
import { RE2JS } from "re2js";
import { formatInstant, parseDuration, parseInstant } from "../time.ts";

/** A CEL type as the engine writes it: `int`, `list<Script>`, `map<string, string>`. */
export type CelType = string;
export const TIMESTAMP: CelType = "google.protobuf.Timestamp";
export const DURATION: CelType = "google.protobuf.Duration";

/** A record type. Values are instances of `ctor`; a field whose value is undefined is absent. */
export interface CelRecord {
  readonly name: string;
  readonly fields: Readonly<Record<string, CelType>>;
  readonly ctor: abstract new (...args: never[]) => object;
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

/** What is wrong with an expression, or went wrong in it; `start` and `end` are offsets into its source. */
export class CelError extends Error {
  readonly start: number;
  readonly end: number;

  constructor(message: string, start: number, end: number, options?: ErrorOptions) {
    super(message, options);
    this.name = "CelError";
    this.start = start;
    this.end = end;
  }
}

/** Bounds on one expression. Two nested loops over lists of 1,000 take about 0.3 s; deeper ones are refused. */
export const CEL_LIMITS = {
  length: 8192,
  depth: 64,
  nodes: 2000,
  loopDepth: 2,
  elements: 10_000,
  pattern: 1000,
} as const;

const LOOPS = new Set(["all", "exists", "exists_one", "map", "filter"]);
const RENAMED_CALLS: Readonly<Record<string, string>> = { timestamp: "strict_ts", duration: "strict_d" };
const CHECKED_HAS = "hax";
const RE2_FIND = "re2find";
const INTERNAL = new Set([...Object.values(RENAMED_CALLS), CHECKED_HAS, RE2_FIND]);
const INT64_MAX = 9_223_372_036_854_775_807n;
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

  constructor(declarations: CelDeclarations, parent?: CelEnvironment) {
    this.#engine = parent ? parent.#engine.clone() : baseEngine();
    for (const { name, fields, ctor } of declarations.records ?? []) {
      // The engine looks a field up in this object: without a prototype, `constructor` is no field.
      this.#engine.registerType(name, { ctor, fields: Object.assign(Object.create(null), fields) } as never);
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
    const ast = attempt(source, () => syntax.parse(source).ast);
    checkBounds(ast);
    const { renamed, twin } = rename(source, ast);
    const check = attempt(source, () => this.#engine.check(twin));
    if (!check.valid) throw toCelError(check.error, source);
    const type = check.type ?? "dyn";
    if (wanted !== undefined && type !== wanted) {
      throw new CelError(`the expression must be ${say(wanted)}, and is ${say(type)}`, 0, source.length);
    }
    const program = attempt(source, () => this.#engine.parse(renamed));
    const checked = program.check();
    if (!checked.valid) throw toCelError(checked.error, source);
    return {
      source,
      type,
      reads: readsOf(ast),
      evaluate(context) {
        const value = attempt(source, () => program(context));
        if (value instanceof Promise) throw new CelError("the expression is asynchronous", 0, source.length);
        return value;
      },
    };
  }
}

const syntax = new Engine({ ...ENGINE_OPTIONS, unlistedVariablesAreDyn: true });

let base: Engine | undefined;

function baseEngine(): Engine {
  base ??= new Engine(ENGINE_OPTIONS)
    .registerFunction("string.re2find(string): bool", re2Find, { async: false })
    .registerFunction(`strict_ts(string): ${TIMESTAMP}`, strictTimestamp, { async: false })
    .registerFunction(`strict_d(string): ${DURATION}`, strictDuration, { async: false })
    .registerFunction(`string(${TIMESTAMP}): string`, (at: Date) => formatInstant(at), { async: false })
    .registerFunction(`string(${DURATION}): string`, (span: Duration) => `${span.valueOf() / 1000}s`, { async: false })
    .registerFunction("hax(dyn): bool", () => true, { async: false });
  return base.clone();
}

const patterns = new Map<string, RE2JS>();

function re2(pattern: string): RE2JS {
  const known = patterns.get(pattern);
  if (known) return known;
  if (pattern.length > CEL_LIMITS.pattern)
    throw new Error(`the pattern is longer than ${CEL_LIMITS.pattern} characters`);
  const compiled = RE2JS.compile(pattern);
  if (patterns.size >= 1000) patterns.clear();
  patterns.set(pattern, compiled);
  return compiled;
}

function re2Find(text: string, pattern: string): boolean {
  return re2(pattern).matcher(text).find();
}

function strictTimestamp(text: string): Date {
  const instant = parseInstant(text);
  if (!instant)
    throw new Error(`${JSON.stringify(text.slice(0, 64))} is not an RFC 3339 time such as 2026-01-31T12:00:00Z`);
  return instant;
}

function strictDuration(text: string): Duration {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined)
    throw new Error(`${JSON.stringify(text.slice(0, 64))} is not a duration such as 72h or 1h30m`);
  return Duration.fromMilliseconds(milliseconds);
}

/** What the engine's own limits do not cover. */
function checkBounds(root: ASTNode): void {
  for (const [node, loops] of walk(root)) {
    const refuse = (why: string) => new CelError(why, node.start, node.end);
    if (loops > CEL_LIMITS.loopDepth) throw refuse(`loops are nested deeper than ${CEL_LIMITS.loopDepth}`);
    if (node.op === "value" && typeof node.args === "bigint" && node.args > INT64_MAX)
      throw refuse("the number does not fit into 64 bits");
    if (node.op === "map" && !node.args.every(([key]) => isPlainKey(key)))
      throw refuse("the keys of a map must be plain string literals");
    if (node.op === "call") checkCall(node.args[0], node.args[1], refuse);
    if (node.op === "rcall") checkMethod(node.args[0], node.args[2], refuse);
  }
}

function isPlainKey(key: ASTNode): boolean {
  return (
    key.op === "value" && typeof key.args === "string" && !["__proto__", "constructor", "prototype"].includes(key.args)
  );
}

function checkCall(name: string, args: readonly ASTNode[], refuse: (why: string) => CelError): void {
  if (INTERNAL.has(name)) throw refuse(`unknown function ${name}()`);
  if (name === "dyn") throw refuse("dyn() would switch the type check off, so policies cannot use it");
  const literal = literalText(args[0]);
  if (literal === undefined) return;
  try {
    if (name === "timestamp") strictTimestamp(literal);
    if (name === "duration") strictDuration(literal);
  } catch (cause) {
    throw refuse((cause as Error).message);
  }
}

function checkMethod(name: string, args: readonly ASTNode[], refuse: (why: string) => CelError): void {
  if (INTERNAL.has(name)) throw refuse(`unknown method ${name}()`);
  const literal = name === "matches" ? literalText(args[0]) : undefined;
  if (literal === undefined) return;
  try {
    re2(literal);
  } catch (cause) {
    throw refuse(
      `the pattern is not RE2, which has no look-around and no back-references: ${(cause as Error).message}`,
    );
  }
}

function literalText(node: ASTNode | undefined): string | undefined {
  return node?.op === "value" && typeof node.args === "string" ? node.args : undefined;
}

/** `renamed` is what runs; `twin` also calls a function instead of has(), so that its argument is type-checked. */
function rename(source: string, ast: ASTNode): { renamed: string; twin: string } {
  const edits: [at: number, from: string, to: string][] = [];
  const hasEdits: typeof edits = [];
  for (const [node] of walk(ast)) {
    if (node.op === "call") {
      const [name] = node.args;
      const to = RENAMED_CALLS[name];
      if (to !== undefined) edits.push([source.indexOf(name, node.start), name, to]);
      if (name === "has") hasEdits.push([source.indexOf(name, node.start), name, CHECKED_HAS]);
    }
    if (node.op === "rcall" && node.args[0] === "matches") {
      edits.push([source.indexOf("matches", node.args[1].end), "matches", RE2_FIND]);
    }
  }
  const renamed = replaceAt(source, edits);
  return { renamed, twin: replaceAt(renamed, hasEdits) };
}

function replaceAt(source: string, edits: readonly [number, string, string][]): string {
  let text = source;
  for (const [at, from, to] of edits) {
    if (from.length !== to.length || !text.startsWith(from, at))
      throw new CelError("this call cannot be compiled", 0, source.length);
    text = text.slice(0, at) + to + text.slice(at + from.length);
  }
  return text;
}

function readsOf(root: ASTNode): Set<string> {
  const reads = new Set<string>();
  const visit = (node: ASTNode, bound: ReadonlySet<string>): void => {
    if ((node.op === "." || node.op === ".?") && node.args[0].op === "id") {
      if (!bound.has(node.args[0].args)) reads.add(`${node.args[0].args}.${node.args[1]}`);
    } else if (node.op === "id") {
      if (!bound.has(node.args)) reads.add(node.args);
    } else if (isLoop(node)) {
      const [, list, [name, ...bodies]] = node.args;
      visit(list, bound);
      const inner = name?.op === "id" ? new Set([...bound, name.args]) : bound;
      for (const body of bodies) visit(body, inner);
    } else for (const child of children(node)) visit(child, bound);
  };
  visit(root, new Set());
  return reads;
}

function isLoop(node: ASTNode): node is ASTNode & { op: "rcall"; args: [string, ASTNode, ASTNode[]] } {
  return node.op === "rcall" && LOOPS.has(node.args[0]);
}

function* walk(node: ASTNode, loops = 0): Generator<[ASTNode, number]> {
  yield [node, loops];
  if (isLoop(node)) {
    yield* walk(node.args[1], loops);
    for (const body of node.args[2]) yield* walk(body, loops + 1);
  } else for (const child of children(node)) yield* walk(child, loops);
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
  const { summary, message, range } = error as Partial<ParseError> & { message?: string };
  return new CelError(
    inUserTerms(summary ?? message ?? String(error)),
    range?.start ?? 0,
    range?.end ?? source.length,
    { cause: error },
  );
}

function inUserTerms(message: string): string {
  if (message === "has() invalid argument") return "has() takes a chain of fields, such as has(release.published)";
  return say(message)
    .replaceAll(RE2_FIND, "matches")
    .replaceAll("strict_ts", "timestamp")
    .replaceAll("strict_d", "duration")
    .replaceAll(`${CHECKED_HAS}(`, "has(");
}

function say(type: CelType): string {
  return type.replaceAll(TIMESTAMP, "timestamp").replaceAll(DURATION, "duration");
}
