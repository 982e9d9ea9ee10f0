/** One comment on a pull request for each policy repository in it, kept up to date (GitHub's REST API, "Issue comments", 2022-11-28). */
import { relative } from "node:path";
import { CordonError } from "../../core/errors.ts";
import { createGitHub, type GitHub } from "../../core/github.ts";
import { createFetch } from "../../core/http.ts";
import { own, ownString } from "../../core/json.ts";
import type { ActionStep, PullRequest } from "./action-step.ts";

const PER_PAGE = 100;
const MAX_PAGES = 10;
/** In bytes. GitHub takes 65,536 characters, of which none has less than one. */
const MAX_BODY = 65_536;
/** Whose the token of a workflow is. */
const WORKFLOW_BOT = "github-actions[bot]";

/**
 * Undefined where it was written; else the commit that the pull request is at by now, of which another run tells. Throws
 * what asking GitHub throws: SOURCE_DENIED where the token may not.
 */
export async function updateComment(
  { input, environment }: ActionStep,
  { number, head }: PullRequest,
  text: string,
): Promise<string | undefined> {
  const repository = environment["GITHUB_REPOSITORY"] ?? "";
  const settings = { ...environment, GITHUB_TOKEN: input("token"), GH_TOKEN: "" };
  const github = createGitHub({ repository, fetch: createFetch(), environment: settings });
  const mark = markOf(input("dir", "."));
  const body = `${mark}\n${text}`;
  const found = await findComment(github, number, mark);
  // Last of all, so that little can happen in between.
  const newer = head === undefined ? undefined : await newerHead(github, number, head);
  if (newer !== undefined) return newer;
  if (found === undefined) await github.send("POST", `/issues/${number}/comments`, { body });
  else await github.send("PATCH", `/issues/comments/${found}`, { body });
  return undefined;
}

/** The most that the text of a comment may have, for its mark stands before it. */
export function roomForText(dir: string): number {
  return MAX_BODY - Buffer.byteLength(markOf(dir)) - 1;
}

/** Nobody sees it, and it finds the comment again. A folder's name can neither end it nor look like another's. */
function markOf(dir: string): string {
  const path = relative(".", dir).replaceAll("\\", "/") || ".";
  return `<!-- cordon: policy check of ${encodeURIComponent(path).replaceAll("-", "%2D")} -->`;
}

/** Ours has the mark and was written with our token: whoever else writes the mark keeps their words. */
async function findComment(github: GitHub, number: number, mark: string): Promise<number | undefined> {
  const author = await github.login().catch(() => WORKFLOW_BOT); // not every server tells
  for (let page = 1; page <= MAX_PAGES; page++) {
    const found = await github.send("GET", `/issues/${number}/comments?per_page=${PER_PAGE}&page=${page}`);
    if (!Array.isArray(found)) throw new CordonError("UPSTREAM_MALFORMED", "GitHub answered with no list of comments");
    const ours = found.find(
      (one) => ownString(one, "body")?.startsWith(mark) && ownString(own(one, "user"), "login") === author,
    );
    const id = own(ours, "id");
    if (typeof id === "number") return id;
    if (found.length < PER_PAGE) return undefined;
  }
  return undefined;
}

/** Undefined also where the token may not know. */
async function newerHead(github: GitHub, number: number, head: string): Promise<string | undefined> {
  try {
    const now = ownString(own(await github.send("GET", `/pulls/${number}`), "head"), "sha");
    return now === head ? undefined : now;
  } catch (error) {
    if (error instanceof CordonError && ["SOURCE_DENIED", "NOT_FOUND"].includes(error.code)) return undefined;
    throw error;
  }
}
