/**
 * Branches of a remote, written without a work tree: a commit is made of the one before it and a file, and pushed. Nobody's
 * files, index or branches are touched. Names and contents come from here; what a remote says is only read.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CordonError } from "../../core/errors.ts";
import { attempt, type Git, openOwnGit, withoutCredentials } from "./open.ts";

const REMOTE = "origin";
const TIMEOUT_MS = 2 * 60_000;
/** An approval of a release with a thousand files is smaller; whoever may push a branch may push anything. */
const MAX_FILE_BYTES = 512 * 1024;

export interface Person {
  readonly name: string;
  readonly email: string;
}

export interface RemoteBranches {
  /** The remote's address, without credentials. */
  readonly url: string;
  /** The newest commit of a branch, with its files at hand; undefined where there is no such branch. Throws UPSTREAM_UNREACHABLE. */
  fetch(branch: string): Promise<string | undefined>;
  /** A file of a commit; undefined where it has none. Throws FILE_TOO_LARGE. */
  read(commit: string, path: string): Promise<string | undefined>;
  /** The paths of all files below a folder. */
  list(commit: string, folder: string): Promise<string[]>;
  /** Whether `commit` holds all that `base` does. */
  isOnTopOf(commit: string, base: string): Promise<boolean>;
  /** A commit on top of `parent` with this file, or without it where `content` is null; not on any branch yet. Throws GIT_FAILED. */
  commit(parent: string, path: string, content: string | null, message: string): Promise<string>;
  /** Moves a branch from `expected` (undefined: there is none) to `commit` (null: removes it). Throws PUSH_REFUSED where it is elsewhere by now. */
  push(branch: string, expected: string | undefined, commit: string | null): Promise<void>;
  /** Who commits here. Throws GIT_FAILED where git does not know. */
  whoCommits(): Promise<Person>;
  close(): Promise<void>;
}

/** The remote that a folder is a clone of, without credentials; undefined where it is none. */
export async function remoteOf(dir: string): Promise<string | undefined> {
  const url = await addressOf(openOwnGit(dir));
  return url === undefined ? undefined : withoutCredentials(url);
}

async function addressOf(git: Git): Promise<string | undefined> {
  const remotes = await git.getRemotes(true).catch(() => []);
  return remotes.find(({ name }) => name === REMOTE)?.refs.fetch || undefined;
}

/** Of the repository that a folder lies in, with its own settings and credentials. Throws USAGE, GIT_FAILED. */
export async function branchesOf(dir: string): Promise<RemoteBranches> {
  const own = openOwnGit(dir);
  const url = await addressOf(own);
  if (url === undefined)
    throw new CordonError("USAGE", `${dir} is no clone of a policy repository: it has no remote \`${REMOTE}\``, {
      next: "Run it in a clone of the policy repository, or give --dir with one.",
    });
  const folder = mkdtempSync(join(tmpdir(), "cordon-branches-"));
  const tree = join(folder, "tree");
  const close = async () => {
    // By its name: to prune would forget others whose disk is only away.
    await own.raw(["worktree", "remove", "--force", tree]).catch(() => {});
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await attempt("GIT_FAILED", "open a work tree beside the clone", () =>
      own.raw(["worktree", "add", "--quiet", "--no-checkout", "--detach", tree, "HEAD"]),
    );
  } catch (error) {
    await close();
    throw error;
  }
  return openBranches(tree, url, close);
}

function openBranches(tree: string, address: string, close: () => Promise<void>): RemoteBranches {
  const git = openOwnGit(tree, { timeout: { block: TIMEOUT_MS } });
  const url = withoutCredentials(address);
  const ref = (branch: string): string => `refs/heads/${branch}`;
  return {
    url,
    close,
    async fetch(branch) {
      const found = await attempt("UPSTREAM_UNREACHABLE", `reach ${url}`, () =>
        git.raw(["ls-remote", "--heads", REMOTE, ref(branch)]),
      );
      if (found.trim() === "") return undefined;
      await attempt("UPSTREAM_UNREACHABLE", `fetch ${branch} of ${url}`, () =>
        git.raw(["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", REMOTE, ref(branch)]),
      );
      return (await git.revparse(["FETCH_HEAD"])).trim();
    },
    async read(commit, path) {
      const name = `${commit}:${path}`;
      const size = await git.raw(["cat-file", "-s", name]).catch(() => undefined);
      if (size === undefined) return undefined;
      if (Number(size) > MAX_FILE_BYTES)
        throw new CordonError("FILE_TOO_LARGE", `${path} at ${commit.slice(0, 12)} is larger than any approval`, {
          next: "Look at what lies there, and who pushed it.",
        });
      return git.raw(["cat-file", "blob", name]).catch(() => undefined);
    },
    async list(commit, folder) {
      const listed = await git.raw(["ls-tree", "-r", "--name-only", "-z", commit, "--", folder]);
      return listed.split("\0").filter((path) => path !== "");
    },
    // They need not have a common ancestor, or not in a shallow clone.
    isOnTopOf: async (commit, base) => (await git.raw(["merge-base", base, commit]).catch(() => "")).trim() === base,
    async commit(parent, path, content, message) {
      await whoCommits(git);
      return attempt("GIT_FAILED", "commit", () => commitFile(git, tree, { parent, path, content, message }));
    },
    async push(branch, expected, commit) {
      const lease = `--force-with-lease=${ref(branch)}:${expected ?? ""}`;
      await attempt("PUSH_REFUSED", `push ${branch} to ${url}`, () =>
        git.raw([
          "push",
          "--quiet",
          "--no-verify",
          "--no-follow-tags",
          lease,
          REMOTE,
          `${commit ?? ""}:${ref(branch)}`,
        ]),
      );
    },
    whoCommits: () => whoCommits(git),
  };
}

/** Who commits there, as git is set or its environment says. Throws GIT_FAILED where git does not know. */
export async function whoCommits(git: Git): Promise<Person> {
  const [name, email] = await Promise.all(
    ["name", "email"].map(
      async (part) =>
        process.env[`GIT_AUTHOR_${part.toUpperCase()}`] || (await git.raw(["config", `user.${part}`]).catch(() => "")),
    ),
  );
  if (!name?.trim() || !email?.trim())
    throw new CordonError("GIT_FAILED", "git does not know who commits here", {
      next: "Run `git config --global user.name` and `git config --global user.email` with a name and an address.",
    });
  return { name: name.trim(), email: email.trim() };
}

interface FileCommit {
  readonly parent: string;
  readonly path: string;
  readonly content: string | null;
  readonly message: string;
}

/** In the index of the tree beside the clone, which has no files. */
async function commitFile(git: Git, tree: string, { parent, path, content, message }: FileCommit): Promise<string> {
  await git.raw(["read-tree", parent]);
  if (content === null) await git.raw(["update-index", "--force-remove", "--", path]);
  else {
    const file = `${tree}.content`;
    writeFileSync(file, content);
    const blob = (await git.raw(["hash-object", "-w", "--no-filters", "--", file])).trim();
    await git.raw(["update-index", "--add", "--cacheinfo", `100644,${blob},${path}`]);
  }
  const root = (await git.raw(["write-tree"])).trim();
  const signs = (await git.raw(["config", "--type=bool", "commit.gpgsign"]).catch(() => "false")).trim() === "true";
  return (await git.raw(["commit-tree", ...(signs ? ["-S"] : []), "-p", parent, "-m", message, root])).trim();
}
