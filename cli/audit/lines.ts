/** Bytes into lines, whatever they are: plain or gzip, without end in a line or without lines. Memory does not grow with them. */
import { setImmediate } from "node:timers/promises";
import { createGunzip } from "node:zlib";

/** Lines that follow each other. One that was too long is there as an empty one. */
export interface Lines {
  /** Counts from one. */
  readonly first: number;
  readonly texts: readonly string[];
  readonly tooLong: readonly number[];
  /** Whether the last one has no end: it is cut, or being written. */
  readonly isOpen: boolean;
}

/** No decision is as long. */
export const MAX_LINE = 1024 * 1024;
const PIECE = 64 * 1024;
const LINE_FEED = 0x0a;

export class LineSplitter {
  #rest: Buffer[] = [];
  #length = 0;
  #next = 1;

  /** The lines that these bytes end. A chunk must be shorter than MAX_LINE. */
  push(chunk: Buffer): Lines {
    const last = chunk.lastIndexOf(LINE_FEED);
    const texts = last < 0 ? [] : this.#end(chunk, last);
    this.#keep(last < 0 ? chunk : chunk.subarray(last + 1));
    return this.#number(texts, false);
  }

  /** What stands behind the last line feed, if anything does; then lines begin anew. */
  end(): Lines {
    const texts = this.#length === 0 ? [] : this.#end(Buffer.alloc(0), 0);
    const lines = this.#number(texts, texts.length > 0);
    this.#next = 1;
    return lines;
  }

  #end(chunk: Buffer, last: number): (string | undefined)[] {
    const first = chunk.subarray(0, last).indexOf(LINE_FEED);
    const isTooLong = this.#length + (first < 0 ? last : first) > MAX_LINE;
    const bytes = isTooLong
      ? chunk.subarray(Math.max(first, 0), last)
      : Buffer.concat([...this.#rest, chunk.subarray(0, last)]);
    [this.#rest, this.#length] = [[], 0];
    const texts: (string | undefined)[] = bytes.toString("utf8").split("\n");
    if (isTooLong) texts[0] = undefined;
    return isTooLong && first < 0 ? [undefined] : texts;
  }

  #keep(bytes: Buffer): void {
    this.#length += bytes.length;
    if (this.#length > MAX_LINE) this.#rest = [];
    else if (bytes.length > 0) this.#rest.push(bytes);
  }

  #number(found: readonly (string | undefined)[], isOpen: boolean): Lines {
    const first = this.#next;
    this.#next += found.length;
    const tooLong = found.flatMap((text, index) => (text === undefined ? first + index : []));
    return { first, texts: found.map((text) => text ?? ""), tooLong, isOpen };
  }
}

/** Throws what the source throws, and where a gzip file is cut or damaged: after all whole lines that could be read. */
export async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<Lines> {
  const splitter = new LineSplitter();
  for await (const chunk of unpackIfGzip(bytes)) yield splitter.push(chunk);
  yield splitter.end();
}

/** By what it begins with: names are given by people. */
async function* unpackIfGzip(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begin: Buffer = Buffer.alloc(0);
  let gunzip: ReturnType<typeof startGunzip> | undefined;
  let isKnown = false;
  for await (const chunk of bytes) {
    const next = isKnown ? chunk : Buffer.concat([begin, chunk]);
    if (!isKnown && next.length < 2) {
      begin = next;
      continue;
    }
    if (!isKnown && next[0] === 0x1f && next[1] === 0x8b) gunzip = startGunzip();
    isKnown = true;
    if (gunzip) yield* gunzip.push(next);
    else yield next;
  }
  if (!isKnown) yield begin;
  if (gunzip) yield* gunzip.end();
}

/** A stream would keep to itself what it has unpacked when it finds that the rest is missing. */
function startGunzip() {
  const stream = createGunzip({ chunkSize: PIECE });
  let unpacked: Buffer[] = [];
  let failure: Error | undefined;
  stream.on("data", (chunk: Buffer) => unpacked.push(chunk));
  const failed = new Promise<void>((resolve) =>
    stream.on("error", (error) => {
      failure = error;
      resolve();
    }),
  );
  const take = function* (): Generator<Buffer> {
    const taken = unpacked;
    unpacked = [];
    yield* taken;
    if (failure) throw failure;
  };
  return {
    async *push(bytes: Buffer): AsyncGenerator<Buffer> {
      // In pieces, for each may become a thousand times as much.
      for (let at = 0; at < bytes.length; at += PIECE) {
        const written = new Promise<void>((resolve) => stream.write(bytes.subarray(at, at + PIECE), () => resolve()));
        await Promise.race([written, failed]);
        yield* take();
      }
    },
    async *end(): AsyncGenerator<Buffer> {
      await setImmediate();
      yield* take();
      const ended = new Promise<void>((resolve) => stream.once("end", resolve));
      stream.end();
      await Promise.race([ended, failed]);
      yield* take();
    },
  };
}
