import type { ReleaseId } from "../../core/purl.ts";
import type { Release } from "../../schemas/types/facts.ts";

/** A file that may name releases. */
export interface InventoryFile {
  /** As it was given, for messages. */
  readonly path: string;
  /** The last part of the path. */
  readonly name: string;
  readonly text: string;
  /** The document, where the text is JSON; undefined elsewhere. Parsed when it is first asked for. */
  readonly json: unknown;
}

/** Reads one kind of file. */
export interface InventoryReader {
  readonly kind: string;
  /** What such files are called, in words. */
  readonly files: string;
  /** By what stands in it; by its name only where kinds look alike, or where it is too broken to tell. */
  recognizes(file: InventoryFile): boolean;
  /** Throws FILE_UNREADABLE with `path:line:column` where it is not what it should be: a part is never taken for the whole. */
  read(file: InventoryFile): Inventory;
}

/** What a file names, in its order. The same release may stand there more than once. */
export interface Inventory {
  readonly releases: readonly NamedRelease[];
  readonly unjudged: readonly Unjudged[];
  /** Files of its kind that it takes for parts of itself; left out: none. */
  readonly others?: readonly OtherFile[];
}

/** A file that another one names, by a path from there. */
export interface OtherFile {
  readonly path: string;
  /** How it is named there: `-r base.txt`. */
  readonly named: string;
  readonly line: number;
}

export interface NamedRelease {
  readonly id: ReleaseId;
  /** The line that names it, from 1. */
  readonly line: number;
  /** What the file calls the entry, where that is not the release's name and version: an alias, or what an address contradicts. */
  readonly called?: string;
  /** Facts that the file tells itself, for decisions without a registry. */
  readonly told?: Pick<Release, "published" | "digests">;
  /** Whether an install runs scripts of it, where the file says so. */
  readonly runsScripts?: boolean;
  /** The CI job that names it, where a log tells. */
  readonly job?: string;
}

/** What an install would take from elsewhere than a registry, or in a version that the file leaves open. */
export interface Unjudged {
  readonly name: string;
  /** Or the address, the commit or the folder that stands in its place; left out where an entry has neither, and where it is none. */
  readonly version?: string;
  readonly line: number;
  /** As the end of a sentence: `comes from git`, `is not pinned to a version`. */
  readonly reason: string;
}
