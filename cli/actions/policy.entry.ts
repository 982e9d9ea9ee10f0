/** The action `policy`: `.github/actions/policy/action.yml` tells its inputs and outputs. */

import { type ActionStep, runStep } from "./action-step.ts";
import { checkRepository } from "./check.ts";
import { buildUnsigned, publishPolicies } from "./publish.ts";

const COMMANDS = { check: checkRepository, build: buildUnsigned, publish: publishPolicies } satisfies Record<
  string,
  (step: ActionStep) => Promise<unknown>
>;

await runStep(async (step) => {
  await COMMANDS[step.choice("command", ["check", "build", "publish"])](step);
});
