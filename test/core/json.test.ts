import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { canonicalJson, countValues, isObject, MAX_VALUES, own, ownString } from "../../core/json.ts";

describe("isObject()", () => {
  const VALUES: readonly [value: unknown, expected: boolean][] = [
    [{}, true],
    [Object.create(null), true],
    [[], false],
    [null, false],
    [undefined, false],
    ["{}", false],
    [1, false],
  ];
  for (const [value, expected] of VALUES)
    it(`is ${expected} for ${Array.isArray(value) ? "a list" : typeof value}, ${JSON.stringify(value)}`, () =>
      assert.equal(isObject(value), expected));
});

describe("own()", () => {
  it("reads what the document itself has", () => {
    assert.equal(own({ a: 1 }, "a"), 1);
    assert.equal(own(JSON.parse('{"__proto__":{"a":1}}'), "__proto__")?.constructor, Object);
  });

  for (const key of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
    it(`does not reach the prototype through ${key}`, () => {
      assert.equal(own({}, key), undefined);
      assert.equal(own(JSON.parse("{}"), key), undefined);
    });
  }

  it("finds nothing in what is no object", () => {
    for (const value of [null, undefined, "text", 1, ["a"]]) assert.equal(own(value, "length"), undefined);
  });
});

describe("ownString()", () => {
  it("gives a text and nothing else", () => {
    assert.equal(ownString({ a: "x" }, "a"), "x");
    for (const value of [1, null, {}, ["x"], true]) assert.equal(ownString({ a: value }, "a"), undefined);
  });
});

describe("countValues()", () => {
  const TEXTS: readonly [text: string, most: number][] = [
    ["", 0],
    ["[1,2,3]", 3],
    ["[[],[[]],{}]", 7],
    ['{"a":1,"b":{"c":[2]}}', 4],
  ];
  for (const [text, expected] of TEXTS)
    it(`finds no more than ${expected} in ${text}`, () => assert.equal(countValues(Buffer.from(text)), expected));

  it("leaves room for what registries send, and none for what has a value in each few bytes", () => {
    const MB = 1024 * 1024;
    const count = (unit: string, bytes: number) => countValues(Buffer.alloc(bytes, unit));
    assert.ok(count('"lodash":"^4.17.21",', 120 * MB) < MAX_VALUES);
    for (const unit of ["1,", "{},", "[", '{"a":{}},']) assert.ok(count(unit, 32 * MB) > MAX_VALUES, unit);
  });
});

describe("canonicalJson()", () => {
  const PAIRS: readonly [name: string, value: unknown, text: string][] = [
    ["sorts keys at every depth", { b: { d: 1, c: 2 }, a: 3 }, '{"a":3,"b":{"c":2,"d":1}}'],
    ["sorts the keys of objects in lists, and keeps a list's order", [{ b: 1, a: 2 }, 1, 0], '[{"a":2,"b":1},1,0]'],
    ["tells upper case from lower", { a: 1, B: 2 }, '{"B":2,"a":1}'],
    ["leaves out what is undefined", { a: undefined, b: null }, '{"b":null}'],
    ["keeps a key named __proto__", JSON.parse('{"b":1,"__proto__":{"x":1}}'), '{"__proto__":{"x":1},"b":1}'],
  ];
  for (const [name, value, text] of PAIRS) it(name, () => assert.equal(canonicalJson(value), text));

  it("gives the same bytes whatever the order in which keys came", () => {
    const forward = { a: 1, é: 2, "10": 3, "9": 4, "": 5 };
    const backward = Object.fromEntries(Object.entries(forward).reverse());
    assert.equal(canonicalJson(forward), canonicalJson(backward));
    assert.deepEqual(JSON.parse(canonicalJson(forward)), forward);
  });
});
