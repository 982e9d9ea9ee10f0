/** What is approved, for how long, and what is asked for. */
import { parseReleasePurl, toPurl } from "../../core/purl.ts";
import { formatInstant } from "../../core/time.ts";
import type { PullRequest } from "../forge/forge.ts";
import { REQUESTS, REVOCATIONS } from "./branch-name.ts";
import type { PolicyRepository } from "./repository.ts";

export interface ListedApproval {
  readonly purl: string;
  readonly path: string;
  readonly state: "active" | "expiring" | "expired" | "not yet";
  readonly approvedBy: string;
  readonly created: string;
  readonly expires: string;
}

/** Of the branch that is checked out, those that end first before the others. `withinMs`: how soon counts as expiring. */
export function listApprovals(
  { rules }: Pick<PolicyRepository, "rules">,
  now: Date,
  withinMs: number,
): ListedApproval[] {
  const all = [...rules.set.approvals.values()].flat();
  return all
    .sort((a, b) => a.expires.getTime() - b.expires.getTime() || (a.purl < b.purl ? -1 : 1))
    .map(({ purl, path, approvedBy, created, expires }) => ({
      purl: toPurl(parseReleasePurl(purl)),
      path,
      state: stateOf(created, expires, now, withinMs),
      approvedBy,
      created: formatInstant(created),
      expires: formatInstant(expires),
    }));
}

function stateOf(created: Date, expires: Date, now: Date, withinMs: number): ListedApproval["state"] {
  if (now >= expires) return "expired";
  if (now < created) return "not yet";
  return expires.getTime() - now.getTime() <= withinMs ? "expiring" : "active";
}

/** `created`: since when it is open. */
export interface ListedRequest extends Omit<PullRequest, "number"> {
  readonly kind: "approval" | "revocation";
}

/** The oldest first; undefined without a token. Throws UPSTREAM_*, SOURCE_DENIED. */
export async function listRequests({ forge }: Pick<PolicyRepository, "forge">): Promise<ListedRequest[] | undefined> {
  const requests = await forge?.list();
  return requests
    ?.flatMap(({ number: _, ...request }) => {
      const kind = kindOf(request.branch);
      return kind ? [{ kind, ...request }] : [];
    })
    .sort((a, b) => Date.parse(a.created) - Date.parse(b.created));
}

function kindOf(branch: string): ListedRequest["kind"] | undefined {
  if (branch.startsWith(REQUESTS)) return "approval";
  return branch.startsWith(REVOCATIONS) ? "revocation" : undefined;
}
