/** Reads the pull requests that forges tell of. What they say goes to terminals, and is a stranger's: titles may be anybody's. */
import { CordonError } from "../../core/errors.ts";
import { own, ownString } from "../../core/json.ts";
import { webAddress } from "../../core/page/said.ts";
import { formatInstant } from "../../core/time.ts";
import { oneLine } from "../../core/words.ts";
import type { PullRequest } from "./forge.ts";

const MAX_TEXT = 300;

/** Of GitHub, and of the forges whose API is like GitHub's. Throws UPSTREAM_MALFORMED. */
export function toPullRequest(value: unknown): PullRequest {
  return readRequest({
    number: own(value, "number"),
    url: ownString(value, "html_url"),
    branch: ownString(own(value, "head"), "ref"),
    title: ownString(value, "title"),
    author: ownString(own(value, "user"), "login"),
    created: ownString(value, "created_at"),
  });
}

/** Throws UPSTREAM_MALFORMED where one is missing, but for the author: an account may be gone. */
export function readRequest(told: Readonly<Record<keyof PullRequest, unknown>>): PullRequest {
  const { number, branch, title, author } = told;
  const url = webAddress(typeof told.url === "string" ? told.url : undefined);
  const created = new Date(String(told.created));
  if (
    typeof number !== "number" ||
    !url ||
    typeof branch !== "string" ||
    typeof title !== "string" ||
    Number.isNaN(created.getTime())
  )
    throw malformed("a pull request");
  return {
    number,
    url: url.href,
    branch,
    title: oneLine(title, MAX_TEXT),
    author: oneLine(typeof author === "string" ? author : "", MAX_TEXT),
    created: formatInstant(created),
  };
}

export function malformed(what: string): CordonError {
  return new CordonError("UPSTREAM_MALFORMED", `the forge gives ${what} that cannot be read`, {
    next: "Check `forge` in cordon.yaml: it has to be the API of the forge that hosts the policy repository.",
  });
}
