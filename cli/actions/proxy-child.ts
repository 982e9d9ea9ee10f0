/** The proxy inside a job: a process of its own that outlives the step which starts it. */
import { spawn } from "node:child_process";
import { closeSync, existsSync, fstatSync, openSync, readSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { revisionOf } from "../../core/bundle/manifest.ts";
import { CordonError, messageOf } from "../../core/errors.ts";
import { own, ownString } from "../../core/json.ts";
import { PROCESS_FILE } from "../../core/state.ts";
import { oneLine } from "../../core/words.ts";
import { findRunning, type RunningProxy, requireRunning, toPolled } from "../running-proxy.ts";
import type { ProxyFlags } from "../start-proxy.ts";
import { firstEnvironment, makeHandover } from "./proxy-handover.ts";

/** In the folder of the job's proxy. */
const STATE = "state";
const OUTPUT = "proxy.log";

const START_MS = 120_000;
const STOP_MS = 15_000;
const ASK_EVERY_MS = 100;
const MAX_TAIL = 16 * 1024;

export interface JobProxy extends RunningProxy {
  /** As `Enforcing …` says it. */
  readonly bundle: string;
}

export function stateOf(folder: string): string {
  return join(folder, STATE);
}

/** Waits until it has a verified bundle; where it gets none, it is ended, and what it says is thrown. */
export async function startChild(
  folder: string,
  flags: ProxyFlags,
  environment: NodeJS.ProcessEnv,
  token: string,
): Promise<JobProxy> {
  const output = openSync(join(folder, OUTPUT), "a", 0o600);
  const child = spawn(process.execPath, [serverFile()], {
    detached: true,
    env: firstEnvironment(environment),
    stdio: ["pipe", output, output],
    windowsHide: true,
  });
  closeSync(output);
  child.stdin?.on("error", () => {}); // it has ended: why, its output says
  child.stdin?.end(JSON.stringify(makeHandover({ ...flags, state: stateOf(folder) }, environment, token)));
  let why: string | undefined;
  child.once("error", (error) => {
    why = messageOf(error);
  });
  child.once("exit", () => {
    why ??= lastWords(folder);
  });
  try {
    return await ready(folder, child.pid, () => why);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  } finally {
    child.unref();
  }
}

function serverFile(): string {
  return join(dirname(fileURLToPath(import.meta.url)), "proxy-server.mjs");
}

/** `ended` tells why the process is no more; undefined while it is. */
async function ready(folder: string, pid: number | undefined, ended: () => string | undefined): Promise<JobProxy> {
  for (const deadline = Date.now() + START_MS; Date.now() < deadline; await setTimeout(ASK_EVERY_MS)) {
    const why = ended();
    if (why !== undefined)
      throw new CordonError("PROXY_MISSING", `the proxy did not start: ${why}`, {
        next: "Mend that; nothing was pointed at it.",
      });
    if (!existsSync(join(stateOf(folder), PROCESS_FILE))) continue;
    const { proxy, status } = await findRunning(stateOf(folder));
    const { state, epoch, revision, error } = toPolled(proxy.url, status.bundle);
    if (proxy.id !== pid)
      throw new CordonError("PROXY_MISSING", `process ${proxy.id} took the place of the proxy that was started`);
    const name = epoch === null || revision === null ? "a bundle" : revisionOf({ epoch, revision });
    if (status.ready) return { ...proxy, bundle: `${name} (${state})` };
    // It listens before a slow source has answered for the first time.
    if (own(status.bundle, "lastPoll") === null) continue;
    const reason = error ? `${error.message} (${error.code})` : `its bundle is ${state}`;
    throw new CordonError("BUNDLE_MISSING", `the proxy has no bundle to enforce: ${oneLine(reason, 1000)}`, {
      next: "Installs would not be judged, so nothing was pointed at it. Check the inputs bundle and trust.",
    });
  }
  throw new CordonError("UPSTREAM_TIMEOUT", `the proxy was not there after ${START_MS / 1000} s: ${lastWords(folder)}`);
}

/**
 * Ends it, if it is still the process that was started, and waits for its last decisions. Which process that is, the
 * folder need not tell: whatever runs in the job may have changed it. Throws PROXY_MISSING.
 */
export async function stopChild(folder: string, proxy: RunningProxy): Promise<void> {
  const [state, file] = [stateOf(folder), join(stateOf(folder), PROCESS_FILE)];
  await requireRunning(proxy, state);
  // It takes the file away once all is written. Where somebody else did, it is asked.
  const isThere = existsSync(file)
    ? () => existsSync(file)
    : () => requireRunning(proxy, state).then(Boolean, () => false);
  tell(proxy, "SIGTERM");
  for (const deadline = Date.now() + STOP_MS; Date.now() < deadline; await setTimeout(ASK_EVERY_MS))
    if (!(await isThere())) return;
  tell(proxy, "SIGKILL");
}

/** Ends what a step may have left that was itself ended before the proxy had a bundle. */
export async function stopUnready(folder: string): Promise<void> {
  const found = await findRunning(stateOf(folder)).catch(() => undefined);
  if (found) await stopChild(folder, found.proxy);
}

function tell({ id }: RunningProxy, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(id, signal);
  } catch (cause) {
    throw new CordonError("PROXY_MISSING", `process ${id} cannot be told: ${messageOf(cause)}`, { cause });
  }
}

/** What the proxy does at its end, for stopChild() to see. */
export function markStopped(state: string): void {
  rmSync(join(state, PROCESS_FILE), { force: true });
}

/** The end of what it wrote: lines of JSON with words of strangers in them. */
export function tailOf(folder: string): string {
  try {
    const file = openSync(join(folder, OUTPUT), "r");
    try {
      const { size } = fstatSync(file);
      const bytes = Buffer.alloc(Math.min(size, MAX_TAIL));
      readSync(file, bytes, 0, bytes.length, size - bytes.length);
      return bytes.toString("utf8");
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return messageOf(error);
  }
}

/** Why it ended, as it says in its last line. */
function lastWords(folder: string): string {
  const last = tailOf(folder).trim().split("\n").at(-1) ?? "";
  try {
    const line: unknown = JSON.parse(last);
    const reason = ownString(line, "reason");
    if (reason !== undefined) return oneLine(`${reason} (${String(own(line, "message"))})`, 1000);
  } catch {
    // Not a line of the log: the runtime's own words.
  }
  return oneLine(last, 1000) || "it says nothing";
}
