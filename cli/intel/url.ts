/** One file of records at a URL. */
import { basename, join } from "node:path";
import type { Feed } from "../../schemas/types/cordon.ts";
import { download } from "./download.ts";
import { feedUrl } from "./feed-url.ts";
import { isRecordFile, readRecordFile } from "./records.ts";
import type { FeedSnapshot } from "./snapshot.ts";
import type { PullContext, Pulled } from "./source.ts";

const TYPES = /json|gzip|octet-stream|text\/plain/;

export async function pullUrl(feed: Feed, context: PullContext, snapshot: FeedSnapshot): Promise<Pulled> {
  const url = feedUrl(feed);
  const file = join(context.dir, "download");
  const fetched = await download(url, file, snapshot.get("etag"), TYPES, context);
  if (!fetched) return { kind: "unchanged" };
  const name = basename(url.pathname);
  return {
    kind: "whole",
    records: readRecordFile(file, isRecordFile(name) ? name : `${name}.ndjson`),
    version: fetched.etag ?? null,
    ...(fetched.etag && { keep: { etag: fetched.etag } }),
  };
}
