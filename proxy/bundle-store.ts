/**
 * The last known good bundle on disk, and the floors: the highest bundle ever accepted from each signer. The bytes are
 * kept as they came and verified again at every start, so a tampered cache is worth nothing.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BUNDLE_FILE } from "../core/bundle/manifest.ts";
import { bundleSource } from "../core/bundle/source.ts";
import { type Floor, floorOf, type VerifiedBundle } from "../core/bundle/verify.ts";
import { writeBlobs, writeSignedBundle } from "../core/bundle/write.ts";
import { CordonError } from "../core/errors.ts";
import { isObject, own, ownString } from "../core/json.ts";
import { readText, writeWhole } from "../core/source/files.ts";

const FLOOR_FILE = "floor.json";

export interface BundleStore {
  /** The bytes as they were stored; undefined where there are none. */
  read(): Promise<Uint8Array | undefined>;
  readonly readBlob: (sha256: string, maxBytes: number) => Promise<Uint8Array>;
  /** The signer's floor. Throws BUNDLE_MALFORMED where the floors cannot be read: guessing low would allow a rollback. */
  floor(signer: string): Floor | undefined;
  /** Raises the signer's floor to this bundle; a higher one stays. */
  raiseFloor(bundle: VerifiedBundle): void;
  /** Stores an accepted bundle: blobs, then the pointer, then the floor. A crash leaves the old one or the new one, whole. */
  write(bundle: VerifiedBundle, bytes: Uint8Array, blobs: ReadonlyMap<string, Uint8Array>): void;
}

/** `dir` is made where it does not exist. Floors are kept by channel and signer: another signer starts anew. */
export function createBundleStore(dir: string, channel: string): BundleStore {
  const bundleDir = join(dir, "bundle");
  const floorFile = join(dir, FLOOR_FILE);
  mkdirSync(bundleDir, { recursive: true });
  const source = bundleSource(`dir:${bundleDir}`);
  const keyOf = (signer: string) => `${channel} ${signer}`;
  const readFloors = () =>
    existsSync(floorFile) ? parseFloors(readText(floorFile), floorFile) : new Map<string, Floor>();
  const raiseFloor = (bundle: VerifiedBundle): void => {
    const floors = readFloors();
    const [floor, raised] = [floors.get(keyOf(bundle.signer)), floorOf(bundle)];
    if (floor && (floor.epoch - raised.epoch || floor.revision - raised.revision) >= 0) return;
    floors.set(keyOf(bundle.signer), raised);
    writeWhole(floorFile, `${JSON.stringify(Object.fromEntries(floors))}\n`);
  };
  return {
    read: async () => (existsSync(join(bundleDir, BUNDLE_FILE)) ? (await source.poll(undefined))?.bytes : undefined),
    readBlob: source.readBlob,
    floor: (signer) => readFloors().get(keyOf(signer)),
    raiseFloor,
    write(bundle, bytes, blobs) {
      writeBlobs(bundleDir, blobs);
      writeSignedBundle(bundleDir, bytes);
      raiseFloor(bundle);
      removeOthers(join(bundleDir, "blobs", "sha256"), new Set(bundle.manifest.parts.map(({ gzip }) => gzip.sha256)));
    },
  };
}

function parseFloors(text: string, path: string): Map<string, Floor> {
  let floors: unknown;
  try {
    floors = JSON.parse(text);
  } catch (cause) {
    throw new CordonError("BUNDLE_MALFORMED", `${path} is not JSON`, { cause });
  }
  if (!isObject(floors)) throw new CordonError("BUNDLE_MALFORMED", `${path} does not say which bundles were accepted`);
  return new Map(Object.entries(floors).map(([key, floor]) => [key, parseFloor(floor, path)]));
}

function parseFloor(floor: unknown, path: string): Floor {
  const [epoch, revision, digest] = [own(floor, "epoch"), own(floor, "revision"), ownString(floor, "digest")];
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(revision) || digest === undefined) {
    throw new CordonError("BUNDLE_MALFORMED", `${path} does not say which bundles were accepted`);
  }
  return { epoch: Number(epoch), revision: Number(revision), digest };
}

function removeOthers(folder: string, keep: ReadonlySet<string>): void {
  for (const name of readdirSync(folder)) if (!keep.has(name)) rmSync(join(folder, name), { force: true });
}
