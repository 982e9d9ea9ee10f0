/** The decisions of logs, one batch after the other, and what of the logs was no decision. */
import { CordonError, messageOf } from "../../core/errors.ts";
import { oneLine } from "../../core/words.ts";
import { type Entry, parseEntry } from "./entry.ts";
import { type Lines, linesOf, MAX_LINE } from "./lines.ts";
import type { FoundLogs } from "./logs.ts";

export interface Problem {
  readonly path: string;
  /** Undefined where the file as a whole is at fault. */
  readonly line?: number;
  readonly message: string;
}

/** What was read: it grows while it is read. */
export class Tally {
  files = 0;
  lines = 0;
  decisions = 0;
  /** Lines that are no decisions, and files that could not be read to their end. */
  damaged = 0;
  /** The first of them. */
  readonly problems: Problem[] = [];

  note(problem: Problem): void {
    this.damaged += 1;
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem);
  }

  /** Throws FILE_UNREADABLE where nothing of what was to be read was a decision. */
  requireSomething(): void {
    const [first] = this.problems;
    if (first && this.decisions === 0)
      throw new CordonError("FILE_UNREADABLE", `there is no decision to read: ${describeProblem(first)}`, {
        next: "Give decision logs, or directories with them, such as a proxy's state directory.",
      });
  }
}

/** `FILE:LINE: what is wrong`. */
export function describeProblem({ path, line, message }: Problem): string {
  return `${oneLine(path, 300)}${line === undefined ? "" : `:${line}`}: ${oneLine(message, 500)}`;
}

const MAX_PROBLEMS = 100;

/** One log after the other; what is damaged is noted, and stops nothing. `progress` hears of bytes on disk. */
export async function* readEntries(
  { logs, unreadable }: FoundLogs,
  tally: Tally,
  progress: (done: number, total: number) => void = () => {},
): AsyncGenerator<readonly Entry[]> {
  for (const problem of unreadable) tally.note(problem);
  const total = logs.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  for (const { path, read } of logs) {
    const counted = async function* () {
      for await (const chunk of read()) {
        done += chunk.length;
        progress(Math.min(done, total), total);
        yield chunk;
      }
    };
    try {
      for await (const lines of linesOf(counted())) yield toEntries(lines, path, tally);
      tally.files += 1;
    } catch (error) {
      tally.note({ path, message: `it cannot be read to its end: ${oneLine(messageOf(error), 200)}` });
    }
  }
}

export function toEntries({ first, texts, tooLong, isOpen }: Lines, path: string, tally: Tally): Entry[] {
  const entries: Entry[] = [];
  for (const line of tooLong) tally.note({ path, line, message: `it is longer than ${MAX_LINE} bytes` });
  tally.lines += tooLong.length;
  for (const [index, text] of texts.entries()) {
    if (text === "" || text === "\r") continue;
    tally.lines += 1;
    const entry = parseEntry(text);
    if (typeof entry !== "string") entries.push(entry);
    else {
      const isCut = isOpen && index === texts.length - 1;
      tally.note({ path, line: first + index, message: isCut ? "it is cut, or still being written" : entry });
    }
  }
  tally.decisions += entries.length;
  return entries;
}
