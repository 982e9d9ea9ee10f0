/** Gives an approval on the branch of its request; to merge it stays with the forge and its reviewers. */
import { CordonError } from "../../core/errors.ts";
import { approves } from "../../core/policy/approvals.ts";
import { type ReleaseId, toPurl } from "../../core/purl.ts";
import { draftApproval } from "../../core/refusal.ts";
import { formatInstant } from "../../core/time.ts";
import { reportLive } from "../live.ts";
import { partiesOf, requireApproval, withApprover } from "./approval-file.ts";
import { branchOf } from "./branch-name.ts";
import { type ApprovalRepository, proposalUrl, requestOf } from "./repository.ts";

export interface ApproveOptions {
  readonly approvedBy: string;
  /** Whether who asks may approve. */
  readonly maySelf: boolean;
  readonly now: Date;
  readonly isDryRun: boolean;
}

export interface Approved {
  readonly purl: string;
  readonly branch: string;
  readonly path: string;
  readonly text: string;
  readonly expires: string;
  /** Where to merge it. */
  readonly url: string | null;
}

/** Throws NOT_FOUND where nobody asks for it, DIGEST_MISMATCH where the registry has other bytes by now, USAGE, GIT_FAILED, PUSH_REFUSED. */
export async function approve(
  repository: ApprovalRepository,
  id: ReleaseId,
  options: ApproveOptions,
): Promise<Approved> {
  const { branches, folder, rules, registries, wording } = repository;
  const purl = toPurl(id);
  const branch = branchOf(purl);
  const commit = await branches.fetch(branch);
  const { decision, known } = await reportLive(id, rules, registries, wording, options.now);
  const draft = known && draftApproval(decision, known.facts.release);
  const path = draft && `${folder}${draft.path}`;
  const before = commit !== undefined && path !== undefined ? await branches.read(commit, path) : undefined;
  if (commit === undefined || path === undefined || before === undefined)
    throw new CordonError(
      "NOT_FOUND",
      `nobody asks for ${purl}: ${branches.url} has no ${branch} with an approval of it`,
      {
        next: "Ask for it first: `cordon quarantine request`.",
      },
    );
  const { requestedBy } = partiesOf(before);
  if (requestedBy === options.approvedBy && !options.maySelf)
    throw new CordonError("USAGE", `${requestedBy} asks for ${purl}, and should not approve it`, {
      next: "Have somebody else review it; or give --self, which `cordon policy lint` will warn of.",
    });
  const text = withApprover(path, before, options.approvedBy);
  const approval = requireApproval(path, text);
  requireSameFiles(purl, approval, known?.facts.release ?? {}, options.now);
  if (!options.isDryRun && text !== before)
    await branches.push(branch, commit, await branches.commit(commit, path, text, `Approve ${purl}`));
  const url = (await requestOf(repository, branch))?.url ?? proposalUrl(repository, branch) ?? null;
  return { purl, branch, path, text, expires: formatInstant(approval.expires), url };
}

/** What was asked for must be what the registry has now: otherwise nobody has looked at what would be let in. */
function requireSameFiles(
  purl: string,
  approval: Parameters<typeof approves>[0],
  {
    digests,
    files,
  }: {
    readonly digests?: Readonly<Record<string, string>>;
    readonly files?: readonly { readonly digests: Readonly<Record<string, string>> }[];
  },
  now: Date,
): void {
  if (now >= approval.expires)
    throw new CordonError(
      "USAGE",
      `the approval of ${purl} would end on ${formatInstant(approval.expires)}, which is over`,
      {
        next: "Ask for it again, with --expires.",
      },
    );
  const all = files?.map((file) => file.digests) ?? (digests ? [digests] : []);
  const at = new Date(Math.max(now.getTime(), approval.created.getTime()));
  if (all.length === 0 || !all.every((one) => approves(approval, one, at)))
    throw new CordonError("DIGEST_MISMATCH", `the registry has other files for ${purl} than those that are asked for`, {
      next: "Do not approve it. Find out why they changed; ask again with `cordon quarantine request`.",
    });
}
