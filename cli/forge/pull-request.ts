/** Reads the pull requests of GitHub, and of the forges whose API is like GitHub's. */
import { CordonError } from "../../core/errors.ts";
import { own, ownString } from "../../core/json.ts";
import type { PullRequest } from "./forge.ts";

/** Throws UPSTREAM_MALFORMED. */
export function toPullRequest(value: unknown): PullRequest {
  const number = own(value, "number");
  const [url, title, created] = ["html_url", "title", "created_at"].map((field) => ownString(value, field));
  const branch = ownString(own(value, "head"), "ref");
  if (typeof number !== "number" || !url || title === undefined || !created || !branch)
    throw malformed("a pull request");
  return { number, url, branch, title, author: ownString(own(value, "user"), "login") ?? "", created };
}

export function malformed(what: string): CordonError {
  return new CordonError("UPSTREAM_MALFORMED", `the forge gives ${what} that cannot be read`, {
    next: "Check `forge` in cordon.yaml: it has to be the API of the forge that hosts the policy repository.",
  });
}
