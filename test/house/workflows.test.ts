/** What every workflow of this repository has, and every action. */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
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

it("there are workflows and actions to look at", () => {
  assert.ok(workflows.length >= 5 && actions.length >= 1);
});
