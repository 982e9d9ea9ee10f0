/** What pip prints. It tells where something comes from before it tells the version, so that its lines hang together. */
import { normalizeName } from "../../../core/purl.ts";
import { fromElsewhere, type Mention, type ReadLogLine, release } from "./mention.ts";
import { pythonFile } from "./python-files.ts";

const NAME = "[A-Za-z0-9](?:[\\w.-]{0,213}[A-Za-z0-9])?";
const EXTRAS = "(?:\\[[^\\]]{0,200}\\])?";

const COLLECTING =
  /^\s{0,12}(?:Collecting|Downloading\/unpacking|Obtaining) (\S.{0,2000}?)(?: \(from .{0,2000}\))?(?: \(line \d{1,9}\)\))?$/;
const PINNED = new RegExp(`^(${NAME})${EXTRAS}\\s?===?\\s?([^\\s,;*]{1,128})$`);
const PLAIN = new RegExp(`^(${NAME})${EXTRAS}(?:$|[\\s<>=!~;(,])`);
const ELSEWHERE = new RegExp(`^(?:(${NAME})${EXTRAS} ?@ ?)?((?:git|hg|svn|bzr|https?|ssh|file)[+:]\\S{1,2000})`);

const FILE = /^\s{0,12}(?:Downloading|Using cached|Saved|File was already downloaded) (\S{1,2000})(?:\s|$)/;
const PROCESSING = /^\s{0,12}Processing (\S.{0,2000}?)(?: \(from .{0,500}\))?$/;
const ARCHIVE = /\.(?:whl|tar\.gz|tgz|tar\.bz2|zip)$/;
const FOLDER = /^(?:\.{1,2}|[A-Za-z]:)?[\\/](?:[^\\/]{1,200}[\\/])*[\w-]{1,200}$/;
/** The end of an address that a terminal of the width of its beginning put on a line of its own. */
const REST = /^\s{0,4}(\S{1,500})\s+\(\d[\d.]{0,12} ?[kMG]?B\)$/i;

const INSTALLED = /^\s{0,12}Successfully installed (\S.*)$/;
const SATISFIED = new RegExp(
  `^\\s{0,12}Requirement already (?:satisfied|up-to-date)(?: \\(use --upgrade to upgrade\\))?: (${NAME})${EXTRAS}\\S{0,300} in \\S.{0,2000} \\(([^()\\s]{1,128})\\)$`,
);
const PRESENT = new RegExp(`^\\s{0,12}Found existing installation: (${NAME}) (\\S{1,128})$`);
const MISSING = new RegExp(
  `^\\s{0,12}(?:ERROR: )?(?:No matching distribution found for|Could not find a version that satisfies the requirement) (${NAME})${EXTRAS}===?([^\\s,;*]{1,128})(?:\\s|$)`,
);

/** Its lines of one job: the first ones tell what the next are about. */
export function startPip(): ReadLogLine {
  /** What was named last, for files whose names can be read in two ways. */
  let collected: string | undefined;
  let wrapped = "";
  /** Taken from elsewhere in this job, normalised: the index need not have such a release. */
  const elsewhere = new Set<string>();

  const known = (mentions: Mention[]) =>
    mentions.filter((mention) => !("id" in mention) || !elsewhere.has(mention.id.name));

  function fromSource(name: string | undefined, source: string): Mention[] {
    const [, egg] = new RegExp(`[#&]egg=(${NAME})`).exec(source) ?? [];
    const project = name ?? egg;
    collected = project;
    if (project !== undefined) elsewhere.add(normalizeName("pypi", project));
    return fromElsewhere(project ?? source, source);
  }

  function ofCollecting(requirement: string): Mention[] {
    const source = ELSEWHERE.exec(requirement);
    if (source) return fromSource(source[1], source[2] ?? "");
    const [, name, version] = PINNED.exec(requirement) ?? [];
    collected = name ?? PLAIN.exec(requirement)?.[1];
    if (collected !== undefined) elsewhere.delete(normalizeName("pypi", collected));
    return release("pypi", name, version);
  }

  function ofFile(path: string): Mention[] {
    const file = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1).replace(/#.*$/, "");
    const byProject = collected === undefined ? [] : pythonFile(file, collected);
    return known(byProject.length > 0 ? byProject : pythonFile(file));
  }

  /** A wheel that pip built before lies in its own cache, and comes from the index all the same. */
  function ofProcessing(path: string): Mention[] {
    if (/[\\/]pip[\\/](?:cache[\\/])?wheels[\\/]/i.test(path)) return ofFile(path);
    const file = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
    const [mention] = pythonFile(file);
    // A folder is most often called as its project is.
    const name = mention && "id" in mention ? mention.id.name : normalizeName("pypi", file);
    elsewhere.add(name);
    return fromElsewhere(name, "file:");
  }

  return (line) => {
    const rest = wrapped === "" ? undefined : REST.exec(line)?.[1];
    const beginning = wrapped;
    wrapped = "";
    if (rest !== undefined) return ofFile(`${beginning}${rest}`);
    const [, requirement] = COLLECTING.exec(line) ?? [];
    if (requirement !== undefined) return ofCollecting(requirement);
    const [, path] = FILE.exec(line) ?? [];
    if (path !== undefined) {
      // Without its size, which pip always tells: the rest stands on the next line.
      if (/^https?:/.test(path) && line.trimEnd().endsWith(path)) wrapped = path;
      return ofFile(path);
    }
    const [, processed] = PROCESSING.exec(line) ?? [];
    if (processed !== undefined)
      return ARCHIVE.test(processed) || FOLDER.test(processed) ? ofProcessing(processed) : [];
    const [, installed] = INSTALLED.exec(line) ?? [];
    if (installed !== undefined) return known(installed.trim().split(/\s+/).flatMap(ofInstalled));
    const [, name = "", version] = SATISFIED.exec(line) ?? PRESENT.exec(line) ?? MISSING.exec(line) ?? [];
    if (version === undefined) return [];
    const named = release("pypi", name, version);
    return named.length > 0 ? known(named) : [{ name, reason: "has a version that no index has" }];
  };
}

/** `zope.interface-6.4`: behind the last dash, for pip writes versions normalised, and those have none. */
function ofInstalled(text: string): Mention[] {
  const at = text.lastIndexOf("-");
  return at < 1 ? [] : release("pypi", text.slice(0, at), text.slice(at + 1));
}
