/**
 * A package's file without its install scripts. What is not taken out stays byte for byte, and the result depends on
 * nothing but the input: the archive is written uncompressed inside gzip, because no two versions of zlib compress
 * alike, and the same release must have the same digest for ever.
 */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { crc32, gunzip } from "node:zlib";
import { CordonError } from "../../errors.ts";
import { isObject, type JsonObject } from "../../json.ts";
import type { StrippedFile } from "../ecosystem.ts";

/** Bounds on what is taken apart: more than nearly all that people publish, and little enough to be held in memory. */
export const STRIP_LIMITS = { compressedBytes: 32 * 1024 * 1024, bytes: 128 * 1024 * 1024, entries: 100_000 } as const;

const BLOCK = 512;
const unpack = promisify(gunzip);
/** What npm, pnpm, yarn and bun run when a package is installed (`prepare` and the like: only from git or a folder). */
const INSTALL_EVENTS = ["preinstall", "install", "postinstall"] as const;

/** Undefined where there is nothing to take out. Throws UPSTREAM_MALFORMED for a file that cannot be taken apart. */
export async function stripTarball(compressed: Uint8Array): Promise<StrippedFile | undefined> {
  const kept: Buffer[] = [];
  const removed: string[] = [];
  const archive = await inflate(compressed);
  for (const entry of readEntries(archive)) {
    const path = pathInPackage(entry.path);
    if (isBuildFile(path)) removed.push(path);
    else if (isManifest(path)) kept.push(...stripManifest(entry, path, removed));
    else kept.push(archive.subarray(entry.start, entry.end));
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

/** An entry with the headers that belong to it, from `start` to `end` in the archive. */
interface Entry {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  /** The header whose size tells the content. */
  readonly header: Buffer;
  readonly content: Buffer;
  /** Bytes before `header`: what a pax or GNU header says of it. */
  readonly before: Buffer;
  readonly isFile: boolean;
}

/** POSIX.1-2001 (ustar, pax) and GNU long names. Whatever sets a size or path anew is read as the clients read it. */
function* readEntries(archive: Buffer): Generator<Entry> {
  let at = 0;
  let start = 0;
  let longPath: string | undefined;
  for (let count = 0; at + BLOCK <= archive.length; count++) {
    if (count > STRIP_LIMITS.entries) throw malformed("it has too many entries");
    const header = archive.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return;
    const size = sizeOf(header);
    const contentStart = at + BLOCK;
    const next = contentStart + Math.ceil(size / BLOCK) * BLOCK;
    if (contentStart + size > archive.length) throw malformed("it ends in the middle of an entry");
    const content = archive.subarray(contentStart, contentStart + size);
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === "x" || type === "g") {
      const { path, hasSize } = readPax(content);
      if (hasSize || (type === "g" && path !== undefined)) throw malformed("its headers say sizes or paths twice");
      longPath = path ?? longPath;
    } else if (type === "L") longPath = textOf(content);
    else if (type !== "K") {
      const before = archive.subarray(start, at);
      const path = longPath ?? ustarPath(header);
      yield { path, start, end: Math.min(next, archive.length), header, content, before, isFile: /[0\0]/.test(type) };
      start = next;
      longPath = undefined;
    }
    at = next;
  }
}

function sizeOf(header: Buffer): number {
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
  if (sum !== octal(header, 148, 8)) throw malformed("the checksum of one of its headers is wrong");
  const size = octal(header, 124, 12);
  if (size > STRIP_LIMITS.bytes) throw malformed("one of its entries is too large");
  return size;
}

function octal(header: Buffer, start: number, length: number): number {
  const text = header
    .toString("latin1", start, start + length)
    .replace(/[\0 ]+$/, "")
    .trim();
  if (!/^[0-7]{0,12}$/.test(text)) throw malformed("one of its headers has no number where one belongs");
  return Number.parseInt(text || "0", 8);
}

function ustarPath(header: Buffer): string {
  const name = textOf(header.subarray(0, 100));
  const isUstar =
    header.toString("latin1", 257, 262) === "ustar" && header.toString("latin1", 257, 265) !== "ustar  \0";
  const prefix = isUstar ? textOf(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("utf8");
}

/** Records of the form `LENGTH KEY=VALUE\n`. */
function readPax(content: Buffer): { path: string | undefined; hasSize: boolean } {
  let path: string | undefined;
  let hasSize = false;
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const length = Number(content.toString("latin1", at, space));
    if (space < 0 || !Number.isSafeInteger(length) || length < space - at + 3 || at + length > content.length)
      throw malformed("one of its extended headers is broken");
    const record = content.toString("utf8", space + 1, at + length - 1);
    const [key, value] = [record.slice(0, record.indexOf("=")), record.slice(record.indexOf("=") + 1)];
    if (key === "path") path = value;
    if (key === "size") hasSize = true;
    at += length;
  }
  return { path, hasSize };
}

/** The path without the first segment, which clients leave out, in the one way in which it can be written. */
function pathInPackage(path: string): string {
  const segments: string[] = [];
  for (const segment of path.replaceAll("\\", "/").split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment === "..") throw malformed("one of its paths leads out of it");
    // Windows does not see these ends.
    segments.push(segment.replace(/[. ]+$/, ""));
  }
  // A case-insensitive disk, and one that composes letters, find it under this name too.
  return segments.slice(1).join("/").normalize("NFC").toLowerCase();
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

/** The entry as it is written without install scripts; as it was where it has none. */
function stripManifest({ header, content, before, isFile }: Entry, path: string, removed: string[]): Buffer[] {
  if (!isFile) throw malformed(`its ${path} is a link or a folder`);
  const manifest = parseManifest(content, path);
  const found = scriptsIn(manifest, content.toString("utf8"));
  if (found.length === 0) return [before, header, padded(content)];
  removed.push(...found.map((name) => `${path}: ${name}`));
  const scripts = isObject(manifest["scripts"]) ? manifest["scripts"] : {};
  const stripped = Buffer.from(
    `${JSON.stringify(
      Object.fromEntries(
        Object.entries(manifest).flatMap(([key, value]): [string, unknown][] => {
          if (key === "gypfile") return [];
          return [[key, key === "scripts" ? withoutEvents(scripts) : value]];
        }),
      ),
      null,
      2,
    )}\n`,
  );
  return [before, withSize(header, stripped.length), padded(stripped)];
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

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);
}

function withSize(header: Buffer, size: number): Buffer {
  const changed = Buffer.from(header);
  changed.write(`${size.toString(8).padStart(11, "0")} `, 124, "latin1");
  changed.fill(0x20, 148, 156);
  const sum = changed.reduce((total, byte) => total + byte, 0);
  changed.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return changed;
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
