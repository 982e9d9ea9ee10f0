/** `npm run build`: what the npm package has beside the sources. TypeScript's own output, oclif's manifest, and the commit. */
import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Plugin } from "@oclif/core";
import { ownPackage } from "../own-package.ts";

const { root } = ownPackage(import.meta.url);
const dist = join(root, "dist");
const COMMENTS = /\/\*.*?\*\/|^\/\/[^\n]*/gms;

rmSync(dist, { recursive: true, force: true });
compile();
declareTypes();
writeJson("oclif.manifest.json", await commandManifest());
writeJson("build.json", { commit: commit(), version: ownPackage(import.meta.url).pjson.version });

/** tsconfig.build.json says which of the sources are built. Modules of types alone leave nothing that anybody imports. */
function compile(): void {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  execFileSync(process.execPath, [tsc, "--project", join(root, "tsconfig.build.json")], { stdio: "inherit" });
  for (const path of globSync("**/*.js", { cwd: dist }).map((path) => join(dist, path)))
    if (readFileSync(path, "utf8").replace(COMMENTS, "").trim() === "export {};") rmSync(path);
}

/**
 * `cordon/types`: what Cordon's JSON and files hold, for programs in TypeScript. What is made from the schemas is nothing but declarations
 * with names that differ, so one file holds them all. It is of no module system, which every way of resolving modules takes.
 */
function declareTypes(): void {
  const files = globSync("schemas/types/*.ts", { cwd: root }).sort();
  mkdirSync(join(root, "types"), { recursive: true });
  writeFileSync(
    join(root, "types", "index.d.ts"),
    files.map((path) => readFileSync(join(root, path), "utf8")).join("\n"),
  );
  writeJson("types/package.json", { type: "commonjs" });
}

/** What oclif would read of each command at each start, from the commands as they were built; in an order that no disk chooses. */
async function commandManifest(): Promise<Plugin["manifest"]> {
  const built = ownPackage(pathToFileURL(join(dist, "cli", "bin", "run.js")).href);
  const plugin = new Plugin({
    ...built,
    name: built.pjson.name,
    ...{ isRoot: true, ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true },
  });
  await plugin.load();
  const { commands, ...manifest } = plugin.manifest;
  const sorted = Object.entries(commands).sort(([a], [b]) => (a < b ? -1 : 1));
  return { ...manifest, commands: Object.fromEntries(sorted) };
}

/** The commit that is checked out; what is not committed is warned of, for the package will not say so. */
function commit(): string {
  const git = (...args: string[]) => execFileSync("git", ["-C", root, ...args], { encoding: "utf8" }).trim();
  const changed = git("status", "--porcelain", "--untracked-files=no");
  if (changed !== "") console.error(`warning: what is built is not what is committed:\n${changed}`);
  return git("rev-parse", "--verify", "HEAD");
}

function writeJson(name: string, value: object): void {
  writeFileSync(join(root, name), `${JSON.stringify(value)}\n`);
}
