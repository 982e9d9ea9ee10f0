import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { readNumbers } from "../support/decisions.ts";
import { makeFolder } from "../support/folder.ts";

const CHILD = fileURLToPath(new URL("../support/logging-child.ts", import.meta.url));
const IS_DENO = "deno" in process.versions;
const MOMENTS = IS_DENO ? 16 : 60;
const LANES = 2;
/** Some dozens of rotations. */
const RUN_MS = 120;

describe("a decision log whose process is ended while it writes, rotates and compresses", () => {
  it(`has each line once, whole and in order, after kill -9 at ${MOMENTS} moments and SIGTERM at the end`, {
    timeout: 900_000,
  }, async (t) => {
    const seen = { lines: 0, files: 0, torn: 0, compressing: 0 };
    const lane = async (): Promise<void> => {
      const folder = makeFolder();
      let on = 0;
      for (let moment = 0; moment <= MOMENTS / LANES; moment++) {
        const isLast = moment === MOMENTS / LANES;
        const told = await runAndEnd(folder.path, on + 1, isLast ? "SIGTERM" : "SIGKILL");
        const names = readdirSync(folder.path);
        seen.compressing += Number(names.some((name) => name.endsWith(".tmp")));
        // What was being written in that moment is cut; the next process takes it away.
        const { numbers, isTorn } = readNumbers(folder.path);
        seen.torn += Number(isTorn);
        assert.deepEqual(
          numbers,
          Array.from(numbers, (_number, index) => index + 1),
          "each once, and in order",
        );
        assert.ok(numbers.length >= told, `${told} was on record, and ${numbers.length} is the last that is`);
        if (isLast) assert.deepEqual([numbers.length, isTorn], [told, false]);
        on = numbers.length;
        seen.files += isLast ? names.length : 0;
      }
      seen.lines += on;
      const left = readdirSync(folder.path).filter((name) => !/^decisions(-[\dTZ.]+)?\.jsonl(\.gz)?$/.test(name));
      assert.deepEqual(left, []);
      folder.remove();
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    t.diagnostic(
      `${seen.lines} lines in ${seen.files} files; ${seen.compressing} ends in a compression, ${seen.torn} in a line`,
    );
  });
});

/** Lets a process record, ends it at some moment, and tells up to which number it said that all were on record. */
async function runAndEnd(state: string, first: number, signal: "SIGKILL" | "SIGTERM"): Promise<number> {
  const runtime = IS_DENO ? ["run", "-A", "--no-check", "--quiet"] : [];
  const child = spawn(process.execPath, [...runtime, CHILD, state, String(first)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [output, errors] = ["", ""];
  child.stderr.on("data", (chunk) => (errors += chunk));
  const ended = new Promise((resolve) => child.on("close", resolve));
  const begun = new Promise<void>((resolve) => {
    child.stdout.on("data", (chunk) => {
      output += chunk;
      resolve();
    });
  });
  await Promise.race([begun, ended]);
  await setTimeout(randomInt(0, 2 * RUN_MS));
  process.kill(Number(child.pid), signal);
  await ended;
  assert.equal(errors, "");
  return Number(output.trim().split("\n").at(-1));
}
