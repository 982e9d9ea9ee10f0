/** What uv prints, quietly or not. */
import { fromElsewhere, type ReadLogLine, release } from "./mention.ts";

const NAME = "[A-Za-z0-9](?:[\\w.-]{0,213}[A-Za-z0-9])?";
const VERSION = "\\d[\\w.!+-]{0,127}";

/** ` + name==1.0`, ` ~ name==1.0` (again), ` + name==1.0 (from git+https://…)`. */
const CHANGE = new RegExp(`^\\s{0,8}[+~] (${NAME})==(${VERSION})(?: \\(from (\\S{1,2000})\\))?$`);
const LINES: readonly RegExp[] = [
  new RegExp(`^\\s{0,12}(?:Building|Built) (${NAME})==(${VERSION})$`),
  new RegExp(
    `^DEBUG (?:Identified uncached distribution|Requirement already installed|Registry requirement already cached|Requirement already cached): (${NAME})==(${VERSION})$`,
  ),
  new RegExp(`^(?:Added?) (${NAME}) v(${VERSION})$`),
  new RegExp(`^(?:Updated?) (${NAME}) v${VERSION} -> v(${VERSION})$`),
];
const BUILT_ELSEWHERE = new RegExp(`^\\s{0,12}(?:Building|Built) (${NAME}) @ (\\S{1,2000})$`);

export const readUvLine: ReadLogLine = (line) => {
  const [, name = "", version, source] = CHANGE.exec(line) ?? [];
  if (version !== undefined) return source === undefined ? release("pypi", name, version) : fromElsewhere(name, source);
  const [, built = "", place] = BUILT_ELSEWHERE.exec(line) ?? [];
  if (place !== undefined) return fromElsewhere(built, place);
  for (const pattern of LINES) {
    const [, found, exact] = pattern.exec(line) ?? [];
    if (found !== undefined) return release("pypi", found, exact);
  }
  return [];
};
