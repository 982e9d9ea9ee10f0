/**
 * A package's file without its install scripts. The content of what is not taken out stays byte for byte, and the result
 * depends on nothing but the input: the archive is written uncompressed inside gzip, because no two versions of zlib compress
 * alike, and the same release must have the same digest for ever.
 */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { crc32, gunzip } from "node:zlib";
import { CordonError } from "../../errors.ts";
import { isObject, type JsonObject } from "../../json.ts";
import type { StrippedFile } from "../ecosystem.ts";

/** Bounds on what is taken apart: more than nearly all that people publish, and little enough to be held in memory. */
export const STRIP_LIMITS = {
  compressedBytes: 32 * 1024 * 1024,
  bytes: 128 * 1024 * 1024,
  entries: 50_000,
  /** Of one package.json: it is parsed, which takes many times its size. */
  manifestBytes: 1024 * 1024,
  manifests: 2000,
  /** Each level indents all that it holds when a manifest is written anew. */
  manifestLevels: 50,
  extendedHeaderBytes: 64 * 1024,
} as const;

const BLOCK = 512;
const unpack = promisify(gunzip);
/** What npm, pnpm, yarn and bun run when a package is installed (`prepare` and the like: only from git or a folder). */
const INSTALL_EVENTS = ["preinstall", "install", "postinstall"] as const;

/** Undefined where there is nothing to take out. Throws UPSTREAM_MALFORMED for a file that cannot be taken apart. */
export async function stripTarball(compressed: Uint8Array): Promise<StrippedFile | undefined> {
  const kept: Buffer[] = [];
  const removed: string[] = [];
  let manifests = 0;
  let written = 0;
  for (const entry of readEntries(await inflate(compressed))) {
    const path = comparable(entry.path);
    // Readers differ on these headers; what is written here has none of them that could be read in two ways.
    if (!entry.isPlain && removed.length === 0) removed.push("headers that readers differ on");
    if (isBuildFile(path)) removed.push(path);
    else if (!isManifest(path)) kept.push(...writeEntry(entry, entry.content));
    else {
      if (++manifests > STRIP_LIMITS.manifests) throw malformed("it has too many manifests");
      const manifest = stripManifest(entry, path, removed);
      written += manifest.length;
      if (written > STRIP_LIMITS.bytes) throw malformed("its manifests are too large once they are written anew");
      kept.push(...writeEntry(entry, manifest));
    }
  }
  if (removed.length === 0) return undefined;
  const bytes = store(Buffer.concat([...kept, Buffer.alloc(2 * BLOCK)]));
  const digest = (algorithm: string, encoding: "hex" | "base64") =>
    createHash(algorithm).update(bytes).digest(encoding);
  return { bytes, integrity: `sha512-${digest("sha512", "base64")}`, shasum: digest("sha1", "hex"), removed };
}

async function inflate(compressed: Uint8Array): Promise<Buffer> {
  try {
    return await unpack(compressed, { maxOutputLength: STRIP_LIMITS.bytes });
  } catch (cause) {
    throw malformed("it cannot be unpacked", cause);
  }
}

interface Entry {
  /** As it is written: segments with one slash between, none of them empty or a dot or two. */
  readonly path: string;
  readonly content: Buffer;
  readonly isFolder: boolean;
  readonly isExecutable: boolean;
  /** Whether nothing but its own header says what it is. */
  readonly isPlain: boolean;
}

/**
 * POSIX.1-2001 (ustar, pax) and GNU long names, as far as all readers agree on them. Everything else is refused: a reader
 * that skips what another one reads would find scripts where none were seen.
 */
function* readEntries(archive: Buffer): Generator<Entry> {
  let at = 0;
  let longPath: string | undefined;
  for (let count = 0; at + BLOCK <= archive.length; count++) {
    if (count > STRIP_LIMITS.entries) throw malformed("it has too many entries");
    const header = archive.subarray(at, at + BLOCK);
    if (isZero(header)) break;
    const size = sizeOf(header);
    const content = archive.subarray(at + BLOCK, at + BLOCK + size);
    if (content.length < size) throw malformed("it ends in the middle of an entry");
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const type = String.fromCharCode(header[156] ?? 0);
    switch (type) {
      case "x":
      case "g":
      case "L": {
        if (size > STRIP_LIMITS.extendedHeaderBytes) throw malformed("one of its extended headers is too large");
        const path = type === "L" ? textOf(content) : readPax(content);
        if (path !== undefined && (type === "g" || longPath !== undefined)) throw malformed("it says a path twice");
        longPath = path ?? longPath;
        break;
      }
      case "0":
      case "\0":
      case "5": {
        if (type === "5" && size > 0) throw malformed("one of its folders has a content");
        const path = longPath ?? headerPath(header);
        const isExecutable = (octal(header, 100, 8) & 0o111) !== 0;
        yield { path: checkPath(path), content, isFolder: type === "5", isExecutable, isPlain: longPath === undefined };
        longPath = undefined;
        break;
      }
      default:
        throw malformed(`it has an entry of type ${JSON.stringify(type)}`);
    }
  }
  if (longPath !== undefined) throw malformed("its last header belongs to nothing");
  if (!isZero(archive.subarray(at))) throw malformed("something stands behind its end");
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

function sizeOf(header: Buffer): number {
  let sum = 8 * 0x20; // the checksum's own bytes count as spaces
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += header[at] as number;
  if (sum !== octal(header, 148, 8)) throw malformed("the checksum of one of its headers is wrong");
  const magic = header.toString("latin1", 257, 265);
  if (magic !== "ustar\x0000" && magic !== "ustar  \0") throw malformed("one of its headers is of another format");
  const size = octal(header, 124, 12);
  if (size > STRIP_LIMITS.bytes) throw malformed("one of its entries is too large");
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
  if (header.toString("latin1", 257, 265) !== "ustar\x0000" || header[345] === 0) return name;
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

/** The path that records of the form `LENGTH KEY=VALUE\n` give; undefined where they give none. */
function readPax(content: Buffer): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const digits = space < 0 ? "" : content.toString("latin1", at, space);
    const end = at + Number(digits);
    if (!/^[1-9]\d{0,6}$/.test(digits) || end > content.length || content[end - 1] !== 0x0a || end - 1 <= space)
      throw malformed("one of its extended headers is broken");
    const record = content.toString("utf8", space + 1, end - 1);
    const [key, value] = [record.slice(0, record.indexOf("=")), record.slice(record.indexOf("=") + 1)];
    if (/[\n\0]/.test(record)) throw malformed("one of its extended headers is broken");
    if (/^(size|linkpath|GNU\.sparse\..*)$/.test(key) || (key === "path" && path !== undefined))
      throw malformed("its headers say sizes or paths twice");
    if (key === "path") path = value;
    at = end;
  }
  return path;
}

/** In the one way in which all readers take it; a folder's may end with a slash. */
function checkPath(path: string): string {
  const plain = path.replace(/\/$/, "");
  const segments = plain.split("/");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no reader should have to make anything of them
  if (/[\u0000-\u001f\\]/.test(plain) || segments.some((segment) => /^\.{0,2}$/.test(segment)))
    throw malformed(`it has a path that readers differ on, ${JSON.stringify(path.slice(0, 80))}`);
  return plain;
}

/**
 * The path without the first segment, which clients leave out, as the disks find it that tell the least apart: Windows
 * drops what a segment ends with, HFS+ does not see joiners, and APFS takes a long s for an s (so upper case comes first).
 */
function comparable(path: string): string {
  const segments = path.split("/").slice(1);
  return segments
    .map((segment) => segment.replace(/\p{Default_Ignorable_Code_Point}/gu, "").replace(/[. ]+$/, ""))
    .join("/")
    .normalize("NFC")
    .toUpperCase()
    .toLowerCase();
}

/** Of the package itself, or of one that is bundled with it. */
const OWN = /^(node_modules\/(@[^/]+\/)?[^/]+\/)*/;

function isManifest(path: string): boolean {
  return path.replace(OWN, "") === "package.json";
}

/** What makes clients run node-gyp although no script says so. */
function isBuildFile(path: string): boolean {
  return path.replace(OWN, "") === "binding.gyp";
}

/** The manifest without install scripts; as it was where it has none. */
function stripManifest({ content, isFolder }: Entry, path: string, removed: string[]): Buffer {
  if (isFolder) throw malformed(`its ${path} is a folder`);
  if (content.length > STRIP_LIMITS.manifestBytes) throw malformed(`its ${path} is too large`);
  const manifest = parseManifest(content, path);
  const found = scriptsIn(manifest, content.toString("utf8"));
  if (found.length === 0) return content;
  removed.push(...found.map((name) => `${path}: ${name}`));
  const scripts = isObject(manifest["scripts"]) ? manifest["scripts"] : {};
  if (isDeeper(manifest, STRIP_LIMITS.manifestLevels)) throw malformed(`its ${path} is nested too deeply`);
  const entries = Object.entries(manifest).flatMap(([key, value]): [string, unknown][] =>
    key === "gypfile" ? [] : [[key, key === "scripts" ? withoutEvents(scripts) : value]],
  );
  return Buffer.from(`${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}

function parseManifest(content: Buffer, path: string): JsonObject {
  let manifest: unknown;
  try {
    manifest = JSON.parse(content.toString("utf8").replace(/^\ufeff/, ""));
  } catch (cause) {
    throw malformed(`its ${path} is not JSON`, cause);
  }
  if (!isObject(manifest)) throw malformed(`its ${path} is not an object`);
  return manifest;
}

/**
 * What an install would run. Where a key stands twice, readers differ on which one counts: a text that may have such keys
 * is written anew as well.
 */
function scriptsIn(manifest: JsonObject, text: string): string[] {
  const scripts = manifest["scripts"];
  const events = isObject(scripts) ? INSTALL_EVENTS.filter((event) => Object.hasOwn(scripts, event)) : [];
  const found = Object.hasOwn(manifest, "gypfile") ? [...events, "gypfile"] : events;
  return found.length === 0 && SUSPICIOUS.test(text) ? ["keys that may stand twice"] : found;
}

const SUSPICIOUS = /"(pre|post)?install"\s*:|"gypfile"\s*:|\\u00/;

/** Scripts that no install runs stay. */
export function withoutEvents(scripts: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(scripts).filter(([name]) => !INSTALL_EVENTS.includes(name as never)));
}

/** npm's own date for what it packs. */
const MTIME = 499_162_500;

/** An entry with headers of our own, so that nothing of the original's can be read in another way. */
function writeEntry({ path, isFolder, isExecutable }: Entry, content: Buffer): Buffer[] {
  const name = `${path}${isFolder ? "/" : ""}`;
  const mode = isFolder || isExecutable ? 0o755 : 0o644;
  const bytes = Buffer.from(name);
  const header = writeHeader(bytes.subarray(0, 100), mode, content.length, isFolder ? "5" : "0");
  if (bytes.length <= 100) return [header, padded(content)];
  const record = paxRecord(name);
  return [writeHeader(Buffer.from("PaxHeader"), 0o644, record.length, "x"), padded(record), header, padded(content)];
}

function writeHeader(name: Buffer, mode: number, size: number, type: string): Buffer {
  const header = Buffer.alloc(BLOCK);
  const number = (value: number, at: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  name.copy(header);
  number(mode, 100, 8);
  number(0, 108, 8);
  number(0, 116, 8);
  number(size, 124, 12);
  number(MTIME, 136, 12);
  header.fill(0x20, 148, 156);
  header.write(type, 156, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

/** The length counts itself. */
function paxRecord(path: string): Buffer {
  const rest = Buffer.byteLength(` path=${path}\n`);
  let length = rest + 1;
  while (String(length).length + rest !== length) length = String(length).length + rest;
  return Buffer.from(`${length} path=${path}\n`);
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);
}

/** gzip (RFC 1952) around stored blocks (RFC 1951, 3.2.4): the same bytes on every runtime. */
function store(bytes: Buffer): Buffer {
  const chunks: Buffer[] = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])];
  for (let at = 0; at < bytes.length; at += 0xffff) {
    const block = bytes.subarray(at, at + 0xffff);
    const head = Buffer.alloc(5);
    head[0] = at + 0xffff >= bytes.length ? 1 : 0;
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(block.length ^ 0xffff, 3);
    chunks.push(head, block);
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(bytes), 0);
  trailer.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([...chunks, trailer]);
}

function malformed(why: string, cause?: unknown): CordonError {
  return new CordonError("UPSTREAM_MALFORMED", `the file's install scripts cannot be taken out: ${why}`, { cause });
}
