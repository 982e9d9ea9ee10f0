/** Cargo's versions: SemVer 2.0.0 with the bounds of the semver crate. */

import { MAX_NUMBER, matchesRequirement, parseRequirement } from "./cargo-requirement.ts";
import { orThrow, type VersionOrder } from "./order.ts";
import { compareSemVer, completeSemVer, parseSemVer, type SemVer } from "./semver.ts";

/** Two builds of a version are two releases: their canonical texts differ. */
export const CARGO_VERSIONS: VersionOrder = {
  isValid: (version) => parse(version) !== undefined,
  isPrerelease: (version) => (parse(version)?.prerelease.length ?? 0) > 0,
  compare: (a, b) => compareSemVer(orThrow(parse, a), orThrow(parse, b)),
  satisfies: (version, range) => isIn(version, range, false),
  contains: (version, range) => isIn(version, range, true),
  isRange: (range) => parseRequirement(range) !== undefined,
  canonical: (version) => [version, completeSemVer(version)].find((text) => text !== undefined && parse(text)),
};

function isIn(version: string, range: string, withPrereleases: boolean): boolean {
  const [parsed, requirement] = [parse(version), parseRequirement(range)];
  return (
    parsed !== undefined && requirement !== undefined && matchesRequirement(parsed, requirement, { withPrereleases })
  );
}

function parse(version: string): SemVer | undefined {
  const parsed = parseSemVer(version);
  return parsed?.core.every((number) => number <= MAX_NUMBER) ? parsed : undefined;
}
