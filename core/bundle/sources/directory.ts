/** A bundle in a directory. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { CordonError } from "../../errors.ts";
import { readBytes } from "../../source/files.ts";
import { BUNDLE_FILE, BUNDLE_LIMITS, blobPath } from "../manifest.ts";
import type { BundleSource } from "../source.ts";

export function directorySource(path: string): BundleSource {
  const readBlob = async (sha256: string, maxBytes: number) => {
    const file = join(path, blobPath(sha256));
    if (!existsSync(file)) throw new CordonError("BUNDLE_MISSING", `there is no ${file}, a part of the bundle`);
    return readBytes(file, maxBytes);
  };
  return {
    name: `dir:${path}`,
    minPollSeconds: 0,
    async poll(validator) {
      const file = join(path, BUNDLE_FILE);
      const stats = statSync(file, { throwIfNoEntry: false });
      if (!stats) throw new CordonError("BUNDLE_MISSING", `there is no ${file}`);
      const current = `${stats.ino}-${stats.size}-${stats.mtimeMs}`;
      if (current === validator) return undefined;
      return { bytes: readBytes(file, BUNDLE_LIMITS.manifestBytes), validator: current, readBlob };
    },
  };
}
