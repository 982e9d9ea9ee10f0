/** Ranges as node-semver writes and reads them: npm's own, and Go's here, for Go has none. */
import semver from "semver";
import { compareSemVer, parseSemVer, type SemVer } from "./semver.ts";

export function isSemVerRange(range: string): boolean {
  return semver.validRange(range) !== null;
}

/**
 * Whether the version lies in the range. The library reads the range, and the comparison is ours: it has no bound on the
 * size of numbers, which Go has not either. Without `withPrereleases` a pre-release is in the range only where it names one of
 * the same three numbers (node-semver, "Prerelease Tags").
 */
export function isInSemVerRange(
  version: SemVer,
  range: string,
  { withPrereleases }: { withPrereleases: boolean },
): boolean {
  if (!isSemVerRange(range)) return false;
  const { set } = new semver.Range(range, { includePrerelease: withPrereleases });
  return set.some((comparators) => {
    const bounds = comparators.flatMap(toBound);
    if (!bounds.every((bound) => isWithin(version, bound))) return false;
    return (
      withPrereleases || version.prerelease.length === 0 || bounds.some((bound) => namesPrerelease(bound, version))
    );
  });
}

interface Bound {
  readonly operator: semver.Comparator["operator"];
  readonly limit: SemVer;
}

/** None for `*`, which every version is within. */
function toBound({ operator, value, semver: { version } }: semver.Comparator): Bound[] {
  const limit = value === "" ? undefined : parseSemVer(version);
  return limit ? [{ operator, limit }] : [];
}

function isWithin(version: SemVer, { operator, limit }: Bound): boolean {
  const order = compareSemVer(version, limit);
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    default:
      return order === 0;
  }
}

function namesPrerelease({ limit }: Bound, { core }: SemVer): boolean {
  return limit.prerelease.length > 0 && core.every((number, index) => number === limit.core[index]);
}
