/** The files that are written by a program and committed; `npm run check` compares them with what the program would write. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

interface GeneratedOptions {
  /** What writes them, for whoever finds that they are not current. */
  readonly command?: string;
  /** A folder in which nothing else lies: what else is there was generated once, and is removed. */
  readonly folder?: string;
  readonly args?: readonly string[];
}

/** Texts by path. With `--check` among the arguments nothing is written, and what is not current ends the process with 1. */
export function writeGenerated(
  files: ReadonlyMap<string, string>,
  { command = "npm run generate", folder, args = process.argv }: GeneratedOptions = {},
): void {
  const there = folder !== undefined && existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  const left = there.filter((path) => !files.has(path));
  const stale = [...files].filter(([path, text]) => !existsSync(path) || readFileSync(path, "utf8") !== text);
  if (args.includes("--check")) {
    report([...stale.map(([path]) => path), ...left], command);
    return;
  }
  for (const path of left) rmSync(path, { recursive: true });
  for (const [path, text] of stale) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

function report(paths: readonly string[], command: string): void {
  if (paths.length === 0) return;
  console.error(`Not current: ${paths.map((path) => relative(process.cwd(), path)).join(", ")}. Run \`${command}\`.`);
  process.exitCode = 1;
}
