/** The registry behind Cordon: documents by name, files by what the documents say. */
import type { Readable } from "node:stream";
import { sha256 } from "./digest.ts";
import type { Ecosystem, Listing, Question, ReleaseFile } from "./ecosystems/ecosystem.ts";
import { CordonError } from "./errors.ts";
import { describe, type Fetch, fetchBytes, fetchCompressed, originOf } from "./http.ts";
import { countValues, MAX_VALUES } from "./json.ts";
import { createPublishing, type Publishing } from "./publishing.ts";
import { toPurl } from "./purl.ts";
import { oneLine } from "./words.ts";

/** Bounds on what an upstream may send. The largest packument known has some 40 MB. */
export const UPSTREAM_LIMITS = {
  listingBytes: 128 * 1024 * 1024,
  /** The largest wheels have some 5 GB. */
  fileBytes: 16 * 1024 * 1024 * 1024,
  /** What is relayed: advisories, keys, attestations, results of a search. */
  relayBytes: 32 * 1024 * 1024,
  timeoutMs: 30_000,
  /** For a whole listing, however steadily it trickles in. */
  listingMs: 120_000,
} as const;

export type UpstreamLimits = Readonly<Record<keyof typeof UPSTREAM_LIMITS, number>>;

export interface UpstreamFile {
  /** Bytes, if the upstream says how many. */
  readonly size: number | undefined;
  readonly body: Readable;
}

export interface RelayRequest extends Question {
  readonly body?: Uint8Array;
  /** How the body is encoded; left out: not at all. */
  readonly encoding?: "gzip";
}

export interface RelayedAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** What is known of a metadata document without its bytes. */
export interface KnownDocument {
  /** SHA-256 of its bytes. */
  readonly digest: string;
  /** What names these bytes at their upstream, if it says. */
  readonly etag: string | undefined;
}

/** An ecosystem's metadata document as it came. */
export interface FetchedDocument extends KnownDocument {
  readonly bytes: Uint8Array;
}

/** Throws UPSTREAM_* failures, and NOT_FOUND where the upstream has no such package or file. */
export interface Upstream {
  readonly ecosystem: Ecosystem;
  readonly registry: URL;
  /** The registry that a package belongs to, among those of this upstream. */
  of(name: string): Upstream;
  /** Whether the public registry has a package of this name. */
  isPublic(name: string): Promise<boolean>;
  /** The document on a package; undefined where it is still the known one, by its tag or by its bytes. */
  document(name: string, known?: KnownDocument): Promise<FetchedDocument | undefined>;
  /** Throws UPSTREAM_MALFORMED for a document that cannot be judged as a whole. */
  parse(name: string, bytes: Uint8Array): Listing;
  /** The names of all packages. Throws NO_ENDPOINT where there is no such list. */
  names(): Promise<readonly string[]>;
  /** Both: the listing as it is now. */
  listing(name: string): Promise<Listing>;
  /**
   * Asks a path below the registry as it is; what the upstream answers with is a JSON document, whatever it says of
   * itself. Throws UPSTREAM_STATUS for an answer that is none.
   */
  relay(request: RelayRequest): Promise<RelayedAnswer>;
  /** A text below the registry, as it is. */
  text(question: Question): Promise<Uint8Array>;
  /** A JSON document at an address that a listing names; as relay() besides. */
  named(address: string): Promise<RelayedAnswer>;
  /** The signal ends the asking; a body that has come is its reader's to let go of. */
  file(file: ReleaseFile, signal?: AbortSignal): Promise<UpstreamFile>;
  /** Where a package is published. */
  publishing(name: string): Publishing;
}

/**
 * Origins; or `public`, for a public registry that everybody trusts to say where its files are: any that has a name in the
 * public's name space, by https.
 */
export type FileOrigins = readonly string[] | "public";

export interface UpstreamOptions {
  readonly ecosystem: Ecosystem;
  readonly registry: URL;
  readonly fetch: Fetch;
  /** Files may have connections of their own; left out: they have none. */
  readonly fetchFile?: Fetch;
  /** For this registry; it goes to no other origin. */
  readonly token?: string;
  /** Where its files may lie besides its own origin; left out: nowhere. */
  readonly fileOrigins?: FileOrigins;
  readonly isPrivate?: boolean;
  /** Whether clients may publish there, with credentials of their own; left out: no. */
  readonly publish?: boolean;
  readonly limits?: UpstreamLimits;
}

export function createUpstream(options: UpstreamOptions): Upstream {
  const { ecosystem, fetch, fetchFile = fetch } = options;
  const { registry, authorization } = credentialsOf(options);
  const { fileOrigins = [], isPrivate = false, publish = false, limits = UPSTREAM_LIMITS } = options;
  // On the connections for files: a slow upload must not keep listings from being fetched.
  const publishing = createPublishing(registry, publish ? fetchFile : undefined);
  /** A document must not send Cordon, or its credentials, to a host that the operator did not name. */
  const requireKnown = (url: URL, what: string): boolean => {
    const isOwn = url.origin === registry.origin;
    const isKnown = fileOrigins === "public" ? isPublic(url) : fileOrigins.includes(url.origin);
    if (!isOwn && !isKnown)
      throw new CordonError(
        "UPSTREAM_MALFORMED",
        `the upstream's document says that ${what} lies on another origin (${originOf(url)}), which \`proxy.fileOrigins\` does not name`,
      );
    return isOwn;
  };
  const fetchConfig = async (url: URL): Promise<string> => {
    const { status, body } = await fetchBytes(fetch, url, {
      headers: { accept: "application/json", ...authorization },
      maxBytes: MAX_CONFIG_BYTES,
      timeoutMs: limits.timeoutMs,
      signal: AbortSignal.timeout(limits.listingMs),
    });
    if (NO_ENDPOINT.has(status)) throw new CordonError("UPSTREAM_STATUS", `${describe(url)} answered ${status}`);
    if (status !== 200) throw failureOf(url, status);
    requireJson(url, body);
    return `${JSON.stringify(JSON.parse(Buffer.from(body).toString("utf8")))}\n`;
  };
  /** What stands before each listing; asked for once an hour. */
  let config: { readonly line: Promise<string>; readonly until: number } | undefined;
  const readConfig = (path: string): Promise<string> => {
    if (config && performance.now() < config.until) return config.line;
    const line = fetchConfig(new URL(`${registry.href.replace(/\/$/, "")}${path}`));
    config = { line, until: performance.now() + CONFIG_MS };
    line.catch(() => {
      config = undefined;
    });
    return line;
  };
  /** Where the registry has its own API. Throws NO_ENDPOINT where it has none. */
  const readApi = async (): Promise<string> => {
    const { configPath, apiOf } = ecosystem;
    const api = configPath === undefined ? undefined : apiOf?.(JSON.parse(await readConfig(configPath)));
    if (api === undefined || !URL.canParse(api))
      throw new CordonError("NO_ENDPOINT", "the upstream registry has no API of its own");
    return api;
  };
  /** Undefined where it is still the one with that tag. */
  const fetchDocument = async (url: URL, etag: string | undefined): Promise<FetchedDocument | "none" | undefined> => {
    const { status, headers, body } = await fetchCompressed(fetch, url, {
      headers: { accept: ecosystem.listingAccept, ...authorization, ...(etag && { "if-none-match": etag }) },
      maxBytes: limits.listingBytes,
      timeoutMs: limits.timeoutMs,
      signal: AbortSignal.timeout(limits.listingMs),
    });
    if (etag !== undefined && status === 304) return undefined;
    if (status === 404 || status === 410) return "none";
    if (status !== 200) throw failureOf(url, status);
    return { bytes: body, digest: sha256(body), etag: tagOf(headers["etag"]) };
  };
  const ask = async (
    url: URL,
    { method, body, encoding, maxBytes }: Omit<RelayRequest, "path">,
  ): Promise<RelayedAnswer> => {
    const isOwn = requireKnown(url, "an answer");
    const { status, body: answer } = await fetchBytes(fetch, url, {
      method,
      headers: {
        accept: "application/json",
        ...(isOwn && authorization),
        ...(body && { "content-type": "application/json" }),
        ...(encoding && { "content-encoding": encoding }),
      },
      ...(body && { body }),
      maxBytes: maxBytes ?? limits.relayBytes,
      timeoutMs: limits.timeoutMs,
      signal: AbortSignal.timeout(limits.listingMs),
    });
    if (NO_ENDPOINT.has(status))
      throw new CordonError("NO_ENDPOINT", `the upstream registry does not answer ${oneLine(url.pathname, 200)}`);
    if (status >= 500 || status === 401 || status === 403) throw failureOf(url, status);
    requireJson(url, answer);
    return { status, body: answer };
  };
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
        config = undefined; // it may be what is wrong, and mended before the hour is over
        throw error;
      }
    },
    async listing(name) {
      const document = await upstream.document(name);
      return upstream.parse(name, document?.bytes ?? new Uint8Array());
    },
    async document(name, known) {
      const url = ecosystem.listingUrl(registry, name);
      const config = ecosystem.configPath === undefined ? "" : await readConfig(ecosystem.configPath);
      // A tag is of the listing alone: behind another config it would tell that nothing has changed.
      const mark = config === "" ? "" : `${sha256(config)} `;
      const tag = known?.etag?.startsWith(mark) ? known.etag.slice(mark.length) : undefined;
      const answer = await fetchDocument(url, tag);
      if (!answer) return undefined;
      if (answer === "none")
        throw new CordonError("NOT_FOUND", `the upstream registry has no ${toPurl({ type: ecosystem.type, name })}`);
      if (config === "") return answer.digest === known?.digest ? undefined : answer;
      const bytes = Buffer.concat([Buffer.from(config), answer.bytes]);
      const digest = sha256(bytes);
      const etag = answer.etag === undefined ? undefined : `${mark}${answer.etag}`;
      return digest === known?.digest ? undefined : { bytes, digest, etag };
    },
    async names() {
      const url = new URL(registry.href.endsWith("/") ? registry : `${registry.href}/`);
      const answer = ecosystem.names && (await fetchDocument(url, undefined));
      if (!ecosystem.names || !answer || answer === "none")
        throw new CordonError("NO_ENDPOINT", "the upstream registry does not tell the names of all packages");
      return ecosystem.names.parse(answer.bytes);
    },
    async relay(request) {
      const base = request.toApi ? await readApi() : registry.href;
      return ask(new URL(`${base.replace(/\/$/, "")}${request.path}`), request);
    },
    async text({ path, maxBytes = limits.relayBytes }) {
      const url = new URL(`${registry.href.replace(/\/$/, "")}${path}`);
      const { status, body } = await fetchBytes(fetch, url, {
        headers: authorization,
        maxBytes,
        timeoutMs: limits.timeoutMs,
        signal: AbortSignal.timeout(limits.listingMs),
      });
      if (status === 404 || status === 410)
        throw new CordonError("NOT_FOUND", `the upstream registry has no ${oneLine(path, 200)}`);
      if (status !== 200) throw failureOf(url, status);
      return body;
    },
    named: (address) => ask(new URL(address), { method: "GET" }),
    async file(file, signal) {
      if (!URL.canParse(file.url))
        throw new CordonError("UPSTREAM_MALFORMED", `the upstream's document has no address of ${file.name}`);
      const url = new URL(file.url);
      const isOwn = requireKnown(url, file.name);
      const { status, headers, body } = await fetchFile(url, {
        maxBytes: limits.fileBytes,
        timeoutMs: limits.timeoutMs,
        headers: { "accept-encoding": "identity", ...(isOwn && authorization) },
        leavesOrigin: fileOrigins === "public" ? isPublic : fileOrigins,
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
    },
    publishing: () => publishing,
  };
  return upstream;
}

/** What stands before the host of an address is sent as clients send it, and told nowhere. */
function credentialsOf({ ecosystem, registry, token }: Pick<UpstreamOptions, "ecosystem" | "registry" | "token">) {
  const bare = new URL(registry);
  bare.username = "";
  bare.password = "";
  const [user, password] = [registry.username, registry.password].map(decodeURIComponent);
  const basic = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  const value = token === undefined ? basic : ecosystem.sendsBareTokens ? token : `Bearer ${token}`;
  return { registry: bare, authorization: token === undefined && user === "" ? {} : { authorization: value } };
}

/** No address, and no name that means something on this network alone. */
function isPublic({ protocol, hostname, port }: URL): boolean {
  const isName = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$/.test(hostname);
  return (
    protocol === "https:" && port === "" && isName && !/\.(local|localhost|internal|lan|home|corp)$/.test(hostname)
  );
}

const CONFIG_MS = 60 * 60_000;
/** It stands before every document, and has a few lines. */
const MAX_CONFIG_BYTES = 64 * 1024;

/** What registries answer with that do not have what is asked for: not found, gone, not allowed, not implemented (RFC 9110). */
const NO_ENDPOINT: ReadonlySet<number> = new Set([404, 410, 405, 501]);

/** A tag that can be sent back; whatever else the header holds is none. */
function tagOf(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" && /^(W\/)?"[\x21\x23-\x7e]{1,256}"$/.test(header) ? header : undefined;
}

/** A page in another language, or half of one, must not pass for a registry's answer. */
function requireJson(url: URL, body: Uint8Array): void {
  if (countValues(body) > MAX_VALUES)
    throw new CordonError("UPSTREAM_TOO_LARGE", `${describe(url)} answered with more values than are read`);
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    throw new CordonError("UPSTREAM_MALFORMED", `${describe(url)} answered with what is no JSON`, { cause });
  }
}

/** A registry that is in trouble is not one that does not want to answer. */
function failureOf(url: URL, status: number): CordonError {
  const isInTrouble = status >= 500 || status === 429 || status === 408;
  return new CordonError(isInTrouble ? "UPSTREAM_STATUS" : "UPSTREAM_REFUSED", `${describe(url)} answered ${status}`);
}
