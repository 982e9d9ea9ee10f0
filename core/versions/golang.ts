/** Versions of Go modules: SemVer with a leading `v`, which advisories leave out, as they do `+incompatible`. */

import { orThrow, type VersionOrder } from "./order.ts";
import { compareSemVer, completeSemVer, parseSemVer, type SemVer } from "./semver.ts";
import { isInSemVerRange, isSemVerRange } from "./semver-range.ts";

/** Numbers may have any size (golang.org/x/mod/semver). */
export const GO_VERSIONS: VersionOrder = {
  isValid: (version) => parse(version) !== undefined,
  isPrerelease: (version) => (parse(version)?.prerelease.length ?? 0) > 0,
  compare: (a, b) => compareSemVer(orThrow(parse, a), orThrow(parse, b)),
  satisfies: (version, range) => isIn(version, range, false),
  contains: (version, range) => isIn(version, range, true),
  isRange: (range) => isSemVerRange(withoutEveryV(range)),
  canonical: (version) => (parseSemVer(version) ? version : completeSemVer(version))?.split("+", 1)[0],
};

function isIn(version: string, range: string, withPrereleases: boolean): boolean {
  const parsed = parse(version);
  return parsed !== undefined && isInSemVerRange(parsed, withoutEveryV(range), { withPrereleases });
}

function parse(version: string): SemVer | undefined {
  return parseSemVer(version.startsWith("v") ? version.slice(1) : version);
}

function withoutEveryV(range: string): string {
  return range.replace(/\bv(?=\d)/g, "");
}
