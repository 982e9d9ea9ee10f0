import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compilePolicies } from "../../../core/policy/compile.ts";
import type { PolicySource } from "../../../core/policy/source.ts";
import { type Diagnostic, formatDiagnostic } from "../../../core/source/diagnostic.ts";
import { approvalFile, listFile, policyFile } from "../../support/policies.ts";

function diagnose(source: Partial<PolicySource>): readonly Diagnostic[] {
  return compilePolicies({ policies: [], lists: [], approvals: [], ...source }).diagnostics;
}

const rule = (fields: string) => `  rules:\n    - { name: r, verdict: block, message: m, ${fields} }`;

describe("compilePolicies()", () => {
  it("compiles a policy with params, variables, lists and all expressions", () => {
    const policy = policyFile(
      "full",
      `  mode: audit
  ecosystems: [npm]
  params: { minAge: 72h, score: 9, share: 0.5, on: true, names: [a, b] }
  variables:
    - { name: age, expression: now - release.published }
    - { name: young, expression: variables.age < duration(params.minAge) }
  rules:
    - name: r
      condition: variables.young && params.on && params.score > 8 && params.share < 1.0 && pkg.name in params.names && !(pkg.name in lists.trusted)
      verdict: quarantine
      until: release.published + duration(params.minAge)
      message: m
      messageExpression: "'published ' + string(release.published)"`,
    );
    const { set, diagnostics } = compilePolicies({
      policies: [policy],
      lists: [listFile("trusted", ["a"])],
      approvals: [],
    });
    assert.deepEqual(diagnostics, []);
    const [compiled] = set.policies;
    assert.equal(compiled?.mode, "audit");
    assert.deepEqual([...(compiled?.rules[0]?.needs ?? [])].sort(), ["identity", "time"]);
    assert.equal(compiled?.rules[0]?.line, 12);
    assert.equal(set.reads.has("now"), true);
  });

  it("knows which documents a rule reads, through its variables too", () => {
    const policy = policyFile(
      "needs",
      `  variables:
    - { name: a, expression: release.installScripts }
    - { name: b, expression: size(variables.a) }
    - { name: c, expression: pkg.name }
  rules:
    - { name: by-name, condition: 'variables.c == "x"', verdict: block, message: m }
    - { name: by-advisory, condition: 'advisories.exists(x, x.kind == "malicious")', verdict: block, message: m }
    - { name: by-scripts, condition: variables.b > 0, verdict: block, message: m }`,
    );
    const { set } = compilePolicies({ policies: [policy], lists: [], approvals: [] });
    const needs = set.policies[0]?.rules.map(({ needs }) => [...needs].sort());
    assert.deepEqual(needs, [["identity"], ["identity"], ["listing"]]);
    assert.equal(set.reads.has("now"), false);
  });

  const ISSUES: readonly [name: string, source: Partial<PolicySource>, shown: string][] = [
    [
      "a misspelt fact",
      { policies: [policyFile("p", rule("condition: pkg.nmae == 'x'"))] },
      "policies/p.yaml:6:61: error: No such key: nmae; did you mean `name`? [cel]\n   |\n 6 |     - { name: r, verdict: block, message: m, condition: pkg.nmae == 'x' }\n   |                                                             ^^^^",
    ],
    [
      "a misspelt fact inside has()",
      { policies: [policyFile("p", rule("condition: has(release.publishd)"))] },
      "No such key: publishd; did you mean `published`?",
    ],
    [
      "a misspelt variable",
      { policies: [policyFile("p", rule("condition: relase.version == 'x'"))] },
      "Unknown variable: relase; did you mean `release`?",
    ],
    [
      "a list that does not exist",
      { policies: [policyFile("p", rule("condition: pkg.name in lists.trsted"))], lists: [listFile("trusted", [])] },
      "No such key: trsted; did you mean `trusted`?",
    ],
    [
      "a misspelt param",
      { policies: [policyFile("p", `  params: { minAge: 72h }\n${rule("condition: params.minage == '1h'")}`)] },
      "No such key: minage; did you mean `minAge`?",
    ],
    [
      "a condition that is no bool",
      { policies: [policyFile("p", rule("condition: pkg.name"))] },
      "the expression must be bool, and is string",
    ],
    [
      "an end that is no time",
      { policies: [policyFile("p", rule("condition: 'true', until: duration('3h')"))] },
      "the expression must be timestamp, and is duration",
    ],
    [
      "a pattern without a linear-time match",
      { policies: [policyFile("p", rule("condition: \"pkg.name.matches('(?=a)')\""))] },
      "the pattern is not RE2",
    ],
    [
      "a duration that is none",
      { policies: [policyFile("p", rule("condition: now - release.published < duration('3d')"))] },
      "no duration such as 72h",
    ],
    [
      "an unknown key",
      { policies: [policyFile("p", `${rule("condition: 'true'")}\n  aprovable: false`)] },
      "policies/p.yaml:7:3: error: unknown key `aprovable`; did you mean `approvable`?",
    ],
    [
      "an unknown verdict",
      { policies: [policyFile("p", '  rules: [{ name: r, condition: "true", verdict: deny, message: m }]')] },
      "must be one of allow, warn, strip-scripts, quarantine, block",
    ],
    [
      "a missing key",
      { policies: [policyFile("p", '  rules: [{ name: r, condition: "true", verdict: block }]')] },
      "the key `message` is missing",
    ],
    [
      "a list named constructor",
      { lists: [listFile("constructor", [])] },
      "this name has another meaning and cannot be used",
    ],
    ["no rules", { policies: [policyFile("p", "  rules: []")] }, "spec.rules: must not be empty"],
    [
      "a rule behind one that always matches",
      {
        policies: [
          policyFile(
            "p",
            '  rules:\n    - { name: all, condition: "true", verdict: warn, message: m }\n    - { name: dead, condition: pkg.name == "x", verdict: block, message: m }',
          ),
        ],
      },
      "policies/p.yaml:7:7: error: this rule is never reached: `all` above matches every release",
    ],
    [
      "two rules of one name",
      {
        policies: [
          policyFile(
            "p",
            '  rules:\n    - { name: r, condition: pkg.name == "x", verdict: warn, message: m }\n    - { name: r, condition: pkg.name == "y", verdict: block, message: m }',
          ),
        ],
      },
      "a rule above is named `r` too",
    ],
    [
      "two policies of one name",
      {
        policies: [
          policyFile("p", rule("condition: 'true'")),
          { ...policyFile("p", rule("condition: 'true'")), path: "policies/q.yaml" },
        ],
      },
      "policies/q.yaml:3:19: error: policies/p.yaml has a policy named `p` too",
    ],
    [
      "broken YAML",
      { policies: [{ path: "policies/p.yaml", text: "apiVersion: cordon/v1\nkind: [PackagePolicy\n" }] },
      "policies/p.yaml:3:1: error:",
    ],
    [
      "a key that stands twice",
      { policies: [{ path: "policies/p.yaml", text: "apiVersion: cordon/v1\nkind: A\nkind: B\n" }] },
      "Map keys must be unique",
    ],
    [
      "aliases that multiply",
      {
        policies: [
          {
            path: "policies/p.yaml",
            text: `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c]\n`,
          },
        ],
      },
      "Excessive alias count",
    ],
    [
      "a file of another kind",
      { lists: [{ path: "lists/l.yaml", text: policyFile("p", rule("condition: 'true'")).text }] },
      'lists/l.yaml:2:7: error: kind: must be "PackageList"',
    ],
    [
      "an approval without a version",
      { approvals: [approvalFile({ purl: "pkg:npm/x", digests: [`sha1:${"a".repeat(40)}`] })] },
      "it has no version",
    ],
    [
      "an approval with a broken digest",
      { approvals: [approvalFile({ purl: "pkg:npm/x@1.0.0", digests: ["sha1:xyz"] })] },
      "spec.digests.0: must match",
    ],
    [
      "an approval with an impossible date",
      {
        approvals: [
          approvalFile({
            purl: "pkg:npm/x@1.0.0",
            digests: [`sha1:${"a".repeat(40)}`],
            expires: "2026-02-30T00:00:00Z",
          }),
        ],
      },
      "must be a time such as",
    ],
  ];
  for (const [name, source, shown] of ISSUES) {
    it(`reports ${name}`, () => {
      const diagnostics = diagnose(source);
      const text = diagnostics.map(formatDiagnostic).join("\n");
      assert.ok(text.includes(shown), `expected ${JSON.stringify(shown)} in:\n${text}`);
      assert.ok(diagnostics.every(({ line, column, severity }) => line >= 1 && column >= 1 && severity === "error"));
    });
  }

  it("reads a list entry in whatever spelling its purl has", () => {
    const { set } = compilePolicies({
      policies: [],
      lists: [listFile("l", ["pkg:npm/@babel/core", "pkg:pypi/Flask_Foo@1.0", "plain"])],
      approvals: [],
    });
    assert.deepEqual(
      [...(set.lists.value as { l: Map<string, string> }).l.keys()],
      ["pkg:npm/%40babel/core", "pkg:pypi/flask-foo@1.0", "plain"],
    );
  });

  it("says what it can of a condition that is too deep to be taken apart, and does not fall over", () => {
    for (const condition of [
      `${"!".repeat(1900)}has(release.size)`,
      Array.from({ length: 380 }, () => "has(release.size)").join(" || "),
    ]) {
      const { diagnostics } = compilePolicies({
        policies: [
          policyFile(
            "p",
            `  rules: [{ name: r, condition: ${JSON.stringify(condition)}, verdict: block, message: m }]`,
          ),
        ],
        lists: [],
        approvals: [],
      });
      assert.ok(
        diagnostics.every(({ code }) => code === "cel"),
        JSON.stringify(diagnostics),
      );
    }
  });

  it("reports every issue at once", () => {
    const policy = policyFile(
      "p",
      '  rules:\n    - { name: a, condition: pkg.x == "1", verdict: block, message: m }\n    - { name: b, condition: pkg.y == "1", verdict: block, message: m }',
    );
    assert.deepEqual(
      diagnose({ policies: [policy] }).map(({ line }) => line),
      [6, 7],
    );
  });

  const PLACES: readonly [name: string, condition: string, line: number, column: number][] = [
    ["in a plain scalar", "condition: pkg.nmae == 'x'", 8, 22],
    ["in double quotes, behind an escape", String.raw`condition: "'\t' == pkg.nmae"`, 8, 31],
    ["in single quotes", "condition: 'pkg.name == pkg.nmae'", 8, 35],
    ["in a literal block", "condition: |\n        true ||\n        pkg.nmae == 'x'", 10, 13],
    ["in a folded block", "condition: >-\n        true\n        || pkg.nmae == 'x'", 10, 16],
    ["on the second line of a plain scalar", "condition: true\n        || pkg.nmae == 'x'", 9, 16],
    ["behind letters that are not ASCII", "condition: '\"äöü😀\" == pkg.nmae'", 8, 34],
  ];
  for (const [name, condition, line, column] of PLACES) {
    it(`points at the right place ${name}`, () => {
      const [diagnostic] = diagnose({
        policies: [
          policyFile(
            "p",
            `  rules:\n    - name: r\n      # a comment\n      ${condition}\n      verdict: block\n      message: m`,
          ),
        ],
      });
      assert.deepEqual([diagnostic?.line, diagnostic?.column, diagnostic?.length], [line, column, 4]);
      assert.equal(diagnostic?.source.slice(column - 1, column + 3), "nmae");
    });
  }
});

describe("compilePolicies(), of slips from other languages", () => {
  const slips: [expression: string, message: string][] = [
    ["pkg.name == 'a' and release.prerelease", "Unexpected character: 'd'; CEL writes `&&`"],
    ["pkg.name == 'a' or release.prerelease", "Unexpected character: 'r'; CEL writes `||`"],
    ["not release.prerelease", "Unexpected character: 'e'; CEL writes `!`"],
    ["release.prerelease & true", "Unexpected character: &; CEL writes `&&`"],
    ["pkg.name = 'a'", "Unexpected character: =; CEL writes `==`"],
    ["pkg.name === 'a'", "Unexpected character: =; CEL writes `==`"],
    ["pkg.name == 'a' &&", "Unexpected token: EOF; the expression ends where more must follow"],
    ["pkg.scope == null", "no such overload: string == null; ask whether a field is there with `has()`"],
    ["release.published < '2026-01-01'", 'no such overload: timestamp < string; put the text into `timestamp("…")`'],
    ["'7d' > now - release.published", 'no such overload: string > duration; put the text into `duration("…")`'],
    ["pkg.name < 1", "no such overload: string < int"],
    ["pkg.name.includes('a')", "found no matching overload for 'string.includes(string)'; CEL writes `contains()`"],
    [
      "pkg.name.startswith('a')",
      "found no matching overload for 'string.startswith(string)'; did you mean `startsWith`?",
    ],
    ["pkg.name.startsWith(1)", "found no matching overload for 'string.startsWith(int)'"],
    ["True", "Unknown variable: True; CEL writes `true`"],
  ];
  for (const [expression, message] of slips) {
    it(expression, () => {
      const [first] = diagnose({ policies: [policyFile("p", rule(`condition: ${JSON.stringify(expression)}`))] });
      assert.equal(first?.message, message);
    });
  }
});
