/** Takes an approval back: by a request to remove the file, or, where nothing was merged, by ending its request. */
import { CordonError } from "../../core/errors.ts";
import { own, ownString } from "../../core/json.ts";
import { parseReleasePurl, type ReleaseId, toPurl } from "../../core/purl.ts";
import { YamlFile } from "../../core/source/yaml-file.ts";
import { oneLine } from "../../core/words.ts";
import type { RequestText } from "../forge/forge.ts";
import { inlineCode } from "../markdown.ts";
import { branchOf, REVOCATIONS } from "./branch-name.ts";
import { type ApprovalRepository, noBase, type Outcome, requestMerge, requestOf } from "./repository.ts";

export interface RevokeOptions {
  readonly reason: string;
  readonly isDryRun: boolean;
}

/** `ended`: its request was closed, and its branch removed. The others: its removal is proposed. */
export interface Revoked {
  readonly purl: string;
  readonly outcome: "ended" | Outcome | "dry-run";
  readonly branch: string;
  /** The files that go; none where the request for them ends. */
  readonly paths: readonly string[];
  /** Of the request, or of the page on which to open it. */
  readonly url: string | null;
  /** What the request for the removal says; null where none is needed. */
  readonly text: RequestText | null;
}

/** Throws NOT_FOUND where there is neither an approval nor a request, GIT_FAILED, PUSH_REFUSED, UPSTREAM_*. */
export async function revoke(repository: ApprovalRepository, id: ReleaseId, options: RevokeOptions): Promise<Revoked> {
  const purl = toPurl(id);
  const { branches, base } = repository;
  const onto = await branches.fetch(base);
  if (onto === undefined) throw noBase(repository);
  const paths = await approvalsOf(repository, onto, purl);
  return paths.length > 0
    ? proposeRemoval(repository, purl, onto, paths, options)
    : endRequest(repository, purl, options);
}

async function proposeRemoval(
  repository: ApprovalRepository,
  purl: string,
  onto: string,
  paths: readonly string[],
  { reason, isDryRun }: RevokeOptions,
): Promise<Revoked> {
  const { branches } = repository;
  const branch = branchOf(purl, REVOCATIONS);
  const text = removalText(purl, paths, reason);
  if (isDryRun) return { purl, outcome: "dry-run", branch, paths, url: null, text };
  const before = await branches.fetch(branch);
  const isThere = before !== undefined && (await isRemoved(repository, before, onto, paths));
  if (!isThere) {
    let commit = onto;
    for (const path of paths) commit = await branches.commit(commit, path, null, text.title);
    await branches.push(branch, before, commit);
  }
  return { purl, branch, paths, text, ...(await requestMerge(repository, branch, text, isThere)) };
}

function removalText(purl: string, paths: readonly string[], reason: string): RequestText {
  const files = paths.map((path) => `- removes ${inlineCode(path)}`);
  const judged = `${inlineCode(purl, 1024)} is to be judged again as if nobody had approved it.`;
  const body = `${judged}\n\n${inlineCode(reason, 2000)}\n\n${files.join("\n")}\n`;
  return { title: oneLine(`Revoke the approval of ${purl}`, 200), body };
}

/** Whether the branch proposes that already. */
async function isRemoved(
  { branches }: ApprovalRepository,
  commit: string,
  base: string,
  paths: readonly string[],
): Promise<boolean> {
  for (const path of paths) if ((await branches.read(commit, path)) !== undefined) return false;
  return branches.isOnTopOf(commit, base);
}

async function endRequest(repository: ApprovalRepository, purl: string, { isDryRun }: RevokeOptions): Promise<Revoked> {
  const { branches, forge } = repository;
  const branch = branchOf(purl);
  const commit = await branches.fetch(branch);
  if (commit === undefined)
    throw new CordonError("NOT_FOUND", `${branches.url} has neither an approval of ${purl} nor a request for one`, {
      next: "See what there is: `cordon quarantine list`.",
    });
  const request = await requestOf(repository, branch);
  const ended = { purl, branch, paths: [], url: request?.url ?? null, text: null };
  if (isDryRun) return { ...ended, outcome: "dry-run" };
  if (request) await forge?.close(request);
  await branches.push(branch, commit, null);
  return { ...ended, outcome: "ended" };
}

/** Wherever they lie: a person may have written them. */
async function approvalsOf({ branches, folder }: ApprovalRepository, commit: string, purl: string): Promise<string[]> {
  const found: string[] = [];
  for (const path of await branches.list(commit, `${folder}approvals`)) {
    if (!/\.ya?ml$/.test(path)) continue;
    const text = await branches.read(commit, path);
    if (text !== undefined && purlIn(path, text) === purl) found.push(path);
  }
  return found;
}

function purlIn(path: string, text: string): string | undefined {
  const purl = ownString(own(new YamlFile({ path, text }).value, "spec"), "purl");
  try {
    return purl === undefined ? undefined : toPurl(parseReleasePurl(purl));
  } catch {
    return undefined; // lint says what is wrong with it
  }
}
