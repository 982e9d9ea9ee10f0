/** What cargo prints. */
import { fromElsewhere, type Mention, type ReadLogLine, release } from "./mention.ts";

const NAME = "[A-Za-z][\\w-]{0,63}";
const VERSION = "\\d{1,10}\\.\\d{1,10}\\.\\d{1,16}(?:-[0-9A-Za-z.-]{1,128})?(?:\\+[0-9A-Za-z.-]{1,128})?";
const CRATE = `(${NAME}) v(${VERSION})`;

/** It ends verbs in one column. Many programs install and download things; these are cargo's only where they stand there. */
const COLUMN = 12;
const VERB = new RegExp(
  `^(\\s{0,14})(Downloaded|Downloading|Compiling|Checking|Fresh|Dirty|Adding|Updating|Downgrading|Unchanged|Unpacking|Documenting|Installing) ${CRATE}(?: -> v(${VERSION}))?(?: \\(([^()]{1,2000})\\))?(?:$|:| \\(| to (?:dev-|build-)?dependencies)`,
);
const OWN = new Set(["Compiling", "Fresh", "Dirty", "Downloaded", "Documenting"]);
const FAILED = new RegExp(`failed to download \`${CRATE}(?: \\(([^()]{1,2000})\\))?\``);
const GIT = /^\s{0,14}Updating git (?:repository|submodule) `([^`]{1,2000})`$/;
const ROOT = new RegExp(`^${CRATE} \\(([^()]{1,2000})\\)(?: \\(\\*\\))?$`);
const BRANCH = new RegExp(`^[│\\s]{0,400}(?:├──|└──) ${CRATE}(?: \\(([^()]{1,2000})\\))?(?: \\(\\*\\))?$`);
const SECTION = /^[│\s]{0,400}\[(?:dev|build)-dependencies\]$/;
/** What may stand in parentheses besides a place. */
const NOTE = /^(?:\*|proc-macro|latest: |available: |requires |registry )/;

export function startCargo(): ReadLogLine {
  // Other tools draw trees like `cargo tree`'s; its own begins with a package of a folder.
  let isTree = false;
  return (line) => {
    const root = ROOT.exec(line);
    if (root) {
      isTree = isPlace(root[3]);
      return [];
    }
    const branch = isTree ? BRANCH.exec(line) : null;
    if (branch) return ofCrate(branch[1], branch[2], branch[3]);
    isTree &&= SECTION.test(line);
    const [, indent = "", verb = "", name, from, to, place] = VERB.exec(line) ?? [];
    if (name !== undefined)
      return to !== undefined || OWN.has(verb) || isColumn(indent, verb) ? ofCrate(name, to ?? from, place) : [];
    const [, repository] = GIT.exec(line) ?? [];
    if (repository !== undefined) return fromElsewhere(repository, "git");
    const failed = FAILED.exec(line);
    return failed ? ofCrate(failed[1], failed[2], failed[3]) : [];
  };
}

/** Or one further, as where a log was quoted. */
function isColumn(indent: string, verb: string): boolean {
  const extra = indent.length + verb.length - COLUMN;
  return extra === 0 || extra === 1;
}

function ofCrate(name: string | undefined, version: string | undefined, place: string | undefined): Mention[] {
  return isPlace(place) ? fromElsewhere(name ?? "", place ?? "") : release("cargo", name, version);
}

function isPlace(text: string | undefined): boolean {
  return text !== undefined && !NOTE.test(text);
}
