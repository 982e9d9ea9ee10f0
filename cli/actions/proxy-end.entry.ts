/** The end of the action `proxy`: ends the proxy, and tells what it decided. */
import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CordonError, messageOf } from "../../core/errors.ts";
import { DECISION_LOG } from "../../core/state.ts";
import { annotation } from "../annotation.ts";
import { decidedAnnotations, decidedMarkdown, readDecided } from "./decided.ts";
import { logForeign } from "./foreign-lines.ts";
import { unpointClients } from "./point.ts";
import { stateOf, stopChild, tailOf } from "./proxy-child.ts";
import { runStep, type Workflow } from "./workflow.ts";

const MAX_LINES = 10_000;

await runStep(async (workflow) => {
  const folder = workflow.environment["STATE_folder"] ?? "";
  if (folder === "") workflow.log("No proxy was started in this job.");
  else await endProxy(workflow, folder);
  unpointClients(workflow);
});

async function endProxy(workflow: Workflow, folder: string): Promise<void> {
  await stopChild(folder).catch((error: unknown) => {
    if (!(error instanceof CordonError)) throw error;
    const message = `The proxy ended before the job did, or does not answer: ${messageOf(error)}`;
    workflow.log(annotation("warning", { title: "cordon" }, message));
    logForeign(workflow, "What the proxy wrote last", tailOf(folder).trimEnd().split("\n"));
  });
  const decided = await readDecided(stateOf(folder));
  workflow.summarize(decidedMarkdown(decided));
  for (const line of decidedAnnotations(decided)) workflow.log(line);
  const log = join(stateOf(folder), DECISION_LOG);
  if (workflow.flag("log") && existsSync(log)) logForeign(workflow, "The decision log", await firstLines(log));
  workflow.output("log", log);
  workflow.log(`Decisions are in ${log}.`);
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
