/** One registry, whatever its ecosystem: a request in, the gate's answer out. There is no other way through. */
import type { Context } from "koa";
import type { Form, JudgedListing, RegistryRequest } from "../core/ecosystems/ecosystem.ts";
import { allowedVersions, fileNamed } from "../core/ecosystems/judged.ts";
import { CordonError } from "../core/errors.ts";
import { decideUnlisted, type Rules } from "../core/gate.ts";
import { askJson, type Inspection } from "../core/inspection.ts";
import { permits } from "../core/verdict.ts";
import type { Decision } from "../schemas/types/decision.ts";
import { contextOf, type RegistryOptions, record, refuse } from "./answer.ts";
import type { DecisionContext } from "./decision-log.ts";
import type { RenderedListing, View } from "./listings.ts";
import { servePublish } from "./publish.ts";
import { serveFile } from "./registry-file.ts";
import { serveRelay } from "./relay.ts";
import {
  replyJson,
  replyListing,
  replyRedirect,
  replyRelayed,
  replyRelease,
  replyText,
  replyUnsupported,
} from "./reply.ts";

/** Serves a path below the registry's own, as it came, still encoded. */
export type ServeRegistry = (ctx: Context, path: string) => Promise<void>;

export function createRegistry(options: RegistryOptions): ServeRegistry {
  const { ecosystem } = options.upstream;
  return async (ctx, path) => {
    ctx.state["refusalForm"] = ecosystem.refusalForm;
    const request = ecosystem.parseRequest(ctx.method, path, ctx.querystring);
    switch (request.kind) {
      case "unsupported":
        return replyUnsupported(ctx, request.status, request.reason);
      case "redirect":
        return replyRedirect(ctx, `${options.registry}${request.path}`);
      case "attestations":
        return serveAttestations(ctx, request, options);
      case "answer":
        return replyJson(ctx, 200, request.body);
      case "text":
        return serveText(ctx, request, options);
      case "config":
        return serveConfig(ctx, options);
      case "relay":
        return serveRelay(ctx, request, options.upstream, options.rules);
      case "publish":
        return servePublish(ctx, request, options);
      case "tags":
        return serveTags(ctx, request.name, options);
      case "names":
        return serveNames(ctx, options);
      case "listing":
        return serveListing(ctx, request.name, options);
      case "release":
        return serveRelease(ctx, request, options);
      case "file":
        return serveFile(ctx, request, options);
    }
  };
}

async function serveTags(ctx: Context, name: string, options: RegistryOptions): Promise<void> {
  const rules = options.rules();
  const { judged } = await options.listings.judge(name, rules);
  const view = await viewOf(judged, rules, options);
  replyJson(ctx, 200, options.upstream.ecosystem.tagsOf(view.judged));
}

async function viewOf(judged: JudgedListing, rules: Rules, { inspections, stripping }: RegistryOptions): Promise<View> {
  return stripping.view(await inspections.view(judged, rules));
}

function serveConfig(ctx: Context, { upstream, registry }: RegistryOptions): void {
  replyJson(ctx, 200, upstream.ecosystem.config?.(registry) ?? {});
}

async function serveNames(ctx: Context, { names, listings, rules, upstream }: RegistryOptions): Promise<void> {
  rules(); // without a bundle nothing is served
  const form = upstream.ecosystem.formOf({ accept: ctx.get("accept"), userAgent: ctx.get("user-agent") });
  const rendered = await names.read(form);
  await replyListing(ctx, rendered, listings.maxAge(rendered));
}

async function serveListing(ctx: Context, name: string, options: RegistryOptions): Promise<void> {
  const { listings, inspections, upstream } = options;
  const rules = options.rules();
  const form = upstream.ecosystem.formOf({ accept: ctx.get("accept"), userAgent: ctx.get("user-agent") });
  const ready =
    listings.ready(name, form, rules, inspections.generation(name)) ??
    (await writeListing(ctx, name, form, rules, options));
  if (ready) await replyListing(ctx, ready, listings.maxAge(ready));
}

/** Undefined where it was refused. */
async function writeListing(
  ctx: Context,
  name: string,
  form: Form,
  rules: Rules,
  options: RegistryOptions,
): Promise<RenderedListing | undefined> {
  const context = contextOf(ctx, "metadata", options);
  const generation = options.inspections.generation(name);
  const { judged } = await options.listings.judge(name, rules);
  const view = await viewOf(judged, rules, options);
  recordWithheld(judged, view.judged, rules, context, options);
  const newest = [...view.judged.decisions.values()].at(-1) ?? view.judged.gone.at(-1);
  if (options.upstream.ecosystem.refusesEmptyListings && newest && allowedVersions(view.judged).length === 0) {
    refuse(ctx, { decision: newest, judged: view.judged, rules }, context, options);
    return undefined;
  }
  return options.listings.render(view, form, rules, generation);
}

/** By listing, what was recorded as withheld. */
const recorded = new WeakMap<JudgedListing, Set<string>>();

/** What is withheld goes on record once for each time that it was judged, not for each client that sees it. */
function recordWithheld(
  judged: JudgedListing,
  { decisions, gone }: JudgedListing,
  rules: Rules,
  context: DecisionContext,
  options: RegistryOptions,
): void {
  const known = recorded.get(judged) ?? new Set();
  recorded.set(judged, known);
  const note = (decision: Decision, inspection?: Inspection): void => {
    if (permits(decision) || known.has(decision.purl)) return;
    known.add(decision.purl);
    record({ decision, judged, rules, inspection }, context, options);
  };
  for (const [version, decision] of decisions)
    note(
      decision,
      decision === judged.decisions.get(version) ? undefined : options.inspections.inspectionOf(judged, version, rules),
    );
  for (const decision of gone) note(decision);
}

async function serveRelease(
  ctx: Context,
  { name, version }: RegistryRequest & { kind: "release" },
  options: RegistryOptions,
): Promise<void> {
  const { upstream, inspections, listings } = options;
  const rules = options.rules();
  const { judged, cached } = await listings.judge(name, rules);
  const context: DecisionContext = { ...contextOf(ctx, "metadata", options), cache: cached ? "hit" : "miss" };
  const view = await viewOf(judged, rules, options);
  const resolved = upstream.ecosystem.resolveVersion(view.judged, version) ?? (await lookUp(name, version, options));
  if (resolved === undefined)
    throw new CordonError("NOT_FOUND", `${name} has no version or tag ${JSON.stringify(version ?? "latest")}`);
  const seen = view.judged.decisions.has(resolved)
    ? view.judged
    : (await listings.judgeOne(name, resolved, rules)).judged;
  const answer = seen.decisions.has(resolved)
    ? { judged: seen, rules, ...(await inspections.decide(seen, resolved, rules, "metadata")) }
    : {
        judged: view.judged,
        rules,
        decision: decideUnlisted(rules, { type: upstream.ecosystem.type, name, version: resolved }, options.now()),
      };
  const { decision } = answer;
  if (!permits(decision)) return refuse(ctx, answer, context, options);
  const rendered = await renderRelease(seen, resolved, options);
  if (!rendered) throw new CordonError("NOT_FOUND", `the upstream registry has no ${decision.purl}`);
  record(answer, context, options);
  replyRelease(ctx, rendered);
}

/** What only the upstream knows: which version a branch is, or what is newest where nothing has a version. */
async function lookUp(
  name: string,
  version: string | undefined,
  { upstream }: RegistryOptions,
): Promise<string | undefined> {
  const { info } = upstream.ecosystem;
  return info?.read(await askJson(upstream.of(name), info.question(name, version)))?.version;
}

async function renderRelease(
  judged: JudgedListing,
  version: string,
  { upstream, texts, registry }: RegistryOptions,
): Promise<{ contentType: string; body: string } | undefined> {
  const { info } = upstream.ecosystem;
  if (!info) return upstream.ecosystem.renderRelease(judged, version, { registry, sentence: () => "" });
  const { name } = judged.listing;
  const bytes = await texts.read(info.question(name, version), true);
  const found = info.read(parseJson(bytes));
  if (found?.version !== version) return undefined;
  const body = { Version: found.version, ...(found.published !== undefined && { Time: found.published }) };
  return { contentType: "application/json", body: JSON.stringify(body) };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw new CordonError("UPSTREAM_MALFORMED", "the upstream's document on a release is not JSON", { cause });
  }
}

async function serveText(
  ctx: Context,
  { question, isImmutable }: RegistryRequest & { kind: "text" },
  { texts, rules }: RegistryOptions,
): Promise<void> {
  rules(); // without a bundle nothing is served
  replyText(ctx, await texts.read(question, isImmutable));
}

/** They install nothing, so nothing is decided on them; where they lie, the listing tells. */
async function serveAttestations(
  ctx: Context,
  { name, filename }: RegistryRequest & { kind: "attestations" },
  { listings, upstream, rules }: RegistryOptions,
): Promise<void> {
  const { judged } = await listings.judge(name, rules());
  const { attestations } = fileNamed(judged.listing, filename)?.file ?? {};
  if (attestations === undefined)
    throw new CordonError("NOT_FOUND", `the upstream registry has no attestations on ${filename}`);
  replyRelayed(ctx, await upstream.of(name).named(attestations));
}
