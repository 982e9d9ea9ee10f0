/**
 * A file on its way from an upstream, checked against every digest that the listing names. It runs at the upstream's pace:
 * whoever wants the file follows it at their own, and a slow client holds up nobody. Small files stay in memory, others go to
 * the disk as they come.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { checkDigests, type Digests } from "../core/digest.ts";
import type { ReleaseFile } from "../core/ecosystems/ecosystem.ts";
import { CordonError, messageOf } from "../core/errors.ts";
import type { UpstreamFile } from "../core/upstream.ts";
import type { CacheKey, DiskCache } from "./disk-cache.ts";

/** What stays in memory: most files of most registries. */
export const SMALL_BYTES = 1024 * 1024;
/** Each costs more than the byte that it may hold. */
const MAX_CHUNKS = 4096;
const PIECE = 256 * 1024;

export interface DownloadOptions {
  readonly file: ReleaseFile;
  /** Under which it is kept, by its digests. */
  readonly keyOf: (digests: Digests) => CacheKey;
  readonly disk: DiskCache;
  /** Asks the upstream; the signal ends the asking and the answer. */
  readonly fetch: (signal: AbortSignal) => Promise<UpstreamFile>;
}

export class Download {
  /** Bytes, if the upstream says how many. Rejects with what the upstream throws. */
  readonly answered: Promise<number | undefined>;
  /**
   * A small file's bytes; undefined where it is kept on disk. Rejects with UPSTREAM_*, DIGEST_MISMATCH, CACHE_FAILED.
   */
  readonly done: Promise<Buffer | undefined>;
  readonly #options: DownloadOptions;
  readonly #abort = new AbortController();
  #followers = 0;
  /** What has come so far; undefined once it lies on disk. */
  #chunks: Buffer[] | undefined = [];
  #handle: FileHandle | undefined;
  /** Where it lies on disk; a promise, because it is moved at the end. */
  #path: Promise<string> | undefined;
  #digests: Digests;
  #received = 0;
  /** How much may be told: the last chunk is held back until the digests are known to be right. */
  #released = 0;
  #end: "open" | "good" | CordonError = "open";
  #changed = Promise.withResolvers<void>();

  constructor(options: DownloadOptions) {
    this.#options = options;
    this.#digests = options.file.digests;
    const asked = options.fetch(this.#abort.signal);
    this.answered = asked.then(({ size }) => size);
    this.done = asked.then((answer) => this.#receive(answer)).catch((error) => this.#fail(error));
    // Each follower hears of a failure; that nobody listens to these two is no fault.
    this.answered.catch(() => {});
    this.done.catch(() => {});
  }

  /** Who follows says so, and says when they no longer do: without anybody the download ends. */
  join(): void {
    this.#followers += 1;
  }

  leave(): void {
    this.#followers -= 1;
    if (this.#followers === 0 && this.#end === "open") this.#abort.abort();
  }

  /** Whether it can still be followed. */
  get isOpen(): boolean {
    return this.#end === "open" && !this.#abort.signal.aborted;
  }

  /** Those that the listing names; where it names none, the SHA-256 of what has come, once all has. */
  get digests(): Digests {
    return this.#digests;
  }

  /** The bytes as they come. Ends well only once they are known to be right; throws what `done` rejects with. */
  async *read(): AsyncGenerator<Buffer> {
    let at = 0;
    /** Of the next chunk, as long as they are in memory: what is read there is read chunk by chunk. */
    let index = 0;
    let handle: FileHandle | undefined;
    try {
      for (;;) {
        while (at < this.#released) {
          let piece = this.#chunks?.[index++];
          if (!piece) {
            handle ??= await this.#open();
            piece = await this.#onDisk(handle, at);
          }
          at += piece.length;
          yield piece;
        }
        if (this.#end instanceof CordonError) throw this.#end;
        if (this.#end === "good" && at === this.#received) return;
        await this.#changed.promise;
      }
    } finally {
      await handle?.close();
    }
  }

  /** A handle of the follower's own: positions of one that is shared would get mixed up. */
  async #open(): Promise<FileHandle> {
    try {
      return await open((await this.#path) ?? "", "r");
    } catch (cause) {
      throw this.#notStored(cause);
    }
  }

  async #onDisk(handle: FileHandle, at: number): Promise<Buffer> {
    const length = Math.min(PIECE, this.#released - at);
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, at);
    if (bytesRead === 0) throw this.#notStored(new Error("it ends early"));
    return buffer.subarray(0, bytesRead);
  }

  async #receive({ body }: UpstreamFile): Promise<Buffer | undefined> {
    const { file, keyOf, disk } = this.#options;
    const check = checkDigests(file.digests);
    const hash = file.checkedBy === "client" ? createHash("sha256") : undefined;
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        check.update(chunk);
        hash?.update(chunk);
        const before = this.#received;
        await this.#store(chunk);
        this.#tell(before);
      }
    } finally {
      body.destroy();
    }
    if (hash) this.#digests = { sha256: hash.digest("hex") };
    else if (!check.agrees())
      throw new CordonError(
        "DIGEST_MISMATCH",
        `the bytes of ${file.name} are not those that the registry's metadata names`,
      );
    await this.#handle?.close();
    this.#path = this.#path?.then((path) => disk.keep(keyOf(this.digests), path, this.#received));
    await this.#path;
    this.#end = "good";
    this.#tell(this.#received);
    return this.#chunks && Buffer.concat(this.#chunks);
  }

  async #fail(error: unknown): Promise<never> {
    const failure =
      error instanceof CordonError
        ? error
        : new CordonError("UPSTREAM_UNREACHABLE", messageOf(error), { cause: error });
    this.#end = failure;
    this.#tell(this.#released);
    await this.#handle?.close().catch(() => {});
    await this.#path?.then((path) => rm(path, { force: true })).catch(() => {});
    throw failure;
  }

  async #store(chunk: Buffer): Promise<void> {
    const { disk } = this.#options;
    try {
      const isLarge = this.#received + chunk.length > SMALL_BYTES || (this.#chunks?.length ?? 0) >= MAX_CHUNKS;
      if (this.#chunks && isLarge) {
        const { path, handle } = await disk.create();
        [this.#handle, this.#path] = [handle, Promise.resolve(path)];
        await writeAll(handle, Buffer.concat(this.#chunks), 0);
        this.#chunks = undefined;
      }
      if (this.#chunks) this.#chunks.push(chunk);
      else if (this.#handle) await writeAll(this.#handle, chunk, this.#received);
      this.#received += chunk.length;
    } catch (cause) {
      await disk.noteFailure(cause);
      throw this.#notStored(cause);
    }
  }

  #notStored(cause: unknown): CordonError {
    const message = `${this.#options.file.name} cannot be stored on its way: ${messageOf(cause)}`;
    return new CordonError("CACHE_FAILED", message, { cause });
  }

  #tell(released: number): void {
    this.#released = released;
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}
