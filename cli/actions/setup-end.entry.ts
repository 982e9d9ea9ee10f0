/** The end of the action `setup`: a machine that takes another job has no settings of this one. */

import { runStep } from "./action-step.ts";
import { unpointClients } from "./point.ts";

await runStep(async (step) => unpointClients(step));
