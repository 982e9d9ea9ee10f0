/** Pull requests of GitHub (REST API, 2022-11-28). */
import type { GitHub } from "../../core/github.ts";
import { own } from "../../core/json.ts";
import type { Forge, PullRequest } from "./forge.ts";
import { malformed, toPullRequest } from "./pull-request.ts";

const PER_PAGE = 100;
const MAX_PAGES = 10;

/** `base`: the branch that approvals are merged into. */
export function githubForge(github: GitHub, base: string): Forge {
  return {
    async list() {
      const requests: PullRequest[] = [];
      for (let page = 1; page <= MAX_PAGES; page++) {
        const query = new URLSearchParams({ state: "open", base, per_page: String(PER_PAGE), page: String(page) });
        const found = await github.send("GET", `/pulls?${query}`);
        if (!Array.isArray(found)) throw malformed("a list of pull requests");
        // A branch of a fork may be called like ours, and is somebody else's.
        requests.push(...found.filter((one) => isOwn(one)).map(toPullRequest));
        if (found.length < PER_PAGE) break;
      }
      return requests;
    },
    open: async (branch, { title, body }) =>
      toPullRequest(await github.send("POST", "/pulls", { title, body, head: branch, base })),
    async update({ number }, { title, body }) {
      await github.send("PATCH", `/pulls/${number}`, { title, body });
    },
    async close({ number }) {
      await github.send("PATCH", `/pulls/${number}`, { state: "closed" });
    },
  };
}

function isOwn(value: unknown): boolean {
  const [head, base] = ["head", "base"].map((side) => own(own(own(value, side), "repo"), "id"));
  return head !== undefined && head === base;
}
