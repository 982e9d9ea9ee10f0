/** Rules that no release reaches: the first that matches decides, so that a rule may stand in the shadow of one above. */
import type { CelEnvironment, CelExpression, CelPart } from "./cel.ts";

interface Fault {
  readonly code: "constant" | "unreachable";
  readonly message: string;
}

/** The rules of one policy, from above. */
export class Reachability {
  readonly #environment: CelEnvironment;
  readonly #conjunctions: { readonly name: string; readonly terms: ReadonlySet<string> }[] = [];
  #always: string | undefined;

  constructor(environment: CelEnvironment) {
    this.#environment = environment;
  }

  /** The rule that matches every release: those below it need not be read to say that they are not reached. */
  get always(): string | undefined {
    return this.#always;
  }

  /** Takes in the next rule, and tells what is wrong with its condition. */
  add(name: string, condition: CelExpression): Fault[] {
    const faults: Fault[] = [];
    const constant = constantOf(condition);
    if (constant === true) this.#always = name;
    if (constant === false)
      faults.push({
        code: "constant",
        message: "this condition is false for every release, so the rule never matches",
      });
    const terms = termsOfCondition(condition, this.#environment);
    const shadow = this.#conjunctions.find((above) => [...above.terms].every((term) => terms.has(term)));
    if (shadow && this.#always === undefined)
      faults.push({
        code: "unreachable",
        message: `this rule is never reached: whenever it matches, \`${shadow.name}\` above matches first`,
      });
    this.#conjunctions.push({ name, terms });
    return faults;
  }
}

/** The value of a condition that reads nothing; undefined for all others. */
function constantOf(condition: CelExpression): boolean | undefined {
  if (condition.reads.size > 0) return undefined;
  try {
    return condition.evaluate({}) === true;
  } catch {
    return undefined; // It fails on every release, which the engine reports as it judges; it does not match.
  }
}

/** A condition too deep to be taken apart is one term: it shadows no more than itself. */
function termsOfCondition(condition: CelExpression, environment: CelEnvironment): ReadonlySet<string> {
  try {
    return new Set(termsOf(environment.parts(condition)));
  } catch {
    return new Set([condition.source]);
  }
}

/** The terms of a conjunction, however it is bracketed. */
function termsOf({ operator, parts, source }: CelPart): string[] {
  return operator === "and" ? parts.flatMap(termsOf) : [source.replace(/\s+/g, " ")];
}
