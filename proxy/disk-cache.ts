/**
 * Files on disk under names of ours, bounded together: what was not used for longest goes first. A cache and nothing else:
 * whoever reads from it checks what it reads, and where the disk does not play along it is as if nothing were kept.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { CordonError, messageOf } from "../core/errors.ts";
import type { Log } from "./log.ts";

/** `files/HEX` and the like: a folder, and 64 digits. */
export type CacheKey = `${string}/${string}`;

export interface OpenFile {
  readonly handle: FileHandle;
  /** Bytes. */
  readonly size: number;
}

export interface DiskCache {
  /**
   * An open file, whose reader closes it; undefined where it is not kept. What lay there before this process began must
   * pass the check when it is first opened, or is taken away.
   */
  open(key: CacheKey, check: (handle: FileHandle) => Promise<boolean>): Promise<OpenFile | undefined>;
  /** A new file to write to, which nobody finds until it is kept. Throws what the disk says. */
  create(): Promise<{ readonly path: string; readonly handle: FileHandle }>;
  /** Takes a finished file in, and says where it lies now. Never throws: what cannot be kept stays where it was until the next start. */
  keep(key: CacheKey, path: string, size: number): Promise<string>;
  /** Keeps bytes that are at hand. Never throws. */
  store(key: CacheKey, bytes: Uint8Array): Promise<void>;
  remove(key: CacheKey): Promise<void>;
  /** Tells that a write has failed: where the disk is full before the limit is reached, the limit was too high. */
  noteFailure(error: unknown): Promise<void>;
  usage(): { readonly bytes: number; readonly maxBytes: number; readonly entries: number };
}

interface Entry {
  readonly size: number;
  isChecked: boolean;
  /** When the disk was last told that it was used, in milliseconds. */
  touched: number;
}

/** Each is remembered, however small it is. */
const MAX_ENTRIES = 500_000;
/** How long a full disk counts. */
const HALVED_MS = 60_000;
const SHORT: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "EIO", "ENOMEM"]);
const TOUCH_MS = 60 * 60_000;
const KEY = /^[a-z]+\/[0-9a-f]{64}$/;

/** Takes up what is there. Throws FILE_UNREADABLE. */
export async function openDiskCache(dir: string, maxBytes: number, log: Log): Promise<DiskCache> {
  const partial = join(dir, "partial");
  /** In the order of use; the first is the one to drop. */
  const entries = await scan(dir, partial);
  let limit = maxBytes;
  let halvedAt = Number.NEGATIVE_INFINITY;
  let bytes = [...entries.values()].reduce((sum, { size }) => sum + size, 0);

  const pathOf = (key: string) => {
    const [kind = "", hex = ""] = key.split("/");
    return join(dir, kind, hex.slice(0, 2), hex);
  };
  const forget = (key: string): void => {
    bytes -= entries.get(key)?.size ?? 0;
    entries.delete(key);
  };
  const remove = async (key: string): Promise<void> => {
    forget(key);
    await rm(pathOf(key), { force: true }).catch(() => {});
  };
  /** What came last stays, however large: somebody is reading it. */
  const trim = async (last?: string): Promise<void> => {
    for (const oldest of entries.keys()) {
      if ((bytes <= limit && entries.size <= MAX_ENTRIES) || oldest === last) break;
      await remove(oldest);
    }
  };
  const create: DiskCache["create"] = async () => {
    const path = join(partial, randomUUID());
    return { path, handle: await open(path, "wx", 0o600) };
  };
  const keep: DiskCache["keep"] = async (key, path, size) => {
    try {
      await mkdir(dirname(pathOf(key)), { recursive: true });
      await rename(path, pathOf(key));
    } catch (error) {
      log("warn", "not kept in the cache", { reason: messageOf(error) });
      return path;
    }
    forget(key);
    entries.set(key, { size, touched: Date.now(), isChecked: true });
    bytes += size;
    if (limit < maxBytes && performance.now() - halvedAt > HALVED_MS) limit = maxBytes;
    await trim(key);
    return pathOf(key);
  };
  const noteFailure: DiskCache["noteFailure"] = async (error) => {
    log("warn", "the cache cannot be written", { bytes, limit, reason: messageOf(error) });
    if (!["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "")) return;
    // Once for all that fail together; where there is room again, so there is for the cache.
    if (performance.now() - halvedAt < HALVED_MS) return;
    halvedAt = performance.now();
    limit = Math.floor(bytes / 2);
    await trim();
  };
  await trim();
  return {
    remove,
    create,
    keep,
    noteFailure,
    usage: () => ({ bytes, maxBytes: limit, entries: entries.size }),
    async open(key, check) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      let handle: FileHandle | undefined;
      try {
        handle = await open(pathOf(key), "r");
        const { size } = await handle.stat();
        if (size !== entry.size) throw new Error("its size has changed");
        if (!entry.isChecked && !(await check(handle))) throw new Error("it is not what was stored");
        entry.isChecked = true;
        touch(pathOf(key), entry);
        return { handle, size };
      } catch (error) {
        await handle?.close();
        // Where the process or the disk is short of something, the file is none the worse for it.
        if (SHORT.has((error as NodeJS.ErrnoException).code ?? "")) return undefined;
        log("warn", "taken out of the cache", { key, reason: messageOf(error) });
        if (entries.get(key) === entry) await remove(key);
        return undefined;
      }
    },
    async store(key, content) {
      let path: string | undefined;
      try {
        const created = await create();
        path = created.path;
        try {
          await created.handle.writeFile(content);
        } finally {
          await created.handle.close();
        }
        await keep(key, path, content.length);
      } catch (error) {
        if (path !== undefined) await rm(path, { force: true }).catch(() => {});
        await noteFailure(error);
      }
    },
  };
}

/** Marks it as used for the order after a restart; to know it to the hour suffices. */
function touch(path: string, entry: Entry): void {
  const now = Date.now();
  if (now - entry.touched < TOUCH_MS) return;
  entry.touched = now;
  void utimes(path, now / 1000, now / 1000).catch(() => {});
}

/** What a process before has kept; what it had begun is taken away. */
async function scan(dir: string, partial: string): Promise<Map<string, Entry>> {
  const found: [key: string, entry: Entry][] = [];
  try {
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    for (const file of await readdir(dir, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const path = join(file.parentPath, file.name);
      const key = `${dirname(dirname(relative(dir, path)))}/${file.name}`;
      if (!KEY.test(key)) continue;
      const { size, mtimeMs } = await stat(path);
      found.push([key, { size, touched: mtimeMs, isChecked: false }]);
    }
  } catch (cause) {
    throw new CordonError("FILE_UNREADABLE", `${dir} cannot be used as a cache: ${messageOf(cause)}`, { cause });
  }
  return new Map(found.sort(([, a], [, b]) => a.touched - b.touched));
}
