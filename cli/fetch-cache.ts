/** Answers of registries, kept on disk between runs, so that a second look at the same packages asks little. */
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import type { Fetch, FetchedStream, FetchOptions } from "../core/http.ts";
import { isObject, ownString } from "../core/json.ts";
import { writeWholeLater } from "../core/source/files.ts";

const FRESH_MS = 60 * 60_000;
/** Files are large, and what they hold is kept elsewhere (finding-cache.ts). */
const FILE = /\.(tgz|crate|zip|whl|tar\.gz)$|\/download$/;
const KEPT_MS = 30 * 86_400_000;
/** What is larger is asked for anew. */
const MAX_ENTRY_BYTES = 128 * 1024 * 1024;
/** Headers that readers of answers look at. */
const HEADERS = ["content-type", "content-encoding", "etag", "last-modified"];

interface Entry {
  readonly storedAt: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * The same answers as `fetch` gives, to GETs without credentials: for an hour without asking, then on condition of their
 * ETag. Only good answers are kept, and an entry that cannot be read or written is none.
 */
export function cachedFetch(fetch: Fetch, folder: string, now: () => number = Date.now): Fetch {
  return async (url, options) => {
    if (!isCacheable(options) || FILE.test(url.pathname)) return fetch(url, options);
    const path = pathOf(folder, url, options);
    const known = await readEntry(path, options.maxBytes);
    const age = known ? now() - known.storedAt : Number.POSITIVE_INFINITY;
    if (known && age >= 0 && age < FRESH_MS) return answerOf(known);
    const etag = known?.headers["etag"];
    const answer = await fetch(
      url,
      etag ? { ...options, headers: { ...options.headers, "if-none-match": etag } } : options,
    );
    if (known && etag && answer.status === 304) {
      answer.body.destroy();
      await writeEntry(path, { ...known, storedAt: now() });
      return answerOf(known);
    }
    return answer.status === 200 ? keep(path, answer, now()) : answer;
  };
}

/** Forgets what was not stored again for a month. */
export async function pruneCache(folder: string, now = Date.now()): Promise<void> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  for (const name of names) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() && now - found.mtimeMs > KEPT_MS) await rm(path, { force: true });
  }
}

function isCacheable({ method = "GET", headers = {}, body }: FetchOptions): boolean {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  const isPrivate = names.some((name) => ["authorization", "cookie", "range", "if-none-match"].includes(name));
  return method === "GET" && body === undefined && !isPrivate;
}

function pathOf(folder: string, url: URL, { headers = {} }: FetchOptions): string {
  const varied = Object.entries(headers).filter(([name]) => /^accept/i.test(name));
  const key = createHash("sha256")
    .update(JSON.stringify([url.href, varied.sort()]))
    .digest("hex");
  return join(folder, key.slice(0, 2), key.slice(2));
}

async function keep(path: string, answer: FetchedStream, storedAt: number): Promise<FetchedStream> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer.body) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const headers = Object.fromEntries(
    HEADERS.flatMap((name) => (typeof answer.headers[name] === "string" ? [[name, answer.headers[name]]] : [])),
  ) as Record<string, string>;
  if (body.length <= MAX_ENTRY_BYTES) await writeEntry(path, { storedAt, headers, body });
  return { ...answer, body: Readable.from([body]) };
}

function answerOf({ headers, body }: Entry): FetchedStream {
  return { status: 200, headers, body: Readable.from([body]) };
}

/** One line of JSON on it, then the body as it came. */
async function writeEntry(path: string, { storedAt, headers, body }: Entry): Promise<void> {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    await writeWholeLater(
      path,
      Buffer.concat([Buffer.from(`${JSON.stringify({ storedAt, headers, size: body.length })}\n`), body]),
    );
  } catch {
    // A full disk makes the next run slower, and this one no worse.
  }
}

async function readEntry(path: string, maxBytes: number): Promise<Entry | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  const end = bytes?.indexOf(0x0a) ?? -1;
  if (!bytes || end < 0) return undefined;
  const body = bytes.subarray(end + 1);
  try {
    const head: unknown = JSON.parse(bytes.toString("utf8", 0, end));
    if (!isObject(head) || head["size"] !== body.length || body.length > maxBytes) return undefined;
    const { storedAt, headers } = head;
    if (typeof storedAt !== "number" || !isObject(headers)) return undefined;
    const names = HEADERS.flatMap((name) => {
      const value = ownString(headers, name);
      return value === undefined ? [] : [[name, value] as const];
    });
    return { storedAt, headers: Object.fromEntries(names), body };
  } catch {
    return undefined; // half of an entry, or somebody else's file
  }
}
