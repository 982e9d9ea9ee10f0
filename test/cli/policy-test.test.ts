import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { cordon, startCordon } from "../support/cli.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { AGE_POLICY, approvalFile, policyFile } from "../support/policies.ts";

const TEST = `apiVersion: cordon/v1
kind: PolicyTest
spec:
  now: 2026-11-22T12:00:00Z
  cases:
    - name: young
      release: pkg:npm/x@1.0.0
      facts: { release: { published: 2026-11-22T00:00:00Z } }
      expect: { decision: quarantine, rule: too-young }
    - name: broken
      release: pkg:npm/y@1.0.0
      facts: { release: { published: 2020-01-01T00:00:00Z } }
      expect: { decision: quarantine, policy: sized, error: size }
`;
const SIZED = policyFile(
  "sized",
  `  rules: [{ name: big, condition: 'pkg.name == "y" && release.size > 10', verdict: warn, message: Big. }]`,
);

describe("cordon policy test", () => {
  let folder: Folder;

  before(() => {
    folder = makeFolder({ [AGE_POLICY.path]: AGE_POLICY.text, [SIZED.path]: SIZED.text, "tests/a.yaml": TEST });
  });
  after(() => folder.remove());

  it("shows coverage, and fails below the threshold", async () => {
    const [shown, below] = await Promise.all([
      cordon("policy", "test", folder.path, "--coverage"),
      cordon("policy", "test", folder.path, "--threshold", "90", "--json"),
    ]);
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, /^coverage [\d.]+ % \(\d+ of 12 outcomes/m);
    assert.match(
      shown.stdout,
      /policies\/release-age\.yaml:7 release-age\/no-time\n {4}!has\(release\.published\)\n {4}\^+ never true/,
    );
    assert.equal(below.code, 1);
    assert.equal((below.json() as { coverage: { total: number } }).coverage.total, 12);
  });

  it("runs at another time where it is told to", async () => {
    const { code, stdout } = await cordon("policy", "test", folder.path, "--at", "2026-12-22T12:00:00Z");
    assert.equal(code, 1);
    assert.match(stdout, /decision: expected quarantine, got allow/);
  });

  it("fails an approval that has expired", async () => {
    const approval = approvalFile({
      purl: "pkg:npm/z@1.0.0",
      digests: [`sha1:${"a".repeat(40)}`],
      created: "2020-01-01T00:00:00Z",
      expires: "2020-02-01T00:00:00Z",
    });
    const expired = makeFolder({
      [AGE_POLICY.path]: AGE_POLICY.text,
      [SIZED.path]: SIZED.text,
      "tests/a.yaml": TEST,
      [approval.path]: approval.text,
    });
    const { code, stdout } = await cordon("policy", "test", expired.path);
    expired.remove();
    assert.equal(code, 1);
    assert.match(
      stdout,
      /approvals\/npm\/one\.yaml:1\)\n +pkg:npm\/z@1\.0\.0: the approval expired at 2020-02-01T00:00:00Z/,
    );
  });

  it("gives the same results whatever the order of the cases", async () => {
    const cases = TEST.split(/(?= {4}- name:)/);
    const shuffled = makeFolder({
      [AGE_POLICY.path]: AGE_POLICY.text,
      [SIZED.path]: SIZED.text,
      "tests/a.yaml": [cases[0], ...cases.slice(1).reverse()].join(""),
    });
    const runs = await Promise.all([folder, shuffled].map(({ path }) => cordon("policy", "test", path, "--json")));
    shuffled.remove();
    const [ordered, reversed] = runs.map((run) =>
      (run.json() as { results: { name: string; line: number }[] }).results.map(({ line: _, ...result }) => result),
    );
    assert.deepEqual(reversed?.toReversed(), ordered);
  });

  it("runs again when a file changes, until it is stopped", async () => {
    const watched = makeFolder({ [AGE_POLICY.path]: AGE_POLICY.text, [SIZED.path]: SIZED.text, "tests/a.yaml": TEST });
    const child = startCordon(["policy", "test", watched.path, "--watch"]);
    let output = "";
    const shows = (text: RegExp) =>
      new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`not shown: ${text} in ${output}`)), 120_000);
        child.stdout.on("data", () => {
          if (!text.test(output)) return;
          clearTimeout(timer);
          resolve();
        });
      });
    child.stdout.on("data", (chunk) => (output += chunk));
    const closed = new Promise((resolve) => child.once("close", resolve));
    await shows(/2 passed, 0 failed/);
    watched.write(
      "tests/a.yaml",
      readFileSync(`${watched.path}/tests/a.yaml`, "utf8").replace("rule: too-young", "rule: no-time"),
    );
    await shows(/1 passed, 1 failed/);
    child.kill();
    await closed;
    watched.remove();
  });

  it("passes the tests of the default pack in every reporter", async () => {
    const policies = fileURLToPath(new URL("../../policies", import.meta.url));
    const runs = await Promise.all(
      ["junit", "tap", "github"].map((reporter) => cordon("policy", "test", policies, "--reporter", reporter)),
    );
    assert.deepEqual(
      runs.map(({ code }) => code),
      [0, 0, 0],
    );
    assert.match(runs[0]?.stdout ?? "", /^<\?xml .*\n<testsuites tests="\d+" failures="0">/);
    assert.match(runs[1]?.stdout ?? "", /^TAP version 14\n1\.\.\d+\nok 1 - /);
    assert.match(runs[2]?.stdout ?? "", /^\d+ passed, 0 failed, 0 skipped\n$/);
  });
});
