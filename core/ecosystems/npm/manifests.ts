/** Which files of an archive say what an install runs, and what they say. */
import { isObject, type JsonObject, own, ownString } from "../../json.ts";
import { malformed } from "../malformed.ts";

/** What npm, pnpm, yarn and bun run when a package is installed (`prepare` and the like: only from git or a folder). */
export const INSTALL_EVENTS = ["preinstall", "install", "postinstall"] as const;

export const MANIFEST_LIMITS = {
  /** Of one: it is parsed, which takes many times its size. */
  bytes: 1024 * 1024,
  count: 2000,
  /** Each level indents all that it holds when a manifest is written anew. */
  levels: 50,
} as const;

/**
 * The path without the first segment, which clients leave out, as the disks find it that tell the least apart: Windows
 * drops what a segment ends with, HFS+ does not see joiners, and APFS takes a long s for an s (so upper case comes first).
 */
export function comparable(path: string): string {
  const segments = path.split("/").slice(1);
  return segments
    .map((segment) => segment.replace(/\p{Default_Ignorable_Code_Point}/gu, "").replace(/[. ]+$/, ""))
    .join("/")
    .normalize("NFC")
    .toUpperCase()
    .toLowerCase();
}

/** Of the package itself, or of one that is bundled with it. */
const OWN = /^(node_modules\/(@[^/]+\/)?[^/]+\/)*/;

/** Of a comparable path. */
export function isManifest(path: string): boolean {
  return path.replace(OWN, "") === "package.json";
}

/** What makes clients run node-gyp although no script says so. */
export function isBuildFile(path: string): boolean {
  return path.replace(OWN, "") === "binding.gyp";
}

/** Throws ARCHIVE_MALFORMED with the reason alone, also for what is nested deeper than anybody reads. */
export function parseManifest(content: Buffer, path: string): JsonObject {
  let manifest: unknown;
  try {
    manifest = JSON.parse(content.toString("utf8").replace(/^\ufeff/, ""));
  } catch (cause) {
    throw malformed(`its ${path} is not JSON`, cause);
  }
  if (!isObject(manifest)) throw malformed(`its ${path} is not an object`);
  if (isDeeper(manifest, MANIFEST_LIMITS.levels)) throw malformed(`its ${path} is nested too deeply`);
  return manifest;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}

/** What clients install by, and what stands in it. */
const INSTALLED_BY: ReadonlySet<string> = new Set([
  "name",
  "version",
  "scripts",
  "dependencies",
  "optionalDependencies",
  "bin",
  "directories",
]);

/** A key that clients install by and that stands twice: they differ on which one counts. `json` is a valid object. */
export function findTwice(json: string): string | undefined {
  const [top, inner] = [new Set<string>(), new Set<string>()];
  let depth = 0;
  let current = "";
  for (const [token, key] of json.matchAll(/("[^"\\]*(?:\\.[^"\\]*)*")\s*:|"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/g)) {
    if (token === "{" || token === "[") depth += 1;
    else if (token === "}" || token === "]") depth -= 1;
    else if (key !== undefined && depth <= 2) {
      const name = JSON.parse(key) as string;
      const seen = depth === 1 ? top : inner;
      if (depth === 1) {
        current = name;
        inner.clear();
      }
      if (seen.has(name) && INSTALLED_BY.has(current)) return name;
      seen.add(name);
    }
  }
  return undefined;
}

/** Optional ones stand among the others in some listings, and beside them in others. */
export function dependenciesOf(manifest: JsonObject): JsonObject {
  const fields = [own(manifest, "dependencies"), own(manifest, "optionalDependencies")];
  const entries = fields.flatMap((field) => (isObject(field) ? Object.entries(field) : []));
  return Object.fromEntries(entries.map(([name, range]) => [name, typeof range === "string" ? range.trim() : range]));
}

const LOCAL = /^(file|link|portal|exec|patch):|^(\.|~?[/\\]|[a-z]:[/\\])|^[^:]*\.(tgz|tar|tar\.gz)$/i;

/** Whether it has a dependency that lies beside it: yarn installs that from the package's own file, and runs its scripts. */
export function bringsDependency(manifest: JsonObject): boolean {
  return Object.values(dependenciesOf(manifest)).some((range) => typeof range === "string" && LOCAL.test(range));
}

export interface InstallScript {
  readonly name: string;
  readonly text: string;
}

/** In the order in which npm runs them; a build file and no script that would build implies `node-gyp rebuild`. */
export function installScriptsOf(manifest: JsonObject, hasBuildFile: boolean): InstallScript[] {
  const scripts = own(manifest, "scripts");
  const textOf = (name: string) => ownString(scripts, name) ?? "";
  const isImplied = hasBuildFile && textOf("preinstall") === "" && textOf("install") === "";
  return INSTALL_EVENTS.flatMap((name) => {
    const text = isImplied && name === "install" ? "node-gyp rebuild" : textOf(name);
    return text === "" ? [] : [{ name, text }];
  });
}
