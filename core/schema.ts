/** Checks values against the JSON Schemas of `schemas/`, and says what is wrong in words that a person can act on. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { parseInstant } from "./time.ts";
import { suggest } from "./words.ts";

/** Where in the value, and what. `onKey` is set when the key itself is at fault rather than its value. */
export interface SchemaIssue {
  readonly path: readonly (string | number)[];
  readonly onKey?: string;
  readonly message: string;
}

const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  strictTypes: false,
  strictRequired: false,
  allowUnionTypes: true,
  verbose: true,
});
ajv.addKeyword("x-source");
ajv.addKeyword("x-refined-by");
ajv.addKeyword("x-ecosystems");
ajv.addKeyword("x-unit");
ajv.addFormat("date-time", { validate: (text: string) => parseInstant(text) !== undefined });
ajv.addFormat("uri", { validate: (text: string) => URL.canParse(text) });

/** A check for one schema: the issues of a value, none where it is a T. */
export interface SchemaCheck<T> {
  (value: unknown): readonly SchemaIssue[];
  /** Whether the value is a T; a type guard without messages. */
  is(value: unknown): value is T;
}

/** Makes a check; the schema is compiled at first use. */
export function schemaCheck<T>(schema: object): SchemaCheck<T> {
  let validate: ValidateFunction<T> | undefined;
  const run = (value: unknown): value is T => {
    validate ??= ajv.compile<T>(schema);
    return validate(value);
  };
  const check = (value: unknown): readonly SchemaIssue[] => (run(value) ? [] : toIssues(validate?.errors ?? []));
  return Object.assign(check, { is: run });
}

function toIssues(errors: readonly ErrorObject[]): SchemaIssue[] {
  const choices = errors.filter((error) => error.keyword === "oneOf");
  return errors
    .filter(
      (error) => !choices.some((choice) => error !== choice && error.schemaPath.startsWith(`${choice.schemaPath}/`)),
    )
    .filter((error) => error.keyword !== "propertyNames")
    .slice(0, 20)
    .map(toIssue);
}

function toIssue(error: ErrorObject): SchemaIssue {
  const path = error.instancePath
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const { params } = error;
  switch (error.keyword) {
    case "additionalProperties": {
      const key = String(params["additionalProperty"]);
      const known = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {});
      return { path, onKey: key, message: `unknown key \`${key}\`${suggest(key, known)}` };
    }
    case "required":
      return { path, message: `the key \`${params["missingProperty"]}\` is missing` };
    case "enum":
      return { path, message: `must be one of ${(params["allowedValues"] as unknown[]).join(", ")}` };
    case "const":
      return { path, message: `must be ${JSON.stringify(params["allowedValue"])}` };
    case "oneOf":
      return { path, message: "has none of the allowed forms" };
    case "type":
      return { path, message: `must be ${[params["type"]].flat().join(" or ")}` };
    case "format":
      return {
        path,
        message:
          params["format"] === "date-time"
            ? "must be a time such as 2026-01-31T12:00:00Z"
            : `must be a ${params["format"]}`,
      };
    case "minLength":
    case "minItems":
      if (params["limit"] === 1) return { path, message: "must not be empty" };
      return { path, message: error.message ?? error.keyword };
    case "not":
      return { path, message: "this name has another meaning and cannot be used" };
    case "pattern":
      return {
        path,
        ...(error.propertyName === undefined ? {} : { onKey: error.propertyName }),
        message: `must match ${params["pattern"]}`,
      };
    default:
      return { path, message: error.message ?? error.keyword };
  }
}
