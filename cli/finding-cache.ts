/** What the files of releases hold, kept on disk between runs: a file that was read once need not be fetched again. */
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sha256 } from "../core/digest.ts";
import type { ListedRelease, Listing } from "../core/ecosystems/ecosystem.ts";
import type { Inspected } from "../core/inspection.ts";
import { isObject } from "../core/json.ts";
import { writeWhole } from "../core/source/files.ts";

const MAX_BYTES = 4 * 1024 * 1024;

export interface FindingCache {
  /** What `find` gives, unless it is known for exactly this release: as it is listed, and with the digests of its files. */
  read(listing: Listing, release: ListedRelease, find: () => Promise<Inspected>): Promise<Inspected>;
}

/** `version`: of Cordon, for another may read more. An entry that cannot be read or written is none. */
export function findingCache(folder: string, version: string): FindingCache {
  return {
    async read({ pkg }, release, find) {
      // Without a digest, the file may be another the next time.
      if (release.files.some(({ digests }) => Object.keys(digests).length === 0)) return find();
      const listed = [version, pkg.purl, pkg.private, release.entry, release.facts, release.files];
      const key = sha256(JSON.stringify(listed));
      const path = join(folder, key.slice(0, 2), `${key.slice(2)}.json`);
      const known = readFinding(path);
      if (known) return known;
      const found = await find();
      writeFinding(path, found);
      return found;
    },
  };
}

function readFinding(path: string): Inspected | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isObject(value) ? (value as Inspected) : undefined;
  } catch {
    return undefined;
  }
}

function writeFinding(path: string, found: Inspected): void {
  const text = JSON.stringify(found);
  if (text.length > MAX_BYTES) return;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeWhole(path, text);
  } catch {
    // A full disk makes the next run slower, and this one no worse.
  }
}
