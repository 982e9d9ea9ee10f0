/** One registry as an upstream: what it is asked, within which bounds, and with whose credentials. */
import { sha256 } from "./digest.ts";
import { CordonError } from "./errors.ts";
import { describe, type FetchOptions, fetchBytes, fetchCompressed } from "./http.ts";
import { createPublishing } from "./publishing.ts";
import { toPurl } from "./purl.ts";
import {
  type FetchedDocument,
  type RelayedAnswer,
  type RelayRequest,
  UPSTREAM_LIMITS,
  type Upstream,
  type UpstreamFile,
  type UpstreamOptions,
} from "./upstream.ts";
import { failureOf, NO_ENDPOINT, requireJson, tagOf } from "./upstream-answers.ts";
import { createConfig, MAX_CONFIG_BYTES, type RegistryConfig } from "./upstream-config.ts";
import { createOrigins, credentialsOf } from "./upstream-origins.ts";
import { oneLine } from "./words.ts";

export function createUpstream(options: UpstreamOptions): Upstream {
  const { ecosystem, isPrivate = false, publish = false } = options;
  const site = siteOf(options);
  const { registry } = site;
  const config = createConfig(ecosystem, (path) => fetchConfig(site, path));
  // On the connections for files: a slow upload must not keep listings from being fetched.
  const publishing = createPublishing(registry, publish ? site.fetchFile : undefined);
  const upstream: Upstream = {
    ecosystem,
    registry,
    of: () => upstream,
    async isPublic(name) {
      try {
        await upstream.document(name);
        return true;
      } catch (error) {
        if (error instanceof CordonError && error.code === "NOT_FOUND") return false;
        throw error;
      }
    },
    parse(name, bytes) {
      try {
        const listing = ecosystem.parseListing(name, bytes, ecosystem.listingUrl(registry, name));
        return { ...listing, pkg: { ...listing.pkg, private: isPrivate } };
      } catch (error) {
        config.forget();
        throw error;
      }
    },
    async listing(name) {
      const document = await upstream.document(name);
      return upstream.parse(name, document?.bytes ?? new Uint8Array());
    },
    document: (name, known) => fetchListing(site, config, name, known),
    names: () => fetchNames(site),
    async relay(request) {
      const base = request.toApi ? await config.api() : registry.href;
      return ask(site, new URL(`${base.replace(/\/$/, "")}${request.path}`), request);
    },
    text: ({ path, maxBytes }) => fetchText(site, path, maxBytes),
    named: (address) => ask(site, new URL(address), { method: "GET" }),
    file: (file, signal) => fetchFile(site, file, signal),
    publishing: () => publishing,
  };
  return upstream;
}

/** What every question to a registry needs. */
function siteOf(options: UpstreamOptions) {
  const { ecosystem, fetch, fetchFile = fetch, fileOrigins = [], limits = UPSTREAM_LIMITS } = options;
  const { registry, authorization } = credentialsOf(options);
  return {
    ecosystem,
    registry,
    authorization,
    fetch,
    fetchFile,
    limits,
    origins: createOrigins(registry, fileOrigins),
  };
}

type Site = ReturnType<typeof siteOf>;

function below({ registry }: Site, path: string): URL {
  return new URL(`${registry.href.replace(/\/$/, "")}${path}`);
}

/** For an answer of so many bytes that is read as a whole. */
function within({ limits }: Site, maxBytes: number): Pick<FetchOptions, "maxBytes" | "timeoutMs" | "signal"> {
  return { maxBytes, timeoutMs: limits.timeoutMs, signal: AbortSignal.timeout(limits.listingMs) };
}

async function fetchConfig(site: Site, path: string): Promise<Uint8Array> {
  const url = below(site, path);
  const { status, body } = await fetchBytes(site.fetch, url, {
    headers: { accept: "application/json", ...site.authorization },
    ...within(site, MAX_CONFIG_BYTES),
  });
  if (NO_ENDPOINT.has(status)) throw new CordonError("UPSTREAM_STATUS", `${describe(url)} answered ${status}`);
  if (status !== 200) throw failureOf(url, status);
  requireJson(url, body);
  return body;
}

/** Undefined where it is still the one with that tag. */
async function fetchDocument(
  site: Site,
  url: URL,
  etag: string | undefined,
): Promise<FetchedDocument | "none" | undefined> {
  const { ecosystem, authorization, limits } = site;
  const { status, headers, body } = await fetchCompressed(site.fetch, url, {
    headers: { accept: ecosystem.listingAccept, ...authorization, ...(etag && { "if-none-match": etag }) },
    ...within(site, limits.listingBytes),
  });
  if (etag !== undefined && status === 304) return undefined;
  if (status === 404 || status === 410 || ecosystem.alsoMissing?.has(status)) return "none";
  if (status !== 200) throw failureOf(url, status);
  return { bytes: body, digest: sha256(body), etag: tagOf(headers["etag"]) };
}

async function fetchListing(
  site: Site,
  config: RegistryConfig,
  ...[name, known]: Parameters<Upstream["document"]>
): ReturnType<Upstream["document"]> {
  const { ecosystem, registry } = site;
  const url = ecosystem.listingUrl(registry, name);
  const line = await config.line();
  // A tag is of the listing alone: behind another config it would tell that nothing has changed.
  const mark = line === "" ? "" : `${sha256(line)} `;
  const tag = known?.etag?.startsWith(mark) ? known.etag.slice(mark.length) : undefined;
  const answer = await fetchDocument(site, url, tag);
  if (!answer) return undefined;
  if (answer === "none")
    throw new CordonError("NOT_FOUND", `the upstream registry has no ${toPurl({ type: ecosystem.type, name })}`);
  if (line === "") return answer.digest === known?.digest ? undefined : answer;
  const bytes = Buffer.concat([Buffer.from(line), answer.bytes]);
  const digest = sha256(bytes);
  const etag = answer.etag === undefined ? undefined : `${mark}${answer.etag}`;
  return digest === known?.digest ? undefined : { bytes, digest, etag };
}

async function fetchNames(site: Site): Promise<readonly string[]> {
  const { ecosystem, registry } = site;
  const url = new URL(registry.href.endsWith("/") ? registry : `${registry.href}/`);
  const answer = ecosystem.names && (await fetchDocument(site, url, undefined));
  if (!ecosystem.names || !answer || answer === "none")
    throw new CordonError("NO_ENDPOINT", "the upstream registry does not tell the names of all packages");
  return ecosystem.names.parse(answer.bytes);
}

async function ask(
  site: Site,
  url: URL,
  { method, body, encoding, maxBytes }: Omit<RelayRequest, "path">,
): Promise<RelayedAnswer> {
  const isOwn = site.origins.require(url, "an answer");
  const { status, body: answer } = await fetchBytes(site.fetch, url, {
    method,
    headers: {
      accept: "application/json",
      ...(isOwn && site.authorization),
      ...(body && { "content-type": "application/json" }),
      ...(encoding && { "content-encoding": encoding }),
    },
    ...(body && { body }),
    ...within(site, maxBytes ?? site.limits.relayBytes),
  });
  if (NO_ENDPOINT.has(status))
    throw new CordonError("NO_ENDPOINT", `the upstream registry does not answer ${oneLine(url.pathname, 200)}`);
  if (status >= 500 || status === 401 || status === 403) throw failureOf(url, status);
  requireJson(url, answer);
  return { status, body: answer };
}

async function fetchText(site: Site, path: string, maxBytes = site.limits.relayBytes): Promise<Uint8Array> {
  const url = below(site, path);
  const { status, body } = await fetchBytes(site.fetch, url, {
    headers: site.authorization,
    ...within(site, maxBytes),
  });
  if (status === 404 || status === 410)
    throw new CordonError("NOT_FOUND", `the upstream registry has no ${oneLine(path, 200)}`);
  if (status !== 200) throw failureOf(url, status);
  return body;
}

async function fetchFile(site: Site, ...[file, signal]: Parameters<Upstream["file"]>): Promise<UpstreamFile> {
  if (!URL.canParse(file.url))
    throw new CordonError("UPSTREAM_MALFORMED", `the upstream's document has no address of ${file.name}`);
  const url = new URL(file.url);
  const isOwn = site.origins.require(url, file.name);
  const { status, headers, body } = await site.fetchFile(url, {
    maxBytes: site.limits.fileBytes,
    timeoutMs: site.limits.timeoutMs,
    headers: { "accept-encoding": "identity", ...(isOwn && site.authorization) },
    leavesOrigin: site.origins.leaves,
    ...(signal && { signal }),
  });
  if (status !== 200) {
    body.destroy();
    if (status === 404 || status === 410)
      throw new CordonError("NOT_FOUND", `the upstream registry has no ${file.name}`);
    throw failureOf(url, status);
  }
  const size = Number(headers["content-length"]);
  return { size: Number.isSafeInteger(size) ? size : undefined, body };
}
