/** npm's versions and ranges: SemVer 2.0.0 with node-semver's bounds. */

import { orThrow, type VersionOrder } from "./order.ts";
import { compareSemVer, completeSemVer, parseSemVer, type SemVer } from "./semver.ts";
import { isInSemVerRange, isSemVerRange } from "./semver-range.ts";

/** Two builds of a version are two releases: their canonical texts differ. */
export const NPM_VERSIONS: VersionOrder = {
  isValid: (version) => parse(version) !== undefined,
  isPrerelease: (version) => (parse(version)?.prerelease.length ?? 0) > 0,
  compare: (a, b) => compareSemVer(orThrow(parse, a), orThrow(parse, b)),
  satisfies: (version, range) => isIn(version, range, false),
  contains: (version, range) => isIn(version, range, true),
  isRange: isSemVerRange,
  canonical: (version) => [version, completeSemVer(version)].find((text) => text !== undefined && parse(text)),
};

function isIn(version: string, range: string, withPrereleases: boolean): boolean {
  const parsed = parse(version);
  return parsed !== undefined && isInSemVerRange(parsed, range, { withPrereleases });
}

/** node-semver ends at the numbers that a double can count, 2^53 - 1. */
function parse(version: string): SemVer | undefined {
  const parsed = parseSemVer(version);
  return parsed?.core.every((number) => typeof number === "number") ? parsed : undefined;
}
