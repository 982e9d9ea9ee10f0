/** What cargo prints. */
import { releaseOf } from "../toml-lock.ts";
import type { ReadLogLine } from "./mention.ts";

const VERBS =
  "Downloaded|Downloading|Compiling|Checking|Fresh|Adding|Updating|Downgrading|Locking|Unpacking|Documenting|Installing|Dirty";
const VERSION = "\\d+\\.\\d+\\.\\d+(?:-[0-9A-Za-z.-]+)?(?:\\+[0-9A-Za-z.-]+)?";
const LINE = new RegExp(
  `^\\s*(?:${VERBS}) ([A-Za-z][\\w-]*) v(${VERSION})(?: -> v(${VERSION}))?(?: \\(([^)]*)\\))?(?: .*|:.*)?$`,
);
const TREE = new RegExp(`^[│\\s]*(?:├──|└──) ([A-Za-z][\\w-]*) v(${VERSION})(?: \\(([^)*]*)\\))?(?: \\(\\*\\))?$`);

export const readRustLine: ReadLogLine = (line) => {
  const [, name, from, to, verbSource] = LINE.exec(line) ?? [];
  const [, treeName, treeVersion, treeSource] = name === undefined ? (TREE.exec(line) ?? []) : [];
  const source = verbSource ?? treeSource ?? "";
  const crate = name ?? treeName;
  if (crate === undefined) return [];
  if (/^(https?|ssh|git|file):|#[0-9a-f]{7,}/.test(source)) return [{ name: crate, reason: "comes from git" }];
  // The project's own.
  if (/^(\/|[A-Za-z]:\\)/.test(source)) return [];
  const id = releaseOf("cargo", crate, to ?? from ?? treeVersion);
  return id ? [{ id }] : [];
};
