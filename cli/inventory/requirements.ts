/** Pip's requirements files, and what `pip freeze` prints: `NAME[EXTRAS]==VERSION ; MARKER --hash=…` (PEP 508, pip's file format). */

import type { InventoryReader, NamedRelease, Unjudged } from "./reader.ts";
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
    for (const { text: row, line } of logicalLines(text)) {
      const [requirement = ""] = row.split(/\s+--hash|\s;|;/, 1);
      const place = placeOf(row);
      if (place !== undefined) unjudged.push({ name: row.slice(0, 200), line, reason: place });
      if (place !== undefined || OPTION.test(row)) continue;
      const [, name = requirement.slice(0, 200), range = ""] = REQUIREMENT.exec(requirement.trim()) ?? [];
      const id = releaseOf("pypi", name, PINNED.exec(range)?.[1]);
      if (id) releases.push({ id, line });
      else unjudged.push({ name, line, reason: "is not pinned to a version" });
    }
    return { releases, unjudged };
  },
};

/** What no version of the index can be. */
function placeOf(row: string): string | undefined {
  if (/^(-r|--requirement|-c|--constraint)\b/.test(row)) return "is a file of its own, read only where it is given too";
  if (/^(-e|--editable)\b/.test(row)) return /\bgit\+/.test(row) ? "comes from git" : "lies in a folder";
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
