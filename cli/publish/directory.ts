/** A directory as a target: on this machine, on a share, or what a web server serves. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { BUNDLE_FILE, BUNDLE_LIMITS, blobPath } from "../../core/bundle/manifest.ts";
import { directorySource } from "../../core/bundle/sources/directory.ts";
import { sha256 } from "../../core/digest.ts";
import { readBytes, writeWhole } from "../../core/source/files.ts";
import { parseUnverified } from "../bundle.ts";
import { withLock } from "./lock.ts";
import type { PublishTarget, Report, SignedBundle } from "./target.ts";

const LOCK_FILE = "publish.lock";
/** Somebody may be fetching the bundle before this one, or the one before that. */
const KEEP_BLOBS_MS = 24 * 60 * 60_000;

export function directoryTarget(dir: string): PublishTarget {
  const pointer = join(dir, BUNDLE_FILE);
  return {
    source: directorySource(dir),
    async publish(bundle, admit, report) {
      mkdirSync(join(dir, "blobs", "sha256"), { recursive: true });
      return withLock(join(dir, LOCK_FILE), (requireLock) => {
        const published = existsSync(pointer) ? readBytes(pointer, BUNDLE_LIMITS.manifestBytes) : undefined;
        admit(published);
        writeParts(dir, bundle, report);
        renewBlobs(dir, published);
        requireLock();
        writeWhole(pointer, bundle.bytes);
        report(BUNDLE_FILE, "sent");
        removeOldBlobs(dir, bundle, report);
        return { url: null };
      });
    },
  };
}

function writeParts(dir: string, { manifest, readBlob }: SignedBundle, report: Report): void {
  for (const { name, gzip } of manifest.parts) {
    const path = join(dir, blobPath(gzip.sha256));
    const isThere = existsSync(path) && statSync(path).size === gzip.size && sha256(readFileSync(path)) === gzip.sha256;
    if (!isThere) writeWhole(path, readBlob(gzip.sha256));
    report(name, isThere ? "there already" : "sent");
  }
}

/** Until now these were needed: the day that they are kept for begins. */
function renewBlobs(dir: string, published: Uint8Array | undefined): void {
  const found = published && parseUnverified(Buffer.from(published).toString("utf8"));
  const now = new Date();
  for (const { gzip } of found?.manifest.parts ?? []) {
    try {
      utimesSync(join(dir, blobPath(gzip.sha256)), now, now);
    } catch {
      // Another user's file, or none: that must not keep a new bundle from being published.
    }
  }
}

/** Never throws: the bundle is published, and what is too much harms nobody. */
function removeOldBlobs(dir: string, { manifest }: SignedBundle, report: Report): void {
  const needed = new Set(manifest.parts.map(({ gzip }) => gzip.sha256));
  for (const name of readdirSync(join(dir, "blobs", "sha256"))) {
    const path = join(dir, "blobs", "sha256", name);
    try {
      if (needed.has(name) || Date.now() - statSync(path).mtimeMs < KEEP_BLOBS_MS) continue;
      rmSync(path, { force: true });
      report(`blob ${name.slice(0, 12)}`, "removed");
    } catch {
      report(`blob ${name.slice(0, 12)}`, "not removed");
    }
  }
}
