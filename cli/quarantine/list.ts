/** What is approved, for how long, and what is asked for. */
import { compileApprovals } from "../../core/policy/approvals.ts";
import { readPolicySource } from "../../core/policy/source.ts";
import type { Diagnostic } from "../../core/source/diagnostic.ts";
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

export interface ListedApprovals {
  /** Those that end first before the others. */
  readonly approvals: readonly ListedApproval[];
  /** Files that are no approvals: lint says what is wrong with them. */
  readonly broken: readonly string[];
}

/** Of the branch that is checked out. `withinMs`: how soon counts as expiring. Throws FILE_UNREADABLE where it is no policy repository. */
export function listApprovals({ dir }: Pick<PolicyRepository, "dir">, now: Date, withinMs: number): ListedApprovals {
  const diagnostics: Diagnostic[] = [];
  const all = [...compileApprovals(readPolicySource(dir).approvals, diagnostics).values()].flat();
  const approvals = all
    .sort((a, b) => a.expires.getTime() - b.expires.getTime() || (a.purl < b.purl ? -1 : 1))
    .map(({ purl, path, approvedBy, created, expires }) => ({
      purl,
      path,
      state: stateOf(created, expires, now, withinMs),
      approvedBy,
      created: formatInstant(created),
      expires: formatInstant(expires),
    }));
  return { approvals, broken: [...new Set(diagnostics.map(({ file }) => file))] };
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
