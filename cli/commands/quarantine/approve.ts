import { Flags } from "@oclif/core";
import { parseReleasePurl } from "../../../core/purl.ts";
import { CordonCommand } from "../../command.ts";
import { parsePurlArgument } from "../../dir.ts";
import { paint } from "../../print.ts";
import { type Approved, approve } from "../../quarantine/approve.ts";
import { dryRunFlag, purlArg, REPOSITORY_FLAGS } from "../../quarantine/flags.ts";
import { signatureOf, withApprovals } from "../../quarantine/repository.ts";

export default class QuarantineApprove extends CordonCommand {
  static override summary = "Approve what somebody asks for.";
  static override description =
    `Asks the registry once more whether the files are those that are asked for, writes who approves into the approval on
its branch, and pushes it. It takes effect once it is merged and a new bundle is published: merging is the forge's, and its
reviewers'. Read the request first.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> pkg:npm/left-pad@1.3.0",
    "<%= config.bin %> <%= command.id %> pkg:npm/left-pad@1.3.0 --dry-run",
  ];
  static override args = { purl: purlArg };
  static override flags = {
    "approved-by": Flags.string({ description: "who approves (default: whom git names)" }),
    self: Flags.boolean({ description: "also where you asked for it yourself" }),
    "dry-run": dryRunFlag,
    ...REPOSITORY_FLAGS,
  };

  async run(): Promise<Approved> {
    const { args, flags } = await this.parse(QuarantineApprove);
    const id = parsePurlArgument(args.purl, parseReleasePurl);
    return withApprovals(flags, async (repository) => {
      const approved = await approve(repository, id, {
        approvedBy: flags["approved-by"] ?? (await signatureOf(repository)),
        maySelf: flags.self,
        now: new Date(),
        isDryRun: flags["dry-run"],
      });
      if (flags["dry-run"])
        this.log(`Would push to branch ${approved.branch} as ${approved.path}:\n\n${approved.text}`);
      else
        this.log(
          `${paint("green", "✓")} ${approved.purl} is approved until ${approved.expires}, on branch ${approved.branch}.`,
        );
      if (approved.url !== null) this.log(`Review and merge it: ${approved.url}`);
      return approved;
    });
  }
}
