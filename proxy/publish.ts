/** Publishing through the proxy, where the operator allows it: in the client's name, to the registry that owns the package. */
import type { Context } from "koa";
import type { RegistryRequest } from "../core/ecosystems/ecosystem.ts";
import { CordonError, messageOf } from "../core/errors.ts";
import { describe } from "../core/http.ts";
import { PUBLISH_LIMITS, type WriteAnswer, type WriteBody } from "../core/publishing.ts";
import type { Upstream } from "../core/upstream.ts";
import { signalOfLeaving } from "./leaving.ts";
import type { Listings } from "./listings.ts";
import type { Log } from "./log.ts";
import { replyNotAllowed, replyUnauthorized, replyWritten } from "./reply.ts";
import { heardOut, openUpload } from "./upload.ts";

export interface PublishOptions {
  readonly upstream: Pick<Upstream, "publishing">;
  readonly listings: Pick<Listings, "forget">;
  /** Throws where there is no bundle. */
  readonly rules: () => unknown;
  readonly log: Log;
  /** Of a request's body; left out: the limit for publishing. */
  readonly maxBytes?: number;
}

type PublishRequest = RegistryRequest & { readonly kind: "publish" };

/** By these the registry knows who publishes. No other header of the client's is passed on. */
const CREDENTIALS = ["authorization", "npm-otp", "npm-auth-type", "npm-command"] as const;

/** Throws REQUEST_TOO_LARGE, BAD_REQUEST, UPSTREAM_*. */
export async function servePublish(ctx: Context, request: PublishRequest, options: PublishOptions): Promise<void> {
  const { registry, write } = options.upstream.publishing(request.name);
  const where = describe(registry);
  if (!write) {
    return replyNotAllowed(
      ctx,
      `${request.name} is not published through this proxy: publish it at ${where}, or ask the operator to allow it (\`publish\` in cordon.yaml)`,
    );
  }
  options.rules(); // without a bundle nothing is served
  const credentials = credentialsOf(ctx);
  // The operator's own token must never stand in: anybody who reaches the proxy could publish.
  if (credentials["authorization"] === undefined)
    return replyUnauthorized(ctx, `publishing ${request.name} needs your own token for ${where}`);
  const body = request.method === "PUT" ? bodyOf(ctx, options.maxBytes ?? PUBLISH_LIMITS.bodyBytes) : undefined;
  const { method, path } = request;
  const send = (signal: AbortSignal) => write({ method, path, credentials, ...(body && { body }), signal });
  const answer = await recorded(ctx, request, options.log, send).finally(() => body && heardOut(ctx));
  if (!answer) return;
  if (answer.status < 300) options.listings.forget(request.name);
  replyWritten(ctx, answer);
}

/** One line for each write that is passed on, whatever comes of it; undefined where the client has left meanwhile. */
async function recorded(
  ctx: Context,
  { name, method, path }: PublishRequest,
  log: Log,
  send: (signal: AbortSignal) => Promise<WriteAnswer>,
): Promise<WriteAnswer | undefined> {
  const record = { package: name, request: `${method} ${path}`, client: ctx.req.socket.remoteAddress ?? "" };
  const left = signalOfLeaving(ctx);
  try {
    const answer = await send(left);
    log("info", "published through", { ...record, status: answer.status });
    return answer;
  } catch (error) {
    const code = error instanceof CordonError ? error.code : messageOf(error);
    log("info", "published through", { ...record, status: null, failure: left.aborted ? "the client left" : code });
    if (left.aborted) return undefined;
    throw error;
  }
}

function credentialsOf(ctx: Context): Record<string, string> {
  return Object.fromEntries(CREDENTIALS.flatMap((name) => (ctx.get(name) === "" ? [] : [[name, ctx.get(name)]])));
}

function bodyOf(ctx: Context, maxBytes: number): WriteBody {
  const encoding = ctx.get("content-encoding").toLowerCase();
  if (encoding !== "" && encoding !== "identity" && encoding !== "gzip")
    throw new CordonError("BAD_REQUEST", `a body encoded as ${JSON.stringify(encoding.slice(0, 40))} is not taken`);
  const length = ctx.req.headers["content-length"];
  return {
    stream: openUpload(ctx, maxBytes),
    ...(length !== undefined && { length: Number(length) }),
    ...(encoding === "gzip" && { encoding }),
  };
}
