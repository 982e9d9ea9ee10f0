/** Where in a text something stands. */
import { CordonError } from "../../core/errors.ts";

/** Lines of a text by offset, from 1. */
export class Lines {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.#starts.push(at + 1);
  }

  at(offset: number): number {
    let [low, high] = [0, this.#starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }
}

/**
 * The lines of keys of a JSON document, asked for in the order in which they stand there. A key that stands nowhere behind
 * the one before is looked for from the beginning: readers put keys that are numbers first.
 */
export class KeyLines {
  readonly #text: string;
  readonly #lines: Lines;
  #from = 0;

  constructor(text: string) {
    this.#text = text;
    this.#lines = new Lines(text);
  }

  /** `opening`: what the key's value begins with. */
  next(key: string, opening: "{" | "["): number {
    const quoted = JSON.stringify(key);
    const at = this.#find(quoted, opening, this.#from);
    if (at >= 0) this.#from = at + quoted.length;
    return this.#lines.at(Math.max(0, at >= 0 ? at : this.#find(quoted, opening, 0)));
  }

  /** A key, and not a text that says the same, nor what is wanted of the package elsewhere. */
  #find(quoted: string, opening: string, from: number): number {
    for (let at = this.#text.indexOf(quoted, from); at >= 0; at = this.#text.indexOf(quoted, at + 1)) {
      const [colon, first] = this.#text.slice(at + quoted.length, at + quoted.length + 16).replace(/\s+/g, "");
      if (colon === ":" && first === opening) return at;
    }
    return -1;
  }
}

/** FILE_UNREADABLE with the place. */
export function unreadable(path: string, line: number, column: number, why: string, next?: string): CordonError {
  return new CordonError("FILE_UNREADABLE", `${path}:${line}:${column}: ${why}`, {
    ...(next !== undefined && { next }),
  });
}

const TOKEN =
  /\s*(?:([{}[\],:])|"[^"\\\p{Cc}]*(?:\\.[^"\\\p{Cc}]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/uy;

/** Where a text stops being JSON, by its tokens: the runtime's own message does not always tell. */
export function endOfJson(text: string): number {
  const open: string[] = [];
  let wants: "value" | "key" | "colon" | "comma" = "value";
  let isBehindComma = false;
  TOKEN.lastIndex = 0;
  for (let at = 0; ; at = TOKEN.lastIndex) {
    const [token = "", mark] = TOKEN.exec(text) ?? [];
    if (token === "") return text.slice(at).search(/\S|$/) + at;
    const start = TOKEN.lastIndex - token.trimStart().length;
    const closes = mark === "}" || mark === "]";
    if (closes) {
      if (isBehindComma || open.pop() !== (mark === "}" ? "{" : "[") || wants === "colon") return start;
      wants = "comma";
    } else if (mark === "{" || mark === "[") {
      if (wants !== "value") return start;
      open.push(mark);
      wants = mark === "{" ? "key" : "value";
    } else if (mark === ",") {
      if (wants !== "comma" || open.length === 0) return start;
      wants = open.at(-1) === "{" ? "key" : "value";
    } else if (mark === ":") {
      if (wants !== "colon") return start;
      wants = "value";
    } else {
      if (wants === "comma" || wants === "colon" || (wants === "key" && !token.trimStart().startsWith('"')))
        return start;
      wants = wants === "key" ? "colon" : "comma";
    }
    isBehindComma = mark === ",";
  }
}
