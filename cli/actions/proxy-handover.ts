/**
 * What the step tells the proxy of the job, through a pipe: arguments and first environment of a process are there for
 * every other process of the user to read, and install scripts are such.
 */
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { requireConfig } from "../../core/config.ts";
import { CordonError } from "../../core/errors.ts";
import { originOf } from "../../core/http.ts";
import { readText } from "../../core/source/files.ts";
import type { ProxyFlags } from "../start-proxy.ts";

export interface Handover {
  readonly flags: ProxyFlags;
  readonly environment: Readonly<Record<string, string>>;
  /** What none but the bundle's source is told. */
  readonly sourceTokens: Readonly<Record<string, string>>;
}

/** The run's own: its inputs, files and tokens, and the token for bundles. Nothing of it is in the proxy's environment. */
const OF_THE_RUN =
  /^(INPUT_.*|STATE_.*|ACTIONS_.*|GITHUB_(ENV|OUTPUT|PATH|STATE|STEP_SUMMARY|TOKEN)|GH_TOKEN|CORDON_BUNDLE_TOKEN)$/i;
/** What a process and its libraries read before anything could be handed over, and by what a runner finds processes that were left. */
const FROM_THE_FIRST =
  /^(RUNNER_TRACKING_ID|PATH|SYSTEMROOT|LD_LIBRARY_PATH|SSL_CERT_(FILE|DIR)|NODE_(OPTIONS|EXTRA_CA_CERTS|USE_SYSTEM_CA))$/i;

/** `token` is for `github:` bundles. */
export function makeHandover(flags: ProxyFlags, environment: NodeJS.ProcessEnv, token: string): Handover {
  const bundleToken = environment["CORDON_BUNDLE_TOKEN"];
  return {
    flags,
    environment: chosen(environment, (name) => !OF_THE_RUN.test(name)),
    sourceTokens: {
      ...(token !== "" && { GITHUB_TOKEN: token }),
      ...(bundleToken && { CORDON_BUNDLE_TOKEN: bundleToken }),
    },
  };
}

/** The environment that the proxy's process is started with. */
export function firstEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  return chosen(environment, (name) => FROM_THE_FIRST.test(name));
}

export async function readHandover(input: Readable): Promise<Handover> {
  return JSON.parse(await text(input));
}

/** The config is the workspace's, and so are the hosts that it names. Throws USAGE, CONFIG_INVALID, FILE_UNREADABLE. */
export function refuseTokensOfTheRun(config: string): void {
  const registries = requireConfig({ path: config, text: readText(config) }).proxy?.private ?? [];
  for (const { tokenVariable = "", registry } of registries)
    if (OF_THE_RUN.test(tokenVariable))
      throw new CordonError(
        "USAGE",
        `${basename(config)} would send ${tokenVariable} to ${originOf(new URL(registry))}: that variable is the run's own`,
        { next: "Put the token of that registry into another variable, from a secret, and name it as tokenVariable." },
      );
}

function chosen(environment: NodeJS.ProcessEnv, isWanted: (name: string) => boolean): Record<string, string> {
  const entries = Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && isWanted(name) ? [[name, value] as const] : [],
  );
  return Object.fromEntries(entries);
}
