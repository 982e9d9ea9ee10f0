/** One registry, whatever its ecosystem: a request in, the gate's answer out. There is no other way through. */
import type { Context } from "koa";
import type { Form, JudgedListing, RegistryRequest, ReleaseInfo } from "../core/ecosystems/ecosystem.ts";
import { allowedVersions, fileNamed } from "../core/ecosystems/judged.ts";
import { CordonError } from "../core/errors.ts";
import { decideUnlisted, type Rules } from "../core/gate.ts";
import { askInfo, type Inspection, requireSame } from "../core/inspection.ts";
import { permits } from "../core/verdict.ts";
import type { Decision } from "../schemas/types/decision.ts";
import { type Answer, contextOf, type RegistryOptions, record, refuse } from "./answer.ts";
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

function serveConfig(ctx: Context, { upstream, registry, isAuthRequired }: RegistryOptions): void {
  replyJson(ctx, 200, upstream.ecosystem.config?.(registry, isAuthRequired) ?? {});
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
  const { refusesEmptyListings, unlisted } = options.upstream.ecosystem;
  // Where lists leave releases out, one that has none may be of a package that has some.
  const newest = [...view.judged.decisions.values()].at(-1) ?? (unlisted ? undefined : view.judged.gone.at(-1));
  if (refusesEmptyListings && newest && allowedVersions(view.judged).length === 0) {
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
    record({ decision, judged, rules, inspection }, context, options);
    known.add(decision.purl);
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
  const { upstream, listings } = options;
  const rules = options.rules();
  const { judged, cached } = await listings.judge(name, rules);
  const context: DecisionContext = { ...contextOf(ctx, "metadata", options), cache: cached ? "hit" : "miss" };
  // Where each release has a document of its own, one release is no reason to ask for those of others.
  const isAlone = upstream.ecosystem.info !== undefined && version !== undefined;
  const seen = isAlone ? judged : (await viewOf(judged, rules, options)).judged;
  const resolved =
    upstream.ecosystem.resolveVersion(seen, version) ?? (await askInfo(upstream, name, version))?.version;
  if (resolved === undefined)
    throw new CordonError("NOT_FOUND", `${name} has no version or tag ${JSON.stringify(version ?? "latest")}`);
  const { answer, rendered } = await answerRelease(seen, resolved, rules, options);
  if (!permits(answer.decision)) return refuse(ctx, answer, context, options);
  if (!rendered) throw new CordonError("NOT_FOUND", `the upstream registry has no ${answer.decision.purl}`);
  record(answer, context, options);
  replyRelease(ctx, rendered);
}

interface AnsweredRelease {
  readonly answer: Answer;
  /** Undefined where it is denied, and where there is none. */
  readonly rendered?: Rendered | undefined;
}

type Rendered = { readonly contentType: string; readonly body: string };

async function answerRelease(
  seen: JudgedListing,
  version: string,
  rules: Rules,
  options: RegistryOptions,
): Promise<AnsweredRelease> {
  const { upstream, registry } = options;
  const { ecosystem } = upstream;
  const answer = await judgeRelease(seen, version, rules, options);
  if (!permits(answer.decision)) return { answer };
  if (!ecosystem.info) {
    const rendered = ecosystem.renderRelease(answer.judged ?? seen, version, { registry, sentence: () => "" });
    return { answer, rendered };
  }
  const found = await readInfo(seen.listing.name, version, options);
  if (found.version === version) return { answer, rendered: renderInfo(found) };
  // Another spelling of it, which go asks for by the shorter one: `v2.0.0` of `v2.0.0+incompatible`.
  requireSame(ecosystem, version, found.version);
  const meant = await judgeRelease(seen, found.version, rules, options);
  return { answer: meant, rendered: renderInfo(found) };
}

async function judgeRelease(
  seen: JudgedListing,
  version: string,
  rules: Rules,
  { upstream, listings, inspections, now }: RegistryOptions,
): Promise<Answer> {
  const { name } = seen.listing;
  const judged = seen.decisions.has(version) ? seen : (await listings.judgeOne(name, version, rules)).judged;
  if (!judged.decisions.has(version)) {
    const decision = decideUnlisted(rules, { type: upstream.ecosystem.type, name, version }, now());
    return { decision, judged: seen, rules };
  }
  const ruling = await inspections.decide(judged, version, rules, "metadata");
  // What is found may deny others too, and they are no alternatives then.
  const isDenied = upstream.ecosystem.info !== undefined && !permits(ruling.decision);
  return { ...ruling, judged: isDenied ? await inspections.view(judged, rules) : judged, rules };
}

/** What the upstream says of a version. Throws UPSTREAM_*, and NOT_FOUND. */
async function readInfo(name: string, version: string, { upstream, texts }: RegistryOptions): Promise<ReleaseInfo> {
  const { info } = upstream.ecosystem;
  const read = (bytes: Uint8Array) => info?.read(parseJson(bytes), name);
  const question = info?.question(name, version) ?? { method: "GET", path: "" };
  const found = read(await texts.read(question, (bytes) => read(bytes) !== undefined));
  if (!found)
    throw new CordonError("UPSTREAM_MALFORMED", `what the upstream says of ${name} ${version} cannot be read`);
  return found;
}

function renderInfo({ version, published }: ReleaseInfo): Rendered {
  const body = { Version: version, ...(published !== undefined && { Time: published }) };
  return { contentType: "application/json", body: JSON.stringify(body) };
}

/** Undefined for what is no JSON. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}

async function serveText(
  ctx: Context,
  { question, isImmutable }: RegistryRequest & { kind: "text" },
  { texts, rules }: RegistryOptions,
): Promise<void> {
  rules(); // without a bundle nothing is served
  replyText(ctx, await texts.read(question, () => isImmutable));
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
