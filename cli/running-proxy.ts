/** The proxy that runs on a state directory, and how it is told to look for a new bundle. */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { CordonError, messageOf } from "../core/errors.ts";
import { createFetch, type Fetch, fetchBytes } from "../core/http.ts";
import { isObject, own, ownString } from "../core/json.ts";
import { readText } from "../core/source/files.ts";
import { PROCESS_FILE } from "../core/state.ts";

export interface RunningProxy {
  readonly id: number;
  readonly startedAt: string;
  readonly url: string;
}

export interface PolledStatus {
  readonly url: string;
  readonly state: string;
  readonly epoch: number | null;
  readonly revision: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

const WAIT_MS = 60_000;
const ASK_EVERY_MS = 200;

/** Makes the proxy poll, and waits for what came of it. Throws PROXY_MISSING, UPSTREAM_TIMEOUT. */
export async function pollNow(state: string, fetch: Fetch = createFetch(1)): Promise<PolledStatus> {
  const { proxy, status: before } = await findRunning(state, fetch);
  try {
    process.kill(proxy.id, "SIGHUP");
  } catch (cause) {
    throw missing(state, `process ${proxy.id} cannot be told (${messageOf(cause)})`, cause);
  }
  for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline; ) {
    await setTimeout(ASK_EVERY_MS);
    const { bundle } = await readStatus(proxy, fetch);
    if (pollCount(bundle) > pollCount(before.bundle)) return toPolled(proxy.url, bundle);
  }
  throw new CordonError("UPSTREAM_TIMEOUT", `${proxy.url} has not ended its poll after ${WAIT_MS / 1000} s`);
}

/** What runs on the directory, once its answer says that it is the one. Throws PROXY_MISSING. */
export async function findRunning(state: string, fetch: Fetch = createFetch(1)) {
  const proxy = readProcess(state);
  return { proxy, status: await requireRunning(proxy, state, fetch) };
}

/** Two proxies would write over each other's bundle, cache and decisions. Throws USAGE where one runs on the directory. */
export async function requireUnused(state: string): Promise<void> {
  const running = await findRunning(state).catch(() => undefined); // what does not answer is not running
  if (running)
    throw new CordonError("USAGE", `a proxy runs on the state directory ${state} already: ${running.proxy.url}`, {
      next: "Give each proxy a --state of its own, or stop that one first.",
    });
}

/** Its status, once that says that the process is the one. Throws PROXY_MISSING. */
export async function requireRunning(proxy: RunningProxy, state: string, fetch: Fetch = createFetch(1)) {
  const status = await readStatus(proxy, fetch).catch((cause: unknown) => {
    throw missing(state, messageOf(cause), cause);
  });
  // The number may be another process's by now, and a signal ends those that do not expect it.
  if (own(status.process, "id") !== proxy.id || own(status.process, "startedAt") !== proxy.startedAt)
    throw missing(state, `${proxy.url} is another proxy`);
  return status;
}

function readProcess(state: string): RunningProxy {
  let proxy: RunningProxy | undefined;
  try {
    proxy = toRunning(JSON.parse(readText(join(state, PROCESS_FILE))));
  } catch (cause) {
    throw missing(state, messageOf(cause), cause);
  }
  if (proxy === undefined) throw missing(state, `${PROCESS_FILE} does not name one`);
  return proxy;
}

/** As a proxy writes itself down; undefined for anything else. */
export function toRunning(value: unknown): RunningProxy | undefined {
  const [id, startedAt, url] = [own(value, "id"), ownString(value, "startedAt"), ownString(value, "url")];
  // Zero and below are groups of processes.
  const isProcess = typeof id === "number" && Number.isSafeInteger(id) && id > 0;
  if (!isProcess || startedAt === undefined || url === undefined || !URL.canParse(url)) return undefined;
  return { id, startedAt, url };
}

interface Status {
  readonly ready: boolean;
  readonly process: unknown;
  readonly bundle: unknown;
}

async function readStatus({ url }: RunningProxy, fetch: Fetch): Promise<Status> {
  const options = { maxBytes: 1024 * 1024, timeoutMs: 5000, signal: AbortSignal.timeout(10_000) };
  const { body } = await fetchBytes(fetch, new URL("/-/status", url), options);
  const value: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
  return { ready: own(value, "ready") === true, process: own(value, "process"), bundle: own(value, "bundle") };
}

function pollCount(bundle: unknown): number {
  const polls = own(bundle, "polls");
  return isObject(polls) ? Object.values(polls).reduce<number>((sum, count) => sum + Number(count), 0) : 0;
}

export function toPolled(url: string, bundle: unknown): PolledStatus {
  const error = own(own(bundle, "lastPoll"), "error");
  const [epoch, revision] = [own(bundle, "epoch"), own(bundle, "revision")];
  return {
    url,
    state: ownString(bundle, "state") ?? "unknown",
    epoch: typeof epoch === "number" ? epoch : null,
    revision: typeof revision === "number" ? revision : null,
    error: isObject(error) ? { code: String(error["code"]), message: String(error["message"]) } : null,
  };
}

function missing(state: string, why: string, cause?: unknown): CordonError {
  return new CordonError("PROXY_MISSING", `no proxy runs on ${state}: ${why}`, { cause });
}
