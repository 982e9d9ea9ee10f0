import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { likelyCommands } from "../../cli/command-names.ts";

const KNOWN = ["bundle", "policy", "check", "policy lint", "bundle build", "bundle pull", "intel pull"];

describe("likelyCommands()", () => {
  const CASES: readonly [given: string, likely: readonly string[]][] = [
    ["policy lnt", ["policy lint"]],
    ["polcy lint policies", ["policy lint"]],
    ["chek pkg npm/a", ["check"]],
    ["polcy", ["policy"]],
    ["lint", ["policy lint"]],
    ["policy build", ["bundle build"]],
    ["bundel pull", ["bundle pull"]],
    ["pull", ["bundle pull", "intel pull"]],
    ["xyzzy", []],
  ];
  for (const [given, likely] of CASES) {
    it(`finds ${likely.join(" and ") || "nothing"} for ${given}`, () => {
      assert.deepEqual(likelyCommands(given.split(" "), KNOWN), likely);
    });
  }
});
