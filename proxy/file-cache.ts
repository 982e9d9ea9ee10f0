/** Small files that were asked for lately, whole and checked, in memory: a disk would have to be checked again each time. */
import type { ReleaseFile } from "../core/ecosystems/ecosystem.ts";

export interface FileCache {
  /** By the digests that the listing names now: another file under the same name is another entry. */
  get(file: ReleaseFile): Buffer | undefined;
  /** Bytes that were checked against every digest of the file. */
  put(file: ReleaseFile, bytes: Buffer): void;
}

export function createFileCache(maxBytes = 128 * 1024 * 1024): FileCache {
  /** In the order of use; the first is the one to drop. */
  const files = new Map<string, Buffer>();
  let total = 0;
  const drop = (key: string): void => {
    total -= files.get(key)?.length ?? 0;
    files.delete(key);
  };
  return {
    get(file) {
      const key = keyOf(file);
      const bytes = files.get(key);
      if (bytes) {
        files.delete(key);
        files.set(key, bytes);
      }
      return bytes;
    },
    put(file, bytes) {
      const key = keyOf(file);
      drop(key);
      files.set(key, bytes);
      total += bytes.length;
      for (const oldest of files.keys()) {
        if (total <= maxBytes || oldest === key) break;
        drop(oldest);
      }
    },
  };
}

/** All digests: a listing that names one more must have it checked. */
function keyOf({ digests }: ReleaseFile): string {
  return JSON.stringify(digests);
}
