/**
 * Versions of Python packages: the grammar, the order and the spellings of PEP 440. The library for it on npm rounds long
 * numbers, and takes a local part such as `1e5`, which can be a commit, for a number.
 */
import { compareParts, type Numeral, remembering, toNumeral } from "./order.ts";

export interface Pep440 {
  readonly epoch: Numeral;
  readonly release: readonly Numeral[];
  readonly pre: readonly [phase: "a" | "b" | "rc", number: Numeral] | undefined;
  readonly post: Numeral | undefined;
  readonly dev: Numeral | undefined;
  readonly local: readonly (Numeral | string)[];
}

/** Appendix B, without the spaces that it allows around a version. */
const PUBLIC =
  "v?(?:([0-9]+)!)?([0-9]+(?:\\.[0-9]+)*)" +
  "(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?([0-9]+)?)?" +
  "(?:-([0-9]+)|[-_.]?(post|rev|r)[-_.]?([0-9]+)?)?" +
  "(?:[-_.]?(dev)[-_.]?([0-9]+)?)?";
const LOCAL = "[a-z0-9]+(?:[-_.][a-z0-9]+)*";
const VERSION = new RegExp(`^${PUBLIC}(?:\\+(${LOCAL}))?$`, "i");
const LEADING = new RegExp(`^${PUBLIC}`, "i");

/** Undefined for what is no version. */
export const parsePep440 = remembering((version): Pep440 | undefined => {
  const [matched, epoch, release = "", pre, preNumber, implicitPost, post, postNumber, dev, devNumber, local] =
    VERSION.exec(version) ?? [];
  if (matched === undefined) return undefined;
  return {
    epoch: toNumeral(epoch ?? "0"),
    release: release.split(".").map(toNumeral),
    pre: pre === undefined ? undefined : [phaseOf(pre), toNumeral(preNumber ?? "0")],
    post: implicitPost !== undefined || post !== undefined ? toNumeral(implicitPost ?? postNumber ?? "0") : undefined,
    dev: dev === undefined ? undefined : toNumeral(devNumber ?? "0"),
    local: local === undefined ? [] : local.toLowerCase().split(/[-_.]/).map(toLocalPart),
  };
});

/** The release or post-release that a text begins with: 2.6.0 of `2.6.0-NA` and of `2.6.0-alpha?`. */
export function leadingPep440(text: string): string | undefined {
  const leading = parsePep440(LEADING.exec(text.trim())?.[0] ?? "");
  return leading && formatPep440({ ...leading, pre: undefined, dev: undefined });
}

function phaseOf(letters: string): "a" | "b" | "rc" {
  const letter = letters.toLowerCase();
  if (letter.startsWith("a")) return "a";
  return letter.startsWith("b") ? "b" : "rc";
}

function toLocalPart(part: string): Numeral | string {
  return /^[0-9]+$/.test(part) ? toNumeral(part) : part;
}

/** Whether it is a pre-release or a development release ("Pre-releases", "Developmental releases"). */
export function isPep440Prerelease({ pre, dev }: Pep440): boolean {
  return pre !== undefined || dev !== undefined;
}

/** The order of "Summary of permitted suffixes and relative ordering"; local versions count. */
export function comparePep440(a: Pep440, b: Pep440): number {
  return comparePublic(a, b) || compareLists(a.local, b.local, compareLocalParts);
}

/** The same without local versions. */
export function comparePublic(a: Pep440, b: Pep440): number {
  return (
    compareParts(a.epoch, b.epoch) ||
    compareReleases(a.release, b.release) ||
    compareParts(phaseRank(a), phaseRank(b)) ||
    compareParts(a.pre?.[1] ?? 0, b.pre?.[1] ?? 0) ||
    compareParts(a.post ?? -1, b.post ?? -1) ||
    compareParts(a.dev ?? Number.POSITIVE_INFINITY, b.dev ?? Number.POSITIVE_INFINITY)
  );
}

const PHASES = ["a", "b", "rc"];

/** A development release of the release itself stands before its pre-releases, and whatever else has none behind them. */
function phaseRank({ pre, post, dev }: Pep440): number {
  if (pre !== undefined) return PHASES.indexOf(pre[0]);
  return post === undefined && dev !== undefined ? -1 : PHASES.length;
}

/** The shorter one is padded with zeros. */
function compareReleases(a: readonly Numeral[], b: readonly Numeral[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const order = compareParts(a[index] ?? 0, b[index] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

function compareLists<Part>(a: readonly Part[], b: readonly Part[], compare: (a: Part, b: Part) => number): number {
  for (const [index, part] of a.slice(0, b.length).entries()) {
    const order = compare(part, b[index] ?? part);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** Words stand before numbers. */
function compareLocalParts(a: Numeral | string, b: Numeral | string): number {
  const [isWordA, isWordB] = [typeof a === "string", typeof b === "string"];
  return isWordA === isWordB ? compareParts(a, b) : Number(isWordB) - Number(isWordA);
}

/** The form in which tools write it ("Normalization"). */
export function formatPep440({ epoch, release, pre, post, dev, local }: Pep440): string {
  return [
    epoch === 0 ? "" : `${epoch}!`,
    release.join("."),
    pre?.join("") ?? "",
    post === undefined ? "" : `.post${post}`,
    dev === undefined ? "" : `.dev${dev}`,
    local.length > 0 ? `+${local.join(".")}` : "",
  ].join("");
}

/** Without trailing zeros of the release segment (packaging's canonicalize_version()). */
export function withoutTrailingZeros(version: Pep440): Pep440 {
  const end = version.release.findLastIndex((part) => part !== 0) + 1;
  return { ...version, release: version.release.slice(0, Math.max(end, 1)) };
}
