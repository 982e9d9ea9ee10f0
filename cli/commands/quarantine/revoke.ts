import { Flags } from "@oclif/core";
import { parseReleasePurl } from "../../../core/purl.ts";
import { oneLine } from "../../../core/words.ts";
import { CordonCommand } from "../../command.ts";
import { parsePurlArgument } from "../../dir.ts";
import { paint } from "../../print.ts";
import { dryRunFlag, purlArg, REPOSITORY_FLAGS } from "../../quarantine/flags.ts";
import { withApprovals } from "../../quarantine/repository.ts";
import { type Revoked, revoke } from "../../quarantine/revoke.ts";

const MAX_TEXT = 200;

export default class QuarantineRevoke extends CordonCommand {
  static override summary = "Take an approval back.";
  static override description = `Proposes to remove the approval, on a branch of its own; where nothing was
merged yet, closes the request and removes its branch. What was installed
meanwhile stays installed: \`cordon audit\` tells by whom.`;
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
      const { outcome, text } = revoked;
      this.log(
        outcome === "dry-run"
          ? `Would do this. ${whatIsDone(revoked)}`
          : `${paint("green", "✓")} ${whatIsDone(revoked)}`,
      );
      if (outcome === "dry-run" && text)
        this.log(`\nWould open a request, ${paint("bold", text.title)}:\n\n${text.body}`);
      if (text && outcome !== "dry-run") this.log(whereToMerge(revoked));
      return revoked;
    });
  }
}

function whatIsDone({ purl, branch, paths, url }: Revoked): string {
  if (paths.length > 0) return `Branch ${branch} removes ${paths.map((path) => oneLine(path, MAX_TEXT)).join(", ")}.`;
  const closed = url === null ? "" : `The request ${url} is closed. `;
  return `${closed}Nobody asks for ${purl} any more: branch ${branch} is removed.`;
}

function whereToMerge({ outcome, url }: Revoked): string {
  const where = url ?? "on the forge (`forge.kind` in cordon.yaml would tell the address)";
  const isOpen = outcome === "opened" || outcome === "updated";
  return `${isOpen ? "The request is open" : "There is no token, so open the request yourself"}: ${where}\nThe approval holds until that is merged, and a new bundle is published.`;
}
