/**
 * The last known good bundle on disk, and the floors: the highest bundle ever accepted from each signer. The bundle's
 * bytes are kept as they came and verified again at every start, so tampering with them is worth nothing. Who can take the
 * floors away can go back to what a trusted signer signed before, as far as `minRevision` allows.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { BUNDLE_FILE, BUNDLE_LIMITS, blobPath } from "../core/bundle/manifest.ts";
import type { ReadBlob } from "../core/bundle/source.ts";
import { type Floor, floorOf, type VerifiedBundle } from "../core/bundle/verify.ts";
import { sha256InPieces } from "../core/digest.ts";
import { CordonError } from "../core/errors.ts";
import { isObject, own, ownString } from "../core/json.ts";
import { readBytes, readText, writeWhole, writeWholeLater } from "../core/source/files.ts";

const FLOOR_FILE = "floor.json";

export interface BundleStore {
  /** The signed file as it was stored; undefined where there is none. Throws FILE_UNREADABLE. */
  read(): Uint8Array | undefined;
  /** A blob that is there with the bytes of its name; undefined for any other. */
  readBlob(sha256: string): Promise<Uint8Array | undefined>;
  /**
   * The highest floor of these signers; undefined where nothing was accepted from any. One who is no longer trusted no
   * longer counts, which is the way back after a signer was stolen and signed far ahead. Throws FILE_UNREADABLE where
   * the floors cannot be read: guessing low would allow a rollback.
   */
  floor(signers: ReadonlySet<string>): Floor | undefined;
  /** Raises the signer's floor to this bundle; a higher one stays. */
  raiseFloor(bundle: VerifiedBundle): void;
  /** Stores an accepted bundle: blobs, then the pointer, then the floor. A crash leaves the old one or the new one, whole. */
  write(bundle: VerifiedBundle, bytes: Uint8Array, readBlob: ReadBlob): Promise<void>;
}

export function createBundleStore(dir: string, channel: string): BundleStore {
  const bundleDir = join(dir, "bundle");
  const pointer = join(bundleDir, BUNDLE_FILE);
  const blobDir = join(bundleDir, "blobs", "sha256");
  const floors = createFloors(join(dir, FLOOR_FILE), channel);
  const readBlob: BundleStore["readBlob"] = async (sha256) => {
    const bytes = await readFile(join(bundleDir, blobPath(sha256))).catch(() => undefined);
    return bytes && (await sha256InPieces(bytes)) === sha256 ? bytes : undefined;
  };
  return {
    ...floors,
    readBlob,
    read: () => (existsSync(pointer) ? readBytes(pointer, BUNDLE_LIMITS.manifestBytes) : undefined),
    async write(bundle, bytes, readOffered) {
      await mkdir(blobDir, { recursive: true });
      const needed = new Map(bundle.manifest.parts.map(({ gzip }) => [gzip.sha256, gzip.size]));
      for (const [sha256, size] of needed) {
        if (await readBlob(sha256)) continue;
        // A part that was known by its content was not fetched for opening, so these bytes were not checked yet.
        const blob = await readOffered(sha256, size);
        if (blob.length !== size || (await sha256InPieces(blob)) !== sha256)
          throw new CordonError(
            "BUNDLE_DIGEST",
            `the bytes of blob ${sha256.slice(0, 12)} are not those that were signed`,
          );
        await writeWholeLater(join(bundleDir, blobPath(sha256)), blob);
      }
      await writeWholeLater(pointer, bytes);
      floors.raiseFloor(bundle);
      for (const name of await readdir(blobDir)) if (!needed.has(name)) await rm(join(blobDir, name), { force: true });
    },
  };
}

function createFloors(file: string, channel: string): Pick<BundleStore, "floor" | "raiseFloor"> {
  const keyOf = (signer: string) => `${channel} ${signer}`;
  const read = () => (existsSync(file) ? parseFloors(readText(file), file) : new Map<string, Floor>());
  return {
    floor(signers) {
      const floors = read();
      return [...signers].flatMap((signer) => floors.get(keyOf(signer)) ?? []).sort((a, b) => compare(b, a))[0];
    },
    raiseFloor(bundle) {
      const floors = read();
      const [floor, raised] = [floors.get(keyOf(bundle.signer)), floorOf(bundle)];
      if (floor && compare(floor, raised) >= 0) return;
      floors.set(keyOf(bundle.signer), raised);
      writeWhole(file, `${JSON.stringify(Object.fromEntries(floors))}\n`);
    },
  };
}

function compare(a: Floor, b: Floor): number {
  return a.epoch - b.epoch || a.revision - b.revision;
}

function parseFloors(text: string, path: string): Map<string, Floor> {
  let floors: unknown;
  try {
    floors = JSON.parse(text);
  } catch (cause) {
    throw new CordonError("FILE_UNREADABLE", `${path} is not JSON`, { cause });
  }
  if (!isObject(floors)) throw new CordonError("FILE_UNREADABLE", `${path} does not say which bundles were accepted`);
  return new Map(Object.entries(floors).map(([key, floor]) => [key, parseFloor(floor, path)]));
}

function parseFloor(floor: unknown, path: string): Floor {
  const [epoch, revision, digest] = [own(floor, "epoch"), own(floor, "revision"), ownString(floor, "digest")];
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(revision) || digest === undefined) {
    throw new CordonError("FILE_UNREADABLE", `${path} does not say which bundles were accepted`);
  }
  return { epoch: Number(epoch), revision: Number(revision), digest };
}
