/** The bundle in force: polled, verified, opened, and swapped whole. What fails leaves the last known good one in place. */
import { setTimeout } from "node:timers/promises";
import { type OpenedBundle, openBundle } from "../core/bundle/open.ts";
import type { BundleSource, OfferedBundle, ReadBlob } from "../core/bundle/source.ts";
import { signersOf, type Trust } from "../core/bundle/trust.ts";
import {
  floorOf,
  reverifyBundle,
  type VerifiedBundle,
  verifyBundle,
  verifyFloor,
  verifyFresh,
  verifyMinimum,
} from "../core/bundle/verify.ts";
import { CordonError, type FailureCode, messageOf } from "../core/errors.ts";
import type { Rules } from "../core/gate.ts";
import { formatInstant } from "../core/time.ts";
import {
  type BundleState,
  type BundleStatus,
  describeInForce,
  type InForce,
  isExpired,
  type OnExpired,
  type PollCounts,
  type PollReport,
  stateOf,
} from "./bundle-status.ts";
import type { BundleStore } from "./bundle-store.ts";
import type { Log } from "./log.ts";
import { Poller } from "./poller.ts";

export interface LifecycleOptions {
  readonly source: BundleSource;
  readonly trust: Trust;
  readonly store: BundleStore;
  readonly onExpired: OnExpired;
  readonly pollSeconds: number;
  /** From which age on a bundle is called stale. */
  readonly staleMs: number;
  readonly now: () => Date;
  readonly log: Log;
}

interface Active extends InForce {
  /** The signed file as it came. */
  readonly bytes: Uint8Array;
  readonly tables: OpenedBundle["tables"];
  readonly rules: Rules;
  readonly held: Rules;
}

/** How long a start waits for its first poll. */
const START_MS = 5000;

/** Failures that the same bytes give again: they are not verified anew at every poll. */
const FINAL: ReadonlySet<FailureCode> = new Set([
  "BUNDLE_MALFORMED",
  "BUNDLE_SIGNATURE",
  "BUNDLE_IDENTITY",
  "BUNDLE_CHANNEL",
  "BUNDLE_ROLLBACK",
  "BUNDLE_FORK",
  "POLICY_INVALID",
]);

export class BundleLifecycle {
  readonly #options: LifecycleOptions;
  readonly #poller: Poller;
  readonly #polls: PollCounts = { activated: 0, unchanged: 0, refused: 0, failed: 0 };
  /** How the poll under way has ended so far. */
  #outcome: keyof PollCounts = "failed";
  #active: Active | undefined;
  /** Names what was last taken or refused for good. */
  #validator: string | undefined;
  #refusal: CordonError | undefined;
  /** The trusted root that the refusal was made by: another may not refuse. */
  #refusedBy: string | null = null;
  /** Stores what is in force; undefined where that is done. */
  #pendingWrite: (() => Promise<void>) | undefined;
  #lastPoll: PollReport | null = null;
  #lastContact: Date | undefined;
  #loggedState: BundleState = "empty";

  constructor(options: LifecycleOptions) {
    const { source, pollSeconds, now } = options;
    this.#options = options;
    this.#poller = new Poller({
      poll: () => this.#pollOnce(),
      intervalMs: Math.max(pollSeconds, source.minPollSeconds) * 1000,
      now,
    });
  }

  /**
   * Takes up the stored bundle, polls once, and goes on polling; waits for the poll only so long, for a source may be
   * slow. Never throws: without a bundle the proxy answers 503.
   */
  async start(): Promise<void> {
    await this.#refreshRoot();
    await this.#restore();
    const polled = this.poll();
    await Promise.race([polled, setTimeout(START_MS, undefined, { ref: false })]);
  }

  stop(): void {
    this.#poller.stop();
  }

  /** Throws BUNDLE_MISSING, or BUNDLE_EXPIRED where the operator chose `deny`. */
  rules(): Rules {
    const { onExpired, now } = this.#options;
    if (!this.#active) {
      throw new CordonError("BUNDLE_MISSING", "there is no verified policy bundle, so nothing can be allowed");
    }
    if (onExpired === "enforce" || !isExpired(this.#active, now())) return this.#active.rules;
    if (onExpired === "hold-new") return this.#active.held;
    throw new CordonError("BUNDLE_EXPIRED", `the policy bundle expired at ${this.#active.bundle.manifest.expires}`);
  }

  /** Whether requests can be answered under the operator's settings. */
  isReady(): boolean {
    const { onExpired, now } = this.#options;
    return this.#active !== undefined && !(onExpired === "deny" && isExpired(this.#active, now()));
  }

  status(): BundleStatus {
    const { source, onExpired, trust, staleMs, now } = this.#options;
    const { next } = this.#poller;
    return {
      state: stateOf(this.#active, this.#lastPoll, staleMs, now()),
      source: source.name,
      onExpired,
      ...describeInForce(this.#active, now()),
      stored: this.#active !== undefined && this.#pendingWrite === undefined,
      lastPoll: this.#lastPoll,
      lastContact: this.#lastContact ? formatInstant(this.#lastContact) : null,
      nextPoll: next ? formatInstant(next) : null,
      polls: { ...this.#polls },
      trustedRoot: trust.root?.status() ?? null,
    };
  }

  /** Asks the source once, or waits for the answer where it is being asked already; the next poll is counted from here. */
  poll(): Promise<void> {
    return this.#poller.poll();
  }

  async #pollOnce(): Promise<void> {
    const { now, source, log } = this.#options;
    const at = now();
    await this.#refreshRoot();
    this.#outcome = "failed";
    const asked = await failureOf(() => this.#ask(at));
    // Also where the source is away: what is in force is not stored the less for that.
    const stored = await failureOf(() => this.#storeActive());
    const failure = asked ?? stored;
    if (failure && failure.message !== this.#lastPoll?.error?.message)
      log("error", failure.code.startsWith("BUNDLE_") ? "bundle refused" : "bundle not polled", {
        source: source.name,
        code: failure.code,
        reason: failure.message,
      });
    // Told together: who waits for the count to rise finds what came of it.
    this.#lastPoll = { at: formatInstant(at), error: failure ?? null };
    this.#polls[this.#outcome] += 1;
    this.#logState();
  }

  /** Takes what the source offers. Throws whatever stands against it. */
  async #ask(at: Date): Promise<void> {
    try {
      const offered = await this.#options.source.poll(this.#validator);
      this.#lastContact = at;
      if (offered) await this.#accept(offered);
      // What was refused and has not changed is still refused.
      else if (this.#refusal) throw this.#refusal;
      else this.#outcome = "unchanged";
      this.#poller.noteSuccess();
    } catch (error) {
      this.#outcome = isRefusal(error) ? "refused" : "failed";
      this.#poller.noteError(error, this.#outcome === "failed");
      throw error;
    }
  }

  async #accept(offered: OfferedBundle): Promise<void> {
    const { trust, store, now } = this.#options;
    try {
      const bundle = verifyBundle(offered.bytes, trust, now());
      const readBlob: ReadBlob = async (sha256, maxBytes) =>
        (await store.readBlob(sha256)) ?? offered.readBlob(sha256, maxBytes);
      if (bundle.digest === this.#active?.bundle.digest) this.#renew(this.#active, bundle, offered.bytes, readBlob);
      else {
        this.#verifyOrder(bundle);
        verifyFresh(bundle, now());
        const { keeping, kept } = keepRead(readBlob);
        const opened = await openBundle(bundle, keeping, this.#active?.tables);
        // A disk that is full must not keep an old policy in force: it is enforced first, and stored afterwards.
        this.#activate(bundle, offered.bytes, opened);
        this.#pendingWrite = () => store.write(bundle, offered.bytes, kept);
        this.#outcome = "activated";
      }
      [this.#validator, this.#refusal] = [offered.validator, undefined];
    } catch (error) {
      if (error instanceof CordonError && FINAL.has(error.code)) {
        [this.#validator, this.#refusal] = [offered.validator, error];
        this.#refusedBy = trust.root?.status().refreshed ?? null;
      }
      throw error;
    }
  }

  /** The bundle in force with another signature, as when a key is changed: the new one is what must be verified later. */
  #renew(active: Active, bundle: VerifiedBundle, bytes: Uint8Array, readBlob: ReadBlob): void {
    this.#outcome = "unchanged";
    if (Buffer.compare(active.bytes, bytes) === 0) return;
    this.#active = { ...active, bundle, bytes };
    this.#pendingWrite = () => this.#options.store.write(bundle, bytes, readBlob);
  }

  /** Against what was accepted before, here or in another life, and against what the operator set. */
  #verifyOrder(bundle: VerifiedBundle): void {
    const { trust, store } = this.#options;
    verifyMinimum(bundle, trust);
    const floor = store.floor(signersOf(trust));
    if (floor) verifyFloor(bundle, floor);
    // What is in force is a floor too, also where it could not be stored.
    if (this.#active) verifyFloor(bundle, floorOf(this.#active.bundle));
  }

  async #storeActive(): Promise<void> {
    await this.#pendingWrite?.();
    this.#pendingWrite = undefined;
  }

  async #restore(): Promise<void> {
    const { store, trust, log } = this.#options;
    try {
      const bytes = store.read();
      if (!bytes) return;
      const bundle = reverifyBundle(bytes, trust);
      this.#verifyOrder(bundle);
      const opened = await openBundle(bundle, async (sha256) => (await store.readBlob(sha256)) ?? Buffer.alloc(0));
      this.#activate(bundle, bytes, opened);
      store.raiseFloor(bundle); // a crash may have come between the bundle and its floor
    } catch (error) {
      log("error", "the stored bundle is refused", { reason: messageOf(error) });
    }
  }

  /** One assignment: a request sees the old rules or the new ones. */
  #activate(bundle: VerifiedBundle, bytes: Uint8Array, { rules, tables }: OpenedBundle): void {
    const held = { ...rules, holdNewerThan: new Date(bundle.manifest.created) };
    this.#active = { bundle, bytes, tables, rules, held, activatedAt: this.#options.now() };
    this.#options.log("info", "bundle in force", {
      revision: bundle.manifest.revision,
      digest: `sha256:${bundle.digest}`,
      signer: bundle.signer,
    });
  }

  async #refreshRoot(): Promise<void> {
    const { root } = this.#options.trust;
    await root?.refresh(this.#options.now());
    if (this.#refusal && root && root.status().refreshed !== this.#refusedBy)
      [this.#validator, this.#refusal] = [undefined, undefined];
  }

  #logState(): void {
    const { state } = this.status();
    if (state === this.#loggedState) return;
    this.#options.log(state === "ok" ? "info" : "warn", "bundle state", { from: this.#loggedState, to: state });
    this.#loggedState = state;
  }
}

/** Whether the bundle is at fault, and not the way to its parts. */
function isRefusal(error: unknown): boolean {
  return error instanceof CordonError && (FINAL.has(error.code) || /^BUNDLE_(EXPIRED|FUTURE)$/.test(error.code));
}

/**
 * `kept` does not fetch again what `keeping` read for opening, which was checked; what it reads itself it does not keep,
 * for that may be wrong now and right the next time.
 */
function keepRead(readBlob: ReadBlob): { keeping: ReadBlob; kept: ReadBlob } {
  const read = new Map<string, Uint8Array>();
  return {
    async keeping(sha256, maxBytes) {
      const bytes = await readBlob(sha256, maxBytes);
      read.set(sha256, bytes);
      return bytes;
    },
    kept: async (sha256, maxBytes) => read.get(sha256) ?? readBlob(sha256, maxBytes),
  };
}

async function failureOf(attempt: () => Promise<void>): Promise<NonNullable<PollReport["error"]> | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    const code = error instanceof CordonError ? error.code : "UNEXPECTED";
    return { code, message: messageOf(error) };
  }
}
