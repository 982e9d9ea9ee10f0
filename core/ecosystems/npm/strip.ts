/**
 * A package's file without its install scripts. The content of what is not taken out stays byte for byte, and the result
 * depends on nothing but the input: the archive is written uncompressed inside gzip, because no two versions of zlib compress
 * alike, and the same release must have the same digest for ever.
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { CordonError } from "../../errors.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { type Entry, padding, readArchive } from "../archive.ts";
import type { StrippedFile } from "../ecosystem.ts";
import { malformed } from "../malformed.ts";
import {
  bringsDependency,
  comparable,
  INSTALL_EVENTS,
  isBuildFile,
  isManifest,
  MANIFEST_LIMITS,
  parseManifest,
} from "./manifests.ts";

/** Bounds on what is taken apart: more than nearly all that people publish, and little enough to be held in memory. */
export const STRIP_LIMITS = {
  compressedBytes: 32 * 1024 * 1024,
  bytes: 128 * 1024 * 1024,
  entries: 50_000,
} as const;

const BLOCK = 512;

/** Undefined where there is nothing to take out. Throws UPSTREAM_MALFORMED for a file that cannot be taken apart. */
export async function stripTarball(compressed: Uint8Array): Promise<StrippedFile | undefined> {
  try {
    return await strip(compressed);
  } catch (error) {
    if (!(error instanceof CordonError) || error.code !== "ARCHIVE_MALFORMED") throw error;
    throw new CordonError("UPSTREAM_MALFORMED", `the file's install scripts cannot be taken out: ${error.message}`, {
      cause: error,
    });
  }
}

async function strip(compressed: Uint8Array): Promise<StrippedFile | undefined> {
  const kept: Buffer[] = [];
  const removed: string[] = [];
  let manifests = 0;
  let written = 0;
  for await (const entry of readArchive(pieces(compressed), STRIP_LIMITS, () => true)) {
    const path = comparable(entry.path);
    // Readers differ on these headers; what is written here has none of them that could be read in two ways.
    if (!entry.isPlain && removed.length === 0) removed.push("headers that readers differ on");
    if (isBuildFile(path)) removed.push(path);
    else if (!isManifest(path)) kept.push(...writeEntry(entry, entry.content ?? Buffer.alloc(0)));
    else {
      if (++manifests > MANIFEST_LIMITS.count) throw malformed("it has too many manifests");
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

/** The manifest without install scripts; as it was where it has none. */
function stripManifest({ content = Buffer.alloc(0), isFolder }: Entry, path: string, removed: string[]): Buffer {
  if (isFolder) throw malformed(`its ${path} is a folder`);
  if (content.length > MANIFEST_LIMITS.bytes) throw malformed(`its ${path} is too large`);
  const manifest = parseManifest(content, path);
  if (bringsDependency(manifest)) throw malformed(`its ${path} has a dependency that lies in the file itself`);
  const found = scriptsIn(manifest, content.toString("utf8"));
  if (found.length === 0) return content;
  removed.push(...found.map((name) => `${path}: ${name}`));
  const scripts = isObject(manifest["scripts"]) ? manifest["scripts"] : {};
  const entries = Object.entries(manifest).flatMap(([key, value]): [string, unknown][] =>
    key === "gypfile" ? [] : [[key, key === "scripts" ? withoutEvents(scripts) : value]],
  );
  return Buffer.from(`${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
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
  return Buffer.concat([content, Buffer.alloc(padding(content.length))]);
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

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
