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
}

/** SemVer 2.0.0; build metadata does not count (section 10). Ranges are node-semver's. */
const SEMVER: VersionOrder = {
  isValid: (version) => semver.valid(version) === version.split("+", 1)[0],
  isPrerelease: (version) => semver.prerelease(version) !== null,
  compare: (a, b) => semver.compare(a, b),
  satisfies: (version, range) => semver.satisfies(version, range),
};

/** PEP 440. */
const PEP440: VersionOrder = {
  isValid: (version) => pep440.valid(version) !== null,
  isPrerelease: (version) => pep440.valid(version) !== null && isPep440Prerelease(version),
  compare: (a, b) => pep440.compare(a, b),
  satisfies: (version, range) => pep440.satisfies(version, range, { prereleases: true }),
};

function isPep440Prerelease(version: string): boolean {
  const parsed = pep440.explain(version);
  return parsed?.is_prerelease === true || parsed?.is_devrelease === true;
}

/** Go module versions: SemVer with a leading `v`, which advisories leave out; `+incompatible` does not count. */
const GO: VersionOrder = {
  isValid: (version) => SEMVER.isValid(withoutV(version)),
  isPrerelease: (version) => SEMVER.isPrerelease(withoutV(version)),
  compare: (a, b) => SEMVER.compare(withoutV(a), withoutV(b)),
  satisfies: (version, range) => SEMVER.satisfies(withoutV(version), range.replace(/\bv(?=\d)/g, "")),
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
