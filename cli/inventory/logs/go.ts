/** What the go command prints. */
import { releaseOf } from "../toml-lock.ts";
import type { ReadLogLine } from "./mention.ts";

const PATH = "[a-zA-Z0-9-]+(?:\\.[a-zA-Z0-9-]+)+(?:\\/[\\w.~!+-]+)*";
const VERSION = "v\\d+\\.\\d+\\.\\d+(?:-[0-9A-Za-z.-]+)?(?:\\+incompatible)?";
const PATTERNS = [
  new RegExp(`^go: (?:downloading|extracting|finding|added) (${PATH}) (${VERSION})$`),
  new RegExp(`^go: (?:upgraded|downgraded) (${PATH}) ${VERSION} => (${VERSION})$`),
  new RegExp(`^go: (${PATH}) upgrade => (${VERSION})$`),
  new RegExp(`^go: found \\S+ in (${PATH}) (${VERSION})$`),
  new RegExp(`^(?:go: |\\s*)(${PATH})@(${VERSION}): `),
];

export const readGoLine: ReadLogLine = (line) => {
  for (const pattern of PATTERNS) {
    const [, path, version] = pattern.exec(line) ?? [];
    // What carries go itself is no module that a build is made of.
    if (path === undefined || path === "golang.org/toolchain") continue;
    const id = releaseOf("golang", path, version);
    return id ? [{ id }] : [];
  }
  return [];
};
