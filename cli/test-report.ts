/** The results of policy tests, for people and for the tools that read them. Each reporter is a function from data to text. */
import type { CoverageReport, PartCoverage } from "../core/policy/coverage.ts";
import { annotatedPath, annotation } from "./annotation.ts";
import { junitXml } from "./junit.ts";
import type { PolicyTestResult } from "./policy-test.ts";
import { paint } from "./print.ts";

export interface TestReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly results: readonly PolicyTestResult[];
  readonly coverage?: CoverageReport;
}

/** `dir`: the policy repository, from which files are named. */
export const REPORTERS = { pretty, json, junit, tap, github } as const;
export type Reporter = keyof typeof REPORTERS;

function pretty({ results, passed, failed, skipped, coverage }: TestReport): string {
  const lines: string[] = [];
  let file: string | undefined;
  for (const result of results) {
    if (result.file !== file) lines.push(paint("bold", result.file));
    file = result.file;
    const where = result.passed ? "" : paint("dim", ` (${result.file}:${result.line})`);
    lines.push(`  ${result.passed ? paint("green", "✓") : paint("red", "✗")} ${result.name}${where}`);
    for (const difference of result.differences) lines.push(`      ${difference}`);
  }
  if (coverage) lines.push("", ...prettyCoverage(coverage));
  lines.push(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return lines.join("\n");
}

/** Every rule that was not seen both ways, with the parts that were not, under the source. */
function prettyCoverage({ rules, seen, total, percent }: CoverageReport): string[] {
  const lines = [
    `${paint("bold", "coverage")} ${percent} % (${seen} of ${total} outcomes of conditions and their parts)`,
  ];
  for (const { policy, rule, file, line, condition, parts } of rules) {
    const uncovered = parts.filter((part) => !part.constant && !(part.seenTrue && part.seenFalse));
    if (uncovered.length === 0) continue;
    lines.push(`  ${file}:${line} ${policy}/${rule}`);
    for (const part of uncovered) lines.push(...markPart(condition, part));
  }
  return [...lines, ""];
}

function markPart(condition: string, { start, end, seenTrue, seenFalse }: PartCoverage): string[] {
  const never = !seenTrue && !seenFalse ? "never reached" : seenTrue ? "never false" : "never true";
  const from = condition.lastIndexOf("\n", start) + 1;
  const to = condition.indexOf("\n", start);
  const line = condition.slice(from, to < 0 ? undefined : to);
  const carets = "^".repeat(Math.max(1, Math.min(end - start, line.length - (start - from))));
  return [`    ${line}`, `    ${" ".repeat(start - from)}${paint("yellow", `${carets} ${never}`)}`];
}

function json(report: TestReport): string {
  return JSON.stringify(report, null, 2);
}

function junit({ results }: TestReport): string {
  const files = [...new Set(results.map(({ file }) => file))];
  return junitXml(
    files.map((file) => ({
      name: file,
      cases: results
        .filter((result) => result.file === file)
        .map(({ name, line, differences, passed }) => ({ name, file, line, failures: passed ? [] : differences })),
    })),
  );
}

function tap({ results }: TestReport): string {
  const lines = results.flatMap(({ passed, name, file, line, differences }, index) => [
    `${passed ? "ok" : "not ok"} ${index + 1} - ${`${file}:${line} ${name}`.replaceAll("#", "\\#")}`,
    ...differences.map((difference) => `# ${difference.replaceAll("\n", " ")}`),
  ]);
  return ["TAP version 14", `1..${results.length}`, ...lines].join("\n");
}

function github({ results, passed, failed, skipped }: TestReport, dir: string): string {
  const lines = results.flatMap(({ passed, file, line, name, differences }) =>
    passed
      ? []
      : [
          annotation(
            "error",
            { file: annotatedPath(dir, file), line, title: `policy test: ${name}` },
            differences.join("\n"),
          ),
        ],
  );
  return [...lines, `${passed} passed, ${failed} failed, ${skipped} skipped`].join("\n");
}
