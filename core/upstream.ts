/** The registry behind Cordon: documents by name, files by what the documents say. */
import type { Readable } from "node:stream";
import type { Ecosystem, Listing, ReleaseFile } from "./ecosystems/ecosystem.ts";
import { CordonError } from "./errors.ts";
import { describe, type Fetch, fetchBytes, originOf } from "./http.ts";
import { countValues, MAX_VALUES } from "./json.ts";
import { toPurl } from "./purl.ts";

/** Bounds on what an upstream may send. The largest packument known has some 40 MB. */
export const UPSTREAM_LIMITS = {
  listingBytes: 128 * 1024 * 1024,
  fileBytes: 2 * 1024 * 1024 * 1024,
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

export interface RelayRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: Uint8Array;
  /** How the body is encoded; left out: not at all. */
  readonly encoding?: "gzip";
}

export interface RelayedAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** Throws UPSTREAM_* failures, and NOT_FOUND where the upstream has no such package or file. */
export interface Upstream {
  readonly ecosystem: Ecosystem;
  readonly registry: URL;
  listing(name: string): Promise<Listing>;
  /**
   * Asks a path below the registry as it is; what the upstream answers with is a JSON document, whatever it says of
   * itself. Throws UPSTREAM_STATUS for an answer that is none.
   */
  relay(request: RelayRequest): Promise<RelayedAnswer>;
  /** The signal ends the asking; a body that has come is its reader's to let go of. */
  file(file: ReleaseFile, signal?: AbortSignal): Promise<UpstreamFile>;
}

export interface UpstreamOptions {
  readonly ecosystem: Ecosystem;
  readonly registry: URL;
  readonly fetch: Fetch;
  /** Files may have connections of their own; left out: they have none. */
  readonly fetchFile?: Fetch;
  /** For this registry; it goes to no other origin. */
  readonly token?: string;
  readonly limits?: UpstreamLimits;
}

export function createUpstream({
  ecosystem,
  registry,
  fetch,
  fetchFile = fetch,
  token,
  limits = UPSTREAM_LIMITS,
}: UpstreamOptions): Upstream {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return {
    ecosystem,
    registry,
    async listing(name) {
      const url = ecosystem.listingUrl(registry, name);
      const { status, body } = await fetchBytes(fetch, url, {
        headers: { accept: ecosystem.listingAccept, ...authorization },
        maxBytes: limits.listingBytes,
        timeoutMs: limits.timeoutMs,
        signal: AbortSignal.timeout(limits.listingMs),
      });
      if (status === 404 || status === 410)
        throw new CordonError("NOT_FOUND", `the upstream registry has no ${toPurl({ type: ecosystem.type, name })}`);
      if (status !== 200) throw failureOf(url, status);
      return ecosystem.parseListing(name, body);
    },
    async relay({ method, path, body, encoding }) {
      const url = new URL(`${registry.href.replace(/\/$/, "")}${path}`);
      const { status, body: answer } = await fetchBytes(fetch, url, {
        method,
        headers: {
          accept: "application/json",
          ...authorization,
          ...(body && { "content-type": "application/json" }),
          ...(encoding && { "content-encoding": encoding }),
        },
        ...(body && { body }),
        maxBytes: limits.relayBytes,
        timeoutMs: limits.timeoutMs,
        signal: AbortSignal.timeout(limits.listingMs),
      });
      if (status >= 500 || status === 401 || status === 403) throw failureOf(url, status);
      if (status === 404 || status === 410)
        throw new CordonError("NO_ENDPOINT", `the upstream registry does not answer ${path.split("?", 1)[0]}`);
      requireJson(url, answer);
      return { status, body: answer };
    },
    async file(file, signal) {
      const url = new URL(file.url);
      // A document must not send Cordon, or its credentials, to a host that the operator did not name.
      if (url.origin !== registry.origin)
        throw new CordonError(
          "UPSTREAM_MALFORMED",
          `the upstream's document says that ${file.name} lies on another origin (${originOf(url)})`,
        );
      const { status, headers, body } = await fetchFile(url, {
        maxBytes: limits.fileBytes,
        timeoutMs: limits.timeoutMs,
        headers: { "accept-encoding": "identity", ...authorization },
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
  };
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
