/** What yarn prints: 1 (classic), with and without `--json`, and 2 and later (berry). */
import { fromElsewhere, type Mention, type ReadLogLine, release } from "./mention.ts";
import { NAME, specPattern, VERSION } from "./npm-specs.ts";

/** `warning jest > request@2.88.2: …`; that the project's own engine is another is said in the same form. */
const LINES: readonly RegExp[] = [
  specPattern('^warning "?(?:[^:"]{0,2000} > )?SPEC: (?!The (?:engine|platform))'),
  specPattern('^warning "[^:"]{0,2000}> SPEC" has (?:unmet|incorrect) peer dependency'),
  specPattern('^info "SPEC" is an optional dependency'),
  specPattern('^success Installed "SPEC" with binaries'),
];
const NO_VERSION = new RegExp(`^error Couldn't find any versions for "(${NAME})" that matches "(${VERSION})"$`);
const JSON_NAME = specPattern('"name":"SPEC"', "g");
const JSON_MESSAGE = /^\{"type":"(warning|info|error|success)","data":"((?:[^"\\]|\\.){0,8000})"\}$/;

const BERRY = /^(?:➤ )?YN\d{4}: /;
/** What is no longer used, or was removed. */
const GONE = /^(?:➤ )?YN0019: |^(?:➤ )?YN0085: (?:│ )?- /;
/** `name@npm:1.0.0`, an alias `name@npm:other@1.0.0`, a peer's `name@virtual:0123#npm:1.0.0`. */
const LOCATOR = new RegExp(
  `(?<![\\w@/.-])(${NAME})@(?:virtual:[0-9a-f]{1,128}#)?npm:(?:(${NAME})@)?(${VERSION})(?![\\w^~-]|\\.\\w)`,
  "g",
);
const ELSEWHERE = new RegExp(
  `(?<![\\w@/.-])(${NAME})@((?:git@|git\\+|git:|ssh:|https?:|file:|portal:)[^\\s,]{1,2000})`,
  "g",
);

export const readYarnLine: ReadLogLine = (line) => {
  if (BERRY.test(line)) return GONE.test(line) ? [] : ofBerry(line.replaceAll("npm%3A", "npm:"));
  if (line.startsWith('{"type":"tree"'))
    return [...line.matchAll(JSON_NAME)].flatMap(([, name, version]) => release("npm", name, version));
  const [, kind, message = ""] = JSON_MESSAGE.exec(line) ?? [];
  const text = kind === undefined ? line : `${kind} ${message.replaceAll('\\"', '"')}`;
  for (const pattern of [...LINES, NO_VERSION]) {
    const [, name, version] = pattern.exec(text) ?? [];
    if (name !== undefined) return release("npm", name, version);
  }
  return [];
};

function ofBerry(line: string): Mention[] {
  const named = [...line.matchAll(LOCATOR)].flatMap(([, name, real, version]) => release("npm", real ?? name, version));
  return named.length > 0
    ? named
    : [...line.matchAll(ELSEWHERE)].flatMap(([, name = "", source = ""]) => fromElsewhere(name, source));
}
