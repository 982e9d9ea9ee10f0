/** A folder of records on disk, or one file of them. */
import { type Dirent, readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { CordonError, messageOf } from "../../core/errors.ts";
import type { Feed } from "../../schemas/types/cordon.ts";
import { isRecordFile, readRecordFile } from "./records.ts";
import type { PullContext, Pulled, RecordText } from "./source.ts";

export async function pullDirectory(feed: Feed, { repository }: PullContext): Promise<Pulled> {
  const top = resolve(repository, feed.path ?? ".");
  const stats = statSync(top, { throwIfNoEntry: false });
  if (!stats) throw new CordonError("FILE_UNREADABLE", `the feed ${feed.name} reads ${top}, which does not exist`);
  const files = stats.isFile() ? [top] : [...recordFiles(top)];
  if (files.length === 0)
    throw new CordonError(
      "FEED_MALFORMED",
      `the feed ${feed.name} reads ${top}, which has no .json, .ndjson or .jsonl files (or these with .gz)`,
    );
  return { kind: "whole", records: readFiles(files, top), version: null };
}

/** Sorted, so that a record that stands twice is read the same way each time. Links are not followed. */
export function* recordFiles(folder: string): Generator<string> {
  for (const entry of listSorted(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== ".git") yield* recordFiles(path);
    else if (entry.isFile() && isRecordFile(entry.name)) yield path;
  }
}

function listSorted(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw new CordonError("FILE_UNREADABLE", `${folder} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

async function* readFiles(files: readonly string[], top: string): AsyncGenerator<RecordText> {
  for (const file of files) yield* readRecordFile(file, file === top ? basename(file) : file.slice(top.length + 1));
}
