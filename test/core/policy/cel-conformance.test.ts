/**
 * The conformance tests of the CEL specification, over CEL as policies meet it. What is refused, or fails, fails closed:
 * it is counted, and no more. What yields a wrong value does not: each such test is on a list here, with its cause.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Type, Type_PrimitiveType, Type_WellKnownType } from "@bufbuild/cel-spec/cel/expr/checked_pb.js";
import type { SimpleTest } from "@bufbuild/cel-spec/cel/expr/conformance/test/simple_pb.js";
import type { ExprValue } from "@bufbuild/cel-spec/cel/expr/eval_pb.js";
import type { MapValue_Entry, Value } from "@bufbuild/cel-spec/cel/expr/value_pb.js";
import { getConformanceSuite } from "@bufbuild/cel-spec/testdata/tests.js";
import {
  type Any,
  anyUnpack,
  DurationSchema,
  durationMs,
  TimestampSchema,
  timestampDate,
} from "@bufbuild/protobuf/wkt";
import {
  CelEnvironment,
  CelError,
  type CelExpression,
  type CelType,
  DURATION,
  TIMESTAMP,
} from "../../../core/policy/cel.ts";

const MILLISECONDS = "An instant is kept to the millisecond, which is finer than any registry's clock.";
const NULL_TYPE =
  "The engine names the type of null `null`, not `null_type`; policies compare types, and never see the name.";

const KNOWN_DIFFERENCES: Readonly<Record<string, string>> = {
  "timestamps/timestamp_conversions/toString_timestamp_nanos": MILLISECONDS,
  "timestamps/timestamp_arithmetic/add_time_to_duration_nanos_positive": MILLISECONDS,
  "timestamps/timestamp_range/add_duration_nanos_over": MILLISECONDS,
  "conversions/type/null_type": NULL_TYPE,
  "conversions/type/null_type_denotation": NULL_TYPE,
};

/** Most of what is refused mixes types with dyn(), or has bytes, or map keys that are no strings. */
const LEAST_PASSES: Readonly<Record<string, number>> = {
  basic: 35,
  comparisons: 136,
  conversions: 94,
  fields: 8,
  fp_math: 29,
  integer_math: 56,
  lists: 20,
  logic: 21,
  macros: 36,
  optionals: 15,
  parse: 110,
  plumbing: 4,
  string: 45,
  string_ext: 61,
  timestamps: 61,
};

const PRIMITIVES: Readonly<Record<Type_PrimitiveType, CelType>> = {
  [Type_PrimitiveType.PRIMITIVE_TYPE_UNSPECIFIED]: "dyn",
  [Type_PrimitiveType.BOOL]: "bool",
  [Type_PrimitiveType.INT64]: "int",
  [Type_PrimitiveType.UINT64]: "uint",
  [Type_PrimitiveType.DOUBLE]: "double",
  [Type_PrimitiveType.STRING]: "string",
  [Type_PrimitiveType.BYTES]: "bytes",
};

interface Outcome {
  readonly kind: "pass" | "refused" | "failed" | "WRONG" | "skipped";
  /** The value, the error, or what the test needs. */
  readonly detail: string;
}

interface Result extends Outcome {
  readonly file: string;
  readonly id: string;
}

/** A test needs what policies do not have. */
class NotApplicable extends Error {}

describe("the conformance tests of CEL", () => {
  const results = runAll();
  const count = (kind: Outcome["kind"], file?: string) =>
    results.filter((result) => result.kind === kind && (file === undefined || result.file === file)).length;

  it("yield no wrong value but the known ones, each of which still differs", () => {
    const wrong = results.filter(({ kind }) => kind === "WRONG");
    assert.deepEqual(
      wrong.map(({ id }) => id).sort(),
      Object.keys(KNOWN_DIFFERENCES).sort(),
      wrong.map(({ id, detail }) => `${id}: ${detail}`).join("\n"),
    );
  });

  it("pass as often as before", () => {
    for (const [file, least] of Object.entries(LEAST_PASSES)) {
      const passes = count("pass", file);
      assert.ok(passes >= least, `${file}: ${passes} tests pass, and ${least} did`);
    }
  });

  it("are counted", () => {
    const kinds = (["pass", "refused", "failed", "WRONG", "skipped"] as const).map((kind) => `${count(kind)} ${kind}`);
    const needs = Map.groupBy(
      results.filter(({ kind }) => kind === "skipped"),
      ({ detail }) => detail,
    );
    const why = [...needs].map(([need, skipped]) => `${skipped.length} need ${need}`);
    console.log(`CEL conformance: ${kinds.join(", ")} (${why.join(", ")})`);
    assert.ok(results.length > 2300);
  });
});

function runAll(): Result[] {
  return getConformanceSuite().suites.flatMap(({ name: file, suites: sections }) =>
    sections.flatMap((section) =>
      section.tests.map(({ name, original }) => ({
        file,
        id: `${file}/${section.name}/${name}`,
        ...run(original),
      })),
    ),
  );
}

function run(test: SimpleTest): Outcome {
  try {
    return judge(test);
  } catch (error) {
    if (error instanceof NotApplicable) return { kind: "skipped", detail: error.message };
    throw error;
  }
}

function judge(test: SimpleTest): Outcome {
  if (test.container !== "") throw new NotApplicable("a container of names");
  if (/TestAllTypes|google\.protobuf\.(?!Timestamp\b|Duration\b)/.test(test.expr)) throw new NotApplicable("messages");
  if (test.checkOnly) throw new NotApplicable("the type alone");
  const variables = variablesOf(test);
  const context = Object.fromEntries(Object.entries(test.bindings).map(([name, value]) => [name, boundTo(value)]));
  const wanted = wantedFrom(test);
  let expression: CelExpression;
  try {
    expression = new CelEnvironment({ variables }).compile(test.expr);
  } catch (error) {
    return { kind: "refused", detail: messageOf(error) };
  }
  let value: unknown;
  try {
    value = expression.evaluate(context);
  } catch (error) {
    return { kind: wanted ? "failed" : "pass", detail: messageOf(error) };
  }
  return { kind: wanted && isEqual(value, wanted) ? "pass" : "WRONG", detail: `${test.expr} is ${String(value)}` };
}

function messageOf(error: unknown): string {
  if (error instanceof CelError) return error.message;
  throw error;
}

function variablesOf({ typeEnv }: SimpleTest): Record<string, CelType> {
  const variables: Record<string, CelType> = {};
  for (const { name, declKind } of typeEnv) {
    if (declKind.case === "ident" && declKind.value.type) variables[name] = celType(declKind.value.type);
  }
  return variables;
}

function celType(type: Type | undefined): CelType {
  const kind = type?.typeKind;
  switch (kind?.case) {
    case "dyn":
    case "null":
    case "type":
      return kind.case;
    case "primitive":
      return PRIMITIVES[kind.value];
    case "wellKnown":
      if (kind.value === Type_WellKnownType.TIMESTAMP) return TIMESTAMP;
      if (kind.value === Type_WellKnownType.DURATION) return DURATION;
      throw new NotApplicable("messages");
    case "listType":
      return `list<${celType(kind.value.elemType)}>`;
    case "mapType":
      return `map<${celType(kind.value.keyType)}, ${celType(kind.value.valueType)}>`;
    case "abstractType":
      return `optional<${celType(kind.value.parameterTypes[0])}>`;
    default:
      throw new NotApplicable("messages");
  }
}

function boundTo({ kind }: ExprValue): unknown {
  if (kind.case !== "value") throw new NotApplicable("unknown values");
  return celValue(kind.value.kind);
}

function celValue(kind: Value["kind"] | undefined): unknown {
  switch (kind?.case) {
    case "nullValue":
      return null;
    case "boolValue":
    case "int64Value":
    case "doubleValue":
    case "stringValue":
    case "bytesValue":
      return kind.value;
    case "uint64Value":
      return evaluate(`${kind.value}u`);
    case "listValue":
      return kind.value.values.map((value) => celValue(value.kind));
    case "mapValue":
      return new Map(kind.value.entries.map(({ key, value }) => [celValue(key?.kind), celValue(value?.kind)]));
    case "objectValue": {
      const time = unpack(kind.value);
      return time instanceof Date ? time : evaluate(`duration('${time}ms')`);
    }
    default:
      throw new NotApplicable("enums");
  }
}

/** A time, or a duration in milliseconds. */
function unpack(any: Any): Date | number {
  const timestamp = anyUnpack(any, TimestampSchema);
  if (timestamp) return timestampDate(timestamp);
  const duration = anyUnpack(any, DurationSchema);
  if (duration) return durationMs(duration);
  throw new NotApplicable("messages");
}

function evaluate(source: string): unknown {
  return new CelEnvironment({ variables: {} }).compile(source).evaluate({});
}

/** The value wanted; undefined where an error is. */
function wantedFrom({ resultMatcher }: SimpleTest): Value["kind"] | undefined {
  switch (resultMatcher.case) {
    case undefined:
      return { case: "boolValue", value: true };
    case "value":
      return comparable(resultMatcher.value.kind);
    case "typedResult":
      return comparable(resultMatcher.value.result?.kind);
    case "evalError":
    case "anyEvalErrors":
      return undefined;
    default:
      throw new NotApplicable("unknown values");
  }
}

function comparable(kind: Value["kind"] | undefined): Value["kind"] {
  if (kind?.case !== "typeValue") celValue(kind);
  return kind ?? { case: undefined };
}

/** Strict: an int is no double, and no uint. */
function isEqual(actual: unknown, wanted: Value["kind"] | undefined): boolean {
  switch (wanted?.case) {
    case "nullValue":
      return actual === null;
    case "uint64Value":
      return isOfClass(actual, evaluate("0u")) && actual.valueOf() === wanted.value;
    case "doubleValue":
      return actual === wanted.value || (Number.isNaN(actual) && Number.isNaN(wanted.value));
    case "typeValue":
      return String(actual) === `Type<${wanted.value}>`;
    case "objectValue":
      return isEqualTime(actual, unpack(wanted.value));
    case "listValue": {
      const { values } = wanted.value;
      return (
        Array.isArray(actual) &&
        actual.length === values.length &&
        values.every(({ kind }, index) => isEqual(actual[index], kind))
      );
    }
    case "mapValue":
      return isEqualMap(actual, wanted.value.entries);
    default:
      return wanted !== undefined && actual === wanted.value;
  }
}

function isOfClass(actual: unknown, sample: unknown): actual is object {
  return typeof actual === "object" && actual !== null && actual.constructor === Object(sample).constructor;
}

function isEqualTime(actual: unknown, wanted: Date | number): boolean {
  const sample = wanted instanceof Date ? wanted : evaluate("duration('0s')");
  return isOfClass(actual, sample) && actual.valueOf() === wanted.valueOf();
}

function isEqualMap(actual: unknown, wanted: readonly MapValue_Entry[]): boolean {
  if (typeof actual !== "object" || actual === null) return false;
  const entries = actual instanceof Map ? [...actual] : Object.entries(actual);
  return (
    entries.length === wanted.length &&
    wanted.every((entry) =>
      entries.some(([key, value]) => isEqual(key, entry.key?.kind) && isEqual(value, entry.value?.kind)),
    )
  );
}
