/** What the APIs of forges differ in: paths, tokens, and the forms of a pull request. */
import type { IncomingHttpHeaders } from "node:http";
import type { Answer } from "../github-state.ts";
import type { PullRequest, PullRequests } from "./pull-requests.ts";

export interface Call {
  readonly url: URL;
  /** JSON; undefined where none was sent. */
  readonly body: unknown;
  /** The request whose number stands in the path. */
  readonly found: PullRequest | undefined;
}

export interface Operation {
  readonly method: string;
  /** Below `api`; its first group is the number of a request. */
  readonly path: RegExp;
  readonly answer: (call: Call) => Answer;
}

export interface Dialect {
  /** Where the API is, below the server's root. */
  readonly api: string;
  readonly tokenVariable: string;
  /** The token of a request. */
  tokenIn(headers: IncomingHttpHeaders): string | undefined;
  /** As the forge words it. */
  readonly refusals: {
    readonly badToken: Answer;
    readonly mayNotWrite: Answer;
    readonly notFound: Answer;
    readonly tooMany: (seconds: number) => Answer;
  };
  readonly operations: readonly Operation[];
}

export interface Surroundings {
  readonly origin: string;
  /** OWNER/NAME. */
  readonly fullName: string;
  readonly requests: PullRequests;
  /** Says where a request or an answer is not as the forge describes it. */
  report(problem: string): void;
}

/** A forge overlooks keys that it does not know, so that one misspelt would pass unseen. */
export function unknownKeys(body: unknown, known: readonly string[]): string[] {
  return Object.keys((body as object | null) ?? {}).filter((key) => !known.includes(key));
}

/** One page of a list, by the names that the forge gives the two numbers. */
export function pageIn<T>(url: URL, all: readonly T[], sizeName: string, most: number): T[] {
  const size = Math.min(Number(url.searchParams.get(sizeName)) || 30, most);
  const number = Number(url.searchParams.get("page")) || 1;
  return all.slice((number - 1) * size, number * size);
}
