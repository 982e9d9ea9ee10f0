/** The action `setup`: points the install steps that follow at a proxy. */

import { runStep } from "./action-step.ts";
import { addressesOf, secretInput } from "./addresses.ts";
import { clientsOf } from "./clients.ts";
import { pointClients, unpointClients } from "./point.ts";
import { requireReady } from "./ready.ts";

await runStep(async (step) => {
  unpointClients(step);
  const token = secretInput(step, "token");
  const addresses = addressesOf(step.input("url"), token);
  const clients = clientsOf(step);
  const bundle = step.flag("check") ? await requireReady(addresses, token) : "It was not asked whether it is there.";
  const told = pointClients(step, addresses, clients, token);
  step.summarize(`### Installs go through ${addresses.base}\n\n${bundle}\n\n${told}`);
  step.log(`${clients.join(", ")} of the steps that follow ask ${addresses.base}. ${bundle}`);
});
