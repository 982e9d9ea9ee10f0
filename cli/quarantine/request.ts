/** Proposes an approval: a file on a branch of its own, and a request to merge it. */
import { CordonError } from "../../core/errors.ts";
import { type ReleaseId, toPurl } from "../../core/purl.ts";
import { type ApprovalAnswers, type ApprovalDraft, draftApproval, whyUrl } from "../../core/refusal.ts";
import { permits } from "../../core/verdict.ts";
import type { Demand } from "../audit/demand.ts";
import type { RequestText } from "../forge/forge.ts";
import { reportLive } from "../live.ts";
import { isSameRequest, partiesOf } from "./approval-file.ts";
import { branchOf } from "./branch-name.ts";
import { type ApprovalRepository, proposalUrl, requestOf } from "./repository.ts";
import { requestText } from "./request-text.ts";

export interface Proposal extends RequestText {
  readonly purl: string;
  readonly branch: string;
  readonly path: string;
  /** The file. */
  readonly text: string;
}

export interface ProposalOptions {
  readonly answers: ApprovalAnswers;
  readonly demand: Demand | undefined;
  readonly now: Date;
}

/** What would be proposed. Throws NOT_FOUND, USAGE where there is nothing to approve, and UPSTREAM_*. */
export async function draftProposal(
  { rules, registries, wording, folder }: ApprovalRepository,
  id: ReleaseId,
  { answers, demand, now }: ProposalOptions,
): Promise<Proposal> {
  const purl = toPurl(id);
  const { decision, known, report } = await reportLive(id, rules, registries, wording, now);
  if (!known) throw new CordonError("NOT_FOUND", `the registry does not list ${purl}`);
  if (permits(decision))
    throw new CordonError("USAGE", `${purl} may be installed: there is nothing to approve`, {
      next: "Install it. Where a proxy refuses it all the same, compare its bundle: `cordon policy explain` says what this repository holds.",
    });
  const malicious = known.facts.advisories.find(({ kind }) => kind === "malicious");
  if (malicious && answers.override === undefined)
    throw new CordonError("USAGE", `${malicious.id} calls ${purl} malicious, and no ordinary approval lifts that`, {
      next: "Install another version. Where you know better, ask again with --override-malicious, and say in --reason why the advisory does not hold.",
    });
  const draft = draftApproval(decision, known.facts.release, answers);
  if (!draft)
    throw new CordonError("USAGE", `nobody tells a digest of ${purl}, so there is nothing that could be approved`, {
      next: "Ask whoever keeps the registry: a file without a digest can be exchanged at any time.",
    });
  const pageUrl = wording.publicUrl === "" ? undefined : whyUrl(purl, wording);
  const text = requestText({ report, answers, demand, pageUrl });
  return { ...text, purl, branch: branchOf(purl), path: `${folder}${draft.path}`, text: draft.text };
}

/** `opened` and `updated` on the forge; `pushed` where somebody has to open the request; `unchanged` where it was pushed before. */
export type Outcome = "opened" | "updated" | "pushed" | "unchanged";

export interface Proposed {
  readonly outcome: Outcome;
  /** Of the request, or of the page on which to open it; null where the forge is not known. */
  readonly url: string | null;
}

/** Running it again updates the same branch and the same request. Throws GIT_FAILED, PUSH_REFUSED, UPSTREAM_*, SOURCE_DENIED. */
export async function propose(repository: ApprovalRepository, proposal: Proposal): Promise<Proposed> {
  const { branches, base, forge } = repository;
  const { branch, path, text, title, body } = proposal;
  const onto = await branches.fetch(base);
  if (onto === undefined) throw noBase(repository);
  const before = await branches.fetch(branch);
  const isThere = before !== undefined && (await isProposed(repository, before, onto, { path, text }));
  if (!isThere) await branches.push(branch, before, await branches.commit(onto, path, text, title));
  if (!forge) return { outcome: isThere ? "unchanged" : "pushed", url: proposalUrl(repository, branch) ?? null };
  const request = await requestOf(repository, branch);
  if (!request) return { outcome: "opened", url: (await forge.open(branch, { title, body })).url };
  await forge.update(request, { title, body });
  return { outcome: "updated", url: request.url };
}

export function noBase({ base, branches }: ApprovalRepository): CordonError {
  return new CordonError("USAGE", `${branches.url} has no branch \`${base}\``, {
    next: "Name the branch that approvals are merged into: `forge.branch` in cordon.yaml.",
  });
}

/** Whether the branch asks for the same already; what somebody has approved is then left as it is. */
async function isProposed(
  { branches }: ApprovalRepository,
  commit: string,
  base: string,
  { path, text }: ApprovalDraft,
): Promise<boolean> {
  const found = await branches.read(commit, path);
  if (found === undefined || !isSameRequest(found, text)) return false;
  return partiesOf(found).approvedBy !== undefined || (await branches.isOnTopOf(commit, base));
}
