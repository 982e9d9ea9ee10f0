/** What is told of an expression that fails, in the words of whoever wrote it. */
import { EvaluationError, type ParseError } from "@marcbachmann/cel-js";
import { CHECKED_HAS, OURS } from "./cel-names.ts";
import { type CelType, DURATION, TIMESTAMP } from "./cel-types.ts";

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

/** Every exception of the engine, a stack overflow included, becomes a CelError without the data it met. */
export function attempt<T>(source: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw toCelError(error, source);
  }
}

export function toCelError(error: unknown, source: string): CelError {
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

export function say(type: CelType): string {
  return type.replaceAll(TIMESTAMP, "timestamp").replaceAll(DURATION, "duration");
}
