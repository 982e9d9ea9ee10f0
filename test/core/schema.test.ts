import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type SchemaIssue, schemaCheck } from "../../core/schema.ts";

interface Shape {
  readonly name: string;
}

const check = schemaCheck<Shape>({
  type: "object",
  additionalProperties: false,
  required: ["name"],
  properties: {
    name: { type: "string", minLength: 1, maxLength: 5 },
    mode: { enum: ["enforce", "audit"] },
    kind: { const: "Shape" },
    since: { type: "string", format: "date-time" },
    home: { type: "string", format: "uri" },
    channel: { type: "string", pattern: "^[a-z]+$" },
    count: { type: "integer", minimum: 1 },
    size: { type: ["integer", "null"] },
    entries: {
      type: "array",
      items: {
        oneOf: [
          { type: "string" },
          {
            type: "object",
            additionalProperties: false,
            required: ["entry"],
            properties: { entry: { type: "string" } },
          },
        ],
      },
    },
    params: { type: "object", propertyNames: { pattern: "^[a-z]+$" }, additionalProperties: { type: "string" } },
  },
});

describe("schemaCheck()", () => {
  it("finds nothing wrong with what fits", () => {
    const value = { name: "x", entries: ["a", { entry: "b" }], since: "2026-11-22T12:00:00Z", size: null };
    assert.deepEqual(check(value), []);
    assert.equal(check.is(value), true);
  });

  const ISSUES: readonly [name: string, value: unknown, issues: readonly SchemaIssue[]][] = [
    ["a missing key", {}, [{ path: [], message: "the key `name` is missing" }]],
    ["another type", { name: 1 }, [{ path: ["name"], message: "must be string" }]],
    ["none of two types", { name: "x", size: "1" }, [{ path: ["size"], message: "must be integer or null" }]],
    ["no object at all", [], [{ path: [], message: "must be object" }]],
    ["nothing", undefined, [{ path: [], message: "must be object" }]],
    [
      "an unknown key, with the one that was meant",
      { name: "x", chanel: "a" },
      [{ path: [], onKey: "chanel", message: "unknown key `chanel`; did you mean `channel`?" }],
    ],
    [
      "an unknown key that resembles none",
      { name: "x", zzzzzzzz: 1 },
      [{ path: [], onKey: "zzzzzzzz", message: "unknown key `zzzzzzzz`" }],
    ],
    [
      "a value that is not among the allowed",
      { name: "x", mode: "off" },
      [{ path: ["mode"], message: "must be one of enforce, audit" }],
    ],
    ["another constant", { name: "x", kind: "Other" }, [{ path: ["kind"], message: 'must be "Shape"' }]],
    [
      "a date that does not exist",
      { name: "x", since: "2026-02-30T00:00:00Z" },
      [{ path: ["since"], message: "must be a time such as 2026-01-31T12:00:00Z" }],
    ],
    [
      "a date without a time",
      { name: "x", since: "2026-02-03" },
      [{ path: ["since"], message: "must be a time such as 2026-01-31T12:00:00Z" }],
    ],
    ["what is no URL", { name: "x", home: "registry" }, [{ path: ["home"], message: "must be a uri" }]],
    ["a text of another form", { name: "x", channel: "A1" }, [{ path: ["channel"], message: "must match ^[a-z]+$" }]],
    ["too small a number", { name: "x", count: 0 }, [{ path: ["count"], message: "must be >= 1" }]],
    ["too long a text", { name: "sixsix" }, [{ path: ["name"], message: "must NOT have more than 5 characters" }]],
    [
      "none of several forms, said once",
      { name: "x", entries: ["a", { reason: "b" }] },
      [{ path: ["entries", 1], message: "has none of the allowed forms" }],
    ],
    [
      "a key of another form, on the key",
      { name: "x", params: { ok: "1", "not-ok": "2" } },
      [{ path: ["params"], onKey: "not-ok", message: "must match ^[a-z]+$" }],
    ],
    [
      "a value below a key with slash and tilde",
      { name: "x", params: { "a/b~c": 1 } },
      [
        { path: ["params"], onKey: "a/b~c", message: "must match ^[a-z]+$" },
        { path: ["params", "a/b~c"], message: "must be string" },
      ],
    ],
    [
      "several things at once",
      { mode: "off", count: 1.5 },
      [
        { path: [], message: "the key `name` is missing" },
        { path: ["mode"], message: "must be one of enforce, audit" },
        { path: ["count"], message: "must be integer" },
      ],
    ],
  ];
  for (const [name, value, issues] of ISSUES) {
    it(`says where and what: ${name}`, () => {
      const byPath = (a: SchemaIssue, b: SchemaIssue) => (JSON.stringify(a.path) < JSON.stringify(b.path) ? -1 : 1);
      assert.deepEqual([...check(value)].sort(byPath), [...issues].sort(byPath));
      assert.equal(check.is(value), false);
    });
  }

  it("stops at twenty issues, however many there are", () => {
    assert.equal(check({ name: "x", entries: Array.from({ length: 500 }, () => 1) }).length, 20);
  });

  it("does not keep the issues of one value for the next", () => {
    assert.equal(check({}).length, 1);
    assert.deepEqual(check({ name: "x" }), []);
  });

  it("does not take a key of the prototype for one of the schema's", () => {
    const [issue] = check(JSON.parse('{"name":"x","__proto__":1}'));
    assert.equal(issue?.onKey, "__proto__");
    assert.equal(check({ name: "x", constructor: 1 })[0]?.onKey, "constructor");
  });
});
