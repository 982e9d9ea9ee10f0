/** Starts and stops a proxy. */

import { mkdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { bundleSource } from "../core/bundle/sources/index.ts";
import { readTrust } from "../core/bundle/trust.ts";
import { requireEcosystem } from "../core/ecosystems/index.ts";
import { CordonError, messageOf } from "../core/errors.ts";
import { createFetch, type Fetch } from "../core/http.ts";
import { createRegistries, type PrivateRegistryOptions } from "../core/private-registries.ts";
import type { PurlType } from "../core/purl.ts";
import { openRoot, type RootSource } from "../core/sigstore/trusted-root.ts";
import { writeWhole } from "../core/source/files.ts";
import { DECISION_LOG, PROCESS_FILE } from "../core/state.ts";
import { formatInstant } from "../core/time.ts";
import { UPSTREAM_LIMITS, type Upstream, type UpstreamLimits } from "../core/upstream.ts";
import type { FileOrigins } from "../core/upstream-origins.ts";
import { createUpstream } from "../core/upstream-registry.ts";
import type { ForgeSettings } from "../schemas/types/cordon.ts";
import { createApp } from "./app.ts";
import { BundleLifecycle } from "./bundle-lifecycle.ts";
import type { OnExpired } from "./bundle-status.ts";
import { createBundleStore } from "./bundle-store.ts";
import { DECISION_LOG_DEFAULTS, type DecisionLogOptions, openDecisionLog } from "./decision-log.ts";
import { openDiskCache } from "./disk-cache.ts";
import { createLog, type Log } from "./log.ts";
import { UpstreamHealth } from "./upstream-health.ts";
import { WatchedUpstream } from "./watched-upstream.ts";

export interface ProxyOptions {
  readonly bundle: string;
  /** Where the bundle's source finds its tokens; left out: the environment of the process. */
  readonly sourceEnvironment?: NodeJS.ProcessEnv;
  readonly trust: string;
  readonly listen: { readonly host: string; readonly port: number };
  /** For the last known good bundle, its floor, and the decision log. */
  readonly state: string;
  /** Left out: the address listened on. */
  readonly publicUrl: string | undefined;
  readonly repository: string | null;
  /** What hosts it; left out: as its name tells. */
  readonly forge?: ForgeSettings | undefined;
  /** The public registry of each ecosystem that is served. */
  readonly upstreams: ReadonlyMap<PurlType, URL>;
  /** Ecosystems to whose public upstream clients may publish; left out: none. */
  readonly publish?: readonly PurlType[];
  /** Ecosystems whose clients are told to send their tokens; left out: none. */
  readonly authRequired?: readonly PurlType[];
  /** Registries of one's own; left out: none. */
  readonly privateRegistries?: readonly PrivateRegistryOptions[];
  /** Where files may lie besides at the registries' own origins; left out: nowhere. */
  readonly fileOrigins?: ReadonlyMap<PurlType, FileOrigins>;
  readonly pollSeconds: number;
  readonly onExpired: OnExpired;
  /** Left out: twelve hours, which is two of the six-hourly publications that are recommended. */
  readonly staleMs?: number;
  /** Whose certificates count for build attestations; left out: the public instance's, as they came with Cordon. */
  readonly attestationRoot?: RootSource;
  /** When the decision log is rotated and deleted; left out, or left out of it: DECISION_LOG_DEFAULTS. */
  readonly rotation?: Partial<DecisionLogOptions>;
  /** Of the disk, for files and documents of registries; left out: ten GiB. */
  readonly cacheBytes?: number;
  /** On what an upstream may send; left out, or left out of it: UPSTREAM_LIMITS. */
  readonly limits?: Partial<UpstreamLimits>;
  readonly now?: () => Date;
  readonly fetch?: Fetch;
  readonly log?: Log;
}

export interface RunningProxy {
  readonly publicUrl: string;
  readonly decisionLog: string;
  readonly lifecycle: BundleLifecycle;
  /** Ends when all that was decided before is in the decision log. */
  flushed(): Promise<void>;
  /** Stops taking requests, lets those under way end, and closes the logs. */
  close(): Promise<void>;
}

const FILE_CONNECTIONS = 1024;
const STALE_MS = 12 * 60 * 60 * 1000;
const CACHE_BYTES = 10 * 1024 ** 3;

/** Throws TRUST_INVALID, USAGE, UPSTREAM_LOOP before anything listens. */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { now = () => new Date(), fetch = createFetch(), log = createLog() } = options;
  // A pool of their own: clients that take a file slowly must not keep others from being answered.
  const fetchFile = options.fetch ?? createFetch(FILE_CONNECTIONS);
  const trust = readTrust(options.trust, join(options.state, "sigstore"));
  mkdirSync(options.state, { recursive: true });
  const decisionLog = join(options.state, DECISION_LOG);
  const rotation = { ...DECISION_LOG_DEFAULTS, ...options.rotation };
  const decisions = await openDecisionLog(decisionLog, log, rotation, now);
  const cache = await openDiskCache(join(options.state, "cache"), options.cacheBytes ?? CACHE_BYTES, log);
  const lifecycle = new BundleLifecycle({
    source: bundleSource(options.bundle, {
      ...(options.fetch && { fetch: options.fetch }),
      ...(options.sourceEnvironment && { environment: options.sourceEnvironment }),
    }),
    trust,
    store: createBundleStore(options.state, trust.channel),
    onExpired: options.onExpired,
    pollSeconds: options.pollSeconds,
    staleMs: options.staleMs ?? STALE_MS,
    now,
    log,
  });
  await lifecycle.start();
  const server = createServer();
  try {
    const port = await listen(server, options.listen.host, options.listen.port);
    const publicUrl = (options.publicUrl ?? `http://${reachable(options.listen.host)}:${port}`).replace(/\/+$/, "");
    for (const upstream of [
      ...options.upstreams.values(),
      ...(options.privateRegistries ?? []).map(({ registry }) => registry),
    ])
      refuseLoop(upstream, [publicUrl, `http://${reachable(options.listen.host)}:${port}`]);
    const watched = openUpstreams({ ...options, now, log, fetch }, fetchFile);
    const startedAt = now();
    const root = options.attestationRoot ?? openRoot({}, { base: ".", cacheDir: options.state });
    const wording = { publicUrl, repository: options.repository, forge: options.forge };
    const { authRequired = [] } = options;
    const answer = createApp({
      ...watched,
      ...{ lifecycle, wording, decisions, cache, root, authRequired, startedAt, now, log },
    });
    // `100 Continue` is sent by whatever reads the body, so that a refused body need not be sent.
    server.on("request", answer).on("checkContinue", answer);
    try {
      writeProcess(options.state, startedAt, `http://${reachable(options.listen.host)}:${port}`);
    } catch (error) {
      // A full or read-only disk: the proxy serves all the same.
      log("warn", "`cordon bundle pull --state` will not find this proxy", { reason: messageOf(error) });
    }
    const { flushed } = decisions;
    return { publicUrl, decisionLog, lifecycle, flushed, close: () => close(server, lifecycle, decisions.close) };
  } catch (error) {
    await close(server, lifecycle, decisions.close);
    throw error;
  }
}

/** The upstream of each ecosystem, and of each registry behind them how it is. */
function openUpstreams(
  options: ProxyOptions & Required<Pick<ProxyOptions, "now" | "log" | "fetch">>,
  fetchFile: Fetch,
): { readonly upstreams: readonly Upstream[]; readonly health: readonly UpstreamHealth[] } {
  const { publish = [], privateRegistries = [], fileOrigins, fetch, now, log } = options;
  const limits = { ...UPSTREAM_LIMITS, ...options.limits };
  const health: UpstreamHealth[] = [];
  const upstreams = [...options.upstreams].map(([type, registry]) =>
    createRegistries({
      ecosystem: requireEcosystem(type),
      registry,
      publish: publish.includes(type),
      private: privateRegistries,
      fileOrigins: fileOrigins?.get(type) ?? [],
      fetch,
      fetchFile,
      limits,
      make(given, packages) {
        const place = {
          ecosystem: type,
          registry: given.registry,
          packages: packages ?? null,
          publish: given.publish ?? false,
        };
        const one = new UpstreamHealth(place, now, log);
        health.push(one);
        return new WatchedUpstream(createUpstream(given), one);
      },
    }),
  );
  return { upstreams, health };
}

/** By which `cordon bundle pull --state DIR` finds this process. */
function writeProcess(state: string, startedAt: Date, url: string): void {
  const text = JSON.stringify({ id: process.pid, startedAt: formatInstant(startedAt), url });
  writeWhole(join(state, PROCESS_FILE), `${text}\n`);
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new CordonError("ADDRESS_IN_USE", `cannot listen on ${host}:${port}: ${messageOf(cause)}`, { cause })),
    );
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

async function close(server: Server, lifecycle: BundleLifecycle, closeLog: () => Promise<void>): Promise<void> {
  lifecycle.stop();
  if (server.listening) {
    server.closeIdleConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await closeLog();
}

/** A wildcard address is not one that a client can ask. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::" || host === "") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}

/** A client's settings may already name this proxy; taking that for the upstream would send each request round in circles. */
function refuseLoop(upstream: URL, own: readonly string[]): void {
  if (own.some((url) => upstream.origin === new URL(url).origin)) {
    throw new CordonError("UPSTREAM_LOOP", `the upstream registry found (${upstream.origin}) is this proxy itself`);
  }
}
