/**
 * Files of releases, each asked of its upstream once however many want it: small ones in memory, all of them on disk by the
 * digests that the listing names, or, where it names none, by the one that they came with. What lies on the disk is checked
 * when this process first reads it.
 */
import type { FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import { checkDigests, type Digests, sha256 } from "../core/digest.ts";
import type { ReleaseFile } from "../core/ecosystems/ecosystem.ts";
import { CordonError } from "../core/errors.ts";
import { canonicalJson } from "../core/json.ts";
import type { Upstream } from "../core/upstream.ts";
import type { CacheKey, DiskCache, OpenFile } from "./disk-cache.ts";
import { Download, SMALL_BYTES } from "./download.ts";
import { createMemoryCache } from "./memory-cache.ts";

/** A file that is at hand, known to be right. */
export interface Content {
  readonly size: number;
  /** There where it is small. */
  readonly bytes?: Buffer;
  /** To be read once; from `start` to before `end`, where a part is wanted. */
  read(start?: number, end?: number): Readable;
  /** Releases the file if it is not read. */
  close(): Promise<void>;
}

export interface Files {
  /** The file, where it is at hand. */
  get(file: ReleaseFile): Promise<Content | undefined>;
  /** What brings the file, where it is not; the caller joins it. */
  download(file: ReleaseFile, upstream: Upstream): Download;
  /** The whole file; the signal ends the waiting. Throws UPSTREAM_*, DIGEST_MISMATCH, CACHE_FAILED. */
  whole(file: ReleaseFile, upstream: Upstream, signal?: AbortSignal): Promise<Content>;
}

/** Of files without digests of their own. */
const MAX_CAME = 50_000;

export function createFiles(disk: DiskCache, memoryBytes: number): Files {
  const memory = createMemoryCache<CacheKey, Buffer>(memoryBytes, ({ length }) => length);
  const running = new Map<string, Download>();
  /** What files without digests of their own came with: known to this process alone, which takes none from an earlier one. */
  const came = createMemoryCache<string, Digests>(MAX_CAME, () => 1);

  const get = async (file: ReleaseFile): Promise<Content | undefined> => {
    const digests = file.checkedBy === "client" ? came.get(nameOf(file)) : file.digests;
    if (!digests) return undefined;
    const key = keyOf(digests);
    const bytes = memory.get(key);
    if (bytes) return inMemory(bytes);
    const kept = await disk.open(key, (handle) => hasDigests(handle, digests));
    if (!kept) return undefined;
    if (kept.size > SMALL_BYTES) return onDisk(kept);
    const small = await readAll(kept);
    if (!small) return undefined;
    memory.set(key, small);
    return inMemory(small);
  };

  const download = (file: ReleaseFile, upstream: Upstream): Download => {
    const name = nameOf(file);
    const known = running.get(name);
    if (known?.isOpen) return known;
    const begun = new Download({ file, keyOf, disk, fetch: (signal) => upstream.file(file, signal) });
    running.set(name, begun);
    const end = () => running.get(name) === begun && running.delete(name);
    void begun.done.then((bytes) => {
      end();
      if (file.checkedBy === "client") came.set(name, begun.digests);
      if (!bytes) return;
      const key = keyOf(begun.digests);
      memory.set(key, bytes);
      void disk.store(key, bytes);
    }, end);
    return begun;
  };

  return {
    get,
    download,
    async whole(file, upstream, signal) {
      const known = await get(file);
      if (known) return known;
      const begun = download(file, upstream);
      begun.join();
      try {
        const bytes = await orAborted(begun.done, signal);
        const content = bytes ? inMemory(bytes) : await get(file);
        if (!content) throw new CordonError("CACHE_FAILED", `${file.name} was dropped as soon as it was kept`);
        return content;
      } finally {
        begun.leave();
      }
    },
  };
}

/** For who works on files. Long enough for a large one, and not for one that trickles in. */
const WHOLE_MS = 300_000;

/** As whole(). Throws UPSTREAM_TIMEOUT too, where it takes too long. */
export async function wholeInTime(files: Files, file: ReleaseFile, upstream: Upstream): Promise<Content> {
  const signal = AbortSignal.timeout(WHOLE_MS);
  try {
    return await files.whole(file, upstream, signal);
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new CordonError("UPSTREAM_TIMEOUT", `${file.name} did not come in time`, { cause });
  }
}

/** All digests: a listing that names one more must have it checked. */
function keyOf(digests: Digests): CacheKey {
  return `files/${sha256(canonicalJson(digests))}`;
}

/** What is asked for: bytes of these digests, or whatever lies at an address. */
function nameOf({ digests, checkedBy, url }: ReleaseFile): string {
  return sha256(checkedBy === "client" ? `by address: ${url}` : canonicalJson(digests));
}

function inMemory(bytes: Buffer): Content {
  return {
    size: bytes.length,
    bytes,
    read: (start = 0, end = bytes.length) => Readable.from([bytes.subarray(start, end)]),
    close: async () => {},
  };
}

function onDisk({ handle, size }: OpenFile): Content {
  return {
    size,
    read: (start = 0, end = size) => readPart(handle, start, end),
    close: () => handle.close(),
  };
}

const PIECE = 256 * 1024;

/** Undefined where the disk fails: then it is as if it were not kept. */
async function readAll({ handle }: OpenFile): Promise<Buffer | undefined> {
  try {
    return await handle.readFile();
  } catch {
    return undefined;
  } finally {
    await handle.close();
  }
}

/** Closes the file whatever becomes of the stream: one that is never read must not hold it open either. */
function readPart(handle: FileHandle, start: number, end: number): Readable {
  let at = start;
  return new Readable({
    highWaterMark: PIECE,
    read() {
      const length = Math.min(PIECE, end - at);
      if (length <= 0) {
        this.push(null);
        return;
      }
      handle.read(Buffer.allocUnsafe(length), 0, length, at).then(
        ({ bytesRead, buffer }) => {
          at += bytesRead;
          if (bytesRead === 0) this.destroy(new CordonError("CACHE_FAILED", "a stored file ends early"));
          else this.push(buffer.subarray(0, bytesRead));
        },
        (error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      handle.close().then(
        () => done(error),
        () => done(error),
      );
    },
  });
}

async function hasDigests(handle: FileHandle, digests: Digests): Promise<boolean> {
  const check = checkDigests(digests);
  const { size } = await handle.stat();
  const buffer = Buffer.allocUnsafe(PIECE);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await handle.read(buffer, 0, PIECE, at);
    if (bytesRead === 0) return false;
    check.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return check.agrees();
}

/** What the promise comes to, unless the signal comes first. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) return leave();
    signal.addEventListener("abort", leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}
