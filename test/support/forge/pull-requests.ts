/** Pull requests over a git repository, as every forge keeps them, whatever its API calls them. */
import type { GitServer } from "./git-server.ts";

export interface PullRequest {
  readonly number: number;
  readonly branch: string;
  readonly base: string;
  readonly author: string;
  readonly created: string;
  title: string;
  body: string;
  state: "open" | "closed" | "merged";
  updated: string;
  ended: string | null;
  /** Of its branch, when it was last there. */
  head: string;
  mergeCommit: string | null;
}

/** Why one cannot be opened. */
export type Refused = "exists" | "no such branch" | "no commits";

export type PullRequests = ReturnType<typeof makePullRequests>;

export function makePullRequests({ git, tipOf }: GitServer, now: () => Date) {
  const all: PullRequest[] = [];
  const instant = (): string => `${now().toISOString().slice(0, 19)}Z`;

  /** A request follows its branch, and ends with it. */
  function settle(request: PullRequest): PullRequest {
    if (request.state !== "open") return request;
    const head = tipOf(request.branch);
    if (head === undefined) end(request, "closed");
    else request.head = head;
    return request;
  }

  function end(request: PullRequest, state: "closed" | "merged"): void {
    request.state = state;
    request.ended = instant();
  }

  const list = (): PullRequest[] => all.map(settle);

  function open(opened: Pick<PullRequest, "branch" | "base" | "author" | "title" | "body">): PullRequest | Refused {
    const [head, base] = [tipOf(opened.branch), tipOf(opened.base)];
    if (head === undefined || base === undefined) return "no such branch";
    if (list().some((one) => one.state === "open" && one.branch === opened.branch && one.base === opened.base))
      return "exists";
    if (git("rev-list", "--count", `${base}..${head}`) === "0") return "no commits";
    const times = { created: instant(), updated: instant(), ended: null };
    const request: PullRequest = {
      ...{ ...opened, ...times, number: all.length + 1, state: "open", head, mergeCommit: null },
    };
    all.push(request);
    return request;
  }

  function update(request: PullRequest, change: { title?: string; body?: string; state?: "open" | "closed" }): void {
    const { title = request.title, body = request.body, state } = change;
    Object.assign(request, { title, body, updated: instant() });
    if (state === "closed" && request.state === "open") end(request, "closed");
  }

  /** On the server, as its button does; throws where the branches conflict. Gives the commit. */
  function merge(number: number): string {
    const request = list().find((one) => one.number === number);
    if (request?.state !== "open") throw new Error(`There is no open request ${number}.`);
    const base = tipOf(request.base) ?? "";
    const [tree = ""] = git("merge-tree", "--write-tree", base, request.head).split("\n");
    const parents = ["-p", base, "-p", request.head];
    const commit = git("commit-tree", tree, ...parents, "-m", `Merge request ${number}: ${request.title}`);
    git("update-ref", `refs/heads/${request.base}`, commit, base);
    end(request, "merged");
    request.mergeCommit = commit;
    return commit;
  }

  return { list, open, update, merge, find: (number: number) => list().find((one) => one.number === number) };
}
