/** A lock file: one publisher at a time in a directory, on one machine or on a share. */
import { randomUUID } from "node:crypto";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { CordonError, messageOf } from "../../core/errors.ts";
import { isObject } from "../../core/json.ts";

/** What a lock is worth whose owner cannot be asked whether it still lives. */
const LOCK_MS = 10 * 60_000;

/**
 * One publisher at a time. `requireLock` is asked before what cannot be undone: on another machine the lock may have
 * been taken for a dead one's. Throws TARGET_LOCKED.
 */
export function withLock<T>(path: string, work: (requireLock: () => void) => T): T {
  const owner = takeLock(path);
  try {
    return work(() => {
      if (readLock(path) !== owner) throw locked(path);
    });
  } finally {
    if (readLock(path) === owner) rmSync(path, { force: true });
  }
}

/** What this process wrote into locks: in a container, one that was ended had the same number. */
const own = new Set<string>();

/** What was written into the lock. */
function takeLock(path: string): string {
  const owner = JSON.stringify({ host: hostname(), process: process.pid, id: randomUUID() });
  own.add(owner);
  for (let tries = 0; tries < 2; tries++) {
    if (create(path, owner)) return owner;
    if (!removeDead(path)) break;
  }
  throw locked(path);
}

/**
 * Whether a dead owner's lock is away. One process at a time looks and removes: else a slow one would remove the lock of
 * one that was faster, and both would publish.
 */
function removeDead(path: string): boolean {
  if (!isDead(path)) return false;
  const guard = `${path}.removal`;
  if (!create(guard, "")) {
    // Its owner was ended in the same moment, long ago; whoever tries next finds it gone.
    if (isOld(guard)) rmSync(guard, { force: true });
    return false;
  }
  try {
    if (isDead(path)) rmSync(path, { force: true });
    return true;
  } finally {
    rmSync(guard, { force: true });
  }
}

/** Whether the file was not there and is now. */
function create(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: "wx" });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new CordonError("FILE_UNREADABLE", `${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
}

function locked(path: string): CordonError {
  return new CordonError("TARGET_LOCKED", `another publisher is at work: ${path} is there`);
}

/** Undefined where there is none. */
function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Whether the lock's owner was ended before it could take it away. */
function isDead(path: string): boolean {
  try {
    const text = readLock(path) ?? "";
    const owner: unknown = JSON.parse(text);
    if (isObject(owner) && owner["host"] === hostname() && owner["process"] === process.pid) return !own.has(text);
    if (isObject(owner) && owner["host"] === hostname() && typeof owner["process"] === "number")
      return !isRunning(owner["process"]);
  } catch {
    // It was being written when its owner was ended, or is being written now.
  }
  return isOld(path);
}

function isOld(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && Date.now() - stats.mtimeMs > LOCK_MS;
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
