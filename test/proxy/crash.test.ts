import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { generateKeyPair } from "../../core/bundle/keys.ts";
import { makeFolder } from "../support/folder.ts";
import { makeLifecycle, makeSource, revisionInForce } from "../support/switching.ts";

const CHILD = fileURLToPath(new URL("../support/switching-child.ts", import.meta.url));
const IS_DENO = "deno" in process.versions;
/** Two hundred on Node; fewer where a process takes longer to begin, for what happens on disk is the same. */
const MOMENTS = IS_DENO ? 40 : 200;
/** About how long a switch takes. */
const SWITCH_MS = 12;
const LANES = 2;

describe("a proxy that is ended in the middle of a switch", () => {
  it(`has the old bundle or the new one after it, whole, at ${MOMENTS} moments`, { timeout: 900_000 }, async (t) => {
    const { privateKey, publicKey } = generateKeyPair();
    const landed = { whileSwitching: 0, revisions: 0 };
    const lane = async (): Promise<void> => {
      const folder = makeFolder({ key: privateKey, "key.pub": publicKey });
      const state = join(folder.path, "state");
      let before = 0;
      for (let moment = 0; moment < MOMENTS / LANES; moment++) {
        const told = await runAndKill([state, join(folder.path, "key"), join(folder.path, "key.pub")]);
        const lifecycle = makeLifecycle(makeSource(), { state, publicKey });
        await lifecycle.start();
        const after = revisionInForce(lifecycle) ?? 0;
        lifecycle.stop();
        // What was told to be over is in force; what was under way is, or is not.
        assert.ok(after === told || after === told + 1, `told ${told}, in force ${after}`);
        assert.ok(after >= before, `${before} was in force before, and ${after} is`);
        if (after > told) landed.whileSwitching += 1;
        before = after;
      }
      landed.revisions += before;
      folder.remove();
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    t.diagnostic(
      `${landed.revisions} switches; ${landed.whileSwitching} ends came after the pointer and before the end`,
    );
  });
});

/** Starts a process that switches, ends it at some moment, and tells the last revision that it was done with. */
async function runAndKill(args: readonly string[]): Promise<number> {
  const runtime = IS_DENO ? ["run", "-A", "--no-check", "--quiet"] : [];
  const child = spawn(process.execPath, [...runtime, CHILD, ...args], {
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
  assert.equal(errors, "");
  await setTimeout(randomInt(0, 2 * SWITCH_MS));
  child.kill("SIGKILL");
  await ended;
  return Number(output.trim().split("\n").at(-1));
}
