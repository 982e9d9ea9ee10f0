/** The action `proxy`: runs a proxy inside the job, and points the install steps that follow at it. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { CordonError } from "../../core/errors.ts";
import { DECISION_LOG } from "../../core/state.ts";
import { type ActionStep, runStep } from "./action-step.ts";
import { addressesOf, secretInput } from "./addresses.ts";
import { clientsOf } from "./clients.ts";
import { pointClients, unpointClients } from "./point.ts";
import { startChild, stateOf } from "./proxy-child.ts";
import { refuseTokensOfTheRun } from "./proxy-handover.ts";

await runStep(async (step) => {
  // Before the proxy looks where upstreams are: an earlier job's may have been this machine's own.
  unpointClients(step);
  const clients = clientsOf(step);
  const flags = flagsOf(step);
  step.flag("log");
  const token = secretInput(step, "token");
  if (flags.config) refuseTokensOfTheRun(flags.config);
  const folder = mkdtempSync(join(step.environment["RUNNER_TEMP"] || tmpdir(), "cordon-"));
  // Before there is a process: a step that is ended now still has its end.
  step.saveState("folder", folder);
  const { bundle, ...proxy } = await startChild(folder, flags, step.environment, token);
  step.saveState("process", JSON.stringify(proxy));
  const { url } = proxy;
  const addresses = addressesOf(url, "");
  const told = pointClients(step, addresses, clients, "");
  const log = join(stateOf(folder), DECISION_LOG);
  for (const [name, value] of Object.entries({ url, log })) step.output(name, value);
  step.summarize(`### Installs go through a proxy in this job\n\nIt enforces ${bundle}.\n\n${told}`);
  step.log(
    `${clients.join(", ")} of the steps that follow ask ${url}, which enforces ${bundle}. Decisions go to ${log}.`,
  );
});

/** Paths are the workspace's. Throws USAGE. */
function flagsOf(step: ActionStep) {
  const [bundle, trust, config] = ["bundle", "trust", "config"].map((name) => step.input(name));
  if (!bundle && !config)
    throw new CordonError("USAGE", "the proxy needs a bundle to enforce", {
      next: "Give the input bundle: github:OWNER/REPO, an https address, or dir:PATH.",
    });
  if (!trust && !config)
    throw new CordonError("USAGE", "a proxy without a trust policy would enforce anybody's bundle", {
      next: "Give the input trust: a file with who may sign (docs/BUNDLES.md).",
    });
  return {
    ...(bundle && { bundle }),
    ...(trust && { trust: resolve(trust) }),
    ...(config && { config: resolve(config) }),
    upstream: step.lines("upstream"),
  };
}
