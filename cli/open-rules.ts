/** Which rules a command judges by: those of a policy repository, or of a bundle that somebody signed. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type CordonConfig, requireConfig } from "../core/config.ts";
import type { Rules } from "../core/gate.ts";
import { CONFIG_FILE } from "../core/policy/source.ts";
import { readText } from "../core/source/files.ts";
import { requireOwnState } from "./own-state.ts";
import { type RegistrySettings, registrySettings } from "./registries.ts";
import { requireFeeds } from "./repository.ts";
import { openTrustedBundle } from "./trusted-bundle.ts";

export interface RulesFlags {
  readonly dir: string;
  /** Given together with `trust`, or not at all. */
  readonly bundle: string | undefined;
  readonly trust: string | undefined;
  /** Left out: the repository's own, or the one in the current folder. */
  readonly config: string | undefined;
  readonly upstream: readonly string[] | undefined;
}

export interface OpenedRules {
  readonly rules: Rules;
  readonly registries: RegistrySettings;
}

/** Throws USAGE, CONFIG_INVALID, POLICY_INVALID, FEED_MISSING, and what requireOwnState() and openTrustedBundle() throw. */
export async function openRules({ dir, bundle, trust, config, upstream }: RulesFlags): Promise<OpenedRules> {
  await requireOwnState("."); // what registries answered lies there, and whose attestations count
  const path = config ?? join(dir, CONFIG_FILE);
  if (bundle !== undefined && trust !== undefined) {
    const { rules } = await openTrustedBundle(bundle, trust);
    // A bundle says nothing of registries: they are the operator's, as for a proxy.
    const hasConfig = config !== undefined || existsSync(path);
    return {
      rules,
      registries: registrySettings(hasConfig ? readConfig(path) : requireConfig(undefined), path, upstream),
    };
  }
  const repository = await requireFeeds(dir);
  const settings = config === undefined ? repository.config : readConfig(config);
  return { rules: repository.rules, registries: registrySettings(settings, path, upstream) };
}

function readConfig(path: string): CordonConfig {
  return requireConfig({ path, text: readText(path) });
}
