import { Flags } from "@oclif/core";
import { CordonError } from "../../../core/errors.ts";
import { oneLine } from "../../../core/words.ts";
import { CordonCommand, EXIT } from "../../command.ts";
import { TOKENS } from "../../forge/index.ts";
import { count, paint, table } from "../../print.ts";
import { REPOSITORY_FLAGS } from "../../quarantine/flags.ts";
import { type ListedApprovals, type ListedRequest, listApprovals, listRequests } from "../../quarantine/list.ts";
import { type PolicyRepository, withPolicies } from "../../quarantine/repository.ts";
import { DAY_MS, parseSpan } from "../../quarantine/span.ts";

interface ListResult extends ListedApprovals {
  /** Null where the forge could not be asked. */
  readonly requests: readonly ListedRequest[] | null;
  /** Why not. */
  readonly problem?: string;
}

const STYLES = { active: "green", expiring: "yellow", expired: "red", "not yet": "dim" } as const;
const MAX_TEXT = 120;

export default class QuarantineList extends CordonCommand {
  static override summary = "List approvals, and requests for approvals.";
  static override description = `Shows the approvals of the branch that is checked out, those that end first
before the others, and the requests that are open on the forge, the oldest
first. Exits with 1 where an approval has expired or is none, with 2 where
the forge does not answer.`;
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
    return withPolicies(flags, async (repository) => {
      const now = new Date();
      const listed = listApprovals(repository, now, within);
      this.#printApprovals(listed, now);
      if (listed.broken.length > 0 || listed.approvals.some(({ state }) => state === "expired")) this.reportFindings();
      const requests = await this.#askForge(repository);
      if (typeof requests !== "string") this.#printRequests(requests, now);
      else this.log(`\nOpen requests are not shown: ${requests}`);
      return typeof requests === "string" ? { ...listed, requests: null, problem: requests } : { ...listed, requests };
    });
  }

  /** What is open, or why that is not known. A forge that does not answer is no reason to hide what the files say. */
  async #askForge(repository: PolicyRepository): Promise<readonly ListedRequest[] | string> {
    const { site } = repository;
    try {
      const requests = await listRequests(repository);
      if (requests) return requests;
    } catch (error) {
      if (!(error instanceof CordonError)) throw error;
      process.exitCode = EXIT.failure;
      return `${error.message}. ${error.next}`;
    }
    if (site) return `set ${TOKENS[site.kind][0]}, so that ${new URL(site.url).host} can be asked.`;
    return "it is not known which forge hosts the repository. Say `forge.kind` in cordon.yaml.";
  }

  #printApprovals({ approvals, broken }: ListedApprovals, now: Date): void {
    this.log(paint("bold", count(approvals.length, "approval")));
    const rows = approvals.map(({ purl, state, approvedBy, expires }) => [
      `  ${paint(STYLES[state], state)}`,
      daysText(now, new Date(expires)),
      oneLine(purl, MAX_TEXT),
      paint("dim", oneLine(approvedBy, MAX_TEXT)),
    ]);
    if (rows.length > 0) this.log(table(rows));
    for (const path of broken)
      this.log(`  ${paint("red", "broken")}  ${oneLine(path, MAX_TEXT)}: see \`cordon policy lint\``);
  }

  #printRequests(requests: readonly ListedRequest[], now: Date): void {
    this.log(paint("bold", `\n${count(requests.length, "open request")}`));
    const rows = requests.flatMap(({ title, author, created, url }) => [
      [`  ${daysText(new Date(created), now)}`, `${title}${author === "" ? "" : paint("dim", `, by ${author}`)}`],
      ["", paint("dim", url)],
    ]);
    if (rows.length > 0) this.log(table(rows));
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
