/** What an upstream's answers mean. */
import { CordonError } from "./errors.ts";
import { describe } from "./http.ts";
import { countValues, MAX_VALUES } from "./json.ts";
import { parseAnswer } from "./json-api.ts";

/** What registries answer with that do not have what is asked for: not found, gone, not allowed, not implemented (RFC 9110). */
export const NO_ENDPOINT: ReadonlySet<number> = new Set([404, 410, 405, 501]);

/** A tag that can be sent back; whatever else the header holds is none. */
export function tagOf(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" && /^(W\/)?"[\x21\x23-\x7e]{1,256}"$/.test(header) ? header : undefined;
}

/** Throws UPSTREAM_MALFORMED, UPSTREAM_TOO_LARGE. */
export function requireJson(url: URL, body: Uint8Array): void {
  if (countValues(body) > MAX_VALUES)
    throw new CordonError("UPSTREAM_TOO_LARGE", `${describe(url)} answered with more values than are read`);
  parseAnswer(url, body);
}

/** A registry that is in trouble is not one that does not want to answer. */
export function failureOf(url: URL, status: number): CordonError {
  const isInTrouble = status >= 500 || status === 429 || status === 408;
  return new CordonError(isInTrouble ? "UPSTREAM_STATUS" : "UPSTREAM_REFUSED", `${describe(url)} answered ${status}`);
}
