/** The repository that a folder lies in, and a commit of files that were written there: made as `git commit` makes it for its user. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { whoCommits } from "./branches.ts";
import { attempt, openOwnGit } from "./open.ts";
import { foldersUpFrom } from "./work-tree.ts";

export interface WorkTree {
  readonly top: string;
  /** Undefined where no branch is checked out. */
  readonly branch: string | undefined;
}

/**
 * The work tree that a folder lies in, or would lie in once it is made; undefined where that is none. Throws GIT_FAILED
 * where there is one that git does not open.
 */
export async function workTreeOf(dir: string): Promise<WorkTree | undefined> {
  const folders = [...foldersUpFrom(dir)];
  const existing = folders.find((folder) => existsSync(folder));
  // git says in the user's own language that a folder is in no repository.
  if (existing === undefined || !folders.some((folder) => existsSync(join(folder, ".git")))) return undefined;
  const git = openOwnGit(existing);
  const top = await attempt("GIT_FAILED", `open the repository of ${dir}`, () => git.revparse(["--show-toplevel"]));
  const branch = await git.raw(["symbolic-ref", "--quiet", "--short", "HEAD"]).catch(() => "");
  return { top: top.trim(), branch: branch.trim() || undefined };
}

/** Throws GIT_FAILED. */
export async function beginRepository(dir: string, branch: string): Promise<void> {
  await attempt("GIT_FAILED", `begin a repository in ${dir}`, () =>
    openOwnGit(dir).raw(["init", "--quiet", "-b", branch]),
  );
}

export async function isAuthorKnown(dir: string): Promise<boolean> {
  try {
    await whoCommits(openOwnGit(dir));
    return true;
  } catch {
    return false;
  }
}

export interface FirstCommit {
  readonly commit: string;
  /** What the repository's, or its user's, own settings keep out of commits. */
  readonly ignored: readonly string[];
}

/**
 * A commit of these files, by their paths from `dir` (of plain characters, which git does not quote), and of nothing else that is staged; undefined where git ignores all
 * of them. Hooks and signatures are as the user has set them. Throws GIT_FAILED; the files are staged then.
 */
export async function commitFiles(
  dir: string,
  paths: readonly string[],
  message: string,
): Promise<FirstCommit | undefined> {
  const git = openOwnGit(dir);
  const listed = await attempt("GIT_FAILED", "tell what is ignored", () => git.raw(["check-ignore", "--", ...paths]));
  const ignored = listed.split("\n").filter((path) => path !== "");
  const wanted = paths.filter((path) => !ignored.includes(path));
  if (wanted.length === 0) return undefined;
  await attempt("GIT_FAILED", "stage what was written", () => git.raw(["add", "--", ...wanted]));
  await attempt("GIT_FAILED", "commit what was written", () =>
    git.raw(["commit", "--quiet", "--only", "-m", message, "--", ...wanted]),
  );
  return { commit: (await git.revparse(["HEAD"])).trim(), ignored };
}
