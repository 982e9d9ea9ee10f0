/** The files that are written by a program and committed: `npm run generate` writes them, `npm run check` compares them. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";

/** Texts by path. With `--check` among the arguments nothing is written, and what is not current ends the process with 1. */
export function settle(files: ReadonlyMap<string, string>, args: readonly string[] = process.argv): void {
  const stale = [...files].filter(([path, text]) => !existsSync(path) || readFileSync(path, "utf8") !== text);
  if (!args.includes("--check")) {
    for (const [path, text] of stale) writeFileSync(path, text);
    return;
  }
  if (stale.length === 0) return;
  const names = stale.map(([path]) => relative(process.cwd(), path));
  console.error(`Not current: ${names.join(", ")}. Run \`npm run generate\`.`);
  process.exitCode = 1;
}
