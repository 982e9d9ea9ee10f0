/** Points clients at a proxy for the steps that follow, and takes back what a later job on the same machine would meet. */
import { isLoopback } from "../../core/http.ts";
import { type Addresses, outputAddresses } from "./addresses.ts";
import { type Client, pointingOf, settingsFiles } from "./clients.ts";
import { removeSection, writeSection } from "./home-file.ts";
import { tellWhatGoesPast } from "./past.ts";
import type { Workflow } from "./workflow.ts";

/** Gives the summary: how each client is pointed, and what can still go past. Throws CONFIG_INVALID, FILE_UNREADABLE. */
export function pointClients(
  workflow: Workflow,
  addresses: Addresses,
  clients: readonly Client[],
  token: string,
): string {
  const { environment } = workflow;
  const pointings = clients.map((client) => ({ client, ...pointingOf(client, addresses, token, environment) }));
  // All of it is known before anything is changed: a step that fails leaves clients as they were.
  const files = new Map(pointings.flatMap(({ file }) => (file ? [[file.path, file.lines] as const] : [])));
  for (const [path, lines] of files) writeSection(path, lines);
  const variables = Object.assign(
    {},
    ...pointings.map((pointing) => pointing.variables),
    direct(addresses, environment),
  );
  for (const [name, value] of Object.entries<string>(variables)) workflow.exportVariable(name, value);
  outputAddresses(workflow, addresses);
  const rows = pointings.map(({ client, how, past }) => `| ${client} | ${how} | ${past} |`);
  const table = ["| client | pointed by | what can still go past |", "|---|---|---|", ...rows].join("\n");
  return `${table}\n${tellWhatGoesPast(workflow, addresses, clients)}`;
}

/** Takes out what an earlier step or job left in the user's settings. */
export function unpointClients({ environment }: Workflow): void {
  for (const path of settingsFiles(environment)) removeSection(path);
}

/** Where the machine reaches the web through a proxy of its own, this machine is not to be asked through it. */
function direct({ base }: Addresses, environment: NodeJS.ProcessEnv): Record<string, string> {
  const { hostname } = new URL(base);
  const names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
  if (!isLoopback(new URL(base)) || !names.some((name) => environment[name])) return {};
  const before = environment["no_proxy"] || environment["NO_PROXY"];
  const value = before ? `${before},${hostname}` : hostname;
  return { NO_PROXY: value, no_proxy: value };
}
