import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { explainPolicies } from "../../../core/policy/explain.ts";
import type { Facts } from "../../../schemas/types/facts.ts";
import { compileSet, policyFile } from "../../support/policies.ts";

const NOW = new Date("2026-11-22T12:00:00Z");

/** Its publish time is not known. */
const FACTS: Facts = {
  pkg: { ecosystem: "npm", name: "x", purl: "pkg:npm/x" },
  release: { version: "1.0.0", purl: "pkg:npm/x@1.0.0" },
  advisories: [],
  client: { groups: [], claims: {} },
};

describe("explainPolicies()", () => {
  const variablesOf = (...conditions: string[]) => {
    const rules = conditions.map((condition, index) => ({
      name: `r${index}`,
      condition,
      verdict: "block",
      message: "m",
    }));
    const spec = `  variables:
    - { name: age, expression: now - release.published }
    - { name: old, expression: variables.age > duration("72h") }
    - { name: short, expression: size(pkg.name) < 3 }
  rules: ${JSON.stringify(rules)}`;
    const set = compileSet({ policies: [policyFile("p", spec)] });
    return explainPolicies(set, FACTS, {
      now: NOW,
      known: new Set(["identity", "listing", "time"]),
      history: undefined,
    })[0]?.variables;
  };

  it("tells how a variable failed that a rule asked for, also by another variable", () => {
    const { age, old, short } = variablesOf("variables.old") ?? {};
    assert.match(age ?? "", /^error: No such key: published/);
    assert.match(old ?? "", /^error: No such key: published/);
    assert.equal(short, "true");
  });

  it("does not tell the failure of one that no rule asked for", () => {
    const expected = { age: "not needed", old: "not needed", short: "true" };
    assert.deepEqual(variablesOf("has(release.published) && variables.old"), expected);
    assert.deepEqual(variablesOf("variables.short", "variables.old"), expected);
  });
});
