/** Runs all that a policy repository has to be tested by: its PolicyTest files, and the ends of its approvals. */
import { CordonError } from "../core/errors.ts";
import { Coverage } from "../core/policy/coverage.ts";
import { readTestFiles } from "../core/policy/source.ts";
import type { Diagnostic } from "../core/source/diagnostic.ts";
import { formatInstant } from "../core/time.ts";
import { type PolicyTestResult, runPolicyTest } from "./policy-test.ts";
import type { Repository } from "./repository.ts";
import type { TestReport } from "./test-report.ts";

export interface RepositoryTestOptions {
  /** Whether the outcomes that conditions had are counted. */
  readonly coverage: boolean;
  /** Stands in for every clock; left out: each file's own, and for approvals the machine's. */
  readonly at: Date | undefined;
  /** Whether approvals may have expired; left out: they fail. */
  readonly allowsExpired?: boolean;
}

export interface RepositoryTestRun {
  readonly report: TestReport;
  /** What is wrong with the test files themselves; each is a failed result too. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Throws USAGE where there is nothing to run: that is no pass. */
export function testRepository(
  repository: Repository,
  { coverage: isCounted, at, allowsExpired = false }: RepositoryTestOptions,
): RepositoryTestRun {
  const { dir, rules } = repository;
  const coverage = isCounted ? new Coverage(rules.set) : undefined;
  const results = allowsExpired ? [] : expiredApprovals(repository, at ?? new Date());
  const diagnostics: Diagnostic[] = [];
  const tested = readTestFiles(dir);
  for (const file of tested) {
    const run = runPolicyTest(file, { rules: { ...rules, asOf: at }, dir, at, coverage });
    diagnostics.push(...run.diagnostics);
    results.push(...(run.results.length > 0 ? run.results : run.diagnostics.map(toResult)));
  }
  if (tested.length === 0 || results.length === 0) {
    throw new CordonError("USAGE", `${dir} has no tests: a policy without tests is a guess. Write tests/*.yaml`);
  }
  const passed = results.filter((result) => result.passed).length;
  const counts = { passed, failed: results.length - passed, skipped: 0 };
  return { report: { ...counts, results, ...(coverage && { coverage: coverage.report() }) }, diagnostics };
}

/** The sentence on a coverage below `threshold` percent; undefined where it is met, or none is asked for. */
export function describeShortfall({ coverage }: TestReport, threshold: number | undefined): string | undefined {
  const percent = coverage?.percent ?? 100;
  return threshold !== undefined && percent < threshold
    ? `The coverage of ${percent} % is below the threshold of ${threshold} %.`
    : undefined;
}

/** An approval that is over lifts nothing; it fails so that somebody takes it out, or decides anew. */
function expiredApprovals({ rules }: Repository, now: Date): PolicyTestResult[] {
  return [...rules.set.approvals.values()].flat().flatMap(({ path, purl, expires }) => {
    if (now < expires) return [];
    const differences = [
      `${purl}: the approval expired at ${formatInstant(expires)}; remove the file, or have the release approved anew`,
    ];
    return [{ file: path, line: 1, name: "the approval has not expired", passed: false, differences, decision: null }];
  });
}

/** A file that could not be run at all: what is wrong with it stands among the results, for programs too. */
function toResult({ file, line, message }: Diagnostic): PolicyTestResult {
  return { file, line, name: "the file is valid", passed: false, differences: [message], decision: null };
}
