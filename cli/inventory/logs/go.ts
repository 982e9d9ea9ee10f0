/** What the go command prints, from 1.11 on. */
import { type ReadLogLine, release } from "./mention.ts";

const PATH = "[\\w-]{1,100}(?:\\.[\\w-]{1,100}){1,8}(?:\\/[\\w.~!+-]{1,200}){0,20}";
const VERSION = "v\\d{1,10}\\.\\d{1,10}\\.\\d{1,16}(?:-[0-9A-Za-z.-]{1,128})?(?:\\+incompatible)?";
const LINES: readonly RegExp[] = [
  new RegExp(`^go: (?:downloading|extracting|finding|added) (${PATH}) (${VERSION})$`),
  new RegExp(`^go: (?:upgraded|downgraded) (${PATH}) ${VERSION} => (${VERSION})$`),
  new RegExp(`^go: (${PATH}) (?:upgrade|latest) => (${VERSION})$`),
  new RegExp(`^go: found \\S{1,1000} in (${PATH}) (${VERSION})$`),
  // What could not be had; behind `requires` it stands on a line of its own.
  new RegExp(`^(?:go: |go get: |\\t{1,4})(?:module )?(${PATH})@(${VERSION})(?:: | found )`),
];

export const readGoLine: ReadLogLine = (line) => {
  if (!/^(?:go[: ]|\t)/.test(line)) return [];
  for (const pattern of LINES) {
    const [, path, version] = pattern.exec(line) ?? [];
    // What carries go itself is no module that a build is made of.
    if (path !== undefined) return path === "golang.org/toolchain" ? [] : release("golang", path, version);
  }
  return [];
};
