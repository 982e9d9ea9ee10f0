/** Every decision that the proxy makes, as JSON Lines: one decision a line (docs/HTTP.md tells the fields). */

import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import type { Digests } from "../core/digest.ts";
import { CordonError, messageOf } from "../core/errors.ts";
import type { RecordedFacts } from "../core/recorded-facts.ts";
import { oneLine } from "../core/words.ts";
import type { Decision } from "../schemas/types/decision.ts";
import type { Log } from "./log.ts";

export interface DecisionContext {
  readonly requestId: string;
  readonly client: { readonly address: string; readonly agent: string };
  readonly registry: string;
  readonly kind: "metadata" | "file";
  readonly cache: "hit" | "miss";
  readonly startedAt: number;
  /** Where the file is served without install scripts: the digests of the registry's file, the integrity of ours, and what was taken out. */
  readonly rewritten?: { readonly from: Digests; readonly to: string; readonly removed: readonly string[] };
}

export interface DecisionLog {
  /** `facts` are what the decision was made from; undefined where they are too large to be kept. */
  record(decision: Decision, context: DecisionContext, facts: RecordedFacts | undefined): void;
  /** What keeps decisions from being recorded; null while they are. */
  failure(): string | null;
  close(): Promise<void>;
}

const REOPEN_MS = 5000;

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
export async function openDecisionLog(path: string, log: Log): Promise<DecisionLog> {
  let failure: string | null = null;
  let failedAt = 0;
  const open = (): WriteStream =>
    createWriteStream(path, { flags: "a", mode: 0o640 }).on("error", (error) => {
      failure = error.message;
      failedAt = performance.now();
      log("error", "decisions cannot be recorded", { path, reason: error.message });
    });
  let stream = open();
  try {
    await once(stream, "open");
  } catch (cause) {
    throw new CordonError("FILE_UNREADABLE", `decisions cannot be recorded in ${path}: ${messageOf(cause)}`, { cause });
  }
  return {
    record(decision, { startedAt, client, ...context }, facts) {
      if (failure !== null && performance.now() - failedAt > REOPEN_MS) {
        failedAt = performance.now();
        stream = open().once("open", () => {
          failure = null;
        });
      }
      const durationMs = Math.round((performance.now() - startedAt) * 1000) / 1000;
      const agent = oneLine(client.agent, 200);
      const others = { ...context, client: { address: client.address, agent }, durationMs };
      const parts = [writeOnce(decision), fieldsOf(others), ...(facts ? [writeOnce(facts)] : [])];
      stream.write(`{${parts.join(",")}}\n`);
    },
    failure: () => failure,
    close: () => new Promise((resolve) => (stream.destroyed ? resolve() : stream.end(resolve))),
  };
}
