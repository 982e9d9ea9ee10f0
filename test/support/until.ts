import assert from "node:assert/strict";

/** Waits for what comes about by itself, and fails where it does not. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await condition()); waited += 2) {
    assert.ok(waited < 5000, "it does not come about");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
