/** What an upstream's answers mean. */
import { CordonError } from "./errors.ts";
import { describe } from "./http.ts";
import { countValues, MAX_VALUES } from "./json.ts";

/** What registries answer with that do not have what is asked for: not found, gone, not allowed, not implemented (RFC 9110). */
export const NO_ENDPOINT: ReadonlySet<number> = new Set([404, 410, 405, 501]);

/** A tag that can be sent back; whatever else the header holds is none. */
export function tagOf(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" && /^(W\/)?"[\x21\x23-\x7e]{1,256}"$/.test(header) ? header : undefined;
}

/** A page in another language, or half of one, must not pass for a registry's answer. */
export function requireJson(url: URL, body: Uint8Array): void {
  if (countValues(body) > MAX_VALUES)
    throw new CordonError("UPSTREAM_TOO_LARGE", `${describe(url)} answered with more values than are read`);
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    throw new CordonError("UPSTREAM_MALFORMED", `${describe(url)} answered with what is no JSON`, { cause });
  }
}

/** A registry that is in trouble is not one that does not want to answer. */
export function failureOf(url: URL, status: number): CordonError {
  const isInTrouble = status >= 500 || status === 429 || status === 408;
  return new CordonError(isInTrouble ? "UPSTREAM_STATUS" : "UPSTREAM_REFUSED", `${describe(url)} answered ${status}`);
}
