/** Files that name releases: package lists and lockfiles. */
import { basename } from "node:path";
import { CordonError } from "../../core/errors.ts";
import { type ReleaseId, toPurl } from "../../core/purl.ts";
import { readPackageList } from "./package-list.ts";
import { readPackageLock } from "./package-lock.ts";
import type { InventoryReader } from "./reader.ts";

/** The first that matches reads; a package list is what no lockfile is. */
const READERS: readonly InventoryReader[] = [readPackageLock, readPackageList];

/** The distinct releases that a file names, in the order of the file. */
export function readInventory(path: string, text: string): { kind: string; releases: readonly ReleaseId[] } {
  const reader = READERS.find((candidate) => candidate.matches(basename(path)));
  if (!reader)
    throw new CordonError(
      "FILE_UNREADABLE",
      `${path} is of no kind that Cordon reads: ${READERS.map(({ files }) => files).join(", ")}`,
      {
        next: "Write what it names into a list, such as packages.txt with lines like pkg:npm/left-pad@1.3.0, and check that with --list.",
      },
    );
  const byPurl = new Map(reader.read(path, text).map((release) => [toPurl(release), release]));
  return { kind: reader.kind, releases: [...byPurl.values()] };
}
