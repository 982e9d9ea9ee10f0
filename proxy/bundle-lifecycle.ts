/** The bundle in force: polled, verified, opened, and swapped whole. What fails leaves the last known good one in place. */
import { openBundle } from "../core/bundle/open.ts";
import type { BundleSource } from "../core/bundle/source.ts";
import type { Trust } from "../core/bundle/trust.ts";
import { floorOf, type VerifiedBundle, verifyBundle, verifyFloor, verifyFresh } from "../core/bundle/verify.ts";
import { CordonError, type FailureCode, messageOf } from "../core/errors.ts";
import type { Rules } from "../core/gate.ts";
import { formatInstant } from "../core/time.ts";
import type { FeedSummary } from "../schemas/types/manifest.ts";
import type { BundleStore } from "./bundle-store.ts";
import type { Log } from "./log.ts";

export type OnExpired = "enforce" | "hold-new" | "deny";

/** `empty`: nothing to enforce. `expired`: past its lifetime. `degraded`: the last poll failed. */
export type BundleState = "empty" | "ok" | "degraded" | "expired";

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
  readonly lastPoll: {
    readonly at: string;
    readonly error: { readonly code: string; readonly message: string } | null;
  } | null;
  readonly feeds: readonly FeedSummary[];
}

export interface LifecycleOptions {
  readonly source: BundleSource;
  readonly trust: Trust;
  readonly store: BundleStore;
  readonly onExpired: OnExpired;
  readonly pollSeconds: number;
  readonly now: () => Date;
  readonly log: Log;
}

interface Active {
  readonly bundle: VerifiedBundle;
  readonly rules: Rules;
  readonly held: Rules;
  readonly activatedAt: Date;
}

/** Failures that the same bytes give again: they are not verified anew at every poll. */
const FINAL: ReadonlySet<FailureCode> = new Set([
  "BUNDLE_MALFORMED",
  "BUNDLE_SIGNATURE",
  "BUNDLE_CHANNEL",
  "BUNDLE_ROLLBACK",
  "BUNDLE_FORK",
]);

export class BundleLifecycle {
  readonly #options: LifecycleOptions;
  /** Whether the bytes that the validator names were refused for good. */
  #isRefused = false;
  #active: Active | undefined;
  #validator: string | undefined;
  #lastPoll: BundleStatus["lastPoll"] = null;
  #timer: NodeJS.Timeout | undefined;
  /** Whether what is in force is also on disk. */
  #stored = false;

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  /** Takes up the stored bundle, polls once, and goes on polling. Never throws: without a bundle the proxy answers 503. */
  async start(): Promise<void> {
    await this.#restore();
    await this.poll();
    this.#schedule();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Throws BUNDLE_MISSING, or BUNDLE_EXPIRED where the operator chose `deny`. */
  rules(): Rules {
    const { onExpired } = this.#options;
    if (!this.#active) {
      throw new CordonError("BUNDLE_MISSING", "there is no verified policy bundle, so nothing can be allowed");
    }
    if (onExpired === "enforce" || !this.#isExpired(this.#active)) return this.#active.rules;
    if (onExpired === "hold-new") return this.#active.held;
    throw new CordonError("BUNDLE_EXPIRED", `the policy bundle expired at ${this.#active.bundle.manifest.expires}`);
  }

  /** Asks the source once. */
  async poll(): Promise<void> {
    const at = formatInstant(this.#options.now());
    try {
      const offered = await this.#options.source.poll(this.#validator);
      if (offered) await this.#accept(offered.bytes, offered.validator);
      // An unchanged answer that was refused before is still refused; a source that had failed is well again.
      else if (this.#lastPoll?.error && this.#isRefused) {
        this.#lastPoll = { ...this.#lastPoll, at };
        return;
      }
      this.#lastPoll = { at, error: null };
    } catch (error) {
      const { code, message } =
        error instanceof CordonError ? error : { code: "UNEXPECTED", message: messageOf(error) };
      if (this.#lastPoll?.error?.message !== message)
        this.#options.log("error", "bundle refused", { source: this.#options.source.name, code, reason: message });
      this.#lastPoll = { at, error: { code, message } };
    }
  }

  status(): BundleStatus {
    const { source, onExpired, now } = this.#options;
    const manifest = this.#active?.bundle.manifest;
    return {
      state: this.#state(),
      source: source.name,
      onExpired,
      revision: manifest?.revision ?? null,
      epoch: manifest?.epoch ?? null,
      digest: this.#active ? `sha256:${this.#active.bundle.digest}` : null,
      signer: this.#active?.bundle.signer ?? null,
      channel: manifest?.channel ?? null,
      created: manifest?.created ?? null,
      expires: manifest?.expires ?? null,
      ageSeconds: manifest ? Math.round((now().getTime() - Date.parse(manifest.created)) / 1000) : null,
      activatedAt: this.#active ? formatInstant(this.#active.activatedAt) : null,
      lastPoll: this.#lastPoll,
      feeds: manifest?.feeds ?? [],
    };
  }

  /** Whether requests can be answered under the operator's settings. */
  isReady(): boolean {
    return this.#active !== undefined && !(this.#options.onExpired === "deny" && this.#isExpired(this.#active));
  }

  #state(): BundleState {
    if (!this.#active) return "empty";
    if (this.#isExpired(this.#active)) return "expired";
    return this.#lastPoll?.error ? "degraded" : "ok";
  }

  #isExpired({ bundle }: Active): boolean {
    return this.#options.now().getTime() >= Date.parse(bundle.manifest.expires);
  }

  async #restore(): Promise<void> {
    const { store, trust, now, log } = this.#options;
    try {
      const bytes = await store.read();
      if (!bytes) return;
      const bundle = verifyBundle(bytes, trust, now());
      verifyFloor(bundle, store.floor(bundle.signer));
      this.#activate(bundle, await openBundle(bundle, store.readBlob));
      this.#stored = true;
      store.raiseFloor(bundle); // a crash may have come between the bundle and its floor
    } catch (error) {
      log("error", "the stored bundle is refused", { reason: messageOf(error) });
    }
  }

  async #accept(bytes: Uint8Array, validator: string): Promise<void> {
    const { source, store, trust, now } = this.#options;
    try {
      const bundle = verifyBundle(bytes, trust, now());
      if (bundle.digest !== this.#active?.bundle.digest || !this.#stored) {
        verifyFloor(bundle, store.floor(bundle.signer));
        // What is in force is a floor too, also where it could not be stored.
        if (this.#active?.bundle.signer === bundle.signer) verifyFloor(bundle, floorOf(this.#active.bundle));
        verifyFresh(bundle, now());
        const blobs = new Map<string, Uint8Array>();
        const rules = await openBundle(bundle, async (sha256, maxBytes) => {
          const blob = await source.readBlob(sha256, maxBytes);
          blobs.set(sha256, blob);
          return blob;
        });
        // A disk that is full must not keep an old policy in force; the failure shows in the status until it is mended.
        this.#activate(bundle, rules);
        this.#stored = false;
        store.write(bundle, bytes, blobs);
        this.#stored = true;
      }
      this.#validator = validator;
      this.#isRefused = false;
    } catch (error) {
      this.#isRefused = error instanceof CordonError && FINAL.has(error.code);
      if (this.#isRefused) this.#validator = validator;
      throw error;
    }
  }

  /** One assignment: a request sees the old rules or the new ones. */
  #activate(bundle: VerifiedBundle, rules: Rules): void {
    const held = { ...rules, holdNewerThan: new Date(bundle.manifest.created) };
    this.#active = { bundle, rules, held, activatedAt: this.#options.now() };
    this.#options.log("info", "bundle in force", {
      revision: bundle.manifest.revision,
      digest: `sha256:${bundle.digest}`,
      signer: bundle.signer,
    });
  }

  #schedule(): void {
    // Up to a tenth more, so that many proxies do not ask at once.
    const wait = this.#options.pollSeconds * 1000 * (1 + Math.random() / 10);
    this.#timer = setTimeout(async () => {
      await this.poll();
      this.#schedule();
    }, wait);
    this.#timer.unref();
  }
}
