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
  /** The same by where the version lies alone, pre-releases included: a rule that denies `<2.0.1` means 1.9.0-rc.1 too. */
  contains(version: string, range: string): boolean;
  /** Whether satisfies() and contains() can read the range. */
  isRange(range: string): boolean;
  /**
   * One text, valid here, for all spellings of one release; undefined for what is no version. More lenient than
   * isValid(), for it reads advisories: they write `v1.2.3`, ` 1.2.3`, or `0.1` where they mean 0.1.0.
   */
  canonical(version: string): string | undefined;
}

/**
 * SemVer 2.0.0. Build metadata does not count in the order (section 10), but two builds of a version are two releases:
 * their canonical texts differ. Numbers above 2^53 are not valid, as in node-semver. Ranges are node-semver's.
 */
const SEMVER: VersionOrder = {
  isValid: (version) => parseSemver(version) !== undefined,
  isPrerelease: (version) => (parseSemver(version)?.prerelease.length ?? 0) > 0,
  compare: (a, b) => (parseSemver(a) ?? new semver.SemVer(a)).compare(parseSemver(b) ?? b),
  satisfies: (version, range) => SEMVER.isValid(version) && semver.satisfies(version, range),
  contains: (version, range) =>
    SEMVER.isValid(version) && semver.satisfies(version, range, { includePrerelease: true }),
  isRange: (range) => semver.validRange(range) !== null,
  canonical: (version) => (SEMVER.isValid(version) ? version : completeSemver(version)),
};

/** A listing asks for the parts of each version a dozen times while it is sorted and read. */
const parsed = new Map<string, semver.SemVer | undefined>();
const MAX_PARSED = 40_000;

/** Undefined for what is not a version to the letter. */
function parseSemver(version: string): semver.SemVer | undefined {
  if (parsed.has(version)) return parsed.get(version);
  const semVer = semver.parse(version) ?? undefined;
  const exact = semVer?.version === version.split("+", 1)[0] ? semVer : undefined;
  if (parsed.size >= MAX_PARSED) parsed.clear();
  parsed.set(version, exact);
  return exact;
}

/** What stands before the version may be what node-semver's loose grammar allows there. */
function completeSemver(version: string): string | undefined {
  const [, major, minor = "0", patch = "0", rest = ""] =
    /^[v=\s]*(\d+)(?:\.(\d+))?(?:\.(\d+))?([-+].*)?$/.exec(version.trim()) ?? [];
  const complete = `${major}.${minor}.${patch}${rest}`;
  return SEMVER.isValid(complete) ? complete : undefined;
}

/**
 * PEP 440. Versions that compare equal are one release: the index and its clients know them by the normalised form.
 * Numbers of 16 digits and more are not valid, since the library would round them.
 */
const PEP440: VersionOrder = {
  isValid: (version) => pep440.valid(version) !== null && !/^[^+]*\d{16}/.test(version),
  isPrerelease: (version) => PEP440.isValid(version) && pep440.explain(version)?.is_prerelease === true,
  compare: (a, b) => pep440.compare(a, b),
  satisfies: (version, range) =>
    PEP440.isValid(version) &&
    PEP440.isRange(range) &&
    clausesOf(range).every(([operator, wanted]) => satisfiesClause(version, operator, wanted)),
  contains: (version, range) => PEP440.satisfies(version, range),
  isRange: (range) =>
    pep440.validRange(range) &&
    clausesOf(range).every(([, version]) => !/^[^+]*\d{16}|[^\d.!].*\.\*$/.test(version.replace(/^v/i, ""))),
  canonical: canonicalPep440,
};

/** The normalised form without trailing zeros of the release segment (packaging's canonicalize_version()). */
function canonicalPep440(written: string): string | undefined {
  return writePep440(written, (base) => base.replace(/(?:\.0)+$/, ""));
}

/** The form in which tools write a version (PEP 440, "Normalization"); undefined for what is none. */
export function normalizePep440(written: string): string | undefined {
  return writePep440(written, (base) => base);
}

function writePep440(written: string, writeBase: (base: string) => string): string | undefined {
  const version = written.trim();
  const parsed = PEP440.isValid(version) ? pep440.explain(version) : null;
  if (!parsed) return undefined;
  const base = writeBase(parsed.base_version);
  // Read from the text: the library takes a part such as `1e5`, which can be a commit, for a number.
  const local = version.split("+")[1]?.toLowerCase().split(/[-_.]/).map(withoutLeadingZeros).join(".");
  return `${base}${parsed.public.slice(parsed.base_version.length)}${local ? `+${local}` : ""}`;
}

/** The operator and the version of each clause of a valid specifier; none where it is empty. */
function clausesOf(range: string): (readonly [operator: string, version: string])[] {
  return range.split(",").flatMap((clause) => {
    const [, operator = "", version = ""] = /^(===|[~=!<>]=|[<>])\s*(.*)$/.exec(clause.trim()) ?? [];
    return operator === "" ? [] : [[operator, version] as const];
  });
}

/**
 * One clause, as PEP 440 has it ("Version specifiers"). Of the library's own answers those for `<` and `>` within one
 * release segment and for `.*` are wrong. Pre-releases count, for what is asked is where a release lies.
 */
function satisfiesClause(version: string, operator: string, wanted: string): boolean {
  if (operator === "===") return version.trim().toLowerCase() === wanted.toLowerCase();
  if (operator === "==" || operator === "!=") return isMatch(version, wanted) === (operator === "==");
  const [found, limit] = [explain(version), explain(wanted)];
  const order = pep440.compare(found.public, limit.public);
  const sameBase = pep440.compare(found.base_version, limit.base_version) === 0;
  switch (operator) {
    case "<=":
      return order <= 0;
    case ">=":
      return order >= 0;
    case "~=":
      return order >= 0 && isMatch(version, `${compatibleBase(limit)}.*`);
    case "<":
      // "MUST NOT allow a pre-release of the specified version unless the specified version is itself a pre-release"
      return order < 0 && (limit.is_prerelease || !found.is_prerelease || !sameBase);
    default:
      // "MUST NOT allow a post-release of the given version unless V itself is a post release", nor a local version of it
      return order > 0 && (limit.is_postrelease || !found.is_postrelease || !sameBase);
  }
}

function explain(version: string): NonNullable<ReturnType<typeof pep440.explain>> {
  const parsed = pep440.explain(version);
  if (!parsed) throw new Error("no PEP 440 version");
  return parsed;
}

/** Version matching: the release segment before `.*` against as much of the version's, padded with zeros; or equality. */
function isMatch(version: string, wanted: string): boolean {
  const found = explain(version);
  if (!wanted.endsWith(".*")) return pep440.compare(wanted.includes("+") ? version : found.public, wanted) === 0;
  const { epoch, release } = explain(wanted.slice(0, -2));
  return epoch === found.epoch && release.every((part, index) => part === (found.release[index] ?? 0));
}

/** The release segment that `~=` keeps: all but its last part. */
function compatibleBase({ epoch, release }: { epoch: number; release: readonly number[] }): string {
  return `${epoch}!${release.slice(0, -1).join(".")}`;
}

function withoutLeadingZeros(part: string): string {
  return /^\d+$/.test(part) ? part.replace(/^0+(?=\d)/, "") : part;
}

/** Go module versions: SemVer with a leading `v`, which advisories leave out, as they do `+incompatible`. */
const GO: VersionOrder = {
  isValid: (version) => SEMVER.isValid(withoutV(version)),
  isPrerelease: (version) => SEMVER.isPrerelease(withoutV(version)),
  compare: (a, b) => SEMVER.compare(withoutV(a), withoutV(b)),
  satisfies: (version, range) => SEMVER.satisfies(withoutV(version), withoutEveryV(range)),
  contains: (version, range) => SEMVER.contains(withoutV(version), withoutEveryV(range)),
  isRange: (range) => SEMVER.isRange(withoutEveryV(range)),
  canonical: (version) => SEMVER.canonical(version)?.split("+", 1)[0],
};

function withoutV(version: string): string {
  return version.startsWith("v") ? version.slice(1) : version;
}

function withoutEveryV(range: string): string {
  return range.replace(/\bv(?=\d)/g, "");
}

/** Cargo's requirements: clauses are divided by commas, and a bare version is a caret requirement (The Cargo Book, "Specifying Dependencies"). */
const CARGO: VersionOrder = {
  ...SEMVER,
  satisfies: (version, range) => SEMVER.satisfies(version, toNodeRange(range)),
  contains: (version, range) => SEMVER.contains(version, toNodeRange(range)),
  isRange: (range) => SEMVER.isRange(toNodeRange(range)) && !range.includes("||"),
};

function toNodeRange(range: string): string {
  const clauses = range.split(",").map((clause) => clause.trim());
  return clauses.map((clause) => (/^\d[^*xX]*$/.test(clause) ? `^${clause}` : clause)).join(" ");
}

export const VERSION_ORDERS: Readonly<Record<PurlType, VersionOrder>> = {
  npm: SEMVER,
  pypi: PEP440,
  cargo: CARGO,
  golang: GO,
};
