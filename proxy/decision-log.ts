/** Every decision that the proxy makes, as JSON Lines: one decision a line (docs/HTTP.md tells the fields). */

import { dirname } from "node:path";
import type { Digests } from "../core/digest.ts";
import { CordonError, messageOf } from "../core/errors.ts";
import type { RecordedFacts } from "../core/recorded-facts.ts";
import type { Refusal } from "../core/refusal.ts";
import { formatInstant } from "../core/time.ts";
import { oneLine } from "../core/words.ts";
import type { Decision } from "../schemas/types/decision.ts";
import { AppendedFile } from "./appended-file.ts";
import { LineQueue } from "./line-queue.ts";
import type { Log } from "./log.ts";
import { RotatedFiles } from "./rotated-files.ts";

export interface DecisionContext {
  readonly requestId: string;
  readonly client: { readonly address: string; readonly agent: string };
  readonly registry: string;
  readonly kind: "metadata" | "file";
  readonly cache: "hit" | "miss";
  readonly startedAt: number;
  /** What the client was told, where the answer is a refusal. */
  readonly refusal?: Pick<Refusal, "error" | "remediation">;
  /** Where the file is served without install scripts: the digests of the registry's file, the integrity of ours, and what was taken out. */
  readonly rewritten?: { readonly from: Digests; readonly to: string; readonly removed: readonly string[] };
}

export interface DecisionLog {
  /**
   * `facts` are what the decision was made from; undefined where they are too large to be kept. Throws DECISION_UNRECORDED
   * where too many wait for the disk: what cannot be put on record is not answered.
   */
  record(decision: Decision, context: DecisionContext, facts: RecordedFacts | undefined): void;
  /** Ends when all that was recorded before is in the file, however long the disk takes. */
  flushed(): Promise<void>;
  /** What keeps decisions from being recorded; null while they are. */
  failure(): string | null;
  close(): Promise<void>;
}

/** When a file is full or old, and how long those before it are kept. */
export interface DecisionLogOptions {
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly keep: number;
  /** Left out: as long as there are not `keep` newer ones. */
  readonly keepMs?: number;
  /** Characters that may wait for the disk. */
  readonly maxWaiting: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Files of a day each, for a year; and in memory some seconds of a busy proxy, or minutes of most. */
export const DECISION_LOG_DEFAULTS: DecisionLogOptions = {
  maxBytes: 100 * 1024 ** 2,
  maxAgeMs: DAY_MS,
  keep: 365,
  maxWaiting: 32 * 1024 ** 2,
};

const TEND_MS = 60_000;

/** The JSON of decisions and facts that were recorded before: most are, once for each client that wants the file. */
const written = new WeakMap<object, string>();

function writeOnce(object: object): string {
  const known = written.get(object) ?? fieldsOf(object);
  written.set(object, known);
  return known;
}

/** The fields of an object as JSON, without its braces. */
function fieldsOf(object: object): string {
  return JSON.stringify(object).slice(1, -1);
}

/** Throws FILE_UNREADABLE where the log cannot be opened: a proxy that records nothing does not start. */
export async function openDecisionLog(
  path: string,
  log: Log,
  options: DecisionLogOptions = DECISION_LOG_DEFAULTS,
  now: () => Date = () => new Date(),
): Promise<DecisionLog> {
  const { file, rotated } = await openFiles(path, log, options, now);
  const queue = new LineQueue(file, options.maxWaiting, (reason) =>
    log("error", "decisions cannot be recorded", { path, reason }),
  );
  const tend = (): void => {
    queue.wake();
    rotated.tidy();
  };
  const timer = setInterval(tend, TEND_MS).unref();
  tend();
  return {
    record(decision, { startedAt, client, refusal, ...context }, facts) {
      const durationMs = Math.round((performance.now() - startedAt) * 1000) / 1000;
      const agent = oneLine(client.agent, 200);
      const others = { ...refusal, ...context, client: { address: client.address, agent }, durationMs };
      const recordedAt = formatInstant(now());
      const parts = [writeOnce(decision), fieldsOf({ recordedAt, ...others }), ...(facts ? [writeOnce(facts)] : [])];
      queue.push(`{${parts.join(",")}}\n`);
    },
    flushed: () => queue.flushed(),
    failure: () => queue.failure(),
    async close() {
      clearInterval(timer);
      const lost = await queue.close();
      if (lost > 0) log("error", "decisions are lost: the disk does not take them", { path, decisions: lost });
      await file.close().catch((error: unknown) => {
        log("error", "the decision log may lack its end", { path, reason: messageOf(error) });
      });
      await rotated.close();
    },
  };
}

async function openFiles(path: string, log: Log, options: DecisionLogOptions, now: () => Date) {
  try {
    const rotated = await RotatedFiles.open(dirname(path), { keep: options.keep, keepMs: options.keepMs }, now, log);
    const file = new AppendedFile(path, options, rotated, now, log);
    await file.open();
    return { file, rotated };
  } catch (cause) {
    throw new CordonError("FILE_UNREADABLE", `decisions cannot be recorded in ${path}: ${messageOf(cause)}`, { cause });
  }
}
