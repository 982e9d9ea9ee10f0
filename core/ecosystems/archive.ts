/**
 * A package's file, read entry by entry as it comes: a gzip of POSIX.1-2001 (ustar, pax) with GNU long names, as far as all
 * readers agree on them. Everything else is refused: what one reader skips and another one takes could hide scripts.
 */
import { unpack } from "./gzip.ts";
import { malformed } from "./malformed.ts";

export interface Entry {
  /** As it is written: segments with one slash between, none of them empty or a dot or two. */
  readonly path: string;
  /** Undefined where it is not wanted. */
  readonly content: Buffer | undefined;
  readonly isFolder: boolean;
  readonly isExecutable: boolean;
  /** Whether nothing but its own header says what it is. */
  readonly isPlain: boolean;
}

export interface ArchiveLimits {
  /** Of the archive as it unpacks. */
  readonly bytes: number;
  readonly entries: number;
}

const BLOCK = 512;
const MAX_EXTENDED_HEADER = 64 * 1024;

/** `wants` chooses whose content is kept, by path and bytes. Throws ARCHIVE_MALFORMED with the reason alone, and what the source throws. */
export async function* readArchive(
  compressed: AsyncIterable<Uint8Array>,
  limits: ArchiveLimits,
  wants: (path: string, size: number) => boolean,
): AsyncGenerator<Entry> {
  const source = unpack(compressed);
  try {
    yield* readEntries(new ByteReader(source, limits.bytes), limits, wants);
  } finally {
    // Whatever ends the reading: the file must not stay open.
    await source.return(undefined);
  }
}

async function* readEntries(
  bytes: ByteReader,
  limits: ArchiveLimits,
  wants: (path: string, size: number) => boolean,
): AsyncGenerator<Entry> {
  let longPath: string | undefined;
  let paxSize: number | undefined;
  for (let count = 0; ; count++) {
    if (count > limits.entries) throw malformed("it has too many entries");
    const header = await bytes.take(BLOCK);
    if (header.length < BLOCK || isZero(header)) {
      if (!isZero(header)) throw malformed("something stands behind its end");
      break;
    }
    const size = sizeOf(header, limits.bytes);
    const type = String.fromCharCode(header[156] ?? 0);
    switch (type) {
      case "x":
      case "g":
      case "L": {
        if (size > MAX_EXTENDED_HEADER) throw malformed("one of its extended headers is too large");
        const content = await takeContent(bytes, size);
        const said = type === "L" ? { path: textOf(content), size: undefined } : readPax(content);
        const isTwice = (longPath ?? said.path) !== said.path || (paxSize ?? said.size) !== said.size;
        if ((type === "g" && (said.path ?? said.size) !== undefined) || isTwice)
          throw malformed("its headers say sizes or paths twice");
        [longPath, paxSize] = [said.path ?? longPath, said.size ?? paxSize];
        break;
      }
      case "0":
      case "\0":
      case "5": {
        if (type === "5" && size > 0) throw malformed("one of its folders has a content");
        // Some readers take the one, some the other.
        if ((paxSize ?? size) !== size) throw malformed("its headers say sizes or paths twice");
        // Some readers take it for a folder, and its content for more entries; of its own header, whatever stands before it.
        if (type !== "5" && textOf(header.subarray(0, 100)).endsWith("/"))
          throw malformed("one of its files is a folder");
        const path = checkPath(longPath ?? headerPath(header), type === "5");
        const isExecutable = (octal(header, 100, 8) & 0o111) !== 0;
        const content = wants(path, size) ? await takeContent(bytes, size) : await skipContent(bytes, size);
        yield { path, content, isFolder: type === "5", isExecutable, isPlain: longPath === undefined };
        [longPath, paxSize] = [undefined, undefined];
        break;
      }
      default:
        throw malformed(`it has an entry of type ${JSON.stringify(type)}`);
    }
  }
  if ((longPath ?? paxSize) !== undefined) throw malformed("its last header belongs to nothing");
  if (!(await bytes.restIsZero())) throw malformed("something stands behind its end");
}

/** Bytes that come in chunks, taken by length, and no more of them than allowed. */
class ByteReader {
  readonly #source: AsyncGenerator<Buffer>;
  #left: number;
  #chunk: Buffer = Buffer.alloc(0);

  constructor(source: AsyncGenerator<Buffer>, maxBytes: number) {
    this.#source = source;
    this.#left = maxBytes;
  }

  /** So many bytes, or as many as there are until the end. */
  async take(length: number): Promise<Buffer> {
    if (this.#chunk.length >= length) return this.#cut(length);
    const pieces: Buffer[] = [];
    let missing = length;
    while (missing > 0 && (await this.#fill())) {
      const piece = this.#cut(missing);
      pieces.push(piece);
      missing -= piece.length;
    }
    return Buffer.concat(pieces);
  }

  /** How many there were. */
  async skip(length: number): Promise<number> {
    let missing = length;
    while (missing > 0 && (await this.#fill())) missing -= this.#cut(missing).length;
    return length - missing;
  }

  async restIsZero(): Promise<boolean> {
    while (await this.#fill()) if (!isZero(this.#cut(this.#chunk.length))) return false;
    return true;
  }

  #cut(length: number): Buffer {
    const piece = this.#chunk.subarray(0, length);
    this.#chunk = this.#chunk.subarray(length);
    return piece;
  }

  async #fill(): Promise<boolean> {
    while (this.#chunk.length === 0) {
      const { value, done } = await this.#source.next();
      if (done) return false;
      this.#left -= value.length;
      if (this.#left < 0) throw malformed("it unpacks to too much");
      this.#chunk = value;
    }
    return true;
  }
}

async function takeContent(bytes: ByteReader, size: number): Promise<Buffer> {
  const content = await bytes.take(size);
  if (content.length < size || (await bytes.skip(padding(size))) < padding(size))
    throw malformed("it ends in the middle of an entry");
  return content;
}

async function skipContent(bytes: ByteReader, size: number): Promise<undefined> {
  const length = size + padding(size);
  if ((await bytes.skip(length)) < length) throw malformed("it ends in the middle of an entry");
}

/** An entry's content fills whole blocks. */
export function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

const ZEROS = Buffer.alloc(64 * 1024);

/** By comparing, not by looking at each: it may be a hundred megabytes. */
function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const piece = bytes.subarray(at, at + ZEROS.length);
    if (Buffer.compare(piece, ZEROS.subarray(0, piece.length)) !== 0) return false;
  }
  return true;
}

function sizeOf(header: Buffer, maxBytes: number): number {
  let sum = 8 * 0x20; // the checksum's own bytes count as spaces
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += header[at] as number;
  if (sum !== octal(header, 148, 8)) throw malformed("the checksum of one of its headers is wrong");
  const magic = header.toString("latin1", 257, 265);
  if (magic !== "ustar\x0000" && magic !== "ustar  \0") throw malformed("one of its headers is of another format");
  const size = octal(header, 124, 12);
  if (size > maxBytes) throw malformed("one of its entries is too large");
  return size;
}

function octal(header: Buffer, start: number, length: number): number {
  const text = header.toString("latin1", start, start + length);
  const digits = /^ *([0-7]+)[ \0]*$/.exec(text)?.[1];
  if (digits === undefined) throw malformed("one of its headers has no number where one belongs");
  return Number.parseInt(digits, 8);
}

function headerPath(header: Buffer): string {
  const name = textOf(header.subarray(0, 100));
  if (header[345] === 0) return name;
  // GNU's own format has times there; some readers take them for a prefix all the same.
  if (header.toString("latin1", 257, 265) !== "ustar\x0000") throw malformed("one of its headers may have a prefix");
  const prefix = header.subarray(345, 500);
  // Some readers take 155 bytes for the prefix, others 130 and then two times: one that ends before is the same for all.
  if (prefix.indexOf(0) < 0 || prefix.indexOf(0) > 130) throw malformed("the prefix of one of its paths is too long");
  return `${textOf(prefix)}/${name}`;
}

/** Up to the first NUL, as all readers take it. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("utf8");
}

interface PaxHeader {
  readonly path: string | undefined;
  readonly size: number | undefined;
}

/** What records of the form `LENGTH KEY=VALUE\n` say of path and size. */
function readPax(content: Buffer): PaxHeader {
  let [path, size]: [string | undefined, number | undefined] = [undefined, undefined];
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const digits = space < 0 ? "" : content.toString("latin1", at, space);
    const end = at + Number(digits);
    if (!/^[1-9]\d{0,6}$/.test(digits) || end > content.length || content[end - 1] !== 0x0a || end - 1 <= space)
      throw malformed("one of its extended headers is broken");
    const record = content.toString("utf8", space + 1, end - 1);
    const [key, value] = [record.slice(0, record.indexOf("=")), record.slice(record.indexOf("=") + 1)];
    if (/[\n\0]/.test(record)) throw malformed("one of its extended headers is broken");
    const isTwice = (key === "path" && path !== undefined) || (key === "size" && size !== undefined);
    if (/^(linkpath|GNU\.sparse\..*)$/.test(key) || isTwice) throw malformed("its headers say sizes or paths twice");
    if (key === "path") path = value;
    if (key === "size") {
      if (!/^(0|[1-9]\d{0,14})$/.test(value)) throw malformed("one of its headers has no number where one belongs");
      size = Number(value);
    }
    at = end;
  }
  return { path, size };
}

/**
 * In the one way in which all readers take it; a folder's may end with a slash. A dot between others says nothing, and goes;
 * as the first segment it would, because clients leave that one out.
 */
function checkPath(path: string, isFolder: boolean): string {
  const [first = "", ...others] = (isFolder ? path.replace(/\/$/, "") : path).split("/");
  const segments = [first, ...others.filter((segment) => segment !== ".")];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no reader should have to make anything of them
  if (/[\u0000-\u001f\\]/.test(path) || segments.some((segment) => /^\.{0,2}$/.test(segment)))
    throw malformed(`it has a path that readers differ on, ${JSON.stringify(path.slice(0, 80))}`);
  // Without a first folder to leave out, some leave out the file, and some take it for one of the package.
  if (segments.length === 1 && !isFolder)
    throw malformed(`it has a file outside its folder, ${JSON.stringify(path.slice(0, 80))}`);
  return segments.join("/");
}
