import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { matchesGlob, parseGlob, search } from "../../../core/policy/glob.ts";

describe("matchesGlob()", () => {
  const ROWS: readonly [glob: string, matches: readonly string[], others: readonly string[]][] = [
    ["left-pad", ["left-pad"], ["left-pa", "left-padd", "Left-pad", ""]],
    ["", [""], ["a"]],
    ["*", ["", "a", "a/b\n"], []],
    ["**", ["", "ab"], []],
    ["?", ["a", "😀", "\n"], ["", "ab"]],
    ["@acme/*", ["@acme/ui", "@acme/"], ["@acme", "@acme2/ui", "x@acme/ui"]],
    ["*-pad", ["left-pad", "-pad"], ["left-pad2", "pad"]],
    ["*a*", ["a", "bab"], ["", "b"]],
    ["a*b*c", ["abc", "aXbXbXc"], ["acb", "ab", "abcX"]],
    ["a*a", ["aa", "aba"], ["a"]],
    ["ab*ba", ["abba", "abXba"], ["aba"]],
    ["*ab*ab*", ["abab", "XabXabX"], ["ab", "aab"]],
    ["a?c", ["abc", "a😀c"], ["ac", "abbc"]],
    ["*a?c*", ["aac", "aabc", "XaYcZ"], ["ac", "abb"]],
    ["?*?", ["ab", "abc"], ["a"]],
    ["a**?*b", ["aXb"], ["ab"]],
    [String.raw`a\*b`, ["a*b"], ["aXb", String.raw`a\*b`]],
    [String.raw`\?`, ["?"], ["a"]],
    [String.raw`\\`, ["\\"], ["\\\\"]],
    [String.raw`\a.b`, ["a.b"], ["aXb"]],
    ["[a-z]+(b|c).$^", ["[a-z]+(b|c).$^"], ["ab"]],
    ["*😀", ["😀", "a😀"], ["😁", "\ude00"]],
  ];
  for (const [glob, matches, others] of ROWS) {
    it(`takes ${JSON.stringify(glob)} as it is meant`, () => {
      const parsed = parseGlob(glob);
      for (const text of matches) assert.ok(matchesGlob(text, parsed), text);
      for (const text of others) assert.ok(!matchesGlob(text, parsed), text);
    });
  }

  it("agrees with a slow and simple matcher on all short texts and patterns", () => {
    const matches = (text: string, glob: string): boolean => {
      if (glob === "") return text === "";
      const rest = glob.slice(1);
      if (glob[0] === "*") return matches(text, rest) || (text !== "" && matches(text.slice(1), glob));
      return text !== "" && (glob[0] === "?" || glob[0] === text[0]) && matches(text.slice(1), rest);
    };
    const texts = words("ab", 6);
    for (const glob of words("ab*?", 5)) {
      const parsed = parseGlob(glob);
      for (const text of texts) assert.equal(matchesGlob(text, parsed), matches(text, glob), `${text} like ${glob}`);
    }
  });

  it("matches where one that goes back for each star would not return", () => {
    const text = `${"a".repeat(100_000)}c`;
    for (const glob of [`${"a*".repeat(127)}b`, `*${"a".repeat(200)}b*`, "*a*a*a*a*a*b", `*${"a?".repeat(60)}b*`])
      assert.equal(matchesGlob(text, parseGlob(glob)), false, glob);
  });
});

describe("parseGlob()", () => {
  it("refuses a pattern that is too long, and one that ends in a mark of escape", () => {
    assert.throws(() => parseGlob("a".repeat(257)), /longer than 256/);
    assert.throws(() => parseGlob("a\\"), /ends in a \\/);
  });
});

describe("search()", () => {
  it("finds what indexOf() finds, in short texts and in long", () => {
    const part = "ab".repeat(40);
    for (const wanted of ["", "a", "b", "ba", part, `${part}c`, `c${part}`, `${part}b`, "x".repeat(70)]) {
      for (const text of ["", "b", "abc", part, `c${part}${part}c`, `${part}b${part}c`, `ab${part}a${part}b`])
        for (const from of [0, 1, 5, text.length])
          assert.equal(search(text, wanted, from), text.indexOf(wanted, from), `${wanted} in ${text} from ${from}`);
    }
  });

  it("finds nothing where one that begins anew in each place would take minutes", () => {
    assert.equal(search("a".repeat(2 ** 20), `${"a".repeat(500)}b${"a".repeat(2 ** 18)}`), -1);
  });
});

/** All words of up to so many of these letters. */
function words(letters: string, length: number): string[] {
  if (length === 0) return [""];
  const shorter = words(letters, length - 1);
  const longest = shorter.filter((word) => word.length === length - 1);
  return [...shorter, ...longest.flatMap((word) => [...letters].map((letter) => word + letter))];
}
