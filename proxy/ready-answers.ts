/**
 * Listings that are written already, which most requests of most installs are for, answered ahead of the framework: there is
 * nothing to decide, and what a framework does around an answer costs more than the answer. Whatever is not such a request,
 * or needs anything to be looked up, goes on to where everything is answered.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Form } from "../core/ecosystems/ecosystem.ts";
import type { Rules } from "../core/gate.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Inspections } from "./inspections.ts";
import type { Listings } from "./listings.ts";
import { createMemoryCache } from "./memory-cache.ts";
import { listingHead, matches } from "./reply.ts";

/** A registry as clients reach it. */
export interface MountedRegistry {
  /** Path of its own, without a slash at the end. */
  readonly mount: string;
  readonly upstream: Upstream;
  readonly listings: Listings;
  readonly inspections: Inspections;
  /** Throws where there is nothing to judge by. */
  readonly rules: () => Rules;
}

/** What a request asks for, as far as that follows from itself. */
interface Wanted {
  readonly registry: MountedRegistry;
  readonly name: string;
  readonly form: Form;
}

const MAX_KNOWN = 20_000;
/** Longer ones are not remembered: a client chooses them. */
const MAX_KEY = 1024;

export function answerReady(registries: readonly MountedRegistry[], others: RequestListener): RequestListener {
  /** By all that it follows from. */
  const known = createMemoryCache<string, Wanted>(MAX_KNOWN, () => 1);
  const wantedBy = ({ url = "", headers }: IncomingMessage): Wanted | undefined => {
    const key = `${url}\n${headers.accept ?? ""}\n${headers["user-agent"] ?? ""}`;
    const wanted = known.get(key) ?? parse(registries, url, headers);
    if (wanted && key.length <= MAX_KEY) known.set(key, wanted);
    return wanted;
  };
  return (request, response) => {
    const isPlain = request.method === "GET" && /\bgzip\b(?!\s*;)/.test(String(request.headers["accept-encoding"]));
    const wanted = isPlain ? wantedBy(request) : undefined;
    if (!wanted || !answer(wanted, request, response)) others(request, response);
  };
}

function parse(
  registries: readonly MountedRegistry[],
  url: string,
  headers: IncomingMessage["headers"],
): Wanted | undefined {
  const registry = registries.find(({ mount }) => url.startsWith(`${mount}/`));
  if (!registry || url.includes("?")) return undefined;
  const { ecosystem } = registry.upstream;
  const request = ecosystem.parseRequest("GET", url.slice(registry.mount.length), "");
  if (request.kind !== "listing") return undefined;
  const form = ecosystem.formOf({ accept: headers.accept ?? "", userAgent: headers["user-agent"] ?? "" });
  return { registry, name: request.name, form };
}

/** False where it is not known what the answer is. */
function answer({ registry, name, form }: Wanted, request: IncomingMessage, response: ServerResponse): boolean {
  const { listings, inspections } = registry;
  const ready = listings.ready(name, form, currentRules(registry), inspections.generation(name));
  if (!ready) return false;
  const head = listingHead(ready, listings.maxAge(ready), true);
  if (matches(request.headers["if-none-match"] ?? "", head.etag)) response.writeHead(304, head).end();
  else {
    const { gzipped, contentType } = ready;
    response
      .writeHead(200, {
        ...head,
        "content-encoding": "gzip",
        "content-type": contentType,
        "content-length": gzipped.length,
      })
      .end(gzipped);
  }
  return true;
}

function currentRules({ rules }: MountedRegistry): Rules | undefined {
  try {
    return rules();
  } catch {
    return undefined; // who answers instead says why there are none
  }
}
