/** The end of the action `proxy`: ends the proxy, and tells what it decided. */
import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CordonError, messageOf } from "../../core/errors.ts";
import { DECISION_LOG } from "../../core/state.ts";
import { annotation } from "../annotation.ts";
import { type ActionStep, runStep } from "./action-step.ts";
import { decidedAnnotations, decidedMarkdown, readDecided } from "./decided.ts";
import { logForeign } from "./foreign-lines.ts";
import { unpointClients } from "./point.ts";
import { stateOf, stopChild, tailOf } from "./proxy-child.ts";

const MAX_LINES = 10_000;

await runStep(async (step) => {
  const folder = step.environment["STATE_folder"] ?? "";
  if (folder === "") step.log("No proxy was started in this job.");
  else await endProxy(step, folder);
  unpointClients(step);
});

async function endProxy(step: ActionStep, folder: string): Promise<void> {
  await stopChild(folder).catch((error: unknown) => {
    if (!(error instanceof CordonError)) throw error;
    const message = `The proxy ended before the job did, or does not answer: ${messageOf(error)}`;
    step.log(annotation("warning", { title: "cordon" }, message));
    logForeign(step, "What the proxy wrote last", tailOf(folder).trimEnd().split("\n"));
  });
  const decided = await readDecided(stateOf(folder));
  step.summarize(decidedMarkdown(decided));
  for (const line of decidedAnnotations(decided)) step.log(line);
  const log = join(stateOf(folder), DECISION_LOG);
  if (step.flag("log") && existsSync(log)) logForeign(step, "The decision log", await firstLines(log));
  step.output("log", log);
  step.log(`Decisions are in ${log}.`);
}

async function firstLines(path: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (lines.push(line) < MAX_LINES) continue;
    lines.push(`(Only the first ${MAX_LINES} are shown.)`);
    break;
  }
  return lines;
}
