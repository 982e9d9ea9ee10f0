import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { YamlFile } from "../../../core/source/yaml-file.ts";
import { cordon } from "../../support/cli.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";
import { documentProblems } from "../../support/github-contract.ts";

const IMPORT = "POST /repos/{owner}/{repo}/rulesets";

interface Ruleset {
  readonly enforcement: string;
  readonly bypass_actors: readonly unknown[];
  readonly conditions: {
    readonly ref_name: { readonly include: readonly string[]; readonly exclude: readonly string[] };
  };
  readonly rules: readonly { readonly type: string; readonly parameters?: Readonly<Record<string, unknown>> }[];
}

describe(".github/rulesets/main.json", () => {
  let folder: Folder;
  let ruleset: Ruleset;
  const rule = (type: string) => ruleset.rules.find((rule) => rule.type === type);

  before(async () => {
    folder = makeFolder();
    await cordon("init", folder.path, "--no-commit");
    ruleset = JSON.parse(readFileSync(join(folder.path, ".github/rulesets/main.json"), "utf8"));
  });
  after(() => folder.remove());

  it("is what GitHub's own description says that it imports", () =>
    assert.deepEqual(documentProblems(IMPORT, ruleset), []));

  it("is held to that description: a key misspelt, or left out, is found", () => {
    const broken: { rules: { type: string; parameters?: Record<string, unknown> }[] } = JSON.parse(
      JSON.stringify(ruleset),
    );
    const parameters = broken.rules.find(({ type }) => type === "pull_request")?.parameters ?? {};
    delete parameters["require_code_owner_review"];
    assert.match(documentProblems(IMPORT, broken).join("\n"), /require_code_owner_review/);
    parameters["require_code_owner_review"] = true;
    parameters["require_codeowner_review"] = true;
    assert.match(documentProblems(IMPORT, broken).join("\n"), /require_codeowner_review/);
    assert.match(documentProblems(IMPORT, { ...ruleset, enforcement: "on" }).join("\n"), /enforcement/);
  });

  it("is in force on main, and lets nobody by", () => {
    assert.equal(ruleset.enforcement, "active");
    assert.deepEqual(ruleset.bypass_actors, []);
    assert.deepEqual(ruleset.conditions.ref_name, { include: ["refs/heads/main"], exclude: [] });
  });

  it("forbids to delete the branch and to push with force", () => {
    assert.ok(rule("deletion"));
    assert.ok(rule("non_fast_forward"));
  });

  it("wants a pull request that an owner has reviewed, also its last push", () => {
    const { required_approving_review_count, ...flags } = rule("pull_request")?.parameters ?? {};
    assert.equal(required_approving_review_count, 1);
    assert.deepEqual(flags, {
      dismiss_stale_reviews_on_push: true,
      require_code_owner_review: true,
      require_last_push_approval: true,
      required_review_thread_resolution: false,
    });
  });

  it("requires the job that the workflow for pull requests has, as Actions reports it", () => {
    const path = ".github/workflows/policy.yml";
    const { value } = new YamlFile({ path, text: readFileSync(join(folder.path, path), "utf8") });
    const [job] = Object.keys((value as { jobs: object }).jobs);
    assert.deepEqual(rule("required_status_checks")?.parameters?.["required_status_checks"], [
      { context: job, integration_id: 15368 },
    ]);
  });

  it("requires no job where there is no workflow: nothing could be merged", async () => {
    const other = makeFolder();
    try {
      await cordon("init", other.path, "--no-commit", "--no-workflows");
      const text = readFileSync(join(other.path, ".github/rulesets/main.json"), "utf8");
      assert.doesNotMatch(text, /required_status_checks/);
      assert.deepEqual(documentProblems(IMPORT, JSON.parse(text)), []);
    } finally {
      other.remove();
    }
  });

  it("takes that job from whatever reports it on a server of one's own, which numbers its apps itself", async () => {
    const other = makeFolder();
    try {
      await cordon("init", other.path, "--no-commit", "--repository", "https://github.acme.example/acme/policies");
      const text = readFileSync(join(other.path, ".github/rulesets/main.json"), "utf8");
      assert.doesNotMatch(text, /integration_id/);
      assert.deepEqual(documentProblems(IMPORT, JSON.parse(text)), []);
    } finally {
      other.remove();
    }
  });
});
