/** npm's package-lock.json and npm-shrinkwrap.json: versions 1 (`dependencies`), 2 and 3 (`packages`). */
import { CordonError } from "../../core/errors.ts";
import { isObject, own, ownString } from "../../core/json.ts";
import { isPackageName, isVersion, type ReleaseId } from "../../core/purl.ts";
import type { InventoryReader } from "./reader.ts";

const MAX_DEPTH = 200;

export const readPackageLock: InventoryReader = {
  kind: "package-lock",
  files: "package-lock.json, npm-shrinkwrap.json",
  matches: (filename) => /(^|[.-])(package-lock|npm-shrinkwrap)\.json$/.test(filename),
  read(path, text) {
    let lock: unknown;
    try {
      lock = JSON.parse(text);
    } catch (cause) {
      throw new CordonError("FILE_UNREADABLE", `${path} is not JSON`, { cause });
    }
    const packages = own(lock, "packages");
    if (isObject(packages)) return Object.entries(packages).flatMap(([key, entry]) => ofPackage(key, entry));
    const dependencies = own(lock, "dependencies");
    if (isObject(dependencies)) return ofDependencies(dependencies, 0);
    if (own(lock, "lockfileVersion") !== undefined) return [];
    throw new CordonError(
      "FILE_UNREADABLE",
      `${path} is no package-lock.json: it has neither \`packages\` nor \`dependencies\``,
    );
  },
};

/** The key ends in `node_modules/NAME`; an alias has its real name in `name`. Links and local folders are not releases. */
function ofPackage(key: string, entry: unknown): ReleaseId[] {
  const at = key.lastIndexOf("node_modules/");
  if (at < 0 || own(entry, "link") === true) return [];
  const resolved = ownString(entry, "resolved");
  if (resolved !== undefined && !/^https?:/.test(resolved)) return [];
  return toRelease(ownString(entry, "name") ?? key.slice(at + "node_modules/".length), ownString(entry, "version"));
}

function ofDependencies(dependencies: unknown, depth: number): ReleaseId[] {
  if (!isObject(dependencies) || depth > MAX_DEPTH) return [];
  return Object.entries(dependencies).flatMap(([name, entry]) => [
    ...ofDependency(name, ownString(entry, "version")),
    ...ofDependencies(own(entry, "dependencies"), depth + 1),
  ]);
}

/** Version 1 writes an alias as `npm:NAME@VERSION`, and a folder or a git URL in the version's place. */
function ofDependency(name: string, version: string | undefined): ReleaseId[] {
  const alias = /^npm:(.+)@([^@]+)$/.exec(version ?? "");
  return alias ? toRelease(alias[1] ?? "", alias[2]) : toRelease(name, version);
}

function toRelease(name: string, version: string | undefined): ReleaseId[] {
  return version !== undefined && isVersion(version) && isPackageName("npm", name)
    ? [{ type: "npm", name, version }]
    : [];
}
