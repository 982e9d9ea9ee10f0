/**
 * Writes `schemas/types/*.ts` from `schemas/*.schema.json`; `--check` only compares, and fails when a file is not current.
 * The schemas are the one source of the types, of the CEL declarations and of what a file may contain.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";
import { writeGenerated } from "./generated.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

function schemaNames(): string[] {
  return readdirSync(here)
    .filter((file) => file.endsWith(".schema.json"))
    .map((file) => file.slice(0, -".schema.json".length))
    .sort();
}

async function generateTypes(name: string): Promise<string> {
  const schema = JSON.parse(readFileSync(`${here}${name}.schema.json`, "utf8"));
  return compile(schema, name, {
    additionalProperties: true,
    bannerComment: `// Generated from ${name}.schema.json by schemas/generate.ts; do not edit.`,
    enableConstEnums: false,
    ignoreMinAndMaxItems: true,
    style: { printWidth: 120 },
    unknownAny: true,
  });
}

const types = schemaNames().map(async (name) => [`${here}types/${name}.ts`, await generateTypes(name)] as const);
writeGenerated(new Map(await Promise.all(types)), { folder: `${here}types` });
