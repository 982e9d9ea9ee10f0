/** Shallow clones of repositories that are only read. */
import { lstatSync, mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { CordonError } from "../../core/errors.ts";
import { attempt, type Git, openGit } from "./open.ts";

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
 * neither hooks nor filters nor submodules of it are run. Throws FILE_UNREADABLE where `dir` leads to another repository.
 */
export async function openClone(dir: string, url: string, branch: string | undefined): Promise<Clone> {
  mkdirSync(dir, { recursive: true });
  const isNew = lstatSync(dir).isDirectory() && !lstatSync(join(dir, ".git"), { throwIfNoEntry: false });
  const git = openGit(dir, {
    timeout: { block: TIMEOUT_MS },
    config: ["core.symlinks=false", "core.autocrlf=false", "gc.auto=0", "fetch.fsckObjects=true"],
  });
  if (isNew) await git.init();
  await requireOwn(dir, git);
  return {
    async fetch() {
      await attempt("UPSTREAM_UNREACHABLE", `fetch ${url}`, () =>
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
      await attempt("UPSTREAM_UNREACHABLE", `fetch ${url}`, () =>
        git.raw(["checkout", "--quiet", "--force", "--detach", commit]),
      );
    },
    changes: (from, to, top) => readChanges(git, from, to, top),
  };
}

/** Links and settings can make a folder the door to another repository, whose files a checkout would then replace. */
async function requireOwn(dir: string, git: Git): Promise<void> {
  const isFolder = [dir, join(dir, ".git")].every((path) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory());
  const top = isFolder ? (await git.revparse(["--show-toplevel"]).catch(() => "")).trim() : "";
  if (top !== "" && realpathSync(top) === realpathSync(dir)) return;
  throw new CordonError("FILE_UNREADABLE", `${dir} is no clone of its own, and what it leads to is left alone`, {
    next: "Remove it; the next pull clones anew.",
  });
}

/** A clone with its history, in a folder that is there and empty, for whoever proposes something in it. Throws UPSTREAM_UNREACHABLE. */
export async function cloneInto(dir: string, url: string): Promise<void> {
  const git = openGit(dir, { timeout: { block: TIMEOUT_MS } });
  await attempt("UPSTREAM_UNREACHABLE", `clone ${url}`, () =>
    git.raw(["clone", "--quiet", "--no-recurse-submodules", "--", url, "."]),
  );
}

async function readChanges(
  git: Git,
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
