/** Files that name releases: package lists and lockfiles. */
import { basename } from "node:path";
import { CordonError } from "../errors.ts";
import { type ReleaseId, toPurl } from "../purl.ts";
import { readPackageList } from "./package-list.ts";
import { readPackageLock } from "./package-lock.ts";

/** Reads one kind of file. Throws FILE_UNREADABLE with the place where it is not what it should be. */
export interface InventoryReader {
  readonly kind: string;
  matches(filename: string): boolean;
  read(path: string, text: string): readonly ReleaseId[];
}

/** The first that matches reads; a package list is what no lockfile is. */
const READERS: readonly InventoryReader[] = [readPackageLock, readPackageList];

/** The distinct releases that a file names, in the order of the file. */
export function readInventory(path: string, text: string): { kind: string; releases: readonly ReleaseId[] } {
  const reader = READERS.find((candidate) => candidate.matches(basename(path)));
  if (!reader)
    throw new CordonError("FILE_UNREADABLE", `${path} is no lockfile and no package list (.txt) that Cordon reads`);
  const byPurl = new Map(reader.read(path, text).map((release) => [toPurl(release), release]));
  return { kind: reader.kind, releases: [...byPurl.values()] };
}
