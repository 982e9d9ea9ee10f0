/** Standard output for much text: no faster than it is taken, and over when nobody takes it any more. */
import { once } from "node:events";

export class Output {
  readonly #stream: NodeJS.WriteStream;
  readonly #closed = new AbortController();

  constructor(stream: NodeJS.WriteStream = process.stdout) {
    this.#stream = stream;
    // As `head` does when it has seen enough.
    stream.once("error", () => this.#closed.abort());
  }

  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** How wide the terminal is; undefined where there is none. */
  get width(): number | undefined {
    return this.isTerminal ? this.#stream.columns : undefined;
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  async write(text: string): Promise<void> {
    if (text === "" || this.#closed.signal.aborted || this.#stream.write(text)) return;
    await once(this.#stream, "drain", { signal: this.#closed.signal }).catch(() => {});
  }
}

/** The same JSON without characters that a terminal acts on, or that turn the direction of writing. */
export function harmlessJson(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
