/** Questions on a terminal, one line each. */
import { createInterface } from "node:readline/promises";
import { CordonError } from "../../core/errors.ts";
import { paint } from "../print.ts";

export interface Question<T> {
  readonly text: string;
  /** What an empty line means, as it is shown. */
  readonly fallback: string;
  /** Throws a CordonError for an answer that is none; it is shown, and the question put again. */
  parse(answer: string): T;
}

export interface Terminal {
  ask<T>(question: Question<T>): Promise<T>;
  close(): void;
}

/** Whether somebody is there to answer. */
export function isAttended(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true;
}

export function openTerminal(): Terminal {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  // Ctrl-C and Ctrl-D: without this, the question would stay unanswered, and the process end as if all were well.
  const gone = new AbortController();
  lines.once("close", () => gone.abort());
  const read = async (prompt: string): Promise<string> => {
    try {
      return (await lines.question(prompt, { signal: gone.signal })).trim();
    } catch (cause) {
      throw new CordonError("USAGE", "the questions were not answered, so nothing was written", {
        cause,
        next: "Run it again; --yes takes the defaults, and each question has a flag.",
      });
    }
  };
  return {
    close: () => lines.close(),
    async ask({ text, fallback, parse }) {
      for (;;) {
        const answer = await read(`${paint("bold", text)} ${paint("dim", `(${fallback})`)} `);
        try {
          return parse(answer);
        } catch (error) {
          if (!(error instanceof CordonError)) throw error;
          process.stdout.write(`${paint("red", error.message)}\n${error.next}\n`);
        }
      }
    },
  };
}

/** Yes unless somebody says no. */
export function parseYes(answer: string): boolean {
  if (/^(y|yes)?$/i.test(answer)) return true;
  if (/^(n|no)$/i.test(answer)) return false;
  throw new CordonError("USAGE", "that is neither yes nor no", { next: "Answer y or n." });
}
