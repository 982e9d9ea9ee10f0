/** The lines of a CI's log, without what CI systems and terminals put around them. */

export interface LogLine {
  readonly text: string;
  /** In the file, from 1. */
  readonly line: number;
  /** The job, where the log tells. */
  readonly job: string | undefined;
}

/** A line of a tool is shorter; of one that is longer, the beginning is read. */
const MAX_LINE = 16 * 1024;

/** Colours, moves of the cursor, titles (ECMA-48), and Buildkite's times. */
const CONTROLS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken away
  /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b[\]_][^\u0007\u001b]*(?:\u0007|\u001b\\)|[\u0000-\u0008\u000e-\u001f\ufeff]/g;

/** `gh run view --log`: job, step, time and text. */
const JOB = /^([^\t]{1,200})\t[^\t]{0,200}\t(?=\ufeff?\d{4}-\d\d-\d\dT)/;

/** One after the other: times of GitHub, GitLab (with its stream), Jenkins and others, Docker's steps, GitHub's commands. */
const PREFIXES = [
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?Z(?: \d\d[OE][+ ]?)? ?/,
  /^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\] ?/,
  /^\[?\d\d:\d\d:\d\d(?:\.\d+)?\]? {1,2}/,
  /^#\d+ (?:\d+\.\d+ )?/,
  /^##\[[a-z]+\]/,
  /^section_(?:start|end):\d+:\S+/,
];

/** A progress bar draws over itself: each of its states is a line. */
export function* logLines(text: string): Generator<LogLine> {
  let line = 0;
  for (let from = 0; from < text.length; ) {
    line++;
    const end = text.indexOf("\n", from);
    const row = text.slice(from, Math.min(end < 0 ? text.length : end, from + MAX_LINE));
    from = end < 0 ? text.length : end + 1;
    const job = JOB.exec(row)?.[1];
    for (const part of (job === undefined ? row : row.replace(JOB, "")).split("\r")) {
      if (part.trim() === "") continue;
      yield { text: withoutPrefixes(part.replace(CONTROLS, "")), line, job };
    }
  }
}

function withoutPrefixes(text: string): string {
  return PREFIXES.reduce((rest, prefix) => rest.replace(prefix, ""), text);
}
