/** Files that may name releases, below the paths that were given. */
import { closeSync, type Dirent, existsSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { CordonError, messageOf } from "../../core/errors.ts";

/** A file to read. */
export interface InputFile {
  readonly path: string;
  /** The git repository that it lies in; where there is none, the folder below the path that was given. */
  readonly repository: string;
  /** Whether it was given itself: then it has to be readable. */
  readonly isNamed: boolean;
}

export interface Inputs {
  readonly files: readonly InputFile[];
  readonly unreachable: readonly { readonly path: string; readonly reason: string }[];
}

const MAX_DEPTH = 64;
const MAX_FILES = 100_000;
/** Enough of a JSON document to see what it is. */
const HEAD_BYTES = 4096;

/** What is installed, vendored or kept there is no project's own. */
const SKIPPED = new Set([
  ...["node_modules", "bower_components", "vendor", "site-packages", "__pycache__", "venv"],
  ...[".git", ".hg", ".svn", ".cordon", ".venv", ".tox", ".nox", ".cargo", ".npm", ".yarn", ".pnpm-store", ".cache"],
]);

/** Names that are worth a look at the content, which then says what a file is. */
const NAMES =
  /\.lock$|pnpm-lock.*\.ya?ml$|(package-lock|npm-shrinkwrap)\.json$|^pylock.*\.toml$|(^|\.)go\.(mod|sum)$|\.(txt|log|purls|list)$/i;

/** What stands at the beginning of the other JSON documents that are read: inventories, and what tools print. */
const JSON_HEAD =
  /"(bomFormat|spdxVersion|lockfileVersion|_meta|pip_version|workspace_members|workspace_root)"\s*:|^\s*\{\s*"Path"\s*:|"resolved"\s*:\s*"https?:|"@context"\s*:\s*\[?\s*"[^"]{0,200}\bspdx\b|"software_Package"/;

/** And of a pnpm-lock.yaml that is called otherwise. */
const YAML_HEAD = /^lockfileVersion:/m;

/** Sorted by path within each path that was given, each file once. Throws USAGE for a path that is not there. */
export function findInputs(paths: readonly string[]): Inputs {
  const files = new Map<string, InputFile>();
  const unreachable: Inputs["unreachable"][number][] = [];
  const add = (file: InputFile): void => {
    const key = resolve(file.path);
    if (!files.has(key) || file.isNamed) files.set(key, file);
    if (files.size > MAX_FILES)
      throw new CordonError("FILE_TOO_LARGE", `there are more than ${MAX_FILES} files to read`, {
        next: "Give fewer folders at a time.",
      });
  };
  for (const path of paths) {
    if (!existsSync(path))
      throw new CordonError("USAGE", `there is no file or folder ${path}`, { next: "Check the path." });
    if (!statSync(path).isDirectory()) {
      const folder = dirname(path);
      add({ path, repository: shown(gitAround(folder) ?? folder), isNamed: true });
      continue;
    }
    walk(path, gitAround(path), 0, add, (at, reason) => unreachable.push({ path: at, reason }));
  }
  return { files: [...files.values()], unreachable };
}

/** Links are not followed: what they lead to is met where it lies, or is not part of what was given. */
function walk(
  folder: string,
  around: string | undefined,
  depth: number,
  add: (file: InputFile) => void,
  giveUp: (path: string, reason: string) => void,
): void {
  const repository = existsSync(join(folder, ".git")) ? folder : around;
  for (const entry of list(folder, giveUp)) {
    const path = join(folder, entry.name);
    if (entry.isFile() && isWorthReading(path)) add({ path, repository: shown(repository ?? folder), isNamed: false });
    if (!entry.isDirectory() || SKIPPED.has(entry.name) || existsSync(join(path, "CACHEDIR.TAG"))) continue;
    // Below what is no repository, each folder is taken for one.
    if (depth < MAX_DEPTH) walk(path, repository ?? (depth === 0 ? path : undefined), depth + 1, add, giveUp);
    else giveUp(path, `lies more than ${MAX_DEPTH} folders deep`);
  }
}

function list(folder: string, giveUp: (path: string, reason: string) => void): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    giveUp(folder, `cannot be listed: ${messageOf(error)}`);
    return [];
  }
}

function isWorthReading(path: string): boolean {
  const name = basename(path);
  if (NAMES.test(name)) return true;
  if (/\.ya?ml$/.test(name)) return YAML_HEAD.test(headOf(path));
  return /\.jsonc?$/.test(name) && name !== "package.json" && JSON_HEAD.test(headOf(path));
}

function headOf(path: string): string {
  try {
    const file = openSync(path, "r");
    try {
      const head = Buffer.alloc(HEAD_BYTES);
      return head.toString("utf8", 0, readSync(file, head, 0, HEAD_BYTES, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return ""; // nobody named it, and it is no inventory as far as anyone can see
  }
}

/** The work tree that a folder lies in. */
export function gitAround(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** Relative to the current folder, where it lies in it. */
function shown(folder: string): string {
  const path = relative(".", folder);
  if (path === "") return basename(resolve(folder));
  return path.startsWith("..") ? folder : path;
}
