/**
 * The whole loop on GitHub: what `cordon init` writes is checked and published by the actions that its own workflows
 * call, with the inputs that stand there; and a proxy with its trust policy enforces what they published.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse, stringify } from "yaml";
import { type ActionRun, runAction } from "../support/action.ts";
import { cordonWith, startCordon } from "../support/cli.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { type GitHub, startGitHub } from "../support/github.ts";
import { makeNpmProject } from "../support/npm.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";
import { type MockSigstore, runClaims, startSigstore } from "../support/sigstore.ts";

const PULL = 3;
const ACTION = `acme/cordon@${"a".repeat(40)}`;
const PUBLISHED = "2018-04-09T00:00:00.000Z";

interface Workflow {
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly { uses?: string; with?: Record<string, string> }[] }>
  >;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
}

describe("a policy repository on GitHub", () => {
  let folder: Folder;
  let sigstore: MockSigstore;
  let github: GitHub;
  let registry: FixtureRegistry;
  const at = (path: string): string => join(folder.path, "policies", path);

  before(async () => {
    folder = makeFolder({ "home/.gitconfig": "[user]\n\tname = Ada\n\temail = ada@acme.example\n" });
    [sigstore, github, registry] = await Promise.all([
      startSigstore(runClaims({ repository: "acme/policies" })),
      startGitHub(),
      startRegistry(
        ["left-pad", "ms"].map((name) => ({ name, releases: [{ version: "1.3.0", published: PUBLISHED }] })),
      ),
    ]);
    const { code, stderr } = await cordonWith(
      { HOME: join(folder.path, "home"), GIT_CONFIG_NOSYSTEM: "1" },
      ...["init", join(folder.path, "policies"), "--yes", "--action", ACTION],
      ...["--repository", "https://github.com/acme/policies", "--owners", "@acme/security"],
    );
    assert.equal(code, 0, stderr);
    // The instance that signs here is not the public one, which is all that the operator has to add.
    writeFileSync(at("trusted_root.json"), JSON.stringify(sigstore.trustedRoot));
    const trust = parse(readFileSync(at("trust.yaml"), "utf8"));
    writeFileSync(at("trust.yaml"), stringify({ ...trust, sigstore: { trustedRoot: "trusted_root.json" } }));
  });

  after(async () => {
    for (const server of [sigstore, github, registry]) await server.close();
    folder.remove();
    assert.deepEqual(github.problems, []);
  });

  /** Runs the step of a workflow that is Cordon's, as a runner would. */
  function run(workflow: string, event: object): Promise<ActionRun> {
    const { jobs } = parse(readFileSync(at(`.github/workflows/${workflow}`), "utf8")) as Workflow;
    const steps = Object.values(jobs).flatMap(({ steps }) => steps);
    const [repository, ref] = ACTION.split("@");
    const step = steps.find(({ uses }) => uses?.startsWith(`${repository}/`));
    const [path = "", pinned] = step?.uses?.slice(`${repository}/`.length).split("@") ?? [];
    assert.equal(pinned, ref);
    const known = parse(readFileSync(new URL(`../../${path}/action.yml`, import.meta.url), "utf8")) as Action;
    for (const name of Object.keys(step?.with ?? {})) assert.ok(Object.hasOwn(known.inputs, name), name);
    const defaults = Object.entries(known.inputs).map(([name, { default: value = "" }]) => [name, value]);
    const inputs: Record<string, string> = { ...Object.fromEntries(defaults), ...step?.with };
    assert.match(inputs["token"] ?? "", /^\$\{\{ github\.token \}\}$/);
    return runAction("policy", {
      inputs: { ...inputs, token: github.token },
      cwd: join(folder.path, "policies"),
      environment: {
        ...sigstore.environment,
        CORDON_FULCIO_URL: sigstore.url,
        CORDON_REKOR_URL: sigstore.url,
        CORDON_TSA_URL: sigstore.url,
        GITHUB_API_URL: github.api,
        GITHUB_REPOSITORY: "acme/policies",
      },
      event,
    });
  }

  const check = (): Promise<ActionRun> => run("policy.yml", { pull_request: { number: PULL } });

  it("passes its own check as it was written", async () => {
    const { code, log } = await check();
    assert.equal(code, 0, log);
  });

  it("is told on the pull request what a change breaks", async () => {
    appendFileSync(
      at("lists/denied.yaml"),
      "    - entry: pkg:npm/left-pad\n      reason: String.prototype.padStart does the same.\n",
    );
    const spec = `spec:\n  now: 2026-11-22T12:00:00Z\n  cases:\n    - { name: free, release: "pkg:npm/left-pad@1.3.0", expect: { decision: allow } }\n`;
    writeFileSync(at("tests/left-pad.yaml"), `apiVersion: cordon/v1\nkind: PolicyTest\n${spec}`);
    const { code, annotations } = await check();
    assert.equal(code, 1);
    assert.match(
      annotations.join("\n"),
      /^::error file=tests\/left-pad\.yaml,line=6,title=policy test%3A free::decision: expected allow, got block/,
    );
    assert.match(github.comments.of(PULL)[0]?.body ?? "", /### ❌ Policy check[\s\S]*tests\/left-pad\.yaml:6/);
    const refused = await run("bundle.yml", {});
    assert.equal(refused.code, 1, "and nothing of it is published");
    assert.deepEqual(github.releases(), []);
  });

  it("is published from the main branch once that is mended, signed as its own workflow", async () => {
    const test = readFileSync(at("tests/left-pad.yaml"), "utf8");
    writeFileSync(at("tests/left-pad.yaml"), test.replace("decision: allow", "decision: block"));
    assert.equal((await check()).code, 0);
    assert.equal(github.comments.of(PULL).length, 1);
    const { code, log, outputs } = await run("bundle.yml", {});
    assert.equal(code, 0, log);
    assert.deepEqual([outputs["revision"], outputs["outcome"]], ["0.1", "published"]);
  });

  it("is enforced by a proxy that has its trust policy and nothing else", async () => {
    const child = startCordon(
      [
        ...["proxy", "--bundle", "github:acme/policies", "--trust", at("trust.yaml"), "--listen", "127.0.0.1:0"],
        ...["--state", join(folder.path, "state"), "--upstream", `npm=${registry.url}`],
      ],
      { GITHUB_API_URL: github.api },
    );
    try {
      let output = "";
      for await (const chunk of child.stdout) {
        output += chunk;
        if (output.includes("npm's registry is")) break;
      }
      const project = makeNpmProject(/npm's registry is (\S+)\. /.exec(output)?.[1] ?? "");
      const [free, refused] = [await project.run("install", "ms"), await project.run("install", "left-pad")];
      project.remove();
      assert.equal(free.code, 0, free.output);
      assert.notEqual(refused.code, 0);
      assert.match(
        refused.output,
        /cordon: blocked pkg:npm\/left-pad@1\.3\.0: .*String\.prototype\.padStart does the same/,
      );
    } finally {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  });
});
