/** What pip, uv, Poetry and PDM print. */
import type { ReleaseId } from "../../../core/purl.ts";
import { releaseOf } from "../toml-lock.ts";
import type { Mention, ReadLogLine } from "./mention.ts";

const NAME = "[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?";
const VERSION = "[0-9](?:[0-9A-Za-z.!+_-]*[0-9A-Za-z])?";

/** A wheel (PEP 427) or an sdist (PEP 625) by its name alone, as tools print it; undefined for any other file. */
export function pythonFile(filename: string): ReleaseId | undefined {
  const stem = filename.replace(/\.(whl|tar\.gz|tar\.bz2|zip)$/, "");
  if (stem === filename || filename.length > 300) return undefined;
  const [project = "", version = "", ...tags] = filename.endsWith(".whl") ? stem.split("-") : splitLast(stem);
  const isWhole = filename.endsWith(".whl") ? tags.length === 3 || tags.length === 4 : tags.length === 0;
  return isWhole && /^\d/.test(version) ? releaseOf("pypi", project, version) : undefined;
}

/** Names may have hyphens, and versions have none. */
function splitLast(stem: string): readonly string[] {
  const at = stem.lastIndexOf("-");
  return at < 0 ? [] : [stem.slice(0, at), stem.slice(at + 1)];
}

const INSTALLED = /^\s*Successfully installed ((?:\S+-[0-9]\S*\s*)+)$/;
const FILE =
  /^\s*(?:Downloading|Using cached|Saved|Processing|Downloaded|Created wheel for \S+ filename=)\s*(?:\S*[\\/])?([\w.!+-]+\.(?:whl|tar\.gz|zip))(?:[\s,;]|\.?$)/;
const WRAPPED = /^\s*\/([\w.!+-]+\.(?:whl|tar\.gz|zip))(?:\s|$)/;
const SATISFIED = new RegExp(
  `^\\s*Requirement already (?:satisfied|up-to-date): (${NAME})(?:\\[[^\\]]*\\])?[^(]* in .* \\((${VERSION})\\)$`,
);
const PINNED = new RegExp(
  `^\\s*(?:Collecting|Obtaining dependency information for) (${NAME})(?:\\[[^\\]]*\\])?===?(${VERSION})(?: |$)`,
);
/** uv: ` + name==1.0`, of an environment; `Added name v1.0`, of a lockfile. */
const UV = new RegExp(`^\\s*[+~] (${NAME})==(${VERSION})(?: \\((.*)\\))?$`);
const UV_LOCK = new RegExp(`^\\s*(?:Added?|Updated?) (${NAME}) (?:v${VERSION} -> )?v(${VERSION})$`);
/** Poetry: `- Installing name (1.0)`, `• Updating name (1.0 -> 2.0)`. */
const POETRY = new RegExp(
  `^\\s*[-•*] (?:Installing|Updating|Downgrading) (${NAME}) \\((?:${VERSION} -> )?(${VERSION})( [^)]+)?\\)(?::.*)?$`,
);
const PDM = new RegExp(`^\\s*[✔√⠋-⠿]? ?(?:Install|Update) (${NAME}) (?:${VERSION} -> )?(${VERSION})(?: successful)?$`);

export const readPythonLine: ReadLogLine = (line) => {
  const installed = INSTALLED.exec(line)?.[1];
  if (installed !== undefined) return installed.trim().split(/\s+/).flatMap(installedOf);
  const file = FILE.exec(line)?.[1] ?? WRAPPED.exec(line)?.[1];
  if (file !== undefined) return found(pythonFile(file));
  const uv = UV.exec(line);
  if (uv) return uv[3] === undefined ? pair(uv) : [{ name: uv[1] ?? "", reason: placeOf(uv[3]) }];
  const poetry = POETRY.exec(line);
  if (poetry)
    return poetry[3] === undefined || (/^ [0-9a-f]{7,40}$/.test(poetry[3]) === false && !/[/:]/.test(poetry[3]))
      ? pair(poetry)
      : [{ name: poetry[1] ?? "", reason: placeOf(poetry[3]) }];
  for (const pattern of [SATISFIED, PINNED, UV_LOCK, PDM]) {
    const named = pattern.exec(line);
    if (named) return pair(named);
  }
  return [];
};

function installedOf(text: string): Mention[] {
  const [name = "", version] = splitLast(text);
  return found(releaseOf("pypi", name, version));
}

function pair([, name = "", version]: RegExpExecArray): Mention[] {
  return found(releaseOf("pypi", name, version));
}

function found(id: ReleaseId | undefined): Mention[] {
  return id ? [{ id }] : [];
}

function placeOf(source: string): string {
  if (/git|^ [0-9a-f]{7,40}$/.test(source)) return "comes from git";
  return /https?:/.test(source) ? "comes from an address" : "lies in a folder";
}
