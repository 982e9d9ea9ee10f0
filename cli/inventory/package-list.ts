/** One purl a line, `#` comments. */
import { CordonError, messageOf } from "../../core/errors.ts";
import { parseReleasePurl } from "../../core/purl.ts";
import type { InventoryReader, NamedRelease } from "./reader.ts";

export const readPackageList: InventoryReader = {
  kind: "package-list",
  files: "lists of one purl a line",
  recognizes: ({ name, text }) =>
    /^[ \t]*pkg:/m.test(text)
      ? entriesOf(text).every((entry) => /^pkg:/.test(entry)) || isListName(name)
      : isListName(name) && entriesOf(text).length === 0,
  read: ({ path, text }) => ({
    releases: text.split(/\r?\n/).flatMap((line, index) => readLine(path, line, index + 1)),
    unjudged: [],
  }),
};

/** What lists are called that people write. */
export function isListName(name: string): boolean {
  return /\.(txt|purls|list)$/.test(name);
}

function entriesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map(entryOf)
    .filter((entry) => entry !== "");
}

function entryOf(line: string): string {
  return line.replace(/(^|\s)#.*$/, "").trim();
}

function readLine(path: string, line: string, number: number): NamedRelease[] {
  const entry = entryOf(line);
  if (entry === "") return [];
  try {
    return [{ id: parseReleasePurl(entry), line: number }];
  } catch (cause) {
    throw new CordonError("FILE_UNREADABLE", `${path}:${number}:${line.indexOf(entry) + 1}: ${messageOf(cause)}`, {
      cause,
      ...(cause instanceof CordonError && { next: cause.next }),
    });
  }
}
