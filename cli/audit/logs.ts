/** Which files decision logs are, and their bytes, while a proxy may rotate, compress and delete them. */
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { messageOf } from "../../core/errors.ts";
import { DECISION_LOG, parseRotatedName } from "../../core/state.ts";
import { oneLine } from "../../core/words.ts";

export interface LogFile {
  readonly path: string;
  /** Bytes on disk; zero where nobody knows. */
  readonly size: number;
  /** Reads it once, from the beginning. Throws what the disk says. */
  read(): AsyncIterable<Buffer>;
}

export interface FoundLogs {
  /** In the order of the paths, and in a directory in that of time. */
  readonly logs: readonly LogFile[];
  readonly unreadable: readonly { readonly path: string; readonly message: string }[];
}

const CHUNK = 256 * 1024;
/** How far a clock may have been put back while a file was written to, for its name to tell what it may hold. */
const CLOCK_MS = 24 * 60 * 60 * 1000;
const WRITING_MS = 20;

/** `-` is standard input. Of rotated files, those that were set aside before `since` are left out. */
export async function findLogs(paths: readonly string[], since = Number.NEGATIVE_INFINITY): Promise<FoundLogs> {
  const logs: LogFile[] = [];
  const unreadable: FoundLogs["unreadable"][number][] = [];
  for (const path of paths) {
    try {
      if (path === "-") logs.push({ path, size: 0, read: () => process.stdin });
      else if ((await stat(path)).isDirectory()) {
        const found = await findInDirectory(path, since);
        logs.push(...found.logs);
        unreadable.push(...found.unreadable);
      } else if (mayHold(path, since)) logs.push(await logAt(path));
    } catch (error) {
      unreadable.push(problemAt(path, error));
    }
  }
  return { logs, unreadable };
}

/** What the disk says may have a name in it that a stranger chose. */
function problemAt(path: string, error: unknown) {
  return { path, message: oneLine(messageOf(error), 500) };
}

/** Whether a file may have lines from this time on, by its name. */
export function mayHold(path: string, since: number): boolean {
  const rotated = parseRotatedName(basename(path));
  return rotated === undefined || rotated.rotatedAt.getTime() >= since - CLOCK_MS;
}

async function findInDirectory(dir: string, since: number): Promise<FoundLogs> {
  const { current, names } = await openWithNames(dir);
  if (names.length === 0) throw new Error("the directory has no decision log");
  const logs: LogFile[] = [];
  const unreadable: FoundLogs["unreadable"][number][] = [];
  for (const name of names) {
    // Both are there between the end of the compression and the removal.
    if (name.endsWith(".gz") && names.includes(name.slice(0, -".gz".length))) continue;
    if (name === DECISION_LOG || !mayHold(name, since)) continue;
    const path = join(dir, name);
    try {
      logs.push(await logAt(path, true));
    } catch (error) {
      unreadable.push(problemAt(path, error));
    }
  }
  return { logs: current ? [...logs, current] : logs, unreadable };
}

/** The log that is written to, and the names of all: with a rotation between the two, it would be read twice or left out. */
async function openWithNames(dir: string): Promise<{ current: LogFile | undefined; names: readonly string[] }> {
  const path = join(dir, DECISION_LOG);
  for (;;) {
    const handle = await open(path, "r").catch(ifMissing(undefined));
    try {
      const names = (await readdir(dir)).filter((name) => /^[^.].*\.jsonl(\.gz)?$/.test(name)).sort();
      const [held, found] = [await handle?.stat(), await stat(path).catch(ifMissing(undefined))];
      if (held?.ino === found?.ino && held?.dev === found?.dev)
        return { current: handle && { path, size: held?.size ?? 0, read: () => readHandle(handle, true) }, names };
    } catch (error) {
      await handle?.close();
      throw error;
    }
    await handle?.close();
  }
}

/** Throws what the disk says. Of what is only found in a directory, nobody means a pipe, which might never end. */
async function logAt(path: string, isFound = false): Promise<LogFile> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" && !path.endsWith(".gz")) return stat(`${path}.gz`);
    throw error;
  });
  if (isFound && !stats.isFile()) throw new Error("it is no file");
  return { path, size: stats.size, read: () => readLog(path) };
}

/** Reads a log that may have been compressed since it was found. */
export async function* readLog(path: string): AsyncGenerator<Buffer> {
  const handle = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" && !path.endsWith(".gz")) return open(`${path}.gz`, "r");
    throw error;
  });
  yield* readHandle(handle, false);
}

/** To its end; of a file that is written to, to the end of a line if that comes soon. */
async function* readHandle(handle: FileHandle, isWrittenTo: boolean): AsyncGenerator<Buffer> {
  try {
    let last: number | undefined;
    for (let tries = isWrittenTo ? 10 : 0; ; ) {
      const bytes = await readChunk(handle);
      if (bytes.length > 0) {
        last = bytes.at(-1);
        yield bytes;
      } else if (last === undefined || last === 0x0a || tries-- <= 0) return;
      else await setTimeout(WRITING_MS);
    }
  } finally {
    await handle.close();
  }
}

/** The next bytes of a file; none at its end. */
export async function readChunk(handle: FileHandle, position: number | null = null): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  const { bytesRead } = await handle.read(buffer, 0, CHUNK, position);
  return buffer.subarray(0, bytesRead);
}

/** For `catch`: a file that is not there is none. */
export function ifMissing<T>(value: T) {
  return (error: NodeJS.ErrnoException): T => {
    if (error.code === "ENOENT") return value;
    throw error;
  };
}
