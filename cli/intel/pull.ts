/** Brings a feed's snapshot up to date: whole or not at all, with the last good one kept on every failure. */
import { checkOsvRecord } from "../../core/advisories/osv.ts";
import { CordonError, messageOf } from "../../core/errors.ts";
import { createFetch } from "../../core/http.ts";
import { formatInstant } from "../../core/time.ts";
import { oneLine } from "../../core/words.ts";
import type { OsvRecord } from "../../schemas/types/advisory.ts";
import type { Feed } from "../../schemas/types/cordon.ts";
import { requireOwnState } from "../own-state.ts";
import { pullDirectory } from "./directory.ts";
import { pullGit } from "./git.ts";
import { pullOsvExport } from "./osv-export.ts";
import { FeedSnapshot, type SnapshotStatus, snapshotDir } from "./snapshot.ts";
import type { Progress, PullContext, Pulled, RecordText } from "./source.ts";
import { pullUrl } from "./url.ts";

export interface PullResult {
  readonly name: string;
  readonly changed: boolean;
  readonly before: SnapshotStatus | undefined;
  readonly status: SnapshotStatus;
}

/** A feed that failed, and kept the snapshot that it had. */
export interface PullFailure {
  readonly name: string;
  readonly error: { readonly code: string; readonly message: string; readonly next: string };
}

export interface TryOptions {
  readonly progress: Progress;
  /** Takes the feed as it is, although it lost many records or went back in time. */
  readonly accept: boolean;
}

const DEFAULT_SHRINK = 0.1;
const MAX_RECORD = 8 * 1024 * 1024;

/** Pulls one feed of a repository into its place, by the machine's clock; what fails is told and not thrown. */
export async function tryPullFeed(
  feed: Feed,
  repository: string,
  { progress, accept }: TryOptions,
): Promise<PullResult | PullFailure> {
  const dir = snapshotDir(repository, feed.name);
  try {
    await requireOwnState(repository);
    const context = { repository, dir, fetch: createFetch(), now: () => new Date(), progress };
    return await pullFeed(feed, context, accept);
  } catch (cause) {
    const failure =
      cause instanceof CordonError ? cause : new CordonError("FEED_MALFORMED", messageOf(cause), { cause });
    return { name: feed.name, error: { code: failure.code, message: failure.message, next: failure.next } };
  }
}

/** Pulls one feed. Throws FEED_* and UPSTREAM_* failures; the snapshot is then as it was. */
export async function pullFeed(feed: Feed, context: PullContext, accept: boolean): Promise<PullResult> {
  const snapshot = new FeedSnapshot(context.dir);
  try {
    const before = snapshot.status();
    const pulled = await readSource(feed, context, snapshot);
    const fetched = formatInstant(context.now());
    if (pulled.kind === "unchanged" && snapshot.tableFile() !== undefined) {
      snapshot.set("fetched", fetched);
    } else {
      // The table is part of it, so that no crash leaves new records with an old table.
      await snapshot.transaction(async () => {
        snapshot.set("fetched", fetched);
        if (pulled.kind !== "unchanged") {
          await store(pulled, snapshot, context.progress);
          if (!accept) refuseLoss(feed, before, snapshot.status());
        }
        context.progress("compiling", 0);
        await snapshot.writeTable();
      });
    }
    const status = snapshot.status();
    if (!status) throw new CordonError("FEED_MALFORMED", `the feed ${feed.name} left no snapshot`);
    return { name: feed.name, changed: pulled.kind !== "unchanged", before, status };
  } finally {
    snapshot.close();
  }
}

function readSource(feed: Feed, context: PullContext, snapshot: FeedSnapshot): Promise<Pulled> {
  switch (feed.kind) {
    case "directory":
      return pullDirectory(feed, context);
    case "url":
      return pullUrl(feed, context, snapshot);
    case "osv-export":
      return pullOsvExport(feed, context, snapshot);
    case "git":
      return pullGit(feed, context, snapshot);
  }
}

async function store(
  pulled: Exclude<Pulled, { kind: "unchanged" }>,
  snapshot: FeedSnapshot,
  progress: Progress,
): Promise<void> {
  if (pulled.kind === "whole") {
    snapshot.clear();
    snapshot.set("problems", undefined);
  }
  for (const path of pulled.outdated ?? []) snapshot.forgetFile(path);
  let done = 0;
  for await (const item of pulled.records) {
    storeOne(item, snapshot);
    if (++done % 500 === 0) progress("records", done);
  }
  progress("records", done);
  snapshot.count();
  snapshot.set("version", pulled.version ?? undefined);
  for (const [key, value] of Object.entries(pulled.keep ?? {})) snapshot.set(key, value);
}

/** What is no OSV record is counted and listed, never skipped in silence. */
function storeOne({ path, line, text }: RecordText, snapshot: FeedSnapshot): void {
  const record = parseRecord(text);
  if (typeof record === "string") snapshot.reject(path, line ?? 0, oneLine(record, 200));
  else snapshot.put(record, path);
}

/** The record, or what keeps the text from being one. */
function parseRecord(text: string): OsvRecord | string {
  if (text.length > MAX_RECORD) return `longer than ${MAX_RECORD} characters`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `not JSON: ${messageOf(error)}`;
  }
  if (checkOsvRecord.is(value)) return value;
  const [issue] = checkOsvRecord(value);
  return ["not an OSV record:", ...(issue ? [issue.path.join("."), issue.message] : [])].filter(Boolean).join(" ");
}

/** Records alone do not tell: all of them can be withdrawn or emptied, and still be there. */
const SIZES = [
  ["records", "records"],
  ["effective", "records that affect something"],
  ["packages", "packages"],
] as const;

/** A feed that lost much, or went back in time, was broken or tampered with, unless somebody says otherwise. */
function refuseLoss(feed: Feed, before: SnapshotStatus | undefined, after: SnapshotStatus | undefined): void {
  if (!before || !after) return;
  for (const [key, what] of SIZES) {
    if (1 - after[key] / before[key] > (feed.maxShrink ?? DEFAULT_SHRINK))
      throw new CordonError("FEED_SHRUNK", `the feed ${feed.name} has ${after[key]} ${what}, and had ${before[key]}`);
  }
  if (before.newest !== null && (after.newest === null || after.newest < before.newest)) {
    throw new CordonError(
      "FEED_SHRUNK",
      `the feed ${feed.name} went back in time: its newest record is of ${after.newest ?? "no time"}, and was of ${before.newest}`,
    );
  }
}
