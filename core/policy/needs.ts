/** Which documents on a release, besides the listing, the rules need. */
import type { Listing } from "../ecosystems/ecosystem.ts";
import type { PurlType } from "../purl.ts";
import { type CompiledPolicy, expressionsOf, type PolicySet } from "./compile.ts";
import { type DeepSource, documentsOf, type FactSource, isDeep } from "./facts.ts";

export interface Needs {
  /** Those without which some rule cannot be judged at all. */
  readonly strict: ReadonlySet<DeepSource>;
  /** With those that correct what the listing tells: a file is given out only once they were read. */
  readonly all: ReadonlySet<DeepSource>;
}

const known = new WeakMap<PolicySet, Map<string, Needs>>();

/** Of all rules for the listing's ecosystem, audited ones too. Kept: every request asks. */
export function needsOf(set: PolicySet, { pkg: { ecosystem }, tells }: Pick<Listing, "pkg" | "tells">): Needs {
  const key = [ecosystem, ...tells].join(" ");
  const needs = known.get(set) ?? new Map<string, Needs>();
  known.set(set, needs);
  const policies = set.policies.filter((policy) => concerns(policy, ecosystem));
  const found = needs.get(key) ?? collect(policies, tells);
  needs.set(key, found);
  return found;
}

function concerns({ ecosystems }: CompiledPolicy, ecosystem: PurlType): boolean {
  return !ecosystems || ecosystems.has(ecosystem);
}

function collect(policies: readonly CompiledPolicy[], told: ReadonlySet<FactSource>): Needs {
  const isWanted = (source: FactSource): source is DeepSource => isDeep(source) && !told.has(source);
  const strict = policies.flatMap(({ rules }) => rules.flatMap(({ needs }) => [...needs])).filter(isWanted);
  const reads = policies.flatMap(expressionsOf).flatMap((expression) => [...expression.reads]);
  return { strict: new Set(strict), all: new Set([...strict, ...reads.flatMap(documentsOf).filter(isWanted)]) };
}
