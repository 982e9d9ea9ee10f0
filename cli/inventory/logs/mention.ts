import type { ReleaseId } from "../../../core/purl.ts";

/** What a line of a log names. */
export type Mention = { readonly id: ReleaseId } | { readonly name: string; readonly reason: string };

/** Reads what one tool prints; nothing for lines of others. */
export type ReadLogLine = (line: string) => readonly Mention[];
