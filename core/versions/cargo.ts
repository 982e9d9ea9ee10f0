/** Cargo's versions: SemVer 2.0.0 with the bounds of the semver crate. */
import { MAX_NUMBER, matchesRequirement, parseRequirement } from "./cargo-requirement.ts";
import { parseSemVer, type SemVer } from "./semver.ts";
import { semVerOrder } from "./semver-order.ts";

export const CARGO_VERSIONS = semVerOrder(parse, {
  isRange: (range) => parseRequirement(range) !== undefined,
  isIn(version, range, options) {
    const requirement = parseRequirement(range);
    return requirement !== undefined && matchesRequirement(version, requirement, options);
  },
});

function parse(version: string): SemVer | undefined {
  const parsed = parseSemVer(version);
  return parsed?.core.every((number) => number <= MAX_NUMBER) ? parsed : undefined;
}
