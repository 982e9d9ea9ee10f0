/** Files that name releases: package lists and lockfiles. */
import { basename } from "node:path";
import { CordonError } from "../../core/errors.ts";
import { toPurl } from "../../core/purl.ts";
import { readPackageList } from "./package-list.ts";
import { readPackageLock } from "./package-lock.ts";
import type { Inventory, InventoryFile, InventoryReader } from "./reader.ts";

/** The first that recognizes a file reads it; a package list is what no lockfile is. */
const READERS: readonly InventoryReader[] = [readPackageLock, readPackageList];

/** The distinct releases that a file names, in the order of the file: each where it stands first. Throws FILE_UNREADABLE. */
export function readInventory(path: string, text: string): Inventory & { readonly kind: string } {
  const file = openFile(path, text);
  const reader = READERS.find((candidate) => candidate.recognizes(file));
  if (!reader)
    throw new CordonError(
      "FILE_UNREADABLE",
      `${path} is of no kind that Cordon reads: ${READERS.map(({ files }) => files).join(", ")}`,
      {
        next: "Write what it names into a list, such as packages.txt with lines like pkg:npm/left-pad@1.3.0, and check that with --list.",
      },
    );
  const { releases, unjudged } = reader.read(file);
  const first = new Map([...releases].reverse().map((release) => [toPurl(release.id), release]));
  return { kind: reader.kind, releases: [...first.values()].reverse(), unjudged };
}

/** Whether a file is of some kind that is read, as far as its content tells. */
export function recognizesInventory(path: string, text: string): boolean {
  const file = openFile(path, text);
  return READERS.some((reader) => reader.recognizes(file));
}

function openFile(path: string, text: string): InventoryFile {
  let parsed: { readonly json: unknown } | undefined;
  return {
    path,
    name: basename(path),
    text,
    get json() {
      parsed ??= { json: parseJson(text) };
      return parsed.json;
    },
  };
}

function parseJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
