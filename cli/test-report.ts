/** The results of policy tests, for people and for the tools that read them. Each reporter is a function from data to text. */
import type { CoverageReport, PartCoverage } from "../core/policy/coverage.ts";
import type { PolicyTestResult } from "./policy-test.ts";
import { paint } from "./print.ts";

export interface TestReport {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly results: readonly PolicyTestResult[];
  readonly coverage?: CoverageReport;
}

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

function junit({ results, passed, failed }: TestReport): string {
  const files = [...new Set(results.map(({ file }) => file))];
  const suites = files.map((file) => {
    const own = results.filter((result) => result.file === file);
    const cases = own.map(({ name, differences, line, passed }) => {
      const open = `    <testcase classname="${xml(file)}" name="${xml(name)}" file="${xml(file)}" line="${line}"`;
      return passed
        ? `${open}/>`
        : `${open}>\n      <failure message="${xml(differences[0] ?? "")}">${xml(differences.join("\n"))}</failure>\n    </testcase>`;
    });
    return `  <testsuite name="${xml(file)}" tests="${own.length}" failures="${own.filter((one) => !one.passed).length}">\n${cases.join("\n")}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites tests="${passed + failed}" failures="${failed}">\n${suites.join("\n")}\n</testsuites>`;
}

function xml(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;" };
  // XML 1.0 cannot hold other control characters at all.
  return text.replace(/[^\P{Cc}\t\n\r]/gu, "?").replace(/[&<>"\n]/g, (char) => entities[char] ?? char);
}

function tap({ results }: TestReport): string {
  const lines = results.flatMap(({ passed, name, file, line, differences }, index) => [
    `${passed ? "ok" : "not ok"} ${index + 1} - ${`${file}:${line} ${name}`.replaceAll("#", "\\#")}`,
    ...differences.map((difference) => `# ${difference.replaceAll("\n", " ")}`),
  ]);
  return ["TAP version 14", `1..${results.length}`, ...lines].join("\n");
}

function github({ results, passed, failed, skipped }: TestReport): string {
  const lines = results.flatMap(({ passed, file, line, name, differences }) =>
    passed ? [] : [annotation("error", { file, line, title: `policy test: ${name}` }, differences.join("\n"))],
  );
  return [...lines, `${passed} passed, ${failed} failed, ${skipped} skipped`].join("\n");
}

/** A workflow command of GitHub Actions; what ends or divides one is escaped. */
export function annotation(
  level: "error" | "warning",
  properties: Readonly<Record<string, string | number>>,
  message: string,
): string {
  const encode = (text: string) => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
  const list = Object.entries(properties).map(
    ([key, value]) => `${key}=${encode(String(value)).replaceAll(":", "%3A").replaceAll(",", "%2C")}`,
  );
  return `::${level} ${list.join(",")}::${encode(message)}`;
}
