/**
 * Cuts `sarif-schema.json`, what reports in SARIF are held to, from the schema that OASIS publishes (sarif-schema-2.1.0.json):
 * the parts that Cordon writes, without their words. What it writes besides is no part of the cut, and fails the check.
 *   node test/support/extract-sarif-schema.ts sarif-schema-2.1.0.json
 *   npx biome format --write test/support/sarif-schema.json
 */
import { readFileSync, writeFileSync } from "node:fs";

type Json = Readonly<Record<string, unknown>>;

const KEPT = new Set([
  ...["run", "tool", "toolComponent", "reportingDescriptor", "multiformatMessageString", "result", "message"],
  ...["location", "physicalLocation", "artifactLocation", "region", "invocation", "notification"],
]);

function isKept(value: unknown): boolean {
  return [...JSON.stringify(value).matchAll(/#\/definitions\/(\w+)/g)].every(([, name]) => KEPT.has(name ?? ""));
}

function cut(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cut);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== "description");
  return Object.fromEntries(
    entries.map(([key, item]) => [key, key === "properties" ? cutProperties(item as Json) : cut(item)]),
  );
}

function cutProperties(properties: Json): Json {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([, property]) => isKept(property))
      .map(([name, property]) => [name, cut(property)]),
  );
}

const schema = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const definitions = Object.entries(schema.definitions).filter(([name]) => KEPT.has(name));
const source = "OASIS, Static Analysis Results Interchange Format 2.1.0; cut by extract-sarif-schema.ts";
const { $schema, type, required, properties } = cut({ ...schema, definitions: undefined }) as Json;
const out = {
  $comment: source,
  $schema,
  type,
  required,
  properties,
  definitions: cut(Object.fromEntries(definitions)),
};
writeFileSync(new URL("./sarif-schema.json", import.meta.url), `${JSON.stringify(out, null, 2)}\n`);
