/** What every workflow of this repository has, and every action. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { makeFolder } from "../support/folder.ts";

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly if?: string;
  readonly concurrency?: object;
  readonly permissions?: object;
  readonly "timeout-minutes"?: number;
  readonly steps: readonly Step[];
}

interface Action {
  readonly name: string;
  readonly description: string;
  readonly inputs?: Readonly<Record<string, { readonly description: string }>>;
  readonly outputs?: Readonly<Record<string, { readonly description: string }>>;
  readonly runs: { readonly using: string; readonly main: string; readonly post?: string };
}

const read = <T>(path: string): T => parse(readFileSync(path, "utf8"));
const workflows = globSync(".github/workflows/*.yml").sort();
const actions = globSync(".github/actions/*/action.yml").sort();

for (const path of workflows)
  describe(path, () => {
    const text = readFileSync(path, "utf8");
    const { permissions, jobs } = parse(text) as { permissions: object; jobs: Readonly<Record<string, Job>> };
    const steps = Object.values(jobs).flatMap(({ steps }) => steps);

    it("gives no job what it does not name", () => {
      assert.deepEqual(permissions, {});
      for (const job of Object.values(jobs)) assert.ok(job.permissions && job["timeout-minutes"]);
    });

    it("runs actions of others by commit only, with the version beside", () => {
      for (const { uses } of steps) {
        if (uses === undefined || uses.startsWith("$/")) continue;
        assert.match(uses, /^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/);
        assert.match(text.slice(text.indexOf(uses) + uses.length), /^ # v\d+\.\d+\.\d+\n/, uses);
      }
    });

    it("leaves no token behind in the checkout, and nothing of the event in a script", () => {
      for (const { uses, run, with: inputs } of steps) {
        if (uses?.startsWith("actions/checkout@")) assert.equal(inputs?.["persist-credentials"], false);
        assert.doesNotMatch(run ?? "", /\$\{\{/);
      }
    });

    it("gives our own actions inputs that they have", () => {
      for (const { uses, with: inputs } of steps) {
        if (!uses?.startsWith("$/")) continue;
        const known = read<Action>(join(uses.slice(2), "action.yml")).inputs ?? {};
        for (const name of Object.keys(inputs ?? {})) assert.ok(Object.hasOwn(known, name), `${uses} has no ${name}`);
      }
    });
  });

for (const path of actions)
  describe(path, () => {
    const action = read<Action>(path);

    it("runs what is built, on a Node that runners have", () => {
      assert.equal(action.runs.using, "node24");
      for (const file of [action.runs.main, action.runs.post ?? action.runs.main])
        assert.ok(existsSync(join(dirname(path), file)), `${file} is not there: npm run actions`);
    });

    it("says what every input and output is", () => {
      for (const entry of [action, ...Object.values({ ...action.inputs, ...action.outputs })])
        assert.match(entry.description, /\S/);
    });
  });

describe("workflows that others call, or that publish", () => {
  const jobOf = (name: string, job: string): Job =>
    read<{ readonly jobs: Readonly<Record<string, Job>> }>(`.github/workflows/${name}.yml`).jobs[job] ??
    assert.fail(job);

  it("check the newest commit of each pull request and folder only", () =>
    assert.deepEqual(jobOf("policy-check", "check").concurrency, {
      group: `policy-check-\${{ github.workflow }}-\${{ inputs.dir }}-\${{ github.event.pull_request.number || github.ref }}`,
      "cancel-in-progress": true,
    }));

  it("publish policies from the default branch only, whatever ref calls", () =>
    // The event of a schedule names no repository; it is always the default branch's.
    assert.equal(
      jobOf("policy-publish", "publish").if,
      "github.event_name == 'schedule' || github.ref == format('refs/heads/{0}', github.event.repository.default_branch)",
    ));

  it("release no commit that is not on main, and run nothing of it before that is known", () => {
    const { steps } = jobOf("release", "publish");
    assert.equal(steps[0]?.with?.["fetch-depth"], 0);
    const script = steps[1]?.run ?? "";
    const folder = makeFolder();
    const git = (...args: readonly string[]) =>
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@acme.example", ...args], { cwd: folder.path });
    const commit = (message: string) => git("commit", "-q", "--allow-empty", "-m", message);
    const release = (): { status: number | null; stdout: string } =>
      spawnSync("bash", ["-e", "-c", script], {
        cwd: folder.path,
        encoding: "utf8",
        env: { ...process.env, GITHUB_REF_NAME: "v1.2.3" },
      });
    git("init", "-q", "-b", "main");
    commit("on main");
    commit("on main, and newer");
    git("update-ref", "refs/remotes/origin/main", "HEAD");
    git("checkout", "-q", "HEAD~1");
    assert.equal(release().status, 0);
    commit("elsewhere");
    const { status, stdout } = release();
    assert.equal(status, 1);
    assert.match(stdout, /^::error title=release::v1\.2\.3 is not on main/);
    folder.remove();
  });
});

it("there are workflows and actions to look at", () => {
  assert.ok(workflows.length >= 5 && actions.length >= 1);
});
