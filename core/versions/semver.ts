/** SemVer 2.0.0, to the letter, as npm, Cargo and Go share it; each sets bounds of its own. Build metadata has no part in the order. */
import { compareParts, type Numeral, remembering, toNumeral } from "./order.ts";

export interface SemVer {
  /** Major, minor and patch. */
  readonly core: readonly [Numeral, Numeral, Numeral];
  /** The identifiers of a pre-release; none where it is a release. */
  readonly prerelease: readonly (Numeral | string)[];
}

// The grammar, as sources of regular expressions.
export const NUMBER = "(?:0|[1-9][0-9]*)";
const IDENTIFIER = `(?:${NUMBER}|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)`;
export const PRERELEASE = `${IDENTIFIER}(?:\\.${IDENTIFIER})*`;
export const BUILD = "[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*";

const VERSION = new RegExp(`^(${NUMBER})\\.(${NUMBER})\\.(${NUMBER})(?:-(${PRERELEASE}))?(?:\\+${BUILD})?$`);

/** Undefined for what is no version. */
export const parseSemVer = remembering((version): SemVer | undefined => {
  const [matched, major = "", minor = "", patch = "", prerelease] = VERSION.exec(version) ?? [];
  if (matched === undefined) return undefined;
  return { core: [toNumeral(major), toNumeral(minor), toNumeral(patch)], prerelease: toPrerelease(prerelease) };
});

/** The identifiers of a pre-release that PRERELEASE matches; none of undefined. */
export function toPrerelease(text: string | undefined): SemVer["prerelease"] {
  const identifiers = text?.split(".") ?? [];
  return identifiers.map((identifier) => (/^[0-9]+$/.test(identifier) ? toNumeral(identifier) : identifier));
}

/** Precedence (section 11). */
export function compareSemVer(a: SemVer, b: SemVer): number {
  for (const [index, number] of a.core.entries()) {
    const order = compareParts(number, b.core[index] ?? 0);
    if (order !== 0) return order;
  }
  return comparePrereleases(a.prerelease, b.prerelease);
}

/** None stands after every one. */
export function comparePrereleases(a: SemVer["prerelease"], b: SemVer["prerelease"]): number {
  if (a.length === 0 || b.length === 0) return Number(a.length === 0) - Number(b.length === 0);
  for (const [index, identifier] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const order = compareIdentifiers(identifier, other);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareIdentifiers(a: Numeral | string, b: Numeral | string): number {
  const [isTextA, isTextB] = [typeof a === "string", typeof b === "string"];
  return isTextA === isTextB ? compareParts(a, b) : Number(isTextA) - Number(isTextB);
}

/** The version that `1`, `v1.2` or ` = 1.2.3` stand for: what is missing is 0, and before it may be what node-semver passes over. */
export function completeSemVer(written: string): string | undefined {
  const [, major, minor = "0", patch = "0", rest = ""] =
    /^[v=\s]*(\d+)(?:\.(\d+))?(?:\.(\d+))?([-+].*)?$/.exec(written.trim()) ?? [];
  const complete = `${major}.${minor}.${patch}${rest}`;
  return parseSemVer(complete) && complete;
}
