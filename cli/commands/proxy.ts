import { dirname, join, resolve } from "node:path";
import { Flags } from "@oclif/core";
import { revisionOf } from "../../core/bundle/manifest.ts";
import { type CordonConfig, requireConfig } from "../../core/config.ts";
import { CordonError } from "../../core/errors.ts";
import { readText } from "../../core/source/files.ts";
import { DEFAULT_STATE } from "../../core/state.ts";
import { parseDuration } from "../../core/time.ts";
import { type ProxyOptions, type RunningProxy, startProxy } from "../../proxy/server.ts";
import type { DecisionLogSettings } from "../../schemas/types/cordon.ts";
import { CordonCommand } from "../command.ts";
import { attestationRoot, fileOrigins, privateRegistries, registrySettings, upstreamUrls } from "../registries.ts";

const DEFAULT_LISTEN = "127.0.0.1:4873";
const LEAVE_MS = 1000;

export default class StartProxy extends CordonCommand {
  static override summary = "Start the proxy.";
  static override description =
    `Verifies the bundle against the trust policy and enforces it between package managers and their registries.
Runs until it gets SIGINT or SIGTERM; then requests under way are finished. SIGHUP makes it look for a new bundle at
once. Without a verified bundle it answers 503.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> --bundle dir:dist --trust cordon.pub",
    "<%= config.bin %> <%= command.id %> --config cordon.yaml --listen 0.0.0.0:4873 --public-url https://packages.acme.example",
  ];
  static override flags = {
    bundle: Flags.string({
      description: "where the bundle comes from: dir:PATH, https://…, or github:OWNER/REPO[@channel]",
    }),
    trust: Flags.string({ description: "public key in PEM, or trust policy in YAML" }),
    listen: Flags.string({ description: `HOST:PORT (default ${DEFAULT_LISTEN})` }),
    state: Flags.string({
      description: `directory for the last known good bundle and the decision log (default ${DEFAULT_STATE})`,
    }),
    upstream: Flags.string({
      description: "the registry of an ecosystem: npm=https://…",
      multiple: true,
      multipleNonGreedy: true,
    }),
    "public-url": Flags.string({ description: "how clients reach the proxy" }),
    config: Flags.string({ description: "a cordon.yaml with any of these; flags stand before it" }),
  };

  async run(): Promise<{ publicUrl: string }> {
    const { flags } = await this.parse(StartProxy);
    const { config, pathOf } = readConfig(flags.config);
    const bundle = flags.bundle ?? pathOf(config.proxy?.bundle);
    const trust = flags.trust ?? pathOf(config.proxy?.trust);
    if (bundle === undefined)
      throw new CordonError("USAGE", "a proxy needs a bundle to enforce: give --bundle dir:PATH");
    if (trust === undefined)
      throw new CordonError(
        "USAGE",
        "a proxy without a trust policy would enforce anybody's bundle: give --trust FILE",
      );
    // From the beginning: without a handler the signal would end the process.
    let proxy: RunningProxy | undefined;
    process.on("SIGHUP", () => void proxy?.lifecycle.poll());
    const state = flags.state ?? pathOf(config.proxy?.state) ?? DEFAULT_STATE;
    const registries = registrySettings(config, flags.config, flags.upstream);
    proxy = await startProxy({
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
    });
    const { state: bundleState, epoch, revision, lastPoll } = proxy.lifecycle.status();
    this.log(
      epoch === null || revision === null
        ? `No bundle in force: ${lastPoll?.error?.message ?? bundleState}`
        : `Enforcing ${revisionOf({ epoch, revision })} (${bundleState}).`,
    );
    this.log(
      `Listening at ${proxy.publicUrl}; npm's registry is ${proxy.publicUrl}/npm/. Decisions go to ${proxy.decisionLog}.`,
    );
    this.log(
      `Python's index is ${proxy.publicUrl}/pypi/simple/, Rust's ${proxy.publicUrl}/cargo/ (sparse), and Go's module proxy ${proxy.publicUrl}/go.`,
    );
    await stopped(proxy);
    return { publicUrl: proxy.publicUrl };
  }
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

async function stopped(proxy: RunningProxy): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  await proxy.close();
  // A poll of a slow source must not keep the process; nothing else is left to wait for.
  setTimeout(() => process.exit(), LEAVE_MS).unref();
}
