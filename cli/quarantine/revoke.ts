/** Takes an approval back: by a request to remove the file, or, where nothing was merged, by ending its request. */
import { CordonError } from "../../core/errors.ts";
import { own, ownString } from "../../core/json.ts";
import { parseReleasePurl, type ReleaseId, toPurl } from "../../core/purl.ts";
import { YamlFile } from "../../core/source/yaml-file.ts";
import { oneLine } from "../../core/words.ts";
import { inlineCode } from "../markdown.ts";
import { branchOf, REVOCATIONS } from "./branch-name.ts";
import { type ApprovalRepository, proposalUrl, requestOf } from "./repository.ts";
import { noBase } from "./request.ts";

export interface RevokeOptions {
  readonly reason: string;
  readonly isDryRun: boolean;
}

/** `ended`: its request was closed, and its branch removed. `opened`, `updated`, `pushed`: the removal is proposed. */
export interface Revoked {
  readonly purl: string;
  readonly outcome: "ended" | "opened" | "updated" | "pushed";
  readonly branch: string;
  /** The files that go. */
  readonly paths: readonly string[];
  readonly url: string | null;
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
  const { branches, forge } = repository;
  const branch = branchOf(purl, REVOCATIONS);
  const title = oneLine(`Revoke the approval of ${purl}`, 200);
  const body = `${inlineCode(purl, 1024)} is to be judged again as if nobody had approved it.\n\n${inlineCode(reason, 2000)}\n\n${paths.map((path) => `- removes ${inlineCode(path)}`).join("\n")}\n`;
  const url = proposalUrl(repository, branch) ?? null;
  if (isDryRun) return { purl, outcome: forge ? "opened" : "pushed", branch, paths, url };
  let commit = onto;
  for (const path of paths) commit = await branches.commit(commit, path, null, title);
  await branches.push(branch, await branches.fetch(branch), commit);
  if (!forge) return { purl, outcome: "pushed", branch, paths, url };
  const request = await requestOf(repository, branch);
  if (!request) return { purl, outcome: "opened", branch, paths, url: (await forge.open(branch, { title, body })).url };
  await forge.update(request, { title, body });
  return { purl, outcome: "updated", branch, paths, url: request.url };
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
  if (!isDryRun) {
    if (request) await forge?.close(request);
    await branches.push(branch, commit, null);
  }
  return { purl, outcome: "ended", branch, paths: [], url: request?.url ?? null };
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
