/** What the tests of a repository have seen of its rules: each matching and not, each boolean part true and false. */
import type { CelContext, CelPart } from "./cel.ts";
import type { CompiledPolicy, CompiledRule, PolicySet } from "./compile.ts";
import { policyContext } from "./engine.ts";
import { type TracedPart, tracePart } from "./trace.ts";

/** A boolean part, and whether it was seen true and false. */
export interface PartCoverage {
  readonly source: string;
  readonly start: number;
  readonly end: number;
  readonly seenTrue: boolean;
  readonly seenFalse: boolean;
  /** It reads nothing, so it cannot be both; it does not count. */
  readonly constant: boolean;
}

export interface RuleCoverage {
  readonly policy: string;
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  readonly condition: string;
  /** The condition itself first, then its parts. */
  readonly parts: readonly PartCoverage[];
}

export interface CoverageReport {
  readonly rules: readonly RuleCoverage[];
  /** Outcomes that were seen, and that there are: two for each part. */
  readonly seen: number;
  readonly total: number;
  /** Of 100. */
  readonly percent: number;
}

interface Seen {
  readonly part: CelPart;
  readonly values: Set<string>;
}

/** Gathers what evaluations see. A rule behind the one that matches is not evaluated, so it is not seen. */
export class Coverage {
  readonly #rules: { policy: CompiledPolicy; rule: CompiledRule; seen: Seen[] }[] = [];

  constructor({ policies }: PolicySet) {
    for (const policy of policies) {
      for (const rule of policy.rules)
        this.#rules.push({ policy, rule, seen: flatten(policy.environment.parts(rule.condition)) });
    }
  }

  /** Takes in one evaluation of the rules; `judging` are the policies that take part, left out: all. */
  record(base: CelContext, ecosystem: string, judging?: readonly CompiledPolicy[]): void {
    const settled = new Set<CompiledPolicy>();
    const contexts = new Map<CompiledPolicy, CelContext>();
    for (const { policy, seen } of this.#rules) {
      if (judging && !judging.includes(policy)) continue;
      if (settled.has(policy) || (policy.ecosystems && ![...policy.ecosystems].some((type) => type === ecosystem)))
        continue;
      const context = contexts.get(policy) ?? policyContext(policy, base);
      contexts.set(policy, context);
      const [whole] = seen;
      if (!whole) continue;
      const trace = tracePart(whole.part, context);
      for (const [index, { value }] of flattenTrace(trace).entries()) seen[index]?.values.add(value);
      if (trace.value !== "false") settled.add(policy);
    }
  }

  report(): CoverageReport {
    const rules = this.#rules.map(
      ({ policy, rule, seen }): RuleCoverage => ({
        policy: policy.name,
        rule: rule.name,
        file: policy.file,
        line: rule.line,
        condition: rule.condition.source,
        parts: seen.map(({ part, values }) => ({
          source: part.source,
          start: part.start,
          end: part.end,
          seenTrue: values.has("true"),
          seenFalse: values.has("false"),
          constant: part.compile().reads.size === 0,
        })),
      }),
    );
    const parts = rules.flatMap(({ parts }) => parts.filter(({ constant }) => !constant));
    const seen = parts.reduce((sum, { seenTrue, seenFalse }) => sum + Number(seenTrue) + Number(seenFalse), 0);
    const total = parts.length * 2;
    return { rules, seen, total, percent: total === 0 ? 100 : Math.floor((1000 * seen) / total) / 10 };
  }
}

function flatten(part: CelPart): Seen[] {
  return [{ part, values: new Set() }, ...part.parts.flatMap(flatten)];
}

function flattenTrace(trace: TracedPart): TracedPart[] {
  return [trace, ...trace.parts.flatMap(flattenTrace)];
}
