/** Whether a proxy answers, and enforces a bundle that it has verified. */
import { revisionOf } from "../../core/bundle/manifest.ts";
import { CordonError } from "../../core/errors.ts";
import { createFetch, type Fetch, fetchBytes } from "../../core/http.ts";
import { own, ownString } from "../../core/json.ts";
import { oneLine } from "../../core/words.ts";
import type { Addresses } from "./addresses.ts";

const WAIT_MS = 10_000;
const MAX_BYTES = 1024 * 1024;

/** What it enforces, as a sentence. Throws PROXY_MISSING, BUNDLE_MISSING, and what a request throws. */
export async function requireReady({ base }: Addresses, token: string, fetch: Fetch = createFetch(1)): Promise<string> {
  const ready = await ask(fetch, `${base}/-/readyz`, token);
  const bundle = oneLine(ownString(ready.body, "bundle") ?? "unknown", 50);
  if (ready.status === 401 || ready.status === 403)
    throw new CordonError("PROXY_MISSING", `${base} does not let this job ask (${ready.status})`, {
      next: "Give the input token, or let jobs reach the proxy without one.",
    });
  if (ready.status === 503 && own(ready.body, "ready") === false)
    throw new CordonError(
      "BUNDLE_MISSING",
      `the proxy at ${base} serves nothing: its bundle is ${bundle} (${oneLine(String(own(ready.body, "reason")), 100)})`,
      { next: `Installs would fail with 503. Ask the proxy's operator; ${base}/-/status tells more.` },
    );
  if (ready.status !== 200 || own(ready.body, "ready") !== true)
    throw new CordonError("PROXY_MISSING", `${base} answers ${ready.status}, and not as a proxy of Cordon does`, {
      next: "Check the input url: it is the proxy's own address, without /npm/ or another path of a registry.",
    });
  const status = await ask(fetch, `${base}/-/status`, token);
  const [epoch, revision] = [own(own(status.body, "bundle"), "epoch"), own(own(status.body, "bundle"), "revision")];
  const isTold = typeof epoch === "number" && typeof revision === "number";
  // Operators may keep the status to themselves; that it is ready was said.
  return isTold ? `It enforces ${revisionOf({ epoch, revision })} (${bundle}).` : `Its bundle is ${bundle}.`;
}

async function ask(fetch: Fetch, url: string, token: string): Promise<{ status: number; body: unknown }> {
  const { status, body } = await fetchBytes(fetch, new URL(url), {
    headers: token === "" ? {} : { authorization: `Bearer ${token}` },
    maxBytes: MAX_BYTES,
    timeoutMs: WAIT_MS,
    signal: AbortSignal.timeout(WAIT_MS),
  });
  try {
    return { status, body: JSON.parse(Buffer.from(body).toString("utf8")) };
  } catch {
    return { status, body: undefined };
  }
}
