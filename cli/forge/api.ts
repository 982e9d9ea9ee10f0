/** JSON over HTTP with a token, bounded: what the APIs of forges have in common. */
import { CordonError } from "../../core/errors.ts";
import { describe, type Fetch, fetchBytes, isInTheClear } from "../../core/http.ts";
import { isObject } from "../../core/json.ts";
import { apiFailure, apiLimits, complaintText, parseAnswer, parseComplaint } from "../../core/json-api.ts";
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

/** Throws USAGE where the token would be sent in the clear. */
export function openApi({ url: top, fetch, authorization: [header, value], variable }: ApiOptions): Send {
  if (isInTheClear(top))
    throw new CordonError("USAGE", `the token in ${variable} is not sent to ${top.origin} in the clear`, {
      next: "Name the API by https: `forge.api` in cordon.yaml.",
    });
  return async (method, path, body) => {
    const url = new URL(path, top);
    const answer = await fetchBytes(fetch, url, {
      method,
      headers: { accept: "application/json", [header]: value, ...(body && { "content-type": "application/json" }) },
      ...(body && { body: JSON.stringify(body) }),
      ...apiLimits(),
    });
    const { status, headers } = answer;
    if (status < 200 || status >= 300) throw toFailure(url, status, answer.body, headers["retry-after"]);
    return answer.body.length === 0 ? undefined : parseAnswer(url, answer.body);
  };
}

function toFailure(url: URL, status: number, body: Uint8Array, wait: string | string[] | undefined): Error {
  const complaint = complaintOf(body);
  const until = status === 429 || status === 403 || status === 503 ? retryAfter(wait) : undefined;
  if (until) return new ServerBusy(`${describe(url)} answered ${status}${complaint}`, until);
  return apiFailure(url, status, complaint);
}

/** The forge's own word on what is wrong, on one line. */
function complaintOf(body: Uint8Array): string {
  const value = parseComplaint(body);
  const message = isObject(value) ? (value["message"] ?? value["error_description"] ?? value["error"]) : undefined;
  return message === undefined ? "" : `: ${oneLine(complaintText(message), 200)}`;
}
