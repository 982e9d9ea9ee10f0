/**
 * Decision logs: how fast `cordon audit` reads them, beside jq (or JSON.parse of each line, where there is no jq), and what
 * a decision costs that is recorded with rotation, beside a plain stream. Nothing is asserted. `node bench/audit.ts [LINES]`
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createReadStream, createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { oneLine } from "../core/words.ts";
import { DECISION_LOG_DEFAULTS, openDecisionLog } from "../proxy/decision-log.ts";
import type { Facts } from "../schemas/types/facts.ts";
import { logLine, makeContext, makeDecision } from "../test/support/decisions.ts";
import { medianOf } from "./measure.ts";

const LINES = Number(process.argv[2] ?? 500_000);
const RUNS = 3;
/** Decisions that are made before others are let through, as in a proxy that is busy. */
const TOGETHER = 50;
const ENTRY = fileURLToPath(new URL("../cli/bin/run.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "cordon-bench-"));
const log = join(folder, "decisions.jsonl");

/** About as much as rules read of a release. */
const FACTS = {
  facts: {
    pkg: { ecosystem: "npm", name: "package" },
    release: { version: "1.0.0", published: "2026-11-01T00:00:00Z", digests: { sha512: "0".repeat(128) } },
    advisories: [],
    client: { address: "", agent: "" },
  } as unknown as Facts,
  known: ["identity", "listing"] as const,
};

async function writeLog(): Promise<void> {
  const stream = createWriteStream(log);
  for (let index = 0; index < LINES; index++) {
    const decision = index % 50 === 0 ? "block" : "allow";
    const client = { address: `10.0.${index % 7}.${index % 251}`, agent: "npm/11.6.0 node/v24.4.0 linux x64" };
    const line = logLine(`pkg:npm/package-${index % 5000}@1.${index % 9}.0`, { decision, client, ...FACTS });
    if (!stream.write(line)) await once(stream, "drain");
  }
  await once(stream.end(), "finish");
}

function timeCommand(command: string, args: readonly string[]): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 1024 ** 3 });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr.slice(-2000)}`);
  return performance.now() - start;
}

async function timeParse(): Promise<number> {
  const start = performance.now();
  let blocked = 0;
  for await (const line of createInterface({ input: createReadStream(log) }))
    blocked += Number(JSON.parse(line).decision === "block");
  if (blocked === 0) throw new Error("nothing was found");
  return performance.now() - start;
}

/** Microseconds for each decision until all are in the file. */
async function timeRecording(maxBytes: number, count = 200_000): Promise<number> {
  const state = mkdtempSync(join(folder, "state-"));
  const options = { ...DECISION_LOG_DEFAULTS, maxBytes };
  const decisions = await openDecisionLog(join(state, "decisions.jsonl"), () => {}, options);
  const start = performance.now();
  for (let index = 0; index < count; index++) {
    decisions.record(makeDecision(`pkg:npm/package-${index}@1.0.0`), makeContext(), { ...FACTS });
    if (index % TOGETHER === 0) await setImmediate();
  }
  await decisions.flushed();
  const took = performance.now() - start;
  await decisions.close();
  rmSync(state, { recursive: true });
  return (took * 1000) / count;
}

/** The same lines, made in the same way, into a stream that nobody looks after. */
async function timeStream(count = 200_000): Promise<number> {
  const stream = createWriteStream(join(folder, "plain.jsonl"), { flags: "a" });
  const start = performance.now();
  for (let index = 0; index < count; index++) {
    const recordedAt = new Date().toISOString();
    const { startedAt, client, ...context } = makeContext();
    const durationMs = performance.now() - startedAt;
    const decision = makeDecision(`pkg:npm/package-${index}@1.0.0`);
    const shown = { ...client, agent: oneLine(client.agent, 200) };
    stream.write(`${JSON.stringify({ ...decision, recordedAt, ...context, client: shown, durationMs, ...FACTS })}\n`);
    if (index % TOGETHER === 0) await setImmediate();
  }
  await once(stream.end(), "finish");
  return ((performance.now() - start) * 1000) / count;
}

const row = (name: string, milliseconds: number, reference: number): void =>
  console.log(
    `${name.padEnd(48)} ${Math.round(LINES / (milliseconds / 1000))
      .toLocaleString("en-US")
      .padStart(11)} lines/s ${(milliseconds / reference).toFixed(2).padStart(6)} x`,
  );

try {
  await writeLog();
  console.log(`${LINES.toLocaleString("en-US")} lines, ${(statSync(log).size / 1e6).toFixed(0)} MB`);
  const hasJq = spawnSync("jq", ["--version"]).status === 0;
  const filter = 'select(.decision == "block")';
  const reference = hasJq
    ? await medianOf(RUNS, () => timeCommand("jq", ["-c", filter, log]))
    : await medianOf(RUNS, timeParse);
  row(hasJq ? "jq 'select(…)' (the reference)" : "JSON.parse of each line (the reference)", reference, reference);
  if (hasJq) row("JSON.parse of each line", await medianOf(RUNS, timeParse), reference);
  for (const [name, args] of [
    ["cordon audit --jsonl --decision block", ["--jsonl", "--decision", "block"]],
    ["cordon audit --group-by package,decision", ["--group-by", "package,decision"]],
    ["cordon audit --client 10.0.3.0/24 --json", ["--client", "10.0.3.0/24", "--json"]],
  ] as const)
    row(name, await medianOf(RUNS, () => timeCommand(process.execPath, [ENTRY, "audit", log, ...args])), reference);

  const plain = await medianOf(RUNS, () => timeStream());
  const cost = (name: string, microseconds: number): void =>
    console.log(
      `${name.padEnd(48)} ${microseconds.toFixed(2).padStart(10)} us each ${(microseconds / plain).toFixed(2).padStart(8)} x`,
    );
  cost("a line into a plain stream (the reference)", plain);
  cost("a decision on record", await medianOf(RUNS, () => timeRecording(1024 ** 3)));
  cost(
    "a decision on record, rotated at every 100 MiB",
    await medianOf(RUNS, () => timeRecording(DECISION_LOG_DEFAULTS.maxBytes)),
  );
  cost("a decision on record, rotated at every MiB", await medianOf(RUNS, () => timeRecording(1024 ** 2)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
