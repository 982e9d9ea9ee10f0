/** A bundle below a URL: a web server, or a bucket that is served as one. */
import { sha256 } from "../../digest.ts";
import { CordonError } from "../../errors.ts";
import { describe, type Fetch, type FetchedBytes, fetchBytes, fetchResuming, isInTheClear } from "../../http.ts";
import { retryAfter, ServerBusy } from "../../server-busy.ts";
import { BUNDLE_FILE, BUNDLE_LIMITS, blobPath } from "../manifest.ts";
import type { BundleSource } from "../source.ts";

/** Bounds on time, however steadily the bytes trickle in. */
export const SOURCE_LIMITS = { silenceMs: 20_000, manifestMs: 60_000, blobMs: 15 * 60_000 } as const;

/** Throws USAGE for a URL that cannot be one, holds credentials, or would send the token in the clear. */
export function httpSource(text: string, fetch: Fetch, token: string | undefined): BundleSource {
  const base = baseUrl(text, token);
  const headers = {
    accept: "application/json, application/octet-stream",
    ...(token && { authorization: `Bearer ${token}` }),
  };
  const readBlob = async (digest: string, maxBytes: number): Promise<Uint8Array> => {
    const url = new URL(blobPath(digest), base);
    const answer = await fetchResuming(fetch, url, {
      headers,
      maxBytes,
      timeoutMs: SOURCE_LIMITS.silenceMs,
      signal: AbortSignal.timeout(SOURCE_LIMITS.blobMs),
      leavesOrigin: true,
    });
    requireOk(url, answer);
    return answer.body;
  };
  return {
    name: describe(base),
    minPollSeconds: 0,
    async poll(validator) {
      const url = new URL(BUNDLE_FILE, base);
      const answer = await fetchBytes(fetch, url, {
        headers: { ...headers, ...(isEntityTag(validator) && { "if-none-match": validator }) },
        maxBytes: BUNDLE_LIMITS.manifestBytes,
        timeoutMs: SOURCE_LIMITS.silenceMs,
        signal: AbortSignal.timeout(SOURCE_LIMITS.manifestMs),
        leavesOrigin: true,
      });
      if (answer.status === 304 && validator !== undefined) return undefined;
      requireOk(url, answer);
      const etag = answer.headers["etag"];
      const current = typeof etag === "string" && isEntityTag(etag) ? etag : sha256(answer.body);
      return current === validator ? undefined : { bytes: answer.body, validator: current, readBlob };
    },
  };
}

/** RFC 9110, section 8.8.3. */
function isEntityTag(text: string | undefined): text is string {
  return text !== undefined && /^(W\/)?"[\x21\x23-\x7e]*"$/.test(text);
}

/** Throws USAGE. */
export function baseUrl(text: string, token: string | undefined): URL {
  if (!URL.canParse(text)) throw new CordonError("USAGE", `${JSON.stringify(text)} is no URL`);
  const url = new URL(text);
  if (url.username || url.password || url.search || url.hash)
    throw new CordonError(
      "USAGE",
      `a bundle's URL has no credentials, query or fragment: give a token in CORDON_BUNDLE_TOKEN, and ${describe(url)}`,
    );
  if (token && isInTheClear(url))
    throw new CordonError("USAGE", `CORDON_BUNDLE_TOKEN is not sent to ${describe(url)} in the clear: use https`);
  url.pathname = `${url.pathname.replace(new RegExp(`/?(${BUNDLE_FILE.replaceAll(".", "\\.")})?$`), "")}/`;
  return url;
}

function requireOk(url: URL, { status, headers }: FetchedBytes): void {
  if (status === 200) return;
  if (status === 404 || status === 410) throw new CordonError("BUNDLE_MISSING", `there is no ${describe(url)}`);
  if (status === 401 || status === 403) throw new CordonError("SOURCE_DENIED", `${describe(url)} answered ${status}`);
  if (status === 429 || status === 503) {
    const wait = retryAfter(headers["retry-after"]);
    if (wait) throw new ServerBusy(`${describe(url)} answered ${status}`, wait);
  }
  throw new CordonError("UPSTREAM_STATUS", `${describe(url)} answered ${status}`);
}
