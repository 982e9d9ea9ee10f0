/** The value of `variables` in CEL: ordered, lazy, and evaluated once for each release. */
import type { CelContext, CelExpression } from "./cel.ts";

/** Makes a scope for one release; its getters evaluate in the context given, which holds the scope itself. */
export interface VariableScope {
  new (context: CelContext): object;
  /** Whether an expression has asked the scope for this variable. */
  wasRead(scope: object, name: string): boolean;
}

/** A class for one policy. Its getters stand on the prototype: a closure for each variable of each release would cost more than the rules. */
export function createVariableScope(): {
  readonly scope: VariableScope;
  add(name: string, expression: CelExpression): void;
} {
  const names: string[] = [];
  class Variables {
    readonly #context: CelContext;
    readonly #values: unknown[] = [];

    constructor(context: CelContext) {
      this.#context = context;
    }

    /** A failure is kept as a value is: every rule that uses the variable fails by it. */
    static read(variables: Variables, index: number, expression: CelExpression): unknown {
      const known = variables.#values[index];
      if (known instanceof Failure) throw known.error;
      if (known !== undefined) return known;
      try {
        const value = expression.evaluate(variables.#context);
        variables.#values[index] = value;
        return value;
      } catch (error) {
        variables.#values[index] = new Failure(error);
        throw error;
      }
    }

    static wasRead(scope: object, name: string): boolean {
      return #values in scope && scope.#values[names.indexOf(name)] !== undefined;
    }
  }
  return {
    scope: Variables,
    add(name, expression) {
      const index = names.push(name) - 1;
      Object.defineProperty(Variables.prototype, name, {
        get(this: Variables) {
          return Variables.read(this, index, expression);
        },
      });
    },
  };
}

class Failure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}
