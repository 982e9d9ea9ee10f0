/** Pip's requirements files, and what `pip freeze` prints: `NAME[EXTRAS]==VERSION ; MARKER --hash=…` (PEP 508, pip's file format). */

import type { InventoryReader, NamedRelease, OtherFile, Unjudged } from "./reader.ts";
import { releaseOf } from "./toml-lock.ts";

const NAMES = /(^|[._-])(requirements|constraints)([._-].*)?\.(txt|in|lock)$|(^|[._-])requirements[^/]*\.txt$/i;
const REQUIREMENT = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)$/;
/** In parentheses too, as before PEP 508. */
const PINNED = /^(?:===?\s*([^\s,;*()]+)|\(\s*===?\s*([^\s,;*()]+)\s*\))\s*$/;
/** Options of one requirement, such as `--hash`, or its marker. */
const BEHIND_REQUIREMENT = /\s-|;/;
/** Where Python ends a line besides: whatever stands behind it in a comment is none of it. */
const BREAK = /(?!\t)[\p{Cc}\p{Zl}\p{Zp}]/u;
const OPTION = /^-{1,2}[A-Za-z]/;

export const readRequirements: InventoryReader = {
  kind: "requirements",
  files: "requirements*.txt, output of pip freeze",
  recognizes: ({ name, text }) => isRequirements(text) || (NAMES.test(name) && !/^\s*[[{]/.test(text)),
  read({ text }) {
    const releases: NamedRelease[] = [];
    const unjudged: Unjudged[] = [];
    const others: OtherFile[] = [];
    for (const { text: row, line, hidden } of logicalLines(text)) {
      for (const one of hidden)
        unjudged.push({ ...one, reason: "is part of a comment to pip, and a line of its own to uv" });
      if (row === "") continue;
      const other = otherIn(row);
      if (typeof other === "object") others.push({ ...other, line });
      else if (other !== undefined) unjudged.push({ name: row.slice(0, 200), line, reason: other });
      const [requirement = ""] = row.split(BEHIND_REQUIREMENT, 1);
      const place = placeOf(row);
      if (place !== undefined) unjudged.push({ ...named(row, place), line });
      if (place !== undefined || OPTION.test(row)) continue;
      const [, name = requirement.slice(0, 200), range = ""] = REQUIREMENT.exec(requirement.trim()) ?? [];
      const [, bare, legacy] = PINNED.exec(range) ?? [];
      const id = releaseOf("pypi", name, bare ?? legacy);
      if (id) releases.push({ id, line });
      else unjudged.push({ name, line, reason: "is not pinned to a version" });
    }
    return { releases, unjudged, others };
  },
};

/** `-r FILE`, `-rFILE`, `--requirement FILE`, `--requirement=FILE`, and of constraints the same. */
const OTHER = /^(?:-([rc])\s*|--(requirement|constraint)(?:\s*=\s*|\s+))(?:"([^"]+)"|'([^']+)'|([^\s"']+))/;

/** These, or what pip takes for them: it completes options that are written in part. */
const NAMES_OTHER = /^(?:-[rc]|--(?:requirem|cons))/;

/**
 * Constraints name what an install takes where it takes it, and count like requirements: nobody else tells. A reason where
 * the file is none that lies here.
 */
function otherIn(row: string): Omit<OtherFile, "line"> | string | undefined {
  if (!NAMES_OTHER.test(row)) return undefined;
  const [, short, long = "", ...paths] = OTHER.exec(row) ?? [];
  const path = paths.find((written) => written !== undefined);
  if (path === undefined) return "names a file in a way that is not read";
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) return "comes from an address";
  if (/\$\{\w+\}/.test(path)) return "is named by a variable";
  return { path, named: `-${short ?? long[0]} ${path}`.slice(0, 200) };
}

/** What no version of the index can be. */
function placeOf(row: string): string | undefined {
  if (/^(-e|--editable)/.test(row)) return /(git|hg|svn|bzr)\+/.test(row) ? "comes from git" : "lies in a folder";
  if (OPTION.test(row)) return undefined;
  if (/(^|@\s*)(git|hg|svn|bzr)\+/.test(row)) return "comes from git";
  if (/(^|@\s*)https?:/.test(row)) return "comes from an address";
  return /^(file:|\.{0,2}\/)|@\s*file:/.test(row) ? "lies in a folder" : undefined;
}

/** By its address; what is edited in place is the project's own. */
function named(row: string, reason: string): Omit<Unjudged, "line"> {
  const name = row.slice(0, 200);
  return { name, reason, ...(!(OPTION.test(row) && reason === "lies in a folder") && { version: name }) };
}

interface LogicalLine {
  text: string;
  readonly line: number;
  /** What pip takes for the rest of its comment. */
  readonly hidden: { readonly name: string; readonly line: number }[];
}

/**
 * As pip joins them (`join_lines` and `ignore_comments` of its `req_file.py`): a line that ends in a backslash goes on, also
 * one with a comment behind it, which then hides the next line as well. A line that is nothing but a comment ends where it ends.
 */
function logicalLines(text: string): LogicalLine[] {
  const joined: LogicalLine[] = [];
  let open: LogicalLine | undefined;
  let isCommented = false;
  for (const { row, line } of rowsOf(text)) {
    const isComment = /^\s*#/.test(row);
    const goesOn = row.endsWith("\\") && !isComment;
    const part = goesOn ? withoutBackslashes(row) : isComment ? ` ${row}` : row;
    open ??= { text: "", line, hidden: [] };
    const shown = withoutComment(part);
    if (!isCommented) open.text += part;
    else if (shown !== "") open.hidden.push({ name: shown.slice(0, 200), line });
    isCommented ||= /(^|\s)#/.test(part);
    if (goesOn) continue;
    joined.push(open);
    open = undefined;
    isCommented = false;
  }
  return [...joined, ...(open ? [open] : [])]
    .map((one) => ({ ...one, text: withoutComment(one.text) }))
    .filter(({ text, hidden }) => text !== "" || hidden.length > 0);
}

function withoutComment(row: string): string {
  return row.replace(/(^|\s)#.*$/, "").trim();
}

function rowsOf(text: string): { readonly row: string; readonly line: number }[] {
  return text.split(/\r?\n/).flatMap((part, index) => part.split(BREAK).map((row) => ({ row, line: index + 1 })));
}

function withoutBackslashes(row: string): string {
  let [from, to] = [0, row.length];
  while (from < to && row[from] === "\\") from++;
  while (to > from && row[to - 1] === "\\") to--;
  return row.slice(from, to);
}

const SPECIFIER = /^[A-Za-z0-9][\w.-]* ?(\[[^\]]*\])? ?(\(? ?([=<>!~]=|[<>])|@|;|$)/;
const PIN = /^[A-Za-z0-9][\w.-]* ?(\[[^\]]*\])? ?\(? ?===? ?[\w.]/;

/** Whether every line could be one, and one of them pins a version. */
function isRequirements(text: string): boolean {
  const rows = logicalLines(text.slice(0, 64 * 1024)).map(({ text: row }) => row.replace(/\s+/g, " "));
  const shapes = rows.length > 1 ? rows.slice(0, -1) : rows; // the last one may be cut
  const isOne = (row: string) => OPTION.test(row) || placeOf(row) !== undefined || SPECIFIER.test(row);
  return rows.some((row) => PIN.test(row)) && shapes.every(isOne);
}
