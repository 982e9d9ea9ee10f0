/** A file from the network, by way of the disk: a transfer that broke off is taken up where it ended. */
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { CordonError } from "../../core/errors.ts";
import { describe, type FetchedStream } from "../../core/http.ts";
import type { PullContext } from "./source.ts";

const MAX_DOWNLOAD = 4 * 1024 * 1024 * 1024;
const TIMEOUT_MS = 60_000;

export interface Download {
  readonly etag: string | undefined;
}

/** Fetches to `file`. Undefined where the server still has what `etag` names. Throws UPSTREAM_*, FEED_MALFORMED. */
export async function download(
  url: URL,
  file: string,
  etag: string | undefined,
  types: RegExp,
  { fetch, progress }: PullContext,
): Promise<Download | undefined> {
  mkdirSync(dirname(file), { recursive: true });
  const part = `${file}.part`;
  const begun = readBegun(part);
  const headers: Record<string, string> = begun
    ? { range: `bytes=${begun.size}-`, "if-range": begun.etag }
    : etag
      ? { "if-none-match": etag }
      : {};
  const answer = await fetch(url, { headers, maxBytes: MAX_DOWNLOAD, timeoutMs: TIMEOUT_MS });
  if (answer.status === 304) {
    answer.body.destroy();
    return undefined;
  }
  const resumed = answer.status === 206 && begun !== undefined && startsAt(answer, begun.size);
  if (answer.status !== 200 && !resumed) {
    answer.body.destroy();
    if (begun) forget(part);
    throw new CordonError("UPSTREAM_STATUS", `${describe(url)} answered ${answer.status}`);
  }
  refuseType(url, answer, types);
  const current = headerOf(answer, "etag");
  if (!resumed) forget(part);
  if (current) writeFileSync(`${part}.etag`, current);
  await receive(url, answer, part, resumed ? begun.size : 0, progress);
  renameSync(part, file);
  forget(part);
  return { etag: current };
}

function readBegun(part: string): { size: number; etag: string } | undefined {
  if (!existsSync(part) || !existsSync(`${part}.etag`)) return undefined;
  const etag = readFileSync(`${part}.etag`, "utf8");
  const { size } = statSync(part);
  // A weak tag names no exact bytes (RFC 9110, 13.1.5).
  return size > 0 && !etag.startsWith("W/") ? { size, etag } : undefined;
}

function startsAt(answer: FetchedStream, size: number): boolean {
  return headerOf(answer, "content-range")?.startsWith(`bytes ${size}-`) === true;
}

async function receive(
  url: URL,
  { headers, body }: FetchedStream,
  part: string,
  from: number,
  progress: PullContext["progress"],
): Promise<void> {
  const announced = Number(headers["content-length"]);
  const total = Number.isSafeInteger(announced) ? from + announced : undefined;
  let done = from;
  body.on("data", (chunk: Buffer) => {
    done += chunk.length;
    progress("bytes", done, total);
  });
  await pipeline(body, createWriteStream(part, { flags: from > 0 ? "a" : "w" }));
  if (total !== undefined && done !== total)
    throw new CordonError("UPSTREAM_UNREACHABLE", `${describe(url)} sent ${done} of ${total} bytes`);
}

/** A captive portal or an error page is no feed. */
function refuseType(url: URL, answer: FetchedStream, types: RegExp): void {
  const type = headerOf(answer, "content-type") ?? "";
  if (type === "" || types.test(type)) return;
  answer.body.destroy();
  throw new CordonError(
    "FEED_MALFORMED",
    `${describe(url)} is of type ${JSON.stringify(type.slice(0, 80))}, which no feed is`,
  );
}

function headerOf({ headers }: FetchedStream, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
}

function forget(part: string): void {
  rmSync(part, { force: true });
  rmSync(`${part}.etag`, { force: true });
}
