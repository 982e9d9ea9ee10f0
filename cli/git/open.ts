/** Runs git, with nothing secret in its environment and nothing that makes it run other programs. */
import { type SimpleGit, type SimpleGitOptions, simpleGit } from "simple-git";
import { CordonError, type FailureCode, messageOf } from "../../core/errors.ts";
import { oneLine } from "../../core/words.ts";

/** What git has no use for, and what simple-git would print with DEBUG=*. */
const SECRET = /token|secret|password|passwd|private|credential|api_?key/i;

/** What simple-git does not let through: variables that name programs for git to run, or other settings. */
const GUARDED = /^(git_|ssh_askpass|.*editor$|.*pager$|visual$|prefix$)/i;

export type Git = SimpleGit;

export function openGit(dir: string, options: Partial<SimpleGitOptions> = {}): Git {
  const env = Object.entries(process.env).filter(([name]) => !SECRET.test(name) && !GUARDED.test(name));
  return simpleGit(dir, options).env(Object.fromEntries(env));
}

const MAX_COMPLAINT = 500;

/** What git says of a failure, as a CordonError: on one line and without credentials. `what` is what it was to do. */
export async function attempt<T>(code: FailureCode, what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    const complaint = oneLine(withoutCredentials(messageOf(cause)), MAX_COMPLAINT);
    throw new CordonError(code, `git cannot ${withoutCredentials(what)}: ${complaint}`, { cause });
  }
}

export function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/@\s]+@/g, "//");
}
