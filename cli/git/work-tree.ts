/**
 * The work tree that a folder lies in, found by the nearest `.git` above it. Git alone would also take a folder for a
 * repository that is laid out as a bare one, and run what its config names: files that anybody can commit.
 */
import { existsSync, realpathSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

export interface Place {
  /** The folder with `.git`. */
  readonly top: string;
  /** Where the folder lies in it, with a slash at the end; empty at the top. */
  readonly prefix: string;
}

/** Undefined where no folder above has a `.git`, and for a folder that does not exist. */
export function placeOf(dir: string): Place | undefined {
  if (!existsSync(dir)) return undefined;
  // As git sees it: links are resolved before it looks above.
  const folder = realpathSync(dir);
  const top = [...foldersUpFrom(folder)].find((above) => existsSync(join(above, ".git")));
  if (top === undefined) return undefined;
  const path = relative(top, folder).split(sep).join("/");
  return { top, prefix: path === "" ? "" : `${path}/` };
}

/** A folder, and those above it. */
export function* foldersUpFrom(dir: string): Generator<string> {
  for (let folder = resolve(dir); ; folder = dirname(folder)) {
    yield folder;
    if (dirname(folder) === folder) return;
  }
}
