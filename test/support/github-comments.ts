/** Comments on issues and pull requests, as GitHub keeps them. */
import type { components } from "@octokit/openapi-types";
import { type Answer, NOT_FOUND, user } from "./github-state.ts";

export type Comment = components["schemas"]["issue-comment"];

export interface Author {
  readonly login: string;
  readonly type: "Bot" | "User";
}

/** Whose the token of a workflow is. */
export const WORKFLOW_BOT: Author = { login: "github-actions[bot]", type: "Bot" };

export interface Comments {
  /** In the order in which they were written. */
  of(issue: number): readonly Comment[];
  /** As the token's own account does, or as another. */
  add(issue: number, body: string, author?: Author): Answer;
  change(id: number, body: string): Answer;
}

interface Options {
  readonly api: string;
  readonly now: () => Date;
  readonly nextId: () => number;
}

export function makeComments({ api, now, nextId }: Options): Comments {
  const comments: { readonly issue: number; readonly comment: Comment }[] = [];
  return {
    of: (number) => comments.filter(({ issue }) => issue === number).map(({ comment }) => comment),
    add(issue, body, author = WORKFLOW_BOT) {
      const id = nextId();
      const created_at = now().toISOString();
      const url = `${api}/repos/acme/policies/issues/comments/${id}`;
      const comment = {
        id,
        node_id: `IC_${id}`,
        url,
        html_url: `https://github.invalid/acme/policies/pull/${issue}#issuecomment-${id}`,
        issue_url: `${api}/repos/acme/policies/issues/${issue}`,
        body,
        user: { ...user(api), ...author },
        created_at,
        updated_at: created_at,
        author_association: "NONE" as const,
      };
      comments.push({ issue, comment });
      return { status: 201, body: comment };
    },
    change(id, body) {
      const found = comments.find(({ comment }) => comment.id === id)?.comment;
      if (!found) return NOT_FOUND;
      Object.assign(found, { body, updated_at: now().toISOString() });
      return { status: 200, body: found };
    },
  };
}
