/** Which files decision logs are, and their bytes, while a proxy may rotate, compress and delete them. */
import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { messageOf } from "../../core/errors.ts";
import { DECISION_LOG, parseRotatedName } from "../../core/state.ts";

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
      else if ((await stat(path)).isDirectory()) logs.push(...(await findInDirectory(path, since)));
      else if (mayHold(path, since)) logs.push(await logAt(path));
    } catch (error) {
      unreadable.push({ path, message: messageOf(error) });
    }
  }
  return { logs, unreadable };
}

/** Whether a file may have lines from this time on, by its name. */
export function mayHold(path: string, since: number): boolean {
  const rotated = parseRotatedName(basename(path));
  return rotated === undefined || rotated.rotatedAt.getTime() >= since - CLOCK_MS;
}

async function findInDirectory(dir: string, since: number): Promise<LogFile[]> {
  // Opened before the others are listed: if it is renamed meanwhile, it is among them.
  const current = await openCurrent(join(dir, DECISION_LOG));
  const names = (await readdir(dir)).filter((name) => /^[^.].*\.jsonl(\.gz)?$/.test(name)).sort();
  if (names.length === 0) throw new Error("the directory has no decision log");
  const logs: LogFile[] = [];
  for (const name of names) {
    if (name === DECISION_LOG) continue;
    // Both are there between the end of the compression and the removal.
    if (name.endsWith(".gz") && names.includes(name.slice(0, -".gz".length))) continue;
    const path = join(dir, name);
    if (mayHold(name, since) && !(await isSame(path, current?.handle))) logs.push(await logAt(path));
  }
  return current ? [...logs, current.log] : logs;
}

async function logAt(path: string): Promise<LogFile> {
  const { size } = await stat(path);
  return { path, size, read: () => readLog(path) };
}

async function openCurrent(path: string): Promise<{ handle: FileHandle; log: LogFile } | undefined> {
  try {
    const handle = await open(path, "r");
    const { size } = await handle.stat();
    return { handle, log: { path, size, read: () => readHandle(handle, true) } };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function isSame(path: string, handle: FileHandle | undefined): Promise<boolean> {
  const [one, other] = await Promise.all([stat(path), handle?.stat()]);
  return one.ino === other?.ino && one.dev === other.dev;
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
