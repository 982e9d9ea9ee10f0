/** Decisions on what inputs name. */
import { CordonError } from "../../core/errors.ts";
import { decideTold, type Rules, sourcesTold } from "../../core/gate.ts";
import { type CompiledPolicy, expressionsOf, type PolicySet } from "../../core/policy/compile.ts";
import type { FactSource } from "../../core/policy/facts.ts";
import { severity } from "../../core/verdict.ts";
import type { Decision, Verdict } from "../../schemas/types/decision.ts";
import type { NamedRelease } from "../inventory/reader.ts";
import { judgeLive, type LiveOptions } from "../live.ts";
import type { RegistrySettings } from "../registries.ts";
import type { JudgedRelease, Place } from "./report.ts";

/** A release with all that inputs say of it. */
export interface WantedRelease extends Pick<NamedRelease, "id" | "told" | "runsScripts"> {
  readonly places: readonly Place[];
}

/** Most severe first, then by purl. */
export function bySeverity(a: JudgedRelease, b: JudgedRelease): number {
  return severity(b.decision.decision) - severity(a.decision.decision) || (a.decision.purl < b.decision.purl ? -1 : 1);
}

/** By what is known without a registry, and what the inputs tell. */
export function judgeOffline(wanted: readonly WantedRelease[], rules: Rules, now: Date): JudgedRelease[] {
  const scriptPolicies = policiesOnScripts(rules.set);
  return wanted.map((release) => judgeTold(release, rules, scriptPolicies, now));
}

/**
 * By what registries tell now; where one does not answer, as judgeOffline(), and the release says why. Throws UPSTREAM_*,
 * DIGEST_MISMATCH instead, where it is to fail fast.
 */
export async function judgeOnline(
  wanted: readonly WantedRelease[],
  rules: Rules,
  registries: RegistrySettings,
  now: Date,
  options: LiveOptions,
): Promise<JudgedRelease[]> {
  const scriptPolicies = policiesOnScripts(rules.set);
  const ids = wanted.map(({ id }) => id);
  const found = await judgeLive(ids, rules, registries, now, options);
  return wanted.map((release, index) => {
    const live = found[index];
    if (!live || live instanceof CordonError)
      return { ...judgeTold(release, rules, scriptPolicies, now), problem: live?.message.split("\n", 1)[0] ?? "" };
    const { decision, known, facts, alternatives } = live;
    const scripts = facts?.release.installScripts;
    const runsScripts = scripts ? scripts.length > 0 : (release.runsScripts ?? null);
    return describe(release, decision, { known, rules, scriptPolicies, runsScripts, alternatives });
  });
}

function judgeTold(
  release: WantedRelease,
  rules: Rules,
  scriptPolicies: ReadonlySet<string>,
  now: Date,
): JudgedRelease {
  const { id, told = {}, runsScripts = null } = release;
  const decision = decideTold(rules, id, told, now);
  return describe(release, decision, {
    known: sourcesTold(told),
    rules,
    scriptPolicies,
    runsScripts,
    alternatives: [],
  });
}

interface Circumstances {
  readonly known: ReadonlySet<FactSource>;
  readonly rules: Rules;
  readonly scriptPolicies: ReadonlySet<string>;
  readonly runsScripts: boolean | null;
  readonly alternatives: string[];
}

function describe(
  { places }: WantedRelease,
  decision: Decision,
  { known, rules, scriptPolicies, runsScripts, alternatives }: Circumstances,
): JudgedRelease {
  const skipped = rules.set.policies.filter(({ name }) => decision.skipped.includes(name));
  const missing = skipped.flatMap(({ rules }) => rules.flatMap(({ needs }) => [...needs]));
  return {
    decision,
    places,
    alternatives,
    runsScripts,
    scriptVerdict: verdictOf(decision, scriptPolicies),
    missing: [...new Set(missing)].filter((source) => !known.has(source)),
  };
}

/** The most severe that counts; null where one of these policies could not be judged. */
function verdictOf({ verdicts, skipped }: Decision, policies: ReadonlySet<string>): Verdict | null {
  if (skipped.some((policy) => policies.has(policy))) return null;
  const counting = verdicts.filter(
    ({ policy, mode, liftedBy }) => policies.has(policy) && mode === "enforce" && liftedBy === null,
  );
  return counting.reduce<Verdict>(
    (most, { verdict }) => (severity(verdict) > severity(most) ? verdict : most),
    "allow",
  );
}

function policiesOnScripts({ policies }: PolicySet): ReadonlySet<string> {
  const readsScripts = (policy: CompiledPolicy) =>
    expressionsOf(policy).some(({ reads }) => [...reads].some((read) => read.startsWith("release.installScripts")));
  return new Set(policies.filter(readsScripts).map(({ name }) => name));
}
