/** Whose signature the trust policy that init writes takes: test/e2e/gitops.test.ts goes the whole way. */
import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { YamlFile } from "../../../core/source/yaml-file.ts";
import { type ActionRun, runAction } from "../../support/action.ts";
import { cordon } from "../../support/cli.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";
import { type GitHub, startGitHub } from "../../support/github.ts";
import { type MockSigstore, runClaims, startSigstore } from "../../support/sigstore.ts";

interface Workflow {
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly { readonly with: Readonly<Record<string, string>> }[] }>
  >;
}

describe("a policy repository that init wrote", () => {
  let folder: Folder;
  let sigstore: MockSigstore;
  let github: GitHub;

  before(async () => {
    [sigstore, github] = await Promise.all([
      startSigstore(runClaims({ repository: "acme/policies" })),
      startGitHub({ immutable: true }),
    ]);
    folder = makeFolder({ "trusted_root.json": JSON.stringify(sigstore.trustedRoot) });
    const flags = ["--repository", "https://github.com/acme/policies", "--no-commit"];
    assert.equal((await cordon("init", folder.path, ...flags)).code, 0);
    // The one thing that a test cannot leave as it is: whose certificates count.
    appendFileSync(join(folder.path, "trust.yaml"), "sigstore: { trustedRoot: trusted_root.json }\n");
  });

  after(async () => {
    for (const server of [sigstore, github]) await server.close();
    folder.remove();
    assert.deepEqual(github.problems, []);
  });

  function run(workflow: string): Promise<ActionRun> {
    const path = `.github/workflows/${workflow}.yml`;
    const { value } = new YamlFile({ path, text: readFileSync(join(folder.path, path), "utf8") });
    const inputs = Object.values((value as Workflow).jobs)[0]?.steps.at(-1)?.with ?? {};
    return runAction("policy", {
      inputs: { feeds: "pull", comment: "true", token: github.token, ...inputs },
      cwd: folder.path,
      environment: {
        ...sigstore.environment,
        CORDON_FULCIO_URL: sigstore.url,
        CORDON_REKOR_URL: sigstore.url,
        CORDON_TSA_URL: sigstore.url,
        GITHUB_API_URL: github.api,
        GITHUB_REPOSITORY: "acme/policies",
      },
    });
  }

  it("publishes by its workflow once the two numbers are filled in, which are the repository's own", async () => {
    const text = readFileSync(join(folder.path, "trust.yaml"), "utf8");
    const filled = text
      .replace('# repositoryId: "123456"', 'repositoryId: "1234"')
      .replace('# ownerId: "7890"', 'ownerId: "56"');
    folder.write("trust.yaml", filled);
    const { code, log, outputs } = await run("bundle");
    assert.equal(code, 0, log);
    assert.equal(outputs["revision"], "0.1");
    folder.write("trust.yaml", filled.replace('"1234"', '"4321"'));
    assert.match((await run("bundle")).log, /its repositoryId is 1234, not 4321/);
    assert.equal(github.releases().length, 1);
  });

  it("publishes nothing as another workflow", async () => {
    sigstore.claims = runClaims({ repository: "acme/policies", ref: "refs/heads/other" });
    const { code, log } = await run("bundle");
    assert.equal(code, 1, log);
    assert.match(log, /whom the trust policy does not name/);
    assert.equal(github.releases().length, 1);
  });
});
