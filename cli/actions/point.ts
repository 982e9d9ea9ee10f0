/** Points clients at a proxy for the steps that follow, and takes back what a later job on the same machine would meet. */
import { isLoopback } from "../../core/http.ts";
import type { ActionStep } from "./action-step.ts";
import { type Addresses, outputAddresses } from "./addresses.ts";
import { reportBypasses } from "./bypass.ts";
import { type Client, pointingOf, settingsFiles } from "./clients.ts";
import { removeSection, writeSection } from "./home-file.ts";

/** Of the step's state. */
const FILES = "files";

/** Gives the summary: how each client is pointed, and what can still bypass it. Throws CONFIG_INVALID, FILE_UNREADABLE. */
export function pointClients(
  step: ActionStep,
  addresses: Addresses,
  clients: readonly Client[],
  token: string,
): string {
  const { environment } = step;
  const pointings = clients.map((client) => ({ client, ...pointingOf(client, addresses, token, environment) }));
  // All of it is known before anything is changed: a step that fails leaves clients as they were.
  const files = new Map(pointings.flatMap(({ file }) => (file ? [[file.path, file.lines] as const] : [])));
  step.saveState(FILES, JSON.stringify([...files.keys()]));
  for (const [path, lines] of files) writeSection(path, lines);
  const variables = Object.assign(
    {},
    ...pointings.map((pointing) => pointing.variables),
    direct(addresses, environment),
  );
  for (const [name, value] of Object.entries<string>(variables)) step.exportVariable(name, value);
  outputAddresses(step, addresses);
  const rows = pointings.map(({ client, how, bypasses }) => `| ${client} | ${how} | ${bypasses} |`);
  const table = ["| client | pointed by | what can still bypass it |", "|---|---|---|", ...rows].join("\n");
  return `${table}\n${reportBypasses(step, addresses, clients)}`;
}

/** Takes out what this step, an earlier one or another job left in the user's settings: all that can be, before it throws. */
export function unpointClients({ environment }: ActionStep): void {
  // Where settings are may have been changed since: what was written is what the step's own state says.
  const written: unknown = JSON.parse(environment[`STATE_${FILES}`] || "[]");
  const paths = new Set([...(Array.isArray(written) ? written.map(String) : []), ...settingsFiles(environment)]);
  const errors = [...paths].flatMap((path) => {
    try {
      removeSection(path);
      return [];
    } catch (error) {
      return [error];
    }
  });
  if (errors.length > 0) throw errors[0];
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
