/** Proposes an approval: a file on a branch of its own, and a request to merge it. */
import { CordonError } from "../../core/errors.ts";
import { type ReleaseId, toPurl } from "../../core/purl.ts";
import { type ApprovalAnswers, draftApproval, whyUrl } from "../../core/refusal.ts";
import { permits } from "../../core/verdict.ts";
import type { Demand } from "../audit/demand.ts";
import type { RequestText } from "../forge/forge.ts";
import { reportLive } from "../live.ts";
import { endOf, isSameRequest, liftsAlready, partiesOf, requireApproval, withApprover } from "./approval-file.ts";
import { branchOf } from "./branch-name.ts";
import type { Judge } from "./judge.ts";
import { type ApprovalRepository, noBase, type Proposed, requestMerge } from "./repository.ts";
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

/** What would be proposed. Throws NOT_FOUND, USAGE where there is nothing to approve, GIT_FAILED and UPSTREAM_*. */
export async function draftProposal(
  repository: ApprovalRepository,
  { rules, registries, wording }: Judge,
  id: ReleaseId,
  { answers, demand, now }: ProposalOptions,
): Promise<Proposal> {
  const { folder } = repository;
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
  if (!malicious && answers.override !== undefined)
    throw new CordonError("USAGE", `no advisory calls ${purl} malicious`, {
      next: "Leave --override-malicious out, so that an advisory that comes later counts.",
    });
  const draft = draftApproval(decision, known.facts.release, answers);
  if (!draft)
    throw new CordonError("USAGE", `nobody tells a digest of ${purl}, so there is nothing that could be approved`, {
      next: "Ask whoever keeps the registry: a file without a digest can be exchanged at any time.",
    });
  requireApproval(draft.path, withApprover(draft.path, draft.text, "somebody"), "Mend what you wrote, and ask again.");
  const [branch, path] = [branchOf(purl), `${folder}${draft.path}`];
  await refuseApproved(repository, purl, path, draft.text, now);
  const there = await askedAlready(repository, branch, path, draft.text, now);
  const pageUrl = whyUrl(purl, wording) ?? undefined;
  const expires = there === undefined ? answers.expires : endOf(there);
  const text = requestText({
    report,
    answers: { ...answers, ...(expires !== undefined && { expires }) },
    demand,
    pageUrl,
  });
  return { ...text, purl, branch, path, text: there ?? draft.text };
}

/** The clone may be older than what was merged. */
async function refuseApproved(
  { branches, base }: ApprovalRepository,
  purl: string,
  path: string,
  text: string,
  now: Date,
): Promise<void> {
  const commit = await branches.fetch(base);
  const merged = commit === undefined ? undefined : await branches.read(commit, path);
  if (merged !== undefined && liftsAlready(merged, text, now))
    throw new CordonError("USAGE", `${purl} is approved on ${base} of ${branches.url}, until ${endOf(merged)}`, {
      next: "Pull. A proxy lets it through once it has a bundle that was built since.",
    });
}

/** The file as it lies on the branch, where that asks for the same already: its times stay, and so does who has approved it. */
async function askedAlready(
  { branches }: ApprovalRepository,
  branch: string,
  path: string,
  text: string,
  now: Date,
): Promise<string | undefined> {
  const commit = await branches.fetch(branch);
  const there = commit === undefined ? undefined : await branches.read(commit, path);
  return there !== undefined && isSameRequest(there, text, now) ? there : undefined;
}

/** Running it again updates the same branch and the same request. Throws GIT_FAILED, PUSH_REFUSED, UPSTREAM_*, SOURCE_DENIED. */
export async function propose(repository: ApprovalRepository, proposal: Proposal): Promise<Proposed> {
  const { branches, base } = repository;
  const { branch, path, text, title, body } = proposal;
  const onto = await branches.fetch(base);
  if (onto === undefined) throw noBase(repository);
  const before = await branches.fetch(branch);
  const isThere =
    before !== undefined &&
    (await branches.read(before, path)) === text &&
    // What somebody has approved is left as it is.
    (partiesOf(text).approvedBy !== undefined || (await branches.isOnTopOf(before, onto)));
  if (!isThere) await branches.push(branch, before, await branches.commit(onto, path, text, title));
  return requestMerge(repository, branch, { title, body }, isThere);
}
