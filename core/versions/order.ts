/** What each ecosystem's adapter knows of its versions. */

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
  /**
   * The version that a text begins with which is none: 2.6.0 of `2.6.0-NA`, as databases write where a range ends. Never
   * a pre-release, for what ends there may be a later one. Only where the ecosystem's databases need it.
   */
  leading?(text: string): string | undefined;
}

/** How many of these valid versions, in order, stand before or with this one. Binary: a publisher chooses how many there are. */
export function countUpTo(
  version: string,
  ascending: readonly string[],
  { compare }: Pick<VersionOrder, "compare">,
): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(ascending[middle] ?? "", version) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A number of a version, exact at any size: JavaScript compares the two types with each other by value. */
export type Numeral = number | bigint;

export function toNumeral(digits: string): Numeral {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
}

export function compareParts<Part extends Numeral | string>(a: Part, b: Part): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** For what the caller knows to be valid. */
export function orThrow<Parsed>(parse: (version: string) => Parsed | undefined, version: string): Parsed {
  const parsed = parse(version);
  if (parsed === undefined) throw new TypeError(`${JSON.stringify(version)} is no version`);
  return parsed;
}

/** No tool writes longer ones, and what reads them need not be quick with any text. */
const MAX_LENGTH = 256;

/** How many versions stay read: a listing asks for the parts of each a dozen times while it is sorted and judged. */
const MAX_REMEMBERED = 40_000;

/** A reader that remembers what it has read. */
export function remembering<Parsed>(read: (version: string) => Parsed | undefined): typeof read {
  const known = new Map<string, Parsed | undefined>();
  return (version) => {
    if (version.length > MAX_LENGTH) return undefined;
    if (known.has(version)) return known.get(version);
    if (known.size >= MAX_REMEMBERED) known.clear();
    const parsed = read(version);
    known.set(version, parsed);
    return parsed;
  };
}
