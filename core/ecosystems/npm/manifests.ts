/** Which files of an archive say what an install runs, and what they say. */
import { CordonError } from "../../errors.ts";
import { isObject, type JsonObject, own, ownString } from "../../json.ts";

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

/** Throws ARCHIVE_MALFORMED with the reason alone. */
export function parseManifest(content: Buffer, path: string): JsonObject {
  let manifest: unknown;
  try {
    manifest = JSON.parse(content.toString("utf8").replace(/^\ufeff/, ""));
  } catch (cause) {
    throw new CordonError("ARCHIVE_MALFORMED", `its ${path} is not JSON`, { cause });
  }
  if (!isObject(manifest)) throw new CordonError("ARCHIVE_MALFORMED", `its ${path} is not an object`);
  return manifest;
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
