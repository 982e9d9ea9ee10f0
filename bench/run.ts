/**
 * How long people wait. Prints figures as ratios to a reference in the same run, for a machine's speed says nothing;
 * nothing is asserted. `node bench/run.ts --clone` also times a fresh clone.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { medianOf } from "./measure.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const RUNS = 5;

function timeCommand(args: readonly string[], cwd = root, command = process.execPath): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(command, args, { cwd, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}: ${stderr.slice(-2000)}`);
  return performance.now() - start;
}

/** From the start of the process until /-/readyz answers 200. */
async function timeColdStart(port: number): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, ["cli/bin/quickstart.ts"], {
    cwd: root,
    env: { ...process.env, PORT: String(port) },
    stdio: "ignore",
  });
  try {
    for (let tries = 0; tries < 600; tries++) {
      try {
        if ((await fetch(`http://127.0.0.1:${port}/-/readyz`)).ok) return performance.now() - start;
      } catch {
        // not listening yet
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error("the proxy did not become ready");
  } finally {
    child.kill();
  }
}

const empty = await medianOf(RUNS, () => timeCommand(["-e", ""]));
const row = (name: string, milliseconds: number) =>
  console.log(
    `${name.padEnd(34)} ${milliseconds.toFixed(0).padStart(7)} ms ${(milliseconds / empty).toFixed(1).padStart(7)} x`,
  );

row("an empty program (the reference)", empty);
row(
  "cordon policy test policies",
  await medianOf(RUNS, () => timeCommand(["cli/bin/run.ts", "policy", "test", "policies"])),
);
row(
  "cordon policy lint policies",
  await medianOf(RUNS, () => timeCommand(["cli/bin/run.ts", "policy", "lint", "policies"])),
);
row("cold start to ready", await medianOf(RUNS, (run) => timeColdStart(48_730 + run)));

if (process.argv.includes("--clone")) {
  const folder = mkdtempSync(join(tmpdir(), "cordon-clone-"));
  try {
    row("git clone", timeCommand(["clone", "--quiet", root, join(folder, "cordon")], root, "git"));
    row("first npm run setup", timeCommand(["run", "--silent", "setup"], join(folder, "cordon"), "npm"));
    row("second npm run setup", timeCommand(["run", "--silent", "setup"], join(folder, "cordon"), "npm"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
