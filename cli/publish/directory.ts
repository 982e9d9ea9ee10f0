/** A directory as a target: on this machine, on a share, or what a web server serves. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { BUNDLE_FILE, BUNDLE_LIMITS, blobPath } from "../../core/bundle/manifest.ts";
import { directorySource } from "../../core/bundle/sources/directory.ts";
import { sha256 } from "../../core/digest.ts";
import { CordonError, messageOf } from "../../core/errors.ts";
import { isObject } from "../../core/json.ts";
import { readBytes, writeWhole } from "../../core/source/files.ts";
import type { PublishTarget, Report, SignedBundle } from "./target.ts";

const LOCK_FILE = "publish.lock";
/** What a lock is worth whose owner cannot be asked whether it still lives. */
const LOCK_MS = 10 * 60_000;
/** Somebody may be fetching the bundle before this one. */
const KEEP_BLOBS_MS = 24 * 60 * 60_000;

export function directoryTarget(dir: string): PublishTarget {
  const pointer = join(dir, BUNDLE_FILE);
  return {
    source: directorySource(dir),
    async publish(bundle, admit, report) {
      mkdirSync(join(dir, "blobs", "sha256"), { recursive: true });
      return withLock(join(dir, LOCK_FILE), () => {
        admit(existsSync(pointer) ? readBytes(pointer, BUNDLE_LIMITS.manifestBytes) : undefined);
        writeParts(dir, bundle, report);
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

function removeOldBlobs(dir: string, { manifest }: SignedBundle, report: Report): void {
  const needed = new Set(manifest.parts.map(({ gzip }) => gzip.sha256));
  for (const name of readdirSync(join(dir, "blobs", "sha256"))) {
    const path = join(dir, "blobs", "sha256", name);
    if (needed.has(name) || Date.now() - statSync(path).mtimeMs < KEEP_BLOBS_MS) continue;
    rmSync(path, { force: true });
    report(`blob ${name.slice(0, 12)}`, "removed");
  }
}

/** One publisher at a time. Throws TARGET_LOCKED. */
function withLock<T>(path: string, work: () => T): T {
  takeLock(path);
  try {
    return work();
  } finally {
    rmSync(path, { force: true });
  }
}

function takeLock(path: string): void {
  const owner = JSON.stringify({ host: hostname(), process: process.pid });
  for (let tries = 0; tries < 2; tries++) {
    try {
      writeFileSync(path, owner, { flag: "wx" });
      return;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EEXIST")
        throw new CordonError("FILE_UNREADABLE", `${path} cannot be written: ${messageOf(cause)}`, { cause });
      if (!isDead(path)) break;
      rmSync(path, { force: true });
    }
  }
  throw new CordonError("TARGET_LOCKED", `another publisher is at work: ${path} is there`);
}

/** Whether the lock's owner was ended before it could take it away. */
function isDead(path: string): boolean {
  try {
    const owner: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (isObject(owner) && owner["host"] === hostname() && typeof owner["process"] === "number")
      return !isRunning(owner["process"]);
    return Date.now() - statSync(path).mtimeMs > LOCK_MS;
  } catch {
    return existsSync(path) && Date.now() - statSync(path).mtimeMs > LOCK_MS;
  }
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
