/** What bun prints; and npm 6, which writes what was asked for in the same way. */
import { fromElsewhere, type ReadLogLine, release } from "./mention.ts";
import { NAME, specPattern, VERSION } from "./npm-specs.ts";

const ADDED = specPattern("^\\s{0,8}(?:\\+|installed) SPEC(?: with binaries:| \\(v?\\d[^()]{0,80} available\\))?$");
const UPDATED = new RegExp(`^\\s{0,8}[\\^↑] (${NAME}) ${VERSION} (?:->|→) (${VERSION})$`);
const NO_VERSION = new RegExp(`^error: No version matching "(${VERSION})" found for specifier "(${NAME})"`);
const ELSEWHERE = new RegExp(
  `^\\s{0,8}(?:\\+|installed) (${NAME})@((?:git|github:|https?:|ssh:|file:|link:|\\.{1,2}/)\\S{0,1000})(?: with binaries:)?$`,
);

export const readBunLine: ReadLogLine = (line) => {
  const added = ADDED.exec(line) ?? UPDATED.exec(line);
  if (added) return release("npm", added[1], added[2]);
  const missing = NO_VERSION.exec(line);
  if (missing) return release("npm", missing[2], missing[1]);
  const [, name, source = ""] = ELSEWHERE.exec(line) ?? [];
  return name === undefined ? [] : fromElsewhere(name, source);
};
