/** Text in text: patterns with `*` and `?`, and a search that no text makes slow. Neither ever goes back over the text. */

const MAX_GLOB = 256;
/** Up to this length the search of the runtime is fast enough on every text, and faster than ours on most. */
const SHORT = 64;

/** A pattern in pieces: between two of them, `*` stands for any run of characters. */
export interface Glob {
  readonly pieces: readonly Piece[];
  /** The characters of the longest piece with a `?`: a match takes up to this many steps for each character of the text. */
  readonly steps: number;
}

/** Single characters; null is `?`. */
interface Piece {
  readonly characters: readonly (string | null)[];
  /** The same as text, where it has no `?`. */
  readonly text: string | undefined;
}

/** Reads a pattern: `*` is any run of characters, `?` one, and `\` takes its meaning from the next. Throws where it is none. */
export function parseGlob(glob: string): Glob {
  if (glob.length > MAX_GLOB) throw new Error(`the pattern is longer than ${MAX_GLOB} characters`);
  const pieces: (string | null)[][] = [[]];
  const characters = [...glob];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] as string;
    if (character === "*") pieces.push([]);
    else if (character !== "\\") pieces.at(-1)?.push(character === "?" ? null : character);
    else if (at + 1 < characters.length) pieces.at(-1)?.push(characters[++at] as string);
    else throw new Error("the pattern ends in a \\ that takes the meaning from nothing; write \\\\ for the character");
  }
  const read = pieces
    // Of several `*` in a row, one is enough.
    .filter(({ length }, index) => length > 0 || index === 0 || index === pieces.length - 1)
    .map((piece) => ({ characters: piece, text: piece.includes(null) ? undefined : piece.join("") }));
  return {
    pieces: read,
    steps: Math.max(1, ...read.filter(({ text }) => text === undefined).map((piece) => piece.characters.length)),
  };
}

/** Whether the whole text is as the pattern says. Case counts; a character is a code point. */
export function matchesGlob(text: string, { pieces }: Glob): boolean {
  const characters = isWide(text) ? [...text] : text;
  const first = (pieces[0] as Piece).characters.length;
  const last = pieces.at(-1) as Piece;
  if (!standsAt(characters, 0, pieces[0] as Piece)) return false;
  if (pieces.length === 1) return first === characters.length;
  const end = characters.length - last.characters.length;
  if (end < first || !standsAt(characters, end, last)) return false;
  let at = first;
  // The leftmost place for a piece leaves the most room for the next: there is no need to try another.
  for (const piece of pieces.slice(1, -1)) {
    const found = findPiece(characters, at, end, piece);
    if (found < 0) return false;
    at = found + piece.characters.length;
  }
  return at <= end;
}

type Characters = string | readonly string[];

function standsAt(characters: Characters, start: number, { characters: wanted }: Piece): boolean {
  if (start + wanted.length > characters.length) return false;
  for (let at = 0; at < wanted.length; at++)
    if (wanted[at] !== null && wanted[at] !== characters[start + at]) return false;
  return true;
}

function findPiece(characters: Characters, from: number, end: number, piece: Piece): number {
  if (typeof characters === "string" && piece.text !== undefined) return search(characters, piece.text, from);
  for (let at = from; at + piece.characters.length <= end; at++) if (standsAt(characters, at, piece)) return at;
  return -1;
}

/** Whether the text has characters of two UTF-16 units. */
export function isWide(text: string): boolean {
  return /[\ud800-\udfff]/.test(text);
}

/** What `indexOf` finds, in a time that only grows as the two lengths do: that of the runtime grows as their product. */
export function search(text: string, wanted: string, from = 0): number {
  if (wanted.length <= SHORT) return text.indexOf(wanted, from);
  return places(text, wanted, from).next().value ?? -1;
}

/** What `lastIndexOf` finds, likewise: the last place that is not behind `from`. */
export function searchBack(text: string, wanted: string, from: number): number {
  if (wanted.length <= SHORT) return text.lastIndexOf(wanted, from);
  let last = -1;
  for (const place of places(text, wanted, 0)) {
    if (place > from) break;
    last = place;
  }
  return last;
}

/** Every place of a text in the text, those that overlap too (Knuth, Morris and Pratt). */
function* places(text: string, wanted: string, from: number): Generator<number, undefined> {
  if (wanted.length > text.length - from) return;
  const borders = bordersOf(wanted);
  for (let at = from, matched = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    while (matched > 0 && wanted.charCodeAt(matched) !== unit) matched = borders[matched - 1] as number;
    if (wanted.charCodeAt(matched) === unit) matched++;
    if (matched < wanted.length) continue;
    yield at + 1 - matched;
    matched = borders[matched - 1] as number;
  }
}

/** For each beginning of the text, the length of the longest shorter one that it ends in. */
function bordersOf(text: string): Int32Array {
  const borders = new Int32Array(text.length);
  for (let at = 1, length = 0; at < text.length; at++) {
    while (length > 0 && text.charCodeAt(length) !== text.charCodeAt(at)) length = borders[length - 1] as number;
    if (text.charCodeAt(length) === text.charCodeAt(at)) length++;
    borders[at] = length;
  }
  return borders;
}
