/** Package URLs against the tables of the specification (ECMA-427). */
import assert from "node:assert/strict";
import { it } from "node:test";
import { isPurlType, normalizeName, type PackageId, parsePurl, toPurl } from "../../core/purl.ts";
import { describeData, readJson } from "./shared-data.ts";

interface Parts {
  readonly type: string | null;
  readonly namespace: string | null;
  readonly name: string | null;
  readonly version: string | null;
}

interface PurlTest {
  readonly description: string;
  readonly test_type: "parse" | "validate" | "build";
  readonly input: string | Parts;
  readonly expected_output: string | Parts | null;
  readonly expected_failure: boolean;
}

const KINDS = [
  ["npm", 17],
  ["pypi", 16],
  ["cargo", 9],
  ["golang", 17],
] as const;

/** Qualifiers and subpath do not change which release is meant, so parsePurl() drops them. */
const withoutRest = (purl: string): string => purl.replace(/[?#].*$/, "");

function toId({ type, namespace, name, version }: Parts): PackageId & { readonly version?: string } {
  assert.ok(type && isPurlType(type) && name);
  const whole = normalizeName(type, namespace ? `${namespace}/${name}` : name);
  return { type, name: whole, ...(version !== null && { version }) };
}

function run({ test_type, input }: PurlTest): string | PackageId {
  if (typeof input !== "string") return toPurl(toId(input));
  return test_type === "parse" ? parsePurl(input) : toPurl(parsePurl(input));
}

describeData("the purl specification's tables", () => {
  for (const [type, total] of KINDS) {
    const { tests } = readJson<{ tests: PurlTest[] }>(`fixtures/purl/${type}-test.json`);
    it(`has ${total} tests of ${type}`, () => assert.equal(tests.length, total));
    for (const [index, test] of tests.entries()) {
      it(`${type} ${index}: ${test.test_type}, ${test.description}`, () => {
        const { expected_output: expected } = test;
        assert.ok(expected !== null && !test.expected_failure);
        assert.deepEqual(run(test), typeof expected === "string" ? withoutRest(expected) : toId(expected));
      });
    }
  }

  it("refuses what the specification refuses to parse", () => {
    const { tests } = readJson<{ tests: PurlTest[] }>("fixtures/purl/specification-test.json");
    const refused = tests.filter(({ test_type, expected_failure }) => test_type === "parse" && expected_failure);
    assert.equal(refused.length, 10);
    const accepted = refused.filter(({ input }) => {
      try {
        return parsePurl(String(input));
      } catch {
        return false;
      }
    });
    // The key of a qualifier is wrong, and qualifiers are dropped unread.
    assert.deepEqual(
      accepted.map(({ input }) => input),
      ["pkg:npm/myartifact@1.0.0?in%20production=true"],
    );
  });
});
