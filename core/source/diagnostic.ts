/** One thing that is wrong in a file, where it is, and how it is shown. */
import { HIDDEN, visible } from "../words.ts";

export interface Diagnostic {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** How many characters of the line are meant; at least 1. */
  readonly length: number;
  readonly severity: "error" | "warning";
  readonly code: string;
  readonly message: string;
  /** The line itself. */
  readonly source: string;
}

const EVERY_HIDDEN = new RegExp(HIDDEN.source, "gu");
/** So much of a line is shown; of a longer one, what stands around the place. */
const MAX_SHOWN = 160;

/**
 * `file:line:column: severity: message [code]`, the line, and a caret under what is meant. The file may be a stranger's:
 * nothing in it acts on a terminal, or hides there.
 */
export function formatDiagnostic({ file, line, column, severity, message, code, source, length }: Diagnostic): string {
  const from =
    source.length <= MAX_SHOWN ? 0 : Math.max(0, Math.min(column - 1 - MAX_SHOWN / 2, source.length - MAX_SHOWN));
  const shown = source.slice(from, from + MAX_SHOWN).replace(EVERY_HIDDEN, ({ length }) => "\ufffd".repeat(length));
  const place = column - 1 - from;
  const margin = " ".repeat(String(line).length);
  const indent = shown.slice(0, place).replace(/[^\t]/g, " ");
  const carets = "^".repeat(Math.max(1, Math.min(length, shown.length - place)));
  return [
    visible(`${file}:${line}:${column}: ${severity}: ${message} [${code}]`),
    ` ${margin} |`,
    ` ${line} | ${shown}`,
    ` ${margin} | ${indent}${carets}`,
  ].join("\n");
}
