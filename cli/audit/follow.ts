/** A decision log as it is written, through its rotations: each line once, in order. */
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { DECISION_LOG, parseRotatedName } from "../../core/state.ts";
import { LineSplitter, type Lines, linesOf } from "./lines.ts";
import { ifMissing, mayHold, readChunk, readLog } from "./logs.ts";

/** Takes lines as they come, with the file that they are from. */
export type LineSink = (lines: Lines, path: string) => Promise<void>;

export interface FollowOptions {
  /** What is there already is read from this time on, in milliseconds; undefined: what is written from now on. */
  readonly since: number | undefined;
  readonly signal: AbortSignal;
  /** Called when all that is written from then on will be given. */
  readonly onBegun?: () => void;
}

const POLL_MS = 200;

/** Follows a log, or that of a directory, until the signal; one that is not there yet is waited for. Throws what the disk says. */
export async function followLog(path: string, sink: LineSink, options: FollowOptions): Promise<void> {
  const { signal } = options;
  const { file, isNew } = await fileOf(path, signal);
  const since = isNew ? Number.NEGATIVE_INFINITY : options.since;
  let { rotated, handle } = await openWithRotated(file);
  if (since !== undefined)
    for (const name of rotated) if (mayHold(name, since)) await readWhole(join(dirname(file), name), sink, signal);
  const splitter = new LineSplitter();
  let position = since === undefined && handle ? (await handle.stat()).size : 0;
  const readOn = async (): Promise<void> => {
    while (handle && !signal.aborted) {
      const chunk = await readChunk(handle, position);
      if (chunk.length === 0) return;
      position += chunk.length;
      await sink(splitter.push(chunk), file);
    }
  };
  options.onBegun?.();
  try {
    while (!signal.aborted) {
      await readOn();
      const change = await changeOf(file, handle, position);
      if (change === "none") {
        await setTimeout(POLL_MS, undefined, { signal }).catch(() => {});
        continue;
      }
      if (change === "another") {
        // What was written to it before the other took its place.
        await readOn();
        const next = await openWithRotated(file);
        const fresh = next.rotated.filter((name) => !rotated.includes(name));
        for (const name of await withoutHeld(dirname(file), fresh, handle))
          await readWhole(join(dirname(file), name), sink, signal);
        await handle?.close();
        ({ rotated, handle } = next);
      }
      await sink(splitter.end(), file);
      position = 0;
    }
  } finally {
    await handle?.close();
  }
}

/** The log that is meant. Whether a path is a file or a directory shows when it is there, unless its name tells. */
async function fileOf(path: string, signal: AbortSignal): Promise<{ file: string; isNew: boolean }> {
  for (let isNew = false; ; isNew = true) {
    const found = await stat(path).catch(ifMissing(undefined));
    if (found?.isDirectory()) return { file: join(path, DECISION_LOG), isNew };
    if (found || basename(path) === DECISION_LOG || signal.aborted) return { file: path, isNew };
    await setTimeout(POLL_MS, undefined, { signal }).catch(() => {});
  }
}

/** The file, and those that were rotated before it: with one more between the two, it would be read by nobody. */
async function openWithRotated(file: string): Promise<{ rotated: readonly string[]; handle: FileHandle | undefined }> {
  for (;;) {
    const before = await rotatedOf(file);
    const handle = await open(file, "r").catch(ifMissing(undefined));
    if ((await rotatedOf(file)).join() === before.join()) return { rotated: before, handle };
    await handle?.close();
  }
}

/** By their names before they are compressed, the oldest first. */
async function rotatedOf(file: string): Promise<string[]> {
  if (basename(file) !== DECISION_LOG) return [];
  const names = await readdir(dirname(file)).catch(ifMissing<string[]>([]));
  return [...new Set(names.flatMap((name) => parseRotatedName(name)?.name ?? []))].sort();
}

async function changeOf(file: string, handle: FileHandle | undefined, position: number) {
  const found = await stat(file).catch(ifMissing(undefined));
  if (!found) return "none";
  const held = await handle?.stat();
  if (held?.ino !== found.ino || held.dev !== found.dev) return "another";
  return found.size < position ? "truncated" : "none";
}

/** The first that was rotated is the one that was being read, unless somebody else has moved that elsewhere. */
async function withoutHeld(
  dir: string,
  names: readonly string[],
  handle: FileHandle | undefined,
): Promise<readonly string[]> {
  const [first] = names;
  if (first === undefined || !handle) return names;
  const found = await stat(join(dir, first)).catch(ifMissing(undefined));
  const isOther = found !== undefined && found.ino !== (await handle.stat()).ino;
  return isOther ? names : names.slice(1);
}

async function readWhole(path: string, sink: LineSink, signal: AbortSignal): Promise<void> {
  for await (const lines of linesOf(readLog(path))) {
    if (signal.aborted) return;
    await sink(lines, path);
  }
}
