import { Args, Flags } from "@oclif/core";
import { PackageFindings } from "../../../core/advisories/findings.ts";
import type { CompiledAdvisory } from "../../../core/advisories/osv.ts";
import { type PackageId, parsePurl } from "../../../core/purl.ts";
import type { Advisory } from "../../../schemas/types/facts.ts";
import { atFlag, parseAt } from "../../at.ts";
import { CordonCommand } from "../../command.ts";
import { parsePurlArgument } from "../../dir.ts";
import { count, paint } from "../../print.ts";
import { requireFeeds } from "../../repository.ts";

interface PackageReport {
  readonly feed: string;
  readonly advisory: CompiledAdvisory;
}

export default class IntelQuery extends CordonCommand {
  static override summary = "Ask the feeds about a package or a release.";
  static override description =
    "For a release: the findings that affect it, aliases merged. For a package: every advisory on it. Exits with 1 when there is one.";
  static override examples = [
    "<%= config.bin %> <%= command.id %> pkg:npm/minimist@1.2.5",
    "<%= config.bin %> <%= command.id %> pkg:npm/minimist --json",
  ];
  static override args = {
    purl: Args.string({ description: "a package URL, with or without version", required: true }),
  };
  static override flags = { dir: Flags.string({ description: "the policy repository", default: "." }), at: atFlag };

  async run(): Promise<
    { purl: string; findings: readonly Advisory[] } | { purl: string; advisories: readonly PackageReport[] }
  > {
    const { args, flags } = await this.parse(IntelQuery);
    const id = parsePurlArgument(args.purl, parsePurl);
    const { tables } = (await requireFeeds(flags.dir)).rules;
    if (id.version === undefined) {
      const advisories = tables.flatMap((table) =>
        table.lookup(id).map((advisory) => ({ feed: table.feed, advisory })),
      );
      for (const report of advisories) this.log(describeAdvisory(id, report));
      this.#conclude(advisories.length);
      return { purl: args.purl, advisories };
    }
    const findings = new PackageFindings(id, tables, parseAt(flags.at)).affecting(id.version);
    for (const finding of findings) this.log(describeFinding(finding));
    this.#conclude(findings.length);
    return { purl: args.purl, findings };
  }

  #conclude(found: number): void {
    this.log(found === 0 ? "No feed knows anything of it." : `\n${count(found, "finding")}`);
    if (found > 0) this.reportFindings();
  }
}

function describeFinding({ id, aliases, kind, score, severity, summary, fixed, source, url }: Advisory): string {
  const lines = [
    `${paint("bold", id)}  ${paint(kind === "malicious" ? "red" : "yellow", kind)}${score === undefined ? "" : `  CVSS ${score} (${severity})`}  from ${source}`,
    ...(summary ? [`  ${summary}`] : []),
    ...(aliases.length > 0 ? [`  also ${aliases.join(", ")}`] : []),
    ...(fixed.length > 0 ? [`  fixed in ${fixed.join(", ")}`] : []),
    ...(url ? [`  ${url}`] : []),
  ];
  return lines.join("\n");
}

function describeAdvisory(
  { name }: PackageId,
  { feed, advisory: { id, kind, versions, ranges, summary } }: PackageReport,
): string {
  const affected = [
    ...ranges.map((range) => range.map(([point, version]) => `${point} ${version}`).join(", ")),
    ...(versions.length > 0
      ? [`${versions.slice(0, 10).join(", ")}${versions.length > 10 ? `, and ${versions.length - 10} more` : ""}`]
      : []),
  ];
  return `${paint("bold", id)}  ${paint(kind === "malicious" ? "red" : "yellow", kind)}  from ${feed}${summary ? `\n  ${summary}` : ""}\n  ${name}: ${affected.join("; ") || "no version"}`;
}
