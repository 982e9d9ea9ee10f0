/** One purl a line, `#` comments. */
import { CordonError, messageOf } from "../../core/errors.ts";
import { parseReleasePurl } from "../../core/purl.ts";
import type { InventoryReader, NamedRelease } from "./reader.ts";

export const readPackageList: InventoryReader = {
  kind: "package-list",
  files: "lists of one purl a line (.txt, .purls, .list)",
  recognizes: ({ name }) => /\.(txt|purls|list)$/.test(name),
  read: ({ path, text }) => ({
    releases: text.split(/\r?\n/).flatMap((line, index) => readLine(path, line, index + 1)),
    unjudged: [],
  }),
};

function readLine(path: string, line: string, number: number): NamedRelease[] {
  const entry = line.replace(/(^|\s)#.*$/, "").trim();
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
