/** JSON over HTTP, bounded: what the APIs of GitHub and of other forges have in common. */
import { CordonError } from "./errors.ts";
import { describe, type FetchOptions } from "./http.ts";

const JSON_BYTES = 16 * 1024 * 1024;
const SILENCE_MS = 20_000;
const TOTAL_MS = 60_000;
/** What is wrong is said in less. */
const COMPLAINT_BYTES = 4096;

/** Of one request, from now on. */
export function apiLimits(): Pick<FetchOptions, "maxBytes" | "timeoutMs" | "signal"> {
  return { maxBytes: JSON_BYTES, timeoutMs: SILENCE_MS, signal: AbortSignal.timeout(TOTAL_MS) };
}

/** Throws UPSTREAM_MALFORMED: a page in another language, or half of an answer, must not pass for one. */
export function parseAnswer(url: URL, body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    throw new CordonError("UPSTREAM_MALFORMED", `${describe(url)} answered with what is no JSON`, { cause });
  }
}

/** What a failure's answer says, whatever it is; undefined for what cannot be read. */
export function parseComplaint(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.subarray(0, COMPLAINT_BYTES)).toString("utf8"));
  } catch {
    return undefined;
  }
}

/** A value of it in a sentence. Text is made of nothing else: an object may bring a `toString` of its own. */
export function complaintText(value: unknown): string {
  return typeof value === "string" ? value : String(JSON.stringify(value));
}

/** `complaint`: the API's own word on what is wrong, behind a colon, or nothing. */
export function apiFailure(url: URL, status: number, complaint: string): CordonError {
  const said = `${describe(url)} answered ${status}${complaint}`;
  if (status === 401 || status === 403) return new CordonError("SOURCE_DENIED", said);
  if (status === 404) return new CordonError("NOT_FOUND", `${describe(url)} is not there, or not for this token`);
  return new CordonError("UPSTREAM_STATUS", said);
}
