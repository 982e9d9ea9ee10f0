/** Starts a proxy from flags and a `cordon.yaml`: for the command, and for the action that runs one inside a job. */
import { dirname, join, resolve } from "node:path";
import { type CordonConfig, requireConfig } from "../core/config.ts";
import { CordonError } from "../core/errors.ts";
import { readText } from "../core/source/files.ts";
import { DEFAULT_STATE } from "../core/state.ts";
import { parseDuration } from "../core/time.ts";
import { type ProxyOptions, type RunningProxy, startProxy } from "../proxy/server.ts";
import type { DecisionLogSettings } from "../schemas/types/cordon.ts";
import { attestationRoot, fileOrigins, privateRegistries, registrySettings, upstreamUrls } from "./registries.ts";
import { requireUnused } from "./running-proxy.ts";

export type { RunningProxy } from "../proxy/server.ts";

export const DEFAULT_LISTEN = "127.0.0.1:4873";
const LEAVE_MS = 1000;

/** What is left out is read from the config. */
export interface ProxyFlags {
  readonly bundle?: string | undefined;
  readonly trust?: string | undefined;
  readonly listen?: string | undefined;
  readonly state?: string | undefined;
  readonly upstream?: readonly string[] | undefined;
  readonly "public-url"?: string | undefined;
  readonly config?: string | undefined;
}

/** `changes` override flags and config. Throws USAGE, CONFIG_INVALID, and what startProxy() throws. */
export async function startFromFlags(flags: ProxyFlags, changes: Partial<ProxyOptions> = {}): Promise<RunningProxy> {
  const { config, pathOf } = readConfig(flags.config);
  const bundle = flags.bundle ?? pathOf(config.proxy?.bundle);
  const trust = flags.trust ?? pathOf(config.proxy?.trust);
  if (bundle === undefined) throw new CordonError("USAGE", "a proxy needs a bundle to enforce: give --bundle dir:PATH");
  if (trust === undefined)
    throw new CordonError("USAGE", "a proxy without a trust policy would enforce anybody's bundle: give --trust FILE");
  const state = flags.state ?? pathOf(config.proxy?.state) ?? DEFAULT_STATE;
  await requireUnused(state);
  const registries = registrySettings(config, flags.config, flags.upstream);
  return startProxy({
    bundle,
    trust,
    listen: parseListen(flags.listen ?? config.proxy?.listen ?? DEFAULT_LISTEN),
    state,
    publicUrl: flags["public-url"] ?? config.publicUrl,
    repository: config.repository ?? null,
    forge: config.forge,
    upstreams: upstreamUrls(registries),
    publish: config.proxy?.publish ?? [],
    authRequired: config.proxy?.authRequired ?? [],
    privateRegistries: privateRegistries(config),
    fileOrigins: fileOrigins(registries),
    attestationRoot: attestationRoot(registries, join(state, "sigstore")),
    ...(config.proxy?.cacheMiB !== undefined && { cacheBytes: config.proxy.cacheMiB * 1024 * 1024 }),
    rotation: rotationOf(config.proxy?.decisionLog),
    pollSeconds: config.proxy?.pollSeconds ?? 60,
    onExpired: config.proxy?.onExpired ?? "enforce",
    ...(config.proxy?.staleAfter && { staleMs: parseDuration(config.proxy.staleAfter) ?? 0 }),
    ...changes,
  });
}

/** The config file, and its paths made absolute: they are relative to the file. */
function readConfig(path: string | undefined): {
  config: CordonConfig;
  pathOf: (text: string | undefined) => string | undefined;
} {
  const config = requireConfig(path === undefined ? undefined : { path, text: readText(path) });
  const base = path === undefined ? "." : dirname(path);
  const pathOf = (text: string | undefined) => {
    if (text === undefined || /^(https?|github):/.test(text)) return text;
    return text.startsWith("dir:") ? `dir:${resolve(base, text.slice("dir:".length))}` : resolve(base, text);
  };
  return { config, pathOf };
}

function rotationOf({
  maxMiB,
  maxAge,
  keep,
  keepFor,
}: DecisionLogSettings = {}): NonNullable<ProxyOptions["rotation"]> {
  return {
    ...(maxMiB !== undefined && { maxBytes: maxMiB * 1024 * 1024 }),
    ...(maxAge !== undefined && { maxAgeMs: parseDuration(maxAge) ?? 0 }),
    ...(keep !== undefined && { keep }),
    ...(keepFor !== undefined && { keepMs: parseDuration(keepFor) ?? 0 }),
  };
}

function parseListen(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) throw new CordonError("USAGE", `--listen ${text} does not read HOST:PORT`);
  return { host: match[1] ?? match[2] ?? "", port };
}

/** Resolves after SIGINT or SIGTERM, once open requests are done. */
export async function stopped(proxy: RunningProxy): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  await proxy.close();
  // A poll of a slow source must not keep the process; nothing else is left to wait for.
  setTimeout(() => process.exit(), LEAVE_MS).unref();
}
