/** Every decision that the proxy makes, as JSON Lines: one decision a line (docs/HTTP.md tells the fields). */
import { createWriteStream, type WriteStream } from "node:fs";
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
}

export interface DecisionLog {
  /** `facts` are what the decision was made from; undefined where they are too large to be kept. */
  record(decision: Decision, context: DecisionContext, facts: RecordedFacts | undefined): void;
  /** What keeps decisions from being recorded; null while they are. */
  failure(): string | null;
  close(): Promise<void>;
}

export function createDecisionLog(path: string, log: Log): DecisionLog {
  let failure: string | null = null;
  const stream: WriteStream = createWriteStream(path, { flags: "a", mode: 0o640 });
  stream.on("error", (error) => {
    failure = error.message;
    log("error", "decisions cannot be recorded", { path, reason: error.message });
  });
  return {
    record(decision, { startedAt, client, ...context }, facts) {
      const durationMs = Math.round((performance.now() - startedAt) * 1000) / 1000;
      const line = {
        ...decision,
        ...context,
        client: { address: client.address, agent: oneLine(client.agent, 200) },
        durationMs,
        ...facts,
      };
      stream.write(`${JSON.stringify(line)}\n`);
    },
    failure: () => failure,
    close: () => new Promise((resolve) => stream.end(resolve)),
  };
}
