/** Runs the PolicyTest files of a repository: cases with facts, and samples with the releases that they name. */

import { ECOSYSTEMS } from "../core/ecosystems/index.ts";
import { releaseOf } from "../core/ecosystems/judged.ts";
import { CordonError, messageOf } from "../core/errors.ts";
import { ANONYMOUS, decideUnlisted, findingsOn, identityFacts, judgeListing, type Rules } from "../core/gate.ts";
import type { Coverage } from "../core/policy/coverage.ts";
import { baseContext, decide, RULE_FAILED } from "../core/policy/engine.ts";
import { checkFacts, EVERY_SOURCE } from "../core/policy/facts.ts";
import { parseReleasePurl, type ReleaseId, toPurl } from "../core/purl.ts";
import { schemaCheck } from "../core/schema.ts";
import type { Diagnostic } from "../core/source/diagnostic.ts";
import { readTextWithin, type SourceFile } from "../core/source/files.ts";
import { YamlFile } from "../core/source/yaml-file.ts";
import { severity } from "../core/verdict.ts";
import { suggest } from "../core/words.ts";
import schema from "../schemas/policy-test.schema.json" with { type: "json" };
import type { Decision } from "../schemas/types/decision.ts";
import type { Advisory, Facts } from "../schemas/types/facts.ts";
import type { Expectation, PolicyTest, TestCase, TestSample } from "../schemas/types/policy-test.ts";
import { readInventory } from "./inventory/inventory.ts";

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

export interface PolicyTestOptions {
  readonly rules: Rules;
  /** The repository's top: samples and documents lie below it. */
  readonly dir: string;
  /** Stands in for the clock of every file. */
  readonly at?: Date | undefined;
  readonly coverage?: Coverage | undefined;
}

/** Runs one file. What is wrong with the file itself is a diagnostic; its tests are then not run, and that is no pass. */
export function runPolicyTest(
  source: SourceFile,
  options: PolicyTestOptions,
): { results: PolicyTestResult[]; diagnostics: Diagnostic[] } {
  const file = new YamlFile(source);
  const diagnostics = file.check(check);
  if (diagnostics.length > 0) return { results: [], diagnostics };
  const { spec } = file.value as PolicyTest;
  diagnostics.push(...unknownPolicies(file, spec, options.rules));
  if (diagnostics.length > 0) return { results: [], diagnostics };
  const run: Run = { ...options, rules: judging(options.rules, spec), now: options.at ?? new Date(spec.now) };
  const results = (spec.cases ?? []).map((test, index): PolicyTestResult => {
    const path = ["spec", "cases", index];
    const report = (below: readonly (string | number)[], message: string) => {
      diagnostics.push(file.diagnostic("error", "facts", message, [...path, ...below]));
    };
    return {
      file: source.path,
      line: file.lineOf(path),
      name: test.name,
      ...attempt(() => runCase(test, run, report)),
    };
  });
  const ofSamples = (spec.samples ?? []).map((test, index): PolicyTestResult => {
    const outcome = attempt(() => ({ differences: runSample(test, run), decision: null }));
    return { file: source.path, line: file.lineOf(["spec", "samples", index]), name: test.sample, ...outcome };
  });
  return { results: [...results, ...ofSamples], diagnostics };
}

interface Run extends PolicyTestOptions {
  readonly now: Date;
}

/** A policy that is not there would judge nothing, and every case that expects `allow` would pass. */
function unknownPolicies(file: YamlFile, { policies = [] }: PolicyTest["spec"], { set }: Rules): Diagnostic[] {
  const names = set.policies.map(({ name }) => name);
  return policies.flatMap((name, index) => {
    if (names.includes(name)) return [];
    const message = `no policy is named \`${name}\`${suggest(name, names)}`;
    return [file.diagnostic("error", "unknown-policy", message, ["spec", "policies", index])];
  });
}

/** The rules without the policies that the file is not about. */
function judging(rules: Rules, { policies: names }: PolicyTest["spec"]): Rules {
  if (!names) return rules;
  return { ...rules, set: { ...rules.set, policies: rules.set.policies.filter(({ name }) => names.includes(name)) } };
}

type Report = (path: readonly (string | number)[], message: string) => void;
type Outcome = Pick<PolicyTestResult, "differences" | "decision">;

function attempt(run: () => Outcome): Outcome & { passed: boolean } {
  try {
    const outcome = run();
    return { ...outcome, passed: outcome.differences.length === 0 };
  } catch (error) {
    if (!(error instanceof CordonError)) throw error;
    return { passed: false, differences: [messageOf(error)], decision: null };
  }
}

function runCase(test: TestCase, run: Run, report: Report): Outcome {
  const id = parseTestedPurl(test.release, report);
  const listed = test.document === undefined ? undefined : readDocument(id, test.document, run);
  const facts = toFacts(test, id, listed?.facts, run.rules);
  const issues = checkFacts(facts);
  for (const { path, onKey, message } of issues)
    report(["facts", ...path, ...(onKey === undefined ? [] : [onKey])], message);
  if (issues.length > 0)
    return {
      differences: issues.map(({ path, message }) => ["facts", ...path].join(".").concat(`: ${message}`)),
      decision: null,
    };
  run.coverage?.record(baseContext(run.rules.set, facts, run.now), facts.pkg.ecosystem, run.rules.set.policies);
  const decision = decide(run.rules.set, facts, {
    now: run.now,
    known: EVERY_SOURCE,
    bundle: run.rules.reference,
  });
  return { differences: [...differencesOf(test.expect, decision), ...resolutionDifferences(test, listed)], decision };
}

function parseTestedPurl(purl: string, report: Report): ReleaseId {
  try {
    return parseReleasePurl(purl);
  } catch (error) {
    report(["release"], messageOf(error));
    throw error;
  }
}

/** What is given stands before the document's facts, and those before what the purl tells. */
function toFacts(
  { facts = {} }: TestCase,
  id: ReleaseId,
  listed: Pick<Facts, "pkg" | "release"> | undefined,
  rules: Rules,
): Facts {
  const known = listed ?? identityFacts(id);
  const advisories = facts.advisories as Partial<Advisory>[] | undefined;
  return {
    pkg: { ...known.pkg, ...facts.pkg },
    release: { ...known.release, ...facts.release },
    advisories: advisories ? advisories.map(withDefaults) : findingsOn(rules, id).affecting(id.version),
    client: { ...ANONYMOUS, ...facts.client },
  };
}

/** An author writes what matters: an id and a kind are enough. */
function withDefaults(advisory: Partial<Advisory>): Advisory {
  return { aliases: [], affected: [], fixed: [], source: "test", ...advisory } as Advisory;
}

interface Listed {
  readonly facts: Pick<Facts, "pkg" | "release">;
  readonly resolve: (range: string) => string | undefined;
}

function readDocument(id: ReleaseId, path: string, { rules, dir, now }: Run): Listed {
  const ecosystem = ECOSYSTEMS.get(id.type);
  if (!ecosystem) throw new CordonError("USAGE", `documents of ${id.type} cannot be read yet`);
  const listing = ecosystem.parseListing(id.name, Buffer.from(readTextWithin(dir, path)));
  const release = releaseOf(listing, id.version);
  if (!release) throw new CordonError("NOT_FOUND", `${path} lists no version ${id.version}`);
  const judged = judgeListing(rules, listing, now);
  return {
    facts: { pkg: listing.pkg, release: release.facts },
    resolve: (range) => ecosystem.resolveVersion(judged, range),
  };
}

function resolutionDifferences({ resolves }: TestCase, listed: Listed | undefined): string[] {
  if (!resolves) return [];
  if (!listed) return ["resolves: needs a `document` to resolve in"];
  return Object.entries(resolves).flatMap(([range, expected]) => {
    const actual = listed.resolve(range) ?? null;
    return actual === expected ? [] : [`resolves ${range}: expected ${expected ?? "none"}, got ${actual ?? "none"}`];
  });
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
  for (const [what, expected] of [
    ["reason", expect.reason],
    ["error", expect.error],
  ] as const) {
    const isThere =
      expected === undefined ||
      (decision.reason.includes(expected) && (what === "reason" || decision.reason.startsWith(RULE_FAILED)));
    if (!isThere)
      differences.push(
        `${what}: expected a text with ${JSON.stringify(expected)}, got ${JSON.stringify(decision.reason)}`,
      );
  }
  if (differences.length > 0) differences.push(explain(decision));
  return differences;
}

function explain({ policy, rule, reason }: Decision): string {
  return policy === null ? "no policy objects" : `decided by ${policy}/${rule}: ${reason}`;
}

function runSample({ sample, expect }: TestSample, { rules, dir, now }: Run): string[] {
  const { releases } = readInventory(sample, readTextWithin(dir, sample));
  const actual = new Map(releases.map(({ id }) => [toPurl(id), decideUnlisted(rules, id, now)]));
  const expected = new Map(
    Object.entries(expect).flatMap(([verdict, purls]) =>
      purls.map((purl) => [toPurl(parseReleasePurl(purl)), verdict] as const),
    ),
  );
  return [...new Set([...expected.keys(), ...actual.keys()])].flatMap((purl) => {
    const decision = actual.get(purl);
    const wanted = expected.get(purl) ?? "allow";
    if (!decision) return [`${purl}: expected ${wanted}, but the sample does not name it`];
    return decision.decision === wanted || (wanted === "allow" && severity(decision.decision) === 0)
      ? []
      : [`${purl}: expected ${wanted}, got ${decision.decision} (${explain(decision)})`];
  });
}
