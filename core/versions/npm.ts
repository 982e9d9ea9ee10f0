/** npm's versions and ranges: SemVer 2.0.0 with node-semver's bounds. */
import { parseSemVer, type SemVer } from "./semver.ts";
import { semVerOrder } from "./semver-order.ts";
import { isInSemVerRange, isSemVerRange } from "./semver-range.ts";

export const NPM_VERSIONS = semVerOrder(parse, { isRange: isSemVerRange, isIn: isInSemVerRange });

/** node-semver ends at the numbers that a double can count, 2^53 - 1. */
function parse(version: string): SemVer | undefined {
  const parsed = parseSemVer(version);
  return parsed?.core.every((number) => typeof number === "number") ? parsed : undefined;
}
