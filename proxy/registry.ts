/** One registry, whatever its ecosystem: a request in, the gate's answer out. There is no other way through. */
import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Context } from "koa";
import type {
  JudgedListing,
  ListedRelease,
  RegistryRequest,
  ReleaseFile,
  StrippedFile,
} from "../core/ecosystems/ecosystem.ts";
import { CordonError, messageOf } from "../core/errors.ts";
import { decideUnlisted, type Rules } from "../core/gate.ts";
import { recordFacts } from "../core/recorded-facts.ts";
import { toRefusal, type Wording } from "../core/refusal.ts";
import type { Upstream, UpstreamFile } from "../core/upstream.ts";
import { permits } from "../core/verdict.ts";
import type { Decision } from "../schemas/types/decision.ts";
import type { DecisionContext, DecisionLog } from "./decision-log.ts";
import type { FileCache } from "./file-cache.ts";
import type { Judged, Listings } from "./listings.ts";
import type { Log } from "./log.ts";
import { servePublish } from "./publish.ts";
import { serveRelay } from "./relay.ts";
import { replyBytes, replyFileHead, replyJson, replyListing, replyRefusal, replyRelease } from "./reply.ts";
import { streamFile } from "./stream-file.ts";
import { explainOriginal, isOfTheFile, isRewritten, type Stripping, withhold } from "./stripping.ts";

export interface RegistryOptions {
  readonly upstream: Upstream;
  readonly listings: Listings;
  readonly stripping: Stripping;
  readonly files: FileCache;
  /** Throws where there is nothing to judge by. */
  readonly rules: () => Rules;
  readonly wording: Wording;
  /** Where clients reach this registry. */
  readonly registry: string;
  readonly decisions: DecisionLog;
  readonly now: () => Date;
  readonly log: Log;
}

/** Serves a path below the registry's own, as it came, still encoded. */
export type ServeRegistry = (ctx: Context, path: string) => Promise<void>;

export function createRegistry(options: RegistryOptions): ServeRegistry {
  const { ecosystem } = options.upstream;
  return async (ctx, path) => {
    const request = ecosystem.parseRequest(ctx.method, path, ctx.querystring);
    switch (request.kind) {
      case "unsupported":
        return replyJson(ctx, request.status, { error: `cordon: ${request.reason}` });
      case "answer":
        return replyJson(ctx, 200, request.body);
      case "relay":
        return serveRelay(ctx, request, options.upstream, options.rules);
      case "publish":
        return servePublish(ctx, request, options);
      case "tags":
        return serveTags(ctx, request.name, options);
      case "listing":
        return serveListing(ctx, request.name, options);
      case "release":
        return serveRelease(ctx, request, options);
      case "file":
        return serveFile(ctx, request, options);
    }
  };
}

async function serveTags(
  ctx: Context,
  name: string,
  { listings, stripping, rules, upstream }: RegistryOptions,
): Promise<void> {
  const { judged } = await listings.judge(name, rules());
  replyJson(ctx, 200, upstream.ecosystem.tagsOf(await stripping.view(judged)));
}

/** Listings whose withheld releases are on record. */
const recorded = new WeakSet<JudgedListing>();

async function serveListing(ctx: Context, name: string, options: RegistryOptions): Promise<void> {
  const context = contextOf(ctx, "metadata", options);
  const rules = options.rules();
  const { judged } = await options.listings.judge(name, rules);
  const view = await options.stripping.view(judged);
  // What is withheld goes on record once for each time that it was judged, not for each client that sees it.
  if (!recorded.has(judged)) {
    recorded.add(judged);
    const denied = [...judged.decisions.values(), ...judged.gone].filter((decision) => !permits(decision));
    for (const decision of denied)
      options.decisions.record(decision, { ...context, cache: "miss" }, recordFacts(rules, decision.purl, judged));
  }
  const form = options.upstream.ecosystem.formOf({ accept: ctx.get("accept"), userAgent: ctx.get("user-agent") });
  await replyListing(ctx, options.listings.render(view, form));
}

async function serveRelease(
  ctx: Context,
  { name, version }: RegistryRequest & { kind: "release" },
  options: RegistryOptions,
): Promise<void> {
  const { ecosystem } = options.upstream;
  const context = contextOf(ctx, "metadata", options);
  const rules = options.rules();
  const { judged: whole, cached } = await options.listings.judge(name, rules);
  const judged = await options.stripping.view(whole);
  const resolved = ecosystem.resolveVersion(judged, version);
  if (resolved === undefined)
    throw new CordonError("NOT_FOUND", `${name} has no version or tag ${JSON.stringify(version)}`);
  const decision =
    judged.decisions.get(resolved) ??
    decideUnlisted(rules, { type: ecosystem.type, name, version: resolved }, options.now());
  if (!permits(decision))
    return refuse(ctx, { decision, judged, rules }, { ...context, cache: cached ? "hit" : "miss" }, options);
  const rendered = ecosystem.renderRelease(judged, resolved, { registry: options.registry, sentence: () => "" });
  if (!rendered) throw new CordonError("NOT_FOUND", `the upstream registry has no ${decision.purl}`);
  options.decisions.record(
    decision,
    { ...context, cache: cached ? "hit" : "miss" },
    recordFacts(rules, decision.purl, judged),
  );
  replyRelease(ctx, rendered);
}

async function serveFile(
  ctx: Context,
  request: RegistryRequest & { kind: "file" },
  options: RegistryOptions,
): Promise<void> {
  const context = contextOf(ctx, "file", options);
  const rules = options.rules();
  const found = await findFile(request, rules, options);
  const { decision, judged, release } = found;
  const cache = found.cached ? "hit" : "miss";
  if (!permits(decision)) return refuse(ctx, { decision, judged, rules }, { ...context, cache }, options);
  const file = release?.files[0];
  if (!file) throw found.missing ?? new CordonError("NOT_FOUND", `the upstream registry has no ${decision.purl}`);
  let stripped: StrippedFile | undefined;
  try {
    stripped = request.stripped || isRewritten(decision) ? await options.stripping.strip(file) : undefined;
  } catch (error) {
    if (!isOfTheFile(error)) throw error;
    const withheld = withhold(decision, error.message);
    return refuse(ctx, { decision: withheld, judged, rules }, { ...context, cache }, options);
  }
  if (stripped && !request.stripped)
    return refuse(ctx, { decision: explainOriginal(decision), judged, rules }, { ...context, cache }, options);
  const rewritten = stripped && { from: file.digests, to: stripped.integrity, removed: stripped.removed };
  options.decisions.record(
    decision,
    { ...context, cache, ...(rewritten && { rewritten }) },
    recordFacts(rules, decision.purl, judged),
  );
  if (stripped) return replyBytes(ctx, stripped);
  if (replyFileHead(ctx, file.digests) || ctx.method === "HEAD") return;
  const kept = options.files.get(file);
  if (kept) {
    ctx.length = kept.length;
    ctx.body = kept;
    return;
  }
  const upstreamFile = await fetchFile(ctx.res, file, options.upstream);
  if (!upstreamFile) return;
  if (upstreamFile.size !== undefined) ctx.length = upstreamFile.size;
  ctx.respond = false;
  ctx.res.statusCode = 200;
  await streamFile(file, upstreamFile, ctx.res, (bytes) => options.files.put(file, bytes)).catch((error) => {
    // The answer has begun, so the closed connection is all that the client can be told.
    const clientLeft = ctx.req.destroyed && !(error instanceof CordonError);
    options.log(clientLeft ? "info" : "error", "file not delivered", {
      purl: decision.purl,
      requestId: context.requestId,
      reason: messageOf(error),
    });
  });
}

/** Asks for as long as the client waits; undefined where it has left. */
async function fetchFile(
  response: ServerResponse,
  file: ReleaseFile,
  upstream: Upstream,
): Promise<UpstreamFile | undefined> {
  const left = new AbortController();
  const leave = () => left.abort();
  response.once("close", leave);
  try {
    return response.destroyed ? undefined : await upstream.file(file, left.signal);
  } catch (error) {
    if (left.signal.aborted) return undefined;
    throw error;
  } finally {
    response.off("close", leave);
  }
}

interface FoundFile {
  readonly decision: Decision;
  readonly judged: JudgedListing | undefined;
  readonly release: ListedRelease | undefined;
  readonly cached: boolean;
  /** Why there is no listing. */
  readonly missing: CordonError | undefined;
}

/** A file that the upstream does not list (any more) is judged by what its name tells, so that malware gets its reason and not a bare 404. */
async function findFile(
  request: RegistryRequest & { kind: "file" },
  rules: Rules,
  { upstream, listings, now }: RegistryOptions,
): Promise<FoundFile> {
  let listed: Judged | undefined;
  let missing: CordonError | undefined;
  try {
    listed = await listings.judge(request.name, rules);
  } catch (error) {
    if (!(error instanceof CordonError)) throw error;
    missing = error;
  }
  const release = listed && releaseOf(request, listed.judged);
  const decision = release && listed?.judged.decisions.get(release.version);
  if (listed && release && decision)
    return { decision, judged: listed.judged, release, cached: listed.cached, missing };
  const { version, name, filename } = request;
  if (version === undefined)
    throw missing ?? new CordonError("NOT_FOUND", `the upstream registry has no ${filename} of ${name}`);
  const unlisted = decideUnlisted(rules, { type: upstream.ecosystem.type, name, version }, now());
  return { decision: unlisted, judged: listed?.judged, release: undefined, cached: false, missing };
}

function releaseOf(
  { version, filename }: RegistryRequest & { kind: "file" },
  { listing }: JudgedListing,
): ListedRelease | undefined {
  const release = version === undefined ? undefined : listing.releases.get(version);
  return release?.files.some(({ name }) => name === filename) ? release : undefined;
}

function refuse(
  ctx: Context,
  { decision, judged, rules }: { decision: Decision; judged: JudgedListing | undefined; rules: Rules },
  context: DecisionContext,
  { decisions, wording }: RegistryOptions,
): void {
  decisions.record(decision, context, recordFacts(rules, decision.purl, judged));
  replyRefusal(ctx, toRefusal(decision, wording, judged));
}

function contextOf(ctx: Context, kind: DecisionContext["kind"], { upstream }: RegistryOptions): DecisionContext {
  return {
    requestId: randomUUID(),
    client: { address: ctx.req.socket.remoteAddress ?? "", agent: ctx.get("user-agent") },
    registry: upstream.ecosystem.type,
    kind,
    cache: "miss",
    startedAt: performance.now(),
  };
}
