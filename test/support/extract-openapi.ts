/**
 * Cuts `github-openapi.json`, what the double of GitHub is held to, from GitHub's official description of its REST API.
 * To run it again:
 *   npm install --prefix /tmp/openapi @octokit/openapi@23.0.2
 *   node test/support/extract-openapi.ts /tmp/openapi/node_modules/@octokit/openapi/generated/api.github.com.json
 *   npx biome format --write test/support/github-openapi.json
 */
import { readFileSync, writeFileSync } from "node:fs";

type Json = Readonly<Record<string, unknown>>;

const RELEASES = "/repos/{owner}/{repo}/releases";
const PULLS = "/repos/{owner}/{repo}/pulls";
const ISSUES = "/repos/{owner}/{repo}/issues";
const OPERATIONS = [
  "GET /repos/{owner}/{repo}",
  `GET ${RELEASES}`,
  `POST ${RELEASES}`,
  `GET ${RELEASES}/tags/{tag}`,
  `GET ${RELEASES}/{release_id}`,
  `PATCH ${RELEASES}/{release_id}`,
  `DELETE ${RELEASES}/{release_id}`,
  `GET ${RELEASES}/{release_id}/assets`,
  `POST ${RELEASES}/{release_id}/assets`,
  `GET ${RELEASES}/assets/{asset_id}`,
  `DELETE ${RELEASES}/assets/{asset_id}`,
  "DELETE /repos/{owner}/{repo}/git/refs/{ref}",
  `GET ${PULLS}`,
  `POST ${PULLS}`,
  `GET ${PULLS}/{pull_number}`,
  `PATCH ${PULLS}/{pull_number}`,
  `GET ${ISSUES}/{issue_number}/comments`,
  `POST ${ISSUES}/{issue_number}/comments`,
  `PATCH ${ISSUES}/comments/{comment_id}`,
];
/** What a person sends there, or imports on a page: the double has no answer to it. */
const DOCUMENTS = ["POST /repos/{owner}/{repo}/rulesets"];
/** The forms of an error, for the statuses that GitHub answers and an operation does not list. */
const ERRORS = ["basic-error", "validation-error"];

const KEPT = ["type", "enum", "format", "required", "pattern", "minimum", "maximum", "minLength", "maxLength"];
const COMPONENTS = "#/components/schemas/";

/** An OpenAPI 3.0 schema as JSON Schema 2020-12: without the words, and with `nullable` as a type. */
export function toJsonSchema(schema: Json): Json {
  if (typeof schema["$ref"] === "string") return { $ref: schema["$ref"].replace(COMPONENTS, "#/$defs/") };
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (KEPT.includes(key)) out[key] = value;
    else if (key === "items") out[key] = toJsonSchema(value as Json);
    else if (key === "properties") out[key] = mapValues(value as Record<string, Json>, toJsonSchema);
    else if (["allOf", "anyOf", "oneOf"].includes(key)) out[key] = (value as Json[]).map(toJsonSchema);
    else if (key === "additionalProperties") out[key] = typeof value === "object" ? toJsonSchema(value as Json) : value;
  }
  if (schema["nullable"] !== true) return out;
  if (typeof out["type"] !== "string") return Object.keys(out).length > 0 ? { anyOf: [out, { type: "null" }] } : out;
  const values = out["enum"] as unknown[] | undefined;
  return { ...out, type: [out["type"], "null"], ...(values && { enum: [...new Set([...values, null])] }) };
}

function mapValues<T, U>(values: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}

/** The value at a path of keys. */
function at(value: unknown, ...keys: readonly string[]): Json | undefined {
  return keys.reduce<Json | undefined>((inner, key) => inner?.[key] as Json | undefined, value as Json | undefined);
}

const jsonOf = (message: Json): Json | undefined => at(message, "content", "application/json", "schema");

export function extract(api: Json): Json {
  const responseOf = (response: Json): Json | null => {
    const ref = response["$ref"] as string | undefined;
    const schema = jsonOf(ref ? (at(api, ...ref.slice(2).split("/")) ?? {}) : response);
    return schema ? toJsonSchema(schema) : null;
  };
  const operations: Record<string, Json> = {};
  const requests: Record<string, Json> = {};
  for (const name of [...OPERATIONS, ...DOCUMENTS]) {
    const [method = "", path = ""] = name.split(" ");
    const operation = at(api, "paths", path, method.toLowerCase());
    if (!operation) throw new Error(`The description has no ${name}.`);
    const request = jsonOf((operation["requestBody"] ?? {}) as Json);
    if (DOCUMENTS.includes(name)) requests[name] = { request: toJsonSchema(request ?? {}) };
    else
      operations[name] = {
        ...(request && { request: toJsonSchema(request) }),
        responses: mapValues(operation["responses"] as Record<string, Json>, responseOf),
      };
  }
  return { operations, requests, $defs: definitions(api, [...ERRORS, ...namesIn(operations), ...namesIn(requests)]) };
}

const namesIn = (value: unknown): string[] =>
  [...JSON.stringify(value).matchAll(/"#\/\$defs\/([\w-]+)"/g)].map(([, name]) => name ?? "");

/** The schemas of these names, and all that they refer to. */
function definitions(api: Json, names: readonly string[]): Json {
  const out: Record<string, Json> = {};
  const wanted = [...names];
  for (const name of wanted) {
    if (out[name]) continue;
    out[name] = toJsonSchema(at(api, "components", "schemas", name) ?? {});
    wanted.push(...namesIn(out[name]));
  }
  return Object.fromEntries(Object.entries(out).sort(([a], [b]) => (a < b ? -1 : 1)));
}

if (import.meta.main) {
  const api = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
  const source = `@octokit/openapi ${api.info.version}, api.github.com.json, MIT; cut by extract-openapi.ts`;
  const file = new URL("./github-openapi.json", import.meta.url);
  writeFileSync(file, `${JSON.stringify({ source, ...extract(api) }, null, 2)}\n`);
}
