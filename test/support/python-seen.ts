/** What a client of Python packages shows, as files that a change of it shows in. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ClientRun } from "./clients.ts";
import type { PythonProject } from "./python-clients.ts";

const SEEN = fileURLToPath(new URL("../e2e/seen/", import.meta.url));

/** The run showed what `seen/` has of this client and situation; `CORDON_UPDATE_SEEN=1` writes it anew. */
export function assertSeen(made: PythonProject, situation: string, { output }: ClientRun, publicUrl: string): void {
  const file = join(SEEN, `python-${made.client}-${situation}.txt`);
  const seen = normalised(output, made.path, publicUrl);
  if (process.env["CORDON_UPDATE_SEEN"] === "1") {
    mkdirSync(SEEN, { recursive: true });
    writeFileSync(file, seen);
  }
  assert.equal(seen, readFileSync(file, "utf8"));
}

/** Without what differs from run to run: ports, folders, times, progress, stacks, and other hosts' addresses. */
function normalised(output: string, path: string, publicUrl: string): string {
  const { port } = new URL(publicUrl);
  return `${output
    .replaceAll(publicUrl, publicUrl.replace(/\d+$/, "PORT"))
    .replaceAll(`port=${port}`, "port=PORT")
    .replaceAll(path, "PROJECT")
    .replace(/https:\/\/[^\s]+/g, "https://…")
    .replace(/\b(pdm-\w+)-\w+\.log/g, "$1-ID.log")
    .replace(/^[⠀-⣿] .*\n/gm, "")
    .replace(/^ {2}0:00:\d\d /gm, "")
    .replace(/^Traceback .*\n(?: .*\n)*/gm, "")
    .replace(/^ {2}at .*\n(?: *\n| +(?:→ )?\d+│.*\n)*/gm, "")
    .replace(/\b[\d.]+m?s\b/g, "TIME")
    .replace(/[ \t]+$/gm, "")
    .replace(/\n{2,}/g, "\n")
    .trim()}\n`;
}
