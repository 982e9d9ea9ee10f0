/** What a client writes to a registry in its own name: the operator's credentials have no part in it. */
import type { Readable } from "node:stream";
import { CordonError } from "./errors.ts";
import { describe, type Fetch, fetchBytes } from "./http.ts";
import { parseAnswer } from "./json-api.ts";

export const PUBLISH_LIMITS = {
  /** A release as a client sends it: its file in base64, and its manifest. */
  bodyBytes: 512 * 1024 * 1024,
  answerBytes: 1024 * 1024,
  /** For the answer once all is sent: a registry looks through what it takes. */
  answerMs: 120_000,
  /** From the first byte to the answer; Node ends a request that takes longer to come in by itself. */
  totalMs: 300_000,
} as const;

export interface WriteRequest {
  readonly method: "PUT" | "DELETE";
  /** Below the registry. */
  readonly path: string;
  /** The headers by which the registry knows the client. */
  readonly credentials: Readonly<Record<string, string>>;
  /** JSON; left out: there is none. */
  readonly body?: WriteBody;
  readonly signal: AbortSignal;
}

export interface WriteBody {
  readonly stream: Readable;
  /** In bytes; left out: the client did not say. */
  readonly length?: number;
  /** How it is encoded; left out: not at all. */
  readonly encoding?: "gzip";
}

export interface WriteAnswer {
  readonly status: number;
  /** JSON. */
  readonly body: Uint8Array;
  /** `www-authenticate`: what the registry wants to know first, a one-time password for instance. */
  readonly challenge: string | undefined;
  /** `npm-notice`. */
  readonly notice: string | undefined;
}

export interface Publishing {
  readonly registry: URL;
  /**
   * Sends it to this registry and to nobody else. Throws UPSTREAM_* where the registry is at fault; that it refuses is an
   * answer. Left out where the operator does not allow it.
   */
  readonly write?: (request: WriteRequest) => Promise<WriteAnswer>;
}

/** Without `fetch` nothing may be published there. */
export function createPublishing(registry: URL, fetch: Fetch | undefined): Publishing {
  if (!fetch) return { registry };
  return { registry, write: (request) => write(fetch, registry, request) };
}

async function write(fetch: Fetch, registry: URL, request: WriteRequest): Promise<WriteAnswer> {
  const { method, path, credentials, body, signal } = request;
  const url = new URL(`${registry.href.replace(/\/$/, "")}${path}`);
  const answer = await fetchBytes(fetch, url, {
    method,
    headers: { accept: "application/json", ...credentials, ...(body && headersOf(body)) },
    // Empty rather than none: with a body no redirect is followed.
    body: body?.stream ?? "",
    maxBytes: PUBLISH_LIMITS.answerBytes,
    timeoutMs: PUBLISH_LIMITS.answerMs,
    signal: AbortSignal.any([signal, AbortSignal.timeout(PUBLISH_LIMITS.totalMs)]),
  });
  const { status, headers } = answer;
  if (status < 200 || (status >= 300 && status < 400) || status >= 500)
    throw new CordonError("UPSTREAM_STATUS", `${describe(url)} answered ${status}`);
  return {
    // Without a body there would be nothing for a client to read.
    status: status === 204 ? 200 : status,
    body: jsonOf(url, status, answer.body),
    challenge: textOf(headers["www-authenticate"]),
    notice: textOf(headers["npm-notice"]),
  };
}

function headersOf({ length, encoding }: WriteBody): Record<string, string> {
  return {
    "content-type": "application/json",
    ...(length !== undefined && { "content-length": String(length) }),
    ...(encoding && { "content-encoding": encoding }),
  };
}

/** A page says no more than its status: that of a refusal is passed on, a page that speaks of success is no registry's. */
function jsonOf(url: URL, status: number, body: Uint8Array): Uint8Array {
  if (body.length === 0 && status < 300) return Buffer.from("{}");
  try {
    parseAnswer(url, body);
    return body;
  } catch (error) {
    if (status < 300) throw error;
    return Buffer.from(JSON.stringify({ error: `cordon: ${describe(url)} answered ${status}` }));
  }
}

function textOf(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" ? header : header?.join(", ");
}
