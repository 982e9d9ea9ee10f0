/** The proxy's HTTP face: registries, and the paths below `/-/`. */
import type { RequestListener } from "node:http";
import Router from "@koa/router";
import Koa, { type Context } from "koa";
import { CordonError, messageOf } from "../core/errors.ts";
import type { PurlType } from "../core/purl.ts";
import { sentenceOf } from "../core/refusal.ts";
import type { RootSource } from "../core/sigstore/trusted-root.ts";
import { formatInstant } from "../core/time.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Decision } from "../schemas/types/decision.ts";
import type { ProxyWording } from "./answer.ts";
import type { BundleLifecycle } from "./bundle-lifecycle.ts";
import type { DecisionLog } from "./decision-log.ts";
import type { DiskCache } from "./disk-cache.ts";
import { Documents } from "./documents.ts";
import { createFiles } from "./files.ts";
import { Inspections } from "./inspections.ts";
import { Listings } from "./listings.ts";
import type { Log } from "./log.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { Names } from "./names.ts";
import { answerReady } from "./ready-answers.ts";
import { createRegistry } from "./registry.ts";
import { replyFailure, replyJson, replyTrouble } from "./reply.ts";
import { Stripping } from "./stripping.ts";
import { Texts } from "./texts.ts";
import type { UpstreamHealth } from "./upstream-health.ts";
import { serveWhy } from "./why.ts";

export interface AppOptions {
  /** One for each ecosystem. */
  readonly upstreams: readonly Upstream[];
  /** Of each registry behind them. */
  readonly health: readonly UpstreamHealth[];
  readonly lifecycle: BundleLifecycle;
  readonly wording: ProxyWording;
  readonly decisions: DecisionLog;
  readonly cache: DiskCache;
  /** Whose certificates count for build attestations. */
  readonly root: RootSource;
  /** Ecosystems whose clients are told to send their tokens. */
  readonly authRequired: readonly PurlType[];
  readonly startedAt: Date;
  readonly now: () => Date;
  readonly log: Log;
}

const WHY = "/-/why/";
/** For small files that were asked for lately. */
const FILE_MEMORY = 96 * 1024 * 1024;
const CLIENTS_DOING = /^(ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE|HPE_\w+)$/;

export function createApp(given: AppOptions): RequestListener {
  // A proxy whose decisions are not on record is one to take out of service.
  const isReady = () => given.lifecycle.isReady() && given.decisions.failure() === null;
  const metrics = createMetrics(given, isReady);
  const options = { ...given, decisions: metrics.counting(given.decisions) };
  const { lifecycle, wording, log, now } = options;
  const rules = () => lifecycle.rules();
  const files = createFiles(options.cache, FILE_MEMORY);
  const registries = options.upstreams.map((upstream) => {
    const { mount } = upstream.ecosystem;
    const registry = `${wording.publicUrl}${mount}`;
    const documents = new Documents(upstream, options.cache, now, log);
    const rendering = { registry, sentence: (decision: Decision) => sentenceOf(decision, wording) };
    const parts = {
      ...options,
      upstream,
      listings: new Listings(upstream, documents, rendering, now, metrics.staleCounter(upstream.ecosystem.type)),
      names: new Names(upstream, now),
      texts: new Texts(upstream, now),
      inspections: new Inspections({ upstream, files, root: options.root, now }),
      stripping: new Stripping(upstream, files, now),
      files,
      rules,
      registry,
      isAuthRequired: options.authRequired.includes(upstream.ecosystem.type),
    };
    return { ...parts, mount, serve: createRegistry(parts) };
  });
  const replyNothing = (ctx: Context): void =>
    replyTrouble(
      ctx,
      404,
      `there is nothing at this path; registries are at ${registries.map(({ mount }) => `${mount}/`).join(", ")}`,
      "NOT_FOUND",
    );
  const app = new Koa();
  app.on("error", (error: NodeJS.ErrnoException | CordonError) => {
    // What an upstream did in the middle of a file has been told where the file was.
    if (error instanceof CordonError) return;
    // A client that leaves, or talks nonsense, in the middle of its answer is no failure of ours.
    if (!CLIENTS_DOING.test(error.code ?? "")) log("error", "request failed", { reason: messageOf(error) });
  });
  app.use(answerFailures(log));
  // Registry paths are read raw: a router would decode a scope's slash and lose which one it was.
  app.use(async (ctx, next) => {
    const path = pathOf(ctx);
    // A whole URL is asked of a forward proxy, which this is not; and who takes one apart may fail.
    if (!path.startsWith("/")) return replyNothing(ctx);
    const registry = registries.find(({ mount }) => path.startsWith(`${mount}/`));
    if (registry) return registry.serve(ctx, path.slice(registry.mount.length));
    if (path.startsWith(WHY)) return serveWhy(ctx, path.slice(WHY.length), { registries, rules, wording, now });
    return next();
  });
  app.use(statusRoutes(options, isReady, metrics).routes());
  app.use(replyNothing);
  return answerReady(registries, app.callback());
}

/** As it came: still encoded, and nothing taken apart. */
function pathOf(ctx: Context): string {
  return ctx.req.url?.split("?", 1)[0] ?? "/";
}

/** Whatever fails, the answer is closed and has a text; what was not foreseen tells a client nothing of the inside. */
function answerFailures(log: Log) {
  return async (ctx: Context, next: () => Promise<void>): Promise<void> => {
    try {
      await next();
    } catch (error) {
      if (error instanceof CordonError) {
        if (error.status >= 500)
          log("warn", "request not served", {
            path: pathOf(ctx).slice(0, 300),
            code: error.code,
            reason: error.message,
          });
        return replyFailure(ctx, error);
      }
      log("error", "unexpected failure", {
        path: pathOf(ctx).slice(0, 300),
        reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      replyTrouble(ctx, 500, "the request failed; the operator's log tells why", "UNEXPECTED");
    }
  };
}

function statusRoutes(
  { lifecycle, decisions, health, cache, root, startedAt }: AppOptions,
  isReady: () => boolean,
  metrics: Metrics,
): Router {
  const router = new Router();
  router.get("/-/healthz", (ctx) => replyJson(ctx, 200, { status: "alive" }));
  router.get("/-/metrics", async (ctx) => {
    ctx.type = metrics.contentType;
    ctx.set("cache-control", "no-store");
    ctx.body = await metrics.render();
  });
  router.get("/-/readyz", (ctx) => {
    const { state, lastPoll } = lifecycle.status();
    const reason = decisions.failure() ?? lastPoll?.error?.code ?? null;
    replyJson(ctx, isReady() ? 200 : 503, { ready: isReady(), bundle: state, reason });
  });
  router.get("/-/status", (ctx) =>
    replyJson(ctx, 200, {
      ready: isReady(),
      process: { id: process.pid, startedAt: formatInstant(startedAt) },
      bundle: lifecycle.status(),
      registries: health.map((upstream) => upstream.status()),
      attestations: { trustedRoot: root.status() },
      cache: cache.usage(),
      decisionLog: { failure: decisions.failure() },
    }),
  );
  return router;
}
