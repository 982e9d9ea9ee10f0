/** The command lines for Deno in docs/DEPLOYING.md, as a person copies them. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const INSTALLED = "node_modules/cordon/dist/cli/bin/run.js";

/** The lines of the block that this comment stands before, without the program's name. */
export function denoLines(mark: "proxy" | "policy", path = "docs/DEPLOYING.md"): string[][] {
  const text = readFileSync(`${ROOT}${path}`, "utf8");
  const [, block = ""] = new RegExp(`<!-- ${mark} -->\n\`\`\`sh\n(.*?)\`\`\``, "s").exec(text) ?? [];
  return block
    .replaceAll("\\\n", " ")
    .split("\n")
    .filter((line) => line.startsWith("deno "))
    .map((line) => line.trim().split(/\s+/).slice(1));
}

export interface Places {
  /** HOST:PORT to listen at. */
  readonly listen: string;
  readonly registry: URL;
}

/** The line with another address and another upstream than the document's. */
export function placed(line: readonly string[], { listen, registry }: Places): string[] {
  return line.map((word) =>
    word
      .replaceAll("127.0.0.1:4873", listen)
      .replaceAll("https://registry.example/", registry.href)
      .replaceAll("registry.example:443", registry.host),
  );
}

/** The line for the checkout's sources in place of an installed package. */
export function fromSources(line: readonly string[]): string[] {
  return line.map((word) =>
    word === INSTALLED ? `${ROOT}cli/bin/run.ts` : word.replace(/(--allow-read=(?:.*,)?)node_modules\b/, `$1${ROOT}`),
  );
}

/** The line without one thing that it allows: `allow-read state`, or the whole flag where nothing is named. */
export function without(line: readonly string[], flag: string, value?: string): string[] {
  return line.flatMap((word) => {
    if (word.split("=", 1)[0] !== `--${flag}`) return [word];
    const left = word
      .slice(flag.length + 3)
      .split(",")
      .filter((one) => value !== undefined && one !== value);
    return left.length === 0 ? [] : [`--${flag}=${left.join(",")}`];
  });
}

export interface DenoRun {
  readonly code: number | null;
  /** Standard output and error. */
  readonly output: string;
}

/**
 * Runs a line in a folder to its end, with nothing in its environment but what Deno needs and what is given. With `listen`: until that
 * address answers; then `use` is called, and SIGTERM sent.
 */
export async function runDeno(
  line: readonly string[],
  cwd: string,
  {
    listen,
    use,
    environment = {},
  }: { listen?: string; use?: () => Promise<void>; environment?: Record<string, string> } = {},
): Promise<DenoRun> {
  const child = spawn(`${ROOT}node_modules/.bin/deno`, [...line], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: cwd, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  let hasEnded = false;
  const ended = once(child, "close").then(([code]) => {
    hasEnded = true;
    return code as number | null;
  });
  try {
    while (listen !== undefined && !hasEnded && !(await isAlive(listen))) await setTimeout(20);
    assert.ok(!hasEnded || use === undefined, output);
    await use?.();
  } finally {
    if (listen !== undefined) child.kill("SIGTERM");
  }
  return { code: await ended, output };
}

async function isAlive(address: string): Promise<boolean> {
  try {
    // Somebody else may have come first to the port, and not answer.
    return (await fetch(`http://${address}/-/healthz`, { signal: AbortSignal.timeout(2000) })).ok;
  } catch {
    return false;
  }
}
