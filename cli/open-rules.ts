/** Which rules a command judges by: those of a policy repository, or of a bundle that somebody signed. */
import { join } from "node:path";
import type { Rules } from "../core/gate.ts";
import { type RegistrySettings, registrySettings } from "./registries.ts";
import { requireFeeds } from "./repository.ts";
import { openTrustedBundle } from "./trusted-bundle.ts";

export interface RulesFlags {
  readonly dir: string;
  /** Given together with `trust`, or not at all. */
  readonly bundle: string | undefined;
  readonly trust: string | undefined;
  readonly upstream: readonly string[] | undefined;
}

export interface OpenedRules {
  readonly rules: Rules;
  readonly registries: RegistrySettings;
}

/** Throws USAGE, CONFIG_INVALID, POLICY_INVALID, FEED_MISSING, and what openTrustedBundle() throws. */
export async function openRules({ dir, bundle, trust, upstream }: RulesFlags): Promise<OpenedRules> {
  if (bundle !== undefined && trust !== undefined) {
    const { rules } = await openTrustedBundle(bundle, trust);
    return { rules, registries: registrySettings(NO_CONFIG, undefined, upstream) };
  }
  const { rules, config } = requireFeeds(dir);
  return { rules, registries: registrySettings(config, join(dir, "cordon.yaml"), upstream) };
}

const NO_CONFIG = { apiVersion: "cordon/v1", kind: "Cordon" } as const;
