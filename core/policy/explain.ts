/** The whole evaluation of one release, rule by rule: what `policy explain` shows, as data. */
import type { Verdict } from "../../schemas/types/decision.ts";
import type { Facts } from "../../schemas/types/facts.ts";
import { own } from "../json.ts";
import type { CelContext } from "./cel.ts";
import type { CompiledPolicy, CompiledRule, PolicySet } from "./compile.ts";
import { baseContext, lifts, policyContext } from "./engine.ts";
import { type FactSource, factSource } from "./facts.ts";
import { changeOf, type RuleChange, type RuleHistory } from "./rule-origins.ts";
import { type TracedPart, tracePart } from "./trace.ts";

/** `unjudged`: it reads a document that is not at hand. `unreached`: an earlier rule settled the policy. */
export type RuleOutcome = "matched" | "not matched" | "failed" | "unjudged" | "unreached";

export interface RuleExplanation {
  readonly rule: string;
  readonly verdict: Verdict;
  readonly line: number;
  /** Its last change; null where that is not known. */
  readonly change: RuleChange | null;
  readonly outcome: RuleOutcome;
  /** How its condition came to its value; null where it was not evaluated. */
  readonly trace: TracedPart | null;
}

export interface PolicyExplanation {
  readonly policy: string;
  readonly title: string;
  readonly file: string;
  readonly mode: "enforce" | "audit";
  /** Whether it is for this ecosystem. */
  readonly applies: boolean;
  readonly rules: readonly RuleExplanation[];
  /** The facts that its rules and variables read, as JSON; null for one that is absent. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** What its variables came to, in words. One that fails is told where a rule asked for it: others need not come to anything. */
  readonly variables: Readonly<Record<string, string>>;
  /** Path of an approval that lifts what it says; null where none does. */
  readonly liftedBy: string | null;
}

export interface ExplainOptions {
  readonly now: Date;
  readonly known: ReadonlySet<FactSource>;
  readonly history: RuleHistory | undefined;
}

export function explainPolicies(
  set: PolicySet,
  facts: Facts,
  { now, known, history }: ExplainOptions,
): PolicyExplanation[] {
  const base = baseContext(set, facts, now);
  const approvals = set.approvals.get(facts.release.purl) ?? [];
  return set.policies.map((policy) => {
    const applies = !policy.ecosystems || policy.ecosystems.has(facts.pkg.ecosystem);
    const context = policyContext(policy, base);
    const { name, title, file, mode } = policy;
    const rules = applies ? explainRules(policy, context, known, history) : [];
    return {
      policy: name,
      title,
      file,
      mode,
      applies,
      rules,
      facts: factsRead(policy, facts),
      variables: applies ? variablesOf(policy, context, known) : {},
      liftedBy: approvals.find((approval) => lifts(approval, policy, facts, now))?.path ?? null,
    };
  });
}

function explainRules(
  policy: CompiledPolicy,
  context: CelContext,
  known: ReadonlySet<FactSource>,
  history: RuleHistory | undefined,
): RuleExplanation[] {
  let settled: RuleOutcome | undefined;
  return policy.rules.map((rule) => {
    const { name, verdict, line } = rule;
    const common = { rule: name, verdict, line, change: changeOf({ history }, policy.file, line) ?? null };
    if (settled) return { ...common, outcome: settled, trace: null };
    if (!isAtHand(rule, known)) {
      settled = "unjudged";
      return { ...common, outcome: settled, trace: null };
    }
    const trace = tracePart(policy.environment.parts(rule.condition), context);
    if (trace.value !== "false") settled = "unreached";
    return {
      ...common,
      outcome: trace.value === "true" ? "matched" : trace.value === "false" ? "not matched" : "failed",
      trace,
    };
  });
}

function isAtHand({ needs }: CompiledRule, known: ReadonlySet<FactSource>): boolean {
  return [...needs].every((need) => known.has(need));
}

function factsRead({ rules, variables }: CompiledPolicy, facts: Facts): Record<string, unknown> {
  const expressions = [...variables.map(({ expression }) => expression), ...rules.map(({ condition }) => condition)];
  const names = [...new Set(expressions.flatMap(({ reads }) => [...reads]))].filter((read) => factSource(read)).sort();
  return Object.fromEntries(
    names.map((name) => {
      const [root = "", field] = name.split(".");
      const value = own(facts, root);
      return [name, (field === undefined ? value : own(value, field)) ?? null];
    }),
  );
}

/** After the rules were evaluated. A variable that reads what is not at hand has no value. */
function variablesOf(
  { variables, variableScope }: CompiledPolicy,
  context: CelContext,
  known: ReadonlySet<FactSource>,
): Record<string, string> {
  const scope = context["variables"] as Record<string, unknown>;
  const needed = new Set(variables.map(({ name }) => name).filter((name) => variableScope.wasRead(scope, name)));
  return Object.fromEntries(
    variables.map(({ name, expression }) => {
      const isKnown = [...expression.reads].every((read) => known.has(factSource(read) ?? "identity"));
      return [name, isKnown ? describe(() => scope[name], needed.has(name)) : "not at hand"];
    }),
  );
}

const MAX_TEXT = 120;

function describe(evaluate: () => unknown, isNeeded: boolean): string {
  try {
    return toText(evaluate());
  } catch (error) {
    return isNeeded ? `error: ${(error as Error).message}` : "not needed";
  }
}

function toText(value: unknown): string {
  if (typeof value === "string")
    return JSON.stringify(value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return `${value.length} ${value.length === 1 ? "element" : "elements"}`;
  if (value instanceof Map) return `${value.size} ${value.size === 1 ? "entry" : "entries"}`;
  if (typeof value === "object" && value !== null)
    return "seconds" in value ? String(value) : `one ${value.constructor.name}`;
  return String(value);
}
