/** Facts to a decision. Pure: the clock, the facts and the rules come in, a Decision goes out, nothing is thrown. */
import type { BundleReference, Decision, Evidence, PolicyVerdict } from "../../schemas/types/decision.ts";
import type { Facts } from "../../schemas/types/facts.ts";
import type { Digests } from "../digest.ts";
import { messageOf } from "../errors.ts";
import { formatInstant } from "../time.ts";
import { severity } from "../verdict.ts";
import { oneLine } from "../words.ts";
import { type Approval, approves } from "./approvals.ts";
import { type CelContext, type CelExpression, withinBudget } from "./cel.ts";
import type { CompiledPolicy, CompiledRule, PolicySet } from "./compile.ts";
import { FACT_ROOTS, type FactSource, toCelFacts } from "./facts.ts";

export interface Circumstances {
  readonly now: Date;
  /** The documents that the facts were read from. */
  readonly known: ReadonlySet<FactSource>;
  readonly bundle: BundleReference;
  /** Set where the bundle has expired and its operator holds what came after it: no feed has judged such a release. */
  readonly holdNewerThan?: Date | undefined;
}

const MAX_REASON = 500;
/** How the reason of a rule that failed begins. */
export const RULE_FAILED = "The rule could not be evaluated: ";

/** Judges one release by every policy. A rule that fails is `quarantine` (or the policy's `onError`), never a pass. */
export function decide(set: PolicySet, facts: Facts, circumstances: Circumstances): Decision {
  // One budget for all rules together: many cheap ones must not add up to what one may not take.
  return withinBudget(() => judgeAll(set, facts, circumstances));
}

function judgeAll(set: PolicySet, facts: Facts, { now, known, bundle, holdNewerThan }: Circumstances): Decision {
  const context = baseContext(set, facts, now);
  const approvals = set.approvals.get(facts.release.purl) ?? [];
  const verdicts: PolicyVerdict[] = [];
  const skipped: string[] = [];
  for (const policy of set.policies) {
    if (policy.ecosystems && !policy.ecosystems.has(facts.pkg.ecosystem)) continue;
    const outcome = judge(policy, context, known);
    if (outcome === "skipped") skipped.push(policy.name);
    else if (outcome) {
      const lifting = approvals.find((approval) => lifts(approval, policy, facts, now));
      verdicts.push({ ...outcome, ...liftedBy(lifting) });
    }
  }
  if (holdNewerThan && known.has("time") && isNewer(facts, holdNewerThan)) verdicts.push(heldAfter(holdNewerThan));
  verdicts.sort(bySeverity);
  const deciding = verdicts.find(({ mode, liftedBy }) => mode === "enforce" && liftedBy === null);
  return {
    decision: deciding?.verdict ?? "allow",
    purl: facts.release.purl,
    policy: deciding?.policy ?? null,
    rule: deciding?.rule ?? null,
    reason: deciding?.reason ?? (skipped.length > 0 ? "No policy that could be judged objects." : "No policy objects."),
    ...(deciding?.strip && { strip: deciding.strip }),
    evidence: (deciding && !readsAdvisories(set, deciding.policy) ? [] : facts.advisories).map(toEvidence),
    until: deciding?.until ?? null,
    bundle,
    decidedAt: formatInstant(now),
    verdicts,
    skipped,
  };
}

function liftedBy(lifting: Approval | undefined): Pick<PolicyVerdict, "liftedBy" | "approval"> {
  if (!lifting) return { liftedBy: null };
  const { path, approvedBy, expires } = lifting;
  return { liftedBy: path, approval: { approvedBy, expires: formatInstant(expires) } };
}

function isNewer({ release }: Facts, instant: Date): boolean {
  return release.published === undefined || Date.parse(release.published) > instant.getTime();
}

function heldAfter(instant: Date): PolicyVerdict {
  const reason = `It was published after the bundle in force was made (${formatInstant(instant)}), and that bundle has expired.`;
  return {
    policy: "expired-bundle",
    rule: "hold-new",
    verdict: "quarantine",
    reason,
    until: null,
    mode: "enforce",
    liftedBy: null,
  };
}

/** What every policy reads: the facts, the lists and the clock. */
export function baseContext(set: PolicySet, facts: Facts, now: Date): CelContext {
  return { ...toCelFacts(facts), lists: set.lists.value, now };
}

/** The same, with one policy's own params and variables. */
export function policyContext(policy: CompiledPolicy, base: CelContext): CelContext {
  const context: Record<string, unknown> = { params: policy.params, lists: base["lists"], now: base["now"] };
  for (const root of FACT_ROOTS) context[root] = base[root];
  context["variables"] = new policy.variableScope(context);
  return context;
}

type Outcome = Omit<PolicyVerdict, "liftedBy" | "approval">;

/** The first rule that matches. A rule whose documents are not at hand ends the search: what it would say is unknown. */
function judge(
  policy: CompiledPolicy,
  facts: CelContext,
  known: ReadonlySet<FactSource>,
): Outcome | "skipped" | undefined {
  const context = policyContext(policy, facts);
  for (const rule of policy.rules) {
    for (const need of rule.needs) if (!known.has(need)) return "skipped";
    const outcome = judgeRule(policy, rule, context);
    if (outcome) return outcome.verdict === "allow" ? undefined : outcome;
  }
  return undefined;
}

function judgeRule(
  { name, mode, onError, strip }: CompiledPolicy,
  rule: CompiledRule,
  context: CelContext,
): Outcome | undefined {
  try {
    if (rule.condition.evaluate(context) !== true) return undefined;
  } catch (error) {
    const reason = oneLine(`${RULE_FAILED}${messageOf(error)}`, MAX_REASON);
    return { policy: name, rule: rule.name, verdict: onError, reason, until: null, mode };
  }
  return {
    policy: name,
    rule: rule.name,
    verdict: rule.verdict,
    reason: reasonOf(rule, context),
    ...(rule.verdict === "strip-scripts" && { strip }),
    until: untilOf(rule, context),
    mode,
  };
}

/** As in Kubernetes: a message expression that fails, or yields nothing to show, gives way to the plain message. */
function reasonOf({ message, messageExpression }: CompiledRule, context: CelContext): string {
  const text = tryEvaluate(messageExpression, context);
  return oneLine(typeof text === "string" && text.trim() !== "" ? text : message, MAX_REASON);
}

/** A hold whose end cannot be computed has none: it stays until somebody lifts it. */
function untilOf({ until, verdict }: CompiledRule, context: CelContext): string | null {
  const instant = verdict === "quarantine" ? tryEvaluate(until, context) : undefined;
  return instant instanceof Date && !Number.isNaN(instant.getTime()) ? formatInstant(instant) : null;
}

function tryEvaluate(expression: CelExpression | undefined, context: CelContext): unknown {
  try {
    return expression?.evaluate(context);
  } catch {
    return undefined;
  }
}

export function lifts(approval: Approval, policy: CompiledPolicy, facts: Facts, now: Date): boolean {
  const named = approval.policies?.has(policy.name);
  if (!(named ?? policy.approvable)) return false;
  if (policy.readsAdvisories && isMalicious(facts) && !(named && approval.overridesMalicious)) return false;
  const { digests = {}, files } = facts.release;
  // Of several files all: one that came later nobody has approved.
  if (files) return files.length > 0 && files.every((file) => approves(approval, file.digests as Digests, now));
  return approves(approval, digests as Digests, now);
}

/** Whoever approved it for another reason may not have known: an advisory may come after the approval. */
function isMalicious({ advisories }: Facts): boolean {
  return advisories.some(({ kind }) => kind === "malicious");
}

/** Most severe first; of two holds the one that lasts longer, of two ways to strip the thorough one; then by name, so that the order is always the same. */
function bySeverity(a: PolicyVerdict, b: PolicyVerdict): number {
  const endOf = ({ until }: PolicyVerdict) => (until === null ? Number.POSITIVE_INFINITY : Date.parse(until));
  return (
    severity(b.verdict) - severity(a.verdict) ||
    compare(endOf(b), endOf(a)) ||
    Number(b.strip === "rewrite") - Number(a.strip === "rewrite") ||
    compare(a.policy, b.policy)
  );
}

function compare<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** An advisory is no evidence for a policy that does not ask any. */
function readsAdvisories({ policies }: PolicySet, name: string): boolean {
  return policies.find((policy) => policy.name === name)?.readsAdvisories === true;
}

function toEvidence({ id, source, url }: Facts["advisories"][number]): Evidence {
  return { id, source, url: url ?? null };
}
