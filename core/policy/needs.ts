/** Which documents on a release, besides the listing, the rules need. */
import type { PurlType } from "../purl.ts";
import { type CompiledPolicy, expressionsOf, type PolicySet } from "./compile.ts";
import { type DeepSource, documentsOf, isDeep } from "./facts.ts";

export interface Needs {
  /** Those without which some rule cannot be judged at all. */
  readonly strict: ReadonlySet<DeepSource>;
  /** With those that correct what the listing tells: a file is given out only once they were read. */
  readonly all: ReadonlySet<DeepSource>;
}

const known = new WeakMap<PolicySet, Map<PurlType, Needs>>();

/** Of all rules for this ecosystem, audited ones too. Kept: every request asks. */
export function needsOf(set: PolicySet, ecosystem: PurlType): Needs {
  const needs = known.get(set) ?? new Map<PurlType, Needs>();
  known.set(set, needs);
  const found = needs.get(ecosystem) ?? collect(set.policies.filter((policy) => concerns(policy, ecosystem)));
  needs.set(ecosystem, found);
  return found;
}

function concerns({ ecosystems }: CompiledPolicy, ecosystem: PurlType): boolean {
  return !ecosystems || ecosystems.has(ecosystem);
}

function collect(policies: readonly CompiledPolicy[]): Needs {
  const strict = policies.flatMap(({ rules }) => rules.flatMap(({ needs }) => [...needs])).filter(isDeep);
  const reads = policies.flatMap(expressionsOf).flatMap((expression) => [...expression.reads]);
  return { strict: new Set(strict), all: new Set([...strict, ...reads.flatMap(documentsOf).filter(isDeep)]) };
}
