import { Args } from "@oclif/core";
import { CordonError } from "../../../core/errors.ts";
import { readTestFiles } from "../../../core/policy/source.ts";
import { type PolicyTestResult, runPolicyTest } from "../../../core/policy-test.ts";
import { requireRepository } from "../../../core/repository.ts";
import { type Diagnostic, formatDiagnostic } from "../../../core/source/diagnostic.ts";
import { CordonCommand } from "../../command.ts";
import { paint } from "../../print.ts";

interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly results: readonly PolicyTestResult[];
}

export default class PolicyTest extends CordonCommand {
  static override summary = "Run the tests of a policy repository.";
  static override description =
    `Runs every case and sample of tests/*.yaml with its frozen clock. Exits with 1 when a test fails, and with 2
when there is none.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> policies --json",
  ];
  static override args = { dir: Args.string({ description: "the policy repository", default: "." }) };

  async run(): Promise<Report> {
    const { args } = await this.parse(PolicyTest);
    const { rules } = requireRepository(args.dir);
    const results: PolicyTestResult[] = [];
    for (const file of readTestFiles(args.dir)) {
      const run = runPolicyTest(file, rules, args.dir);
      this.#print(file.path, run.results);
      for (const diagnostic of run.diagnostics) this.logToStderr(`${formatDiagnostic(diagnostic)}\n`);
      results.push(...(run.results.length > 0 ? run.results : run.diagnostics.map(toResult)));
    }
    if (results.length === 0)
      throw new CordonError("USAGE", `${args.dir} has no tests: a policy without tests is a guess. Write tests/*.yaml`);
    const passed = results.filter((result) => result.passed).length;
    const failed = results.length - passed;
    this.log(`${passed} passed, ${failed} failed, 0 skipped`);
    if (failed > 0) this.reportFindings();
    return { passed, failed, skipped: 0, results };
  }

  #print(path: string, results: readonly PolicyTestResult[]): void {
    this.log(paint("bold", path));
    for (const { passed, name, line, differences } of results) {
      this.log(
        `  ${passed ? paint("green", "✓") : paint("red", "✗")} ${name}${passed ? "" : paint("dim", ` (${path}:${line})`)}`,
      );
      for (const difference of differences) this.log(`      ${difference}`);
    }
  }
}

/** A file that could not be run at all: what is wrong with it stands among the results, for programs too. */
function toResult({ file, line, message }: Diagnostic): PolicyTestResult {
  return { file, line, name: "the file is valid", passed: false, differences: [message], decision: null };
}
