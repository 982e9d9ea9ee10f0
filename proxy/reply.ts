/** All that the proxy says over HTTP, each with how long it may be kept. */
import type { Context } from "koa";
import type { Digests } from "../core/digest.ts";
import type { RefusalForm } from "../core/ecosystems/ecosystem.ts";
import type { CordonError } from "../core/errors.ts";
import { PAGE_HEADERS } from "../core/page/layout.ts";
import type { WriteAnswer } from "../core/publishing.ts";
import type { Refusal } from "../core/refusal.ts";
import type { RelayedAnswer } from "../core/upstream.ts";
import { plainBytes, type RenderedListing } from "./listings.ts";
import { type Failure, failurePage } from "./pages/failure.ts";
import { wantsPage } from "./pages/wanted.ts";

/** A client must ask again before it uses what it kept: policy may have changed. */
const REVALIDATE = "private, no-cache";

export function replyJson(ctx: Context, status: number, body: unknown): void {
  ctx.status = status;
  ctx.set("cache-control", "no-store");
  ctx.type = "application/json";
  ctx.body = `${JSON.stringify(body)}\n`;
}

/** What stands before a listing, whether the client has it or not. For `maxAge` seconds it need not ask again. */
export function listingHead({ etag }: RenderedListing, maxAge: number, isGzipped: boolean) {
  return {
    "cache-control": maxAge > 0 ? `private, max-age=${maxAge}, must-revalidate` : REVALIDATE,
    vary: "accept, accept-encoding, user-agent",
    etag: `"${etag}${isGzipped ? "-gzip" : ""}"`,
  };
}

/** A document, or 304 where the client has these very bytes. */
export async function replyListing(ctx: Context, rendered: RenderedListing, maxAge: number): Promise<void> {
  const isGzipped = ctx.acceptsEncodings("gzip", "identity") === "gzip";
  const head = listingHead(rendered, maxAge, isGzipped);
  ctx.set(head);
  ctx.status = 200;
  if (matches(ctx.get("if-none-match"), head.etag)) {
    ctx.status = 304;
    return;
  }
  if (isGzipped) ctx.set("content-encoding", "gzip");
  ctx.set("content-type", rendered.contentType);
  ctx.body = isGzipped ? rendered.gzipped : await plainBytes(rendered);
}

/** RFC 9110, 13.1.2: weak comparison. Koa's own would answer 200 to `cache-control: no-cache`, which fetch() always adds. */
export function matches(ifNoneMatch: string, etag: string): boolean {
  if (etag !== "" && ifNoneMatch.trim() === "*") return true;
  return etag !== "" && ifNoneMatch.split(",").some((candidate) => candidate.trim().replace(/^W\//, "") === etag);
}

/** What stands before a file's bytes; true where the client has them. Its digest is its tag, so it is the same whatever else has changed. */
export function replyFileHead(ctx: Context, digests: Digests): boolean {
  const digest = digests.sha512 ?? digests.sha384 ?? digests.sha256 ?? digests.sha1;
  ctx.set({
    "cache-control": REVALIDATE,
    "content-type": "application/octet-stream",
    "accept-ranges": "bytes",
    ...(digest && { etag: `"${digest}"` }),
  });
  const isKnown = matches(ctx.get("if-none-match"), ctx.response.get("etag"));
  ctx.status = isKnown ? 304 : 200;
  return isKnown;
}

/** From `start` to before `end`. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/**
 * The part of so many bytes that the client asks for, with what an answer to it says; undefined where it wants the whole,
 * or several parts, for which the whole is an answer too (RFC 9110, 14.2). A part beyond the end is 416, and empty.
 */
export function replyPart(ctx: Context, size: number): Part | undefined {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(ctx.get("range").trim()) ?? [];
  const condition = ctx.get("if-range");
  if (`${first}${last}` === "" || (condition !== "" && condition !== ctx.response.get("etag"))) return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  if (start >= end) {
    ctx.status = 416;
    ctx.set("content-range", `bytes */${size}`);
    return { start: 0, end: 0 };
  }
  ctx.status = 206;
  ctx.set("content-range", `bytes ${start}-${end - 1}/${size}`);
  return { start, end };
}

/** For people: nothing on it can run or be fetched but what the page itself brings. */
export function replyPage(ctx: Context, status: number, page: string): void {
  ctx.status = status;
  ctx.set({ ...PAGE_HEADERS, "cache-control": "no-store", vary: "accept" });
  ctx.set("content-type", "text/html; charset=utf-8");
  ctx.body = page;
}

export function replyRedirect(ctx: Context, location: string): void {
  replyJson(ctx, 301, { location });
  ctx.set("location", location);
}

export function replyRelease(ctx: Context, { contentType, body }: { contentType: string; body: string }): void {
  ctx.status = 200;
  ctx.set("cache-control", REVALIDATE);
  ctx.type = contentType;
  ctx.body = body;
}

/** Whatever it is, no browser may take it for a page. */
export function replyText(ctx: Context, bytes: Uint8Array): void {
  ctx.status = 200;
  ctx.set({ "cache-control": REVALIDATE, "x-content-type-options": "nosniff" });
  ctx.type = "text/plain";
  ctx.body = Buffer.from(bytes);
}

/** What the upstream said, as JSON and nothing else: no browser may take it for a page. */
export function replyRelayed(ctx: Context, { status, body }: RelayedAnswer): void {
  ctx.status = status;
  ctx.set({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
  ctx.type = "application/json";
  ctx.body = body;
}

/** What a registry said of a write, with what a client needs in order to try again. */
export function replyWritten(ctx: Context, answer: WriteAnswer): void {
  replyRelayed(ctx, answer);
  if (answer.challenge !== undefined) ctx.set("www-authenticate", headerText(answer.challenge).slice(0, 500));
  if (answer.notice !== undefined) ctx.set("npm-notice", headerText(answer.notice).slice(0, 1000));
}

/** npm shows a challenge and not the body, so the sentence stands in a notice as well. */
export function replyUnauthorized(ctx: Context, sentence: string): void {
  replyJson(ctx, 401, { error: `cordon: ${sentence}` });
  ctx.set({ "www-authenticate": "Bearer", "npm-notice": headerText(`cordon: ${sentence}`) });
}

/** `errors` is what cargo reads. */
export function replyUnsupported(ctx: Context, status: number, reason: string): void {
  const error = `cordon: ${reason}`;
  replyJson(ctx, status, { error, errors: [{ detail: error }] });
  // Of what it is told elsewhere go shows text alone, and cargo what stands in `errors`.
  if (status === 400) sayInText(ctx, error);
}

export function replyNotAllowed(ctx: Context, sentence: string): void {
  replyJson(ctx, 405, { error: `cordon: ${sentence}` });
  ctx.set("allow", "GET, HEAD");
}

/** A refusal is always 403: other codes are retried, hidden, or fall through to a direct download (docs/HTTP.md). */
export function replyRefusal(ctx: Context, refusal: Refusal, form: RefusalForm): void {
  const sentence = headerText(refusal.error);
  replyJson(ctx, 403, form === "problem" ? { ...problemOf(refusal), ...refusal } : refusal);
  if (form === "problem") ctx.set("content-type", "application/problem+json"); // uv reads it without a charset only
  if (form === "text") {
    ctx.type = "text/plain";
    ctx.body = toText(refusal);
  }
  ctx.message = forbidden(refusal);
  // npm shows a notice even where it drops an optional dependency without a word.
  if (form === "json") ctx.set("npm-notice", sentence);
}

/** The reason phrase, which some clients show and nothing else. */
export function forbidden({ error }: Refusal): string {
  return `Forbidden - ${headerText(error)}`.slice(0, 600);
}

/** cargo shows 512 bytes, go 8 lines: where to read more stands on a line of its own, and is never cut. */
function toText({ error }: Refusal): string {
  const at = error.lastIndexOf(". Why, ");
  const [what, where] = at < 0 ? [error, ""] : [`${error.slice(0, at)}.`, `${error.slice(at + 2)}\n`];
  const room = MAX_TEXT - Buffer.byteLength(where);
  return `${Buffer.from(headerText(what)).subarray(0, Math.max(0, room))}\n${where}`;
}

const MAX_TEXT = 480;

/** Problem details (RFC 9457, section 3). */
function problemOf({ error, policy }: Refusal): object {
  const [, type = "about:blank"] = /: (https?:\S+)$/.exec(error) ?? [];
  return { type, title: `Refused by policy ${policy ?? ""}`.trim(), status: 403, detail: error };
}

/** A failure is not a refusal: its status says whose fault it is, and its text what to do. */
export function replyFailure(ctx: Context, error: CordonError): void {
  ctx.remove("etag");
  const [message = ""] = error.message.split("\n", 1);
  if (wantsPage(ctx)) {
    replyFailurePage(ctx, error.status, { message, next: error.next, code: error.code });
    return;
  }
  const sentence = `cordon: ${message}. ${error.next}`;
  replyJson(ctx, error.status, { error: sentence, code: error.code });
  sayInText(ctx, `${sentence} [${error.code}]`);
}

/** A failure that is none of those that are foreseen; `code` is left out where programs need none. */
export function replyTrouble(ctx: Context, status: number, sentence: string, code?: string): void {
  if (wantsPage(ctx)) replyFailurePage(ctx, status, { message: sentence, ...(code && { code }) });
  else replyJson(ctx, status, { error: `cordon: ${sentence}`, code });
}

function replyFailurePage(ctx: Context, status: number, failure: Omit<Failure, "status">): void {
  replyPage(ctx, status, failurePage({ ...failure, status }));
}

function sayInText(ctx: Context, sentence: string): void {
  if (ctx.state["refusalForm"] !== "text") return;
  ctx.type = "text/plain";
  ctx.body = `${headerText(sentence)}\n`;
}

/** Printable ASCII: what a header may hold. */
function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?");
}
