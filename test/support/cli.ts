/** The command line as people run it: a process of its own, on the runtime that the test runs on. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
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

/** What a CI, or whoever runs the tests, may have set. */
const FOREIGN = /^(npm_|.*_proxy$|force_color|actions_|github_|gh_|cordon_|sigstore_|buildkite)/i;

/** Starts `cordon ARGS…` in the checkout, without colours and without the settings of whoever runs the tests. */
export function startCordon(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  stdin: "ignore" | "pipe" = "ignore",
  stdout: "pipe" | number = "pipe",
): ChildProcessByStdio<Writable | null, Readable, Readable> {
  const runtime = "deno" in process.versions ? ["run", "-A", "--no-check"] : [];
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));
  return spawn(process.execPath, [...runtime, ENTRY, ...args], {
    cwd: ROOT,
    env: { ...env, NO_COLOR: "1", ...environment },
    stdio: [stdin, stdout, "pipe"],
  }) as ChildProcessByStdio<Writable | null, Readable, Readable>;
}

/** Runs `cordon ARGS…` to its end. */
export async function cordon(...args: readonly string[]): Promise<CliRun> {
  return cordonWith({}, ...args);
}

/** As cordon(), with more in its environment. */
export async function cordonWith(
  environment: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<CliRun> {
  const child = startCordon(args, environment);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, stdout, stderr, json: () => JSON.parse(stdout) };
}

/** Runs `cordon ARGS… > PATH` to its end. */
export async function cordonInto(path: string, ...args: readonly string[]): Promise<Pick<CliRun, "code" | "stderr">> {
  const output = openSync(path, "w");
  try {
    const child = startCordon(args, {}, "ignore", output);
    let stderr = "";
    child.stderr.on("data", (chunk) => (stderr += chunk));
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { code, stderr };
  } finally {
    closeSync(output);
  }
}
