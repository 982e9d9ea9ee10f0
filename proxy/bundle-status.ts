/** What the proxy tells of its bundle: on `/-/status`, in metrics and in the log. */

import type { VerifiedBundle } from "../core/bundle/verify.ts";
import type { RootStatus } from "../core/sigstore/trusted-root.ts";
import { formatInstant } from "../core/time.ts";
import type { FeedSummary } from "../schemas/types/manifest.ts";

export type OnExpired = "enforce" | "hold-new" | "deny";

/**
 * `empty`: nothing to enforce. `expired`: past its lifetime. `degraded`: the last poll failed, or what it brought was
 * refused or could not be stored. `stale`: all is well here, but nobody has published for longer than expected.
 */
export const BUNDLE_STATES = ["empty", "ok", "stale", "degraded", "expired"] as const;
export type BundleState = (typeof BUNDLE_STATES)[number];

/** How polls ended since the start. `failed`: no answer that could be used. */
export interface PollCounts {
  activated: number;
  unchanged: number;
  refused: number;
  failed: number;
}

export interface PollReport {
  readonly at: string;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface BundleStatus {
  readonly state: BundleState;
  readonly source: string;
  readonly onExpired: OnExpired;
  readonly revision: number | null;
  readonly epoch: number | null;
  readonly digest: string | null;
  readonly signer: string | null;
  readonly channel: string | null;
  readonly created: string | null;
  readonly expires: string | null;
  readonly ageSeconds: number | null;
  readonly activatedAt: string | null;
  /** Whether what is in force would be so after a restart without the source. */
  readonly stored: boolean;
  readonly lastPoll: PollReport | null;
  /** When the source last answered, whatever it said. */
  readonly lastContact: string | null;
  readonly nextPoll: string | null;
  readonly polls: Readonly<PollCounts>;
  /** Null where only keys are trusted. */
  readonly trustedRoot: RootStatus | null;
  readonly feeds: readonly FeedSummary[];
}

/** What is in force, and since when. */
export interface InForce {
  readonly bundle: VerifiedBundle;
  readonly activatedAt: Date;
}

export function isExpired({ bundle }: InForce, now: Date): boolean {
  return now.getTime() >= Date.parse(bundle.manifest.expires);
}

export function stateOf(
  active: InForce | undefined,
  lastPoll: PollReport | null,
  staleMs: number,
  now: Date,
): BundleState {
  if (!active) return "empty";
  if (isExpired(active, now)) return "expired";
  if (lastPoll?.error) return "degraded";
  return now.getTime() - Date.parse(active.bundle.manifest.created) > staleMs ? "stale" : "ok";
}

/** The part of the status that tells what is in force. */
export function describeInForce(active: InForce | undefined, now: Date) {
  const manifest = active?.bundle.manifest;
  return {
    revision: manifest?.revision ?? null,
    epoch: manifest?.epoch ?? null,
    digest: active ? `sha256:${active.bundle.digest}` : null,
    signer: active?.bundle.signer ?? null,
    channel: manifest?.channel ?? null,
    created: manifest?.created ?? null,
    expires: manifest?.expires ?? null,
    ageSeconds: manifest ? Math.round((now.getTime() - Date.parse(manifest.created)) / 1000) : null,
    activatedAt: active ? formatInstant(active.activatedAt) : null,
    feeds: manifest?.feeds ?? [],
  };
}
