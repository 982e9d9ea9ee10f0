/** Which rules a command judges by: those of a policy repository, or of a bundle that somebody signed. */
import type { Rules } from "../core/gate.ts";
import { parseUpstreams } from "./live.ts";
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
  /** Addresses by ecosystem; those given on the command line come before those of the repository. */
  readonly upstreams: ReadonlyMap<string, string>;
}

/** Throws USAGE, CONFIG_INVALID, POLICY_INVALID, FEED_MISSING, and what openTrustedBundle() throws. */
export async function openRules({ dir, bundle, trust, upstream }: RulesFlags): Promise<OpenedRules> {
  const given = parseUpstreams(upstream ?? []);
  if (bundle !== undefined && trust !== undefined) {
    const { rules } = await openTrustedBundle(bundle, trust);
    return { rules, upstreams: given };
  }
  const { rules, config } = requireFeeds(dir);
  return { rules, upstreams: new Map([...Object.entries(config.upstreams ?? {}), ...given]) };
}
