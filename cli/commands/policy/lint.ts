import { Args } from "@oclif/core";
import { readRepository } from "../../../core/repository.ts";
import { type Diagnostic, formatDiagnostic } from "../../../core/source/diagnostic.ts";
import { CordonCommand } from "../../command.ts";
import { count, paint } from "../../print.ts";

export default class PolicyLint extends CordonCommand {
  static override summary = "Check a policy repository.";
  static override description =
    `Checks every file against its schema and every CEL expression against the facts, and shows each issue
with its file, line and column. Exits with 1 when there is an error.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> policies --json",
  ];
  static override args = { dir: Args.string({ description: "the policy repository", default: "." }) };

  async run(): Promise<{ policies: number; diagnostics: readonly Diagnostic[] }> {
    const { args } = await this.parse(PolicyLint);
    const { rules, source, diagnostics, feeds } = readRepository(args.dir);
    for (const diagnostic of diagnostics) this.log(`${formatDiagnostic(diagnostic)}\n`);
    const errors = diagnostics.filter(({ severity }) => severity === "error").length;
    const records = feeds.reduce((sum, feed) => sum + feed.entries, 0);
    const checked = [
      count(source.policies.length, "policy", "policies"),
      count(source.lists.length, "list"),
      count(source.approvals.length, "approval"),
      count(records, "advisory", "advisories"),
    ].join(", ");
    const found = `${count(errors, "error")}, ${count(diagnostics.length - errors, "warning")}`;
    this.log(`${paint(errors > 0 ? "red" : "green", errors > 0 ? "✗" : "✓")} ${checked}: ${found}`);
    if (errors > 0) this.reportFindings();
    return { policies: rules.set.policies.length, diagnostics };
  }
}
