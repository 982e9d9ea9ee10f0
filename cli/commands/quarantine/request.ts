import { Flags } from "@oclif/core";
import { CordonError } from "../../../core/errors.ts";
import { parseReleasePurl } from "../../../core/purl.ts";
import { formatInstant, parseInstant } from "../../../core/time.ts";
import { readDemand } from "../../audit/demand.ts";
import { CordonCommand } from "../../command.ts";
import { parsePurlArgument } from "../../dir.ts";
import { paint } from "../../print.ts";
import { dryRunFlag, JUDGE_FLAGS, purlArg } from "../../quarantine/flags.ts";
import { openJudge } from "../../quarantine/judge.ts";
import { type Outcome, signatureOf, withApprovals } from "../../quarantine/repository.ts";
import { draftProposal, type Proposal, propose } from "../../quarantine/request.ts";
import { DAY_MS, parseSpan } from "../../quarantine/span.ts";

interface RequestResult extends Proposal {
  readonly outcome: Outcome | "dry-run";
  readonly url: string | null;
}

const DEFAULT_DAYS = 14;
const MAX_DAYS = 90;

export default class QuarantineRequest extends CordonCommand {
  static override summary = "Ask for the approval of a held release.";
  static override description = `Writes the approval on a branch of its own, pushes it, and opens a pull
request with the evidence that a reviewer needs. Asking again updates the
same branch and the same request. Your work tree is not touched.

The branch is pushed as git pushes for you. The pull request is opened with
GITHUB_TOKEN, GITEA_TOKEN (FORGEJO_TOKEN) or GITLAB_TOKEN; without one, the
page on which to open it is printed.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> pkg:npm/left-pad@1.3.0 --reason "The fix for our login needs it."',
    '<%= config.bin %> <%= command.id %> pkg:pypi/requests@2.32.0 --reason "…" --expires 3d --dry-run',
    '<%= config.bin %> <%= command.id %> pkg:npm/left-pad@1.3.0 --reason "…" --repo https://forge.example/acme/policies',
  ];
  static override args = { purl: purlArg };
  static override flags = {
    reason: Flags.string({ description: "why it is needed, and what was looked at", required: true }),
    expires: Flags.string({
      description: `when the approval ends: a number of days such as ${DEFAULT_DAYS}d, a duration, or a time [default: ${DEFAULT_DAYS}d, or what cordon.yaml allows]`,
    }),
    ticket: Flags.string({ description: "where it is discussed: an id or an address" }),
    "requested-by": Flags.string({ description: "who asks [default: whom git names]" }),
    "override-malicious": Flags.boolean({ description: "also where an advisory calls the release malicious" }),
    log: Flags.string({
      description: "decision logs, to tell the reviewer who asked for the release",
      multiple: true,
      multipleNonGreedy: true,
    }),
    "dry-run": dryRunFlag,
    ...JUDGE_FLAGS,
  };

  async run(): Promise<RequestResult> {
    const { args, flags } = await this.parse(QuarantineRequest);
    const id = parsePurlArgument(args.purl, parseReleasePurl);
    // To the second: people read these times.
    const now = new Date(Math.floor(Date.now() / 1000) * 1000);
    const demand = flags.log && (await readDemand(flags.log, args.purl));
    return withApprovals(flags, async (repository) => {
      const answers = {
        reason: flags.reason,
        requestedBy: flags["requested-by"] ?? (await signatureOf(repository)),
        expires: formatInstant(endOf(flags.expires, now, repository.config.approvals?.maxDays ?? MAX_DAYS)),
        ...(flags.ticket !== undefined && { ticket: flags.ticket }),
        ...(flags["override-malicious"] && { override: "malicious" as const }),
      };
      const proposal = await draftProposal(repository, await openJudge(flags, repository), id, {
        answers,
        demand,
        now,
      });
      if (flags["dry-run"]) return this.#show(proposal);
      const { outcome, url } = await propose(repository, proposal);
      this.log(`${paint("green", "✓")} ${proposal.path} is on branch ${proposal.branch}.`);
      this.log(messageOn(outcome, url));
      return { ...proposal, outcome, url };
    });
  }

  #show(proposal: Proposal): RequestResult {
    const { branch, path, text, title, body } = proposal;
    this.log(`Would push to branch ${paint("bold", branch)} the file ${paint("bold", path)}:\n\n${text}`);
    this.log(`Would open a request, ${paint("bold", title)}:\n\n${body}`);
    return { ...proposal, outcome: "dry-run", url: null };
  }
}

function messageOn(outcome: Outcome, url: string | null): string {
  const where = url ?? "the forge: `forge.kind` in cordon.yaml would tell the address";
  switch (outcome) {
    case "opened":
      return `The request is open: ${where}`;
    case "updated":
      return `The request that was open is up to date: ${where}`;
    case "pushed":
      return `There is no token, so open the request yourself: ${where}`;
    case "unchanged":
      return `It was there already. If no request is open yet, open it: ${where}`;
  }
}

/** Throws USAGE for what is no time, is over, or is later than approvals may last. */
function endOf(text: string | undefined, now: Date, maxDays: number): Date {
  if (text === undefined) return new Date(now.getTime() + Math.min(DEFAULT_DAYS, maxDays) * DAY_MS);
  const span = parseSpan(text);
  const end = span === undefined ? parseInstant(text) : new Date(now.getTime() + span);
  if (!end || end <= now)
    throw new CordonError("USAGE", `--expires ${text} is no time that is still to come`, {
      next: "Write it like 14d, 72h or 2026-12-31T12:00:00Z.",
    });
  if (end.getTime() - now.getTime() > maxDays * DAY_MS)
    throw new CordonError("USAGE", `--expires ${text} is later than the ${maxDays} days that approvals may last`, {
      next: "Give an earlier end; the limit is `approvals.maxDays` of cordon.yaml.",
    });
  return end;
}
