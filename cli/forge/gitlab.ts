/** Merge requests of GitLab (API v4). */
import { own, ownString } from "../../core/json.ts";
import type { Send } from "./api.ts";
import type { Forge, PullRequest } from "./forge.ts";
import { malformed, readRequest } from "./pull-request.ts";

const PER_PAGE = 100;
const MAX_PAGES = 10;

/** `project`: its path with all groups; `base`: the branch that approvals are merged into. */
export function gitlabForge(send: Send, project: string, base: string): Forge {
  const requests = `projects/${encodeURIComponent(project)}/merge_requests`;
  return {
    async list() {
      const found: PullRequest[] = [];
      for (let page = 1; page <= MAX_PAGES; page++) {
        const query = `state=opened&target_branch=${encodeURIComponent(base)}&per_page=${PER_PAGE}&page=${page}`;
        const answer = await send("GET", `${requests}?${query}`);
        if (!Array.isArray(answer)) throw malformed("a list of merge requests");
        found.push(...answer.filter(isOwn).map(toRequest));
        if (answer.length < PER_PAGE) break;
      }
      return found;
    },
    open: async (branch, { title, body }) =>
      toRequest(await send("POST", requests, { source_branch: branch, target_branch: base, title, description: body })),
    async update({ number }, { title, body }) {
      await send("PUT", `${requests}/${number}`, { title, description: body });
    },
    async close({ number }) {
      await send("PUT", `${requests}/${number}`, { state_event: "close" });
    },
  };
}

/** Not from a fork. */
function isOwn(value: unknown): boolean {
  const from = own(value, "source_project_id");
  return from !== undefined && from === own(value, "target_project_id");
}

function toRequest(value: unknown): PullRequest {
  return readRequest({
    number: own(value, "iid"),
    url: ownString(value, "web_url"),
    branch: ownString(value, "source_branch"),
    title: ownString(value, "title"),
    author: ownString(own(value, "author"), "username"),
    created: ownString(value, "created_at"),
  });
}
