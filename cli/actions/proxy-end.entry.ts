/** The end of the action `proxy`: ends the proxy, and tells what it decided. */
import { createReadStream, lstatSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { CordonError, messageOf } from "../../core/errors.ts";
import { DECISION_LOG } from "../../core/state.ts";
import { annotation } from "../annotation.ts";
import { type RunningProxy, toRunning } from "../running-proxy.ts";
import { type ActionStep, runStep } from "./action-step.ts";
import { DECIDED_HEADING, decidedAnnotations, decidedMarkdown, readDecided } from "./decided.ts";
import { logForeign } from "./foreign-lines.ts";
import { unpointClients } from "./point.ts";
import { stateOf, stopChild, stopUnready, tailOf } from "./proxy-child.ts";

const MAX_LINES = 10_000;

await runStep(async (step) => {
  const { STATE_folder: folder, STATE_process: started } = step.environment;
  const proxy = started ? toRunning(JSON.parse(started)) : undefined;
  try {
    if (folder && proxy) await endProxy(step, folder, proxy);
    else {
      if (folder) await stopUnready(folder);
      step.log("No proxy was started in this job.");
    }
  } finally {
    unpointClients(step);
  }
});

async function endProxy(step: ActionStep, folder: string, proxy: RunningProxy): Promise<void> {
  await stopChild(folder, proxy).catch((error: unknown) => {
    if (!(error instanceof CordonError)) throw error;
    const message = `The proxy ended before the job did, or does not answer: ${messageOf(error)}`;
    step.log(annotation("warning", { title: "cordon" }, message));
    logForeign(step, "What the proxy wrote last", tailOf(folder).trimEnd().split("\n"));
  });
  const log = join(stateOf(folder), DECISION_LOG);
  if (!lstatSync(log, { throwIfNoEntry: false })?.isFile()) return failWithoutLog(step, log);
  const decided = await readDecided(stateOf(folder));
  step.summarize(decidedMarkdown(decided));
  for (const line of decidedAnnotations(decided)) step.log(line);
  if (step.flag("log")) logForeign(step, "The decision log", await firstLines(log));
  step.output("log", log);
  step.log(`Decisions are in ${log}.`);
}

/** The proxy makes the file before it serves anything: one that is not there tells of no quiet job. */
function failWithoutLog(step: ActionStep, log: string): void {
  const message = `The decision log is gone: ${log} is no file any more, so nobody can tell what the proxy decided.`;
  const next = "Look at what the steps of this job ran and installed: something in it took the log away.";
  step.log(annotation("error", { title: "cordon" }, `${message}\n${next}`));
  step.summarize(`${DECIDED_HEADING}\n\nNobody can tell: the decision log was taken away during the job.`);
  process.exitCode = 1;
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
