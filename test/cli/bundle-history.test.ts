/** From a commit to the decision page: what a signed bundle tells of its rules. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { ReleaseReport } from "../../core/report.ts";
import { cordon } from "../support/cli.ts";
import { AGE_POLICY } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

const AUTHOR = ["-c", "user.name=Ann", "-c", "user.email=ann@acme.example"];

describe("the history of the rules in a bundle", () => {
  let folder: BundleFolder;
  let registry: FixtureRegistry;
  let commit: string;

  const git = (...args: readonly string[]): string =>
    execFileSync("git", [...AUTHOR, ...args], { cwd: join(folder.path, "repo"), encoding: "utf8" }).trim();

  before(async () => {
    registry = await startRegistry([
      { name: "plain", releases: [{ version: "1.0.0", published: new Date(Date.now() - 3_600_000).toISOString() }] },
    ]);
    folder = makeBundleFolder();
    folder.write("cordon.key", folder.privateKey);
    folder.write(`repo/firewall/${AGE_POLICY.path}`, AGE_POLICY.text);
    folder.write(
      "repo/firewall/cordon.yaml",
      "apiVersion: cordon/v1\nkind: Cordon\nrepository: https://github.acme.example/acme/policies\n",
    );
    git("init", "-q", "-b", "main");
    git("add", "-A");
    git("commit", "-qm", "Hold what is young");
    commit = git("rev-parse", "HEAD");
  });

  after(async () => {
    await registry.close();
    folder.remove();
  });

  async function report(): Promise<ReleaseReport> {
    const at = (name: string) => join(folder.path, name);
    for (const args of [
      ["bundle", "build", at("repo/firewall"), "--out", folder.bundle],
      ["bundle", "sign", folder.bundle, "--key", at("cordon.key")],
    ]) {
      const { code, stderr } = await cordon(...args);
      assert.equal(code, 0, stderr);
    }
    const proxy: TestProxy = await startTestProxy(folder, registry, { now: () => new Date() });
    try {
      return (await (await fetch(`${proxy.publicUrl}/-/why/pkg:npm/plain@1.0.0`)).json()) as ReleaseReport;
    } finally {
      await proxy.close();
    }
  }

  it("is shown where a decision is: commit, author, date, and the line on the forge", async () => {
    const { verdicts } = await report();
    const source = verdicts[0]?.source;
    assert.deepEqual(source?.change, {
      commit,
      author: "Ann",
      date: new Date(git("log", "-1", "--format=%aI")).toISOString().replace(".000Z", "Z"),
    });
    assert.equal(
      source?.url,
      `https://github.acme.example/acme/policies/blob/${commit}/firewall/${AGE_POLICY.path}#L${source?.line}`,
    );
  });

  it("is left out for a rule that was changed and not committed", async () => {
    folder.write(`repo/firewall/${AGE_POLICY.path}`, AGE_POLICY.text.replace("three days", "a few days"));
    const { verdicts } = await report();
    assert.match(verdicts[0]?.reason ?? "", /a few days/);
    assert.equal(verdicts[0]?.source?.change, null);
  });
});
