/** All that the proxy says over HTTP, each with how long it may be kept. */
import type { Context } from "koa";
import type { CordonError } from "../core/errors.ts";
import type { Refusal } from "../core/refusal.ts";
import type { RenderedListing } from "./listings.ts";

/** A client must ask again before it uses what it kept: policy may have changed. */
const REVALIDATE = "private, no-cache";

export function replyJson(ctx: Context, status: number, body: unknown): void {
  ctx.status = status;
  ctx.set("cache-control", "no-store");
  ctx.type = "application/json";
  ctx.body = `${JSON.stringify(body)}\n`;
}

/** A document, or 304 where the client has these very bytes. */
export async function replyListing(ctx: Context, rendered: RenderedListing): Promise<void> {
  const gzipped = ctx.acceptsEncodings("gzip", "identity") === "gzip";
  ctx.set({
    "cache-control": REVALIDATE,
    vary: "accept, accept-encoding, user-agent",
    etag: `"${rendered.etag}${gzipped ? "-gzip" : ""}"`,
  });
  ctx.status = 200;
  if (matches(ctx.get("if-none-match"), ctx.response.get("etag"))) {
    ctx.status = 304;
    return;
  }
  if (gzipped) ctx.set("content-encoding", "gzip");
  ctx.type = rendered.contentType;
  ctx.body = gzipped ? await rendered.gzipped() : rendered.body;
}

/** RFC 9110, 13.1.2: weak comparison. Koa's own would answer 200 to `cache-control: no-cache`, which fetch() always adds. */
function matches(ifNoneMatch: string, etag: string): boolean {
  return ifNoneMatch.split(",").some((candidate) => candidate.trim().replace(/^W\//, "") === etag);
}

export function replyRelease(ctx: Context, { contentType, body }: { contentType: string; body: string }): void {
  ctx.status = 200;
  ctx.set("cache-control", REVALIDATE);
  ctx.type = contentType;
  ctx.body = body;
}

/** A refusal is always 403: other codes are retried, hidden, or fall through to a direct download (docs/HTTP.md). */
export function replyRefusal(ctx: Context, refusal: Refusal): void {
  const sentence = headerText(refusal.error);
  replyJson(ctx, 403, refusal);
  ctx.message = `Forbidden - ${sentence}`.slice(0, 600);
  // npm shows a notice even where it drops an optional dependency without a word.
  ctx.set("npm-notice", sentence);
}

/** A failure is not a refusal: its status says whose fault it is, and its text what to do. */
export function replyFailure(ctx: Context, error: CordonError): void {
  replyJson(ctx, error.status, {
    error: `cordon: ${error.message.split("\n", 1)[0]}. ${error.next}`,
    code: error.code,
  });
}

/** Printable ASCII: what a header may hold. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}
