/** The action `policy` builds, and publishes as the run that it is; what it has published a proxy verifies and enforces. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { generateKeyPair } from "../../core/bundle/keys.ts";
import { BUNDLE_FILE } from "../../core/bundle/manifest.ts";
import { type ActionRun, runAction } from "../support/action.ts";
import { startCordon } from "../support/cli.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { type GitHub, startGitHub } from "../support/github.ts";
import { approvalFile, MALWARE_POLICY, malwareRecord } from "../support/policies.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";
import { ISSUER, type MockSigstore, startSigstore, WORKFLOW } from "../support/sigstore.ts";

const testFile = (decision: string) => `apiVersion: cordon/v1
kind: PolicyTest
spec:
  now: 2026-11-22T12:00:00Z
  cases:
    - { name: evil, release: "pkg:npm/evil@1.0.1", expect: { decision: ${decision} } }
`;

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

describe("the action policy, commands build and publish", () => {
  let folder: Folder;
  let sigstore: MockSigstore;
  let github: GitHub;
  let registry: FixtureRegistry;

  before(async () => {
    [sigstore, github, registry] = await Promise.all([
      startSigstore(),
      startGitHub({ immutable: true }),
      startRegistry([{ name: "evil", releases: [{ version: "1.0.0" }, { version: "1.0.1" }] }]),
    ]);
    folder = makeFolder({
      [MALWARE_POLICY.path]: MALWARE_POLICY.text,
      "advisories/MAL-2026-1.json": JSON.stringify(malwareRecord("evil", ["1.0.1"])),
      "tests/malware.yaml": testFile("block"),
      "trusted_root.json": JSON.stringify(sigstore.trustedRoot),
      "trust.yaml": JSON.stringify({
        identities: [{ issuer: ISSUER, workflow: WORKFLOW }],
        sigstore: { trustedRoot: "trusted_root.json" },
      }),
    });
  });

  after(async () => {
    for (const server of [sigstore, github, registry]) await server.close();
    folder.remove();
    assert.deepEqual(github.problems, []);
    assert.equal(github.leakedAuthorization, false);
  });

  const run = (command: string, inputs: Readonly<Record<string, string>> = {}): Promise<ActionRun> =>
    runAction("policy", {
      inputs: { command, feeds: "pull", comment: "true", trust: "trust.yaml", token: github.token, ...inputs },
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

  it("builds without a signature, and sends nothing", async () => {
    const { code, outputs, log } = await run("build", { out: "built" });
    assert.equal(code, 0, log);
    assert.deepEqual([outputs["bundle"], outputs["revision"]], ["built", "0.1"]);
    assert.ok(!existsSync(join(folder.path, "built", BUNDLE_FILE)));
    assert.deepEqual(github.releases(), []);
  });

  it("publishes a release of this repository, signed as the run that it is", async () => {
    const { code, outputs, log, summary } = await run("publish");
    assert.equal(code, 0, log);
    const { digest, ...rest } = outputs;
    const url = "https://github.invalid/acme/policies/releases/tag/bundle-stable-0.1";
    assert.deepEqual(rest, {
      errors: "0",
      warnings: "0",
      passed: "1",
      failed: "0",
      bundle: "dist",
      revision: "0.1",
      outcome: "published",
      url,
    });
    assert.ok(digest && github.releases()[0]?.body?.includes(digest));
    assert.match(summary, /### Bundle 0\.1 of channel `stable`: published/);
    for (const secret of [github.token, sigstore.requestToken, ...sigstore.tokens])
      assert.ok(!`${log}${summary}`.includes(secret));
  });

  it("is followed by a proxy, which refuses what the policy blocks and gives out the rest", async () => {
    const args = ["--bundle", "github:acme/policies", "--trust", join(folder.path, "trust.yaml")];
    const child = startCordon(
      [
        "proxy",
        ...args,
        "--listen",
        "127.0.0.1:0",
        "--state",
        join(folder.path, "state"),
        "--upstream",
        `npm=${registry.url}`,
      ],
      { GITHUB_API_URL: github.api },
    );
    try {
      let output = "";
      for await (const chunk of child.stdout) {
        output += chunk;
        if (output.includes("npm's registry is")) break;
      }
      const npm = /npm's registry is (\S+)\//.exec(output)?.[1] ?? "";
      assert.match(output, /Enforcing revision 0\.1 \(ok\)/);
      const statuses = await Promise.all(
        ["1.0.0", "1.0.1"].map(async (version) => (await fetch(`${npm}/evil/-/evil-${version}.tgz`)).status),
      );
      assert.deepEqual(statuses, [200, 403]);
    } finally {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  });

  it("counts on", async () => {
    const { code, outputs, log } = await run("publish");
    assert.equal(code, 0, log);
    assert.equal(outputs["revision"], "0.2");
  });

  it("publishes nothing that does not pass its tests", async () => {
    folder.write("tests/malware.yaml", testFile("allow"));
    const { code, annotations, outputs } = await run("publish");
    folder.write("tests/malware.yaml", testFile("block"));
    assert.equal(code, 1);
    assert.match(
      annotations.join("\n"),
      /expected allow, got block[\s\S]*does not pass its check, so nothing is built/,
    );
    assert.equal(outputs["revision"], undefined);
    assert.equal(github.releases().length, 2);
  });

  it("publishes with approvals that lift nothing any more, which fail the check, and says so loudly", async () => {
    const { privateKey, publicKey } = generateKeyPair();
    folder.write("cordon.pub", publicKey);
    const digests = [`sha256:${"a".repeat(64)}`];
    for (const approval of [
      { purl: "pkg:npm/evil@1.0.1", path: "approvals/npm/evil.yaml", expires: inDays(9) },
      { purl: "pkg:npm/old@1.0.0", path: "approvals/npm/old.yaml", expires: inDays(-1) },
    ]) {
      const { path, text } = approvalFile({ digests, created: inDays(-9), ...approval });
      folder.write(path, text);
    }
    const keyed = { key: privateKey, trust: "cordon.pub", to: "dir:with-approvals", out: "with-approvals-built" };
    const [published, checked] = [await run("publish", { ...keyed, threshold: "50" }), await run("check")];
    const belowThreshold = await run("publish", { ...keyed, threshold: "100" });
    folder.write("tests/malware.yaml", testFile("allow"));
    const failing = await run("publish", keyed);
    folder.write("tests/malware.yaml", testFile("block"));
    for (const name of ["evil", "old"]) rmSync(join(folder.path, `approvals/npm/${name}.yaml`));

    assert.equal(published.code, 0, published.log);
    assert.equal(published.outputs["revision"], "0.1");
    const warnings = published.annotations.filter((line) => line.includes("file=approvals/"));
    assert.match(warnings[0] ?? "", /^::warning file=approvals\/npm\/evil\.yaml,line=1.*MAL-2026-1 calls this release/);
    assert.match(warnings[1] ?? "", /^::warning file=approvals\/npm\/old\.yaml,line=1.*the approval has expired/);
    assert.match(
      published.summary,
      /### ⚠️ Approvals without effect\n\n- `approvals\/npm\/evil\.yaml:1`: .*MAL-2026-1 [\s\S]*Remove their files/,
    );
    assert.doesNotMatch(`${published.log}${published.summary}`, /::error|❌/);
    assert.equal(checked.code, 1);
    assert.match(checked.summary, /❌ Policy check/);
    for (const refused of [belowThreshold, failing]) {
      assert.equal(refused.code, 1, refused.log);
      assert.equal(refused.outputs["revision"], undefined);
    }
  });

  it("publishes nothing that the trust policy refuses", async () => {
    sigstore.claims = {
      ...sigstore.claims,
      ref: "refs/heads/other",
      subject: WORKFLOW.replace("main", "other"),
    };
    const { code, annotations } = await run("publish");
    assert.equal(code, 1);
    assert.match(annotations.join("\n"), /trust policy/);
    assert.equal(github.releases().length, 2);
  });

  it("signs with a key from a secret, which it shows nowhere and writes nowhere", async () => {
    const { privateKey, publicKey } = generateKeyPair();
    folder.write("cordon.pub", publicKey);
    const { code, log, outputs, summary } = await run("publish", {
      key: privateKey,
      trust: "cordon.pub",
      to: "dir:published",
      out: "signed",
    });
    assert.equal(code, 0, log);
    assert.deepEqual([outputs["revision"], outputs["url"]], ["0.1", ""]);
    const secret = privateKey.split("\n")[1] ?? "";
    assert.ok(secret.length > 20 && !`${log}${summary}`.includes(secret));
  });

  it("says what is missing where there is no trust policy", async () => {
    const { code, annotations } = await run("publish", { trust: "nowhere.yaml" });
    assert.notEqual(code, 0);
    assert.match(annotations.join("\n"), /nowhere\.yaml/);
  });
});

describe("the action policy, of a repository that brings state of its own", () => {
  let folder: Folder;
  const at = (name: string) => join(folder.path, name);
  const git = (dir: string, ...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@acme.example", ...args], { cwd: at(dir) });
  const commit = (dir: string) => {
    git(dir, "init", "-q", "-b", "main");
    git(dir, "add", "-A", "-f");
    git(dir, "commit", "-qm", "x");
  };

  beforeEach(() => {
    folder = makeFolder({
      "feed/osv/MAL-2026-1.json": JSON.stringify(malwareRecord("evil", ["1.0.1"])),
      [`feed/${MALWARE_POLICY.path}`]: MALWARE_POLICY.text.replaceAll("block", "warn"),
      [`work/${MALWARE_POLICY.path}`]: MALWARE_POLICY.text,
      "work/advisories/MAL-2026-1.json": JSON.stringify(malwareRecord("evil", ["1.0.1"])),
      "work/tests/malware.yaml": testFile("block"),
    });
    commit("feed");
    const feeds = JSON.stringify([{ name: "extra", kind: "git", url: at("feed"), path: "osv" }]);
    folder.write("work/cordon.yaml", `apiVersion: cordon/v1\nkind: Cordon\nfeeds: ${feeds}\n`);
  });
  afterEach(() => folder.remove());

  const run = (inputs: Readonly<Record<string, string>>): Promise<ActionRun> =>
    runAction("policy", {
      inputs: { command: "build", dir: ".", feeds: "pull", comment: "false", out: at("out"), ...inputs },
      cwd: at("work"),
    });

  const refused = async (message: RegExp, inputs: Readonly<Record<string, string>> = {}) => {
    const { code, log } = await run(inputs);
    assert.notEqual(code, 0);
    assert.match(log, message);
    assert.equal(existsSync(at("out")), false);
    assert.equal(readFileSync(at(`work/${MALWARE_POLICY.path}`), "utf8"), MALWARE_POLICY.text);
  };

  it("builds what was reviewed, with the feed", async () => {
    commit("work");
    const { code, log } = await run({});
    assert.equal(code, 0, log);
    assert.match(log, /feed extra: 1 records/);
    assert.equal(readFileSync(at(`work/${MALWARE_POLICY.path}`), "utf8"), MALWARE_POLICY.text);
  });

  it("checks out no feed over what was reviewed, by a link that stands where the feed's clone would", async () => {
    mkdirSync(at("work/.cordon/intel/extra"), { recursive: true });
    symlinkSync("../../..", at("work/.cordon/intel/extra/clone"));
    commit("work");
    await refused(/clone is a link/);
  });

  it("writes nothing outside of the checkout, by a link that stands where its state would", async () => {
    symlinkSync("../outside", at("work/.cordon"));
    mkdirSync(at("outside"));
    commit("work");
    await refused(/\.cordon is a link/);
    assert.deepEqual(readdirSync(at("outside")), []);
  });

  it("takes no committed snapshot for what the feed says, pulled or kept", async () => {
    assert.equal((await run({})).code, 0);
    rmSync(at("out"), { recursive: true });
    commit("work");
    for (const feeds of ["pull", "keep"]) await refused(/\.cordon\/intel\/extra\/\S+ is committed/, { feeds });
  });

  it("takes no committed root of trust, where the policies are a folder of the workspace", async () => {
    const { publicKey } = generateKeyPair();
    folder.write("work/cordon.pub", publicKey);
    folder.write("work/.cordon/sigstore/root.json", "{}");
    mkdirSync(at("work/inner"));
    for (const part of ["policies", "advisories", "tests"]) renameSync(at(`work/${part}`), at(`work/inner/${part}`));
    commit("work");
    const { code, log } = await run({ command: "publish", dir: "inner", trust: "cordon.pub", to: `dir:${at("to")}` });
    assert.equal(code, 1);
    assert.match(log, /root\.json is committed/);
    assert.equal(existsSync(at("to")), false);
  });
});
