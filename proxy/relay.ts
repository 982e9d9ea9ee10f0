/** What holds nothing to install, asked of the upstream for the client. */
import type { IncomingMessage } from "node:http";
import type { Context } from "koa";
import type { RegistryRequest } from "../core/ecosystems/ecosystem.ts";
import { CordonError } from "../core/errors.ts";
import type { Upstream } from "../core/upstream.ts";
import { replyRelayed } from "./reply.ts";

/** A tree of a hundred thousand packages fits. */
const MAX_RELAYED_BODY = 16 * 1024 * 1024;

/** `requireRules` throws where there is no bundle. Throws REQUEST_TOO_LARGE, UPSTREAM_*. */
export async function serveRelay(
  ctx: Context,
  { method, path }: RegistryRequest & { kind: "relay" },
  upstream: Upstream,
  requireRules: () => unknown,
): Promise<void> {
  requireRules(); // without a bundle nothing is served
  const body = method === "POST" ? await readBody(ctx.req, MAX_RELAYED_BODY) : undefined;
  const encoding = ctx.get("content-encoding") === "gzip" ? ("gzip" as const) : undefined;
  const answer = await upstream.relay({ method, path, ...(body && { body }), ...(encoding && { encoding }) });
  replyRelayed(ctx, answer);
}

/** Throws REQUEST_TOO_LARGE. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new CordonError("REQUEST_TOO_LARGE", `the request's body is larger than the ${maxBytes} bytes allowed`);
  // Before it is read: to stop in the middle is to cut the connection, and the client would not hear why.
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > maxBytes) throw tooLarge();
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
