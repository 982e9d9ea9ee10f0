/** What the name of a file tells, to whoever knows the project: which release it is of, by the rules that clients go by. */
import { normalizeName } from "../../purl.ts";
import { normalizePep440 } from "../../versions/pypi.ts";

export type FileKind = "wheel" | "sdist" | "egg";

export interface ParsedFilename {
  readonly kind: FileKind;
  /** Normalised (PEP 440). */
  readonly version: string;
}

/** As pip knows archives of source, and wheels, by the letter. */
const SDIST = /\.(?:tar\.gz|tgz|zip|tar\.bz2|tbz|tar\.xz|txz|tar\.lz|tar\.lzma|tlz|tar)$/;
/**
 * What pip on one Python, or poetry, takes off a version before it reads it. Behind a local version that leaves another
 * one: `1.0+a-py3.9` is 1.0+a to a pip on Python 3.9.
 */
const CUT_OFF = /-py[123]\.?\d?$|\.sdist$/;
/** URL-safe, and nothing that a page, a path or a header could take for its own. */
const SAFE = /^[a-zA-Z0-9][a-zA-Z0-9._+!-]{0,255}$/;

/** Undefined for what is no file of this project that a client would install. `project` is normalised (PEP 503). */
export function parseFilename(project: string, filename: string): ParsedFilename | undefined {
  if (!SAFE.test(filename)) return undefined;
  if (filename.endsWith(".whl")) return parseWheel(project, filename.slice(0, -".whl".length));
  if (filename.endsWith(".egg")) return parseEgg(project, filename.slice(0, -".egg".length));
  return SDIST.test(filename) ? parseSdist(project, filename.replace(SDIST, "")) : undefined;
}

/** `NAME-VERSION(-BUILD)?-PYTHON-ABI-PLATFORM` (PEP 427, "File name convention"). */
function parseWheel(project: string, stem: string): ParsedFilename | undefined {
  const parts = stem.split("-");
  if ((parts.length !== 5 && parts.length !== 6) || parts.includes("")) return undefined;
  if (parts.length === 6 && !/^\d/.test(parts[2] ?? "")) return undefined;
  return parseParts(project, "wheel", parts);
}

/** `NAME-VERSION(-pyVERSION(-PLATFORM)?)?` (setuptools, "The Internal Structure of Python Eggs"). */
function parseEgg(project: string, stem: string): ParsedFilename | undefined {
  return parseParts(project, "egg", stem.split("-"));
}

/** A dash within a name or a version is written as an underscore there. */
function parseParts(project: string, kind: FileKind, [name = "", written = ""]: readonly string[]) {
  const version = toVersion(written.replaceAll("_", "-"));
  return version !== undefined && normalizeName("pypi", name) === project ? { kind, version } : undefined;
}

/** Old names have dashes anywhere: the version stands behind the first beginning that is the project's name, as pip has it. */
function parseSdist(project: string, stem: string): ParsedFilename | undefined {
  for (let at = stem.indexOf("-"); at > 0; at = stem.indexOf("-", at + 1)) {
    if (normalizeName("pypi", stem.slice(0, at)) !== project) continue;
    const version = toVersion(stem.slice(at + 1));
    return version === undefined ? undefined : { kind: "sdist", version };
  }
  return undefined;
}

function toVersion(written: string): string | undefined {
  return CUT_OFF.test(written) ? undefined : normalizePep440(written);
}
