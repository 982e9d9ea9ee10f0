/** The end of the action `setup`: a machine that takes another job has no settings of this one. */
import { unpointClients } from "./point.ts";
import { runStep } from "./workflow.ts";

await runStep(async (workflow) => unpointClients(workflow));
