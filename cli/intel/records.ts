/** Records inside files: one JSON object, or one a line (NDJSON), plain or gzip. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { CordonError } from "../../core/errors.ts";
import type { RecordText } from "./source.ts";

const MAX_UNPACKED = 4 * 1024 * 1024 * 1024;
const MAX_LINE = 8 * 1024 * 1024;

/** Whether a file's name says that it holds records. */
export function isRecordFile(name: string): boolean {
  return /\.(json|ndjson|jsonl)(\.gz)?$/.test(name);
}

/** The records of a file, one after the other; memory does not grow with the file. */
export async function* readRecordFile(file: string, name: string): AsyncGenerator<RecordText> {
  const bytes = name.endsWith(".gz") ? unpack(createReadStream(file), name) : createReadStream(file);
  if (!/\.(ndjson|jsonl)(\.gz)?$/.test(name)) {
    yield { path: name, text: await readAll(bytes, name) };
    return;
  }
  let line = 0;
  for await (const text of linesOf(bytes, name)) {
    line++;
    if (text.trim() !== "") yield { path: name, line, text };
  }
}

/** readline would gather a line without end; this one is bounded. */
async function* linesOf(bytes: Readable, name: string): AsyncGenerator<string> {
  let sinceBreak = 0;
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const last = chunk.lastIndexOf(0x0a);
      sinceBreak = last < 0 ? sinceBreak + chunk.length : chunk.length - last;
      if (sinceBreak > MAX_LINE)
        done(new CordonError("FEED_MALFORMED", `${name} has a line of more than ${MAX_LINE} bytes`));
      else done(null, chunk);
    },
  });
  bytes.on("error", (error) => bounded.destroy(error));
  const input = bytes.pipe(bounded);
  const failure = new Promise<never>((_resolve, reject) => input.once("error", reject));
  failure.catch(() => {});
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  for (;;) {
    const { value, done } = await Promise.race([lines.next(), failure]);
    if (done) break;
    yield value;
  }
  if (input.errored) throw input.errored;
}

async function readAll(bytes: Readable, name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += (chunk as Buffer).length;
    if (size > MAX_LINE)
      throw new CordonError("FEED_MALFORMED", `${name} is larger than ${MAX_LINE} bytes, which no record is`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function unpack(bytes: Readable, name: string): Readable {
  let size = 0;
  const gunzip = createGunzip();
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > MAX_UNPACKED)
        done(new CordonError("FEED_MALFORMED", `${name} unpacks to more than ${MAX_UNPACKED} bytes`));
      else done(null, chunk);
    },
  });
  const fail = (cause: Error) =>
    bounded.destroy(
      cause instanceof CordonError
        ? cause
        : new CordonError("FEED_MALFORMED", `${name} is no whole gzip file`, { cause }),
    );
  bytes.on("error", fail);
  gunzip.on("error", fail);
  return bytes.pipe(gunzip).pipe(bounded);
}
