/** What holds nothing to install, asked of the upstream for the client. */
import type { Context } from "koa";
import type { RegistryRequest } from "../core/ecosystems/ecosystem.ts";
import type { Upstream } from "../core/upstream.ts";
import { replyRelayed } from "./reply.ts";
import { inviteBody, refuseAnnounced, tooLarge } from "./upload.ts";

/** A tree of a hundred thousand packages fits. */
const MAX_RELAYED_BODY = 16 * 1024 * 1024;

/** `requireRules` throws where there is no bundle. Throws REQUEST_TOO_LARGE, UPSTREAM_*. */
export async function serveRelay(
  ctx: Context,
  { question }: RegistryRequest & { kind: "relay" },
  upstream: Upstream,
  requireRules: () => unknown,
): Promise<void> {
  requireRules(); // without a bundle nothing is served
  const body = question.method === "POST" ? await readBody(ctx, MAX_RELAYED_BODY) : undefined;
  const encoding = ctx.get("content-encoding") === "gzip" ? ("gzip" as const) : undefined;
  const answer = await upstream.relay({ ...question, ...(body && { body }), ...(encoding && { encoding }) });
  replyRelayed(ctx, answer);
}

/** Throws REQUEST_TOO_LARGE. */
async function readBody(ctx: Context, maxBytes: number): Promise<Uint8Array> {
  refuseAnnounced(ctx, maxBytes);
  inviteBody(ctx);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of ctx.req) {
    length += (chunk as Buffer).length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
