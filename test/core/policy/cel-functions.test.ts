import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  CEL_LIMITS,
  CelEnvironment,
  CelError,
  type CelType,
  celSignatures,
  TIMESTAMP,
  withinBudget,
} from "../../../core/policy/cel.ts";
import { FACT_DECLARATIONS, toCelFacts } from "../../../core/policy/facts.ts";
import type { Facts } from "../../../schemas/types/facts.ts";

const environment = new CelEnvironment({
  records: FACT_DECLARATIONS.records ?? [],
  variables: {
    ...FACT_DECLARATIONS.variables,
    now: TIMESTAMP,
    text: "string",
    texts: "list<string>",
    numbers: "list<int>",
    popular: "map<string, string>",
    allowed: "map<string, bool>",
    nested: "list<list<string>>",
  },
});

interface Inputs {
  readonly text?: string;
  readonly texts?: readonly string[];
  readonly numbers?: readonly bigint[];
  readonly release?: readonly [purl: string, version: string];
}

const POPULAR = new Map(["lodash", "typescript", "@babel/core"].map((name) => [name, ""]));
const ALLOWED = new Map([["lodash", true]]);

function contextOf({ text = "", texts = [], numbers = [], release = ["pkg:npm/x@1.2.3", "1.2.3"] }: Inputs) {
  const facts: Facts = {
    pkg: { ecosystem: "npm", name: "x", purl: "pkg:npm/x" },
    release: { purl: release[0], version: release[1] },
    advisories: [],
    client: { groups: [], claims: {} },
  };
  const now = new Date("2026-11-22T12:00:00Z");
  const nested = [texts, texts];
  return { ...toCelFacts(facts), now, text, texts, numbers, nested, popular: POPULAR, allowed: ALLOWED };
}

function evaluate(source: string, inputs: Inputs = {}): unknown {
  return environment.compile(source).evaluate(contextOf(inputs));
}

function errorOf(run: () => unknown): CelError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof CelError, String(error));
    return error;
  }
  return assert.fail("nothing was thrown");
}

describe("satisfies()", () => {
  const ROWS: readonly [purl: string, version: string, range: string, expected: boolean][] = [
    ["pkg:npm/x@1.2.3", "1.2.3", "^1.0.0", true],
    ["pkg:npm/x@2.0.0", "2.0.0", "^1.0.0", false],
    ["pkg:npm/%40a/x@1.2.3", "1.2.3", ">=1.2.0 <1.3.0 || >=2", true],
    ["pkg:cargo/x@0.3.10", "0.3.10", ">=0.3.10, <0.4", true],
    ["pkg:pypi/x@1.5", "1.5", ">=1.0,<2.0", true],
    ["pkg:pypi/x@2.0rc1", "2.0rc1", "<2.0", false],
    ["pkg:pypi/x@2", "2", "==2.0.*", true],
    ["pkg:golang/example.com/x@v1.2.3", "v1.2.3", ">=v1.0.0 <v2.0.0", true],
    ["pkg:golang/example.com/x@v1.2.3", "v1.2.3", "<1.0.0", false],
  ];
  for (const [purl, version, range, expected] of ROWS) {
    it(`says ${expected} to ${version} in ${range} of ${purl}`, () => {
      assert.equal(evaluate(`release.satisfies("${range}")`, { release: [purl, version] }), expected);
      assert.equal(evaluate("release.satisfies(text)", { text: range, release: [purl, version] }), expected);
    });
  }

  const FAILURES: readonly [what: string, purl: string, version: string, range: string, message: RegExp][] = [
    [
      "a range of another ecosystem",
      "pkg:npm/x@1.2.3",
      "1.2.3",
      ">=1.0,!=1.5",
      /no range of versions as npm writes it/,
    ],
    ["a range of npm for PyPI", "pkg:pypi/x@1.2.3", "1.2.3", "^1.0.0", /no range of versions as pypi writes it/],
    ["a version that is none", "pkg:npm/x@latest", "latest", "*", /version is none as npm writes it/],
    ["an ecosystem that is not known", "pkg:gem/x@1.0.0", "1.0.0", "*", /no version of an ecosystem/],
  ];
  for (const [what, purl, version, range, message] of FAILURES) {
    it(`fails, and does not say no, for ${what}`, () => {
      const error = errorOf(() => evaluate(`release.satisfies("${range}")`, { release: [purl, version] }));
      assert.match(error.message, message);
    });
  }

  it("fails for a computed range that no ecosystem can read", () => {
    for (const text of ["not a range", ">=1.0 and <2", "x".repeat(1001), ">=>1"])
      assert.match(errorOf(() => evaluate("release.satisfies(text)", { text })).message, /no range of versions as npm/);
  });

  it("is refused when it is compiled with a literal that no ecosystem can read, and points at it", () => {
    const source = 'release.satisfies(">=1.0 and <2")';
    const error = errorOf(() => environment.compile(source));
    assert.match(error.message, /no range of versions, such as/);
    assert.equal(source.slice(error.start, error.end), '">=1.0 and <2"');
  });

  it("reads what the purl tells, and is a method of nothing else", () => {
    const { reads } = environment.compile("release.satisfies(pkg.name)");
    assert.deepEqual([...reads].sort(), ["pkg.name", "release.purl", "release.version"]);
    assert.match(errorOf(() => environment.compile('pkg.satisfies("*")')).message, /no matching overload/);
    assert.match(errorOf(() => environment.compile("release.satisfies(1)")).message, /no matching overload/);
  });
});

describe("like()", () => {
  const ROWS: readonly [source: string, text: string, expected: boolean][] = [
    ['like(text, "@acme/*")', "@acme/ui", true],
    ['like(text, "@acme/*")', "@acme2/ui", false],
    ['like(text, "left?pad")', "left-pad", true],
    [String.raw`like(text, r"\*")`, "*", true],
    [String.raw`like(text, r"\*")`, "a", false],
    ['like("left-pad", text)', "left-*", true],
    ['["*-ui", "@acme/*"].exists(pattern, like(text, pattern))', "@acme/x", true],
  ];
  for (const [source, text, expected] of ROWS)
    it(`says ${expected}: ${source} of ${text}`, () => assert.equal(evaluate(source, { text }), expected));

  it("refuses a pattern that is none: when it is compiled, or evaluated", () => {
    const source = String.raw`like(text, "a\\")`;
    const error = errorOf(() => environment.compile(source));
    assert.match(error.message, /ends in a \\/);
    assert.equal(source.slice(error.start, error.end), String.raw`"a\\"`);
    const long = { text: "x".repeat(257) };
    assert.match(errorOf(() => evaluate('like("x", text)', long)).message, /longer than 256/);
  });
});

describe("resembles() and resembled()", () => {
  const ROWS: readonly [source: string, expected: unknown][] = [
    ['resembles("lodahs", popular)', true],
    ['resembles("lodash", popular)', false],
    ['resembles("leftpad", popular)', false],
    ['resembled("lodahs", popular)', "lodash"],
    ['resembled("lodash", popular)', ""],
    ['resembles("lodahs", allowed)', true],
    ['resembles("lodahs", ["lodash"])', true],
    ['resembles("lodahs", {"lodash": 1})', true],
    ['resembles("lodahs", [])', false],
    ['"It looks like " + resembled("babel-core", popular) + "."', "It looks like @babel/core."],
  ];
  for (const [source, expected] of ROWS) it(source, () => assert.equal(evaluate(source), expected));
});

describe("functions on text", () => {
  const ROWS: readonly [source: string, expected: unknown, text?: string][] = [
    ["text.size()", 3n, "a😀b"],
    ["size(text)", 3n, "a😀b"],
    ["text.size()", 2n, "\ud800\ud800"],
    ["text.charAt(1)", "😀", "a😀b"],
    ["text.charAt(2)", "b", "a😀b"],
    ["text.charAt(3)", "", "a😀b"],
    ['text.indexOf("b")', 2n, "a😀b"],
    ['text.indexOf("b", 2)', 2n, "a😀b"],
    ['text.indexOf("a", 1)', -1n, "a😀b"],
    ['text.indexOf("", 2)', 2n, "a😀b"],
    ['text.indexOf("")', 0n, ""],
    ['text.lastIndexOf("a")', 4n, "a😀b😀a"],
    ['text.lastIndexOf("a", 3)', 0n, "a😀b😀a"],
    ['text.lastIndexOf("")', 3n, "a😀b"],
    ['text.lastIndexOf("x")', -1n, "a😀b"],
    [`text.lastIndexOf("${"ab".repeat(40)}")`, 3n, `😀ab${"ab".repeat(40)}`],
    [`text.lastIndexOf("${"ab".repeat(40)}", 2)`, 1n, `😀${"ab".repeat(42)}`],
    ["text.substring(1)", "😀b", "a😀b"],
    ["text.substring(1, 2)", "😀", "a😀b"],
    ["text.substring(3)", "", "a😀b"],
    ['text.replace("a", "bb")', "bbxbb", "axa"],
    ['text.replace("a", "b", 1)', "bxa", "axa"],
    ['text.replace("a", "b", 0)', "axa", "axa"],
    ['text.replace("", "-")', "-a-😀-", "a😀"],
    ['text.replace("", "-", 2)', "-a-😀b", "a😀b"],
    ['text.replace("", "-", 3)', "-a-😀-b", "a😀b"],
    ['text.replace("$1", "$&")', "$&", "$1"],
    ['text.split("/").join("|")', "a|b||c", "a/b//c"],
    ['text.split("").join("|")', "a|😀", "a😀"],
    ['text.split("").size()', 0n, ""],
    ['text.split("/").size()', 1n, ""],
    ['text.split("/", 2).join("|")', "a|b/c", "a/b/c"],
    ['text.split("", 2).join("|")', "a|😀b", "a😀b"],
    ['text.split("/", 0).size()', 0n, "a/b"],
    ["text.reverse()", "b😀a", "a😀b"],
    ["text.lowerAscii()", "kafka ä", "KAFKA ä"],
    ["text.upperAscii()", "KAFKA ä", "kafka ä"],
    ['text.contains("b") && !text.contains("c")', true, "abd"],
    ['text.startsWith("a") && text.endsWith("d")', true, "abd"],
    ["strings.quote(text)", String.raw`"a\"\\\n\a😀"`, 'a"\\\n\x07😀'],
    ["strings.quote(text)", '"\ufffd"', "\ud83d"],
  ];
  for (const [source, expected, text = ""] of ROWS)
    it(`${source} of ${JSON.stringify(text)}`, () => assert.equal(evaluate(source, { text }), expected));

  for (const source of ["text.charAt(4)", "text.charAt(-1)", "text.substring(4)", "text.substring(2, 1)"])
    it(`fails for an index out of range: ${source}`, () =>
      assert.match(errorOf(() => evaluate(source, { text: "a😀b" })).message, /out of range/));

  it("does not find a long text in a long text that is nearly the same in each place", () => {
    const text = "a".repeat(60_000);
    const texts = [`${"a".repeat(500)}b${"a".repeat(30_000)}`];
    for (const method of ["contains(texts[0])", "indexOf(texts[0]) >= 0", "lastIndexOf(texts[0]) >= 0"])
      assert.equal(evaluate(`text.${method}`, { text, texts }), false);
    assert.equal(
      evaluate("text.replace(texts[0], '') == text && text.split(texts[0]).size() == 1", { text, texts }),
      true,
    );
  });
});

describe("functions on lists", () => {
  const ROWS: readonly [source: string, expected: unknown, type: CelType][] = [
    ['["b", "a", "b"].distinct()', ["b", "a"], "list<string>"],
    ["[2, 1, 2].distinct()", [2n, 1n], "list<int>"],
    ["[2.5, 2.5].distinct()", [2.5], "list<double>"],
    ["[true, true].distinct()", [true], "list<bool>"],
    ['["b", "a", "C"].sort()', ["C", "a", "b"], "list<string>"],
    ["[10, 9, -1].sort()", [-1n, 9n, 10n], "list<int>"],
    ["[10.5, 9.0].sort()", [9, 10.5], "list<double>"],
    ['[duration("2h"), duration("90m")].sort().map(d, d.getMinutes())', [90n, 120n], "list<int>"],
    ["[now, timestamp(0)].sort().map(t, t.getFullYear())", [1970n, 2026n], "list<int>"],
    ["[1, 2, 3, 4].slice(1, 3)", [2n, 3n], "list<int>"],
    ["[1, 2].slice(2, 2)", [], "list<int>"],
    ["[1, 2, 3].reverse()", [3n, 2n, 1n], "list<int>"],
    ["[[1, 2], [3]].flatten()", [1n, 2n, 3n], "list<int>"],
    ["[[[1], [2]], [[3]]].flatten()", [[1n], [2n], [3n]], "list<list<int>>"],
    ["[1, 2].first().value()", 1n, "int"],
    ["[1, 2].last().orValue(0)", 2n, "int"],
    ["numbers.first().hasValue()", false, "bool"],
    ["numbers.last().orValue(7)", 7n, "int"],
    ["advisories.first().hasValue()", false, "bool"],
    ["advisories.map(a, a.aliases).flatten().distinct()", [], "list<string>"],
    ['sets.contains(["a", "b"], ["b", "b"])', true, "bool"],
    ["sets.contains([1], [1, 2])", false, "bool"],
    ['sets.intersects(["a"], ["b"])', false, "bool"],
    ["sets.intersects([1.5, 2.0], [2.0])", true, "bool"],
    ["sets.equivalent([1, 2, 1], [2, 1])", true, "bool"],
    ["sets.equivalent([1, 2], [1])", false, "bool"],
    ["math.greatest(1, 2)", 2n, "int"],
    ["math.least(1.5, 0.5)", 0.5, "double"],
    ["math.greatest([1, 3, 2])", 3n, "int"],
    ["math.least([2.5, 1.5])", 1.5, "double"],
    ['[["a"], ["b"]].map(l, l.join())', ["a", "b"], "list<string>"],
  ];
  for (const [source, expected, type] of ROWS) {
    it(`${source} is ${type}`, () =>
      assert.deepEqual(environment.compile(source, type).evaluate(contextOf({})), expected));
  }

  it("do not change the list that they are called on", () => {
    const texts = ["b", "a", "b"];
    evaluate("texts.sort() == texts.reverse() && texts.distinct() == texts", { texts });
    assert.deepEqual(texts, ["b", "a", "b"]);
  });

  const FAILURES: readonly [source: string, message: RegExp][] = [
    ["[1].slice(0, 2)", /out of range/],
    ["[1].slice(-1, 1)", /out of range/],
    ["math.greatest(numbers) == 1", /the list is empty/],
    ["numbers.first().value() == 1", /not present/],
  ];
  for (const [source, message] of FAILURES)
    it(`fails: ${source}`, () => assert.match(errorOf(() => evaluate(source)).message, message));

  for (const source of ["advisories.distinct()", "advisories.sort()", "[1].contains(1)", "math.greatest(1, 2.0)"])
    it(`refuses ${source}`, () =>
      assert.match(errorOf(() => environment.compile(source)).message, /no matching overload/));
});

describe("what an evaluation may cost", () => {
  const [long, list] = ["a".repeat(60_000), Array.from({ length: 10_000 }, (_, at) => `package-${at}`)];
  const digits = Array.from({ length: 10_000 }, (_, at) => BigInt(at));
  const inputs = { text: long, texts: list, numbers: digits };

  const TOO_MUCH: readonly [what: string, source: string][] = [
    ["a text that is doubled again and again", `[text]${".map(t, t + t)".repeat(12)}[0].size() > 0`],
    ["a list that is doubled again and again", `[numbers]${".map(l, l + l)".repeat(4)}[0].size() > 0`],
    ["a replacement that grows", 'text.replace("a", text).size() > 0'],
    ["parts that are too many", 'text.split("a").size() > 0'],
    ["lists that are too long together", "[numbers, numbers].flatten().size() > 0"],
    ["texts that are too long together", "numbers.map(n, text).join().size() > 0"],
    ["two loops over long lists", "numbers.exists(a, numbers.exists(b, a == b + 100000))"],
    ["the same with all()", "numbers.all(a, numbers.all(b, a < b + 100000))"],
    ["the same with map()", "numbers.map(a, numbers.map(b, a + b)).size() > 0"],
    ["the same with filter() and exists_one()", "numbers.filter(a, numbers.exists_one(b, a == b)).size() > 0"],
    ["a list searched for each element of another", 'texts.all(t, !((t + "x") in texts))'],
    ["long texts compared for each element", "texts.all(t, text + t != text + t + text)"],
    ["long lists compared for each element", "texts.all(t, numbers + [1] == numbers + [1])"],
    ["a long text searched for each element", "texts.all(t, !text.contains(t))"],
    ["a long text matched for each element", 'texts.all(t, !text.matches("a+[bc]"))'],
    ["a pattern that is many, on a long text", 'text.matches("(a?){200}[bc]")'],
    ["as many patterns as elements", 'texts.exists(t, "x".matches("(" + t + "|y){50}"))'],
    ["long texts sorted", "texts.map(t, text + t).sort().size() > 0"],
    ["a long text turned for each element", "texts.all(t, text.reverse() != t)"],
    ["a long text measured for each element", "texts.all(t, text.size() > 0)"],
    ["errors that a loop would forget", "numbers.exists(a, numbers.exists(b, 1 / (b - b) == a))"],
  ];
  for (const [what, source] of TOO_MUCH) {
    it(`is bounded for ${what}`, () => {
      const expression = environment.compile(source, "bool");
      const { message } = errorOf(() => expression.evaluate(contextOf(inputs)));
      assert.match(message, /works through more than|the text is longer|the list has more/);
    });
  }

  const WITHIN: readonly [source: string, expected: unknown][] = [
    ["texts.exists(t, t == 'package-9999')", true],
    ["texts.filter(t, t.startsWith('package-99') && t.matches('9$')).size()", 12n],
    ["texts.slice(0, 300).all(a, texts.slice(0, 300).exists(b, a == b))", true],
    ["texts.distinct().sort().size()", 10_000n],
    ["texts.join(', ').size()", 138_888n],
    ["text.replace('a', 'b').contains('a')", false],
    ["texts.exists(t, resembles('pakcage-77', texts))", true],
  ];
  for (const [source, expected] of WITHIN)
    it(`leaves room for ${source}`, () => assert.equal(evaluate(source, inputs), expected));

  it("does not depend on what was evaluated before", () => {
    const source = 'texts.exists(t, t.matches("^(x|y|z){9}" + t)) || resembles("lodahs", texts)';
    const outcomes = Array.from({ length: 3 }, () => errorOf(() => evaluate(source, inputs)).message);
    assert.equal(new Set(outcomes).size, 1);
    assert.equal(evaluate("text.size() > 0", inputs), true);
  });

  it("is one budget for all evaluations within one call", () => {
    const expression = environment.compile("texts.all(t, t.size() > 0)");
    const run = () => expression.evaluate(contextOf(inputs));
    withinBudget(() => assert.equal(run(), true));
    assert.throws(() => withinBudget(() => Array.from({ length: CEL_LIMITS.cost / 10_000 }, run)), CelError);
    assert.equal(run(), true);
  });
});

describe("celSignatures()", () => {
  it("names what policies may call, and nothing else", () => {
    const signatures = celSignatures();
    for (const signature of ["like(string, string): bool", "sets.contains(list<int>, list<int>): bool"])
      assert.ok(signatures.includes(signature), signature);
    for (const signature of signatures)
      assert.doesNotMatch(signature, /0ours|hax|protobuf|Namespace|\bdyn\(|bytes|bind/);
  });
});
