/** What npm prints, from 5 to 11 (`ERR!` and `WARN` of the old are `error` and `warn` of the new). */
import { fromElsewhere, type Mention, type ReadLogLine, release } from "./mention.ts";
import { NAME, specPattern, VERSION } from "./npm-specs.ts";

/** Lines that only npm's registry client and installer write; what they say of the project itself is left out. */
const LINES: readonly RegExp[] = [
  specPattern("^npm (?:warn|WARN) deprecated SPEC(?:$|[:\\s])"),
  specPattern("^npm (?:warn|WARN) install-scripts +SPEC \\("),
  specPattern(
    "^npm (?:warn|WARN|error|ERR!) .{0,40}SKIPPING OPTIONAL DEPENDENCY: (?:[\\w ]{1,40} for )?SPEC(?:[:\\s]|$)",
  ),
  specPattern("^npm (?:warn|WARN|error|ERR!) (?:code )?E?404 .{0,40}'SPEC' is not in"),
  specPattern("^npm (?:warn|WARN|error|ERR!) 404 .{0,80}\\bNot found ?: SPEC$"),
  specPattern("^npm (?:warn|WARN|error|ERR!) (?:notarget|ETARGET) .{0,40}for SPEC\\.?$"),
  specPattern("^npm (?:warn|WARN|error|ERR!) (?:ERESOLVE )?Found: SPEC$"),
  specPattern("^npm info run SPEC (?:pre|post)?install node_modules[\\\\/]"),
  specPattern("^npm (?:silly|sill) placeDep \\S{1,500} SPEC (?:OK|REPLACE|KEEP) "),
  specPattern("^npm (?:silly|sill) fetch manifest SPEC$"),
  specPattern(
    "^npm (?:silly|sill) (?:pacote (?:version|tag|range) manifest for|resolveWithNewModule|extract|tarball trying|fetchPackageMetaData(?: error for)?) SPEC(?:\\s|$)",
  ),
  specPattern(
    "^npm (?:silly|sill|verbose|verb) (?:reify|tarball|addNamed|cache add|gunzTarPerm|unpack) .{0,60}\\bSPEC(?:\\s|$)",
  ),
  specPattern("^npm (?:silly|sill) (?:diffTrees (?:add|update)|decomposeActions (?:fetch|extract)) SPEC$"),
  // Its own script runs elsewhere: `> web@1.0.0 postinstall`, `> web@1.0.0 build /app`.
  specPattern("^> SPEC (?:pre|post)?install \\S.{0,4000}[\\\\/]node_modules[\\\\/]"),
  specPattern("^added SPEC$"),
];

/** npm ls, pnpm ls, yarn 1, bun pm ls: `├─┬ name@1.0.0 deduped`, and what a link leads to. */
const BRANCH = /^[│|\s]{0,400}(?:├──|└──|├─|└─|\+--|`--)[┬─]{0,3} (?=\S)/;
const LEAF = specPattern(
  "^SPEC(?: (?:deduped|extraneous|overridden|dev|optional|peer|invalid: .{1,500}|\\(?(\\S.{0,500}?)\\)?))?$",
);
const LINK = new RegExp(
  `^(${NAME})@(?:${VERSION}) (?:-> )?\\(?((?:git|https?|ssh|file|\\.{1,2}[\\\\/]|[\\\\/]|[A-Z]:).{0,1000}?)\\)?$`,
);

export const readNpmLine: ReadLogLine = (line) => {
  if (line.startsWith("npm ") || line.startsWith("> ") || line.startsWith("added ")) {
    for (const pattern of LINES) {
      const [, name, version] = pattern.exec(line) ?? [];
      if (name !== undefined) return release("npm", name, version);
    }
    return [];
  }
  return BRANCH.test(line) ? ofBranch(line.replace(BRANCH, "").trimEnd()) : [];
};

/** `alias@npm:name@1.0.0` goes by another name. */
const ALIAS = new RegExp(`^${NAME}@npm:(?=\\S)`);

function ofBranch(called: string): Mention[] {
  const entry = called.replace(ALIAS, "");
  const link = LINK.exec(entry.replace(" -> ", " "));
  if (link) return fromElsewhere(link[1] ?? "", link[2] ?? "");
  const [, name, version, rest] = LEAF.exec(entry) ?? [];
  return rest === undefined ? release("npm", name, version) : [];
}
