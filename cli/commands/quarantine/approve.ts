import { Flags } from "@oclif/core";
import { parseReleasePurl } from "../../../core/purl.ts";
import { oneLine, visible } from "../../../core/words.ts";
import { CordonCommand } from "../../command.ts";
import { parsePurlArgument } from "../../dir.ts";
import { paint } from "../../print.ts";
import { giveApproval, type ReadyApproval, readyApproval } from "../../quarantine/approve.ts";
import { formatEvidence } from "../../quarantine/evidence.ts";
import { dryRunFlag, JUDGE_FLAGS, purlArg } from "../../quarantine/flags.ts";
import { openJudge } from "../../quarantine/judge.ts";
import { signatureOf, withApprovals } from "../../quarantine/repository.ts";

interface Approved extends Omit<ReadyApproval, "report" | "commit" | "isGiven"> {
  readonly outcome: "approved" | "unchanged" | "dry-run";
  /** Where to merge it. */
  readonly url: string | null;
}

const MAX_TEXT = 200;

export default class QuarantineApprove extends CordonCommand {
  static override summary = "Approve what somebody asks for.";
  static override description = `Asks the registry once more whether the files are those that are asked for,
writes who approves into the approval on its branch, and pushes it. It takes
effect once it is merged and a new bundle is published: merging is the
forge's, and its reviewers'. Read the request first.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> pkg:npm/left-pad@1.3.0",
    "<%= config.bin %> <%= command.id %> pkg:npm/left-pad@1.3.0 --dry-run",
  ];
  static override args = { purl: purlArg };
  static override flags = {
    "approved-by": Flags.string({ description: "who approves [default: whom git names]" }),
    self: Flags.boolean({ description: "also where you asked for it yourself" }),
    "dry-run": dryRunFlag,
    ...JUDGE_FLAGS,
  };

  async run(): Promise<Approved> {
    const { args, flags } = await this.parse(QuarantineApprove);
    const id = parsePurlArgument(args.purl, parseReleasePurl);
    return withApprovals(flags, async (repository) => {
      const ready = await readyApproval(repository, await openJudge(flags, repository), id, {
        approvedBy: flags["approved-by"] ?? (await signatureOf(repository)),
        maySelf: flags.self,
        now: new Date(),
      });
      const { report, commit: _, isGiven, ...approval } = ready;
      this.#printEvidence(ready);
      if (flags["dry-run"]) {
        this.log(`\nWould push to branch ${approval.branch} as ${approval.path}:\n\n${visible(approval.text)}`);
        return { ...approval, outcome: "dry-run", url: null };
      }
      const url = await giveApproval(repository, ready);
      this.#printOutcome(ready, repository.base, url);
      return { ...approval, outcome: isGiven ? "unchanged" : "approved", url };
    });
  }

  #printEvidence({ report, requestedBy, reason, expires }: ReadyApproval): void {
    this.log(formatEvidence(report));
    this.log(`\nAsked for by ${visible(oneLine(requestedBy, MAX_TEXT))}, until ${expires}:\n  ${visible(reason)}`);
  }

  #printOutcome({ purl, branch, approvedBy, isGiven }: ReadyApproval, base: string, url: string | null): void {
    const how = isGiven ? "was approved already" : "is approved";
    this.log(`\n${paint("green", "✓")} ${purl} ${how} by ${oneLine(approvedBy, MAX_TEXT)}, on branch ${branch}.`);
    this.log(
      `It takes effect once that is merged into ${base}, as its code owners allow, and a\nnew bundle is published.${url === null ? "" : ` Merge it: ${url}`}`,
    );
  }
}
