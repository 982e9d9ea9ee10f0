/** The npm package as `npm pack` makes it, and installs of it. The settings of whoever runs this say which registry the rest comes from. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
export const BIN = join(ROOT, "node_modules", ".bin");

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What npm tells of the script that these tests run in would be taken for settings of the folder. */
const OF_THE_SCRIPT = /^(npm_(package_|lifecycle_|command$|config_local_prefix$)|node_options$|init_cwd$)/i;

/** Runs a program to its end, on this Node and without colours. */
export function runIn(
  cwd: string,
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const inherited = Object.entries(process.env).filter(([name]) => !OF_THE_SCRIPT.test(name) && name !== "FORCE_COLOR");
  const PATH = [dirname(process.execPath), BIN, process.env["PATH"]].join(":");
  const env = { ...Object.fromEntries(inherited), PATH, NO_COLOR: "1", ...environment };
  return new Promise((resolve) => {
    const options = { cwd, env, timeout: 300_000, maxBuffer: 64 * 1024 * 1024 };
    execFile(command, [...args], options, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === "number" ? error.code : -1) : 0;
      resolve({ code, stdout, stderr: error && code === -1 ? `${stderr}${error.message}` : stderr });
    });
  });
}

export interface Packed {
  readonly tarball: string;
  readonly size: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** A folder that goes away with the process: what is in it is for all tests. */
function makeSharedFolder(name: string): string {
  const path = mkdtempSync(join(tmpdir(), `cordon-${name}-`));
  process.once("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}

let packed: Promise<Packed> | undefined;

/** Builds and packs the checkout; once, however often it is asked for. */
export function pack(): Promise<Packed> {
  packed ??= packInto(ROOT, makeSharedFolder("packed"));
  return packed;
}

/** Builds and packs a checkout. */
export async function packInto(checkout: string, folder: string): Promise<Packed> {
  const { code, stdout, stderr } = await runIn(checkout, "npm", ["pack", "--json", "--pack-destination", folder]);
  assert.equal(code, 0, stderr);
  const [{ filename, size, files }] = JSON.parse(stdout);
  return { tarball: join(folder, filename), size, files };
}

let installed: Promise<string> | undefined;

/** A folder into which npm installed the package; once, however often it is asked for. */
export function install(): Promise<string> {
  installed ??= installInto(makeSharedFolder("installed"));
  return installed;
}

async function installInto(folder: string): Promise<string> {
  const { tarball } = await pack();
  const args = ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error", tarball];
  const { code, stderr } = await runIn(folder, "npm", args);
  assert.equal(code, 0, stderr);
  return folder;
}
