import { Flags } from "@oclif/core";
import type { Diagnostic } from "../../../core/source/diagnostic.ts";
import { CordonCommand } from "../../command.ts";
import { dirArg, dirFlag, repositoryDir } from "../../dir.ts";
import { describeChecked, LINT_REPORTERS, type LintReporter } from "../../lint-report.ts";
import { readRepository } from "../../repository.ts";

export default class PolicyLint extends CordonCommand {
  static override summary = "Check a policy repository.";
  static override description =
    `Checks every file against its schema and every CEL expression against the facts, and shows each issue
with its file, line and column. Exits with 1 when there is an error.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> policies --json",
    "<%= config.bin %> <%= command.id %> --reporter sarif > lint.sarif",
  ];
  static override args = { dir: dirArg };
  static override flags = {
    dir: dirFlag,
    reporter: Flags.string({
      description: "how issues are written",
      options: Object.keys(LINT_REPORTERS),
      default: "pretty",
    }),
  };

  async run(): Promise<{ policies: number; diagnostics: readonly Diagnostic[] }> {
    const { args, flags } = await this.parse(PolicyLint);
    const dir = repositoryDir(args, flags);
    const repository = await readRepository(dir);
    const { rules, diagnostics } = repository;
    const policies = rules.set.policies.length;
    const report = { dir, policies, diagnostics, checked: describeChecked(repository), version: this.config.version };
    this.log(LINT_REPORTERS[flags.reporter as LintReporter](report));
    if (diagnostics.some(({ severity }) => severity === "error")) this.reportFindings();
    return { policies, diagnostics };
  }
}
