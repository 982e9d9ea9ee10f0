/** The order of versions, as each ecosystem's own tools know it. */
import * as pep440 from "@renovatebot/pep440";
import semver from "semver";
import type { PurlType } from "../purl.ts";

/** Wrong input never throws: an invalid version is not valid, is no pre-release, and satisfies nothing. */
export interface VersionOrder {
  isValid(version: string): boolean;
  isPrerelease(version: string): boolean;
  /** Below, at or above zero as `a` stands before, with or after `b`. Both must be valid. */
  compare(a: string, b: string): number;
  /** Whether the version lies in a range as the ecosystem writes it. */
  satisfies(version: string, range: string): boolean;
  /**
   * One text, valid here, for all spellings of one release; undefined for what is no version. More lenient than
   * isValid(), for it reads advisories: they write `v1.2.3`, ` 1.2.3`, or `0.1` where they mean 0.1.0.
   */
  canonical(version: string): string | undefined;
}

/**
 * SemVer 2.0.0. Build metadata does not count in the order (section 10), but two builds of a version are two releases:
 * their canonical texts differ. Numbers above 2^53 are not valid, as in node-semver. Ranges are node-semver's.
 */
const SEMVER: VersionOrder = {
  isValid: (version) => semver.valid(version) === version.split("+", 1)[0],
  isPrerelease: (version) => SEMVER.isValid(version) && semver.prerelease(version) !== null,
  compare: (a, b) => semver.compare(a, b),
  satisfies: (version, range) => SEMVER.isValid(version) && semver.satisfies(version, range),
  canonical: (version) => (SEMVER.isValid(version) ? version : completeSemver(version)),
};

/** What stands before the version may be what node-semver's loose grammar allows there. */
function completeSemver(version: string): string | undefined {
  const [, major, minor = "0", patch = "0", rest = ""] =
    /^[v=\s]*(\d+)(?:\.(\d+))?(?:\.(\d+))?([-+].*)?$/.exec(version.trim()) ?? [];
  const complete = `${major}.${minor}.${patch}${rest}`;
  return SEMVER.isValid(complete) ? complete : undefined;
}

/**
 * PEP 440. Versions that compare equal are one release: the index and its clients know them by the normalised form.
 * Numbers of 16 digits and more are not valid, since the library would round them.
 */
const PEP440: VersionOrder = {
  isValid: (version) => pep440.valid(version) !== null && !/^[^+]*\d{16}/.test(version),
  isPrerelease: (version) => PEP440.isValid(version) && pep440.explain(version)?.is_prerelease === true,
  compare: (a, b) => pep440.compare(a, b),
  satisfies: (version, range) => PEP440.isValid(version) && pep440.satisfies(version, range, { prereleases: true }),
  canonical: canonicalPep440,
};

/** The normalised form without trailing zeros of the release segment (packaging's canonicalize_version()). */
function canonicalPep440(written: string): string | undefined {
  const version = written.trim();
  const parsed = PEP440.isValid(version) ? pep440.explain(version) : null;
  if (!parsed) return undefined;
  const base = parsed.base_version.replace(/(?:\.0)+$/, "");
  // Read from the text: the library takes a part such as `1e5`, which can be a commit, for a number.
  const local = version.split("+")[1]?.toLowerCase().split(/[-_.]/).map(withoutLeadingZeros).join(".");
  return `${base}${parsed.public.slice(parsed.base_version.length)}${local ? `+${local}` : ""}`;
}

function withoutLeadingZeros(part: string): string {
  return /^\d+$/.test(part) ? part.replace(/^0+(?=\d)/, "") : part;
}

/** Go module versions: SemVer with a leading `v`, which advisories leave out, as they do `+incompatible`. */
const GO: VersionOrder = {
  isValid: (version) => SEMVER.isValid(withoutV(version)),
  isPrerelease: (version) => SEMVER.isPrerelease(withoutV(version)),
  compare: (a, b) => SEMVER.compare(withoutV(a), withoutV(b)),
  satisfies: (version, range) => SEMVER.satisfies(withoutV(version), range.replace(/\bv(?=\d)/g, "")),
  canonical: (version) => SEMVER.canonical(version)?.split("+", 1)[0],
};

function withoutV(version: string): string {
  return version.startsWith("v") ? version.slice(1) : version;
}

export const VERSION_ORDERS: Readonly<Record<PurlType, VersionOrder>> = {
  npm: SEMVER,
  pypi: PEP440,
  cargo: SEMVER,
  golang: GO,
};
