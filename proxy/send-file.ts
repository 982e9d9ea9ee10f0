/** A file on its way to a client. Its bytes are the listed file's, or the answer never ends well. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Context } from "koa";
import type { Digests } from "../core/digest.ts";
import type { ReleaseFile } from "../core/ecosystems/ecosystem.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Download } from "./download.ts";
import type { Content, Files } from "./files.ts";
import { replyFileHead, replyPart } from "./reply.ts";

/** A client that takes nothing would hold a file open for ever. */
const IDLE_MS = 120_000;

/**
 * Sends a file that is at hand, or as it comes; `left` aborts once nobody waits for it. Throws what the upstream throws,
 * before anything is sent; rejects with what happens afterwards, when the closed connection is all that the client can be
 * told.
 */
export async function sendFile(
  ctx: Context,
  left: AbortSignal,
  file: ReleaseFile,
  { files, upstream }: { readonly files: Files; readonly upstream: Upstream },
): Promise<void> {
  if (replyFileHead(ctx, file.digests)) return;
  if (ctx.method === "HEAD") return sendSize(ctx, file, files);
  try {
    // A part can be told right from wrong only once the whole has come.
    const content = ctx.get("range") === "" ? await files.get(file) : await files.whole(file, upstream, left);
    if (content) return await sendContent(ctx, content);
    await sendDownload(ctx, files.download(file, upstream), left);
  } catch (error) {
    if (!left.aborted || ctx.headerSent) throw error;
    ctx.respond = false; // nobody is there to be answered
  }
}

/** Nothing is fetched to know it. */
async function sendSize(ctx: Context, file: ReleaseFile, files: Files): Promise<void> {
  const content = await files.get(file);
  if (content) ctx.length = content.size;
  await content?.close();
}

/** Sends bytes that were made here. */
export async function sendBytes(ctx: Context, bytes: Buffer, digests: Digests): Promise<void> {
  if (replyFileHead(ctx, digests)) return;
  ctx.length = bytes.length;
  if (ctx.method !== "HEAD") sendPart(ctx, bytes);
}

async function sendContent(ctx: Context, content: Content): Promise<void> {
  if (content.bytes) return sendPart(ctx, content.bytes);
  const part = replyPart(ctx, content.size) ?? { start: 0, end: content.size };
  ctx.length = part.end - part.start;
  await stream(ctx, content.read(part.start, part.end));
}

function sendPart(ctx: Context, bytes: Buffer): void {
  const part = replyPart(ctx, bytes.length);
  const body = part ? bytes.subarray(part.start, part.end) : bytes;
  // Koa would make 204 of an empty body.
  const { status } = ctx;
  ctx.body = body;
  ctx.status = status;
  ctx.length = body.length;
}

async function sendDownload(ctx: Context, download: Download, left: AbortSignal): Promise<void> {
  download.join();
  const leave = once(() => download.leave());
  left.addEventListener("abort", leave, { once: true });
  if (left.aborted) leave();
  const pieces = download.read();
  try {
    const size = await download.answered;
    // Nothing is told before there is something that may be sent: what fails until then gets an answer of its own.
    const first = await pieces.next();
    if (size !== undefined) ctx.length = size;
    await stream(ctx, Readable.from(withFirst(first, pieces)));
  } finally {
    left.removeEventListener("abort", leave);
    leave();
    // It may hold a file open, and nobody may have come to read on.
    pieces.return(undefined).catch(() => {});
  }
}

async function* withFirst(first: IteratorResult<Buffer>, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  if (!first.done) yield first.value;
  yield* rest;
}

async function stream(ctx: Context, body: Readable): Promise<void> {
  // A client that has gone: a pipeline into its response would throw where nobody can catch it.
  if (ctx.res.destroyed) {
    body.destroy();
    return;
  }
  ctx.respond = false;
  ctx.res.statusCode = ctx.status;
  ctx.res.setTimeout(IDLE_MS, () => ctx.res.destroy());
  await pipeline(body, ctx.res);
}

function once(call: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) call();
    isDone = true;
  };
}
