/** Merge requests of GitLab (API v4). */
import { own, ownString } from "../../core/json.ts";
import type { Send } from "./api.ts";
import type { Forge, PullRequest } from "./forge.ts";
import { malformed } from "./pull-request.ts";

const PER_PAGE = 100;
const MAX_PAGES = 10;

/** `project`: its path with all groups; `base`: the branch that approvals are merged into. */
export function gitlabForge(send: Send, project: string, base: string): Forge {
  const requests = `projects/${encodeURIComponent(project)}/merge_requests`;
  return {
    name: "GitLab",
    async list() {
      const found: PullRequest[] = [];
      for (let page = 1; page <= MAX_PAGES; page++) {
        const query = new URLSearchParams({
          ...{ state: "opened", target_branch: base, per_page: String(PER_PAGE), page: String(page) },
        });
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
  const number = own(value, "iid");
  const [url, title, created, branch] = ["web_url", "title", "created_at", "source_branch"].map((field) =>
    ownString(value, field),
  );
  if (typeof number !== "number" || !url || title === undefined || !created || !branch)
    throw malformed("a merge request");
  return { number, url, branch, title, author: ownString(own(value, "author"), "username") ?? "", created };
}
