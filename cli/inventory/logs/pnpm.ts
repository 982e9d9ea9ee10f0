/** What pnpm prints, 5 to 12, for people and as lines of JSON. */
import { fromElsewhere, type Mention, type ReadLogLine, release } from "./mention.ts";
import { NAME, specPattern, VERSION } from "./npm-specs.ts";

/** What was added stands below one; elsewhere `+ name 1.0.0` may be a shell's trace. */
const HEADING = /^(?:dependencies|devDependencies|optionalDependencies|peerDependencies|\/.{1,1000}):$/;
const CHANGE = new RegExp(`^[+-] (${NAME}) (\\S{1,500})(?: (.{1,500}))?$`);
const WARNING =
  /^(?:[\w./-]{1,200} {0,80}\| )?\s{0,8}\[?WARN\]?\s{1,4}(?:\d{1,6} )?deprecated (?:subdependencies found: )?(.{1,8000})$/;
const SPECS = specPattern("(?<![\\w@/])SPEC(?=[,:\\s]|$)", "g");
const LINES: readonly RegExp[] = [
  specPattern(
    "^\\s{0,4}(?:\\[?ERR_PNPM_NO_MATCHING_VERSION\\]?|ERROR).{0,80} No matching version found for SPEC(?:\\s|$)",
  ),
  specPattern("^Downloading SPEC: [\\d.]{1,12} [kMG]?B"),
];
/** `…/.pnpm/@acme+ui@1.0.0_react@18.0.0/node_modules/@acme/ui: Running postinstall script`, or `.../NAME@VERSION/…` for short. */
const SCRIPT = new RegExp(
  `(?:node_modules/\\.pnpm|^\\.\\.\\.)/((?:@[\\w.~-]{1,100}\\+)?[\\w.~-]{1,214})@(${VERSION})(?:[_(][^/]{0,300})?/node_modules/\\S{1,300}(?::| (?:pre|post)?install\\$)`,
);
const PACKAGE_ID = new RegExp(`^(?:/|[\\w.-]{1,200}/)?(${NAME})[@/](${VERSION})$`);

export function startPnpm(): ReadLogLine {
  let isListing = false;
  return (line) => {
    if (HEADING.test(line)) {
      isListing = true;
      return [];
    }
    const change = isListing ? CHANGE.exec(line) : null;
    if (change) return line.startsWith("+") ? ofChange(change) : [];
    isListing = false;
    if (line.startsWith('{"')) return ofJson(line);
    const [, deprecated] = WARNING.exec(line) ?? [];
    if (deprecated !== undefined) return ofWarning(deprecated);
    for (const pattern of [...LINES, SCRIPT]) {
      const [, name, version] = pattern.exec(line) ?? [];
      if (name !== undefined) return release("npm", name.replace("+", "/"), version);
    }
    return [];
  };
}

/** `+ own 1.0.0 <- packages/own` and `+ own link:../own` are no releases. */
function ofChange([, name = "", version = "", rest = ""]: RegExpExecArray): Mention[] {
  if (rest.startsWith("<-")) return fromElsewhere(name, rest.slice("<-".length).trim());
  return /^(?:link|file|workspace|git|github|https?|ssh)[:+]/.test(version)
    ? fromElsewhere(name, version)
    : release("npm", name, version);
}

/** One with its message, or a list. */
function ofWarning(text: string): Mention[] {
  const specs = [...text.matchAll(SPECS)];
  const isList = text.split(", ").every((part) => part.includes("@") && !part.includes(" "));
  return (isList ? specs : specs.filter(({ index }) => index === 0)).flatMap(([, name, version]) =>
    release("npm", name, version),
  );
}

function ofJson(line: string): Mention[] {
  if (!line.includes('"pnpm:progress"')) return [];
  const [, id = ""] = /"packageId":"([^"\\]{1,500})"/.exec(line) ?? [];
  const [, name, version] = PACKAGE_ID.exec(id) ?? [];
  return release("npm", name, version);
}
