import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { type DigestAlgorithm, isDigest, parseIntegrity, sha256 } from "../../core/digest.ts";

const hash = (algorithm: DigestAlgorithm, text: string) => createHash(algorithm).update(text);
const integrity = (algorithm: DigestAlgorithm, text: string) =>
  `${algorithm}-${hash(algorithm, text).digest("base64")}`;
const hex = (algorithm: DigestAlgorithm, text: string) => hash(algorithm, text).digest("hex");

describe("sha256()", () => {
  it("hashes text and bytes alike", () => {
    const expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert.equal(sha256("abc"), expected);
    assert.equal(sha256(new TextEncoder().encode("abc")), expected);
  });
});

describe("isDigest()", () => {
  const rows: readonly [string, DigestAlgorithm, string, boolean][] = [
    ["a SHA-256", "sha256", "a".repeat(64), true],
    ["a SHA-1", "sha1", "0".repeat(40), true],
    ["a SHA-1 that is said to be a SHA-256", "sha256", "0".repeat(40), false],
    ["upper case", "sha1", "A".repeat(40), false],
    ["letters beyond f", "sha1", "g".repeat(40), false],
    ["a line feed at the end", "sha1", `${"a".repeat(39)}\n`, false],
  ];
  for (const [what, algorithm, text, expected] of rows) {
    it(`says ${expected ? "yes" : "no"} to ${what}`, () => assert.equal(isDigest(algorithm, text), expected));
  }
});

describe("parseIntegrity()", () => {
  it("reads several algorithms", () => {
    assert.deepEqual(parseIntegrity(` ${integrity("sha1", "a")}\n${integrity("sha512", "a")} `), {
      sha1: hex("sha1", "a"),
      sha512: hex("sha512", "a"),
    });
  });

  it("keeps the first digest of one algorithm", () => {
    assert.deepEqual(parseIntegrity(`${integrity("sha256", "a")} ${integrity("sha256", "b")}`), {
      sha256: hex("sha256", "a"),
    });
  });

  it("ignores options", () => {
    assert.deepEqual(parseIntegrity(`${integrity("sha384", "a")}?ct=application/gzip`), { sha384: hex("sha384", "a") });
  });

  for (const [what, text] of [
    ["nothing", ""],
    ["an unknown algorithm", "md5-1B2M2Y8AsgTpgAmY7PhCfg=="],
    ["a digest that is too short", "sha512-AAAA"],
    ["hex in place of base64", `sha1-${"a".repeat(40)}`],
    ["base64url", `sha256-${"_".repeat(43)}=`],
    ["more than 16 digests before it", `${"md5-AA== ".repeat(16)}${integrity("sha256", "a")}`],
  ] as const) {
    it(`gives nothing for ${what}`, () => assert.deepEqual(parseIntegrity(text), {}));
  }
});
