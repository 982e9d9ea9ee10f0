/**
 * The last known good bundle on disk, and the floor: the highest bundle ever accepted. The bytes are kept as they came
 * and verified again at every start, so a tampered cache is worth nothing.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BUNDLE_FILE } from "../core/bundle/manifest.ts";
import { bundleSource } from "../core/bundle/source.ts";
import type { Trust } from "../core/bundle/trust.ts";
import type { Floor, VerifiedBundle } from "../core/bundle/verify.ts";
import { writeBlobs, writeSignedBundle } from "../core/bundle/write.ts";
import { CordonError } from "../core/errors.ts";
import { own, ownString } from "../core/json.ts";
import { readText, writeWhole } from "../core/source/files.ts";

const FLOOR_FILE = "floor.json";

export interface BundleStore {
  /** The bytes as they were stored; undefined where there are none. */
  read(): Promise<Uint8Array | undefined>;
  readonly readBlob: (sha256: string, maxBytes: number) => Promise<Uint8Array>;
  /** The floor under this trust policy. Throws BUNDLE_MALFORMED where it cannot be read: guessing it low would allow a rollback. */
  floor(): Floor | undefined;
  /** Stores an accepted bundle: blobs, then the pointer, then the floor. A crash leaves the old one or the new one, whole. */
  write(bundle: VerifiedBundle, bytes: Uint8Array, blobs: ReadonlyMap<string, Uint8Array>): void;
}

/** `dir` is made where it does not exist. */
export function createBundleStore(dir: string, trust: Trust): BundleStore {
  const bundleDir = join(dir, "bundle");
  const floorFile = join(dir, FLOOR_FILE);
  mkdirSync(bundleDir, { recursive: true });
  const source = bundleSource(`dir:${bundleDir}`);
  return {
    read: async () => (existsSync(join(bundleDir, BUNDLE_FILE)) ? (await source.poll(undefined))?.bytes : undefined),
    readBlob: source.readBlob,
    floor: () => (existsSync(floorFile) ? parseFloor(readText(floorFile), floorFile, trust) : undefined),
    write({ manifest, digest }, bytes, blobs) {
      writeBlobs(bundleDir, blobs);
      writeSignedBundle(bundleDir, bytes);
      writeWhole(
        floorFile,
        `${JSON.stringify({ trust: trust.digest, epoch: manifest.epoch, revision: manifest.revision, digest })}\n`,
      );
      removeOthers(join(bundleDir, "blobs", "sha256"), new Set(manifest.parts.map(({ gzip }) => gzip.sha256)));
    },
  };
}

/** A new trust policy starts anew: the old signer's numbers say nothing about the new one's. */
function parseFloor(text: string, path: string, trust: Trust): Floor | undefined {
  let floor: unknown;
  try {
    floor = JSON.parse(text);
  } catch (cause) {
    throw new CordonError("BUNDLE_MALFORMED", `${path} is not JSON`, { cause });
  }
  const [epoch, revision, digest] = [own(floor, "epoch"), own(floor, "revision"), ownString(floor, "digest")];
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(revision) || digest === undefined) {
    throw new CordonError("BUNDLE_MALFORMED", `${path} does not say which bundle was accepted last`);
  }
  return own(floor, "trust") === trust.digest
    ? { epoch: Number(epoch), revision: Number(revision), digest }
    : undefined;
}

function removeOthers(folder: string, keep: ReadonlySet<string>): void {
  for (const name of readdirSync(folder)) if (!keep.has(name)) rmSync(join(folder, name), { force: true });
}
