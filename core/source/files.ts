/** Files from disk, bounded: a policy repository may be somebody else's. */
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { CordonError, messageOf } from "../errors.ts";

/** A text file of a folder; `path` is relative to its top, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const MAX_TEXT_BYTES = 8 * 1024 * 1024;
const MAX_FILES = 50_000;

/** A text file of at most 8 MiB. Throws FILE_UNREADABLE, FILE_TOO_LARGE. */
export function readText(path: string): string {
  return Buffer.from(readBytes(path, MAX_TEXT_BYTES)).toString("utf8");
}

/** As readText(), of a file that lies in `top` also when its links are followed: a repository must not read what lies beside it. */
export function readTextWithin(top: string, path: string): string {
  const file = join(top, path);
  if (existsSync(file) && !realpathSync(file).startsWith(`${realpathSync(top)}${sep}`))
    throw new CordonError("FILE_UNREADABLE", `${path} does not lie in ${top}`);
  return readText(file);
}

/** A file of at most `maxBytes`. Throws FILE_UNREADABLE, FILE_TOO_LARGE. */
export function readBytes(path: string, maxBytes: number): Uint8Array {
  let bytes: Uint8Array;
  try {
    const { size } = statSync(path);
    if (size > maxBytes) throw new CordonError("FILE_TOO_LARGE", `${path} has ${size} bytes; the limit is ${maxBytes}`);
    bytes = readFileSync(path);
  } catch (cause) {
    if (cause instanceof CordonError) throw cause;
    throw new CordonError("FILE_UNREADABLE", `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
  if (bytes.length > maxBytes)
    throw new CordonError("FILE_TOO_LARGE", `${path} has ${bytes.length} bytes; the limit is ${maxBytes}`);
  return bytes;
}

/**
 * The text files below `top/folder` whose names end in one of `endings`, sorted by path; none where the folder does
 * not exist. Symbolic links are not followed, the folder itself included: a repository must not read what lies beside it,
 * nor rules from a place where nobody looks for them.
 */
export function readFolder(top: string, folder: string, endings: readonly string[]): SourceFile[] {
  const files: SourceFile[] = [];
  const visit = (relative: string): void => {
    for (const entry of listFolder(join(top, relative))) {
      const path = `${relative}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
        files.push({ path, text: readText(join(top, path)) });
      if (files.length > MAX_FILES)
        throw new CordonError("FILE_TOO_LARGE", `${join(top, folder)} has more than ${MAX_FILES} files`);
    }
  };
  if (!isLink(join(top, folder))) visit(folder);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Writes the whole file or nothing: a reader, or a crash, never meets half of it. */
export function writeWhole(path: string, content: Uint8Array | string, mode = 0o644): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, content, { mode, flush: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** As writeWhole(), for large files in a process that serves: it waits for the disk, but holds nobody up. */
export async function writeWholeLater(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, content, { mode: 0o644, flush: true });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * What lies below `top/folder` and readFolder() does not take: other endings, links. Names that begin with a dot, and
 * texts for people, are nobody's policy.
 */
export function listStrays(top: string, folder: string, endings: readonly string[]): string[] {
  if (isLink(join(top, folder))) return [folder];
  return listFolder(join(top, folder)).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.name.startsWith(".") || /\.(md|txt)$/.test(entry.name)) return [];
    if (entry.isDirectory()) return listStrays(top, path, endings);
    return entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)) ? [] : [path];
  });
}

/** The links at and below `top/folder`, which readFolder() does not follow. */
export function listLinks(top: string, folder: string): string[] {
  if (isLink(join(top, folder))) return [folder];
  return listFolder(join(top, folder)).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return listLinks(top, path);
    return entry.isSymbolicLink() ? [path] : [];
  });
}

export function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function listFolder(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new CordonError("FILE_UNREADABLE", `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
