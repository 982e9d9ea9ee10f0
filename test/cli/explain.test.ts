import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { PolicyExplanation } from "../../core/policy/explain.ts";
import type { Decision } from "../../schemas/types/decision.ts";
import { cordon } from "../support/cli.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { AGE_POLICY, MALWARE_POLICY, malwareRecord, SCRIPTS_POLICY } from "../support/policies.ts";
import {
  type BundleFolder,
  type LoggedDecision,
  makeBundleFolder,
  startTestProxy,
  type TestProxy,
} from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

const POLICIES = fileURLToPath(new URL("../../policies", import.meta.url));

interface Explained {
  readonly decision: Decision;
  readonly policies: readonly PolicyExplanation[];
  readonly same?: boolean;
  readonly sameBundle?: boolean;
}

describe("cordon policy explain", () => {
  let folder: Folder;

  before(() => {
    folder = makeFolder({
      "facts.yaml": "release:\n  published: 2026-11-21T00:00:00Z\n  installScripts: []\n  installScriptsChange: none\n",
      "bad.yaml": "release:\n  publishd: 2026-11-21T00:00:00Z\n",
    });
  });
  after(() => folder.remove());

  it("shows each rule's outcome, the facts and variables, and what made a condition false", async () => {
    const [text, json] = await Promise.all([
      cordon(
        "policy",
        "explain",
        "pkg:npm/acme-lib@1.0.0",
        "--facts",
        `${folder.path}/facts.yaml`,
        "--at",
        "2026-11-22T12:00:00Z",
        "--dir",
        POLICIES,
      ),
      cordon(
        "policy",
        "explain",
        "pkg:npm/acme-lib@1.0.0",
        "--facts",
        `${folder.path}/facts.yaml`,
        "--at",
        "2026-11-22T12:00:00Z",
        "--dir",
        POLICIES,
        "--json",
      ),
    ]);
    assert.equal(text.code, 0, text.stderr);
    for (const line of [
      "pkg:npm/acme-lib@1.0.0: quarantine by release-age/too-young",
      "It comes free at 2026-11-24T00:00:00Z.",
      '  release.published = "2026-11-21T00:00:00Z"',
      "  variables.age = 129600s",
      "  ✗ too-young (quarantine) matched  policies/release-age.yaml:",
      "      true   variables.age < duration(params.minAge)",
      "      false  size(variables.reports) > 0",
    ]) {
      assert.ok(text.stdout.includes(line), `${line}\nin\n${text.stdout}`);
    }
    const { decision, policies } = json.json() as Explained;
    assert.equal(decision.policy, "release-age");
    const outcomes = policies
      .find(({ policy }) => policy === "release-age")
      ?.rules.map(({ rule, outcome }) => [rule, outcome]);
    assert.deepEqual(outcomes, [
      ["allowed", "not matched"],
      ["no-time", "not matched"],
      ["too-young", "matched"],
    ]);
  });

  it("says which policies cannot be judged without the listing", async () => {
    const { json } = await cordon(
      "policy",
      "explain",
      "pkg:npm/acme-lib@1.0.0",
      "--offline",
      "--dir",
      POLICIES,
      "--json",
    );
    const { decision, policies } = json() as Explained;
    assert.deepEqual(
      [decision.decision, decision.skipped],
      ["allow", ["install-scripts", "provenance", "release-age"]],
    );
    assert.equal(policies.find(({ policy }) => policy === "release-age")?.rules.at(-1)?.outcome, "unjudged");
  });

  it("shows the place of a fact that is misspelt", async () => {
    const { code, stderr } = await cordon(
      "policy",
      "explain",
      "pkg:npm/acme-lib@1.0.0",
      "--facts",
      `${folder.path}/bad.yaml`,
      "--dir",
      POLICIES,
    );
    assert.equal(code, 2);
    assert.match(stderr, /bad\.yaml:2:\d+: error: unknown key `publishd`; did you mean `published`\?/);
  });
});

describe("cordon policy explain --replay", () => {
  let registry: FixtureRegistry;
  let bundles: BundleFolder;
  let proxy: TestProxy;
  let lines: readonly LoggedDecision[];

  before(async () => {
    registry = await startRegistry([
      { name: "evil", releases: [{ version: "1.0.0" }, { version: "1.0.1" }] },
      {
        name: "young",
        releases: [{ version: "1.0.0", published: "2026-11-21T00:00:00Z", scripts: { install: "node x.js" } }],
      },
    ]);
    bundles = makeBundleFolder();
    // The command verifies by the real clock, so this bundle is made by it too.
    await bundles.sign({
      created: new Date(),
      source: { policies: [MALWARE_POLICY, AGE_POLICY, SCRIPTS_POLICY] },
      records: [malwareRecord("evil", ["1.0.1", "6.6.6"])],
    });
    proxy = await startTestProxy(bundles, registry, { now: () => new Date() });
    for (const path of [
      "evil/-/evil-1.0.0.tgz",
      "evil/-/evil-1.0.1.tgz",
      "evil/-/evil-6.6.6.tgz",
      "young/-/young-1.0.0.tgz",
    ])
      await (await fetch(`${proxy.npm}/${path}`)).arrayBuffer();
    lines = (await proxy.decisions()).filter(({ kind }) => kind === "file");
  });

  after(async () => {
    await proxy.close();
    await registry.close();
    bundles.remove();
  });

  it("makes each logged decision again from its line and the bundle", async () => {
    assert.deepEqual(
      lines.map(({ decision }) => decision),
      ["allow", "block", "block", "quarantine"],
    );
    const runs = await Promise.all(
      lines.map((line) =>
        cordon(
          "policy",
          "explain",
          "--replay",
          JSON.stringify(line),
          "--bundle",
          bundles.bundle,
          "--trust",
          bundles.trust,
          "--json",
        ),
      ),
    );
    for (const [index, { code, stderr, json }] of runs.entries()) {
      assert.equal(code, 0, stderr);
      const { same, sameBundle, decision } = json() as Explained;
      assert.deepEqual([same, sameBundle], [true, true]);
      assert.deepEqual(
        [decision.decision, decision.reason, decision.until],
        [lines[index]?.["decision"], lines[index]?.["reason"], lines[index]?.["until"]],
      );
    }
  });

  it("exits with 1 and shows the difference where the rules say something else now", async () => {
    const { code, stdout } = await cordon("policy", "explain", "--replay", JSON.stringify(lines[1]), "--dir", POLICIES);
    assert.equal(code, 1);
    assert.match(stdout, /not the rules that decided then: the line names revision \d+, sha256:[0-9a-f]{64}\./);
    assert.match(stdout, /reason: logged "An advisory names this release as malicious\.", now "evil steals tokens\."/);
  });

  it("says what it takes where the line is none, or has no facts", async () => {
    const { facts: _, ...bare } = lines[0] ?? {};
    const [nonsense, without] = await Promise.all([
      cordon("policy", "explain", "--replay", "{", "--dir", POLICIES),
      cordon("policy", "explain", "--replay", JSON.stringify(bare), "--dir", POLICIES),
    ]);
    assert.deepEqual([nonsense.code, without.code], [2, 2]);
    assert.match(nonsense.stderr, /takes a line of the decision log/);
    assert.match(without.stderr, /no facts to decide from again/);
  });
});
