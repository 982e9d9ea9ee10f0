/** GitLab's merge requests, in the forms that `@gitbeaker/core` 43 gives the answers of its API. */
import type { MergeRequestSchema } from "@gitbeaker/core";
import type { Answer } from "../github-state.ts";
import { type Call, type Dialect, pageIn, type Surroundings, unknownKeys } from "./dialect.ts";
import type { PullRequest } from "./pull-requests.ts";

const OPENED = ["source_branch", "target_branch", "title", "description", "remove_source_branch"];
const CHANGED = ["title", "description", "state_event", "remove_source_branch"];
const USER = {
  id: 1,
  username: "octocat",
  name: "Octocat",
  state: "active",
  avatar_url: "https://forge.invalid/octocat.png",
  web_url: "https://forge.invalid/octocat",
};

interface Change {
  readonly title?: string;
  readonly description?: string;
  readonly source_branch?: string;
  readonly target_branch?: string;
  readonly state_event?: "close" | "reopen";
}

const refuse = (status: number, message: unknown): Answer => ({ status, body: { message } });

export function gitlabDialect({ origin, fullName, requests, report }: Surroundings): Dialect {
  const api = "/api/v4";
  const all = `${api}/projects/${encodeURIComponent(fullName)}/merge_requests`;
  const page = `${origin}/${fullName}`;

  const formOf = (request: PullRequest) => {
    const { number, branch, base, title, body, state, created, updated, ended, head, mergeCommit } = request;
    return {
      id: 9000 + number,
      iid: number,
      project_id: 1,
      title,
      description: body,
      state: state === "open" ? "opened" : state,
      created_at: created,
      updated_at: updated,
      merged_by: state === "merged" ? USER : null,
      merged_at: state === "merged" ? ended : null,
      closed_by: state === "closed" ? USER : null,
      closed_at: state === "closed" ? ended : null,
      target_branch: base,
      source_branch: branch,
      user_notes_count: 0,
      upvotes: 0,
      downvotes: 0,
      author: USER,
      assignees: [],
      assignee: null,
      reviewers: [],
      source_project_id: 1,
      target_project_id: 1,
      labels: [],
      draft: false,
      work_in_progress: false,
      milestone: null,
      merge_when_pipeline_succeeds: false,
      merge_status: "can_be_merged",
      detailed_merge_status: "mergeable",
      sha: head,
      merge_commit_sha: mergeCommit,
      squash_commit_sha: null,
      discussion_locked: null,
      should_remove_source_branch: null,
      force_remove_source_branch: false,
      reference: `!${number}`,
      references: { short: `!${number}`, relative: `!${number}`, full: `${fullName}!${number}` },
      web_url: `${page}/-/merge_requests/${number}`,
      time_stats: { time_estimate: 0, total_time_spent: 0, human_time_estimate: null, human_total_time_spent: null },
      squash: false,
      task_completion_status: { count: 0, completed_count: 0 },
      prepared_at: created,
      has_conflicts: false,
      blocking_discussions_resolved: true,
      approvals_before_merge: null,
    } satisfies MergeRequestSchema;
  };

  function checked(known: readonly string[], answer: (body: Change, call: Call) => Answer) {
    return (call: Call): Answer => {
      const strange = unknownKeys(call.body, known);
      if (strange.length > 0) report(`the keys ${strange.join(", ")} are not known`);
      return answer(call.body as Change, call);
    };
  }

  function list({ url }: Call): Answer {
    const [state, base] = ["state", "target_branch"].map((name) => url.searchParams.get(name));
    const found = requests
      .list()
      .filter((one) => state === null || (one.state === "open" ? "opened" : one.state) === state)
      .filter((one) => base === null || one.base === base);
    return { status: 200, body: pageIn(url, found.reverse(), "per_page", 100).map(formOf) };
  }

  function open(change: Change): Answer {
    const { title = "", description: body = "", source_branch: branch = "", target_branch: base = "" } = change;
    const opened = requests.open({ title, body, branch, base, author: "octocat" });
    if (typeof opened === "object") return { status: 201, body: formOf(opened) };
    if (opened === "exists") return refuse(409, ["Another open merge request already exists for this source branch"]);
    return refuse(422, [`Source branch "${branch}" does not exist`]);
  }

  function update({ title, description: body, state_event }: Change, { found }: Call): Answer {
    if (!found) return refuse(404, "404 Not found");
    requests.update(found, {
      ...(title !== undefined && { title }),
      ...(body !== undefined && { body }),
      ...(state_event === "close" && { state: "closed" }),
    });
    return { status: 200, body: formOf(found) };
  }

  return {
    api,
    tokenVariable: "GITLAB_TOKEN",
    tokenIn: ({ "private-token": token }) => (typeof token === "string" ? token : undefined),
    refusals: {
      badToken: refuse(401, "401 Unauthorized"),
      mayNotWrite: {
        status: 403,
        body: {
          error: "insufficient_scope",
          error_description: "The request requires higher privileges than provided by the access token.",
          scope: "api",
        },
      },
      notFound: refuse(404, "404 Project Not Found"),
      tooMany: (seconds) => ({ ...refuse(429, "Too many requests"), headers: { "retry-after": `${seconds}` } }),
    },
    operations: [
      { method: "GET", path: new RegExp(`^${all}$`), answer: list },
      { method: "POST", path: new RegExp(`^${all}$`), answer: checked(OPENED, open) },
      { method: "PUT", path: new RegExp(`^${all}/(\\d+)$`), answer: checked(CHANGED, update) },
    ],
  };
}
