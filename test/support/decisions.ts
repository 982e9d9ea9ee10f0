/** Decisions that are on record, and those that are to be. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { parseRotatedName } from "../../core/state.ts";
import type { DecisionContext, DecisionLog } from "../../proxy/decision-log.ts";
import type { Decision } from "../../schemas/types/decision.ts";

export function makeDecision(purl: string, given: Partial<Decision> = {}): Decision {
  return {
    decision: "allow",
    purl,
    policy: null,
    rule: null,
    reason: "no policy objects",
    evidence: [],
    until: null,
    bundle: null,
    decidedAt: "2026-11-22T12:00:00Z",
    verdicts: [],
    skipped: [],
    ...given,
  };
}

export function makeContext(given: Partial<DecisionContext> = {}): DecisionContext {
  return {
    requestId: "00000000-0000-4000-8000-000000000000",
    client: { address: "127.0.0.1", agent: "npm/11.0.0 node/v24.0.0 linux x64" },
    registry: "npm",
    kind: "file",
    cache: "miss",
    startedAt: performance.now(),
    ...given,
  };
}

/** A line as the proxy writes it, with its line feed; `given` stands before what it has else. */
export function logLine(purl: string, given: Readonly<Record<string, unknown>> = {}): string {
  const { startedAt: _, ...context } = makeContext();
  const recordedAt = "2026-11-22T12:00:00Z";
  return `${JSON.stringify({ ...makeDecision(purl), recordedAt, ...context, durationMs: 1.5, ...given })}\n`;
}

/** Records `pkg:npm/x@NUMBER.0.0`. */
export function recordNumber(log: DecisionLog, number: number): void {
  log.record(makeDecision(`pkg:npm/x@${number}.0.0`), makeContext(), undefined);
}

/**
 * The numbers on record in a state directory, in the order in which they lie there, and whether a line without its end stands
 * behind them.
 */
export function readNumbers(dir: string): { numbers: number[]; isTorn: boolean } {
  const lines = readWholeLog(dir);
  const rest = lines.pop();
  const numbers = lines.map((line) => Number(/^pkg:npm\/x@(\d+)\.0\.0$/.exec(JSON.parse(line).purl)?.[1]));
  return { numbers, isTorn: rest !== "" };
}

/** Every file is joined to the one before: where that ended in a line, what is read is no line. */
function readWholeLog(dir: string): string[] {
  const names = readdirSync(dir).sort();
  return (
    names
      .filter((name) => name === "decisions.jsonl" || parseRotatedName(name))
      // Both are there between the end of the compression and the removal.
      .filter((name) => !name.endsWith(".gz") || !names.includes(name.slice(0, -".gz".length)))
      .map((name) => {
        const bytes = readFileSync(join(dir, name));
        return (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
      })
      .join("")
      .split("\n")
  );
}
