/**
 * Files without their install scripts. They are made when they are first needed and kept in memory only: made again
 * they are the same bytes, so nothing on a disk has to be trusted.
 */
import { setTimeout } from "node:timers/promises";
import type { JudgedListing, ReleaseFile, StrippedFile } from "../core/ecosystems/ecosystem.ts";
import { mostWanted } from "../core/ecosystems/judged.ts";
import { CordonError } from "../core/errors.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Decision } from "../schemas/types/decision.ts";
import { type Files, wholeInTime } from "./files.ts";
import { Jobs } from "./jobs.ts";
import type { View } from "./listings.ts";
import { createMemoryCache } from "./memory-cache.ts";

const MAX_BYTES = 128 * 1024 * 1024;
const MAX_KNOWN = 50_000;
/** How many a listing waits for: nearly always all that there are. The others are made while nobody waits. */
const AT_ONCE = 64;
/** How long a listing waits: what is not made by then is withheld in it, and made all the same. */
const WAIT_MS = 20_000;
/** Each holds a whole file in memory. What is not made now is asked for by the next listing. */
const LIMITS = { parallel: 4, parallelIdle: 2, maxIdle: 500 };

/** How long an upstream that sent other bytes than it should is left alone. */
const RETRY_MS = 60_000;
const FOR_EVER = Number.POSITIVE_INFINITY;

/** What is known of a file without keeping its bytes. */
type Outcome = Pick<StrippedFile, "integrity" | "shasum" | "removed"> | "nothing to strip" | CordonError;

interface Known {
  readonly outcome: Outcome;
  /** Until when it counts: what the right bytes come to, they come to for ever. */
  readonly until: number;
}

export class Stripping {
  readonly #upstream: Upstream;
  readonly #files: Files;
  readonly #now: () => Date;
  /** By the digests of the file that it is made from. */
  readonly #known = createMemoryCache<string, Known>(MAX_KNOWN, () => 1);
  readonly #made = createMemoryCache<string, StrippedFile>(MAX_BYTES, ({ bytes }) => bytes.length);
  /** Counts what became known: a view that was made before may be of yesterday. */
  #generation = 0;
  readonly #jobs = new Jobs<StrippedFile | undefined>(LIMITS);
  /** By version, those of a listing that are to be written anew. */
  readonly #toStrip = new WeakMap<JudgedListing, ReadonlyMap<string, ReleaseFile>>();
  readonly #views = new WeakMap<JudgedListing, { view: JudgedListing; generation: number }>();

  constructor(upstream: Upstream, files: Files, now: () => Date) {
    this.#upstream = upstream;
    this.#files = files;
    this.#now = now;
  }

  /** The file without install scripts; undefined where it has none. Throws UPSTREAM_*, DIGEST_MISMATCH, CACHE_FAILED. */
  async strip(file: ReleaseFile): Promise<StrippedFile | undefined> {
    const key = keyOf(file);
    const made = this.#made.get(key);
    if (made) return made;
    if (this.#knownOf(key) === "nothing to strip") return undefined;
    return this.#jobs.now(key, () => this.#make(file, key));
  }

  /**
   * The listing as it can be served now: releases whose files are to be written anew have the digests of what is made,
   * and are withheld until it is. Waits for those that most people want: what tags name, and the newest.
   */
  async view(judged: JudgedListing): Promise<View> {
    const files = this.#toStrip.get(judged) ?? filesToStrip(judged);
    this.#toStrip.set(judged, files);
    if (files.size === 0) return { judged, isFinal: true };
    const missing = () => [...files].filter(([, file]) => this.#knownOf(keyOf(file)) === undefined);
    const wanted = mostWanted(judged, new Map(missing()), AT_ONCE);
    const making = wanted.map((file) => this.strip(file).catch(() => undefined));
    if (making.length > 0) await Promise.race([Promise.all(making), setTimeout(WAIT_MS, undefined, { ref: false })]);
    const isFinal = [...files.values()].every((file) => this.#known.get(keyOf(file))?.until === FOR_EVER);
    for (const [, file] of missing()) this.#jobs.later(keyOf(file), () => this.#make(file, keyOf(file)));
    return { judged: this.#viewOf(judged, files), isFinal };
  }

  #viewOf(judged: JudgedListing, files: ReadonlyMap<string, ReleaseFile>): JudgedListing {
    const before = this.#views.get(judged);
    if (before?.generation === this.#generation) return before.view;
    const decisions = new Map(judged.decisions);
    const stripped = new Map<string, Pick<StrippedFile, "integrity" | "shasum">>();
    for (const [version, file] of files) {
      const known = this.#knownOf(keyOf(file));
      const decision = judged.decisions.get(version);
      if (!decision || known === "nothing to strip") continue;
      if (known === undefined || known instanceof CordonError)
        decisions.set(version, withhold(decision, known?.message ?? BEING_MADE));
      else stripped.set(version, known);
    }
    const view = { ...judged, decisions, stripped };
    this.#views.set(judged, { view, generation: this.#generation });
    return view;
  }

  async #make(file: ReleaseFile, key: string): Promise<StrippedFile | undefined> {
    const { stripping } = this.#upstream.ecosystem;
    if (!stripping)
      throw new CordonError("UPSTREAM_MALFORMED", "install scripts cannot be taken out in this ecosystem");
    const bytes = await this.#read(file, stripping.maxBytes).catch((error) => {
      if (isOfTheFile(error)) this.#note(key, error, this.#now().getTime() + RETRY_MS);
      throw error;
    });
    try {
      const stripped = await stripping.strip(bytes);
      this.#note(key, stripped ?? "nothing to strip");
      if (stripped) this.#made.set(key, stripped);
      return stripped;
    } catch (error) {
      if (isOfTheFile(error)) this.#note(key, error);
      throw error;
    }
  }

  async #read(file: ReleaseFile, maxBytes: number): Promise<Uint8Array> {
    const content = await wholeInTime(this.#files, file, this.#upstream);
    if (content.size > maxBytes) {
      await content.close();
      throw new CordonError("UPSTREAM_TOO_LARGE", `${file.name} is too large to take its install scripts out`);
    }
    return content.bytes ?? Buffer.concat(await content.read().toArray());
  }

  #knownOf(key: string): Outcome | undefined {
    const known = this.#known.get(key);
    return known && this.#now().getTime() < known.until ? known.outcome : undefined;
  }

  #note(key: string, outcome: StrippedFile | Outcome, until = FOR_EVER): void {
    this.#generation += 1;
    if (typeof outcome === "string" || outcome instanceof CordonError) this.#known.set(key, { outcome, until });
    else {
      const { integrity, shasum, removed } = outcome;
      this.#known.set(key, { outcome: { integrity, shasum, removed }, until });
    }
  }
}

/** Whether the file itself is at fault, and will be next time. */
export function isOfTheFile(error: unknown): error is CordonError {
  return (
    error instanceof CordonError && ["UPSTREAM_MALFORMED", "UPSTREAM_TOO_LARGE", "DIGEST_MISMATCH"].includes(error.code)
  );
}

const BEING_MADE = "Its file is being written anew without install scripts; ask again in a moment.";

export function isRewritten({ decision, strip }: Decision): boolean {
  return decision === "strip-scripts" && strip === "rewrite";
}

/** A release that cannot be served because its file cannot be written anew. */
export function withhold(decision: Decision, reason: string): Decision {
  return { ...decision, decision: "quarantine", reason };
}

/** All digests that were checked: another file has others. */
function keyOf({ digests }: ReleaseFile): string {
  return JSON.stringify(digests);
}

function filesToStrip({ decisions, listing }: JudgedListing): ReadonlyMap<string, ReleaseFile> {
  const files = new Map<string, ReleaseFile>();
  for (const [version, decision] of decisions) {
    const file = isRewritten(decision) ? listing.releases.get(version)?.files[0] : undefined;
    if (file) files.set(version, file);
  }
  return files;
}

/** Why the file as the registry has it is not served: a lockfile from elsewhere pins it. */
export function explainOriginal(decision: Decision): Decision {
  return {
    ...decision,
    reason: `${decision.reason.replace(/[.!?]$/, "")}. It is served without its install scripts, so its digest is another than the one pinned: take its entry out of the lockfile and install it again.`,
  };
}
