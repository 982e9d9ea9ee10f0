/** The action `policy`: `.github/actions/policy/action.yml` tells its inputs and outputs. */
import { checkRepository } from "./check.ts";
import { buildBundle, publishPolicies } from "./publish.ts";
import { runStep, type Workflow } from "./workflow.ts";

const COMMANDS = { check: checkRepository, build: buildBundle, publish: publishPolicies } satisfies Record<
  string,
  (workflow: Workflow) => Promise<unknown>
>;

await runStep(async (workflow) => {
  await COMMANDS[workflow.choice("command", ["check", "build", "publish"])](workflow);
});
