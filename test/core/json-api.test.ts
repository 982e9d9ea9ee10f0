import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { apiFailure, complaintText, parseAnswer, parseComplaint } from "../../core/json-api.ts";

const ASKED = new URL("https://api.acme.example/user?token=secret");

describe("parseAnswer()", () => {
  it("gives JSON, whatever it says", () => assert.deepEqual(parseAnswer(ASKED, Buffer.from("[1]")), [1]));

  for (const [what, body] of [
    ["a page", Buffer.from("<html>")],
    ["half of an answer", Buffer.from('{"a":')],
    ["text in another encoding", Buffer.from([0x22, 0xe9, 0x22])],
    ["nothing", Buffer.alloc(0)],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => parseAnswer(ASKED, body), { code: "UPSTREAM_MALFORMED" });
    });
  }
});

describe("a complaint", () => {
  it("is told as it stands, and an object as JSON, whatever it says of itself", () => {
    const value = parseComplaint(Buffer.from('{"message":{"toString":1,"toJSON":2},"error":"no"}'));
    assert.deepEqual(Object.values(value as object).map(complaintText), ['{"toString":1,"toJSON":2}', "no"]);
    assert.equal(complaintText(undefined), "undefined");
  });

  it("is undefined where it cannot be read", () => assert.equal(parseComplaint(Buffer.from("<html>")), undefined));
});

describe("apiFailure()", () => {
  for (const [status, code, message] of [
    [401, "SOURCE_DENIED", "https://api.acme.example/user answered 401: no"],
    [403, "SOURCE_DENIED", "https://api.acme.example/user answered 403: no"],
    [404, "NOT_FOUND", "https://api.acme.example/user is not there, or not for this token"],
    [500, "UPSTREAM_STATUS", "https://api.acme.example/user answered 500: no"],
  ] as const) {
    it(`is ${code} for ${status}, without the query`, () => {
      const failure = apiFailure(ASKED, status, ": no");
      assert.deepEqual([failure.code, failure.message], [code, message]);
    });
  }
});
