/** The issues of a policy repository, for people and for the tools that read them. */
import { type Diagnostic, formatDiagnostic } from "../core/source/diagnostic.ts";
import { annotatedPath, annotation } from "./annotation.ts";
import { count, paint } from "./print.ts";
import type { Repository } from "./repository.ts";
import { sarifLog } from "./sarif.ts";

export interface LintReport {
  /** The policy repository; files are named from there. */
  readonly dir: string;
  readonly policies: number;
  readonly diagnostics: readonly Diagnostic[];
  /** What was checked, in words. */
  readonly checked: string;
  readonly version: string;
}

/** What there was to check, in words. */
export function describeChecked({ source, feeds }: Repository): string {
  const records = feeds.reduce((sum, feed) => sum + feed.entries, 0);
  return [
    count(source.policies.length, "policy", "policies"),
    count(source.lists.length, "list"),
    count(source.approvals.length, "approval"),
    count(records, "advisory", "advisories"),
  ].join(", ");
}

export const LINT_REPORTERS = { pretty, json, sarif, github } as const;
export type LintReporter = keyof typeof LINT_REPORTERS;

function pretty({ diagnostics, checked }: LintReport): string {
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  const sign = errors > 0 ? paint("red", "✗") : paint("green", "✓");
  const summary = `${sign} ${checked}: ${count(errors, "error")}, ${count(diagnostics.length - errors, "warning")}`;
  return [...diagnostics.map((diagnostic) => `${formatDiagnostic(diagnostic)}\n`), summary].join("\n");
}

function json({ policies, diagnostics }: LintReport): string {
  return JSON.stringify({ policies, diagnostics }, null, 2);
}

/** For code scanning. */
function sarif({ diagnostics, version, dir }: LintReport): string {
  const rules = [...new Set(diagnostics.map(({ code }) => code))].sort().map((id) => ({ id }));
  const results = diagnostics.map(({ code, severity, message, file, line, column, length }) => ({
    ruleId: code,
    level: severity,
    text: message,
    places: [{ file: annotatedPath(dir, file), line, column, endColumn: column + length }],
  }));
  return sarifLog({ version, rules, results });
}

function github({ diagnostics, checked, dir }: LintReport): string {
  const lines = diagnostics.map(({ severity, file, line, column, length, code, message }) =>
    annotation(
      severity,
      { file: annotatedPath(dir, file), line, col: column, endColumn: column + length, title: `policy lint: ${code}` },
      message,
    ),
  );
  return [...lines, checked].join("\n");
}
