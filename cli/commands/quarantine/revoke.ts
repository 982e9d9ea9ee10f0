import { Flags } from "@oclif/core";
import { parseReleasePurl } from "../../../core/purl.ts";
import { CordonCommand } from "../../command.ts";
import { parsePurlArgument } from "../../dir.ts";
import { paint } from "../../print.ts";
import { dryRunFlag, purlArg, REPOSITORY_FLAGS } from "../../quarantine/flags.ts";
import { withApprovals } from "../../quarantine/repository.ts";
import { type Revoked, revoke } from "../../quarantine/revoke.ts";

export default class QuarantineRevoke extends CordonCommand {
  static override summary = "Take an approval back.";
  static override description =
    `Proposes to remove the approval, on a branch of its own; where nothing was merged yet, closes the request and removes its
branch. What was installed meanwhile stays installed: \`cordon audit\` tells by whom.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> pkg:npm/left-pad@1.3.0 --reason "An advisory came."',
    "<%= config.bin %> <%= command.id %> pkg:npm/left-pad@1.3.0 --dry-run",
  ];
  static override args = { purl: purlArg };
  static override flags = {
    reason: Flags.string({ description: "why", default: "It is no longer needed." }),
    "dry-run": dryRunFlag,
    ...REPOSITORY_FLAGS,
  };

  async run(): Promise<Revoked> {
    const { args, flags } = await this.parse(QuarantineRevoke);
    const id = parsePurlArgument(args.purl, parseReleasePurl);
    return withApprovals(flags, async (repository) => {
      const revoked = await revoke(repository, id, { reason: flags.reason, isDryRun: flags["dry-run"] });
      this.log(
        flags["dry-run"] ? `Would do this: ${messageOn(revoked)}` : `${paint("green", "✓")} ${messageOn(revoked)}`,
      );
      return revoked;
    });
  }
}

function messageOn({ purl, outcome, branch, paths, url }: Revoked): string {
  const where = url === null ? "" : `: ${url}`;
  if (outcome === "ended") return `The request for ${purl} is closed, and its branch ${branch} removed${where}`;
  const what = `Branch ${branch} removes ${paths.join(", ")}`;
  return outcome === "pushed"
    ? `${what}. There is no token, so open the request yourself${where}`
    : `${what}. The request is open${where}`;
}
