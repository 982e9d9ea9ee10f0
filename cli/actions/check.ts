/** The command `check` of the action `policy`: lint and tests, as annotations, summary, outputs and one comment. */
import { requireConfig } from "../../core/config.ts";
import { CordonError } from "../../core/errors.ts";
import { readConfigFile } from "../../core/policy/source.ts";
import { annotation } from "../annotation.ts";
import { tryPullFeed } from "../intel/pull.ts";
import { describeChecked, LINT_REPORTERS } from "../lint-report.ts";
import { requireOwnState } from "../own-state.ts";
import { type Repository, readRepository } from "../repository.ts";
import { REPORTERS } from "../test-report.ts";
import { describeShortfall, testRepository } from "../test-repository.ts";
import { VERSION } from "../version.ts";
import { type CheckResult, checkMarkdown } from "./check-markdown.ts";
import { updateComment } from "./comment.ts";
import { pullRequestNumber, type Workflow } from "./workflow.ts";

/** What must not land fails the step, after everything was said of it. */
export async function checkRepository(workflow: Workflow): Promise<void> {
  const result = await check(workflow);
  if (workflow.flag("comment")) await comment(workflow, result);
  if (!result.isFine) process.exitCode = 1;
}

/** As checkRepository(), for what builds on it. Throws POLICY_INVALID where anything is wrong. */
export async function requireChecked(workflow: Workflow): Promise<void> {
  const { isFine } = await check(workflow);
  if (!isFine)
    throw new CordonError("POLICY_INVALID", "the policy repository does not pass its check, so nothing is built", {
      next: "Mend what the annotations name.",
    });
}

async function check(workflow: Workflow): Promise<CheckResult> {
  const dir = workflow.input("dir", ".");
  if (workflow.choice("feeds", ["pull", "keep"]) === "pull") await pullFeeds(workflow, dir);
  const repository = await readRepository(dir);
  const found = { dir, ...lint(workflow, repository), ...test(workflow, repository) };
  const isFine = found.errors === 0 && found.tests?.failed === 0 && found.shortfall === undefined;
  const result = { isFine, ...found };
  workflow.summarize(checkMarkdown(result, workflow.environment));
  return result;
}

/** A feed that fails keeps what it has: policies must not wait for it. One that has nothing is an error of whoever builds. */
async function pullFeeds(workflow: Workflow, dir: string): Promise<void> {
  await requireOwnState(dir);
  for (const feed of requireConfig(readConfigFile(dir)).feeds ?? []) {
    const pulled = await tryPullFeed(feed, dir, { progress: () => {}, accept: false });
    if ("error" in pulled)
      workflow.log(
        annotation("warning", { title: `feed ${feed.name}` }, `${pulled.error.message}\n${pulled.error.next}`),
      );
    else workflow.log(`feed ${feed.name}: ${pulled.status.records} records, newest ${pulled.status.newest ?? "none"}`);
  }
}

function lint(workflow: Workflow, repository: Repository) {
  const { dir, diagnostics, rules } = repository;
  const checked = describeChecked(repository);
  const policies = rules.set.policies.length;
  workflow.log(LINT_REPORTERS.github({ dir, policies, diagnostics, checked, version: VERSION }));
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  workflow.output("errors", errors);
  workflow.output("warnings", diagnostics.length - errors);
  return { diagnostics, errors, checked };
}

/** What does not compile is not tested: the tests would speak of other rules than those that were written. */
function test(workflow: Workflow, repository: Repository): Pick<CheckResult, "tests" | "shortfall"> {
  if (repository.diagnostics.some(({ severity }) => severity === "error")) return {};
  const threshold = thresholdOf(workflow);
  const { report } = testRepository(repository, { coverage: true, at: undefined });
  workflow.log(REPORTERS.github(report, repository.dir));
  workflow.output("passed", report.passed);
  workflow.output("failed", report.failed);
  const shortfall = describeShortfall(report, threshold);
  if (shortfall !== undefined) workflow.log(annotation("error", { title: "coverage" }, shortfall));
  return { tests: report, ...(shortfall !== undefined && { shortfall }) };
}

function thresholdOf(workflow: Workflow): number | undefined {
  const text = workflow.input("threshold");
  if (text === "") return undefined;
  const threshold = Number(text);
  if (Number.isInteger(threshold) && threshold >= 0 && threshold <= 100) return threshold;
  throw new CordonError("USAGE", `the input threshold is ${JSON.stringify(text)}, and may be 0 to 100`);
}

/** A comment that cannot be written is told, and fails nothing: a fork's token may only read. */
async function comment(workflow: Workflow, result: CheckResult): Promise<void> {
  const number = pullRequestNumber(workflow);
  if (number === undefined) return;
  try {
    await updateComment(workflow, number, checkMarkdown(result, workflow.environment));
  } catch (error) {
    if (!(error instanceof CordonError)) throw error;
    const why = `The comment on the pull request was not written: ${error.message}`;
    workflow.log(
      annotation("notice", { title: "cordon" }, `${why}\nGrant the job pull-requests: write; forks never have it.`),
    );
  }
}
