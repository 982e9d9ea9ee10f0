/** Lifecycles without a proxy around them: bundles that tell their revision in every part, on real files. */
import { compileFeed } from "../../core/advisories/feed.ts";
import type { BuildInput } from "../../core/bundle/build.ts";
import { keySigning, type Signing, signStatement } from "../../core/bundle/sign.ts";
import type { BundleSource } from "../../core/bundle/source.ts";
import { toTrust } from "../../core/bundle/trust.ts";
import { sha256 } from "../../core/digest.ts";
import { CordonError } from "../../core/errors.ts";
import { BundleLifecycle, type LifecycleOptions } from "../../proxy/bundle-lifecycle.ts";
import { createBundleStore } from "../../proxy/bundle-store.ts";
import type { TrustPolicy } from "../../schemas/types/trust-policy.ts";
import { makeBundle } from "./bundles.ts";
import { malwareRecord, policyFile } from "./policies.ts";

export interface SwitchingOptions {
  readonly state: string;
  /** Trusted alone; left out where `trust` is given. */
  readonly publicKey?: string;
  readonly trust?: TrustPolicy;
  readonly onExpired?: LifecycleOptions["onExpired"];
  /** How many records the table has: its size on disk. */
  readonly records?: number;
  readonly now?: () => Date;
  readonly log?: LifecycleOptions["log"];
}

/** A source that has nothing until it is given something. */
export interface SettableSource extends BundleSource {
  offer(signing: Signing | string, revision: number, changes?: Partial<BuildInput>): Promise<void>;
  /** From now on polls fail with this; undefined: no longer. */
  fail(error: CordonError | undefined): void;
  /** From now on blobs cannot be read because of this; undefined: no longer. */
  failBlobs(error: CordonError | undefined): void;
  /** Gives other bytes for a blob. */
  swapBlob(sha256: string, bytes: Uint8Array): void;
  readonly polls: number;
  /** The digests of the blobs that were asked for. */
  readonly read: string[];
}

export function makeSource(records = 50): SettableSource {
  let offered: { bytes: Uint8Array; validator: string; blobs: ReadonlyMap<string, Uint8Array> } | undefined;
  const read: string[] = [];
  let failure: CordonError | undefined;
  let blobFailure: CordonError | undefined;
  const swapped = new Map<string, Uint8Array>();
  let polls = 0;
  return {
    name: "test",
    minPollSeconds: 0,
    read,
    fail(error) {
      failure = error;
    },
    failBlobs(error) {
      blobFailure = error;
    },
    swapBlob(sha256, bytes) {
      swapped.set(sha256, bytes);
    },
    get polls() {
      return polls;
    },
    async offer(signing, revision, changes = {}) {
      const { statement, blobs } = makeBundle({
        revision,
        created: new Date(),
        source: { policies: [policyOf(revision)], lists: [], approvals: [] },
        feeds: [compileFeed("local", recordsOf(revision, records))],
        ...changes,
      });
      const signed = await signStatement(
        Buffer.from(JSON.stringify(statement)),
        typeof signing === "string" ? keySigning(signing, "test") : signing,
      );
      offered = { bytes: Buffer.from(signed), validator: sha256(signed), blobs };
    },
    async poll(validator) {
      polls += 1;
      if (failure) throw failure;
      if (!offered) throw new CordonError("UPSTREAM_UNREACHABLE", "the source is away");
      const { bytes, blobs } = offered;
      if (validator === offered.validator) return undefined;
      const readBlob = async (sha256: string) => {
        if (blobFailure) throw blobFailure;
        read.push(sha256);
        return swapped.get(sha256) ?? blobs.get(sha256) ?? Buffer.alloc(0);
      };
      return { bytes, validator: offered.validator, readBlob };
    },
  };
}

export function makeLifecycle(source: BundleSource, options: SwitchingOptions): BundleLifecycle {
  return new BundleLifecycle({
    source,
    trust: toTrust(options.trust ?? { keys: [options.publicKey ?? ""] }, "test", {
      base: "/",
      cacheDir: options.state,
    }),
    store: createBundleStore(options.state, "stable"),
    onExpired: options.onExpired ?? "enforce",
    pollSeconds: 3600,
    staleMs: 12 * 3_600_000,
    now: options.now ?? (() => new Date()),
    log: options.log ?? (() => {}),
  });
}

/** The revision that the manifest, the policy and the table name; throws where they do not name one. */
export function revisionInForce(lifecycle: BundleLifecycle): number | null {
  const { revision } = lifecycle.status();
  if (revision === null) return null;
  const { set, tables } = lifecycle.rules();
  const policy = Number(set.policies[0]?.name.replace("revision-", ""));
  const table = Number(tables[0]?.lookup({ type: "npm", name: "p0" })[0]?.id.replace("MAL-", ""));
  if (policy !== revision || table !== revision)
    throw new Error(`half of a bundle: manifest ${revision}, policy ${policy}, table ${table}`);
  return revision;
}

function policyOf(revision: number) {
  return policyFile(
    `revision-${revision}`,
    '  rules: [{ name: all, condition: "true", verdict: block, message: Nothing may be installed. }]',
  );
}

function recordsOf(revision: number, count: number) {
  return Array.from({ length: count }, (_, index) =>
    malwareRecord(`p${index}`, [`1.0.${revision}`], `MAL-${revision}`),
  );
}
