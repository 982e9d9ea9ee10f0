/** The policy repository as approvals are proposed in it: its settings, its remote, and the forge that hosts it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CordonConfig, requireConfig } from "../../core/config.ts";
import { CordonError } from "../../core/errors.ts";
import { compareUrl, type ForgeRepository, forgeRepository } from "../../core/forge.ts";
import { createFetch } from "../../core/http.ts";
import { readConfigFile } from "../../core/policy/source.ts";
import type { Forge, PullRequest, RequestText } from "../forge/forge.ts";
import { openForge } from "../forge/index.ts";
import { branchesOf, type RemoteBranches, remoteOf } from "../git/branches.ts";
import { cloneInto } from "../git/clone.ts";
import { readPrefix } from "../git/history.ts";

/** What is known without asking the remote. */
export interface PolicyRepository {
  readonly dir: string;
  readonly config: CordonConfig;
  /** Where it is hosted, as cordon.yaml or the clone says; null where neither does. */
  readonly address: string | null;
  /** The branch that approvals are merged into. */
  readonly base: string;
  /** Where the policy repository lies in its git repository, with a slash at the end; empty at its top. */
  readonly folder: string;
  /** Undefined where nobody knows what hosts it. */
  readonly site: ForgeRepository | undefined;
  /** Undefined without a token. */
  readonly forge: Forge | undefined;
}

export interface ApprovalRepository extends PolicyRepository {
  readonly branches: RemoteBranches;
}

export interface RepositoryFlags {
  readonly dir: string;
  /** To be cloned for this run; left out: `dir` is a clone. */
  readonly repo: string | undefined;
}

const BASE = "main";

/** Runs with the repository, and leaves nothing of it behind. Throws USAGE, CONFIG_INVALID, UPSTREAM_*. */
export async function withPolicies<T>(
  { dir, repo }: RepositoryFlags,
  run: (repository: PolicyRepository) => Promise<T>,
): Promise<T> {
  if (repo === undefined) return run(await openPolicies(dir));
  const clone = mkdtempSync(join(tmpdir(), "cordon-policies-"));
  try {
    await cloneInto(clone, repo);
    return await run(await openPolicies(clone));
  } finally {
    rmSync(clone, { recursive: true, force: true });
  }
}

/** As withPolicies(), for what reads and writes branches of the remote. Throws GIT_FAILED too. */
export async function withApprovals<T>(
  flags: RepositoryFlags,
  run: (repository: ApprovalRepository) => Promise<T>,
): Promise<T> {
  return withPolicies(flags, async (repository) => {
    const branches = await branchesOf(repository.dir);
    try {
      return await run({ ...repository, branches });
    } finally {
      await branches.close();
    }
  });
}

/** Nothing of it hangs on rules or feeds: a policy that does not compile must not keep anybody from revoking. */
async function openPolicies(dir: string): Promise<PolicyRepository> {
  const config = requireConfig(readConfigFile(dir));
  const address = config.repository ?? (await remoteOf(dir)) ?? null;
  const site = forgeRepository(address, config.forge);
  const { api, branch = BASE } = config.forge ?? {};
  return {
    dir,
    config,
    address,
    base: branch,
    folder: readPrefix(dir),
    site,
    forge: site && openForge(site, { fetch: createFetch(4), environment: process.env, api }),
  };
}

/** The open request of a branch; undefined where there is none, or nobody may ask. */
export async function requestOf(
  { forge }: Pick<PolicyRepository, "forge">,
  branch: string,
): Promise<PullRequest | undefined> {
  return (await forge?.list())?.find((request) => request.branch === branch);
}

/** The page on which somebody who is signed in opens the request; undefined where the forge is not known. */
export function proposalUrl({ site }: Pick<PolicyRepository, "site">, branch: string): string | undefined {
  return site && compareUrl(site, branch);
}

/** `opened` and `updated` on the forge; `pushed` where somebody has to open the request; `unchanged` where it was pushed before. */
export type Outcome = "opened" | "updated" | "pushed" | "unchanged";

export interface Proposed {
  readonly outcome: Outcome;
  /** Of the request, or of the page on which to open it; null where the forge is not known. */
  readonly url: string | null;
}

/**
 * Opens the request to merge a branch that is pushed, or updates the one that is open. Where the forge refuses that, the
 * failure tells where to do it by hand. Throws UPSTREAM_*, SOURCE_DENIED, SERVER_BUSY.
 */
export async function requestMerge(
  repository: Pick<PolicyRepository, "forge" | "site">,
  branch: string,
  text: RequestText,
  wasThere: boolean,
): Promise<Proposed> {
  const { forge } = repository;
  const page = proposalUrl(repository, branch) ?? null;
  if (!forge) return { outcome: wasThere ? "unchanged" : "pushed", url: page };
  try {
    const request = await requestOf(repository, branch);
    if (!request) return { outcome: "opened", url: (await forge.open(branch, text)).url };
    await forge.update(request, text);
    return { outcome: "updated", url: request.url };
  } catch (cause) {
    if (!(cause instanceof CordonError) || page === null) throw cause;
    const next = `${cause.next}\nThe branch is pushed, so the request can be opened by hand as well: ${page}`;
    throw new CordonError(cause.code, cause.message, { cause, next });
  }
}

export function noBase({ base, branches }: ApprovalRepository): CordonError {
  return new CordonError("USAGE", `${branches.url} has no branch \`${base}\``, {
    next: "Name the branch that approvals are merged into: `forge.branch` in cordon.yaml.",
  });
}

/** Who runs the command, as approvals name people. Throws GIT_FAILED. */
export async function signatureOf({ branches }: ApprovalRepository): Promise<string> {
  const { name, email } = await branches.whoCommits();
  return `${name} <${email}>`;
}
