/** The lines of a CI's log, without what CI systems and terminals put around them. */

export interface LogLine {
  readonly text: string;
  /** In the file, from 1. */
  readonly line: number;
  /** The job, where the line tells. */
  readonly job: string | undefined;
  /** Whether `text` is the beginning of what is longer than MAX_LINE. */
  readonly isCut: boolean;
}

/** No tool writes longer ones of releases; of what is longer, the beginning is read. */
export const MAX_LINE = 64 * 1024;

/** What moves the cursor to draw a line anew (ECMA-48): what follows is another line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const REDRAWS = /\u001b\[(?:[0-9;]{0,16}[A-HJf]|2K)/g;

/** Colours and other controls, titles, and Buildkite's times. Some systems store colours without their first character. */
const CONTROLS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken away
  /\u001b\[[0-9;?]{0,32}[ -/]{0,4}[@-~]|\u001b[\]_][^\u0007\u001b]{0,4096}(?:\u0007|\u001b\\)|\u001b[()][A-Z0-9]|\[\d{1,3}(?:;\d{1,3}){0,8}m|[\u0000-\u0008\u000e-\u001f\ufeff]/g;

/** `gh run view --log`: job, step, time and text. */
const COLUMNS = /^([^\t]{1,200})\t[^\t]{0,200}\t(?=\ufeff?\d{4}-\d\d-\d\dT)/;

const TIME = "\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d{1,9})?(?:Z|[+-]\\d\\d:?\\d\\d)?";

/** Times of GitHub, GitLab (with its stream), Jenkins, Travis; sections; Docker's steps; the columns of act and Compose. */
const PREFIXES: readonly RegExp[] = [
  new RegExp(`^${TIME}(?: [0-9a-f]{2}[OE][+ ]?)? ?`),
  new RegExp(`^\\[${TIME}\\] ?`),
  /^\[\d\d:\d\d:\d\d(?:\.\d{1,9})?\] ?:?/,
  /^\d\d:\d\d:\d\d(?:\.\d{1,9})? /,
  /^#\d{1,6} (?:\d{1,7}\.\d{1,6} )?/,
  /^##\[[a-z]{1,20}\]/,
  /^::[a-z]{1,20}::/,
  /^section_(?:start|end):\d{1,16}:[^\s[]{1,200}(?:\[[^\]]{0,200}\])?/,
  /^travis_(?:fold|time):[\w:.=,-]{1,200}/,
  /^_bk;t=\d{1,16}/,
  /^\[[^\]]{1,160}\] {1,8}\| ?/,
  /^[\w.-]{1,80}_\d{1,4} {0,40}\| /,
];

/** More stand before no line. */
const MAX_PREFIXES = 5;

/** A progress bar draws over itself: each of its states is a line of its own, with the number of the whole. */
export function* logLines(text: string): Generator<LogLine> {
  let line = 0;
  for (let from = 0; from < text.length; ) {
    line++;
    const end = text.indexOf("\n", from);
    const row = text.slice(from, end < 0 ? text.length : end);
    from = end < 0 ? text.length : end + 1;
    const job = COLUMNS.exec(row.slice(0, 1024))?.[1];
    for (const state of statesOf(job === undefined ? row : row.replace(COLUMNS, ""))) {
      const isCut = state.length > MAX_LINE;
      for (const part of (isCut ? state.slice(0, MAX_LINE) : state).replace(REDRAWS, "\r").split("\r")) {
        const bare = withoutPrefixes(part.replace(CONTROLS, ""));
        if (bare.trim() !== "") yield { text: bare, line, job, isCut };
      }
    }
  }
}

/** One after the other, for of a line of megabytes there are many. */
function* statesOf(row: string): Generator<string> {
  for (let from = 0; from <= row.length; ) {
    const end = row.indexOf("\r", from);
    yield row.slice(from, end < 0 ? row.length : end);
    if (end < 0) return;
    from = end + 1;
  }
}

function withoutPrefixes(text: string): string {
  let rest = text;
  for (let count = 0; count < MAX_PREFIXES; count++) {
    const prefix = PREFIXES.find((candidate) => candidate.test(rest));
    if (!prefix) return rest;
    rest = rest.replace(prefix, "");
  }
  return rest;
}
