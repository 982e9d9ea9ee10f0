/** What every kind of feed is given, and gives. */
import type { Fetch } from "../../core/http.ts";

export interface PullContext {
  /** The policy repository; a feed's `path` is relative to it. */
  readonly repository: string;
  /** The feed's own folder: its snapshot, and what its source keeps beside. */
  readonly dir: string;
  readonly fetch: Fetch;
  readonly now: () => Date;
  readonly progress: Progress;
}

/** Called as work goes on: what is done, how much, and of how much where that is known. */
export type Progress = (stage: string, done: number, total?: number) => void;

/** One text that should be a record, and where it came from. */
export interface RecordText {
  /** The file. */
  readonly path: string;
  /** Where the file has several. */
  readonly line?: number;
  readonly text: string;
}

/** What a source has: everything, what changed since the last pull, or nothing new. */
export type Pulled =
  | { readonly kind: "unchanged" }
  | {
      readonly kind: "whole" | "changes";
      readonly records: AsyncIterable<RecordText> | Iterable<RecordText>;
      /** Files that were written or removed: what they said is forgotten before `records` are read; with `changes`. */
      readonly outdated?: readonly string[];
      readonly version: string | null;
      /** What the source wants to find again at the next pull. */
      readonly keep?: Readonly<Record<string, string>>;
    };
