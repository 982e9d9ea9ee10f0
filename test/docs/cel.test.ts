import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { CEL_LIMITS, CelEnvironment, celSignatures, TIMESTAMP } from "../../core/policy/cel.ts";
import { RELEASE_METHODS } from "../../core/policy/cel-functions.ts";
import { FACT_DECLARATIONS } from "../../core/policy/facts.ts";

const [ABOVE = "", BELOW = ""] = readFileSync(new URL("../../docs/CEL.md", import.meta.url), "utf8").split(
  /^## Facts$/m,
);

class Lists {}
class Params {}
const environment = new CelEnvironment({
  records: [
    ...(FACT_DECLARATIONS.records ?? []),
    {
      name: "Lists",
      fields: { allowed: "map<string, string>", denied: "map<string, string>", popular: "map<string, string>" },
      ctor: Lists,
    },
    { name: "Params", fields: { minAge: "string", maxScore: "double", owners: "map<string, bool>" }, ctor: Params },
  ],
  variables: { ...FACT_DECLARATIONS.variables, lists: "Lists", params: "Params", now: TIMESTAMP },
});

/** The rows of all tables whose last column is an example. */
const ROWS = [...ABOVE.matchAll(/^\|(.*)\|$/gm)]
  .map(([, row = ""]) => row.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|")))
  .filter(([first = "", , last = ""]) => !/^-+$/.test(first) && last !== "Example");

describe("docs/CEL.md", () => {
  it("has tables", () => assert.ok(ROWS.length > 60));

  for (const [what = "", , example = ""] of ROWS) {
    const [, source] = /^`(.*)`$/.exec(example) ?? [];
    if (example === "" && what === "`variables`") continue;
    it(`has an example for ${what} that compiles`, () => {
      assert.ok(source, `no example: ${example}`);
      environment.compile(source, "bool");
    });
  }

  it("names every function that policies may call, and no other", () => {
    const named = ROWS.flatMap(([first = ""]) => [...first.matchAll(/(\w+)\(/g)].map(([, name = ""]) => name));
    const signatures = [...celSignatures(), ...Object.keys(RELEASE_METHODS)];
    const callable = signatures.map((signature) => /(\w+)\(/.exec(signature)?.[1] ?? "");
    assert.deepEqual([...new Set(named)].sort(), [...new Set(callable)].sort());
    for (const namespace of ["sets", "math", "strings"])
      for (const signature of signatures.filter((text) => text.startsWith(`${namespace}.`)))
        assert.ok(ABOVE.includes(`\`${signature.slice(0, signature.indexOf("("))}(`), signature);
  });

  it("states the limits that hold", () => {
    for (const limit of [CEL_LIMITS.length, CEL_LIMITS.nodes, CEL_LIMITS.text, CEL_LIMITS.elements, CEL_LIMITS.cost])
      assert.ok(BELOW.includes(limit.toLocaleString("en-US")), String(limit));
    assert.match(BELOW, new RegExp(`; ${CEL_LIMITS.depth} \\|`));
  });
});
