/** Gives an approval on the branch of its request; to merge it stays with the forge and its reviewers. */
import { CordonError } from "../../core/errors.ts";
import { type Approval, approves, isSamePerson, MAX_NAME } from "../../core/policy/approvals.ts";
import { type ReleaseId, toPurl } from "../../core/purl.ts";
import { approvalPath } from "../../core/refusal.ts";
import type { ReleaseReport } from "../../core/report.ts";
import { formatInstant } from "../../core/time.ts";
import { oneLine } from "../../core/words.ts";
import type { Facts } from "../../schemas/types/facts.ts";
import { reportLive } from "../live.ts";
import { partiesOf, requireApproval, withApprover } from "./approval-file.ts";
import { branchOf } from "./branch-name.ts";
import type { Judge } from "./judge.ts";
import { type ApprovalRepository, proposalUrl, requestOf } from "./repository.ts";

export interface ApproveOptions {
  readonly approvedBy: string;
  /** Whether who asks may approve. */
  readonly maySelf: boolean;
  readonly now: Date;
}

/** An approval that somebody may give. */
export interface ReadyApproval {
  readonly purl: string;
  readonly branch: string;
  readonly path: string;
  /** The file, with who approves. */
  readonly text: string;
  readonly requestedBy: string;
  readonly approvedBy: string;
  readonly reason: string;
  readonly expires: string;
  /** What is known of the release now. */
  readonly report: ReleaseReport;
  /** The commit that it stands on, and whether it says so already. */
  readonly commit: string;
  readonly isGiven: boolean;
}

/** Reads the request and asks the registry once more. Throws NOT_FOUND where nobody asks for it, DIGEST_MISMATCH where the registry has other bytes by now, USAGE. */
export async function readyApproval(
  { branches, folder }: ApprovalRepository,
  { rules, registries, wording }: Judge,
  id: ReleaseId,
  { approvedBy, maySelf, now }: ApproveOptions,
): Promise<ReadyApproval> {
  const purl = toPurl(id);
  const [branch, path] = [branchOf(purl), `${folder}${approvalPath(purl)}`];
  const commit = await branches.fetch(branch);
  const before = commit === undefined ? undefined : await branches.read(commit, path);
  if (commit === undefined || before === undefined)
    throw new CordonError(
      "NOT_FOUND",
      `nobody asks for ${purl}: ${branches.url} has no ${branch} with an approval of it`,
      {
        next: "Ask for it first: `cordon quarantine request`.",
      },
    );
  const { requestedBy = "" } = partiesOf(before);
  if (isSamePerson(requestedBy, approvedBy) && !maySelf)
    throw new CordonError("USAGE", `${approvedBy} asks for ${purl}, and should not approve it`, {
      next: "Have somebody else review it; or give --self, which `cordon policy lint` will warn of.",
    });
  const text = withApprover(path, before, approvedBy);
  const approval = requireApproval(path, text);
  requireApprover(path, approval, approvedBy);
  const { known, report } = await reportLive(id, rules, registries, wording, now);
  if (!known) throw new CordonError("NOT_FOUND", `the registry does not list ${purl} any more`);
  requireSame(purl, approval, known.facts.release, now);
  const { reason } = approval;
  const expires = formatInstant(approval.expires);
  return {
    purl,
    branch,
    path,
    text,
    requestedBy,
    approvedBy,
    reason,
    expires,
    report,
    commit,
    isGiven: text === before,
  };
}

/** Pushes it. Gives the address at which to merge; null where the forge is not known. Throws GIT_FAILED, PUSH_REFUSED, UPSTREAM_*. */
export async function giveApproval(repository: ApprovalRepository, ready: ReadyApproval): Promise<string | null> {
  const { branches } = repository;
  const { purl, branch, path, text, commit, isGiven } = ready;
  if (!isGiven) await branches.push(branch, commit, await branches.commit(commit, path, text, `Approve ${purl}`));
  return (await requestOf(repository, branch))?.url ?? proposalUrl(repository, branch) ?? null;
}

/** The line that was written may lie in another text of the file, and the approver's own be one that somebody put there. */
function requireApprover(path: string, approval: Approval, approvedBy: string): void {
  if (approval.approvedBy === oneLine(approvedBy, MAX_NAME)) return;
  throw new CordonError("USAGE", `${path} would have \`${approval.approvedBy}\` approve it`, {
    next: "Do not approve it. Find out who wrote that.",
  });
}

/**
 * Whoever may push the branch may have written anything into the file. It must be for this release; and for the files that
 * the registry has now, and no others, for nobody has looked at those.
 */
function requireSame(purl: string, approval: Approval, { digests, files }: Facts["release"], now: Date): void {
  if (approval.purl !== purl)
    throw new CordonError("USAGE", `what lies there for ${purl} approves ${approval.purl}`, {
      next: "Do not approve it. Find out who wrote that.",
    });
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
  const isKnown = (algorithm: string, hex: string) =>
    all.some((one) => Object.entries(one).some(([name, value]) => name === algorithm && value === hex));
  const others = [...approval.digests].flatMap(([algorithm, found]) =>
    [...found].filter((hex) => !isKnown(algorithm, hex)),
  );
  if (all.length === 0 || others.length > 0 || !all.every((one) => approves(approval, one, at)))
    throw new CordonError("DIGEST_MISMATCH", `the registry has other files for ${purl} than those that are asked for`, {
      next: "Do not approve it. Find out why they changed; ask again with `cordon quarantine request`.",
    });
}
