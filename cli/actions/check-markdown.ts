/** What a check found, in Markdown: for the run's page and for the comment on the pull request. Texts of policies are a stranger's. */
import { forgeRepository, lineUrl } from "../../core/forge.ts";
import type { Diagnostic } from "../../core/source/diagnostic.ts";
import { annotatedPath } from "../annotation.ts";
import { codeLink, inlineCode } from "../markdown.ts";
import { count } from "../print.ts";
import type { TestReport } from "../test-report.ts";

export interface CheckResult {
  readonly isFine: boolean;
  readonly dir: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly errors: number;
  /** What there was to check, in words. */
  readonly checked: string;
  /** Left out: there were errors, so nothing was tested. */
  readonly tests?: TestReport;
  /** The sentence on a coverage that is too low. */
  readonly shortfall?: string;
}

/** A comment may have 65,536 characters. */
const MAX_LISTED = 40;
const MAX_DIFFERENCES = 3;

type Link = (file: string, line: number) => string;

export function checkMarkdown(result: CheckResult, environment: NodeJS.ProcessEnv): string {
  const { isFine, dir, diagnostics, checked, tests, shortfall } = result;
  const link = linkTo(dir, environment);
  const lines = [`### ${isFine ? "✅" : "❌"} Policy check`, "", headline(result)];
  if (diagnostics.length > 0)
    lines.push("", "**Lint**", "", ...list(diagnostics, (found) => describeIssue(found, link)));
  const failures = tests?.results.filter(({ passed }) => !passed) ?? [];
  if (failures.length > 0)
    lines.push("", "**Failed tests**", "", ...list(failures, (failure) => describeFailure(failure, link)));
  if (shortfall !== undefined) lines.push("", shortfall);
  lines.push("", `<sub>${checked}${tests?.coverage ? ` · coverage ${tests.coverage.percent} %` : ""}</sub>`);
  return lines.join("\n");
}

function headline({ errors, diagnostics, tests }: CheckResult): string {
  const lint = `${count(errors, "error")} and ${count(diagnostics.length - errors, "warning")}`;
  if (!tests) return `Lint found ${lint}. Nothing was tested: mend the errors first.`;
  return `Lint found ${lint}. Of ${count(tests.results.length, "test")}, ${tests.passed} passed and ${tests.failed} failed.`;
}

function list<T>(entries: readonly T[], describe: (entry: T) => string): string[] {
  const rest = entries.length - MAX_LISTED;
  return [...entries.slice(0, MAX_LISTED).map(describe), ...(rest > 0 ? [`- and ${rest} more`] : [])];
}

function describeIssue({ file, line, severity, message }: Diagnostic, link: Link): string {
  return `- ${severity} at ${link(file, line)}: ${inlineCode(message)}`;
}

function describeFailure({ file, line, name, differences }: TestReport["results"][number], link: Link): string {
  const shown = differences.slice(0, MAX_DIFFERENCES).map((difference) => `  - ${inlineCode(difference)}`);
  return [`- ${link(file, line)}: ${inlineCode(name)}`, ...shown].join("\n");
}

/** To the line as it is in the commit that was checked, where the run tells which. */
function linkTo(dir: string, environment: NodeJS.ProcessEnv): Link {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name, GITHUB_SHA: commit } = environment;
  const repository = server && name ? forgeRepository(`${server}/${name}`, { kind: "github" }) : undefined;
  return (file, line) => {
    const path = annotatedPath(dir, file);
    return codeLink(repository && commit ? lineUrl(repository, commit, path, line) : undefined, `${path}:${line}`);
  };
}
