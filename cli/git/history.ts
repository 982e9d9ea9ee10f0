/** What git tells of a folder: its commit, and who changed which line. */
import type { RuleChange } from "../../core/policy/rule-origins.ts";
import { formatInstant } from "../../core/time.ts";
import { oneLine } from "../../core/words.ts";
import { openGit } from "./open.ts";
import { placeOf } from "./work-tree.ts";

/** The commit of the work tree that `dir` lies in; null where it is none, or has no commit yet. */
export async function readCommit(dir: string): Promise<string | null> {
  const place = placeOf(dir);
  if (place === undefined) return null;
  try {
    return (await openGit(place.top).revparse(["HEAD"])).trim();
  } catch {
    return null; // a bundle may be built outside git; its manifest then says that no commit is known
  }
}

/** Where `dir` lies in its work tree, with a slash at the end; empty at the top, and outside git. */
export function readPrefix(dir: string): string {
  return placeOf(dir)?.prefix ?? "";
}

/**
 * The last change of each line of a file, by number; none for lines that are not committed. Empty outside git, and in a
 * shallow clone, where git would name the oldest commit that it has.
 */
export async function readLineChanges(dir: string, file: string): Promise<ReadonlyMap<number, RuleChange>> {
  const place = placeOf(dir);
  if (place === undefined) return new Map();
  const git = openGit(place.top);
  try {
    if ((await git.revparse(["--is-shallow-repository"])).trim() !== "false") return new Map();
    // What attributes and settings make of a file to show it is another text, by a program of theirs.
    return parseBlame(await git.raw(["blame", "--porcelain", "--no-textconv", "--", `${place.prefix}${file}`]));
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
