/** Where bundles come from. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { CordonError } from "../errors.ts";
import { readBytes } from "../source/files.ts";
import { BUNDLE_FILE, BUNDLE_LIMITS, blobPath } from "./manifest.ts";
import type { ReadBlob } from "./open.ts";

export interface BundleSource {
  /** For people. */
  readonly name: string;
  /** The signed file, unless it is still the one of `validator`. Throws BUNDLE_MISSING. */
  poll(validator: string | undefined): Promise<{ bytes: Uint8Array; validator: string } | undefined>;
  readonly readBlob: ReadBlob;
}

/** `dir:PATH`, or a plain path. Throws USAGE for a kind of source that does not exist. */
export function bundleSource(text: string): BundleSource {
  const kind = /^([a-z][a-z0-9+]+):/.exec(text)?.[1];
  if (kind !== undefined && kind !== "dir")
    throw new CordonError("USAGE", `${JSON.stringify(text)} is no bundle source: write dir:PATH`);
  return directorySource(kind === "dir" ? text.slice("dir:".length) : text);
}

function directorySource(path: string): BundleSource {
  return {
    name: `dir:${path}`,
    async poll(validator) {
      const file = join(path, BUNDLE_FILE);
      const stats = statSync(file, { throwIfNoEntry: false });
      if (!stats) throw new CordonError("BUNDLE_MISSING", `there is no ${file}`);
      const current = `${stats.ino}-${stats.size}-${stats.mtimeMs}`;
      return current === validator
        ? undefined
        : { bytes: readBytes(file, BUNDLE_LIMITS.manifestBytes), validator: current };
    },
    readBlob: async (sha256, maxBytes) => readBytes(join(path, blobPath(sha256)), maxBytes),
  };
}
