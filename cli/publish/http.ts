/** A web server that takes PUT as a target: WebDAV, an artifact store, a bucket behind a gateway. */
import { BUNDLE_FILE, blobPath } from "../../core/bundle/manifest.ts";
import { baseUrl, httpSource } from "../../core/bundle/sources/http.ts";
import { CordonError } from "../../core/errors.ts";
import { describe, type Fetch, fetchBytes, fetchResuming } from "../../core/http.ts";
import { readPublished } from "../trusted-bundle.ts";
import type { PublishTarget } from "./target.ts";

const ANSWER_BYTES = 64 * 1024;
const SILENCE_MS = 60_000;
const PUT_MS = 15 * 60_000;

/** The signed file is written on condition that it is still the one that was read (RFC 9110, section 13.1). */
export function httpTarget(text: string, fetch: Fetch, token: string | undefined): PublishTarget {
  const base = baseUrl(text, token);
  const source = httpSource(text, fetch, token);
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const put = async (path: string, body: Uint8Array, headers: Record<string, string>): Promise<number> => {
    const url = new URL(path, base);
    const { status } = await fetchBytes(fetch, url, {
      method: "PUT",
      body,
      headers: { ...authorization, ...headers },
      maxBytes: ANSWER_BYTES,
      // The server says nothing until it has everything, which is no silence.
      timeoutMs: PUT_MS,
      signal: AbortSignal.timeout(PUT_MS),
    });
    if (status === 401 || status === 403) throw new CordonError("SOURCE_DENIED", `${describe(url)} answered ${status}`);
    if (status !== 412 && (status < 200 || status >= 300))
      throw new CordonError("UPSTREAM_STATUS", `${describe(url)} answered ${status} to PUT`);
    return status;
  };
  /** Whether the server has these very bytes: an upload that was cut may have left some of them under their name. */
  const has = async (path: string, bytes: Uint8Array): Promise<boolean> => {
    try {
      const { status, body } = await fetchResuming(fetch, new URL(path, base), {
        headers: authorization,
        maxBytes: bytes.length,
        timeoutMs: SILENCE_MS,
        signal: AbortSignal.timeout(PUT_MS),
        leavesOrigin: true,
      });
      return status === 200 && Buffer.compare(body, bytes) === 0;
    } catch (error) {
      if (error instanceof CordonError && error.code === "UPSTREAM_TOO_LARGE") return false;
      throw error;
    }
  };
  return {
    source,
    async publish({ manifest, bytes, readBlob }, admit, report) {
      const blobHeaders = {
        "content-type": "application/gzip",
        "cache-control": "public, max-age=31536000, immutable",
      };
      for (const { name, gzip } of manifest.parts) {
        const [path, blob] = [blobPath(gzip.sha256), readBlob(gzip.sha256)];
        const status = await put(path, blob, { ...blobHeaders, "if-none-match": "*" });
        const isThere = status === 412 && (await has(path, blob));
        // Whoever else writes it writes the same bytes, so there is nothing to be careful of.
        if (status === 412 && !isThere && (await put(path, blob, blobHeaders)) === 412)
          throw new CordonError("UPSTREAM_STATUS", `${source.name} has other bytes as part ${name}, and keeps them`);
        report(name, isThere ? "there already" : "sent");
      }
      const published = await readPublished(source);
      admit(published?.bytes);
      const condition = conditionOf(published?.validator);
      const headers = { "content-type": "application/json", "cache-control": "no-cache", ...condition };
      if ((await put(BUNDLE_FILE, bytes, headers)) === 412)
        throw new CordonError("BUNDLE_OVERTAKEN", `somebody else published to ${source.name} at the same time`);
      report(BUNDLE_FILE, "sent");
      return { url: new URL(BUNDLE_FILE, base).href };
    },
  };
}

/** Throws UPSTREAM_STATUS where the server has no ETag to hold on to: two publishers could overwrite each other. */
function conditionOf(validator: string | undefined): Record<string, string> {
  if (validator === undefined) return { "if-none-match": "*" };
  if (validator.startsWith('"')) return { "if-match": validator };
  throw new CordonError("UPSTREAM_STATUS", "the server gives no strong ETag, so a fork could not be noticed");
}
