/**
 * Files on disk under names of ours, bounded together: what was not used for longest goes first. A cache and nothing else:
 * whoever reads from it checks what it reads, and where the disk does not play along it is as if nothing were kept.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { CordonError, messageOf } from "../core/errors.ts";
import { DiskIndex, type Entry } from "./disk-index.ts";
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

/** A process or a disk that is short of something: the file is none the worse for it. */
const OUT_OF_RESOURCES: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "EIO", "ENOMEM"]);
const DISK_FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);
const TOUCH_MS = 60 * 60_000;
const KEY = /^[a-z]+\/[0-9a-f]{64}$/;

/** Takes up what is there. Throws FILE_UNREADABLE. */
export async function openDiskCache(dir: string, maxBytes: number, log: Log): Promise<DiskCache> {
  const partial = join(dir, "partial");
  const index = new DiskIndex(await scan(dir, partial), maxBytes);
  const cache = new DirectoryCache(dir, partial, index, log);
  await cache.trim();
  return cache;
}

class DirectoryCache implements DiskCache {
  readonly #dir: string;
  readonly #partial: string;
  readonly #index: DiskIndex;
  readonly #log: Log;

  constructor(dir: string, partial: string, index: DiskIndex, log: Log) {
    this.#dir = dir;
    this.#partial = partial;
    this.#index = index;
    this.#log = log;
  }

  usage(): ReturnType<DiskCache["usage"]> {
    return this.#index.usage;
  }

  async open(key: CacheKey, check: (handle: FileHandle) => Promise<boolean>): Promise<OpenFile | undefined> {
    const entry = this.#index.use(key);
    if (!entry) return undefined;
    let handle: FileHandle | undefined;
    try {
      handle = await open(this.#pathOf(key), "r");
      const { size } = await handle.stat();
      if (size !== entry.size) throw new Error("its size has changed");
      if (!entry.isChecked && !(await check(handle))) throw new Error("it is not what was stored");
      entry.isChecked = true;
      touch(this.#pathOf(key), entry);
      return { handle, size };
    } catch (error) {
      await handle?.close();
      if (OUT_OF_RESOURCES.has(codeOf(error))) return undefined;
      this.#log("warn", "taken out of the cache", { key, reason: messageOf(error) });
      if (this.#index.has(key, entry)) await this.remove(key);
      return undefined;
    }
  }

  async create(): Promise<{ readonly path: string; readonly handle: FileHandle }> {
    const path = join(this.#partial, randomUUID());
    return { path, handle: await open(path, "wx", 0o600) };
  }

  async keep(key: CacheKey, path: string, size: number): Promise<string> {
    const kept = this.#pathOf(key);
    try {
      await mkdir(dirname(kept), { recursive: true });
      await rename(path, kept);
    } catch (error) {
      this.#log("warn", "not kept in the cache", { reason: messageOf(error) });
      return path;
    }
    this.#index.add(key, size);
    await this.trim(key);
    return kept;
  }

  async store(key: CacheKey, bytes: Uint8Array): Promise<void> {
    let path: string | undefined;
    try {
      const created = await this.create();
      path = created.path;
      try {
        await created.handle.writeFile(bytes);
      } finally {
        await created.handle.close();
      }
      await this.keep(key, path, bytes.length);
    } catch (error) {
      if (path !== undefined) await rm(path, { force: true }).catch(() => {});
      await this.noteFailure(error);
    }
  }

  async remove(key: string): Promise<void> {
    this.#index.forget(key);
    await rm(this.#pathOf(key), { force: true }).catch(() => {});
  }

  async noteFailure(error: unknown): Promise<void> {
    const { bytes, maxBytes: limit } = this.#index.usage;
    this.#log("warn", "the cache cannot be written", { bytes, limit, reason: messageOf(error) });
    if (DISK_FULL.has(codeOf(error)) && this.#index.halve()) await this.trim();
  }

  /** What came last stays, however large: somebody is reading it. */
  async trim(last?: string): Promise<void> {
    for (const oldest of this.#index.excess(last)) await this.remove(oldest);
  }

  #pathOf(key: string): string {
    const [kind = "", hex = ""] = key.split("/");
    return join(this.#dir, kind, hex.slice(0, 2), hex);
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "";
}

/** Marks it as used for the order after a restart; to know it to the hour suffices. */
function touch(path: string, entry: Entry): void {
  const now = Date.now();
  if (now - entry.touched < TOUCH_MS) return;
  entry.touched = now;
  void utimes(path, now / 1000, now / 1000).catch(() => {});
}

/** What a process before has kept; what it had begun is taken away. */
async function scan(dir: string, partial: string): Promise<[key: string, entry: Entry][]> {
  const found: [key: string, entry: Entry][] = [];
  try {
    // Again where the process before is ending, and still begins a file.
    await rm(partial, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
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
  return found.sort(([, a], [, b]) => a.touched - b.touched);
}
