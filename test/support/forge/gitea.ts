/** Gitea's pull requests, in the forms of its own description as `gitea-js` 1.23 has it; Forgejo's are the same. */
import type { CreatePullRequestOption, EditPullRequestOption, PRBranchInfo, PullRequest as Pull, User } from "gitea-js";
import type { Answer } from "../github-state.ts";
import { type Call, type Dialect, pageIn, type Surroundings, unknownKeys } from "./dialect.ts";
import type { PullRequest } from "./pull-requests.ts";

const OPENED = ["title", "body", "head", "base"] satisfies readonly (keyof CreatePullRequestOption)[];
const CHANGED = ["title", "body", "state"] satisfies readonly (keyof EditPullRequestOption)[];

const USER: User = { id: 1, login: "octocat", full_name: "", email: "octocat@acme.example", is_admin: false };
/** A server's own limit: it gives no more at a time, whatever it is asked for. */
const MOST = 50;

const refuse = (status: number, message: string): Answer => ({
  status,
  body: { message, url: "https://forge.invalid/api/swagger" },
});

export function giteaDialect({ origin, fullName, requests, report }: Surroundings): Dialect {
  const api = "/api/v1";
  const pulls = `${api}/repos/${fullName}/pulls`;
  const page = `${origin}/${fullName}`;

  const formOf = (request: PullRequest): Pull => {
    const { number, branch, base, title, body, state, created, updated, ended, head, mergeCommit } = request;
    const side = (ref: string): PRBranchInfo => ({ label: ref, ref, sha: head, repo_id: 1 });
    return {
      id: 9000 + number,
      url: `${page}/pulls/${number}`,
      html_url: `${page}/pulls/${number}`,
      diff_url: `${page}/pulls/${number}.diff`,
      patch_url: `${page}/pulls/${number}.patch`,
      number,
      user: USER,
      title,
      body,
      labels: [],
      // Its description calls this a type of its own, whose values are these.
      state: (state === "open" ? "open" : "closed") as NonNullable<Pull["state"]>,
      draft: false,
      is_locked: false,
      comments: 0,
      mergeable: true,
      merged: state === "merged",
      ...(mergeCommit !== null && { merge_commit_sha: mergeCommit }),
      ...(ended !== null && { closed_at: ended }),
      created_at: created,
      updated_at: updated,
      head: side(branch),
      base: side(base),
    };
  };

  function checked<T>(known: readonly string[], answer: (body: T, call: Call) => Answer) {
    return (call: Call): Answer => {
      const strange = unknownKeys(call.body, known);
      if (strange.length > 0) report(`the keys ${strange.join(", ")} are not known`);
      return answer(call.body as T, call);
    };
  }

  function list({ url }: Call): Answer {
    const state = url.searchParams.get("state") ?? "open";
    const found = requests
      .list()
      .filter((one) => state === "all" || (one.state === "open" ? "open" : "closed") === state);
    return { status: 200, body: pageIn(url, found.reverse(), "limit", MOST).map(formOf) };
  }

  function open({ title = "", body = "", head = "", base = "" }: CreatePullRequestOption): Answer {
    const opened = requests.open({ title, body, branch: head, base, author: "octocat" });
    if (typeof opened === "object") return { status: 201, body: formOf(opened) };
    if (opened === "no such branch") return refuse(404, "The target couldn't be found.");
    if (opened === "no commits") return refuse(422, "there is no new change");
    return refuse(409, `pull request already exists for these targets [head_branch: ${head}, base_branch: ${base}]`);
  }

  function update(change: EditPullRequestOption, { found }: Call): Answer {
    if (!found) return refuse(404, "The target couldn't be found.");
    const { title, body, state } = change;
    requests.update(found, {
      ...(title !== undefined && { title }),
      ...(body !== undefined && { body }),
      ...((state === "open" || state === "closed") && { state }),
    });
    return { status: 201, body: formOf(found) };
  }

  return {
    api,
    tokenVariable: "GITEA_TOKEN",
    tokenIn: ({ authorization }) => /^token (.+)$/.exec(authorization ?? "")?.[1],
    refusals: {
      badToken: refuse(401, "invalid username, password or token"),
      mayNotWrite: refuse(403, "token does not have at least one of required scope(s): [write:repository]"),
      notFound: refuse(404, "The target couldn't be found."),
      tooMany: (seconds) => ({ ...refuse(429, "Too many requests"), headers: { "retry-after": `${seconds}` } }),
    },
    operations: [
      { method: "GET", path: new RegExp(`^${pulls}$`), answer: list },
      { method: "POST", path: new RegExp(`^${pulls}$`), answer: checked(OPENED, open) },
      { method: "PATCH", path: new RegExp(`^${pulls}/(\\d+)$`), answer: checked(CHANGED, update) },
    ],
  };
}
