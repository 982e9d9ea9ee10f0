/** The policy repository as approvals are proposed in it: its rules, its remote, and the forge that hosts it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CordonConfig } from "../../core/config.ts";
import { compareUrl, type ForgeRepository, forgeRepository } from "../../core/forge.ts";
import type { Rules } from "../../core/gate.ts";
import { createFetch } from "../../core/http.ts";
import type { RuleOrigins } from "../../core/policy/rule-origins.ts";
import type { Wording } from "../../core/refusal.ts";
import type { Forge, PullRequest } from "../forge/forge.ts";
import { openForge } from "../forge/index.ts";
import { branchesOf, type RemoteBranches } from "../git/branches.ts";
import { cloneInto } from "../git/clone.ts";
import { readCommit, readPrefix } from "../git/history.ts";
import { openRules, type RulesFlags } from "../open-rules.ts";
import type { RegistrySettings } from "../registries.ts";
import { readRuleHistory } from "../rule-history.ts";

export interface ApprovalRepository {
  readonly config: CordonConfig;
  readonly rules: Rules;
  readonly registries: RegistrySettings;
  readonly wording: Wording;
  readonly branches: RemoteBranches;
  /** The branch that approvals are merged into. */
  readonly base: string;
  /** Where the policy repository lies in its git repository, with a slash at the end; empty at its top. */
  readonly folder: string;
  /** Undefined where nobody knows what hosts it. */
  readonly site: ForgeRepository | undefined;
  /** Undefined without a token. */
  readonly forge: Forge | undefined;
}

export interface RepositoryFlags extends RulesFlags {
  /** To be cloned for this run; left out: `dir` is a clone. */
  readonly repo: string | undefined;
}

const BASE = "main";

/** Runs with the repository, and leaves nothing of it behind. Throws USAGE, GIT_FAILED, UPSTREAM_*, and what openRules() throws. */
export async function withApprovals<T>(
  flags: RepositoryFlags,
  run: (repository: ApprovalRepository) => Promise<T>,
): Promise<T> {
  const temporary = flags.repo === undefined ? undefined : mkdtempSync(join(tmpdir(), "cordon-policies-"));
  try {
    if (flags.repo !== undefined && temporary !== undefined) await cloneInto(temporary, flags.repo);
    const repository = await openApprovals({ ...flags, dir: temporary ?? flags.dir });
    try {
      return await run(repository);
    } finally {
      await repository.branches.close();
    }
  } finally {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  }
}

async function openApprovals(flags: RulesFlags): Promise<ApprovalRepository> {
  const { rules: opened, registries } = await openRules(flags);
  const { config } = registries;
  const branches = await branchesOf(flags.dir);
  const site = forgeRepository(config.repository ?? branches.url, config.forge);
  const { api } = config.forge ?? {};
  const rules = { ...opened, origins: opened.origins ?? (await originsOf(flags.dir, config, opened)) };
  return {
    config,
    rules,
    registries,
    wording: { publicUrl: config.publicUrl ?? "", repository: config.repository ?? branches.url, forge: config.forge },
    branches,
    base: config.forge?.branch ?? BASE,
    folder: await readPrefix(flags.dir),
    site,
    forge: site && openForge(site, { fetch: createFetch(4), environment: process.env, api }),
  };
}

async function originsOf(dir: string, { repository }: CordonConfig, { set }: Rules): Promise<RuleOrigins> {
  const [commit, history] = await Promise.all([readCommit(dir), readRuleHistory(dir, set.policies)]);
  return { repository: repository ?? null, commit, history };
}

/** The open request of a branch; undefined where there is none, or nobody may ask. */
export async function requestOf({ forge }: ApprovalRepository, branch: string): Promise<PullRequest | undefined> {
  return (await forge?.list())?.find((request) => request.branch === branch);
}

/** The page on which somebody who is signed in opens the request; undefined where the forge is not known. */
export function proposalUrl({ site }: ApprovalRepository, branch: string): string | undefined {
  return site && compareUrl(site, branch);
}

/** Who runs the command, as approvals name people. Throws GIT_FAILED. */
export async function signatureOf({ branches }: ApprovalRepository): Promise<string> {
  const { name, email } = await branches.whoCommits();
  return `${name} <${email}>`;
}
