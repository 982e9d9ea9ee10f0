/** Cargo's version requirements, as the semver crate reads and matches them (The Cargo Book, "Specifying Dependencies"). */

import { compareParts, type Numeral, toNumeral } from "./order.ts";
import { BUILD, comparePrereleases, NUMBER, PRERELEASE, type SemVer, toPrerelease } from "./semver.ts";

/** One comparator; all of a requirement's hold. `*` alone is no comparator. */
interface Comparator {
  readonly operator: "=" | ">" | ">=" | "<" | "<=" | "~" | "^";
  readonly major: Numeral;
  /** Undefined where it is left out, or a wildcard. */
  readonly minor: Numeral | undefined;
  readonly patch: Numeral | undefined;
  readonly prerelease: SemVer["prerelease"];
}

/** The largest number, 2^64 - 1. */
export const MAX_NUMBER = 18_446_744_073_709_551_615n;

const MAX_COMPARATORS = 32;
const MAX_LENGTH = 4096;

const COMPARATOR = new RegExp(
  `^ *(=|>=|>|<=|<|~|\\^|) *(${NUMBER})` +
    `(?:\\.([*xX])(?:\\.([*xX]))?|\\.(${NUMBER})(?:\\.(?:([*xX])|(${NUMBER})(?:-(${PRERELEASE}))?(?:\\+${BUILD})?))?)? *$`,
);

/** Undefined for what Cargo refuses. */
export function parseRequirement(text: string): readonly Comparator[] | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  if (/^ *[*xX] *$/.test(text)) return [];
  const comparators = text.split(",").map(parseComparator);
  if (comparators.length > MAX_COMPARATORS) return undefined;
  return comparators.every((comparator) => comparator !== undefined) ? comparators : undefined;
}

function parseComparator(text: string): Comparator | undefined {
  const [matched, written, major, wildMinor, , minor, wildPatch, patch, prerelease] = COMPARATOR.exec(text) ?? [];
  const numbers = [major, minor, patch].map((digits) => (digits === undefined ? undefined : toNumeral(digits)));
  if (matched === undefined || numbers.some((number) => number !== undefined && number > MAX_NUMBER)) return undefined;
  // A bare version is a caret requirement, and with a wildcard means what it looks like.
  const operator = written || (wildMinor || wildPatch ? "=" : "^");
  return {
    operator: operator as Comparator["operator"],
    major: numbers[0] ?? 0,
    minor: numbers[1],
    patch: numbers[2],
    prerelease: toPrerelease(prerelease),
  };
}

/**
 * Without `withPrereleases` a pre-release matches only where a comparator names one of the same three numbers; with it, by
 * where it lies alone.
 */
export function matchesRequirement(
  version: SemVer,
  requirement: readonly Comparator[],
  { withPrereleases }: { withPrereleases: boolean },
): boolean {
  if (!requirement.every((comparator) => matches(version, comparator, withPrereleases))) return false;
  return withPrereleases || version.prerelease.length === 0 || requirement.some((one) => namesPrerelease(one, version));
}

function namesPrerelease({ major, minor, patch, prerelease }: Comparator, { core }: SemVer): boolean {
  return prerelease.length > 0 && core[0] === major && core[1] === minor && core[2] === patch;
}

function matches(version: SemVer, comparator: Comparator, withPrereleases: boolean): boolean {
  const order = compareWritten(version, comparator);
  const isWhole = comparator.patch !== undefined;
  const isSame = order === 0 && (isWhole || withPrereleases || version.prerelease.length === 0);
  switch (comparator.operator) {
    case "=":
      return isSame;
    case ">":
      return order > 0;
    case ">=":
      return isSame || order > 0;
    case "<":
      return order < 0;
    case "<=":
      return isSame || order < 0;
    case "~":
      return (isSame || order > 0) && isCompatible(version, comparator);
    default:
      return order >= 0 && isCompatible(version, comparator);
  }
}

/** By the numbers that the comparator writes, and where it writes all, by the pre-release. */
function compareWritten({ core, prerelease }: SemVer, comparator: Comparator): number {
  for (const [index, wanted] of [comparator.major, comparator.minor, comparator.patch].entries()) {
    if (wanted === undefined) return 0;
    const order = compareParts(core[index] ?? 0, wanted);
    if (order !== 0) return order;
  }
  return comparePrereleases(prerelease, comparator.prerelease);
}

/** Whether the version has the numbers that `~` and `^` hold fast. */
function isCompatible({ core: [major, minor, patch] }: SemVer, comparator: Comparator): boolean {
  if (major !== comparator.major) return false;
  if (comparator.minor === undefined) return true;
  if (comparator.operator === "~") return minor === comparator.minor;
  if (major > 0) return true;
  if (minor !== comparator.minor) return false;
  return comparator.patch === undefined || minor > 0 || patch === comparator.patch;
}
