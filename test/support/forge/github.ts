/** GitHub's pull requests; what is asked and answered is held to GitHub's own description (`github-openapi.json`). */
import { answerProblems, requestProblems } from "../github-contract.ts";
import { type Answer, describeRepository, refuse, user } from "../github-state.ts";
import { type Call, type Dialect, pageIn, type Surroundings } from "./dialect.ts";
import type { PullRequest } from "./pull-requests.ts";

const PULLS = "/repos/{owner}/{repo}/pulls";

interface PullBody {
  readonly title?: string;
  readonly body?: string;
  readonly head?: string;
  readonly base?: string;
  readonly state?: "open" | "closed";
}

export function githubDialect({ origin, fullName, requests, report }: Surroundings): Dialect {
  const api = "/api/v3";
  const forms = pullForms(`${origin}${api}`, `${origin}/${fullName}`, fullName);
  const pulls = `${api}/repos/${fullName}/pulls`;

  /** Refuses a body that is not as described, and reports an answer that is not. */
  const held = (name: string, answer: (body: PullBody, call: Call) => Answer) => (call: Call) => {
    const wrong = call.body === undefined ? [] : requestProblems(name, call.body);
    wrong.forEach(report);
    const answered =
      wrong.length > 0 ? refuse(422, `Invalid request.\n\n${wrong.join("\n")}`) : answer(call.body as PullBody, call);
    answerProblems(name, answered.status, answered.body).forEach(report);
    return answered;
  };

  function list(_: PullBody, { url }: Call): Answer {
    const [state, base, head] = ["state", "base", "head"].map((name) => url.searchParams.get(name));
    const found = requests
      .list()
      .filter((one) => state === "all" || (state === "closed") === (one.state !== "open"))
      .filter((one) => (base === null || one.base === base) && (head === null || head === `acme:${one.branch}`))
      .reverse();
    return { status: 200, body: pageIn(url, found, "per_page", 100).map(forms.simple) };
  }

  function open({ title = "", body = "", head = "", base = "" }: PullBody): Answer {
    const opened = requests.open({ title, body, branch: head, base, author: "octocat" });
    if (typeof opened === "object") return { status: 201, body: forms.full(opened) };
    const error = { resource: "PullRequest", field: "head", code: "invalid" };
    if (opened === "no such branch") return refuse(422, "Validation Failed", [error]);
    const message =
      opened === "exists"
        ? `A pull request already exists for acme:${head}.`
        : `No commits between ${base} and ${head}`;
    return refuse(422, "Validation Failed", [{ resource: "PullRequest", code: "custom", message }]);
  }

  function update(change: PullBody, { found }: Call): Answer {
    if (!found) return refuse(404, "Not Found");
    requests.update(found, change);
    return { status: 200, body: forms.full(found) };
  }

  return {
    api,
    tokenVariable: "GITHUB_TOKEN",
    tokenIn: ({ authorization }) => /^Bearer (.+)$/.exec(authorization ?? "")?.[1],
    refusals: {
      badToken: refuse(401, "Bad credentials"),
      mayNotWrite: refuse(403, "Resource not accessible by personal access token"),
      notFound: refuse(404, "Not Found"),
      tooMany: (seconds) => ({
        ...refuse(403, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."),
        headers: { "retry-after": `${seconds}` },
      }),
    },
    operations: [
      { method: "GET", path: new RegExp(`^${pulls}$`), answer: held(`GET ${PULLS}`, list) },
      { method: "POST", path: new RegExp(`^${pulls}$`), answer: held(`POST ${PULLS}`, open) },
      { method: "PATCH", path: new RegExp(`^${pulls}/(\\d+)$`), answer: held(`PATCH ${PULLS}/{pull_number}`, update) },
    ],
  };
}

/** As lists give it, and as it is given alone. */
export function pullForms(api: string, page: string, fullName: string) {
  const account = user(api);
  const repo = describeRepository(fullName, 1, api, { isPublic: true, commitDate: () => new Date(0) });
  const side = (ref: string, sha: string) => ({ label: `acme:${ref}`, ref, sha, user: account, repo });
  const simple = (request: PullRequest) => {
    const { number, branch, base, title, body, state, created, updated, ended, head, mergeCommit } = request;
    const url = `${api}/repos/${fullName}/pulls/${number}`;
    const issue = `${api}/repos/${fullName}/issues/${number}`;
    const html = `${page}/pull/${number}`;
    const addresses = {
      comments: `${issue}/comments`,
      commits: `${url}/commits`,
      statuses: `${api}/repos/${fullName}/statuses/${head}`,
      review_comments: `${url}/comments`,
      review_comment: `${api}/repos/${fullName}/pulls/comments{/number}`,
    };
    return {
      url,
      id: 9000 + number,
      node_id: `PR_${number}`,
      html_url: html,
      diff_url: `${html}.diff`,
      patch_url: `${html}.patch`,
      issue_url: issue,
      ...Object.fromEntries(Object.entries(addresses).map(([name, address]) => [`${name}_url`, address])),
      number,
      state: state === "open" ? "open" : "closed",
      locked: false,
      title,
      user: account,
      body,
      labels: [],
      milestone: null,
      active_lock_reason: null,
      created_at: created,
      updated_at: updated,
      closed_at: ended,
      merged_at: state === "merged" ? ended : null,
      merge_commit_sha: mergeCommit,
      assignee: null,
      assignees: [],
      requested_reviewers: [],
      requested_teams: [],
      head: side(branch, head),
      base: side(base, head),
      _links: Object.fromEntries(
        Object.entries({ ...addresses, html, issue, self: url }).map(([name, href]) => [name, { href }]),
      ),
      author_association: "MEMBER",
      auto_merge: null,
      draft: false,
    };
  };
  const full = (request: PullRequest) => ({
    ...simple(request),
    merged: request.state === "merged",
    mergeable: null,
    rebaseable: null,
    mergeable_state: "unknown",
    merged_by: request.state === "merged" ? account : null,
    comments: 0,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: 1,
    additions: 1,
    deletions: 0,
    changed_files: 1,
  });
  return { simple, full };
}
