/** One thing that is wrong in a file, where it is, and how it is shown. */
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

/** `file:line:column: severity: message [code]`, the line, and a caret under what is meant. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, severity, message, code, source, length } = diagnostic;
  const margin = String(line).length;
  const indent = source.slice(0, column - 1).replace(/[^\t]/g, " ");
  const carets = "^".repeat(Math.max(1, Math.min(length, source.length - column + 1)));
  return [
    `${file}:${line}:${column}: ${severity}: ${message} [${code}]`,
    ` ${" ".repeat(margin)} |`,
    ` ${line} | ${source}`,
    ` ${" ".repeat(margin)} | ${indent}${carets}`,
  ].join("\n");
}
