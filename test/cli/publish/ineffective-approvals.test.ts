/** An approval that lifts nothing any more fails a check, and keeps no bundle, and so no new advisory, from the proxies. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openTrustedBundle } from "../../../cli/trusted-bundle.ts";
import { generateKeyPair } from "../../../core/bundle/keys.ts";
import { decideTold, type Rules } from "../../../core/gate.ts";
import { type CliRun, cordon } from "../../support/cli.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";
import {
  AGE_POLICY,
  type ApprovalFixture,
  approvalFile,
  MALWARE_POLICY,
  malwareRecord,
  policyFile,
} from "../../support/policies.ts";

const HEX = "a".repeat(64);
const HELD_POLICY = policyFile(
  "held",
  `  rules: [{ name: old, condition: pkg.name == "old", verdict: quarantine, message: Held. }]`,
);
const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

let folder: Folder;
const at = (name: string): string => join(folder.path, name);

function approve(name: string, approval: Omit<ApprovalFixture, "purl" | "digests">): void {
  const path = `approvals/npm/${name}.yaml`;
  const file = approvalFile({ purl: `pkg:npm/${name}@1.0.0`, digests: [`sha256:${HEX}`], path, ...approval });
  folder.write(`repository/${path}`, file.text);
}

const publish = (out: string, ...args: string[]): Promise<CliRun> =>
  cordon(
    ...["bundle", "publish", at(out), "--from", at("repository"), "--to", `dir:${at("published")}`],
    ...["--trust", at("cordon.pub"), "--key", at("cordon.key"), ...args],
  );

const decisionOn = (rules: Rules, name: string): string =>
  decideTold(rules, { type: "npm", name, version: "1.0.0" }, { digests: { sha256: HEX } }, new Date()).decision;

const publishedRules = async (): Promise<Rules> =>
  (await openTrustedBundle(`dir:${at("published")}`, at("cordon.pub"))).rules;

describe("approvals that a bundle is published with", () => {
  let publishing: CliRun;
  let earlier: Readonly<Record<"evil" | "old", string>>;

  before(async () => {
    const { privateKey, publicKey } = generateKeyPair();
    folder = makeFolder({
      "cordon.key": privateKey,
      "cordon.pub": publicKey,
      [`repository/${MALWARE_POLICY.path}`]: MALWARE_POLICY.text,
      [`repository/${HELD_POLICY.path}`]: HELD_POLICY.text,
      [`repository/${AGE_POLICY.path}`]: AGE_POLICY.text,
      "repository/tests/none.yaml":
        'apiVersion: cordon/v1\nkind: PolicyTest\nspec: { now: 2026-11-22T12:00:00Z, cases: [{ name: a, release: "pkg:npm/a@1.0.0", facts: { release: { published: 2020-01-01T00:00:00Z } }, expect: { decision: allow } }] }\n',
    });
    approve("evil", { policies: ["release-age", "known-malicious"], created: inDays(-9), expires: inDays(9) });
    approve("old", { policies: ["release-age", "held"], created: inDays(-9), expires: inDays(9) });
    publishing = await publish("first");
    assert.deepEqual([publishing.code, publishing.stderr], [0, ""]);
    const rules = await publishedRules();
    earlier = { evil: decisionOn(rules, "evil"), old: decisionOn(rules, "old") };
    // Then the day goes on: one release turns out to be malware, and another's approval ends.
    folder.write(
      "repository/advisories/MAL-2026-7.json",
      JSON.stringify(malwareRecord("evil", ["1.0.0"], "MAL-2026-7")),
    );
    folder.write(
      "repository/advisories/MAL-2026-8.json",
      JSON.stringify(malwareRecord("other", ["1.0.0"], "MAL-2026-8")),
    );
    approve("old", { policies: ["release-age", "held"], created: inDays(-9), expires: inDays(-1) });
    publishing = await publish("second");
  });

  after(() => folder.remove());

  it("are told where they lift nothing any more, and stop nothing", () => {
    assert.equal(publishing.code, 0, publishing.stderr);
    assert.match(publishing.stdout, /has revision 0\.2 of channel stable/);
    for (const message of [
      /^approvals\/npm\/evil\.yaml:1:\d+: warning: MAL-2026-7 calls this release malicious/m,
      /^approvals\/npm\/old\.yaml:1:\d+: warning: the approval has expired and lifts nothing any more/m,
      /^The bundle is built all the same, because these approvals lift nothing\. Remove their files/m,
    ])
      assert.match(publishing.stderr, message);
  });

  it("lift neither malware nor, after their end, anything; and the new advisories arrive", async () => {
    assert.deepEqual(earlier, { evil: "allow", old: "allow" });
    const rules = await publishedRules();
    assert.deepEqual(
      [decisionOn(rules, "evil"), decisionOn(rules, "old"), decisionOn(rules, "other")],
      ["block", "quarantine", "block"],
    );
  });

  it("are built with, and told, by `bundle build` too", async () => {
    const run = await cordon("bundle", "build", at("repository"), "--out", at("built"));
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stderr, /MAL-2026-7[\s\S]*has expired/);
    assert.ok(existsSync(at("built/statement.json")));
  });

  it("say nothing to programs that read standard output", async () => {
    const run = await publish("third", "--json");
    assert.equal(run.code, 0, run.stderr);
    assert.equal((run.json() as { outcome: string }).outcome, "published");
  });

  it("fail lint and the tests as before", async () => {
    const [lint, test] = await Promise.all([
      cordon("policy", "lint", at("repository")),
      cordon("policy", "test", at("repository")),
    ]);
    assert.equal(lint.code, 1);
    assert.match(lint.stdout, /error: MAL-2026-7 calls this release malicious/);
    assert.equal(test.code, 1);
  });

  it("stop a bundle where anything else is wrong with them", async () => {
    approve("evil", { policies: ["relase-age"], created: inDays(-9), expires: inDays(9) });
    const run = await publish("fourth");
    assert.equal(run.code, 1);
    assert.match(run.stderr, /no policy is named `relase-age`/);
  });
});
