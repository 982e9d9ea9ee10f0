/** Files that name releases: lockfiles, bills of materials, what package managers print, and lists. */
import { basename } from "node:path";
import { CordonError } from "../../core/errors.ts";
import { toPurl } from "../../core/purl.ts";
import { requireFewLines, requireFewReleases, requireFewValues } from "./bounds.ts";
import { readBunLock } from "./bun-lock.ts";
import { readCiLog } from "./ci-log.ts";
import { readGoList, readGoMod, readGoSum } from "./go-files.ts";
import { isListName, readPackageList } from "./package-list.ts";
import { readPackageLock } from "./package-lock.ts";
import { readPipfileLock, readPipInspect } from "./pip-json.ts";
import { unreadable } from "./places.ts";
import { readPnpmLock } from "./pnpm-lock.ts";
import type { Inventory, InventoryFile, InventoryReader, NamedRelease, OtherFile } from "./reader.ts";
import { readRequirements } from "./requirements.ts";
import { readCycloneDx, readSpdx } from "./sbom.ts";
import { TOML_READERS } from "./toml-lock.ts";
import { readCargoMetadata, readNpmList } from "./tool-json.ts";
import { readYarnLock } from "./yarn-lock.ts";

/** The first that recognizes a file reads it: those that are told by their content stand before those that are told by a name. */
export const INVENTORY_READERS: readonly InventoryReader[] = [
  ...[readCycloneDx, readSpdx, readPipInspect, readCargoMetadata, readNpmList, readGoList],
  ...[readPipfileLock, readBunLock, readPackageLock, readPnpmLock, readYarnLock, ...TOML_READERS, readGoSum, readGoMod],
  ...[readPackageList, readRequirements, readCiLog],
];

export interface ReadInventory extends Inventory {
  readonly kind: string;
  /**
   * In files of all kinds: the distinct names with a version, or with what stands in its place, that the file has entries of,
   * as it calls them, whether they can be judged or not. What has neither, such as a range, is none, nor is the project itself:
   * its root, its workspaces, and folders that it links or edits in place.
   */
  readonly entries: number;
  readonly others: readonly OtherFile[];
}

/** The distinct releases that a file names, in the order of the file: each where it stands first. Throws FILE_UNREADABLE, FILE_TOO_LARGE. */
export function readInventory(path: string, text: string): ReadInventory {
  const found = readIfKnown(path, text);
  if (found) return found;
  // Of a list the first line that is none is told, rather than that it is none as a whole.
  if (isListName(path)) readPackageList.read(openFile(path, text));
  throw new CordonError(
    "FILE_UNREADABLE",
    `${path} is of no kind that Cordon reads: ${INVENTORY_READERS.map(({ files }) => files).join("; ")}`,
    {
      next: "Write what it names into a list, such as packages.txt with lines like pkg:npm/left-pad@1.3.0, and check that with --list.",
    },
  );
}

/** The same; undefined for a file of no kind that is read. */
export function readIfKnown(path: string, text: string): ReadInventory | undefined {
  requireFewLines(path, text);
  const file = openFile(path, text);
  const reader = INVENTORY_READERS.find((candidate) => candidate.recognizes(file));
  return reader && readWith(reader, file);
}

/** A file that another one names, which is of the same kind whatever it looks like. Throws FILE_UNREADABLE, FILE_TOO_LARGE. */
export function readPart(kind: string, path: string, text: string): ReadInventory {
  requireFewLines(path, text);
  const reader = INVENTORY_READERS.find((candidate) => candidate.kind === kind);
  if (!reader) throw new Error(`there is no reader of ${kind}`);
  return readWith(reader, openFile(path, text));
}

function readWith(reader: InventoryReader, file: InventoryFile): ReadInventory {
  // A log may show one.
  if (reader !== readCiLog) requireMerged(file);
  const { releases, unjudged: left, others = [] } = reader.read(file);
  requireFewReleases(file.path, releases.length + left.length);
  const unjudged = left.map(({ version, ...one }) => ({
    ...one,
    name: withoutCredentials(one.name),
    ...(version !== undefined && { version: withoutCredentials(version) }),
  }));
  const first = new Map<string, NamedRelease>();
  for (const release of releases) if (!first.has(toPurl(release.id))) first.set(toPurl(release.id), release);
  const judged = releases.map(({ id, called }) => called ?? toPurl(id));
  const fromElsewhere = unjudged.flatMap(({ name, version }) => (version === undefined ? [] : [`${name} ${version}`]));
  const entries = new Set([...judged, ...fromElsewhere]).size;
  return { kind: reader.kind, entries, releases: [...first.values()], unjudged, others };
}

/** Whether a file of this name is one that is read, whatever stands in it. */
export function isInventoryName(path: string): boolean {
  const file = openFile(path, "");
  return INVENTORY_READERS.some((reader) => reader.recognizes(file));
}

/** What is called by its address may have somebody's password in it. */
function withoutCredentials(name: string): string {
  return name.replace(/:\/\/[^/\s@]{1,1000}@/g, "://");
}

/** Of two sides, nobody knows which counts. */
function requireMerged({ path, text }: InventoryFile): void {
  const at = /^<{7}( |$)/m.exec(text)?.index;
  if (at === undefined) return;
  const line = text.slice(0, at).split("\n").length;
  throw unreadable(
    path,
    line,
    1,
    "it has a merge conflict",
    "Settle the conflict, and let the tool write the file anew.",
  );
}

function openFile(path: string, text: string): InventoryFile {
  let parsed: { readonly json: unknown } | undefined;
  return {
    path,
    name: basename(path),
    text,
    get json() {
      parsed ??= { json: parseJson(path, text) };
      return parsed.json;
    },
  };
}

function parseJson(path: string, text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  requireFewValues(path, text);
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
