/** One purl a line, `#` comments. */
import { CordonError, messageOf } from "../../core/errors.ts";
import { parseReleasePurl, type ReleaseId } from "../../core/purl.ts";
import type { InventoryReader } from "./reader.ts";

export const readPackageList: InventoryReader = {
  kind: "package-list",
  files: "lists of one purl a line (.txt, .purls, .list)",
  matches: (filename) => /\.(txt|purls|list)$/.test(filename),
  read: (path, text) => text.split(/\r?\n/).flatMap((line, index) => readLine(path, line, index + 1)),
};

function readLine(path: string, line: string, number: number): ReleaseId[] {
  const entry = line.replace(/(^|\s)#.*$/, "").trim();
  if (entry === "") return [];
  try {
    return [parseReleasePurl(entry)];
  } catch (cause) {
    throw new CordonError("FILE_UNREADABLE", `${path}:${number}:${line.indexOf(entry) + 1}: ${messageOf(cause)}`, {
      cause,
      ...(cause instanceof CordonError && { next: cause.next }),
    });
  }
}
