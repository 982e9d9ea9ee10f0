/** A bundle in a directory: blobs first, the pointer last, so that a reader never meets half of one. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../source/files.ts";
import type { BuiltBundle } from "./build.ts";
import { BUNDLE_FILE, blobPath, STATEMENT_FILE } from "./manifest.ts";

export function writeStatement(dir: string, { statement, blobs }: BuiltBundle): void {
  writeBlobs(dir, blobs);
  writeWhole(join(dir, STATEMENT_FILE), `${JSON.stringify(statement)}\n`);
}

export function writeSignedBundle(dir: string, signed: Uint8Array | string): void {
  writeWhole(join(dir, BUNDLE_FILE), signed);
}

export function writeBlobs(dir: string, blobs: ReadonlyMap<string, Uint8Array>): void {
  mkdirSync(join(dir, "blobs", "sha256"), { recursive: true });
  for (const [sha256, bytes] of blobs) {
    const path = join(dir, blobPath(sha256));
    if (!existsSync(path)) writeWhole(path, bytes);
  }
}
