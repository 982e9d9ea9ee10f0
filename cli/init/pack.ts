/** Cordon's own default policies, as they begin a policy repository. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readFolder, readText, type SourceFile } from "../../core/source/files.ts";
import { SCHEMAS_FOLDER } from "./editor.ts";

/** The folders of the pack, with what is taken of them. The advisories go along: its tests read them. */
const FOLDERS = {
  policies: [".yaml"],
  lists: [".yaml"],
  tests: [".yaml"],
  samples: [".json", ".txt"],
  advisories: [".json", ".yaml"],
} as const;

/** `root` is Cordon's own folder. */
export function readPack(root: string): SourceFile[] {
  const pack = join(root, "policies");
  return Object.entries(FOLDERS).flatMap(([folder, endings]) =>
    readFolder(pack, folder, endings).map(({ path, text }) => ({ path, text: withSchemaOf(path, text) })),
  );
}

/** The comment by which editors find the schema, for where the schemas lie in the new repository. */
function withSchemaOf(path: string, text: string): string {
  const up = "../".repeat(path.split("/").length - 1);
  return text.replace(
    /^(# yaml-language-server: \$schema=)\S*\/schemas\/([\w-]+\.schema\.json)$/m,
    (_, before: string, name: string) => `${before}${up}${SCHEMAS_FOLDER}/${name}`,
  );
}

/** The schemas that editors check by, copied: they lie nowhere else that an editor could reach. */
export function readSchemas(root: string, names: readonly string[]): SourceFile[] {
  return names
    .map((name) => `${name}.schema.json`)
    .filter((name) => existsSync(join(root, "schemas", name)))
    .map((name) => ({ path: `${SCHEMAS_FOLDER}/${name}`, text: readText(join(root, "schemas", name)) }));
}
