/**
 * A file that lines are appended to and that keeps its name: when it is full or old it is set aside under another, and
 * where somebody else renames, removes or truncates it, it is noticed. What is appended stands there once, whole and in order.
 */
import { type FileHandle, open, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf } from "../core/errors.ts";
import { oneLine } from "../core/words.ts";
import type { Log } from "./log.ts";
import { type RotatedFiles, syncFolder } from "./rotated-files.ts";

/** Whole lines, and how much of them is in the file already. */
export interface Batch {
  readonly bytes: Buffer;
  at: number;
}

export interface Rotation {
  /** A file of one line may be larger. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly dev: number;
  readonly ino: number;
  /** When its first line was written, in milliseconds. */
  since: number;
  /** How long it is by what was written to it. */
  size: number;
}

const LINE_FEED = 0x0a;
/** Longer than any line that is written: a tail of this size without a line feed is not from this proxy. */
const MAX_TORN = 8 * 1024 * 1024;
const POSTPONE_MS = 60_000;

export class AppendedFile {
  readonly #path: string;
  readonly #rotation: Rotation;
  readonly #rotated: RotatedFiles;
  readonly #now: () => Date;
  readonly #log: Log;
  #file: OpenFile | undefined;
  /** Not to be rotated before, by the clock of `performance`. */
  #postponed = 0;

  constructor(path: string, rotation: Rotation, rotated: RotatedFiles, now: () => Date, log: Log) {
    this.#path = path;
    this.#rotation = rotation;
    this.#rotated = rotated;
    this.#now = now;
    this.#log = log;
  }

  /** Throws what the disk says. */
  async open(): Promise<void> {
    await this.#opened();
  }

  /**
   * Throws what the disk says; called again with the same batch, it goes on where it had stopped. An empty batch makes
   * the file be set aside where it is old.
   */
  async append(batch: Batch): Promise<void> {
    await this.#settle(batch);
    if (isBetweenLines(batch)) await this.#rotateIfDue(batch.bytes.length - batch.at);
    await this.#write(batch, batch.bytes.length);
  }

  async #rotateIfDue(room: number): Promise<void> {
    const file = await this.#opened();
    const now = this.#now().getTime();
    // After the clock went back, it is as old as it can be known to be.
    file.since = Math.min(file.since, now);
    const isDue = file.size + room > this.#rotation.maxBytes || now - file.since >= this.#rotation.maxAgeMs;
    if (file.size > 0 && isDue && performance.now() >= this.#postponed) await this.#rotate(file);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    try {
      await file?.handle.sync();
    } finally {
      await file?.handle.close();
    }
  }

  async #opened(): Promise<OpenFile> {
    if (this.#file) return this.#file;
    const handle = await open(this.#path, "a+", 0o640);
    try {
      await this.#mendEnd(handle);
      const { dev, ino, size, birthtimeMs } = await handle.stat();
      // Some file systems do not tell when: else each start would rotate.
      this.#file = { handle, dev, ino, size, since: birthtimeMs || this.#now().getTime() };
      return this.#file;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Sees to it that what comes next goes to the file that has the name now. */
  async #settle(batch: Batch): Promise<void> {
    const file = await this.#opened();
    const found = await stat(this.#path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (found?.ino === file.ino && found.dev === file.dev) {
      if (found.size < file.size) {
        this.#log("warn", "the decision log was truncated by somebody else", { path: this.#path });
        restartLine(batch);
      }
      file.size = found.size;
      return;
    }
    this.#log("info", "the decision log was renamed or removed by somebody else", { path: this.#path });
    // A line that is begun ends where it began, or stands whole in the next file where that one is gone.
    if ((await file.handle.stat()).nlink === 0) restartLine(batch);
    else if (!isBetweenLines(batch)) await this.#write(batch, batch.bytes.indexOf(LINE_FEED, batch.at) + 1);
    await this.close();
    await this.open();
  }

  async #write(batch: Batch, end: number): Promise<void> {
    const file = await this.#opened();
    while (batch.at < end) {
      if (file.size === 0) file.since = this.#now().getTime();
      try {
        note(file, batch, (await file.handle.write(batch.bytes, batch.at, end - batch.at)).bytesWritten);
      } catch (error) {
        note(file, batch, await writtenOf(file, batch.bytes.subarray(batch.at, end)));
        throw error;
      }
    }
  }

  async #rotate({ handle }: OpenFile): Promise<void> {
    await handle.sync();
    try {
      await rename(this.#path, await this.#rotated.nextPath());
    } catch (error) {
      // It goes on as it is: one that is too large is better than none.
      this.#postponed = performance.now() + POSTPONE_MS;
      this.#log("error", "the decision log cannot be rotated", { path: this.#path, reason: messageOf(error) });
      return;
    }
    this.#file = undefined;
    await handle.close();
    await this.open();
    await syncFolder(dirname(this.#path));
    this.#rotated.tidy();
  }

  /** A process that was killed may leave a line without its end, to which the next one must not be joined. */
  async #mendEnd(handle: FileHandle): Promise<void> {
    const stats = await handle.stat();
    const end = Buffer.alloc(Math.min(stats.size, MAX_TORN));
    if (!stats.isFile() || end.length === 0) return;
    await handle.read(end, end.length - 1, 1, stats.size - 1);
    if (end.at(-1) === LINE_FEED) return;
    await handle.read(end, 0, end.length, stats.size - end.length);
    const begin = end.lastIndexOf(LINE_FEED) + 1;
    const torn = end.subarray(begin).toString();
    // What is whole but for its end is kept, and so is what is none of ours.
    if (isJson(torn) || (begin === 0 && end.length < stats.size)) {
      await handle.write(Buffer.from("\n"));
      return;
    }
    await handle.truncate(stats.size - (end.length - begin));
    this.#log("warn", "a decision that was being written when the process ended is cut off", {
      path: this.#path,
      text: oneLine(torn.slice(0, 2000), 1000),
    });
  }
}

function note(file: OpenFile, batch: Batch, written: number): void {
  batch.at += written;
  file.size += written;
}

/** Deno writes as much as there is room for, and then only says that it has failed: what stands in the file tells how much. */
async function writtenOf({ handle, size }: OpenFile, bytes: Buffer): Promise<number> {
  const found = Buffer.alloc(bytes.length);
  const { bytesRead } = await handle.read(found, 0, found.length, size);
  return bytes.subarray(0, bytesRead).equals(found.subarray(0, bytesRead)) ? bytesRead : 0;
}

function isBetweenLines({ bytes, at }: Batch): boolean {
  return at === 0 || bytes[at - 1] === LINE_FEED;
}

function restartLine(batch: Batch): void {
  if (!isBetweenLines(batch)) batch.at = batch.bytes.lastIndexOf(LINE_FEED, batch.at - 1) + 1;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
