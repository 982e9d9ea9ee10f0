import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { schemaCheck } from "../../../core/schema.ts";
import type { Diagnostic } from "../../../core/source/diagnostic.ts";
import { YamlFile } from "../../../core/source/yaml-file.ts";

const file = (text: string) => new YamlFile({ path: "p.yaml", text });

/** What a diagnostic points at: the characters above its carets. */
function pointedAt({ source, column, length }: Diagnostic): string {
  return source.slice(column - 1, column - 1 + length);
}

describe("YamlFile", () => {
  it("reads YAML 1.2 and JSON: no dates, no yes, no octal by accident", () => {
    assert.deepEqual(file("a: 2026-01-01\nb: yes\nc: 010\nd: 1.5\ne: null\n").value, {
      a: "2026-01-01",
      b: "yes",
      c: 10,
      d: 1.5,
      e: null,
    });
    assert.deepEqual(file('{"a": [1, "x"]}').value, { a: [1, "x"] });
  });

  const SYNTAX: readonly [name: string, text: string, line: number, message: RegExp][] = [
    ["an open bracket", "a: [1,\nb: 2\n", 2, /./],
    ["a key twice", "a: 1\nb: 2\na: 3\n", 3, /unique/i],
    ["a tab as indentation", "a:\n\tb: 1\n", 2, /tab/i],
    ["an alias of nothing", "a: *b\n", 1, /alias/i],
    ["two documents", "a: 1\n---\nb: 2\n", 2, /multiple documents/i],
    [
      "an expression that YAML takes for a tag",
      "b: 1\na: !has(release.license)\n",
      2,
      /`!has\(release\.license\)` for a tag: put .* in quotes/,
    ],
    ["a tag in front of a value", "a: !secret x\n", 1, /takes `!secret` for a tag/],
    ["an unknown tag that is no error to others", "a: !!binary [\n", 1, /./],
  ];
  for (const [name, text, line, message] of SYNTAX) {
    it(`gives no value, and the line, for ${name}`, () => {
      const { value, syntaxErrors } = file(text);
      assert.equal(value, undefined);
      assert.ok(syntaxErrors.length > 0);
      const [first] = syntaxErrors as [Diagnostic];
      assert.match(first.message, message);
      assert.deepEqual([first.file, first.severity, first.code], ["p.yaml", "error", "yaml-syntax"]);
      assert.ok(first.line >= line && first.line <= text.split("\n").length, `${first.line}: ${first.message}`);
      assert.doesNotMatch(first.message, /\n/);
    });
  }

  it("gives no value for aliases that multiply without end", () => {
    const levels = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}*a${i}]`);
    const { value, syntaxErrors } = file(`a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${levels.join("\n")}\n`);
    assert.equal(value, undefined);
    assert.match(syntaxErrors[0]?.message ?? "", /alias/i);
  });

  it("keeps a key named __proto__ from reaching the prototype", () => {
    const value = file('{"__proto__": {"polluted": true}, "a": 1}').value as Record<string, unknown>;
    assert.equal(value["polluted"], undefined);
    assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  });

  describe("check()", () => {
    const check = schemaCheck<object>({
      type: "object",
      additionalProperties: false,
      required: ["name"],
      properties: {
        name: { type: "string" },
        rules: {
          type: "array",
          items: { type: "object", additionalProperties: false, properties: { verdict: { enum: ["a", "b"] } } },
        },
      },
    });

    const ISSUES: readonly [name: string, text: string, place: string, pointed: string, message: RegExp][] = [
      ["a value", "name: x\nrules:\n  - verdict: c\n", "3:14", "c", /^rules\.0\.verdict: must be one of a, b$/],
      ["an unknown key, on the key", "name: x\nrules:\n  - verdit: a\n", "3:5", "verdit", /`verdict`/],
      ["a quoted key", 'name: x\n"namme": 1\n', "2:1", '"namme"', /unknown key `namme`/],
      ["a missing key, on what lacks it", "rules: []\n", "1:1", "rules: []", /^the key `name` is missing$/],
      ["a whole document of another type", "- a\n- b\n", "1:1", "- a", /^must be object$/],
      ["a flow map in one line", "{ name: 1, rules: [] }\n", "1:9", "1", /^name: must be string$/],
      ["a value of several lines, on its first", "name:\n  - a\n  - b\n", "2:3", "- a", /^name: must be string$/],
    ];
    for (const [name, text, place, pointed, message] of ISSUES) {
      it(`gives the place of ${name}`, () => {
        const diagnostics = file(text).check(check);
        assert.equal(diagnostics.length, 1);
        const [first] = diagnostics as [Diagnostic];
        assert.match(first.message, message);
        assert.equal(`${first.line}:${first.column}`, place);
        assert.equal(pointedAt(first), pointed);
        assert.equal(first.source, text.split("\n")[first.line - 1]);
      });
    }

    it("tells of broken syntax alone, for the rest would be guesses", () => {
      assert.deepEqual(
        file("name: [\n")
          .check(check)
          .map(({ code }) => code),
        file("name: [\n").syntaxErrors.map(({ code }) => code),
      );
    });

    it("has a place in an empty file", () => {
      const [first] = file("").check(check);
      assert.deepEqual([first?.line, first?.column, first?.length, first?.source], [1, 1, 1, ""]);
    });

    it("counts lines that end as on Windows", () => {
      const [first] = file("name: x\r\nrules:\r\n  - verdict: c\r\n").check(check);
      assert.deepEqual([first?.line, first?.column, first?.source], [3, 14, "  - verdict: c"]);
    });
  });

  describe("diagnostic() with offsets into a text", () => {
    const EXPRESSION = 'pkg.nmae == "x"';
    const TEXTS: readonly [name: string, text: string, value: string, line: number][] = [
      ["plain", `condition: pkg.nmae == "x"\n`, EXPRESSION, 1],
      ["in single quotes", `condition: 'pkg.nmae == "x"'\n`, EXPRESSION, 1],
      ["in double quotes, with escapes before", `condition: "\\"\\u0041\\" != pkg.nmae"\n`, '"A" != pkg.nmae', 1],
      ["in single quotes, doubled before", `condition: '''a'' != pkg.nmae'\n`, "'a' != pkg.nmae", 1],
      ["in a literal block", `condition: |\n  true ||\n  pkg.nmae == "x"\n`, `true ||\npkg.nmae == "x"\n`, 3],
      ["in a folded block", `condition: >-\n  true ||\n  pkg.nmae == "x"\n`, `true || ${EXPRESSION}`, 3],
      ["plain over several lines", `condition: true ||\n    pkg.nmae == "x"\n`, `true || ${EXPRESSION}`, 2],
      ["behind characters of two units", `condition: '"😀" != pkg.nmae'\n`, '"😀" != pkg.nmae', 1],
      ["behind a tab", `condition:\t'true\t|| pkg.nmae'\n`, "true\t|| pkg.nmae", 1],
    ];
    for (const [name, text, value, line] of TEXTS) {
      it(`points at the very characters: ${name}`, () => {
        const yaml = file(text);
        assert.deepEqual(yaml.value, { condition: value });
        const from = value.indexOf("nmae");
        const found = yaml.diagnostic("error", "cel", "m", ["condition"], from, from + "nmae".length);
        assert.equal(pointedAt(found), "nmae");
        assert.equal(found.line, line);
      });
    }

    it("stays in the text where the offset lies behind its end", () => {
      const found = file("condition: ab\n").diagnostic("error", "cel", "m", ["condition"], 2, 3);
      assert.equal(found.line, 1);
      assert.ok(found.column >= 12 && found.column <= 14, String(found.column));
    });

    it("points at the whole value without offsets, and at the nearest thing above where there is none", () => {
      const yaml = file("a:\n  b: text\n");
      assert.equal(pointedAt(yaml.diagnostic("error", "c", "m", ["a", "b"])), "text");
      assert.equal(pointedAt(yaml.diagnostic("error", "c", "m", ["a", "b", 3, "x"])), "text");
      assert.equal(pointedAt(yaml.diagnostic("error", "c", "m", ["a", "none"])), "b: text");
      assert.equal(yaml.diagnostic("error", "c", "m", ["none"]).line, 1);
    });
  });

  it("lineOf() gives the line of a value, from 1", () => {
    const yaml = file("spec:\n  cases:\n    - name: a\n\n    - name: b\n");
    assert.deepEqual(
      [yaml.lineOf(["spec"]), yaml.lineOf(["spec", "cases", 0]), yaml.lineOf(["spec", "cases", 1]), yaml.lineOf([])],
      [2, 3, 5, 1],
    );
    assert.equal(file("").lineOf(["spec"]), 1);
  });
});
