import assert from "node:assert/strict";

/** Waits for what comes about by itself, and fails where it does not within so many milliseconds, more or less. */
export async function until(condition: () => boolean | Promise<boolean>, limit = 30_000): Promise<void> {
  for (let waited = 0; !(await condition()); waited += 2) {
    assert.ok(waited < limit, "it does not come about");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
