import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LINT_REPORTERS } from "../../cli/lint-report.ts";
import { REPORTERS, type TestReport } from "../../cli/test-report.ts";
import type { Diagnostic } from "../../core/source/diagnostic.ts";

const REPORT: TestReport = {
  passed: 1,
  failed: 1,
  skipped: 0,
  results: [
    { file: "tests/a.yaml", line: 5, name: "fine", passed: true, differences: [], decision: null },
    {
      file: "tests/a.yaml",
      line: 9,
      name: 'odd <name> & "quotes" # 1',
      passed: false,
      differences: ["decision: expected block, got allow", "no policy objects"],
      decision: null,
    },
  ],
};

const DIAGNOSTIC: Diagnostic = {
  file: "policies/a b.yaml",
  line: 3,
  column: 7,
  length: 4,
  severity: "error",
  code: "cel",
  message: "No such key: nmae\n100 %",
  source: "x",
};
const LINT = { dir: "acme", policies: 1, diagnostics: [DIAGNOSTIC], checked: "1 policy", version: "0.1.0" };

describe("the reporters of `policy test`", () => {
  it("junit gives XML with every text escaped", () => {
    assert.equal(
      REPORTERS.junit(REPORT),
      `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="2" failures="1">
  <testsuite name="tests/a.yaml" tests="2" failures="1">
    <testcase classname="tests/a.yaml" name="fine" file="tests/a.yaml" line="5"/>
    <testcase classname="tests/a.yaml" name="odd &lt;name&gt; &amp; &quot;quotes&quot; # 1" file="tests/a.yaml" line="9">
      <failure message="decision: expected block, got allow">decision: expected block, got allow&#10;no policy objects</failure>
    </testcase>
  </testsuite>
</testsuites>`,
    );
  });

  it("tap gives a plan, a line for each test, and what differs as comments", () => {
    assert.equal(
      REPORTERS.tap(REPORT),
      `TAP version 14
1..2
ok 1 - tests/a.yaml:5 fine
not ok 2 - tests/a.yaml:9 odd <name> & "quotes" \\# 1
# decision: expected block, got allow
# no policy objects`,
    );
  });

  it("github gives an annotation for each failure, that nothing in it can end", () => {
    assert.equal(
      REPORTERS.github(REPORT, "acme"),
      `::error file=acme/tests/a.yaml,line=9,title=policy test%3A odd <name> & "quotes" # 1::decision: expected block, got allow%0Ano policy objects\n1 passed, 1 failed, 0 skipped`,
    );
  });

  it("json gives the report itself", () => assert.deepEqual(JSON.parse(REPORTERS.json(REPORT)), REPORT));

  it("pretty marks what coverage has not seen under its source", () => {
    const condition = 'pkg.name == "x" &&\n  has(release.size)';
    const part = { constant: false, source: "", seenTrue: true, seenFalse: true };
    const parts = [
      { ...part, start: 0, end: condition.length },
      { ...part, start: 21, end: 38, seenTrue: false },
    ];
    const rules = [{ policy: "p", rule: "r", file: "policies/p.yaml", line: 4, condition, parts }];
    const text = REPORTERS.pretty({ ...REPORT, coverage: { rules, seen: 3, total: 4, percent: 75 } });
    assert.ok(text.includes("coverage 75 % (3 of 4"), text);
    assert.ok(
      text.includes("  policies/p.yaml:4 p/r\n      has(release.size)\n      ^^^^^^^^^^^^^^^^^ never true\n"),
      text,
    );
  });
});

describe("the reporters of `policy lint`", () => {
  it("sarif gives the place of each issue", () => {
    const { version, runs } = JSON.parse(LINT_REPORTERS.sarif(LINT));
    assert.equal(version, "2.1.0");
    assert.deepEqual(runs[0].results, [
      {
        ruleId: "cel",
        level: "error",
        message: { text: "No such key: nmae\n100 %" },
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: "acme/policies/a%20b.yaml" },
              region: { startLine: 3, startColumn: 7, endColumn: 11 },
            },
          },
        ],
      },
    ]);
    assert.deepEqual(runs[0].tool.driver.rules, [{ id: "cel" }]);
  });

  it("github gives an annotation for each issue", () => {
    assert.equal(
      LINT_REPORTERS.github(LINT),
      "::error file=acme/policies/a b.yaml,line=3,col=7,endColumn=11,title=policy lint%3A cel::No such key: nmae%0A100 %25\n1 policy",
    );
  });
});
