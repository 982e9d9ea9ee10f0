/** JSON over HTTP with a token, bounded: what the APIs of forges have in common. */
import { CordonError } from "../../core/errors.ts";
import { describe, type Fetch, fetchBytes, isLoopback } from "../../core/http.ts";
import { isObject } from "../../core/json.ts";
import { retryAfter, ServerBusy } from "../../core/server-busy.ts";
import { oneLine } from "../../core/words.ts";

export interface ApiOptions {
  /** Its top, with a slash at the end. */
  readonly url: URL;
  readonly fetch: Fetch;
  /** The header that carries the token, and what it holds. */
  readonly authorization: readonly [name: string, value: string];
  /** Where the token came from, for messages. */
  readonly variable: string;
}

export type Send = (method: "GET" | "POST" | "PUT" | "PATCH", path: string, body?: object) => Promise<unknown>;

const JSON_BYTES = 16 * 1024 * 1024;
const SILENCE_MS = 20_000;
const TOTAL_MS = 60_000;

/** Throws USAGE where the token would be sent in the clear. */
export function openApi({ url: top, fetch, authorization: [header, value], variable }: ApiOptions): Send {
  if (top.protocol !== "https:" && !isLoopback(top))
    throw new CordonError("USAGE", `the token in ${variable} is not sent to ${top.origin} in the clear`, {
      next: "Name the API by https: `forge.api` in cordon.yaml.",
    });
  return async (method, path, body) => {
    const url = new URL(path, top);
    const answer = await fetchBytes(fetch, url, {
      method,
      headers: { accept: "application/json", [header]: value, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
      maxBytes: JSON_BYTES,
      timeoutMs: SILENCE_MS,
      signal: AbortSignal.timeout(TOTAL_MS),
    });
    const { status, headers } = answer;
    if (status < 200 || status >= 300) throw toFailure(url, status, answer.body, headers["retry-after"]);
    return answer.body.length === 0 ? undefined : parseJson(url, answer.body);
  };
}

function parseJson(url: URL, body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch (cause) {
    throw new CordonError("UPSTREAM_MALFORMED", `${describe(url)} answered with what is no JSON`, { cause });
  }
}

function toFailure(url: URL, status: number, body: Uint8Array, wait: string | string[] | undefined): Error {
  const said = `${describe(url)} answered ${status}${complaintOf(body)}`;
  const until = status === 429 || status === 403 || status === 503 ? retryAfter(wait) : undefined;
  if (until) return new ServerBusy(said, until);
  if (status === 401 || status === 403) return new CordonError("SOURCE_DENIED", said);
  if (status === 404) return new CordonError("NOT_FOUND", `${describe(url)} is not there, or not for this token`);
  return new CordonError("UPSTREAM_STATUS", said);
}

/** The forge's own word on what is wrong, on one line. */
function complaintOf(body: Uint8Array): string {
  try {
    const value: unknown = JSON.parse(Buffer.from(body.subarray(0, 4096)).toString("utf8"));
    const message = isObject(value) ? (value["message"] ?? value["error_description"] ?? value["error"]) : undefined;
    if (message === undefined) return "";
    return `: ${oneLine(typeof message === "string" ? message : JSON.stringify(message), 200)}`;
  } catch {
    return "";
  }
}
