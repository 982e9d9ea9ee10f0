import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { YamlFile } from "../../../core/source/yaml-file.ts";
import { cordon } from "../../support/cli.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: object;
  readonly concurrency?: object;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly if?: string;
        readonly permissions: Readonly<Record<string, string>>;
        readonly "timeout-minutes": number;
        readonly steps: readonly Step[];
      }
    >
  >;
}

describe("the workflows that init writes", () => {
  let folder: Folder;
  const text = (name: string): string => readFileSync(join(folder.path, `.github/workflows/${name}.yml`), "utf8");
  const workflow = (name: string): Workflow => {
    const { value, syntaxErrors } = new YamlFile({ path: name, text: text(name) });
    assert.deepEqual(syntaxErrors, []);
    return value as Workflow;
  };
  const job = (name: string) => Object.values(workflow(name).jobs)[0];

  before(async () => {
    folder = makeFolder();
    const flags = [
      "--repository",
      "https://github.com/acme/policies",
      "--action",
      `acme/cordon@${COMMIT}`,
      "--no-commit",
    ];
    assert.equal((await cordon("init", folder.path, ...flags)).code, 0);
  });
  after(() => folder.remove());

  it("run when they have to", () => {
    assert.deepEqual(workflow("policy").on, {
      // Of what `edited` tells, another base counts: the same commits then make another change.
      pull_request: { types: ["opened", "synchronize", "reopened", "edited"] },
      merge_group: {},
    });
    assert.deepEqual(workflow("bundle").on, {
      push: { branches: ["main"] },
      schedule: [{ cron: "17 */6 * * *" }],
      workflow_dispatch: {},
    });
    assert.equal(job("bundle")?.if, "github.ref == 'refs/heads/main'");
  });

  it("may do what they need, and nothing else", () => {
    for (const name of ["policy", "bundle"]) {
      assert.deepEqual(workflow(name).permissions, {});
      assert.equal(Object.keys(workflow(name).jobs).length, 1);
      assert.equal(job(name)?.["timeout-minutes"], 15);
    }
    assert.deepEqual(job("policy")?.permissions, { contents: "read", "pull-requests": "write" });
    assert.deepEqual(job("bundle")?.permissions, { contents: "write", "id-token": "write" });
  });

  it("publish one at a time, and do not break off what publishes", () => {
    assert.deepEqual(workflow("bundle").concurrency, { group: "policy-publish", "cancel-in-progress": false });
  });

  it("check the newest commit of a pull request, and break off what an older one began", () => {
    const group = `policy-\${{ github.ref }}`;
    assert.deepEqual(workflow("policy").concurrency, { group, "cancel-in-progress": true });
  });

  it("pin what they use to a commit, the same as Cordon's own workflows", () => {
    const own = readFileSync(new URL("../../../.github/workflows/policy-publish.yml", import.meta.url), "utf8");
    const pinned = [...own.matchAll(/uses: (actions\/\w+@[0-9a-f]{40}) /g)].map(([, uses]) => uses);
    assert.equal(pinned.length, 2);
    for (const name of ["policy", "bundle"]) {
      const steps = job(name)?.steps ?? [];
      assert.deepEqual(
        steps.map(({ uses }) => uses),
        [...pinned, `acme/cordon/.github/actions/policy@${COMMIT}`],
      );
      assert.deepEqual(steps[0]?.with, { "fetch-depth": 0, "persist-credentials": false });
      assert.equal(steps[1]?.with?.["path"], ".cordon/intel");
    }
  });

  it("tell the action what to do", () => {
    assert.deepEqual(job("policy")?.steps[2]?.with, { command: "check" });
    assert.deepEqual(job("bundle")?.steps[2]?.with, {
      command: "publish",
      to: "github:acme/policies",
      trust: "trust.yaml",
    });
  });

  it("run no shell, and put nothing into anything that comes from outside", () => {
    for (const name of ["policy", "bundle"]) {
      assert.ok(job(name)?.steps.every(({ run }) => run === undefined));
      assert.deepEqual(
        [...text(name).matchAll(/\$\{\{(.*?)\}\}/g)].map(([, expression]) => expression?.trim()),
        [...(name === "policy" ? ["github.ref"] : []), "github.run_id"],
      );
    }
  });

  it("are left out with --no-workflows, and owners and rules are not", async () => {
    const other = makeFolder();
    try {
      await cordon("init", other.path, "--no-workflows", "--no-commit");
      assert.ok(!existsSync(join(other.path, ".github/workflows")));
      assert.ok(existsSync(join(other.path, ".github/CODEOWNERS")));
      assert.doesNotMatch(readFileSync(join(other.path, "README.md"), "utf8"), /workflows/);
    } finally {
      other.remove();
    }
  });
});
