/** Settings by which an editor checks the files of a policy repository while they are written. */
import type { SourceFile } from "../../core/source/files.ts";

/** Where the schemas are copied to. */
export const SCHEMAS_FOLDER = ".vscode/schemas";

/** The files that each schema is for. */
const FILES = {
  policy: ["policies/**/*.yaml", "policies/**/*.yml"],
  "policy-test": ["tests/**/*.yaml", "tests/**/*.yml"],
  "package-list": ["lists/**/*.yaml", "lists/**/*.yml"],
  approval: ["approvals/**/*.yaml", "approvals/**/*.yml"],
  advisory: ["advisories/**/*.yaml", "advisories/**/*.yml", "advisories/**/*.json"],
  cordon: ["cordon.yaml"],
  "trust-policy": ["trust.yaml"],
} as const;

/** By the names that their files have in `schemas/`. */
export const SCHEMAS: readonly string[] = Object.keys(FILES);

export function editorFiles(): SourceFile[] {
  const schemas = Object.entries(FILES).map(([name, files]) => ({
    url: `./${SCHEMAS_FOLDER}/${name}.schema.json`,
    yaml: files.filter((file) => /\.ya?ml$/.test(file)),
    json: files.filter((file) => file.endsWith(".json")),
  }));
  const settings = {
    "yaml.schemas": Object.fromEntries(schemas.map(({ url, yaml }) => [url, yaml])),
    "json.schemas": schemas
      .filter(({ json }) => json.length > 0)
      .map(({ url, json }) => ({ fileMatch: json.map((file) => `/${file}`), url })),
  };
  return [
    { path: ".vscode/settings.json", text: toText(settings) },
    { path: ".vscode/extensions.json", text: toText({ recommendations: ["redhat.vscode-yaml"] }) },
  ];
}

function toText(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
