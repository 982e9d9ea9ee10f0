import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { type PolicyTestResult, runPolicyTest } from "../../cli/policy-test.ts";
import { Coverage } from "../../core/policy/coverage.ts";
import type { Diagnostic } from "../../core/source/diagnostic.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { AGE_POLICY, MALWARE_POLICY, malwareRecord, policyFile, rulesOf } from "../support/policies.ts";

const HEAD = "apiVersion: cordon/v1\nkind: PolicyTest\nspec:\n  now: 2026-11-22T12:00:00Z\n";
const WARN_POLICY = policyFile(
  "odd-names",
  `  rules: [{ name: odd, condition: 'pkg.name == "odd"', verdict: warn, message: An odd name. }]`,
);
const rules = rulesOf({ policies: [MALWARE_POLICY, AGE_POLICY, WARN_POLICY] }, [malwareRecord("evil", ["1.0.1"])]);

describe("runPolicyTest()", () => {
  let folder: Folder;

  beforeEach(() => {
    folder = makeFolder();
  });
  afterEach(() => folder.remove());

  function runFile(text: string) {
    return runPolicyTest({ path: "tests/some.yaml", text }, { rules, dir: folder.path });
  }

  /** Runs one case. */
  function runCase(yaml: string): PolicyTestResult {
    const { results, diagnostics } = runFile(
      `${HEAD}  cases:\n    - name: a case\n      ${yaml.replace(/\n/g, "\n      ")}\n`,
    );
    assert.deepEqual(diagnostics, []);
    assert.equal(results.length, 1);
    return results[0] as PolicyTestResult;
  }

  /** Runs one sample. */
  function runSample(sample: string, expect: string): PolicyTestResult {
    const { results, diagnostics } = runFile(`${HEAD}  samples:\n    - sample: ${sample}\n      expect: ${expect}\n`);
    assert.deepEqual(diagnostics, []);
    return results[0] as PolicyTestResult;
  }

  describe("on a case", () => {
    const PASSING: readonly [name: string, yaml: string][] = [
      [
        "with every expectation",
        `release: pkg:npm/x@1.0.0
facts: { release: { published: 2026-11-21T12:00:00Z } }
expect: { decision: quarantine, policy: release-age, rule: too-young, reason: three days, until: 2026-11-24T12:00:00Z }`,
      ],
      [
        "with a time in another zone",
        `release: pkg:npm/x@1.0.0
facts: { release: { published: 2026-11-21T12:00:00Z } }
expect: { decision: quarantine, until: 2026-11-24T13:00:00+01:00 }`,
      ],
      [
        "by the repository's own advisories",
        `release: pkg:npm/evil@1.0.1
facts: { release: { published: 2020-01-01T00:00:00Z } }
expect: { decision: block, policy: known-malicious, reason: names this release }`,
      ],
      [
        "with advisories of its own instead of those",
        `release: pkg:npm/evil@1.0.1
facts: { release: { published: 2020-01-01T00:00:00Z }, advisories: [] }
expect: { decision: allow }`,
      ],
      [
        "whose facts replace what the purl tells",
        `release: pkg:npm/x@1.0.0
facts: { pkg: { name: odd }, release: { published: 2020-01-01T00:00:00Z } }
expect: { decision: warn, policy: odd-names }`,
      ],
      ["without facts", "release: pkg:npm/x@1.0.0\nexpect: { decision: quarantine, rule: no-time }"],
    ];
    for (const [name, yaml] of PASSING) {
      it(`passes ${name}`, () => {
        const { passed, differences, decision } = runCase(yaml);
        assert.deepEqual([passed, differences], [true, []]);
        assert.equal(decision?.decidedAt, "2026-11-22T12:00:00Z");
      });
    }

    const DIFFERING: readonly [name: string, expect: string, differences: readonly string[]][] = [
      ["the decision", "{ decision: allow }", ["decision: expected allow, got quarantine"]],
      ["the policy", "{ decision: quarantine, policy: other }", ["policy: expected other, got release-age"]],
      ["the rule", "{ decision: quarantine, rule: no-time }", ["rule: expected no-time, got too-young"]],
      [
        "the end",
        "{ decision: quarantine, until: 2026-11-25T12:00:00Z }",
        ["until: expected 2026-11-25T12:00:00Z, got 2026-11-24T12:00:00Z"],
      ],
      [
        "the reason",
        "{ decision: quarantine, reason: a week }",
        ['reason: expected a text with "a week", got "Published less than three days ago."'],
      ],
      [
        "several things",
        "{ decision: block, policy: known-malicious, rule: malware }",
        [
          "decision: expected block, got quarantine",
          "policy: expected known-malicious, got release-age",
          "rule: expected malware, got too-young",
        ],
      ],
    ];
    for (const [name, expect, differences] of DIFFERING) {
      it(`shows expected, actual and what decided, where ${name} differs`, () => {
        const result = runCase(
          `release: pkg:npm/x@1.0.0\nfacts: { release: { published: 2026-11-21T12:00:00Z } }\nexpect: ${expect}`,
        );
        assert.equal(result.passed, false);
        assert.deepEqual(result.differences, [
          ...differences,
          "decided by release-age/too-young: Published less than three days ago.",
        ]);
      });
    }

    it("says that no policy objects, where a decision was expected of one", () => {
      const { differences } = runCase(
        `release: pkg:npm/x@1.0.0
facts: { release: { published: 2020-01-01T00:00:00Z } }
expect: { decision: block, policy: known-malicious, until: 2026-11-25T12:00:00Z }`,
      );
      assert.deepEqual(differences, [
        "decision: expected block, got allow",
        "policy: expected known-malicious, got none",
        "until: expected 2026-11-25T12:00:00Z, got none",
        "no policy objects",
      ]);
    });

    it("names the file, the line and the case", () => {
      const { results } = runFile(
        `${HEAD}  cases:\n    - name: one\n      release: pkg:npm/x@1.0.0\n      expect: { decision: allow }\n    - name: two\n      release: pkg:npm/x@1.0.0\n      expect: { decision: allow }\n`,
      );
      assert.deepEqual(
        results.map(({ file, line, name }) => [file, line, name]),
        [
          ["tests/some.yaml", 6, "one"],
          ["tests/some.yaml", 9, "two"],
        ],
      );
    });
  });

  describe("on a file that names policies", () => {
    const CASES = `  cases:
    - { name: one, release: "pkg:npm/x@1.0.0", expect: { decision: allow } }
    - { name: two, release: "pkg:npm/odd@1.0.0", expect: { decision: warn } }
`;

    it("judges by those alone: the others may ask for facts that the cases do not give", () => {
      const all = runFile(`${HEAD}${CASES}`).results.map(({ decision }) => decision?.policy);
      assert.deepEqual(all, ["release-age", "release-age"]);
      const named = runFile(`${HEAD}  policies: [odd-names]\n${CASES}`).results;
      assert.deepEqual(
        named.map(({ passed, decision }) => [passed, decision?.policy]),
        [
          [true, null],
          [true, "odd-names"],
        ],
      );
    });

    it("runs nothing where there is no such policy, for nothing would object", () => {
      const { results, diagnostics } = runFile(`${HEAD}  policies: [odd-name]\n${CASES}`);
      assert.deepEqual(results, []);
      assert.deepEqual(
        diagnostics.map(({ line, column, code, message }) => [line, column, code, message]),
        [[5, 14, "unknown-policy", "no policy is named `odd-name`; did you mean `odd-names`?"]],
      );
    });

    it("counts as coverage what those have seen", () => {
      const coverage = new Coverage(rules.set);
      const text = `${HEAD}  policies: [odd-names]\n${CASES}`;
      runPolicyTest({ path: "tests/some.yaml", text }, { rules, dir: folder.path, coverage });
      const seen = coverage
        .report()
        .rules.flatMap(({ policy, parts }) =>
          parts.some(({ seenTrue, seenFalse }) => seenTrue || seenFalse) ? [policy] : [],
        );
      assert.deepEqual(seen, ["odd-names"]);
    });
  });

  describe("on a case that cannot be judged", () => {
    const BROKEN: readonly [name: string, release: string, facts: string, place: string, message: RegExp][] = [
      ["a purl without a version", "pkg:npm/x", "{}", "7:16", /names no release: it has no version$/],
      ["a purl of no ecosystem", "pkg:gem/x@1.0.0", "{}", "7:16", /its type is "gem"/],
      ["a misspelt fact", "pkg:npm/x@1.0.0", "{ release: { publishd: 2020-01-01T00:00:00Z } }", "8:", /`published`/],
      ["a fact of another type", "pkg:npm/x@1.0.0", "{ release: { size: big } }", "8:33", /^must be integer$/],
      [
        "a time that is none",
        "pkg:npm/x@1.0.0",
        "{ release: { published: yesterday } }",
        "8:38",
        /^must be a time such as/,
      ],
      ["a package fact", "pkg:npm/x@1.0.0", "{ pkg: { releaseCount: 1.5 } }", "8:37", /^must be integer$/],
      ["an advisory", "pkg:npm/x@1.0.0", "{ advisories: [{ id: MAL-1 }] }", "8:29", /^the key `\w+` is missing$/],
    ];
    for (const [name, release, facts, place, message] of BROKEN) {
      it(`gives the place of ${name}, and does not pass`, () => {
        const { results, diagnostics } = runFile(
          `${HEAD}  cases:\n    - name: a case\n      release: ${release}\n      facts: ${facts}\n      expect: { decision: allow }\n`,
        );
        assert.deepEqual(
          results.map(({ passed, decision }) => [passed, decision]),
          [[false, null]],
        );
        assert.ok((results[0]?.differences.length ?? 0) > 0);
        const [first] = diagnostics as [Diagnostic];
        assert.ok(
          `${first.file}:${first.line}:${first.column}`.startsWith(`tests/some.yaml:${place}`),
          `${first.line}:${first.column}: ${first.message}`,
        );
        assert.match(first.message, message);
        assert.equal(first.severity, "error");
      });
    }
  });

  describe("on a sample", () => {
    beforeEach(() => {
      folder.write("samples/some.txt", "pkg:npm/evil@1.0.1\npkg:npm/odd@1.0.0 # odd\npkg:npm/fine@1.0.0\n");
    });

    it("passes where every release gets what is expected, and the rest is allowed", () => {
      const result = runSample("samples/some.txt", "{ block: [pkg:npm/evil@1.0.1], warn: [pkg:npm/odd@1.0.0] }");
      assert.deepEqual(result, {
        file: "tests/some.yaml",
        line: 6,
        name: "samples/some.txt",
        passed: true,
        differences: [],
        decision: null,
      });
    });

    const DIFFERING: readonly [name: string, expect: string, differences: readonly string[]][] = [
      [
        "a release that is not blocked",
        "{ block: [pkg:npm/evil@1.0.1, pkg:npm/fine@1.0.0], warn: [pkg:npm/odd@1.0.0] }",
        ["pkg:npm/fine@1.0.0: expected block, got allow (no policy objects)"],
      ],
      [
        "a release that should have been allowed",
        "{ warn: [pkg:npm/odd@1.0.0] }",
        [
          "pkg:npm/evil@1.0.1: expected allow, got block (decided by known-malicious/malware: An advisory names this release as malicious.)",
        ],
      ],
      [
        "another decision than expected",
        "{ quarantine: [pkg:npm/evil@1.0.1], warn: [pkg:npm/odd@1.0.0] }",
        [
          "pkg:npm/evil@1.0.1: expected quarantine, got block (decided by known-malicious/malware: An advisory names this release as malicious.)",
        ],
      ],
      [
        "a release that the sample does not name",
        "{ block: [pkg:npm/evil@1.0.1, pkg:npm/evil@1.0.2], warn: [pkg:npm/odd@1.0.0] }",
        ["pkg:npm/evil@1.0.2: expected block, but the sample does not name it"],
      ],
      [
        "what is no purl",
        "{ block: [evil@1.0.1] }",
        ['"evil@1.0.1" is not a package URL: it does not read pkg:TYPE/NAME'],
      ],
    ];
    for (const [name, expect, differences] of DIFFERING) {
      it(`tells of ${name}`, () => {
        const result = runSample("samples/some.txt", expect);
        assert.deepEqual([result.passed, result.differences], [false, differences]);
      });
    }

    const UNREADABLE: readonly [name: string, sample: string, content: string | undefined, difference: RegExp][] = [
      ["that does not exist", "samples/none.txt", undefined, /samples\/none\.txt cannot be read: /],
      ["of no kind that is read", "samples/some.toml", "x", /^samples\/some\.toml is of no kind that Cordon reads: /],
      [
        "with a line that is no purl",
        "samples/bad.txt",
        "\n  nonsense\n",
        /^samples\/bad\.txt:2:3: "nonsense" is not a package URL/,
      ],
      ["that is not JSON", "samples/package-lock.json", "{ x", /^samples\/package-lock\.json:1:3: it is not JSON/],
    ];
    for (const [name, sample, content, difference] of UNREADABLE) {
      it(`does not pass with a file ${name}`, () => {
        if (content !== undefined) folder.write(sample, content);
        const { passed, differences } = runSample(sample, "{}");
        assert.equal(passed, false);
        assert.equal(differences.length, 1);
        assert.match(differences[0] ?? "", difference);
      });
    }

    it("reads a lockfile as well", () => {
      const packages = { "node_modules/evil": { version: "1.0.1" }, "node_modules/fine": { version: "1.0.0" } };
      folder.write("samples/web.package-lock.json", JSON.stringify({ lockfileVersion: 3, packages }));
      assert.equal(runSample("samples/web.package-lock.json", "{ block: [pkg:npm/evil@1.0.1] }").passed, true);
    });

    it("reads nothing beside the repository", () => {
      const beside = makeFolder({ "secret.txt": "secret\n" });
      try {
        symlinkSync(join(beside.path, "secret.txt"), join(folder.path, "samples", "link.txt"));
        for (const sample of [
          `${beside.path}/secret.txt`,
          `../${beside.path.split("/").at(-1)}/secret.txt`,
          "samples/link.txt",
        ]) {
          const { passed, differences } = runSample(JSON.stringify(sample), "{}");
          assert.equal(passed, false);
          assert.doesNotMatch(differences.join("\n"), /"secret"/, sample);
        }
      } finally {
        beside.remove();
      }
    });
  });

  it("runs nothing of a file that is not valid, and says where and why", () => {
    const FILES: readonly [text: string, place: string, message: RegExp][] = [
      [`${HEAD}  case: []\n`, "5:3", /unknown key `case`; did you mean `cases`\?/],
      ["apiVersion: cordon/v1\nkind: PolicyTest\nspec: {}\n", "3:7", /^spec: the key `now` is missing$/],
      [`${HEAD}  cases:\n    - name: x\n      release: pkg:npm/x@1\n      expect: allow\n`, "8:15", /must be object$/],
      [`${HEAD}  cases:\n    - name: x\n      expect: { decision: deny }\n`, "6:7", /`release` is missing$/],
      [`${HEAD}  cases: [\n`, "6:1", /./],
    ];
    for (const [text, place, message] of FILES) {
      const { results, diagnostics } = runFile(text);
      assert.deepEqual(results, []);
      assert.equal(`${diagnostics[0]?.line}:${diagnostics[0]?.column}`, place, diagnostics[0]?.message);
      assert.match(diagnostics[0]?.message ?? "", message);
    }
  });
});
