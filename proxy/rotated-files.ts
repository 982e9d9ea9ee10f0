/** Decision logs that are no longer written to: compressed in the background, and deleted when there are newer ones enough. */
import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { messageOf } from "../core/errors.ts";
import { parseRotatedName, type RotatedLog, rotatedName } from "../core/state.ts";
import type { Log } from "./log.ts";

export interface Retention {
  /** How many are kept. */
  readonly keep: number;
  /** How long they are kept at most; undefined: as long as there are not `keep` newer ones. */
  readonly keepMs: number | undefined;
}

const TEMPORARY = /^decisions-\d{8}T\d{6}\.\d{3}Z\.jsonl\.gz\.[0-9a-f-]{36}\.tmp$/;
const CHUNK = 256 * 1024;
/** The end of a gzip file: its check sum, and how many bytes it holds, modulo 2^32 (RFC 1952, 2.3.1). */
const TRAILER = 8;

export class RotatedFiles {
  readonly #dir: string;
  readonly #retention: Retention;
  readonly #now: () => Date;
  readonly #log: Log;
  readonly #closing = new AbortController();
  #last = 0;
  #tidying: Promise<void> | undefined;
  #isDue = false;

  private constructor(dir: string, retention: Retention, now: () => Date, log: Log) {
    this.#dir = dir;
    this.#retention = retention;
    this.#now = now;
    this.#log = log;
  }

  /** Takes away what a process before has half compressed; the files that it came from are still there. Throws what the disk says. */
  static async open(dir: string, retention: Retention, now: () => Date, log: Log): Promise<RotatedFiles> {
    const files = new RotatedFiles(dir, retention, now, log);
    for (const name of await readdir(dir)) {
      if (TEMPORARY.test(name)) await rm(join(dir, name), { force: true });
      files.#last = Math.max(files.#last, parseRotatedName(name)?.rotatedAt.getTime() ?? 0);
    }
    return files;
  }

  /** Where the next one goes: after all that are there, also within one millisecond, and when the clock goes back. */
  async nextPath(): Promise<string> {
    for (;;) {
      this.#last = Math.max(this.#now().getTime(), this.#last + 1);
      const path = join(this.#dir, rotatedName(new Date(this.#last)));
      // A rename would take the place of what another process has put there.
      if (!(await exists(path)) && !(await exists(`${path}.gz`))) return path;
    }
  }

  /** Compresses and deletes in the background. What fails is told and left as it is, for the next time. */
  tidy(): void {
    this.#isDue = true;
    this.#tidying ??= this.#tidyAll().finally(() => {
      this.#tidying = undefined;
    });
  }

  /** Breaks off what is being compressed: the next process does it. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#tidying;
  }

  async #tidyAll(): Promise<void> {
    const { signal } = this.#closing;
    const attempt = async (work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        if (!signal.aborted) this.#log("warn", "old decisions stay as they are", { reason: messageOf(error) });
      }
    };
    while (this.#isDue && !signal.aborted) {
      this.#isDue = false;
      await attempt(async () => {
        // First, for on a full disk it is what makes room.
        await this.#deleteOld();
        for (const { name, isCompressed } of await this.#list())
          if (!isCompressed && !signal.aborted) await attempt(() => this.#compress(join(this.#dir, name)));
      });
    }
  }

  /** The oldest first. */
  async #list(): Promise<RotatedLog[]> {
    const names = (await readdir(this.#dir)).sort();
    return names.map(parseRotatedName).filter((file) => file !== undefined);
  }

  async #deleteOld(): Promise<void> {
    const { keep, keepMs } = this.#retention;
    const times = new Map((await this.#list()).map(({ name, rotatedAt }) => [name, rotatedAt.getTime()]));
    const oldest = keepMs === undefined ? Number.NEGATIVE_INFINITY : this.#now().getTime() - keepMs;
    const old = [...times].filter(([, time], index) => index < times.size - keep || time < oldest);
    for (const [name] of old) {
      for (const ending of ["", ".gz"]) await rm(join(this.#dir, name + ending), { force: true });
      this.#log("info", "old decisions deleted", { file: name });
    }
  }

  /** At every moment the file or its compressed form lies there whole; where both do, they hold the same. */
  async #compress(path: string): Promise<void> {
    const compressed = `${path}.gz`;
    // What grows meanwhile was still written to by somebody, and is compressed again.
    while ((await stat(path)).size % 2 ** 32 !== (await unpackedSize(compressed))) {
      const temporary = `${compressed}.${randomUUID()}.tmp`;
      try {
        await this.#pack(path, temporary);
        await rename(temporary, compressed);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      await syncFolder(this.#dir);
    }
    await rm(path, { force: true });
  }

  async #pack(from: string, to: string): Promise<void> {
    const file = await open(to, "wx", 0o640);
    try {
      const write = async (compressed: AsyncIterable<Buffer>): Promise<void> => {
        for await (const chunk of compressed) await writeAll(file, chunk);
      };
      const { signal } = this.#closing;
      await pipeline(createReadStream(from, { highWaterMark: CHUNK }), createGzip({ chunkSize: CHUNK }), write, {
        signal,
      });
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at)).bytesWritten;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** As the end of a gzip file says; undefined where there is none. */
async function unpackedSize(path: string): Promise<number | undefined> {
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (!file) return undefined;
  try {
    const { size } = await file.stat();
    const trailer = Buffer.alloc(TRAILER);
    if (size < TRAILER) return undefined;
    await file.read(trailer, 0, TRAILER, size - TRAILER);
    return trailer.readUInt32LE(4);
  } finally {
    await file.close();
  }
}

/** Has the disk keep what was renamed. Where folders cannot be opened, the system does not offer it. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => undefined);
  await folder?.sync().catch(() => {});
  await folder?.close();
}
