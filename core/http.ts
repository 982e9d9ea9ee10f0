/** The one door to the network: every answer is bounded in size and time, and no redirect leaves the origin asked. */
import { pipeline, type Readable, Transform } from "node:stream";
import { type Dispatcher, EnvHttpProxyAgent, request } from "undici";
import { CordonError, messageOf } from "./errors.ts";

export interface FetchOptions {
  readonly headers?: Readonly<Record<string, string>>;
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

/** HTTP(S) through a pool of so many connections an origin, which honours HTTPS_PROXY and NO_PROXY. */
export function createFetch(connections = 64): Fetch {
  const dispatcher = new EnvHttpProxyAgent({ connections, pipelining: 1 });
  return async function fetchStream(url, options) {
    let target = url;
    for (let redirects = 0; ; redirects++) {
      const answer = await send(dispatcher, target, options);
      const location = answer.headers["location"];
      if (answer.status < 300 || answer.status >= 400 || answer.status === 304 || typeof location !== "string")
        return answer;
      answer.body.destroy();
      target = redirectTarget(target, location, redirects);
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

async function send(
  dispatcher: Dispatcher,
  url: URL,
  { headers, maxBytes, timeoutMs, signal }: FetchOptions,
): Promise<FetchedStream> {
  let answer: Dispatcher.ResponseData;
  try {
    answer = await request(url, {
      dispatcher,
      headers: { "user-agent": "cordon", ...headers },
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

function redirectTarget(from: URL, location: string, redirects: number): URL {
  if (redirects >= MAX_REDIRECTS)
    throw new CordonError("UPSTREAM_STATUS", `${describe(from)} redirects more than ${MAX_REDIRECTS} times`);
  if (!URL.canParse(location, from))
    throw new CordonError("UPSTREAM_STATUS", `${describe(from)} redirects to what is no URL`);
  const target = new URL(location, from);
  if (target.origin !== from.origin)
    throw new CordonError(
      "UPSTREAM_STATUS",
      `${describe(from)} redirects to another origin (${target.origin}), which is not followed`,
    );
  return target;
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

/** A URL for a message: no credentials, no query. */
export function describe(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
