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

export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  /** That was checked, where the run tells which. */
  readonly commit: string | undefined;
  readonly maxBytes: number;
}

/** Of issues, and of failed tests. */
const MAX_LISTED = 40;
const MAX_DIFFERENCES = 3;

type Link = (file: string, line: number) => string;

/** With as many entries as there is room for: what is cut within one may end a piece of code, and come alive. */
export function checkMarkdown(result: CheckResult, surroundings: Surroundings): string {
  for (let listed = MAX_LISTED; ; listed--) {
    const text = textWith(listed, result, surroundings);
    if (listed === 0 || Buffer.byteLength(text) <= surroundings.maxBytes) return text;
  }
}

function textWith(listed: number, result: CheckResult, surroundings: Surroundings): string {
  const { isFine, dir, diagnostics, tests, shortfall } = result;
  const link = linkTo(dir, surroundings.environment);
  const path = annotatedPath(dir, "");
  const lines = [
    `### ${isFine ? "✅" : "❌"} Policy check${path === "" ? "" : ` of ${inlineCode(path)}`}`,
    "",
    headline(result),
  ];
  if (diagnostics.length > 0)
    lines.push("", "**Lint**", "", ...list(diagnostics, listed, (found) => describeIssue(found, link)));
  const failures = tests?.results.filter(({ passed }) => !passed) ?? [];
  if (failures.length > 0)
    lines.push("", "**Failed tests**", "", ...list(failures, listed, (failure) => describeFailure(failure, link)));
  if (shortfall !== undefined) lines.push("", shortfall);
  lines.push("", `<sub>${footOf(result, surroundings)}</sub>`);
  return lines.join("\n");
}

function footOf({ checked, tests }: CheckResult, { environment, commit }: Surroundings): string {
  const repository = repositoryOf(environment);
  const url = repository && commit ? `${repository.url}/commit/${commit}` : undefined;
  return [
    ...(commit ? [`Commit ${codeLink(url, shortened(commit))}`] : []),
    checked,
    ...(tests?.coverage ? [`coverage ${tests.coverage.percent} %`] : []),
  ].join(" · ");
}

/** A commit, as people read it. */
export function shortened(commit: string): string {
  return commit.slice(0, 12);
}

function headline({ errors, diagnostics, tests }: CheckResult): string {
  const lint = `${count(errors, "error")} and ${count(diagnostics.length - errors, "warning")}`;
  if (!tests) return `Lint found ${lint}. Nothing was tested: mend the errors first.`;
  return `Lint found ${lint}. Of ${count(tests.results.length, "test")}, ${tests.passed} passed and ${tests.failed} failed.`;
}

function list<T>(entries: readonly T[], listed: number, describe: (entry: T) => string): string[] {
  const rest = entries.length - listed;
  return [...entries.slice(0, listed).map(describe), ...(rest > 0 ? [`- ${rest} more, which are left out here`] : [])];
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
  const repository = repositoryOf(environment);
  const commit = environment["GITHUB_SHA"];
  return (file, line) => {
    const path = annotatedPath(dir, file);
    return codeLink(repository && commit ? lineUrl(repository, commit, path, line) : undefined, `${path}:${line}`);
  };
}

function repositoryOf({ GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name }: NodeJS.ProcessEnv) {
  return server && name ? forgeRepository(`${server}/${name}`, { kind: "github" }) : undefined;
}
