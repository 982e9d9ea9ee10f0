/** Files that are read because others name them: `-r base.txt` of pip's requirements files. */
import { existsSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, join, resolve, sep } from "node:path";
import { CordonError } from "../../core/errors.ts";
import { type ReadInventory, readInventory, readPart } from "../inventory/inventory.ts";
import { unreadable } from "../inventory/places.ts";
import type { OtherFile } from "../inventory/reader.ts";
import { readInventoryText } from "../inventory/text.ts";
import { gitAround } from "./inputs.ts";

const MAX_DEPTH = 20;
const MAX_FILES = 1000;

export interface Part {
  readonly path: string;
  readonly found: ReadInventory;
}

/**
 * A file with all that it names, each once, the file itself first. A repository may be a stranger's: what lies outside of it
 * is not read, also not through links. Throws FILE_UNREADABLE, FILE_TOO_LARGE.
 */
export function readParts(path: string): Part[] {
  const parts: Part[] = [];
  const known = new Set<string>();
  const add = (at: string, found: ReadInventory, depth: number): void => {
    known.add(resolve(at));
    if (parts.length >= MAX_FILES)
      throw new CordonError("FILE_TOO_LARGE", `${path} names more than ${MAX_FILES} files`);
    const [inside, outside] = found.others.length === 0 ? [[], []] : split(at, found.others, topOf(path));
    const reason = "lies outside of the repository, and is not read";
    const left = outside.map(({ named, line }) => ({ name: named, line, reason }));
    parts.push({ path: at, found: { ...found, unjudged: [...found.unjudged, ...left] } });
    for (const { target, line } of inside) {
      if (known.has(resolve(target))) continue;
      if (depth >= MAX_DEPTH) throw unreadable(at, line, 1, `files name others more than ${MAX_DEPTH} deep`);
      add(target, readPart(found.kind, target, readInventoryText(target)), depth + 1);
    }
  };
  add(path, readInventory(path, readInventoryText(path)), 0);
  return parts;
}

/** The work tree that it lies in; where there is none, its folder. */
function topOf(path: string): string {
  return realpathSync(gitAround(dirname(path)) ?? dirname(path));
}

interface Inside extends OtherFile {
  readonly target: string;
}

/** Throws FILE_UNREADABLE for what is not there. */
function split(at: string, others: readonly OtherFile[], top: string): [inside: Inside[], outside: OtherFile[]] {
  const [inside, outside]: [Inside[], OtherFile[]] = [[], []];
  for (const other of others) {
    const target = targetOf(at, other);
    const isThere = existsSync(target);
    if (!isWithin(isThere ? realpathSync(target) : target, top)) outside.push(other);
    else if (isThere) inside.push({ ...other, target });
    else
      throw unreadable(at, other.line, 1, `it names ${other.path}, which is not there`, "Give a folder that has it.");
  }
  return [inside, outside];
}

/** Pip reads it from the folder of the file that names it. */
export function targetOf(at: string, { path }: OtherFile): string {
  return isAbsolute(path) ? path : join(dirname(at), path);
}

function isWithin(path: string, top: string): boolean {
  return resolve(path).startsWith(top.endsWith(sep) ? top : `${top}${sep}`);
}
