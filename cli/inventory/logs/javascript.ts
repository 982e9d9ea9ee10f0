/** What npm, pnpm, yarn and bun print. */
import { npmRelease } from "../npm-names.ts";
import type { Mention, ReadLogLine } from "./mention.ts";

const NAME = "(?:@[\\w.~-]+\\/)?[A-Za-z0-9_][\\w.~-]*";
const VERSION = "\\d+\\.\\d+\\.\\d+(?:-[0-9A-Za-z.-]+)?(?:\\+[0-9A-Za-z.-]+)?";
/** Nothing of it is the beginning or the end of a longer word, such as a range or an address. */
const SPEC = new RegExp(`(?<![\\w@/^~<>=.-])(${NAME})@(${VERSION})(?![\\w.^@/-])`, "g");

/** npm speaks of itself, of node, and of the project. */
const NPM_OTHER =
  /\b(using|notice|cli)\b|No (description|repository|license|README)|license should be|npm (error|ERR!) {2,}at /;
const NPM = /^npm (?:http|verb(?:ose)?|sill|info|warn|WARN|error|ERR!|timing)\b/;
/** `> name@1.0.0 postinstall …/node_modules/name`: a dependency's script, and not the project's own. */
const NPM_SCRIPT = new RegExp(`^> (${NAME})@(${VERSION}) (?:pre|post)?install .*node_modules`);
/** `npm ls`, and what yarn 1 adds; `alias@npm:name@1.0.0` goes by another name. */
const TREE = new RegExp(
  `^[│|\\s]*(?:├──|└──|├─|└─|\\+--|\`--)[┬─]*\\s(?:${NAME}@npm:)?(${NAME})@(${VERSION})(?:\\s.*)?$`,
);
/** \`+ name@1.0.0\` of npm 6 and bun, \`+ name 1.0.0\` of pnpm: what was asked for. */
const ADDED = new RegExp(
  `^\\s*(?:\\+|installed) (${NAME})(?:@| )(${VERSION})(?: \\(.*\\)| with binaries:.*| already in .*)?$`,
);
const DEPRECATED = new RegExp(`^\\s*(?:│ )?\\s*WARN\\s+(?:GET|deprecated)\\s+(${NAME})@(${VERSION}):`);
const YARN_WARNING = /^warning (?!.*(?:\^|~|>=))/;
const BERRY = /^(?:➤ )?YN\d{4}: /;
const BERRY_SPEC = new RegExp(`(?<![\\w@/-])(${NAME})@npm:(${VERSION})(?![\\w.-])`, "g");

export const readJavaScriptLine: ReadLogLine = (line) => {
  if (NPM.test(line)) return NPM_OTHER.test(line) ? [] : all(line, SPEC);
  if (BERRY.test(line)) return /YN0019|│ -|doesn't provide/.test(line) ? [] : all(line, BERRY_SPEC);
  if (YARN_WARNING.test(line) && /@\d+\.\d+\.\d+:/.test(line)) return all(line, SPEC).slice(-1);
  for (const pattern of [NPM_SCRIPT, TREE, ADDED, DEPRECATED]) {
    const [, name, version] = pattern.exec(line) ?? [];
    if (name !== undefined) return mention(name, version);
  }
  return [];
};

function all(line: string, pattern: RegExp): Mention[] {
  return [...line.matchAll(pattern)].flatMap(([, name, version]) => mention(name, version));
}

function mention(name: string | undefined, version: string | undefined): Mention[] {
  const id = npmRelease(name, version);
  return id ? [{ id }] : [];
}
