/** The action `setup`: points the install steps that follow at a proxy. */
import { addressesOf, secretInput } from "./addresses.ts";
import { clientsOf } from "./clients.ts";
import { pointClients, unpointClients } from "./point.ts";
import { requireReady } from "./ready.ts";
import { runStep } from "./workflow.ts";

await runStep(async (workflow) => {
  unpointClients(workflow);
  const token = secretInput(workflow, "token");
  const addresses = addressesOf(workflow.input("url"), token);
  const clients = clientsOf(workflow);
  const bundle = workflow.flag("check")
    ? await requireReady(addresses, token)
    : "It was not asked whether it is there.";
  const told = pointClients(workflow, addresses, clients, token);
  workflow.summarize(`### Installs go through ${addresses.base}\n\n${bundle}\n\n${told}`);
  workflow.log(`${clients.join(", ")} of the steps that follow ask ${addresses.base}. ${bundle}`);
});
