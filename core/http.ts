/** The one door to the network: every answer is bounded in size and time, and credentials stay with the origin asked. */
import { pipeline, type Readable, Transform } from "node:stream";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { type Dispatcher, EnvHttpProxyAgent, request } from "undici";
import { CordonError, messageOf } from "./errors.ts";
import { oneLine } from "./words.ts";

/** Never, always, to these origins, or to these addresses. */
export type LeavesOrigin = boolean | readonly string[] | ((target: URL) => boolean);

export interface FetchOptions {
  /** Left out: GET. */
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  /** A stream is sent as it comes, and destroyed where it cannot be sent to its end. */
  readonly body?: Uint8Array | string | Readable;
  /**
   * Whether a redirect may lead to another origin, or to which; never from https to http. `authorization` does not go along.
   * Left out: no.
   */
  readonly leavesOrigin?: LeavesOrigin;
  readonly maxBytes: number;
  /** For the headers, and again for each silence in the body. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface FetchedStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Errors are CordonErrors. Whoever gets it must read or destroy it. */
  readonly body: Readable;
}

export interface FetchedBytes extends Omit<FetchedStream, "body"> {
  readonly body: Uint8Array;
}

/** Sends requests; tests give a function of their own. */
export type Fetch = (url: URL, options: FetchOptions) => Promise<FetchedStream>;

const MAX_REDIRECTS = 3;

/** HTTP(S) through a pool of so many connections an origin, which honours HTTPS_PROXY and NO_PROXY; this machine is asked directly. */
export function createFetch(connections = 64): Fetch {
  const exempt = [process.env["no_proxy"] ?? process.env["NO_PROXY"], "localhost", "127.0.0.1", "::1"];
  const dispatcher = new EnvHttpProxyAgent({ connections, pipelining: 1, noProxy: exempt.filter(Boolean).join(",") });
  return async function fetchStream(url, options) {
    let target = url;
    let hasLeft = false;
    for (let redirects = 0; ; redirects++) {
      // Once left, never again: another origin may not choose what is asked with the token either.
      hasLeft ||= target.origin !== url.origin;
      const answer = await send(dispatcher, target, hasLeft ? withoutSecrets(options) : options);
      const location = answer.headers["location"];
      if (answer.status < 300 || answer.status >= 400 || answer.status === 304 || typeof location !== "string")
        return answer;
      answer.body.destroy();
      // What was sent once must not be sent again to wherever the answer says.
      if (options.body !== undefined) throw redirected(target, "and what was sent is not sent again");
      target = redirectTarget(target, location, redirects, options.leavesOrigin ?? false);
    }
  };
}

/** Fetches the whole body. Throws UPSTREAM_TOO_LARGE, UPSTREAM_TIMEOUT, UPSTREAM_UNREACHABLE. */
export async function fetchBytes(fetch: Fetch, url: URL, options: FetchOptions): Promise<FetchedBytes> {
  const { body, ...answer } = await fetch(url, options);
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return { ...answer, body: Buffer.concat(chunks) };
}

/** As fetchBytes(), compressed on the way where the server can; `maxBytes` bounds both forms. Throws UPSTREAM_MALFORMED too. */
export async function fetchCompressed(fetch: Fetch, url: URL, options: FetchOptions): Promise<FetchedBytes> {
  const headers = { ...options.headers, "accept-encoding": "gzip" };
  const answer = await fetchBytes(fetch, url, { ...options, headers });
  const encoding = answer.headers["content-encoding"] ?? "identity";
  if (encoding === "identity" || answer.body.length === 0) return answer;
  if (encoding !== "gzip" && encoding !== "x-gzip")
    throw new CordonError("UPSTREAM_MALFORMED", `${describe(url)} is encoded in a way that was not asked for`);
  try {
    return { ...answer, body: await promisify(gunzip)(answer.body, { maxOutputLength: options.maxBytes }) };
  } catch (cause) {
    if ((cause as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(url, options.maxBytes);
    throw new CordonError("UPSTREAM_MALFORMED", `${describe(url)} cannot be unpacked: ${messageOf(cause)}`, { cause });
  }
}

const RESUMES = 3;

/**
 * As fetchBytes(), for a large body that never changes: when it breaks off, what is missing is asked for (RFC 9110,
 * section 14). A server that does not know ranges sends it whole again.
 */
export async function fetchResuming(fetch: Fetch, url: URL, options: FetchOptions): Promise<FetchedBytes> {
  let chunks: Buffer[] = [];
  let received = 0;
  for (let resumes = 0; ; resumes++) {
    const range = received > 0 ? { range: `bytes=${received}-` } : {};
    try {
      const headers = { "accept-encoding": "identity", ...options.headers, ...range };
      const { body, ...answer } = await fetch(url, { ...options, headers });
      const isRest = received > 0 && answer.status === 206 && startOf(answer.headers["content-range"]) === received;
      if (!isRest) [chunks, received] = [[], 0];
      for await (const chunk of body) {
        chunks.push(chunk as Buffer);
        received += (chunk as Buffer).length;
        if (received > options.maxBytes) throw tooLarge(url, options.maxBytes);
      }
      return { ...answer, status: isRest ? 200 : answer.status, body: Buffer.concat(chunks) };
    } catch (error) {
      const isBroken =
        error instanceof CordonError && (error.code === "UPSTREAM_UNREACHABLE" || error.code === "UPSTREAM_TIMEOUT");
      if (!isBroken || received === 0 || resumes === RESUMES || options.signal?.aborted) throw error;
    }
  }
}

function startOf(contentRange: string | string[] | undefined): number | undefined {
  const start = /^bytes (\d+)-/.exec(String(contentRange))?.[1];
  return start === undefined ? undefined : Number(start);
}

async function send(
  dispatcher: Dispatcher,
  url: URL,
  { method = "GET", headers, body, maxBytes, timeoutMs, signal }: FetchOptions,
): Promise<FetchedStream> {
  let answer: Dispatcher.ResponseData;
  try {
    answer = await request(url, {
      dispatcher,
      method,
      headers: { "user-agent": "cordon", ...headers },
      ...(body !== undefined && { body }),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      ...(signal && { signal }),
    });
  } catch (cause) {
    throw toFailure(url, cause);
  }
  // Without a listener from the start, a body that fails before anyone reads it would end the process.
  answer.body.on("error", () => {});
  const announced = Number(answer.headers["content-length"] ?? 0);
  if (announced > maxBytes) {
    answer.body.destroy();
    throw tooLarge(url, maxBytes);
  }
  return { status: answer.statusCode, headers: answer.headers, body: limited(answer.body, url, maxBytes) };
}

function limited(body: Readable, url: URL, maxBytes: number): Readable {
  let seen = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > maxBytes) done(tooLarge(url, maxBytes));
      else done(null, chunk);
    },
  });
  limit.on("error", () => {});
  // Before pipeline() does, which would hand the failure on as it came.
  body.on("error", (cause) => limit.destroy(toFailure(url, cause)));
  return pipeline(body, limit, () => {});
}

function redirectTarget(from: URL, location: string, redirects: number, leavesOrigin: LeavesOrigin): URL {
  if (redirects >= MAX_REDIRECTS) throw redirected(from, `more than ${MAX_REDIRECTS} times`);
  if (!URL.canParse(location, from)) throw redirected(from, "to what is no URL");
  const target = new URL(location, from);
  if (target.origin === from.origin) return target;
  if (!mayLeave(target, leavesOrigin))
    throw redirected(from, `to another origin (${originOf(target)}), which is not followed`);
  if (target.protocol !== "https:" && target.protocol !== from.protocol)
    throw redirected(from, `from https to ${target.protocol}, which is not followed`);
  return target;
}

function mayLeave(target: URL, to: LeavesOrigin): boolean {
  if (typeof to === "function") return to(target);
  return typeof to === "boolean" ? to : to.includes(target.origin);
}

function redirected(from: URL, how: string): CordonError {
  return new CordonError("UPSTREAM_STATUS", `${describe(from)} redirects ${how}`);
}

function withoutSecrets(options: FetchOptions): FetchOptions {
  const { authorization: _, ...headers } = options.headers ?? {};
  return { ...options, headers };
}

function tooLarge(url: URL, maxBytes: number): CordonError {
  return new CordonError("UPSTREAM_TOO_LARGE", `${describe(url)} is larger than the ${maxBytes} bytes allowed`);
}

function toFailure(url: URL, cause: unknown): CordonError {
  if (cause instanceof CordonError) return cause;
  const code = (cause as { code?: string }).code ?? "";
  if (/TIMEOUT/.test(code) || (cause as Error).name === "TimeoutError") {
    return new CordonError("UPSTREAM_TIMEOUT", `${describe(url)} did not answer in time`, { cause });
  }
  return new CordonError(
    "UPSTREAM_UNREACHABLE",
    `${describe(url)} cannot be reached: ${messageOf(cause)}${code ? ` (${code})` : ""}`,
    { cause },
  );
}

/** What a stranger names may be of any length. */
const MAX_TOLD = 200;

/** A URL for a message: no credentials, no query. */
export function describe(url: URL): string {
  return oneLine(`${url.origin}${url.pathname}`, MAX_TOLD);
}

/** An origin for a message; of what has none, such as `file:`, the protocol. */
export function originOf(url: URL): string {
  return oneLine(url.origin === "null" ? url.protocol : url.origin, MAX_TOLD);
}

/** Whether what is sent there stays on this machine. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Whether others could read on the way what is sent there, such as a token. */
export function isInTheClear(url: URL): boolean {
  return url.protocol !== "https:" && !isLoopback(url);
}
