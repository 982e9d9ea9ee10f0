/** A git repository of OSV records, such as OSSF malicious-packages: shallow, and from then on only what changed. */
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { CordonError } from "../../core/errors.ts";
import type { Feed } from "../../schemas/types/cordon.ts";
import { openClone } from "../git/clone.ts";
import { recordFiles } from "./directory.ts";
import { isRecordFile, readRecordFile } from "./records.ts";
import type { FeedSnapshot } from "./snapshot.ts";
import type { PullContext, Pulled, RecordText } from "./source.ts";

export async function pullGit(feed: Feed, { dir, progress }: PullContext, snapshot: FeedSnapshot): Promise<Pulled> {
  const folder = join(dir, "clone");
  const top = safePath(feed);
  progress("fetching", 0);
  const clone = await openClone(folder, feed.url ?? "", feed.branch);
  const before = snapshot.get("commit");
  const commit = await clone.fetch();
  if (commit === before) return { kind: "unchanged" };
  await clone.checkOut(commit);
  const changed = before === undefined ? undefined : await clone.changes(before, commit, top);
  const keep = { commit };
  if (!changed) return { kind: "whole", records: readAll(folder, top, feed), version: commit, keep };
  const written = changed.written.filter(isRecordFile);
  return {
    kind: "changes",
    records: readSome(folder, written),
    outdated: [...written, ...changed.removed.filter(isRecordFile)],
    version: commit,
    keep,
  };
}

function safePath({ path = "", name }: Feed): string {
  if (path.startsWith("/") || path.split("/").includes(".."))
    throw new CordonError("USAGE", `the path of the feed ${name} leads out of its repository`);
  return path;
}

/** Paths are as changes() has them, from the top of the repository. */
async function* readAll(folder: string, top: string, { name }: Feed): AsyncGenerator<RecordText> {
  if (!existsSync(join(folder, top)))
    throw new CordonError("FEED_MALFORMED", `the repository of the feed ${name} has no such folder as its path names`);
  for (const file of recordFiles(join(folder, top))) yield* readRecordFile(file, relative(folder, file));
}

async function* readSome(folder: string, paths: readonly string[]): AsyncGenerator<RecordText> {
  for (const path of paths) yield* readRecordFile(join(folder, path), path);
}
