import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

describe("test files", () => {
  const files = globSync("test/**/*.test.ts", { cwd: ROOT });

  it("are found", () => assert.ok(files.length > 200));

  // All files run in one process, where such a hook would run around every test of every other file.
  it("have no hooks outside of a suite", () =>
    assert.deepEqual(
      files.filter((path) => /^(before|after)(Each)?\(/m.test(readFileSync(`${ROOT}${path}`, "utf8"))),
      [],
    ));
});
