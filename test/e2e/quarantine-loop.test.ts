/** A held release on its whole way: refused, asked for, approved, merged, published, installed, and refused again. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type CliRun, cordon } from "../support/cli.ts";
import { type PolicyClone, startPolicyClone } from "../support/forge/policy-clone.ts";
import { makeNpmProject, type NpmProject } from "../support/npm.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";

const HOUR_MS = 3_600_000;
const PURL = "pkg:npm/fresh@1.1.0";

/** Without any, `policy test` would only say that there is none. */
const POLICY_TEST = `apiVersion: cordon/v1
kind: PolicyTest
spec:
  now: 2026-11-22T12:00:00Z
  cases:
    - name: an old release is free
      release: pkg:npm/old@1.0.0
      facts: { release: { published: 2026-01-01T00:00:00Z, installScripts: [], installScriptsChange: none } }
      expect: { decision: allow }
`;

describe("the way of a held release", () => {
  let clone: PolicyClone;
  let bundles: BundleFolder;
  let proxy: TestProxy;
  let project: NpmProject;
  let clock: Date;

  before(async () => {
    clock = new Date();
    const published = new Date(clock.getTime() - HOUR_MS).toISOString();
    clone = await startPolicyClone({
      kind: "github",
      files: { "tests/release-age.yaml": POLICY_TEST },
      packages: [{ name: "fresh", releases: [{ version: "1.0.0" }, { version: "1.1.0", published }] }],
    });
    bundles = makeBundleFolder();
    bundles.write("cordon.key", bundles.privateKey);
    await publish();
    proxy = await startTestProxy(bundles, clone.registry, { now: () => clock });
    project = makeNpmProject(`${proxy.npm}/`);
  });

  after(async () => {
    await proxy.close();
    await clone.close();
    project.remove();
    bundles.remove();
  });

  function assertFine({ code, stderr, stdout }: CliRun): string {
    assert.equal(code, 0, stderr);
    return stdout;
  }

  /** What the job on the main branch does. */
  async function publish(): Promise<void> {
    const out = join(bundles.path, "dist");
    assertFine(await cordon("bundle", "build", clone.path, "--out", out));
    assertFine(await cordon("bundle", "sign", out, "--key", join(bundles.path, "cordon.key")));
    assertFine(await cordon("bundle", "publish", out, "--to", `dir:${bundles.bundle}`));
  }

  const install = () => project.run("install", "fresh@1.1.0");

  it("is refused, and the refusal leads to the page that tells how to ask", async () => {
    const { code, output } = await install();
    assert.notEqual(code, 0);
    const address = /Why, and how to ask for an exception: (\S+\/-\/why\/pkg:npm\/fresh@1\.1\.0)/.exec(output)?.[1];
    assert.ok(address, output);
    const page = await (await fetch(address, { headers: { accept: "text/html" } })).text();
    assert.ok(page.replaceAll(/<\/?span>/g, "").includes(`cordon quarantine request ${PURL}`));
  });

  it("is asked for, with who asked for it how often", async () => {
    await proxy.decisions();
    const output = assertFine(
      await clone.run(
        "request",
        PURL,
        "--reason",
        "The login needs it.",
        "--expires",
        "24h",
        "--log",
        proxy.decisionLog,
      ),
    );
    assert.match(output, /The request is open: http/);
    assert.match(clone.forge.pulls()[0]?.body ?? "", /### Who asked for it\n\n[\s\S]*npm\//);
  });

  it("is approved by somebody else, merged, and published in a new bundle", async () => {
    assertFine(await clone.run("approve", PURL, "--approved-by", "Rae Viewer <rae@acme.example>"));
    clone.forge.merge(1);
    await clone.git("pull", "-q", "origin", "main");
    assertFine(await cordon("policy", "lint", clone.path));
    await publish();
    clock = new Date();
    assert.notEqual((await install()).code, 0, "the proxy does not know of it yet");
    await proxy.lifecycle.poll();
    assert.equal(proxy.lifecycle.status().revision, 2);
  });

  it("is installed", async () => {
    const { code, output } = await install();
    assert.equal(code, 0, output);
    assert.equal(project.installed("fresh"), "1.1.0");
    const why = (await (await fetch(`${proxy.publicUrl}/-/why/${PURL}`)).json()) as {
      code: string;
      verdicts: { liftedBy: string; approval: { approvedBy: string } }[];
    };
    assert.equal(why.code, "POLICY_ALLOWED");
    assert.deepEqual(
      [why.verdicts[0]?.liftedBy, why.verdicts[0]?.approval.approvedBy],
      ["approvals/npm/fresh@1.1.0.yaml", "Rae Viewer <rae@acme.example>"],
    );
  });

  it("is refused again once the approval is over, by the same bundle", async () => {
    clock = new Date(clock.getTime() + 25 * HOUR_MS);
    const other = makeNpmProject(`${proxy.npm}/`);
    try {
      const { code, output } = await other.run("install", "fresh@1.1.0");
      assert.notEqual(code, 0);
      assert.match(output, /cordon: held pkg:npm\/fresh@1\.1\.0/);
    } finally {
      other.remove();
    }
    const tested = await cordon("policy", "test", clone.path, "--at", clock.toISOString());
    assert.match(tested.stdout, /approvals\/npm\/fresh@1\.1\.0\.yaml[\s\S]*expired[\s\S]*\n1 passed, 1 failed/);
    assert.equal(tested.code, 1);
  });

  it("met a forge that describes its API as GitHub does", () => assert.deepEqual(clone.forge.problems, []));
});
