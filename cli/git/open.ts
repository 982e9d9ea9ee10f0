/** Runs git, with nothing secret in its environment and nothing that makes it run other programs. */
import { type SimpleGit, type SimpleGitOptions, simpleGit } from "simple-git";
import { CordonError, type FailureCode, messageOf } from "../../core/errors.ts";
import { oneLine } from "../../core/words.ts";

/** What git has no use for, and what simple-git would print with DEBUG=*. */
const SECRET = /token|secret|password|passwd|private|credential|api_?key/i;

/** What a runner tells a step alone: an input may be a key. */
const RUNNER = /^(input|state|actions)_/i;

/** What simple-git does not let through: variables that name programs for git to run, or other settings. */
const GUARDED = /^(git_|ssh_askpass|.*editor$|.*pager$|visual$|prefix$)/i;

/** How somebody's git asks for passwords, calls ssh and trusts servers, and in whose name it commits. */
const OWN = /^(git_askpass|ssh_askpass|git_ssh(_command)?|git_ssl_ca(info|path)|git_(author|committer)_(name|email))$/i;

/** Files that are laid out as a repository are none: anybody can commit such files, with settings that name programs. */
const NO_BARE = "safe.bareRepository=explicit";

/** What a repository's own settings could have run by commands that only read, or check out. */
const NOTHING_RUN = ["core.hooksPath=/dev/null", "core.fsmonitor=false"];

export type Git = SimpleGit;

/** For what is only read, or written for Cordon itself: the repository's hooks are not run. */
export function openGit(dir: string, options: Partial<SimpleGitOptions> = {}): Git {
  const config = [NO_BARE, ...NOTHING_RUN, ...(options.config ?? [])];
  const unsafe = { allowUnsafeHooksPath: true, allowUnsafeFsMonitor: true };
  return simpleGit(dir, { ...options, config, unsafe }).env(environment((name) => !GUARDED.test(name)));
}

/** As openGit(), for what has to work as it does when the person who runs the command calls git: to push, and to commit. */
export function openOwnGit(dir: string, options: Partial<SimpleGitOptions> = {}): Git {
  const env = environment((name) => OWN.test(name) || !GUARDED.test(name));
  const unsafe = { allowUnsafeAskPass: true, allowUnsafeSshCommand: true };
  const allowEnvironment = Object.keys(env).filter((name) => OWN.test(name));
  const config = [NO_BARE, ...(options.config ?? [])];
  return simpleGit(dir, { ...options, config, unsafe, allowEnvironment }).env(env);
}

function environment(isWanted: (name: string) => boolean): Record<string, string | undefined> {
  const isHarmless = (name: string) => !SECRET.test(name) && !RUNNER.test(name) && isWanted(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => isHarmless(name)));
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
