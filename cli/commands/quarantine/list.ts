import { Flags } from "@oclif/core";
import { CordonError } from "../../../core/errors.ts";
import { oneLine } from "../../../core/words.ts";
import { CordonCommand } from "../../command.ts";
import { TOKENS } from "../../forge/index.ts";
import { count, paint, table } from "../../print.ts";
import { REPOSITORY_FLAGS } from "../../quarantine/flags.ts";
import { type ListedApproval, type ListedRequest, listApprovals, listRequests } from "../../quarantine/list.ts";
import { withApprovals } from "../../quarantine/repository.ts";
import { DAY_MS, parseSpan } from "../../quarantine/span.ts";

interface ListResult {
  readonly approvals: readonly ListedApproval[];
  /** Null where the forge was not asked. */
  readonly requests: readonly ListedRequest[] | null;
}

const STYLES = { active: "green", expiring: "yellow", expired: "red", "not yet": "dim" } as const;
const MAX_TEXT = 120;

export default class QuarantineList extends CordonCommand {
  static override summary = "List approvals, and requests for approvals.";
  static override description =
    `Shows the approvals of the branch that is checked out, those that end first before the others, and the requests that are
open on the forge, the oldest first. Exits with 1 where an approval has expired.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> --within 3d --json",
  ];
  static override flags = {
    within: Flags.string({ description: "how soon an approval has to end to be called expiring", default: "7d" }),
    ...REPOSITORY_FLAGS,
  };

  async run(): Promise<ListResult> {
    const { flags } = await this.parse(QuarantineList);
    const within = spanOf(flags.within);
    return withApprovals(flags, async (repository) => {
      const now = new Date();
      const approvals = listApprovals(repository, now, within);
      const requests = (await listRequests(repository)) ?? null;
      this.#printApprovals(approvals, now);
      this.#printRequests(requests, now, repository.site?.kind);
      if (approvals.some(({ state }) => state === "expired")) this.reportFindings();
      return { approvals, requests };
    });
  }

  #printApprovals(approvals: readonly ListedApproval[], now: Date): void {
    this.log(paint("bold", count(approvals.length, "approval")));
    if (approvals.length === 0) return;
    const rows = approvals.map(({ purl, state, approvedBy, expires }) => [
      `  ${paint(STYLES[state], state)}`,
      daysText(now, new Date(expires)),
      oneLine(purl, MAX_TEXT),
      paint("dim", oneLine(approvedBy, MAX_TEXT)),
    ]);
    this.log(table(rows));
  }

  #printRequests(requests: readonly ListedRequest[] | null, now: Date, kind: keyof typeof TOKENS | undefined): void {
    if (requests === null) {
      const how = kind ? `set ${TOKENS[kind][0]}` : "say `forge.kind` in cordon.yaml, and set a token";
      return void this.log(`\nRequests are not shown, because the forge cannot be asked: ${how}.`);
    }
    this.log(paint("bold", `\n${count(requests.length, "open request")}`));
    if (requests.length === 0) return;
    const rows = requests.map(({ title, author, created, url }) => [
      `  ${daysText(new Date(created), now)}`,
      oneLine(title, MAX_TEXT),
      paint("dim", oneLine(author, 40)),
      oneLine(url, 500),
    ]);
    this.log(table(rows));
  }
}

function daysText(from: Date, to: Date): string {
  const days = Math.floor((to.getTime() - from.getTime()) / DAY_MS);
  return days < 0 ? "over" : days === 0 ? "under a day" : count(days, "day");
}

/** Throws USAGE. */
function spanOf(text: string): number {
  const span = parseSpan(text);
  if (span === undefined)
    throw new CordonError("USAGE", `--within ${text} is no span of time`, { next: "Write it like 7d or 72h." });
  return span;
}
