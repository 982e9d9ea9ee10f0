/**
 * An OSV export: `ECOSYSTEM/all.zip` holds everything, `ECOSYSTEM/modified_id.csv` tells what was modified when, newest
 * first, and `ECOSYSTEM/ID.json` is one record (https://google.github.io/osv.dev/data/).
 */
import { join } from "node:path";
import { type Entry, open as openZip, type ZipFile } from "yauzl";
import { CordonError, messageOf } from "../../core/errors.ts";
import { fetchBytes } from "../../core/http.ts";
import type { PurlType } from "../../core/purl.ts";
import { formatInstant } from "../../core/time.ts";
import type { Feed } from "../../schemas/types/cordon.ts";
import { download } from "./download.ts";
import { feedUrl } from "./feed-url.ts";
import type { FeedSnapshot } from "./snapshot.ts";
import type { PullContext, Pulled, RecordText } from "./source.ts";

const FOLDERS: Readonly<Record<PurlType, string>> = { npm: "npm", pypi: "PyPI", cargo: "crates.io", golang: "Go" };
/** Above this many changes the whole export is less work. */
const MAX_INCREMENT = 2000;
/** Records that vanish are seen only in the whole export. */
const WHOLE_AGAIN_MS = 7 * 86_400_000;
const PARALLEL = 8;
const MAX_ENTRY = 8 * 1024 * 1024;
const MAX_ENTRIES = 2_000_000;
const LIST_LIMITS = { maxBytes: 256 * 1024 * 1024, timeoutMs: 60_000 };
const RECORD_LIMITS = { maxBytes: MAX_ENTRY, timeoutMs: 30_000 };

export async function pullOsvExport(feed: Feed, context: PullContext, snapshot: FeedSnapshot): Promise<Pulled> {
  const folder = FOLDERS[feed.ecosystem ?? "npm"];
  const changes = await readChanges(feed, folder, context, snapshot);
  if (changes === "unchanged") return { kind: "unchanged" };
  if (changes && changes.length <= MAX_INCREMENT) {
    const cursor = changes[0]?.modified ?? snapshot.get("cursor") ?? "";
    return {
      kind: "changes",
      records: fetchRecords(feed, folder, changes, context),
      version: cursor,
      keep: { cursor },
    };
  }
  return pullWhole(feed, folder, context, snapshot);
}

interface Change {
  readonly modified: string;
  readonly id: string;
}

/** What was modified since the last pull; undefined where the whole export is wanted. */
async function readChanges(
  feed: Feed,
  folder: string,
  { fetch, now }: PullContext,
  snapshot: FeedSnapshot,
): Promise<Change[] | "unchanged" | undefined> {
  const [cursor, whole] = [snapshot.get("cursor"), snapshot.get("whole")];
  if (cursor === undefined || whole === undefined || now().getTime() - Date.parse(whole) > WHOLE_AGAIN_MS)
    return undefined;
  const { status, body } = await fetchBytes(fetch, feedUrl(feed, `${folder}/modified_id.csv`), LIST_LIMITS);
  if (status !== 200) return undefined;
  const changes: Change[] = [];
  for (const line of Buffer.from(body).toString("utf8").split("\n")) {
    const [modified = "", id = ""] = line.trim().split(",");
    if (modified === "" || Date.parse(modified) <= Date.parse(cursor)) break;
    if (!/^[A-Za-z0-9][A-Za-z0-9._:-]{0,199}$/.test(id) || Number.isNaN(Date.parse(modified))) {
      throw new CordonError(
        "FEED_MALFORMED",
        `the list of changes of the feed ${feed.name} has the line ${JSON.stringify(line.slice(0, 80))}`,
      );
    }
    changes.push({ modified, id });
  }
  return changes.length > 0 ? changes : "unchanged";
}

async function* fetchRecords(
  feed: Feed,
  folder: string,
  changes: readonly Change[],
  { fetch, progress }: PullContext,
): AsyncGenerator<RecordText> {
  for (let start = 0; start < changes.length; start += PARALLEL) {
    const batch = changes.slice(start, start + PARALLEL).map(async ({ id }) => {
      const path = `${folder}/${id}.json`;
      const { status, body } = await fetchBytes(fetch, feedUrl(feed, path), RECORD_LIMITS);
      if (status !== 200)
        throw new CordonError(
          "UPSTREAM_STATUS",
          `the feed ${feed.name} names ${path} as modified, and answers ${status} for it`,
        );
      return { path, text: Buffer.from(body).toString("utf8") };
    });
    yield* await Promise.all(batch);
    progress("changes", Math.min(start + PARALLEL, changes.length), changes.length);
  }
}

async function pullWhole(feed: Feed, folder: string, context: PullContext, snapshot: FeedSnapshot): Promise<Pulled> {
  // Read before the archive: what changes in between is fetched once more by the next pull, not missed.
  const cursor = await newestChange(feed, folder, context);
  const file = join(context.dir, "all.zip");
  const fetched = await download(
    feedUrl(feed, `${folder}/all.zip`),
    file,
    snapshot.get("etag"),
    /zip|octet-stream/,
    context,
  );
  if (!fetched) return { kind: "unchanged" };
  return {
    kind: "whole",
    records: readZip(file, feed.name, context),
    version: fetched.etag ?? cursor ?? null,
    // Without a list of changes every pull reads the whole export.
    keep: {
      whole: formatInstant(context.now()),
      ...(cursor && { cursor }),
      ...(fetched.etag && { etag: fetched.etag }),
    },
  };
}

/** The feed's own clock: the first line of the list of changes. */
async function newestChange(feed: Feed, folder: string, { fetch }: PullContext): Promise<string | undefined> {
  const { status, body } = await fetchBytes(fetch, feedUrl(feed, `${folder}/modified_id.csv`), LIST_LIMITS);
  const modified = Buffer.from(body).toString("utf8").split(",", 1)[0] ?? "";
  return status === 200 && !Number.isNaN(Date.parse(modified)) ? modified : undefined;
}

/** The entries one after the other. Names are never used as paths; sizes are bounded as they unpack. */
async function* readZip(file: string, feed: string, { progress }: PullContext): AsyncGenerator<RecordText> {
  const zip = await openFile(file, feed);
  try {
    if (zip.entryCount > MAX_ENTRIES)
      throw new CordonError("FEED_MALFORMED", `the archive of the feed ${feed} has ${zip.entryCount} entries`);
    let done = 0;
    for (;;) {
      const entry = await nextEntry(zip, feed);
      if (!entry) return;
      if (entry.fileName.endsWith(".json")) yield { path: entry.fileName, text: await readEntry(zip, entry, feed) };
      if (++done % 500 === 0) progress("entries", done, zip.entryCount);
    }
  } finally {
    zip.close();
  }
}

function openFile(file: string, feed: string): Promise<ZipFile> {
  return new Promise((resolve, reject) =>
    openZip(file, { lazyEntries: true, autoClose: false, validateEntrySizes: true }, (error, zip) =>
      error || !zip ? reject(malformed(feed, error)) : resolve(zip),
    ),
  );
}

function nextEntry(zip: ZipFile, feed: string): Promise<Entry | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      zip.removeAllListeners();
      act();
    };
    zip.once("entry", (entry: Entry) => settle(() => resolve(entry)));
    zip.once("end", () => settle(() => resolve(undefined)));
    zip.once("error", (error) => settle(() => reject(malformed(feed, error))));
    zip.readEntry();
  });
}

function readEntry(zip: ZipFile, entry: Entry, feed: string): Promise<string> {
  if (entry.uncompressedSize > MAX_ENTRY)
    return Promise.reject(
      malformed(
        feed,
        new Error(`${JSON.stringify(entry.fileName.slice(0, 80))} unpacks to ${entry.uncompressedSize} bytes`),
      ),
    );
  return new Promise((resolve, reject) =>
    zip.openReadStream(entry, (error, stream) => {
      if (error || !stream) return reject(malformed(feed, error));
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("error", (cause) => reject(malformed(feed, cause)));
      stream.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    }),
  );
}

function malformed(feed: string, cause: unknown): CordonError {
  return new CordonError("FEED_MALFORMED", `the archive of the feed ${feed} cannot be read: ${messageOf(cause)}`, {
    cause,
  });
}
