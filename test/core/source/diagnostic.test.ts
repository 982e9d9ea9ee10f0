import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Diagnostic, formatDiagnostic } from "../../../core/source/diagnostic.ts";

function format(more: Partial<Diagnostic>): string[] {
  const diagnostic: Diagnostic = {
    file: "policies/p.yaml",
    line: 7,
    column: 1,
    length: 1,
    severity: "error",
    code: "cel",
    message: "No such key: nmae",
    source: "name: x",
    ...more,
  };
  return formatDiagnostic(diagnostic).split("\n");
}

describe("formatDiagnostic()", () => {
  it("shows file, line, column, severity, message and code, then the line with a caret", () => {
    assert.deepEqual(format({ column: 7, source: "  a: [nmae]", length: 4 }), [
      "policies/p.yaml:7:7: error: No such key: nmae [cel]",
      "   |",
      " 7 |   a: [nmae]",
      "   |       ^^^^",
    ]);
  });

  it("widens the margin to the line's number", () => {
    assert.deepEqual(format({ line: 1234, severity: "warning" }), [
      "policies/p.yaml:1234:1: warning: No such key: nmae [cel]",
      "      |",
      " 1234 | name: x",
      "      | ^",
    ]);
  });

  it("shows of a long line what stands around the place", () => {
    const source = `${"a".repeat(5000)}HERE${"b".repeat(5000)}`;
    const [, , line = "", carets = ""] = format({ source, column: 5001, length: 4 });
    assert.ok(line.length < 200, line);
    assert.equal(line.slice(carets.indexOf("^"), carets.indexOf("^") + 4), "HERE");
    assert.equal(carets.trim().replace("|", "").trim(), "^^^^");
  });

  const CARETS: readonly [name: string, source: string, column: number, length: number, caretLine: string][] = [
    ["keeps tabs, so that the caret stands where the terminal puts the text", "\ta:\tb", 5, 1, "   | \t  \t^"],
    ["ends with the line, however long the thing is", "abc", 2, 100, "   |  ^^"],
    ["has one caret at least", "abc", 3, 0, "   |   ^"],
    ["points behind the end of a line that stops too early", "abc", 4, 1, "   |    ^"],
    ["points at an empty line", "", 1, 1, "   | ^"],
  ];
  for (const [name, source, column, length, caretLine] of CARETS) {
    it(name, () => {
      const lines = format({ source, column, length });
      assert.equal(lines.length, 4);
      assert.equal(lines[2], ` 7 | ${source}`);
      assert.equal(lines[3], caretLine);
    });
  }

  it("shows nothing that a terminal acts on, and nothing that is not seen, with the caret where it belongs", () => {
    const lines = format({ source: "a\u202e\u001b[2J\u{e0041}: x", column: 11, length: 1, message: "no \u009bx" });
    assert.match(lines[0] ?? "", /no ⟨U\+009B⟩x/);
    assert.deepEqual(lines.slice(2), [" 7 | a\ufffd\ufffd[2J\ufffd\ufffd: x", "   |           ^"]);
  });
});
