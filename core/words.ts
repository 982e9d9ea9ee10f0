/** Words for people: suggestions for misspelt names, and texts cut to a length. */

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The text as one word of a POSIX shell, whatever stands in it: names and addresses are strangers'. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** `; did you mean \`x\`?` for the closest candidate, or nothing where none is close. */
export function suggest(word: string, candidates: Iterable<string>): string {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word, candidate, bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best === undefined || best === word ? "" : `; did you mean \`${best}\`?`;
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours; `limit` where it reaches that. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit || a.length > 256 || b.length > 256) return limit;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = at(previous, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(at(previous, j) + 1, at(row, j - 1) + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, at(before, j - 2) + 1);
      row.push(cost);
    }
    [before, previous] = [previous, row];
  }
  return Math.min(at(previous, b.length), limit);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}

/** One line without control characters or marks that turn the direction of writing, cut at `length` UTF-16 units. */
export function oneLine(text: string, length: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go: terminals act on them
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g, " ").trim();
  // Half of a surrogate pair is no character: it becomes U+FFFD when it is written.
  return line.length <= length ? line : `${line.slice(0, length - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/**
 * Controls, marks of direction, characters without width or ink, halves of pairs; not line feed and tab. Selectors of variants,
 * in which whole programs have been hidden, but for the one that makes a sign an emoji.
 */
export const HIDDEN =
  /[^\P{C}\n\t]|[\u2028\u2029\u3164\u115f\u1160\uffa0\u2800]|\u034f|[\u17b4\u17b5]|[\u180b-\u180d\u180f]|[\ufe00-\ufe0e]|[\u{e0100}-\u{e01ef}]|(?<![\p{Extended_Pictographic}#*0-9])\ufe0f/u;

/** `U+202E`. */
export function codePointOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

const EVERY_HIDDEN = new RegExp(HIDDEN.source, "gu");

/** The text with what nobody would see named: `⟨U+202E⟩`. Line feeds and tabs stay. */
export function visible(text: string): string {
  return text.replace(EVERY_HIDDEN, (character) => `⟨${codePointOf(character)}⟩`);
}
