import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { inspect } from "node:util";
import {
  CEL_LIMITS,
  CelEnvironment,
  CelError,
  type CelRecord,
  type CelType,
  DURATION,
  TIMESTAMP,
} from "../../../core/policy/cel.ts";

class Package {
  name = "left-pad";
}
class Repository {
  url = "https://example.test/left-pad";
}
class Release {
  version = "1.3.0";
  size = 4096;
  score = 9.8;
  published = new Date("2026-01-31T12:00:00Z");
  tags = ["latest", "next"];
  repository = new Repository();
  license = undefined;
}
class Advisory {
  id = "MAL-2026-1";
  aliases = ["CVE-2026-1"];
}
class Lists {
  allowed = new Map([["left-pad", "reviewed"]]);
}

const records: readonly CelRecord[] = [
  { name: "Package", fields: { name: "string" }, ctor: Package },
  { name: "Repository", fields: { url: "string" }, ctor: Repository },
  {
    name: "Release",
    fields: {
      version: "string",
      size: "int",
      score: "double",
      published: TIMESTAMP,
      tags: "list<string>",
      repository: "Repository",
      license: "string",
    },
    ctor: Release,
  },
  { name: "Advisory", fields: { id: "string", aliases: "list<string>" }, ctor: Advisory },
  { name: "Lists", fields: { allowed: "map<string, string>" }, ctor: Lists },
];
const environment = new CelEnvironment({
  records,
  variables: {
    pkg: "Package",
    release: "Release",
    advisories: "list<Advisory>",
    lists: "Lists",
    now: TIMESTAMP,
    text: "string",
    number: "double",
  },
});

function contextWith(text = "", number = 0) {
  return {
    pkg: new Package(),
    release: Object.assign(new Release(), { size: 4096n }),
    advisories: [new Advisory()],
    lists: new Lists(),
    now: new Date("2026-02-03T12:00:00Z"),
    text,
    number,
  };
}

function evaluate(source: string, text?: string, number?: number): unknown {
  return environment.compile(source).evaluate(contextWith(text, number));
}

/** The source without the marks, and the range between them; without marks, the whole. */
function unmark(marked: string): { source: string; start: number; end: number } {
  const source = marked.replace(/[«»]/g, "");
  if (source === marked) return { source, start: 0, end: source.length };
  return { source, start: marked.indexOf("«"), end: marked.indexOf("»") - 1 };
}

function errorOf(run: () => unknown): CelError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof CelError, inspect(error));
    return error;
  }
  return assert.fail("nothing was thrown");
}

const INTERNAL = /0ours|\bhax\b|google\.protobuf/;

function assertError(error: CelError, marked: string, message: string): void {
  const { source, start, end } = unmark(marked);
  assert.ok(error.message.includes(message), `${error.message}\nwas to say: ${message}`);
  if (!INTERNAL.test(source)) assert.doesNotMatch(error.message, INTERNAL);
  assert.deepEqual(source.slice(error.start, error.end), source.slice(start, end));
  assert.deepEqual([error.start, error.end], [start, end]);
}

describe("compile()", () => {
  const REFUSALS: Readonly<Record<string, readonly [name: string, marked: string, message: string][]>> = {
    "a field that is not declared": [
      ["after a dot", `pkg.«nmae» == "x"`, "No such key: nmae"],
      ["in has()", "has(pkg.«nmae»)", "No such key: nmae"],
      ["in has(), deeper", "has(release.repository.«ulr»)", "No such key: ulr"],
      ["in has(), on the way", "has(release.«repo».url)", "No such key: repo"],
      ["in has() on a loop variable", "advisories.exists(a, has(a.«nmae»))", "No such key: nmae"],
      ["in has() with space and comment", "has ( // has(\n pkg.«nmae» )", "No such key: nmae"],
      ["after .?", `pkg.?«nmae».orValue("x") == "x"`, "No such key: nmae"],
      ["after .?, as the result", "pkg.?«nmae»", "No such key: nmae"],
      ["after .? on a loop variable", "advisories.exists(a, a.?«nmae».hasValue())", "No such key: nmae"],
      ["after .? in has()", "has(release.?«repo».url)", "No such key: repo"],
      ["of an optional record", "release.?repository.«ulr».hasValue()", "No such key: ulr"],
      ["in brackets", `«pkg["nmae"]» == "x"`, "No such key: nmae"],
      ["in optional brackets", `pkg[?«"nmae"»].hasValue()`, "No such key: nmae"],
      ["in brackets, computed", `pkg[«"na" + "me"»] == "x"`, "the name of a field must be a literal"],
      ["in optional brackets, computed", "pkg[?«text»].hasValue()", "the name of a field must be a literal"],
    ],
    "what JavaScript lends to objects": [
      ["the field constructor", `pkg.«constructor» == "x"`, "No such key: constructor"],
      ["the field __proto__", `pkg.«__proto__» == "x"`, "No such key: __proto__"],
      ["the field toString", `pkg.«toString» == "x"`, "No such key: toString"],
      ["has() of constructor", "has(pkg.«constructor»)", "No such key: constructor"],
      ["optional constructor", "pkg.?«constructor».hasValue()", "No such key: constructor"],
      ["the variable constructor", `«constructor» == "x"`, "Unknown variable: constructor"],
      ["the function constructor", `«constructor("x")» == "x"`, "constructor(string)"],
      ["the function toString", `«toString()» == "x"`, "toString()"],
      ["the method constructor", `«"x".constructor()» == "x"`, "string.constructor()"],
      ["the length of a string", `"x".«length» == 1`, "Cannot index type 'string'"],
    ],
    "names that are ours": [
      ["hax", "«hax(true)»", "unknown function"],
      ["hax as a method", "«pkg.hax(true)»", "unknown function"],
      ["re2find", `«"x".re2find("x")»`, "found no matching overload"],
      ["strict_ts", `«strict_ts("x")» == now`, "found no matching overload"],
      ["strict_d", `«strict_d("x")» == now - now`, "found no matching overload"],
      ["a method with our prefix", `"x".«0»ours_matches("x")`, "Expected IDENTIFIER"],
      ["a function with our prefix", `0«ours_timestamp»("x") == now`, "Unexpected character"],
    ],
    "what has no type": [
      ["dyn()", "«dyn(1)» == 1", "dyn() would switch the type check off"],
      ["bytes", `«b"x"» == b"x"`, "policies have no bytes"],
      ["bytes()", `size(«bytes("x")») == 1`, "policies have no bytes"],
      ["JSON", `«bytes("{}")».json().a == 1`, "policies have no bytes"],
      ["types by name", "type(now) == «google».protobuf.Timestamp", "this has no type before it is evaluated"],
    ],
    "map keys": [
      ["that are numbers", `«{1: "x"}» == {1: "x"}`, "plain string literals"],
      ["that are computed", `pkg.name in «{pkg.name: true}»`, "plain string literals"],
      ["that are expressions", `«{"a" + "b": true}».ab`, "plain string literals"],
      ["named __proto__", `«{"__proto__": true}».a`, "plain string literals"],
      ["named constructor", `"constructor" in «{"constructor": true}»`, "plain string literals"],
      ["twice", `{"a": «{"prototype": 1}»}.a.b == 1`, "plain string literals"],
    ],
    "patterns that are not RE2": [
      ["look-ahead", `pkg.name.matches(«"^(?=a)"»)`, "the pattern is not RE2, which has no look-around"],
      ["negative look-ahead", `pkg.name.matches(«"^(?!evil)"»)`, "(?!"],
      ["look-behind", `pkg.name.matches(«"(?<=a)b"»)`, "the pattern is not RE2"],
      ["a back-reference", String.raw`pkg.name.matches(«r"(a)\1"»)`, String.raw`\1`],
      ["an open group", `pkg.name.matches(«"(a"»)`, "missing closing )"],
      ["in a loop", `release.tags.exists(t, t.matches(«"(?=a)"»))`, "the pattern is not RE2"],
      [
        "behind a comment that names matches",
        `pkg.name //.matches("a"\n .matches(«"(?=a)"»)`,
        "the pattern is not RE2",
      ],
    ],
    "times that are not RFC 3339": [
      ["a date", `now > timestamp(«"2026-01-31"»)`, "this is no RFC 3339 time"],
      ["an HTTP date", `now > timestamp(«"Sun, 22 Nov 2026 11:00 GMT"»)`, "this is no RFC 3339 time"],
      ["30 February", `now > timestamp(«"2026-02-30T00:00:00Z"»)`, "this is no RFC 3339 time"],
      ["no zone", `now > timestamp(«"2026-01-31T00:00:00"»)`, "this is no RFC 3339 time"],
      ["a leap second", `now > timestamp(«"2026-06-30T23:59:60Z"»)`, "this is no RFC 3339 time"],
      ["the year 0", `now > timestamp(«"0001-01-01T00:00:00+00:01"»)`, "no RFC 3339 time"],
      ["the year 10000", `now > timestamp(«"9999-12-31T23:59:59-00:01"»)`, "no RFC 3339 time"],
    ],
    "durations that are none": [
      ["days", `now - release.published < duration(«"3d"»)`, "this is no duration"],
      ["no unit", `now - release.published < duration(«"72"»)`, "this is no duration"],
      ["the empty text", `now - release.published < duration(«""»)`, "this is no duration"],
      ["300 years", `now - release.published < duration(«"2630000h"»)`, "longer than 292 years"],
    ],
    "numbers that do not fit": [
      ["2^63", "release.size < «9223372036854775808»", "does not fit into 64 bits"],
      ["2^64 in hexadecimal", "release.size < «0x10000000000000000»", "does not fit into 64 bits"],
      ["a double beyond its range", "release.score < «1e999»", "Invalid number"],
    ],
    "operands of the wrong type": [
      ["string and int", `«pkg.name == 1»`, "no such overload: string == int"],
      ["int and double", "release.size < 1.5 && «release.size == 1.0»", "no such overload: int == double"],
      ["time and duration", '«release.published < duration("72h")»', "no such overload: timestamp < duration"],
      ["a time added to a duration", `«duration("1h") + now» < duration("2h")`, "not the other way round"],
      ["a number as a condition", "release.«size» ? true : false", "Ternary condition must be bool"],
      ["a method of another type", `«release.size.matches("x")»`, "'int.matches(string)'"],
      ["an argument of another type", "«timestamp(true)» == now", "'timestamp(bool)'"],
    ],
    bindings: [["cel.bind()", "«cel.bind(x, pkg.name, x == x)»", "spec.variables"]],
    "an argument of has() that is no field": [["a variable", "has(«pkg»)", "has() takes a chain of fields"]],
  };
  for (const [what, rows] of Object.entries(REFUSALS)) {
    for (const [name, marked, message] of rows) {
      it(`refuses ${what}: ${name}`, () => {
        assertError(
          errorOf(() => environment.compile(unmark(marked).source)),
          marked,
          message,
        );
      });
    }
  }

  const LIMITS: readonly [name: string, marked: string, message: string][] = [
    ["more than 8192 characters", `"${"x".repeat(CEL_LIMITS.length)}" == ""`, "longer than 8192 characters"],
    ["65 levels of brackets", `${"(".repeat(64)}«»(1${")".repeat(65)} == 1`, "more than 64 levels"],
    ["too many fields in a row", `release${".a".repeat(63)}«».a == 1`, "more than 64 levels"],
    ["more than 2000 terms", `«»1${" + 1".repeat(1000)} == 1`, "more than 2000 terms"],
    ["2001 negations", `!«»${"!".repeat(2000)}true`, "more than 2000 terms"],
    ["17 arguments", `pkg.name.matches("a"${', "a"'.repeat(15)}, «»"a")`, "more than 16 arguments in a call"],
    [
      "three nested loops",
      "advisories.exists(a, a.aliases.exists(b, «a.aliases.exists(c, b == c)»))",
      "loops are nested deeper than 2",
    ],
    [
      "three nested loops with a filter and a map",
      "advisories.map(a, a.aliases.filter(b, «a.aliases.map(c, c)».size() > 1)).size() > 1",
      "loops are nested deeper than 2",
    ],
    [
      "a pattern of more than 1000 characters",
      `pkg.name.matches(«"${"x".repeat(1001)}"»)`,
      "longer than 1000 characters",
    ],
    ["a pattern that repeats too often", `pkg.name.matches(«"(x{1000}){1000}"»)`, "the pattern is not RE2"],
  ];
  for (const [name, marked, message] of LIMITS) {
    it(`refuses ${name}`, () => {
      assertError(
        errorOf(() => environment.compile(unmark(marked).source)),
        marked,
        message,
      );
    });
  }

  const WITHIN: readonly [name: string, source: string][] = [
    ["64 levels of brackets", `${"(".repeat(63)}1${")".repeat(63)} == 1`],
    ["900 operands in a row", `1${" + 1".repeat(899)} == 900`],
    ["1900 negations", `${"!".repeat(1900)}true`],
    [
      "two loops in each other, and two in a row",
      "advisories.filter(a, a.aliases.exists(b, b == a.id)).all(a, a.id == a.id)",
    ],
    ["a list of 1500 elements", `1 in [${"1,".repeat(1500)}]`],
  ];
  for (const [name, source] of WITHIN) {
    it(`takes ${name}`, () => assert.equal(environment.compile(source, "bool").evaluate(contextWith()), true));
  }

  const PLACES: readonly [name: string, marked: string][] = [
    ["after a pattern", 'pkg.name.matches("^a") && pkg.«nmae» == "x"'],
    ["after a time", 'now > timestamp("2026-01-31T12:00:00Z") && pkg.«nmae» == "x"'],
    ["after a duration", 'now - now < duration("72h") && pkg.«nmae» == "x"'],
    ["after has()", 'has(pkg.name) && pkg.«nmae» == "x"'],
    ["after letters that are not ASCII", '"äöü" == pkg.«nmae»'],
    ["after an emoji, which counts as two", '"😀" == pkg.«nmae»'],
    ["after such letters, in has()", '"äöü😀" == pkg.name || has(pkg.«nmae»)'],
    ["after such letters, after .?", '"äöü😀" == pkg.name || pkg.?«nmae».hasValue()'],
    ["after an escape", String.raw`"\u00e4\n" == pkg.«nmae»`],
    ["on a second line", 'true\n  || pkg.«nmae» == "x"'],
    ["after a comment", '// pkg.nmae\npkg.«nmae» == "x"'],
  ];
  for (const [name, marked] of PLACES) {
    it(`points at a field ${name}`, () => {
      assertError(
        errorOf(() => environment.compile(unmark(marked).source)),
        marked,
        "No such key: nmae",
      );
    });
  }

  const TYPES: readonly [source: string, type: CelType][] = [
    ["pkg.name", "string"],
    ["release.size + 1", "int"],
    ["release.score", "double"],
    ["now - release.published", DURATION],
    ['now + duration("72h")', TIMESTAMP],
    ["timestamp(0)", TIMESTAMP],
    ["release.tags.map(t, t.size())", "list<int>"],
    ["lists.allowed", "map<string, string>"],
    ["advisories.filter(a, has(a.id))", "list<Advisory>"],
    ["release.?license", "optional<string>"],
    ['release.?license.orValue("none")', "string"],
    ["release.?repository.url", "optional<string>"],
    ["pkg.name in lists.allowed", "bool"],
    ['pkg.name.matches("a")', "bool"],
  ];
  for (const [source, type] of TYPES) {
    it(`knows that ${source} is ${type}`, () => assert.equal(environment.compile(source, type).type, type));
  }

  it("refuses an expression whose type is not the one wanted", () => {
    assertError(
      errorOf(() => environment.compile("now - now", TIMESTAMP)),
      "«now - now»",
      "the expression must be timestamp, and is duration",
    );
  });

  const READS: readonly [name: string, source: string, reads: readonly string[]][] = [
    ["fields", 'pkg.name == "x" && release.size > 1', ["pkg.name", "release.size"]],
    ["a root used whole", "size(advisories) > 0 && now > now", ["advisories", "now"]],
    ["the first field of a chain", 'release.repository.url == "x"', ["release.repository"]],
    ["fields in has()", "has(release.license)", ["release.license"]],
    ["optional fields", "release.?license.hasValue()", ["release.license"]],
    ["a root that is indexed, whole", 'release["license"] == "x"', ["release"]],
    ["no loop variable", "advisories.exists(a, a.id == pkg.name)", ["advisories", "pkg.name"]],
    ["no loop variable that hides a root", "advisories.exists(pkg, pkg.id == text)", ["advisories", "text"]],
    ["a root behind a loop that hides it", "advisories.all(pkg, true) && has(pkg.name)", ["advisories", "pkg.name"]],
    ["the range of a loop that hides it", "release.tags.all(release, release == text)", ["release.tags", "text"]],
    ["both branches", 'pkg.name == "x" ? release.size : 0', ["pkg.name", "release.size"]],
    ["elements of lists and maps", '[pkg.name, text] == ["a"] || {"a": now}.a == now', ["now", "pkg.name", "text"]],
    ["arguments", 'pkg.name.matches(text) && "a".contains(release.version)', ["pkg.name", "release.version", "text"]],
    ["no types and namespaces", "type(1) == int && optional.of(1).hasValue()", []],
    ["nothing", "1 + 1 == 2", []],
  ];
  for (const [name, source, reads] of READS) {
    it(`says what is read: ${name}`, () => assert.deepEqual([...environment.compile(source).reads].sort(), reads));
  }

  it("says what is read of variables that were declared before extend()", () => {
    const extended = environment.extend({ variables: { more: "int" } });
    assert.deepEqual([...extended.compile("more > 0 && has(pkg.name)").reads], ["more", "pkg.name"]);
    assertError(
      errorOf(() => environment.compile("more > 0")),
      "«more» > 0",
      "Unknown variable: more",
    );
  });
});

describe("evaluate()", () => {
  const VALUES: Readonly<Record<string, readonly [source: string, value: unknown, text?: string][]>> = {
    "matches as RE2 does": [
      ['pkg.name.matches("pad")', true],
      ['pkg.name.matches("^pad")', false],
      ['pkg.name.matches("(?i)^LEFT")', true],
      [String.raw`text.matches(r"\Aa\z")`, false, "a\n"],
      ['text.matches("^[[:alpha:]]+$")', true, "abc"],
      [String.raw`text.matches(r"^\pL+$")`, true, "äöü"],
      ['text.matches("^.$")', true, "😀"],
      ['text.matches("^(?P<first>a)b$")', true, "ab"],
      ["pkg.name.matches(text)", true, "^left-"],
      ['pkg.name //.matches("x"\n .matches("^left")', true],
      ['release.tags.exists(t, t.matches("^next$"))', true],
    ],
    "reads times and durations": [
      ['timestamp("2026-01-31T13:00:00+01:00") == release.published', true],
      ["timestamp(text) == release.published", true, "2026-01-31T12:00:00.000Z"],
      ["string(now)", "2026-02-03T12:00:00Z"],
      ["timestamp(int(now)) == now", true],
      ['now - release.published == duration("72h")', true],
      ["string(now - release.published)", "259200s"],
      ['duration("0.57s") == duration("570ms")', true],
      ["duration(text) == now - release.published", true, "71h60m"],
      ['release.published + duration("72h") == now', true],
      ['now - duration("72h") == release.published', true],
      ['string(duration("-1.6s") + duration("-0.6s"))', "-2.2s"],
      ['duration("0s") - duration("1.5s") == duration("-1.5s")', true],
      ["(now - release.published).getHours()", 72n],
    ],
    "reads the calendar in UTC and in any zone": [
      ["now.getDayOfYear()", 33n],
      ['timestamp("2026-07-02T00:30:00Z").getDayOfYear()', 182n],
      ['timestamp("2026-07-01T22:30:00Z").getDayOfYear("Europe/Berlin")', 182n],
      ['timestamp("2026-03-29T02:30:00Z").getHours("UTC")', 2n],
      ['timestamp("2026-03-29T02:30:00Z").getHours("Europe/Berlin")', 4n],
      ['timestamp("2026-03-29T02:30:00Z").getHours("America/St_Johns")', 0n],
      ['timestamp("2026-03-29T02:30:00Z").getMinutes("+05:30")', 0n],
      ['timestamp("2026-03-29T02:30:00Z").getHours("-02:00")', 0n],
      ['timestamp("2026-01-01T00:00:00Z").getFullYear("-00:01")', 2025n],
      ["now.getDayOfWeek()", 2n],
    ],
    "folds ASCII letters only": [
      ["text.lowerAscii()", "kafka Ä", "KAFKA Ä"],
      ['text.lowerAscii() == "kafka"', false, "\u212aAFKA"],
      ["text.upperAscii()", "KAFKA äß", "kafka äß"],
      ["text.trim()", "\ufeffa", " \u0085\u3000\ufeffa\t"],
    ],
    "converts to int without surprises": [
      ["int(text)", -42n, "-42"],
      ["int(text)", 9223372036854775807n, "9223372036854775807"],
      ["int(2.9)", 2n],
      ["int(5u)", 5n],
    ],
    "takes an absent field for absent": [
      ["has(release.license)", false],
      ["has(release.version)", true],
      ['release.?license.orValue("none")', "none"],
      ['release.?version.orValue("none")', "1.3.0"],
      ["lists.allowed[?text].hasValue()", false, "constructor"],
      ["text in lists.allowed", false, "__proto__"],
      ['text in {"left-pad": true}', false, "toString"],
      ["pkg.name in lists.allowed", true],
    ],
    "does not stop at an error that does not matter": [
      ['release.license == "MIT" || true', true],
      ["1 / 0 == 1 && false", false],
    ],
  };
  for (const [what, rows] of Object.entries(VALUES)) {
    for (const [source, value, text] of rows) {
      it(`${what}: ${JSON.stringify(source)}`, () => assert.equal(evaluate(source, text), value));
    }
  }

  it("matches where a backtracking engine would not return", () => {
    assert.equal(evaluate('text.matches("(a+)+$")', `${"a".repeat(40)}!`), false);
    assert.equal(evaluate('text.matches("(" + "a+" + ")+$")', `${"a".repeat(40)}!`), false);
    assert.equal(evaluate('text.matches("^(a|a)*$")', `${"a".repeat(100_000)}!`), false);
  });

  /** The data that is evaluated. It is not in the source, and so may not be in an error. */
  const SECRET = "s3cret\nvalue";
  const FAILURES: readonly [name: string, marked: string, message: string][] = [
    ["an absent field", 'release.«license» == "MIT"', "No such key: license"],
    ["a key that a map does not have", '«lists.allowed[text]» == ""', "No such key"],
    ["an index out of bounds", '«release.tags[7]» == ""', "the index is out of bounds"],
    ["a time that is none", "«timestamp(text)» < now", "this is no RFC 3339 time"],
    ["a duration that is none", "now - now < «duration(text)»", "this is no duration"],
    ["a pattern that is not RE2", '«pkg.name.matches("(?=" + text + ")")»', "the pattern is not RE2"],
    ["a zone that is none", "«now.getHours(text)» == 1", "this is no time zone"],
    ["a truth value that is none", "«bool(text)»", "bool() takes true or false"],
    ["an int that is none", "«int(text)» == 1", "int() takes a decimal number"],
    ["an int that is the empty text", "«int(text.substring(0, 0))» == 1", "int() takes a decimal number"],
    ["an int in another notation", '«int("0b11")» == 3', "int() takes a decimal number"],
    ["an int beyond its range", '«int("9223372036854775808")» == 1', "does not fit into 64 bits"],
    ["an int from a double beyond its range", "«int(number)» == 1", "does not fit into 64 bits"],
    ["a double that is none", "«double(text)» == 1.0", "cannot convert to double"],
    ["a sum beyond 64 bits", "«9223372036854775807 + release.size» > 0", "does not fit into 64 bits"],
    ["a division by zero", "«release.size / 0» == 1", "division by zero"],
    ["a time beyond the year 9999", 'timestamp("9999-12-31T23:59:59Z") + duration("1s") > now', "the years 1 to 9999"],
    ["a time before the year 1", 'timestamp("0001-01-01T00:00:00Z") - duration("1ns") < now', "the years 1 to 9999"],
    ["a difference of 2000 years", 'now - timestamp("0001-01-01T00:00:00Z") > now - now', "longer than 292 years"],
    ["a sum of durations that is too long", 'duration("2500000h") + duration("2500000h") > now - now', "292 years"],
    ["a time from an int that is too great", "«timestamp(9223372036854775807)» > now", "the years 1 to 9999"],
    ["an optional without a value", '«release.?license.value()» == ""', "Optional value is not present"],
  ];
  for (const [name, marked, message] of FAILURES) {
    it(`throws a CelError without the data for ${name}`, () => {
      const error = errorOf(() => evaluate(unmark(marked).source, SECRET, 1e300));
      assertError(error, marked, message);
      assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /s3cret|left-pad/);
    });
  }

  it("throws a CelError where the context is not what was declared", () => {
    const expression = environment.compile("release.size > 1");
    for (const context of [{}, { release: { size: 1n } }, { release: new Repository() }, { release: new Release() }]) {
      assert.match(errorOf(() => expression.evaluate(context)).message, /release|size/);
    }
  });

  it("throws a CelError where the stack is exhausted", () => {
    class Deep {
      get name(): string {
        return new Deep().name;
      }
    }
    const deep = new CelEnvironment({
      records: [{ name: "Deep", fields: { name: "string" }, ctor: Deep }],
      variables: { deep: "Deep" },
    });
    assert.match(errorOf(() => deep.compile('deep.name == ""').evaluate({ deep: new Deep() })).message, /stack/);
  });

  describe("on a machine with summer time", () => {
    const zone = process.env["TZ"];
    before(() => {
      process.env["TZ"] = "Europe/Berlin";
    });
    after(() => {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    });
    for (const [source, value, text] of VALUES["reads the calendar in UTC and in any zone"] ?? []) {
      it(`does the same: ${JSON.stringify(source)}`, () => assert.equal(evaluate(source, text), value));
    }
  });
});
