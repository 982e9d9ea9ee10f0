/** Pull requests of Gitea and Forgejo (API v1). */
import { own, ownString } from "../../core/json.ts";
import type { Send } from "./api.ts";
import type { Forge, PullRequest } from "./forge.ts";
import { malformed, toPullRequest } from "./pull-request.ts";

const PER_PAGE = 50;
const MAX_PAGES = 20;

/** `repository`: OWNER/NAME; `base`: the branch that approvals are merged into. */
export function giteaForge(send: Send, repository: string, base: string): Forge {
  const pulls = `repos/${repository.split("/").map(encodeURIComponent).join("/")}/pulls`;
  return {
    async list() {
      const requests: PullRequest[] = [];
      for (let page = 1; page <= MAX_PAGES; page++) {
        const found = await send("GET", `${pulls}?state=open&limit=${PER_PAGE}&page=${page}`);
        if (!Array.isArray(found)) throw malformed("a list of pull requests");
        requests.push(...found.filter((one) => isOwn(one, base)).map(toPullRequest));
        // A server may give less at a time than it was asked for.
        if (found.length === 0) break;
      }
      return requests;
    },
    open: async (branch, { title, body }) =>
      toPullRequest(await send("POST", pulls, { title, body, head: branch, base })),
    async update({ number }, { title, body }) {
      await send("PATCH", `${pulls}/${number}`, { title, body });
    },
    async close({ number }) {
      await send("PATCH", `${pulls}/${number}`, { state: "closed" });
    },
  };
}

/** Into our branch, and not from a fork. */
function isOwn(value: unknown, base: string): boolean {
  const [from, into] = ["head", "base"].map((side) => own(own(value, side), "repo_id"));
  return from !== undefined && from === into && ownString(own(value, "base"), "ref") === base;
}
