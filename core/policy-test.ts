/** Runs the PolicyTest files of a repository: cases with facts, and samples with the releases that they name. */
import schema from "../schemas/policy-test.schema.json" with { type: "json" };
import type { Decision } from "../schemas/types/decision.ts";
import type { Facts } from "../schemas/types/facts.ts";
import type { Expectation, PolicyTest, TestCase, TestSample } from "../schemas/types/policy-test.ts";
import { messageOf } from "./errors.ts";
import { decideUnlisted, findingsOn, identityFacts, type Rules } from "./gate.ts";
import { readInventory } from "./inventory/inventory.ts";
import { decide } from "./policy/engine.ts";
import { checkFacts } from "./policy/facts.ts";
import { parseReleasePurl, toPurl } from "./purl.ts";
import { schemaCheck } from "./schema.ts";
import type { Diagnostic } from "./source/diagnostic.ts";
import { readTextWithin, type SourceFile } from "./source/files.ts";
import { YamlFile } from "./source/yaml-file.ts";
import { severity } from "./verdict.ts";

const check = schemaCheck<PolicyTest>(schema);

export interface PolicyTestResult {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly passed: boolean;
  /** What differs, one a line; empty where it passed. */
  readonly differences: readonly string[];
  /** The decision on a case; null for a sample, or where none was reached. */
  readonly decision: Decision | null;
}

/** Runs one file. What is wrong with the file itself is a diagnostic; its tests are then not run, and that is no pass. */
export function runPolicyTest(
  source: SourceFile,
  rules: Rules,
  dir: string,
): { results: PolicyTestResult[]; diagnostics: Diagnostic[] } {
  const file = new YamlFile(source);
  const diagnostics = file.check(check);
  if (diagnostics.length > 0) return { results: [], diagnostics };
  const { spec } = file.value as PolicyTest;
  const now = new Date(spec.now);
  const ofCases = (spec.cases ?? []).map((test, index) => {
    const at = { file: source.path, line: file.lineOf(["spec", "cases", index]), name: test.name };
    return {
      ...at,
      ...runCase(test, rules, now, (path, message) =>
        diagnostics.push(file.diagnostic("error", "facts", message, ["spec", "cases", index, ...path])),
      ),
    };
  });
  const ofSamples = (spec.samples ?? []).map((test, index) => {
    const at = { file: source.path, line: file.lineOf(["spec", "samples", index]), name: test.sample, decision: null };
    return { ...at, ...runSample(test, rules, now, dir) };
  });
  return { results: [...ofCases, ...ofSamples], diagnostics };
}

type Report = (path: readonly (string | number)[], message: string) => void;
type Outcome = Pick<PolicyTestResult, "passed" | "differences">;

function runCase(
  test: TestCase,
  rules: Rules,
  now: Date,
  report: Report,
): Outcome & Pick<PolicyTestResult, "decision"> {
  let facts: Facts;
  try {
    facts = toFacts(test, rules);
  } catch (error) {
    report(["release"], messageOf(error));
    return { passed: false, differences: [messageOf(error)], decision: null };
  }
  const issues = checkFacts(facts);
  for (const { path, onKey, message } of issues)
    report(["facts", ...path, ...(onKey === undefined ? [] : [onKey])], message);
  if (issues.length > 0)
    return { passed: false, differences: issues.map(({ message }) => `facts: ${message}`), decision: null };
  const decision = decide(rules.set, facts, { now, known: new Set(["identity", "listing"]), bundle: rules.reference });
  const differences = differencesOf(test.expect, decision);
  return { passed: differences.length === 0, differences, decision };
}

function toFacts({ release, facts = {} }: TestCase, rules: Rules): Facts {
  const id = parseReleasePurl(release);
  const known = identityFacts(id);
  return {
    pkg: { ...known.pkg, ...facts.pkg },
    release: { ...known.release, ...facts.release },
    advisories: (facts.advisories as Facts["advisories"] | undefined) ?? findingsOn(rules, id).affecting(id.version),
  };
}

function differencesOf(expect: Expectation, decision: Decision): string[] {
  const differences: string[] = [];
  const compare = (what: "decision" | "policy" | "rule" | "until", expected: string | undefined): void => {
    if (expected === undefined) return;
    const actual = decision[what];
    const agrees =
      what === "until" && actual !== null ? Date.parse(expected) === Date.parse(actual) : expected === actual;
    if (!agrees) differences.push(`${what}: expected ${expected}, got ${actual ?? "none"}`);
  };
  compare("decision", expect.decision);
  compare("policy", expect.policy);
  compare("rule", expect.rule);
  compare("until", expect.until);
  if (expect.reason !== undefined && !decision.reason.includes(expect.reason)) {
    differences.push(
      `reason: expected a text with ${JSON.stringify(expect.reason)}, got ${JSON.stringify(decision.reason)}`,
    );
  }
  if (differences.length > 0) differences.push(explain(decision));
  return differences;
}

function explain({ policy, rule, reason }: Decision): string {
  return policy === null ? `no policy objects` : `decided by ${policy}/${rule}: ${reason}`;
}

function runSample({ sample, expect }: TestSample, rules: Rules, now: Date, dir: string): Outcome {
  try {
    const { releases } = readInventory(sample, readTextWithin(dir, sample));
    const actual = new Map(releases.map((release) => [toPurl(release), decideUnlisted(rules, release, now)]));
    const expected = new Map(
      Object.entries(expect).flatMap(([verdict, purls]) =>
        purls.map((purl) => [toPurl(parseReleasePurl(purl)), verdict] as const),
      ),
    );
    const differences = [...new Set([...expected.keys(), ...actual.keys()])].flatMap((purl) => {
      const decision = actual.get(purl);
      const wanted = expected.get(purl) ?? "allow";
      if (!decision) return [`${purl}: expected ${wanted}, but the sample does not name it`];
      return decision.decision === wanted || (wanted === "allow" && severity(decision.decision) === 0)
        ? []
        : [`${purl}: expected ${wanted}, got ${decision.decision} (${explain(decision)})`];
    });
    return { passed: differences.length === 0, differences };
  } catch (error) {
    return { passed: false, differences: [messageOf(error)] };
  }
}
