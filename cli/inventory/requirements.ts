/** Pip's requirements files, and what `pip freeze` prints: `NAME[EXTRAS]==VERSION ; MARKER --hash=…` (PEP 508, pip's file format). */

import type { InventoryReader, NamedRelease, OtherFile, Unjudged } from "./reader.ts";
import { releaseOf } from "./toml-lock.ts";

const NAMES = /(^|[._-])(requirements|constraints)([._-].*)?\.(txt|in|lock)$|(^|[._-])requirements[^/]*\.txt$/i;
const REQUIREMENT = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)$/;
const PINNED = /^===?\s*([^\s,;*]+)\s*$/;
const OPTION = /^-{1,2}[A-Za-z]/;

export const readRequirements: InventoryReader = {
  kind: "requirements",
  files: "requirements*.txt, output of pip freeze",
  recognizes: ({ name, text }) => isRequirements(text) || (NAMES.test(name) && !/^\s*[[{]/.test(text)),
  read({ text }) {
    const releases: NamedRelease[] = [];
    const unjudged: Unjudged[] = [];
    const others: OtherFile[] = [];
    for (const { text: row, line } of logicalLines(text)) {
      const other = otherIn(row);
      if (typeof other === "object") others.push({ ...other, line });
      else if (other !== undefined) unjudged.push({ name: row.slice(0, 200), line, reason: other });
      const [requirement = ""] = row.split(/\s+--hash|\s;|;/, 1);
      const place = placeOf(row);
      if (place !== undefined) unjudged.push({ name: row.slice(0, 200), line, reason: place });
      if (place !== undefined || OPTION.test(row)) continue;
      const [, name = requirement.slice(0, 200), range = ""] = REQUIREMENT.exec(requirement.trim()) ?? [];
      const id = releaseOf("pypi", name, PINNED.exec(range)?.[1]);
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

/** Without comments; a backslash at the end goes on. */
function logicalLines(text: string): { readonly text: string; readonly line: number }[] {
  const lines: { text: string; line: number }[] = [];
  let open: { text: string; line: number } | undefined;
  for (const [index, row] of text.split(/\r?\n/).entries()) {
    const plain = row.replace(/(^|\s)#.*$/, "");
    const goesOn = plain.endsWith("\\");
    const part = (goesOn ? plain.slice(0, -1) : plain).trim();
    if (open) open.text += ` ${part}`;
    else if (part !== "" || goesOn) open = { text: part, line: index + 1 };
    if (goesOn || !open) continue;
    if (open.text.trim() !== "") lines.push({ text: open.text.trim(), line: open.line });
    open = undefined;
  }
  if (open && open.text.trim() !== "") lines.push({ text: open.text.trim(), line: open.line });
  return lines;
}

/** Whether every line could be one, and one of them pins a version. */
function isRequirements(text: string): boolean {
  const lines = logicalLines(text.slice(0, 64 * 1024));
  const shapes = lines.slice(0, -1).length > 0 ? lines.slice(0, -1) : lines; // the last one may be cut
  const isOne = ({ text: row }: { readonly text: string }) =>
    OPTION.test(row) ||
    placeOf(row) !== undefined ||
    /^[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[^\]]*\])?\s*([=<>!~]=|===|[<>]|@|;|$)/.test(row);
  return (
    lines.some(({ text: row }) => /^[A-Za-z0-9][\w.-]*\s*(\[[^\]]*\])?\s*===?\s*[\w.]/.test(row)) && shapes.every(isOne)
  );
}
