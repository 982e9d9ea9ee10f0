/** A proxy on loopback with a signed bundle, a frozen clock and a registry behind it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compileFeed } from "../../core/advisories/feed.ts";
import { buildBundle } from "../../core/bundle/build.ts";
import { generateKeyPair } from "../../core/bundle/keys.ts";
import { keySigning, type Signing, signStatement } from "../../core/bundle/sign.ts";
import { writeBlobs, writeSignedBundle } from "../../core/bundle/write.ts";
import type { PolicySource } from "../../core/policy/source.ts";
import type { RecordedFacts } from "../../core/recorded-facts.ts";
import type { DecisionContext } from "../../proxy/decision-log.ts";
import { type ProxyOptions, type RunningProxy, startProxy } from "../../proxy/server.ts";
import type { OsvRecord } from "../../schemas/types/advisory.ts";
import type { Decision } from "../../schemas/types/decision.ts";
import { type Folder, makeFolder } from "./folder.ts";
import { AGE_POLICY, MALWARE_POLICY } from "./policies.ts";
import type { FixturePypi } from "./pypi-registry.ts";
import type { FixtureRegistry } from "./registry.ts";

export const NOW = new Date("2026-11-22T12:00:00Z");

export interface SignedBundle {
  readonly source?: Partial<PolicySource>;
  readonly records?: readonly OsvRecord[];
  readonly revision?: number;
  readonly created?: Date;
  readonly lifetimeMs?: number;
  readonly channel?: string;
  /** Private key in PEM; left out: the folder's own. */
  readonly key?: string;
  /** Left out: with the key. */
  readonly signing?: Signing;
}

const DAY_MS = 86_400_000;

/** A folder with keys, into which bundles are signed. */
export interface BundleFolder extends Folder {
  readonly trust: string;
  readonly bundle: string;
  readonly privateKey: string;
  sign(bundle?: SignedBundle): Promise<string>;
}

export function makeBundleFolder(): BundleFolder {
  const folder = makeFolder();
  const { privateKey, publicKey } = generateKeyPair();
  const bundle = join(folder.path, "bundle");
  return {
    ...folder,
    privateKey,
    bundle,
    trust: folder.write("cordon.pub", publicKey),
    async sign({
      source,
      records = [],
      revision = 1,
      created = NOW,
      lifetimeMs = 7 * DAY_MS,
      channel = "stable",
      key = privateKey,
      signing = keySigning(key, "test key"),
    } = {}) {
      const built = buildBundle({
        source: { policies: [MALWARE_POLICY, AGE_POLICY], lists: [], approvals: [], ...source },
        feeds: [compileFeed("local", records)],
        channel,
        epoch: 0,
        revision,
        previous: null,
        created,
        lifetimeMs,
        repository: null,
        commit: null,
        generator: { name: "cordon", version: "test" },
      });
      const signed = await signStatement(Buffer.from(JSON.stringify(built.statement)), signing);
      writeBlobs(bundle, built.blobs);
      writeSignedBundle(bundle, signed);
      return signed;
    },
  };
}

/** A line of the decision log. */
export interface LoggedDecision
  extends Decision,
    Omit<DecisionContext, "startedAt" | "refusal">,
    Partial<RecordedFacts> {
  readonly recordedAt: string;
  readonly durationMs: number;
}

export interface TestProxy extends RunningProxy {
  readonly npm: string;
  readonly pypi: string;
  /** Lines of the operator's log. */
  readonly logged: readonly { readonly level: string; readonly message: string; readonly [key: string]: unknown }[];
  /** The decision log so far; what is still being written is waited for. */
  decisions(): Promise<readonly LoggedDecision[]>;
}

/** Behind it is a registry of npm, or a Python index. */
export async function startTestProxy(
  folder: BundleFolder,
  registry: Pick<FixtureRegistry, "url"> | Pick<FixturePypi, "simple">,
  options: Partial<ProxyOptions> = {},
): Promise<TestProxy> {
  const logged: TestProxy["logged"][number][] = [];
  const proxy = await startProxy({
    bundle: `dir:${folder.bundle}`,
    trust: folder.trust,
    listen: { host: "127.0.0.1", port: 0 },
    state: join(folder.path, "state"),
    publicUrl: undefined,
    repository: null,
    upstreams: new Map("simple" in registry ? [["pypi", registry.simple]] : [["npm", registry.url]]),
    pollSeconds: 3600,
    onExpired: "enforce",
    now: () => NOW,
    log: (level, message, fields) => logged.push({ level, message, ...fields }),
    ...options,
  });
  return {
    ...proxy,
    npm: `${proxy.publicUrl}/npm`,
    pypi: `${proxy.publicUrl}/pypi`,
    logged,
    async decisions() {
      await proxy.flushed();
      return readFileSync(proxy.decisionLog, "utf8")
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line));
    },
  };
}
