import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Coverage } from "../../../core/policy/coverage.ts";
import { baseContext, policyContext } from "../../../core/policy/engine.ts";
import { decisiveParts, type TracedPart, tracePart } from "../../../core/policy/trace.ts";
import type { Facts } from "../../../schemas/types/facts.ts";
import { compileSet, listFile, policyFile } from "../../support/policies.ts";

const NOW = new Date("2026-11-22T12:00:00Z");

function factsOf(release: Partial<Facts["release"]> = {}): Facts {
  return {
    pkg: { ecosystem: "npm", name: "x", purl: "pkg:npm/x" },
    release: { version: "1.0.0", purl: "pkg:npm/x@1.0.0", ...release },
    advisories: [],
    client: { groups: [], claims: {} },
  };
}

function trace(condition: string, facts = factsOf()): TracedPart {
  const set = compileSet({
    policies: [
      policyFile("p", `  rules: [{ name: r, condition: ${JSON.stringify(condition)}, verdict: block, message: m }]`),
    ],
    lists: [listFile("trusted", ["x"])],
  });
  const [policy] = set.policies;
  const [rule] = policy?.rules ?? [];
  assert.ok(policy && rule);
  return tracePart(policy.environment.parts(rule.condition), policyContext(policy, baseContext(set, facts, NOW)));
}

const flat = ({ source, value, parts }: TracedPart): string[] => [`${value}: ${source}`, ...parts.flatMap(flat)];

describe("tracePart()", () => {
  const CASES: readonly [name: string, condition: string, expected: readonly string[]][] = [
    [
      "takes a conjunction apart and stops where it is settled",
      'pkg.name == "y" && pkg.ecosystem == "npm"',
      [
        'false: pkg.name == "y" && pkg.ecosystem == "npm"',
        'false: pkg.name == "y"',
        'unreached: pkg.ecosystem == "npm"',
      ],
    ],
    [
      "takes a disjunction apart",
      'pkg.name == "y" || pkg.ecosystem == "npm"',
      ['true: pkg.name == "y" || pkg.ecosystem == "npm"', 'false: pkg.name == "y"', 'true: pkg.ecosystem == "npm"'],
    ],
    [
      "keeps brackets with what they enclose",
      '(pkg.name == "y" || pkg.name == "x") && !(pkg.name in lists.trusted)',
      [
        'false: (pkg.name == "y" || pkg.name == "x") && !(pkg.name in lists.trusted)',
        'true: pkg.name == "y" || pkg.name == "x"',
        'false: pkg.name == "y"',
        'true: pkg.name == "x"',
        "false: !(pkg.name in lists.trusted)",
        "true: pkg.name in lists.trusted",
      ],
    ],
    [
      "is not misled by brackets in texts and comments",
      `pkg.name == ")(" // ) (\n || ((pkg.name == 'x'))`,
      [`true: pkg.name == ")(" // ) (\n || ((pkg.name == 'x'))`, 'false: pkg.name == ")("', "true: pkg.name == 'x'"],
    ],
    [
      "leaves the inside of a loop whole",
      'advisories.exists(a, a.kind == "malicious" && has(a.score))',
      ['false: advisories.exists(a, a.kind == "malicious" && has(a.score))'],
    ],
    [
      "shows a failure, and what absorbs it",
      'release.size > 1 || pkg.name == "x"',
      ['true: release.size > 1 || pkg.name == "x"', "error: release.size > 1", 'true: pkg.name == "x"'],
    ],
  ];
  for (const [name, condition, expected] of CASES) it(name, () => assert.deepEqual(flat(trace(condition)), expected));

  it("says why a part failed", () => assert.match(trace("release.size > 1").error, /No such key: size/));
});

describe("decisiveParts()", () => {
  it("gives the parts that made the whole what it is", () => {
    const sources = (condition: string) =>
      decisiveParts(trace(condition)).map(({ source, value }) => `${value}: ${source}`);
    assert.deepEqual(sources('pkg.ecosystem == "npm" && (pkg.name == "y" || pkg.name == "z")'), [
      'false: pkg.name == "y"',
      'false: pkg.name == "z"',
    ]);
    assert.deepEqual(sources('pkg.name == "x" || pkg.name == "y"'), ['true: pkg.name == "x"']);
    assert.deepEqual(sources('!(pkg.name == "x")'), ['true: pkg.name == "x"']);
  });
});

describe("Coverage", () => {
  const set = compileSet({
    policies: [
      policyFile(
        "p",
        `  rules:
    - { name: first, condition: 'pkg.name == "x" && has(release.published)', verdict: warn, message: m }
    - { name: second, condition: 'has(release.size)', verdict: block, message: m }
    - { name: rest, condition: 'true', verdict: block, message: m }`,
      ),
      policyFile(
        "other",
        "  ecosystems: [pypi]\n  rules: [{ name: r, condition: has(release.size), verdict: block, message: m }]",
      ),
    ],
  });

  it("counts what each condition and each of its parts was seen to be, constants left out", () => {
    const coverage = new Coverage(set);
    assert.deepEqual([coverage.report().percent, coverage.report().total], [0, 10]);
    coverage.record(baseContext(set, factsOf({ published: "2026-01-01T00:00:00Z" }), NOW), "npm");
    coverage.record(baseContext(set, factsOf({ size: 1 }), NOW), "npm");
    const { rules, seen, percent } = coverage.report();
    const outcomes = rules.map(({ rule, parts }) => [
      rule,
      ...parts.map(({ seenTrue, seenFalse }) => `${seenTrue}/${seenFalse}`),
    ]);
    assert.deepEqual(outcomes, [
      ["first", "true/true", "true/false", "true/true"],
      ["second", "true/false"],
      ["rest", "false/false"],
      ["r", "false/false"],
    ]);
    assert.deepEqual([seen, percent], [6, 60]);
  });
});
