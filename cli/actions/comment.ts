/** One comment on a pull request, kept up to date (GitHub's REST API, "Issue comments", 2022-11-28). */
import { CordonError } from "../../core/errors.ts";
import { createGitHub, type GitHub } from "../../core/github.ts";
import { createFetch } from "../../core/http.ts";
import { own, ownString } from "../../core/json.ts";
import type { ActionStep } from "./action-step.ts";

/** Nobody sees it, and it finds the comment again. */
const MARK = "<!-- cordon: policy check -->";
const PER_PAGE = 100;
const MAX_PAGES = 10;
const MAX_BODY = 65_000;

/** Throws what asking GitHub throws: SOURCE_DENIED where the token may not. */
export async function updateComment({ input, environment }: ActionStep, number: number, text: string): Promise<void> {
  const repository = environment["GITHUB_REPOSITORY"] ?? "";
  const settings = { ...environment, GITHUB_TOKEN: input("token"), GH_TOKEN: "" };
  const github = createGitHub({ repository, fetch: createFetch(), environment: settings });
  const body = `${MARK}\n${text}`.slice(0, MAX_BODY);
  const found = await findComment(github, number);
  if (found === undefined) await github.send("POST", `/issues/${number}/comments`, { body });
  else await github.send("PATCH", `/issues/comments/${found}`, { body });
}

/** Ours has the mark and is a bot's: a person who wrote the mark would only have their own words replaced. */
async function findComment(github: GitHub, number: number): Promise<number | undefined> {
  for (let page = 1; page <= MAX_PAGES; page++) {
    const found = await github.send("GET", `/issues/${number}/comments?per_page=${PER_PAGE}&page=${page}`);
    if (!Array.isArray(found)) throw new CordonError("UPSTREAM_MALFORMED", "GitHub answered with no list of comments");
    const ours = found.find(
      (one) => ownString(one, "body")?.startsWith(MARK) && own(own(one, "user"), "type") === "Bot",
    );
    const id = own(ours, "id");
    if (typeof id === "number") return id;
    if (found.length < PER_PAGE) return undefined;
  }
  return undefined;
}
