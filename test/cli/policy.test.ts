import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { PolicyTestResult } from "../../cli/policy-test.ts";
import type { Diagnostic } from "../../core/source/diagnostic.ts";
import { type CliRun, cordon } from "../support/cli.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { MALWARE_POLICY, malwareRecord, policyFile } from "../support/policies.ts";

const RECORD = JSON.stringify(malwareRecord("evil", ["1.0.1"]));
const BROKEN = policyFile(
  "broken",
  "  rules:\n    - name: r\n      condition: pkg.nmae == 'x'\n      verdict: block\n      message: m",
);

function testFile(expect: string): string {
  return `apiVersion: cordon/v1
kind: PolicyTest
spec:
  now: 2026-11-22T12:00:00Z
  cases:
    - name: the evil one
      release: pkg:npm/evil@1.0.1
      expect: ${expect}
    - name: its neighbour
      release: pkg:npm/evil@1.0.2
      expect: { decision: allow }
`;
}

describe("cordon policy", () => {
  let good: Folder;
  let bad: Folder;
  let empty: Folder;
  let untested: Folder;

  before(() => {
    good = makeFolder({
      [MALWARE_POLICY.path]: MALWARE_POLICY.text,
      "advisories/MAL-2026-1.json": RECORD,
      "tests/malware.yaml": testFile("{ decision: block, policy: known-malicious }"),
    });
    bad = makeFolder({
      [MALWARE_POLICY.path]: MALWARE_POLICY.text,
      [BROKEN.path]: BROKEN.text,
      "cordon.yaml": "apiVersion: cordon/v1\nkind: Cordon\nlifetime: soon\n",
      "tests/malware.yaml": testFile("{ decision: allow }"),
    });
    untested = makeFolder({ [MALWARE_POLICY.path]: MALWARE_POLICY.text });
    empty = makeFolder();
  });
  after(() => {
    for (const folder of [good, bad, empty, untested]) folder.remove();
  });

  describe("lint", () => {
    let fine: CliRun;
    let wrong: CliRun;
    let wrongJson: CliRun;

    before(async () => {
      [fine, wrong, wrongJson] = await Promise.all([
        cordon("policy", "lint", good.path, "--json"),
        cordon("policy", "lint", bad.path),
        cordon("policy", "lint", bad.path, "--json"),
      ]);
    });

    it("exits with 0 where nothing is wrong", () => {
      assert.deepEqual([fine.code, fine.stderr, fine.json()], [0, "", { policies: 1, diagnostics: [] }]);
    });

    it("exits with 1, and shows every error with its place, line and caret", () => {
      assert.equal(wrong.code, 1);
      assert.ok(
        wrong.stdout.includes(
          "cordon.yaml:3:11: error: must be a duration such as 168h, of at most a year [duration]\n   |\n 3 | lifetime: soon\n   |           ^^^^\n",
        ),
        wrong.stdout,
      );
      assert.match(
        wrong.stdout,
        /^policies\/broken\.yaml:7:22: error: No such key: nmae.*did you mean `name`\? \[cel\]\n {3}\|\n 7 \| {7}condition: pkg\.nmae == 'x'\n {3}\| {22}\^{4}$/m,
      );
      assert.match(wrong.stdout, /✗ 2 policies, 0 lists, 0 approvals, 0 advisories: 2 errors, 0 warnings\n$/);
    });

    it("tells the same as JSON, with the same exit code", () => {
      assert.deepEqual([wrongJson.code, wrongJson.stderr], [1, ""]);
      const { diagnostics } = wrongJson.json() as { diagnostics: Diagnostic[] };
      assert.deepEqual(
        diagnostics.map(({ file, line, column, length, severity, code }) => [
          file,
          line,
          column,
          length,
          severity,
          code,
        ]),
        [
          ["cordon.yaml", 3, 11, 4, "error", "duration"],
          ["policies/broken.yaml", 7, 22, 4, "error", "cel"],
        ],
      );
    });
  });

  describe("test", () => {
    let passing: CliRun;
    let failing: CliRun;
    let invalid: CliRun;
    let none: CliRun;
    let nothing: CliRun;
    let changed: Folder;
    let misspelt: Folder;

    before(async () => {
      const files = { [MALWARE_POLICY.path]: MALWARE_POLICY.text, "advisories/MAL-2026-1.json": RECORD };
      changed = makeFolder({ ...files, "tests/malware.yaml": testFile("{ decision: quarantine }") });
      misspelt = makeFolder({ ...files, "tests/malware.yaml": testFile("{ desicion: block }") });
      [passing, failing, invalid, none, nothing] = await Promise.all([
        cordon("policy", "test", good.path, "--json"),
        cordon("policy", "test", changed.path),
        cordon("policy", "test", misspelt.path, "--json"),
        cordon("policy", "test", untested.path),
        cordon("policy", "test", empty.path),
      ]);
    });
    after(() => {
      changed.remove();
      misspelt.remove();
    });

    it("exits with 0 where all pass, and counts them", () => {
      const { results, ...counts } = passing.json() as { results: PolicyTestResult[] };
      assert.deepEqual([passing.code, counts], [0, { passed: 2, failed: 0, skipped: 0 }]);
      assert.deepEqual(
        results.map(({ file, line, name, passed, decision }) => [file, line, name, passed, decision?.decision]),
        [
          ["tests/malware.yaml", 6, "the evil one", true, "block"],
          ["tests/malware.yaml", 9, "its neighbour", true, "allow"],
        ],
      );
    });

    it("exits with 1 where one fails, and shows where, what and why", () => {
      assert.equal(failing.code, 1);
      assert.equal(
        failing.stdout,
        `tests/malware.yaml
  ✗ the evil one (tests/malware.yaml:6)
      decision: expected quarantine, got block
      decided by known-malicious/malware: An advisory names this release as malicious.
  ✓ its neighbour
1 passed, 1 failed, 0 skipped
`,
      );
    });

    it("exits with 1 where a file is not valid, and says so among the results", () => {
      const { results, ...counts } = invalid.json() as { results: PolicyTestResult[] };
      assert.equal(invalid.code, 1);
      assert.deepEqual(counts, { passed: 0, failed: results.length, skipped: 0 });
      assert.ok(
        results.some(
          ({ file, line, differences }) =>
            file === "tests/malware.yaml" &&
            line === 8 &&
            /`desicion`; did you mean `decision`/.test(differences[0] ?? ""),
        ),
        invalid.stdout,
      );
    });

    it("exits with 2 where there are no tests", () => {
      assert.deepEqual([none.code, none.stdout], [2, ""]);
      assert.match(none.stderr, /has no tests: a policy without tests is a guess\. Write tests\/\*\.yaml\n/);
    });

    it("exits with 2 where there is no policy repository", () => {
      assert.deepEqual([nothing.code, nothing.stdout], [2, ""]);
      assert.equal(
        nothing.stderr,
        `Error: ${empty.path} is not a policy repository: it has no policies/*.yaml\nRun it in a policy repository, or name one with --dir. \`cordon init\` makes one.\n`,
      );
    });
  });
});
