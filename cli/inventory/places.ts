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

/** What is looked through in vain, in characters: a document may write each of its keys in a way that is found nowhere. */
const PATIENCE = 1_000_000_000;

/**
 * The lines of keys and texts of a JSON document, asked for in the order in which they stand there. What stands nowhere
 * behind the one before is looked for from the beginning: readers put keys that are numbers first.
 */
export class JsonLines {
  readonly #text: string;
  readonly #lines: Lines;
  #from = 0;
  #patience = PATIENCE;

  constructor(text: string) {
    this.#text = text;
    this.#lines = new Lines(text);
  }

  /** `opening`: what the key's value begins with. */
  key(key: string, opening: "{" | "["): number {
    return this.#next(JSON.stringify(key), opening);
  }

  text(text: string): number {
    return this.#next(JSON.stringify(text));
  }

  /** Of what stands behind the last one, so that the search for the next ones begins where it did. */
  behind(text: string): number {
    return this.#lines.at(Math.max(this.#from, this.#find(JSON.stringify(text), undefined, this.#from)));
  }

  /** A text that is the value of this key, written as most tools do. */
  field(key: string, text: string): number {
    return this.#next(`${JSON.stringify(key)}: ${JSON.stringify(text)}`);
  }

  #next(wanted: string, opening?: string): number {
    const at = this.#find(wanted, opening, this.#from);
    if (at >= 0) {
      this.#from = at + wanted.length;
      return this.#lines.at(at);
    }
    return this.#lines.at(Math.max(0, this.#find(wanted, opening, 0, this.#from)));
  }

  /** With an opening a key, and not a text that says the same, nor what is wanted of the package elsewhere. */
  #find(wanted: string, opening: string | undefined, from: number, to = this.#text.length): number {
    if (this.#patience <= 0) return -1;
    for (let at = this.#text.indexOf(wanted, from); at >= 0 && at < to; at = this.#text.indexOf(wanted, at + 1)) {
      if (opening === undefined || this.#isKey(at + wanted.length, opening)) return at;
    }
    this.#patience -= this.#text.length - from;
    return -1;
  }

  #isKey(end: number, opening: string): boolean {
    const [colon, first] = this.#text.slice(end, end + 16).replace(/\s+/g, "");
    return colon === ":" && first === opening;
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
