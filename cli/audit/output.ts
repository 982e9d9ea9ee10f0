/** Standard output for much text: no faster than it is taken, and over when nobody takes it any more. */
import { CordonError, messageOf } from "../../core/errors.ts";

/** Of a reader that has gone, as `head` does when it has seen enough. */
const GONE: ReadonlySet<string | undefined> = new Set(["EPIPE", "ERR_STREAM_DESTROYED"]);

export class Output {
  readonly #stream: NodeJS.WriteStream;
  readonly #closed = new AbortController();

  constructor(stream: NodeJS.WriteStream = process.stdout) {
    this.#stream = stream;
    // Each failure is told to who writes; a listener of oclif's would end the process with a stack.
    stream.removeAllListeners("error");
    stream.on("error", () => {});
  }

  /** Nobody reads on. */
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

  /** Ends when the text is taken. Throws FILE_UNREADABLE where it cannot be, as on a full disk. */
  async write(text: string): Promise<void> {
    if (text === "" || this.#closed.signal.aborted) return;
    const failure = await new Promise<NodeJS.ErrnoException | null | undefined>((resolve) => {
      this.#stream.write(text, resolve);
    }).catch((error: NodeJS.ErrnoException) => error);
    if (!failure) return;
    if (!GONE.has(failure.code))
      throw new CordonError("FILE_UNREADABLE", `the output cannot be written: ${messageOf(failure)}`, {
        cause: failure,
        next: "Make room where it goes, and run the command again.",
      });
    this.#closed.abort();
  }
}

/** The same JSON without characters that a terminal acts on, or that turn the direction of writing. */
export function harmlessJson(json: string): string {
  // Outside of texts, where an escape would be no JSON, a line may have a carriage return or a tab.
  return json
    .replace(/[\r\t]/g, " ")
    .replace(
      /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
}
