import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { editDistance, oneLine, shellWord, suggest } from "../../core/words.ts";

describe("suggest()", () => {
  it("names the closest candidate", () => {
    assert.equal(suggest("qarantine", ["block", "quarantine", "warn"]), "; did you mean `quarantine`?");
  });

  it("names the first of two that are equally close", () => {
    assert.equal(suggest("cat", ["bat", "rat"]), "; did you mean `bat`?");
  });

  it("says nothing where none is close", () => assert.equal(suggest("xyz", ["quarantine", "block"]), ""));
  it("says nothing of the word itself", () => assert.equal(suggest("block", ["block", "blocks"]), ""));
  it("says nothing where there are no candidates", () => assert.equal(suggest("block", []), ""));
  it("lets a long word differ in a third of its letters", () => {
    assert.equal(suggest("abcdefghi", ["abcdefxyz"]), "; did you mean `abcdefxyz`?");
    assert.equal(suggest("abcdefghi", ["abcdewxyz"]), "");
  });
});

describe("editDistance()", () => {
  for (const [a, b, expected, what] of [
    ["kitten", "kitten", 0, "equal words"],
    ["kitten", "sitten", 1, "a substitution"],
    ["kitten", "kittens", 1, "an insertion"],
    ["kitten", "kiten", 1, "a deletion"],
    ["reqeusts", "requests", 1, "a swap of neighbours"],
    ["kitten", "sitting", 3, "three edits"],
    ["", "abc", 3, "an empty word"],
    ["ca", "abc", 3, "a swap with an insertion between, which is no single edit here"],
  ] as const) {
    it(`is ${expected} for ${what}`, () => {
      assert.equal(editDistance(a, b, 9), expected);
      assert.equal(editDistance(b, a, 9), expected);
    });
  }

  it("stops at the limit", () => assert.equal(editDistance("kitten", "sitting", 2), 2));
  it("does not compare long words", () => assert.equal(editDistance("a".repeat(300), "a".repeat(300), 5), 5));
});

describe("shellWord()", () => {
  for (const [what, text, expected] of [
    ["a purl", "pkg:npm/%40acme/ui@1.0.0+build", "pkg:npm/%40acme/ui@1.0.0+build"],
    ["an exact requirement", "requests==2.32.0", "requests==2.32.0"],
    ["a command in a name", "a'b;$(id)", `'a'\\''b;$(id)'`],
    ["a space", "my policies", "'my policies'"],
    ["a line feed", "a\nid", "'a\nid'"],
    ["nothing", "", "''"],
  ] as const) {
    it(`handles ${what}`, () => assert.equal(shellWord(text), expected));
  }
});

describe("oneLine()", () => {
  for (const [what, text, expected] of [
    ["a short text", "abc", "abc"],
    ["line feeds", "a\r\n\tb\n", "a b"],
    ["terminal sequences", "a\u001b[31mb\u0007", "a [31mb"],
    ["C1 controls", "a\u009b31mb", "a 31mb"],
    ["line separators", "a\u2028b", "a b"],
    ["overrides of direction", "a\u202etxt.exe\u202c", "a txt.exe"],
    ["isolates of direction", "a\u2066b\u2069", "a b"],
    ["marks of direction", "a\u200fb\u061cc", "a b c"],
    ["exactly the length", "abcdefghij", "abcdefghij"],
    ["one more than the length", "abcdefghijk", "abcdefghi…"],
    ["a pair that would be cut in two", "abcdefgh😀xyz", "abcdefgh…"],
    ["a pair that just fits", "abcdefg😀xyz", "abcdefg😀…"],
  ] as const) {
    it(`handles ${what}`, () => assert.equal(oneLine(text, 10), expected));
  }
});
