/** What a step writes on the run's page, where it is more than GitHub takes. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { MAX_SUMMARY, openStep } from "../../cli/actions/action-step.ts";
import { makeFolder } from "../support/folder.ts";
import { wordsOf } from "../support/markdown.ts";

it("has whole lines of a summary that is too long, and how many are left out", () => {
  const folder = makeFolder();
  const path = join(folder.path, "summary");
  const line = `- \`é${"é@acme/everyone ".repeat(20)}\``;
  const lines = Array.from({ length: 3200 }, () => line);
  assert.ok(lines.join("\n").length > MAX_SUMMARY && line.length < Buffer.byteLength(line));
  openStep({ GITHUB_STEP_SUMMARY: path }).summarize(lines.join("\n"));
  const written = readFileSync(path);
  assert.ok(written.length <= MAX_SUMMARY, String(written.length));
  const text = written.toString("utf8");
  const kept = text.split("\n").filter((one) => one === line).length;
  assert.ok(kept > 2500);
  assert.ok(text.trimEnd().endsWith(`\n\n(${lines.length - kept} more lines are left out here.)`));
  assert.ok(!wordsOf(text).includes("@acme"));
  folder.remove();
});
