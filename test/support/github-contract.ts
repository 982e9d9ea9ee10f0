/** What GitHub's own description of its REST API says of an answer, or of what it is asked; none when all is well. */
import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";

interface Operation {
  readonly request?: object;
  /** By status; null where the description gives no body. */
  readonly responses: Readonly<Record<string, object | null>>;
}

interface Description {
  readonly operations: Readonly<Record<string, Operation>>;
  /** What people send there, or import on its pages, and the double does not take. */
  readonly requests: Readonly<Record<string, { readonly request: object }>>;
  readonly $defs: {
    readonly "release-asset": { readonly properties: { readonly state: { readonly enum: string[] } } };
  };
}

const description: Description = JSON.parse(readFileSync(new URL("./github-openapi.json", import.meta.url), "utf8"));
// The words of the upload operation speak of this state, which its schema leaves out; GitHub does answer it.
description.$defs["release-asset"].properties.state.enum.push("starter");

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
ajv.addSchema(description, "github");

/** As `GET /repos/{owner}/{repo}`: what the double has to answer. */
export const OPERATIONS: readonly string[] = Object.keys(description.operations);

export function requestProblems(operation: string, body: unknown): string[] {
  const request = description.operations[operation]?.request as { properties: object } | undefined;
  if (!request) return [];
  // GitHub overlooks keys that it does not know, so that a key misspelt would pass unseen.
  const strangers = Object.keys((body as object | null) ?? {}).filter((key) => !Object.hasOwn(request.properties, key));
  return [
    ...strangers.map((key) => `${operation}: the key ${key} is not known`),
    ...mismatches(operation, ["operations", operation, "request"], body),
  ];
}

export function answerProblems(operation: string, status: number, body: unknown): string[] {
  const label = `${operation} → ${status}`;
  if (status === 304) return body === undefined ? [] : [`${label}: has a body`];
  const schema = description.operations[operation]?.responses[status];
  if (schema) return mismatches(label, ["operations", operation, "responses", `${status}`], body);
  // Not each operation lists that it may be refused; a refusal has one of two forms wherever it comes from.
  if (status >= 400) return mismatches(label, ["$defs", status === 422 ? "validation-error" : "basic-error"], body);
  if (schema === undefined) return [`${label}: the status is not described`];
  return body === undefined ? [] : [`${label}: has a body`];
}

/** As requestProblems(), of what a person sends or imports: keys that are not known count wherever they stand. */
export function documentProblems(operation: string, document: unknown): string[] {
  const strict = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  strict.addSchema(closed(description) as object, "github");
  const validate = strict.getSchema(`github#/requests/${toPointer(operation)}/request`);
  if (!validate) throw new Error(`The description has no ${operation}.`);
  if (validate(document)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${operation}: ${instancePath || "the body"} ${message} ${JSON.stringify(params)}`,
  );
}

/** The description with every object closed to keys that it does not name. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, closed(part)]));
  const isObject = "type" in value && value.type === "object" && "properties" in value;
  return isObject && !("additionalProperties" in value) ? { ...inner, additionalProperties: false } : inner;
}

const toPointer = (key: string): string => encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"));

function mismatches(label: string, keys: readonly string[], value: unknown): string[] {
  const pointer = keys.map(toPointer).join("/");
  const validate = ajv.getSchema(`github#/${pointer}`);
  if (!validate) throw new Error(`The description has no ${pointer}.`);
  if (validate(value)) return [];
  return (validate.errors ?? []).map((error) => `${label}: ${error.instancePath || "the body"} ${error.message}`);
}
