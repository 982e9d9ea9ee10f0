/**
 * Names that were made to be taken for another. A list is indexed once, in a time that grows with its length; a look-up
 * then tries the ways in which a name can be misspelt, however long the list is.
 */
import { setImmediate } from "node:timers/promises";
import { editDistance } from "../words.ts";

/** Names of at least so many characters may differ in two places. */
const LONG = 9;
const MAX_NAME = 256;
const NAMES_AT_ONCE = 256;
const BASE = 1_000_003;

function runAll(steps: Iterable<void>): void {
  for (const _ of steps);
}

/**
 * The index of a list. Entries and names may be names as their ecosystem writes them, or purls.
 *
 * A short name is found by what is left of it without one of its letters, as in SymSpell. A long name is cut in two: of
 * two changes, one part has at most one, and is found in the same way. Each is cut where its parts are rare, so that names
 * with a common beginning (`eslint-plugin-…`) do not all have to be compared.
 */
export class NameIndex {
  readonly #names: readonly Name[];
  /** Which letters each name has, as bits: two names that differ in many cannot be near. */
  readonly #letters: Uint32Array;
  /** Names with a part in common, and that part. */
  readonly #groups: number[][] = [];
  readonly #parts: string[] = [];
  /** A hash table: from a bucket to its newest posting, and from each to the next; a posting is a hash and a group. */
  readonly #buckets: Int32Array;
  readonly #next: Int32Array;
  readonly #hashes: Int32Array;
  readonly #posted: Int32Array;
  #postings = 0;

  constructor(entries: Iterable<string>, run: (steps: Iterable<void>) => void = runAll) {
    this.#names = Array.from(entries, readName);
    this.#letters = Uint32Array.from(this.#names, ({ folded }) => lettersOf(folded));
    // A name has two parts, and each is posted whole and without each of its letters.
    const most = this.#names.reduce((sum, { folded }) => sum + Math.min(folded.length, MAX_NAME) + 2, 1);
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(most))).fill(-1);
    this.#next = new Int32Array(most);
    this.#hashes = new Int32Array(most);
    this.#posted = new Int32Array(most);
    run(this.#index());
  }

  /** As the constructor, but lets others have their turn: a list of ten thousand names takes a while. */
  static async open(entries: Iterable<string>): Promise<NameIndex> {
    let steps: Iterable<void> = [];
    const index = new NameIndex(entries, (given) => {
      steps = given;
    });
    for (const _ of steps) await setImmediate();
    return index;
  }

  /** Rests after each few hundred names. */
  *#index(): Generator<void, void> {
    const long: [index: number, folded: string][] = [];
    const counts = new Int32Array(this.#buckets.length);
    for (const [index, { folded }] of this.#names.entries()) {
      if (index % NAMES_AT_ONCE === NAMES_AT_ONCE - 1) yield;
      if (folded.length === 0 || folded.length > MAX_NAME) continue;
      if (folded.length < LONG) this.#add(index, folded, WHOLE);
      else {
        long.push([index, folded]);
        const { heads, tails } = cutsOf(folded, counts);
        for (const bucket of heads) (counts[bucket] as number)++;
        for (const bucket of tails) (counts[bucket] as number)++;
      }
    }
    for (const [position, [index, folded]] of long.entries()) {
      if (position % NAMES_AT_ONCE === NAMES_AT_ONCE - 1) yield;
      const cut = rarestCut(folded, counts);
      this.#add(index, folded.slice(0, cut), HEAD);
      this.#add(index, folded.slice(cut), TAIL);
    }
  }

  get size(): number {
    return this.#names.length;
  }

  /**
   * The entry that the name resembles: the nearest, and of those as near the first. None where the list has the name.
   * `spend` is told what the look-up costs, which grows where many entries are near, in units of some 40 ns; it may throw.
   */
  resembled(text: string, spend: (cost: number) => void = () => {}): string | undefined {
    const name = readName(text);
    if (name.folded.length === 0 || name.folded.length > MAX_NAME) return undefined;
    spend(50 + name.folded.length ** 2);
    let best: { index: number; distance: number } | undefined;
    for (const index of this.#candidates(name.folded, spend)) {
      spend(30);
      const entry = this.#names[index] as Name;
      if (entry.type !== undefined && name.type !== undefined && entry.type !== name.type) continue;
      if (entry.name === name.name) return undefined;
      const most = entry.folded.length < LONG ? 1 : 2;
      const distance = distanceOf(name.folded, entry.folded, most + 1);
      if (distance > most || isSameOwner(name.name, entry.name)) continue;
      if (!best || distance < best.distance || (distance === best.distance && index < best.index))
        best = { index, distance };
    }
    return best && this.#names[best.index]?.text;
  }

  #add(index: number, part: string, kind: number): void {
    const hashes = deletionsOf(part, 0, part.length, kind);
    const known = this.#groupOf(part, hashes[0] as number);
    if (known !== undefined) {
      this.#groups[known]?.push(index);
      return;
    }
    const group = this.#groups.push([index]) - 1;
    this.#parts.push(part);
    for (const hash of hashes) {
      const bucket = hash & (this.#buckets.length - 1);
      const posting = this.#postings++;
      this.#next[posting] = this.#buckets[bucket] as number;
      this.#hashes[posting] = hash;
      this.#posted[posting] = group;
      this.#buckets[bucket] = posting;
    }
  }

  /** The group of exactly this part; `hash` is that of the whole. */
  #groupOf(part: string, hash: number): number | undefined {
    let at = this.#buckets[hash & (this.#buckets.length - 1)] as number;
    for (; at >= 0; at = this.#next[at] as number) {
      const group = this.#posted[at] as number;
      if (this.#hashes[at] === hash && this.#parts[group] === part) return group;
    }
    return undefined;
  }

  #candidates(folded: string, spend: (cost: number) => void): Set<number> {
    const groups = new Set<number>();
    let visits = 0;
    const collect = (start: number, end: number, kind: number): void => {
      for (const hash of deletionsOf(folded, start, end, kind)) {
        let at = this.#buckets[hash & (this.#buckets.length - 1)] as number;
        for (; at >= 0; at = this.#next[at] as number) {
          visits++;
          if (this.#hashes[at] === hash) groups.add(this.#posted[at] as number);
        }
      }
    };
    const { length } = folded;
    if (length <= LONG) collect(0, length, WHOLE);
    // Where an entry was cut is not known: a part has at least a quarter of it, less the letter that the name lacks.
    if (length >= LONG - 2) {
      const least = Math.max(0, ((length - 2) >> 2) - 1);
      for (let cut = least; cut <= length - least; cut++) {
        collect(0, cut, HEAD);
        collect(cut, length, TAIL);
      }
    }
    spend(visits);
    const found = new Set<number>();
    const letters = lettersOf(folded);
    for (const group of groups) {
      const members = this.#groups[group] ?? [];
      spend(members.length);
      for (const index of members) {
        if (Math.abs((this.#names[index] as Name).folded.length - length) > 2) continue;
        // One change takes one letter away and adds another.
        if (bitsIn((this.#letters[index] as number) ^ letters) <= 4) found.add(index);
      }
    }
    return found;
  }
}

/** The buckets of both parts of a name, for each place where it may be cut. */
function cutsOf(folded: string, counts: Int32Array): { heads: number[]; tails: number[] } {
  const mask = counts.length - 1;
  const [first, last] = cutBounds(folded.length);
  const [heads, tails]: [number[], number[]] = [[], []];
  let head = 0;
  for (let at = 0; at < last; at++) {
    head = Math.imul(head, BASE) + folded.charCodeAt(at);
    if (at + 1 >= first) heads.push(mix(head, HEAD) & mask);
  }
  let [tail, power] = [0, 1];
  for (let at = folded.length - 1; at >= first; at--) {
    tail += Math.imul(folded.charCodeAt(at), power);
    power = Math.imul(power, BASE);
    if (at <= last) tails.push(mix(tail, TAIL) & mask);
  }
  return { heads, tails: tails.reverse() };
}

/** Where the parts of the name are parts of the fewest others; of equal places the one nearest to the middle. */
function rarestCut(folded: string, counts: Int32Array): number {
  const [first] = cutBounds(folded.length);
  const { heads, tails } = cutsOf(folded, counts);
  let [best, least] = [first, Number.POSITIVE_INFINITY];
  for (let at = 0; at < heads.length; at++) {
    const others = (counts[heads[at] as number] as number) + (counts[tails[at] as number] as number);
    const count = others + Math.abs(first + at - folded.length / 2) / 1000;
    if (count < least) [best, least] = [first + at, count];
  }
  return best;
}

/** The first place and the last: each part has a quarter of the name. */
function cutBounds(length: number): readonly [number, number] {
  return [length >> 2, length - (length >> 2)];
}

interface Name {
  readonly text: string;
  /** The type of a purl; undefined for a plain name, which is of any. */
  readonly type: string | undefined;
  readonly name: string;
  /** What is compared: lower case, without the characters that separate words, scopes and paths. */
  readonly folded: string;
}

function readName(text: string): Name {
  const [, type, rest = text] = /^pkg:([a-z]+)\/([^?#]+)/.exec(text) ?? [];
  const name = type === undefined ? text : rest.replace(/(?<=.)@[^/]*$/, "").replaceAll("%40", "@");
  return { text, type, name, folded: name.toLowerCase().replace(/[-_./@]/g, "") };
}

/** Whether one publisher has both: names in one scope or of one owner, or a module and its major version. */
function isSameOwner(a: string, b: string): boolean {
  if (a.startsWith(`${b}/`) || b.startsWith(`${a}/`)) return true;
  const slash = a.lastIndexOf("/");
  return slash > 0 && slash === b.lastIndexOf("/") && a.slice(0, slash) === b.slice(0, slash);
}

/** The edit distance; `limit` where it reaches that. What both begin and end with does not count, and is most of them. */
function distanceOf(a: string, b: string, limit: number): number {
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start++;
  let end = 0;
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return editDistance(a.slice(start, a.length - end), b.slice(start, b.length - end), limit);
}

/** A bit for each letter, and six for all other characters. */
function lettersOf(folded: string): number {
  let letters = 0;
  for (let at = 0; at < folded.length; at++) {
    const letter = folded.charCodeAt(at) - 97;
    letters |= 1 << (letter >= 0 && letter < 26 ? letter : 26 + ((letter & 0xff) % 6));
  }
  return letters;
}

function bitsIn(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}

const [WHOLE, HEAD, TAIL] = [1, 2, 3];

/**
 * Hashes of a part of the text, and of that part without each one of its characters: two parts that differ in one place
 * have one of these in common. They count only between parts of one kind.
 */
function deletionsOf(text: string, start: number, end: number, kind: number): number[] {
  let whole = 0;
  for (let at = start; at < end; at++) whole = Math.imul(whole, BASE) + text.charCodeAt(at);
  const hashes = [mix(whole, kind)];
  // From the end: the hash of what stands before `at`, moved to the left by what stands after it, and that.
  let [before, after, power] = [whole, 0, 1];
  for (let at = end - 1; at >= start; at--) {
    before = Math.imul(before - text.charCodeAt(at), INVERSE);
    hashes.push(mix(Math.imul(before, power) + after, kind));
    after += Math.imul(text.charCodeAt(at), power);
    power = Math.imul(power, BASE);
  }
  return hashes;
}

/** Of BASE, modulo 2^32. */
const INVERSE = inverseOf(BASE);

function inverseOf(odd: number): number {
  let inverse = odd;
  for (let round = 0; round < 5; round++) inverse = Math.imul(inverse, 2 - Math.imul(odd, inverse));
  return inverse;
}

function mix(hash: number, salt: number): number {
  const mixed = Math.imul(hash ^ Math.imul(salt, 0x9e3779b1), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
