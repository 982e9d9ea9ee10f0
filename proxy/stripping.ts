/**
 * Files without their install scripts. They are made when they are first needed and kept in memory only: made again
 * they are the same bytes, so nothing on a disk has to be trusted.
 */
import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { JudgedListing, ReleaseFile, StrippedFile } from "../core/ecosystems/ecosystem.ts";
import { CordonError } from "../core/errors.ts";
import type { Upstream } from "../core/upstream.ts";
import type { Decision } from "../schemas/types/decision.ts";

const MAX_BYTES = 128 * 1024 * 1024;
const MAX_KNOWN = 50_000;
/** How many a listing waits for; the others are made while nobody waits. */
const AT_ONCE = 8;
const PARALLEL = 4;
const FETCH_MS = 120_000;
/** How long a listing waits: what is not made by then is withheld in it, and made all the same. */
const WAIT_MS = 20_000;
/** What nobody waits for and is not made now is asked for by the next listing. */
const MAX_IDLE = 500;
/** Of these, so many that nobody waits for. */
const PARALLEL_IDLE = 2;

/** A file that is being made, or will be. */
interface Job {
  readonly key: string;
  readonly result: Promise<StrippedFile | undefined>;
  readonly start: () => Promise<void>;
  /** Whether somebody waits for it. */
  isUrgent: boolean;
  isRunning: boolean;
}

/** What is known of a file without keeping its bytes. */
type Known = Pick<StrippedFile, "integrity" | "shasum" | "removed"> | "nothing to strip" | CordonError;

export class Stripping {
  readonly #upstream: Upstream;
  /** By the digests of the file that it is made from. */
  readonly #known = new Map<string, Known>();
  /** In the order of use; the first is the one to drop. */
  readonly #kept = new Map<string, StrippedFile>();
  #bytes = 0;
  /** Counts what became known: a view that was made before may be of yesterday. */
  #generation = 0;
  readonly #jobs = new Map<string, Job>();
  readonly #urgent: Job[] = [];
  readonly #idle: Job[] = [];
  #running = 0;
  /** By version, those of a listing that are to be written anew. */
  readonly #files = new WeakMap<JudgedListing, ReadonlyMap<string, ReleaseFile>>();
  readonly #views = new WeakMap<JudgedListing, { view: JudgedListing; generation: number }>();

  constructor(upstream: Upstream) {
    this.#upstream = upstream;
  }

  /** The file without install scripts; undefined where it has none. Throws UPSTREAM_*, DIGEST_MISMATCH. */
  strip(file: ReleaseFile): Promise<StrippedFile | undefined> {
    const key = keyOf(file);
    const kept = this.#kept.get(key);
    if (kept) {
      this.#kept.delete(key);
      this.#kept.set(key, kept);
      return Promise.resolve(kept);
    }
    if (this.#known.get(key) === "nothing to strip") return Promise.resolve(undefined);
    const job = this.#job(file, key, true);
    // Never "undefined": that would be to say that there is nothing to take out.
    return job ? job.result : Promise.reject(new CordonError("UPSTREAM_TIMEOUT", `${file.name} cannot be made now`));
  }

  /**
   * The listing as it can be served now: releases whose files are to be written anew have the digests of what is made,
   * and are withheld until it is. Waits for those that most people want: what tags name, and the newest.
   */
  async view(judged: JudgedListing): Promise<JudgedListing> {
    const files = this.#files.get(judged) ?? filesToStrip(judged);
    this.#files.set(judged, files);
    if (files.size === 0) return judged;
    const missing = () => [...files].filter(([, file]) => !this.#known.has(keyOf(file)));
    const making = first(missing(), judged).map(([, file]) => this.strip(file).catch(() => undefined));
    if (making.length > 0) await Promise.race([Promise.all(making), setTimeout(WAIT_MS, undefined, { ref: false })]);
    for (const [, file] of missing()) this.#job(file, keyOf(file), false)?.result.catch(() => undefined);
    return this.#viewOf(judged, files);
  }

  #viewOf(judged: JudgedListing, files: ReadonlyMap<string, ReleaseFile>): JudgedListing {
    const before = this.#views.get(judged);
    if (before?.generation === this.#generation) return before.view;
    const decisions = new Map(judged.decisions);
    const stripped = new Map<string, Pick<StrippedFile, "integrity" | "shasum">>();
    for (const [version, file] of files) {
      const known = this.#known.get(keyOf(file));
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
    try {
      const stripped = await stripping.strip(await this.#fetch(file, stripping.maxBytes));
      this.#note(key, stripped ?? "nothing to strip");
      if (stripped) this.#keep(key, stripped);
      return stripped;
    } catch (error) {
      if (isOfTheFile(error)) this.#note(key, error);
      throw error;
    }
  }

  async #fetch(file: ReleaseFile, maxBytes: number): Promise<Uint8Array> {
    const { body, size } = await this.#upstream.file(file, AbortSignal.timeout(FETCH_MS));
    const tooLarge = () =>
      new CordonError("UPSTREAM_TOO_LARGE", `${file.name} is too large to take its install scripts out`);
    if (size !== undefined && size > maxBytes) {
      body.destroy();
      throw tooLarge();
    }
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of body) {
      length += (chunk as Buffer).length;
      if (length > maxBytes) throw tooLarge();
      chunks.push(chunk as Buffer);
    }
    const bytes = Buffer.concat(chunks);
    for (const [algorithm, hex] of Object.entries(file.digests))
      if (createHash(algorithm).update(bytes).digest("hex") !== hex)
        throw new CordonError(
          "DIGEST_MISMATCH",
          `the bytes of ${file.name} are not those that the registry's metadata names`,
        );
    return bytes;
  }

  #note(key: string, known: StrippedFile | Known): void {
    this.#generation += 1;
    if (this.#known.size >= MAX_KNOWN) this.#known.delete(this.#known.keys().next().value ?? "");
    if (typeof known === "string" || known instanceof CordonError) this.#known.set(key, known);
    else this.#known.set(key, { integrity: known.integrity, shasum: known.shasum, removed: known.removed });
  }

  #keep(key: string, stripped: StrippedFile): void {
    this.#kept.set(key, stripped);
    this.#bytes += stripped.bytes.length;
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#bytes <= MAX_BYTES || oldest === key) break;
      this.#kept.delete(oldest);
      this.#bytes -= bytes.length;
    }
  }

  /** Undefined for what nobody waits for, where enough of that is waiting. */
  #job(file: ReleaseFile, key: string, isUrgent: boolean): Job | undefined {
    const known = this.#jobs.get(key);
    if (known) {
      if (isUrgent && !known.isUrgent && !known.isRunning) {
        known.isUrgent = true;
        this.#urgent.push(known);
        this.#startJobs();
      }
      return known;
    }
    if (!isUrgent && this.#idle.length >= MAX_IDLE) return undefined;
    const { promise, resolve, reject } = Promise.withResolvers<StrippedFile | undefined>();
    const start = () => this.#make(file, key).then(resolve, reject);
    const job: Job = { key, result: promise, start, isUrgent, isRunning: false };
    this.#jobs.set(key, job);
    (isUrgent ? this.#urgent : this.#idle).push(job);
    this.#startJobs();
    return job;
  }

  /** Few at a time, for each holds a whole file in memory; what somebody waits for before what nobody does. */
  #startJobs(): void {
    while (this.#running < PARALLEL) {
      const job = this.#urgent.shift() ?? (this.#running < PARALLEL_IDLE ? this.#idle.shift() : undefined);
      if (!job) return;
      // It stands in both where somebody began to wait for it.
      if (job.isRunning) continue;
      job.isRunning = true;
      this.#running += 1;
      void job.start().finally(() => {
        this.#running -= 1;
        this.#jobs.delete(job.key);
        this.#startJobs();
      });
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

/** What tags name, then the newest; releases are in version order. */
function first<T>(missing: readonly (readonly [version: string, T])[], { listing }: JudgedListing) {
  const newest = new Set(
    [...listing.releases.values()].filter(({ facts }) => facts.newestOfLine).map(({ version }) => version),
  );
  return missing
    .toReversed()
    .sort(([a], [b]) => Number(newest.has(b)) - Number(newest.has(a)))
    .slice(0, AT_ONCE);
}

/** Why the file as the registry has it is not served: a lockfile from elsewhere pins it. */
export function explainOriginal(decision: Decision): Decision {
  return {
    ...decision,
    reason: `${decision.reason.replace(/[.!?]$/, "")}. It is served without its install scripts, so its digest is another than the one pinned: take its entry out of the lockfile and install it again.`,
  };
}
