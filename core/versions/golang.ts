/** Versions of Go modules: SemVer with a leading `v`, which advisories leave out, as they do `+incompatible`. */
import type { VersionOrder } from "./order.ts";
import { completeSemVer, parseSemVer, type SemVer } from "./semver.ts";
import { semVerOrder } from "./semver-order.ts";
import { isInSemVerRange, isSemVerRange } from "./semver-range.ts";

/** Numbers may have any size (golang.org/x/mod/semver). */
export const GO_VERSIONS: VersionOrder = {
  ...semVerOrder(parse, {
    isRange: (range) => isSemVerRange(withoutEveryV(range)),
    isIn: (version, range, options) => isInSemVerRange(version, withoutEveryV(range), options),
  }),
  canonical: (version) => (parseSemVer(version) ? version : completeSemVer(version))?.split("+", 1)[0],
};

function parse(version: string): SemVer | undefined {
  return parseSemVer(version.startsWith("v") ? version.slice(1) : version);
}

function withoutEveryV(range: string): string {
  return range.replace(/\bv(?=\d)/g, "");
}
