/** Files into a folder that may hold others: what is there is never written over, and never reached through a link. */
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { CordonError, messageOf } from "../../core/errors.ts";
import type { SourceFile } from "../../core/source/files.ts";

export interface Placement {
  readonly write: readonly SourceFile[];
  /** There already, with other bytes. */
  readonly kept: readonly string[];
  /** There already, with the same bytes. */
  readonly unchanged: readonly string[];
}

type State = "free" | "same" | "other";

/** What would happen to each file. Throws USAGE where a folder is needed and something else lies there. */
export function planFiles(dir: string, files: readonly SourceFile[]): Placement {
  const there = statSync(dir, { throwIfNoEntry: false });
  if (there && !there.isDirectory())
    throw new CordonError("USAGE", `${dir} is no folder`, { next: "Give the folder to write to, new or not." });
  const states = files.map((file) => ({ file, state: there ? stateOf(dir, file) : "free" }));
  const pathsIn = (wanted: State) => states.filter(({ state }) => state === wanted).map(({ file }) => file);
  return {
    write: pathsIn("free"),
    kept: pathsIn("other").map(({ path }) => path),
    unchanged: pathsIn("same").map(({ path }) => path),
  };
}

function stateOf(dir: string, { path, text }: SourceFile): State {
  for (const folder of foldersOf(path)) {
    const found = lstatSync(join(dir, folder), { throwIfNoEntry: false });
    if (!found) return "free";
    // A link would lead what is written out of the folder that was named.
    if (!found.isDirectory())
      throw new CordonError(
        "USAGE",
        `${join(dir, folder)} is no folder${found.isSymbolicLink() ? ", but a link" : ""}`,
        {
          next: "Move it away, or choose another folder. Nothing was written.",
        },
      );
  }
  const file = join(dir, path);
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (!found) return "free";
  const bytes = Buffer.from(text);
  return found.isFile() && found.size === bytes.length && readFileSync(file).equals(bytes) ? "same" : "other";
}

/** `a`, `a/b` of `a/b/c`. */
function foldersOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** Writes all of them, or takes back what it wrote. Throws FILE_UNREADABLE. */
export function writeFiles(dir: string, files: readonly SourceFile[]): void {
  const done: (() => void)[] = [];
  try {
    for (const { path, text } of files) {
      const file = join(dir, path);
      makeFolder(dirname(file), done);
      // Who made the file meanwhile keeps it: `wx` neither replaces nor follows.
      const descriptor = openSync(file, "wx", 0o644);
      done.push(() => rmSync(file, { force: true }));
      try {
        writeFileSync(descriptor, text);
      } finally {
        closeSync(descriptor);
      }
    }
  } catch (cause) {
    for (const undo of done.reverse()) undo();
    throw new CordonError("FILE_UNREADABLE", `${dir} cannot be written to, and nothing was: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function makeFolder(folder: string, done: (() => void)[]): void {
  if (lstatSync(folder, { throwIfNoEntry: false })) return;
  makeFolder(dirname(folder), done);
  mkdirSync(folder);
  done.push(() => {
    try {
      rmdirSync(folder);
    } catch {
      // somebody else has put something there
    }
  });
}
