/** The command line as people run it: a process of its own, on the runtime that the test runs on. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const ENTRY = fileURLToPath(new URL("../../cli/bin/run.ts", import.meta.url));
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What `--json` printed. */
  json(): unknown;
}

/** Starts `cordon ARGS…` in the checkout, without colours and without the settings of whoever runs the tests. */
export function startCordon(args: readonly string[]) {
  const runtime = "deno" in process.versions ? ["run", "-A", "--no-check"] : [];
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|.*_proxy$|force_color)/i.test(name)),
  );
  return spawn(process.execPath, [...runtime, ENTRY, ...args], {
    cwd: ROOT,
    env: { ...env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Runs `cordon ARGS…` to its end. */
export async function cordon(...args: readonly string[]): Promise<CliRun> {
  const child = startCordon(args);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, stdout, stderr, json: () => JSON.parse(stdout) };
}
