/**
 * What a package's own file tells: npm's registry takes the manifest that a publisher sends beside the file, and does not
 * compare the two. Clients install by the one and run what stands in the other.
 */
import semver from "semver";
import type { Difference, Release, Script } from "../../../schemas/types/facts.ts";
import { CordonError } from "../../errors.ts";
import { canonicalJson, isObject, type JsonObject, own, ownString } from "../../json.ts";
import { VERSION_ORDERS } from "../../versions/index.ts";
import { oneLine } from "../../words.ts";
import { readArchive } from "../archive.ts";
import type { ListedRelease, ReadFile } from "../ecosystem.ts";
import { malformed } from "../malformed.ts";
import {
  bringsDependency,
  comparable,
  dependenciesOf,
  findTwice,
  installScriptsOf,
  isBuildFile,
  isManifest,
  MANIFEST_LIMITS,
  parseManifest,
} from "./manifests.ts";

/** Read as it comes, so that only manifests are held in memory. */
export const INSPECT_LIMITS = { bytes: 1024 * 1024 * 1024, entries: 200_000 } as const;

const MAX_SCRIPTS = 100;
/** Of all of them together: a rule reads it, the log keeps it, and each release of a package may have as much. */
const MAX_SCRIPT_TEXT = 8192;
const MAX_TEXT = 300;
const UNKNOWN: Script = { name: "install", text: "" };

/**
 * Facts that take the place of the listing's. A file that cannot be read in
 * one way only has an install script whose text is not known. Throws what the source throws.
 */
export async function inspectFile(
  { facts, entry, files: [file] }: ListedRelease,
  read: ReadFile,
): Promise<Partial<Release>> {
  if (!file) return {};
  const listed = facts.installScripts ?? [];
  try {
    const content = await readContent(read(file));
    const scripts = content.scripts.filter((script) => !listed.some((known) => isSame(known, script)));
    const differences = differencesOf(entry as JsonObject, content.manifest, facts.version, [listed, content.own]);
    return { ...withScripts(facts, bounded(scripts)), file: { readable: true, differences } };
  } catch (error) {
    if (!(error instanceof CordonError) || error.code !== "ARCHIVE_MALFORMED") throw error;
    return {
      ...withScripts(facts, [UNKNOWN]),
      file: { readable: false, problem: oneLine(error.message, MAX_TEXT), differences: [] },
    };
  }
}

interface Content {
  readonly manifest: JsonObject;
  /** Of the package itself. */
  readonly own: readonly Script[];
  /** With those of the packages that are bundled with it, behind its own. */
  readonly scripts: readonly Script[];
}

async function readContent(file: AsyncIterable<Uint8Array>): Promise<Content> {
  const manifests = new Map<string, JsonObject>();
  const buildFiles = new Set<string>();
  const wants = (path: string, size: number) => {
    if (!isManifest(comparable(path))) return false;
    if (size > MANIFEST_LIMITS.bytes) throw malformed("one of its manifests is too large");
    return true;
  };
  for await (const { path, content, isFolder } of readArchive(file, INSPECT_LIMITS, wants)) {
    const name = comparable(path);
    if (isBuildFile(name)) buildFiles.add(name.slice(0, -"binding.gyp".length));
    if (!content) continue;
    const place = name.slice(0, -"package.json".length);
    if (isFolder || manifests.has(place)) throw malformed(`it has ${name} twice, or as a folder`);
    if (manifests.size >= MANIFEST_LIMITS.count) throw malformed("it has too many manifests");
    manifests.set(place, parseManifest(content, name));
    const twice = findTwice(content.toString("utf8"));
    if (twice !== undefined) throw malformed(`its ${name} says ${JSON.stringify(oneLine(twice, MAX_TEXT))} twice`);
  }
  const manifest = manifests.get("");
  if (!manifest) throw malformed("it has no package.json");
  // `"gypfile": false` counts in a listing alone: in the file, clients do not look at it.
  const scriptsAt = (place: string, found: JsonObject): Script[] =>
    installScriptsOf(found, buildFiles.has(place)).map(({ name, text }) => ({
      name,
      text: `${place === "" ? "" : `${place.slice(0, -1)}: `}${text}`,
    }));
  const inOrder = [...manifests].sort(([a], [b]) => Number(b === "") - Number(a === ""));
  const scripts = inOrder.flatMap(([place, found]) => scriptsAt(place, found));
  // What would run is in files that are not read.
  if (inOrder.some(([, found]) => bringsDependency(found))) scripts.unshift(UNKNOWN);
  return { manifest, own: scriptsAt("", manifest), scripts };
}

function isSame(a: Script, b: Script): boolean {
  return a.name === b.name && a.text === b.text;
}

/** As many and as much of them as is kept; of what is left out, it is said that it is not known. */
function bounded(scripts: readonly Script[]): Script[] {
  let left = MAX_SCRIPT_TEXT;
  const kept = scripts.slice(0, MAX_SCRIPTS).flatMap(({ name, text }) => {
    const part = copyOf(text.slice(0, left));
    left -= part.length;
    return part === "" && text !== "" ? [] : [{ name, text: part }];
  });
  const isCut = kept.length < scripts.length || scripts.at(-1)?.text !== kept.at(-1)?.text;
  return isCut ? [...kept, UNKNOWN] : kept;
}

/** A part of a text can hold on to the whole of it. */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}

/** Scripts that the listing does not tell are as young as the release: nobody has seen them before. */
function withScripts(facts: Release, found: readonly Script[]): Partial<Release> {
  if (found.length === 0) return {};
  const listed = facts.installScripts ?? [];
  return {
    installScripts: [...listed, ...found],
    installScriptsChange: listed.length === 0 ? "new" : "changed",
    ...(facts.published && { installScriptsSince: facts.published }),
  };
}

/** In what clients install by: names and versions, what runs, what else is installed, and what is put on the path. */
function differencesOf(
  listed: JsonObject,
  found: JsonObject,
  version: string,
  [listedScripts, foundScripts]: readonly [readonly Script[], readonly Script[]],
): Difference[] {
  const foundVersion = ownString(found, "version") ?? "";
  // npm publishes `v1.0.0` and ` =1.0.0` as 1.0.0.
  const published = semver.clean(foundVersion, { loose: true });
  const isSameVersion = published !== null && VERSION_ORDERS.npm.compare(published, version) === 0;
  const compared: readonly [field: Difference["field"], listed: unknown, found: unknown][] = [
    ["name", own(listed, "name"), own(found, "name")],
    ["version", version, isSameVersion ? version : foundVersion],
    // A registry that says that there are scripts, and not which, says nothing otherwise.
    ["scripts", listedScripts.some(({ text }) => text === "") ? foundScripts : listedScripts, foundScripts],
    ["dependencies", dependenciesOf(listed), dependenciesOf(found)],
    ["bin", binOf(listed), binOf(found)],
  ];
  return compared.flatMap(([field, one, other]) => {
    const [a = "", b = ""] = [one, other].map((value) => canonicalJson(value ?? null));
    return a === b ? [] : [{ field, listed: copyOf(oneLine(a, MAX_TEXT)), found: copyOf(oneLine(b, MAX_TEXT)) }];
  });
}

/** As npm writes it when it publishes: a map, paths from the package's top. */
function binOf(manifest: JsonObject): unknown {
  const bin = own(manifest, "bin");
  if (bin === undefined && own(own(manifest, "directories"), "bin") !== undefined) return "a folder";
  const name = ownString(manifest, "name") ?? "";
  const map = typeof bin === "string" ? { [name.slice(name.lastIndexOf("/") + 1)]: bin } : bin;
  if (!isObject(map)) return {};
  return Object.fromEntries(
    Object.entries(map).map(([command, path]) => [
      command,
      typeof path === "string" ? path.replace(/^(\.?\/)+/, "") : path,
    ]),
  );
}
