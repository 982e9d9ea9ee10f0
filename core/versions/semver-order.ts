/** What the orders of npm, Cargo and Go have in common: SemVer, which each reads with bounds and ranges of its own. */
import type { VersionOrder } from "./order.ts";
import { orThrow } from "./order.ts";
import { compareSemVer, completeSemVer, type SemVer } from "./semver.ts";

export interface RangeGrammar {
  isRange(range: string): boolean;
  /** False for a range that cannot be read. */
  isIn(version: SemVer, range: string, options: { readonly withPrereleases: boolean }): boolean;
}

/** `parse` gives undefined for what the ecosystem takes for no version. Two builds of a version have two canonical texts. */
export function semVerOrder(
  parse: (version: string) => SemVer | undefined,
  { isRange, isIn }: RangeGrammar,
): VersionOrder {
  const isInside = (version: string, range: string, withPrereleases: boolean): boolean => {
    const parsed = parse(version);
    return parsed !== undefined && isIn(parsed, range, { withPrereleases });
  };
  return {
    isValid: (version) => parse(version) !== undefined,
    isPrerelease: (version) => (parse(version)?.prerelease.length ?? 0) > 0,
    compare: (a, b) => compareSemVer(orThrow(parse, a), orThrow(parse, b)),
    satisfies: (version, range) => isInside(version, range, false),
    contains: (version, range) => isInside(version, range, true),
    isRange,
    canonical: (version) => [version, completeSemVer(version)].find((text) => text !== undefined && parse(text)),
  };
}
