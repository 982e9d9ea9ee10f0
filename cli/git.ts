/** The one file that knows git. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type SimpleGit, type SimpleGitOptions, simpleGit } from "simple-git";
import { CordonError, messageOf } from "../core/errors.ts";
import type { RuleChange } from "../core/policy/rule-origins.ts";
import { formatInstant } from "../core/time.ts";
import { oneLine } from "../core/words.ts";

/** What git has no use for, and what simple-git would print with DEBUG=*. */
const SECRET = /token|secret|password|passwd|private|credential|api_?key/i;

/** What simple-git does not let through: variables that name programs for git to run, or other settings. */
const GUARDED = /^(git_|ssh_askpass|.*editor$|.*pager$|visual$|prefix$)/i;

function open(dir: string, options: Partial<SimpleGitOptions> = {}): SimpleGit {
  const env = Object.entries(process.env).filter(([name]) => !SECRET.test(name) && !GUARDED.test(name));
  return simpleGit(dir, options).env(Object.fromEntries(env));
}

/** The commit of the work tree that `dir` lies in; null where it is none, or has no commit yet. */
export async function readCommit(dir: string): Promise<string | null> {
  try {
    return (await open(dir).revparse(["HEAD"])).trim();
  } catch {
    return null; // a bundle may be built outside git; its manifest then says that no commit is known
  }
}

/** Where `dir` lies in its work tree, with a slash at the end; empty at the top, and outside git. */
export async function readPrefix(dir: string): Promise<string> {
  try {
    return (await open(dir).revparse(["--show-prefix"])).trim();
  } catch {
    return "";
  }
}

/**
 * The last change of each line of a file, by number; none for lines that are not committed. Empty outside git, and in a
 * shallow clone, where git would name the oldest commit that it has.
 */
export async function readLineChanges(dir: string, file: string): Promise<ReadonlyMap<number, RuleChange>> {
  const git = open(dir);
  try {
    if ((await git.revparse(["--is-shallow-repository"])).trim() !== "false") return new Map();
    return parseBlame(await git.raw(["blame", "--porcelain", "--", file]));
  } catch {
    return new Map();
  }
}

/** `git blame --porcelain`: what a commit is stands at the first of its lines only. */
function parseBlame(text: string): ReadonlyMap<number, RuleChange> {
  const commits = new Map<string, { author: string; date: string }>();
  const changes = new Map<number, RuleChange>();
  let commit = "";
  let line = 0;
  for (const row of text.split("\n")) {
    const head = /^([0-9a-f]{40,64}) \d+ (\d+)/.exec(row);
    if (head) {
      [commit, line] = [head[1] ?? "", Number(head[2])];
      if (!commits.has(commit)) commits.set(commit, { author: "", date: "" });
    } else if (row.startsWith("\t")) {
      const known = commits.get(commit);
      if (known && !/^0+$/.test(commit)) changes.set(line, { commit, ...known });
    } else {
      const [, key, value = ""] = /^(author|author-time) (.*)$/.exec(row) ?? [];
      const known = commits.get(commit);
      if (known && key === "author") known.author = oneLine(value, MAX_AUTHOR);
      if (known && key === "author-time") known.date = formatInstant(new Date(Number(value) * 1000));
    }
  }
  return changes;
}

const MAX_AUTHOR = 60;

export interface Clone {
  /** Fetches the newest commit alone; its id. */
  fetch(): Promise<string>;
  checkOut(commit: string): Promise<void>;
  /** Files below `top` that were written and removed; undefined where the older commit is no longer there to compare with. */
  changes(from: string, to: string, top: string): Promise<{ written: string[]; removed: string[] } | undefined>;
}

const TIMEOUT_MS = 10 * 60 * 1000;

/**
 * A shallow clone in `dir`, made where there is none. The remote is a stranger's: links are written as plain files, and
 * neither hooks nor filters nor submodules of it are run. Throws UPSTREAM_UNREACHABLE.
 */
export async function openClone(dir: string, url: string, branch: string | undefined): Promise<Clone> {
  mkdirSync(dir, { recursive: true });
  const git = open(dir, {
    timeout: { block: TIMEOUT_MS },
    config: ["core.symlinks=false", "core.autocrlf=false", "gc.auto=0", "fetch.fsckObjects=true"],
  });
  if (!existsSync(join(dir, ".git"))) await git.init();
  return {
    async fetch() {
      await attempt(url, () =>
        git.raw([
          "fetch",
          "--quiet",
          "--depth",
          "1",
          "--no-tags",
          "--no-recurse-submodules",
          "--",
          url,
          branch ?? "HEAD",
        ]),
      );
      return (await git.revparse(["FETCH_HEAD"])).trim();
    },
    checkOut: async (commit) => {
      await attempt(url, () => git.raw(["checkout", "--quiet", "--force", "--detach", commit]));
    },
    changes: (from, to, top) => readChanges(git, from, to, top),
  };
}

async function readChanges(
  git: SimpleGit,
  from: string,
  to: string,
  top: string,
): Promise<{ written: string[]; removed: string[] } | undefined> {
  let output: string;
  try {
    output = await git.raw(["diff", "--name-status", "--no-renames", "-z", from, to, "--", top === "" ? "." : top]);
  } catch {
    return undefined; // the older commit was pruned, so everything is read again
  }
  const [written, removed]: [string[], string[]] = [[], []];
  const fields = output.split("\0");
  for (let index = 0; index + 1 < fields.length; index += 2)
    (fields[index] === "D" ? removed : written).push(fields[index + 1] ?? "");
  return { written, removed };
}

async function attempt(url: string, run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (cause) {
    throw new CordonError(
      "UPSTREAM_UNREACHABLE",
      `git cannot fetch ${withoutCredentials(url)}: ${withoutCredentials(messageOf(cause))}`,
      { cause },
    );
  }
}

function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/@\s]+@/g, "//");
}
