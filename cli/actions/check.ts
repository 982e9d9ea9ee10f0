/** The command `check` of the action `policy`: lint and tests, as annotations, summary, outputs and one comment. */
import { requireConfig } from "../../core/config.ts";
import { CordonError } from "../../core/errors.ts";
import { readConfigFile } from "../../core/policy/source.ts";
import { annotation } from "../annotation.ts";
import { readsBeside } from "../intel/beside.ts";
import { tryPullFeed } from "../intel/pull.ts";
import { describeChecked, LINT_REPORTERS } from "../lint-report.ts";
import { requireOwnState } from "../own-state.ts";
import { readForBundle } from "../publish/ineffective-approvals.ts";
import { type Repository, readRepository, requireFeeds } from "../repository.ts";
import { REPORTERS } from "../test-report.ts";
import { describeShortfall, type RepositoryTestOptions, testRepository } from "../test-repository.ts";
import { VERSION } from "../version.ts";
import { type ActionStep, MAX_SUMMARY, pullRequestOf } from "./action-step.ts";
import { type CheckResult, checkMarkdown, shortened } from "./check-markdown.ts";
import { roomForText, updateComment } from "./comment.ts";

/** What must not land fails the step, after everything was said of it. */
export async function checkRepository(step: ActionStep): Promise<void> {
  const result = await check(step);
  if (step.flag("comment")) await comment(step, result);
  if (!result.isFine) process.exitCode = 1;
}

/**
 * As checkRepository(), for a bundle: of approvals that lift nothing it only warns. Throws POLICY_INVALID where anything
 * else is wrong, and FEED_MISSING.
 */
export async function requirePublishable(step: ActionStep): Promise<Repository> {
  const { isFine } = await check(step, { forBundle: true });
  if (!isFine)
    throw new CordonError("POLICY_INVALID", "the policy repository does not pass its check, so nothing is built", {
      next: "Mend what the annotations name.",
    });
  return requireFeeds(step.input("dir", "."), readForBundle);
}

async function check(step: ActionStep, { forBundle = false } = {}): Promise<CheckResult> {
  const dir = step.input("dir", ".");
  if (step.choice("feeds", ["pull", "keep"]) === "pull") await pullFeeds(step, dir);
  const repository = await (forBundle ? readForBundle : readRepository)(dir);
  const found = { dir, ...lint(step, repository), ...test(step, repository, { allowsExpired: forBundle }) };
  const isFine = found.errors === 0 && found.tests?.failed === 0 && found.shortfall === undefined;
  const result = { isFine, ...found };
  step.summarize(describe(step, result, MAX_SUMMARY));
  return result;
}

/** Whoever proposes a change writes the feeds' paths too. */
const BESIDE =
  "Not pulled: it reads files of the runner outside the workspace, and a pull request may name any of them.\nGive it a path in the workspace, or check pull requests with `feeds: keep`.";

/** A feed that fails keeps what it has: policies must not wait for it. One that has nothing is an error of whoever builds. */
async function pullFeeds(step: ActionStep, dir: string): Promise<void> {
  await requireOwnState(dir);
  const isProposed = pullRequestOf(step) !== undefined;
  for (const feed of requireConfig(readConfigFile(dir)).feeds ?? []) {
    if (isProposed && readsBeside(".", feed, dir)) {
      step.log(annotation("warning", { title: `feed ${feed.name}` }, BESIDE));
      continue;
    }
    const pulled = await tryPullFeed(feed, dir, { progress: () => {}, accept: false });
    if ("error" in pulled)
      step.log(annotation("warning", { title: `feed ${feed.name}` }, `${pulled.error.message}\n${pulled.error.next}`));
    else step.log(`feed ${feed.name}: ${pulled.status.records} records, newest ${pulled.status.newest ?? "none"}`);
  }
}

function lint(step: ActionStep, repository: Repository) {
  const { dir, diagnostics, rules } = repository;
  const checked = describeChecked(repository);
  const policies = rules.set.policies.length;
  step.log(LINT_REPORTERS.github({ dir, policies, diagnostics, checked, version: VERSION }));
  const errors = diagnostics.filter(({ severity }) => severity === "error").length;
  step.output("errors", errors);
  step.output("warnings", diagnostics.length - errors);
  return { diagnostics, errors, checked };
}

/** What does not compile is not tested: the tests would speak of other rules than those that were written. */
function test(
  step: ActionStep,
  repository: Repository,
  options: Pick<RepositoryTestOptions, "allowsExpired">,
): Pick<CheckResult, "tests" | "shortfall"> {
  if (repository.diagnostics.some(({ severity }) => severity === "error")) return {};
  const threshold = thresholdOf(step);
  const { report } = testRepository(repository, { coverage: true, at: undefined, ...options });
  step.log(REPORTERS.github(report, repository.dir));
  step.output("passed", report.passed);
  step.output("failed", report.failed);
  const shortfall = describeShortfall(report, threshold);
  if (shortfall !== undefined) step.log(annotation("error", { title: "coverage" }, shortfall));
  return { tests: report, ...(shortfall !== undefined && { shortfall }) };
}

function thresholdOf(step: ActionStep): number | undefined {
  const text = step.input("threshold");
  if (text === "") return undefined;
  const threshold = Number(text);
  if (Number.isInteger(threshold) && threshold >= 0 && threshold <= 100) return threshold;
  throw new CordonError("USAGE", `the input threshold is ${JSON.stringify(text)}, and may be 0 to 100`);
}

/** A comment that cannot be written is told, and fails nothing: a fork's token may only read. */
async function comment(step: ActionStep, result: CheckResult): Promise<void> {
  const pull = pullRequestOf(step);
  if (pull === undefined) return;
  const notice = (text: string) => step.log(annotation("notice", { title: "cordon" }, text));
  try {
    const newer = await updateComment(step, pull, describe(step, result, roomForText(result.dir)));
    if (newer === undefined) return;
    const [ours, theirs] = [shortened(pull.head ?? ""), shortened(newer)];
    notice(
      `The comment on the pull request was left alone: this run checked ${ours}, and the pull request is at ${theirs} by now.\nThe run for that commit writes it.`,
    );
  } catch (error) {
    if (!(error instanceof CordonError)) throw error;
    const why = `The comment on the pull request was not written: ${error.message}`;
    notice(`${why}\nGrant the job pull-requests: write; forks never have it.`);
  }
}

function describe(step: ActionStep, result: CheckResult, maxBytes: number): string {
  // The commit of a pull request's run is one that GitHub merged for it, which nobody has seen.
  const commit = pullRequestOf(step)?.head ?? step.environment["GITHUB_SHA"];
  return checkMarkdown(result, { environment: step.environment, commit, maxBytes });
}
