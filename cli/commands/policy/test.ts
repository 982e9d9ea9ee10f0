import { watch } from "node:fs";
import { Flags } from "@oclif/core";
import { CordonError } from "../../../core/errors.ts";
import { Coverage } from "../../../core/policy/coverage.ts";
import { readTestFiles } from "../../../core/policy/source.ts";
import { type Diagnostic, formatDiagnostic } from "../../../core/source/diagnostic.ts";
import { formatInstant } from "../../../core/time.ts";
import { atFlag, parseAt } from "../../at.ts";
import { CordonCommand } from "../../command.ts";
import { dirArg, dirFlag, repositoryDir } from "../../dir.ts";
import { type PolicyTestResult, runPolicyTest } from "../../policy-test.ts";
import { type Repository, requireRepository } from "../../repository.ts";
import { REPORTERS, type Reporter, type TestReport } from "../../test-report.ts";

interface TestOptions {
  readonly coverage: boolean;
  readonly threshold: number | undefined;
  readonly reporter: string;
  readonly at: Date | undefined;
}

const SETTLE_MS = 100;

export default class PolicyTest extends CordonCommand {
  static override summary = "Run the tests of a policy repository.";
  static override description =
    `Runs every case and sample of tests/*.yaml with its frozen clock, and fails approvals that have expired.
Exits with 1 when a test fails or the coverage is below the threshold, and with 2 when there is no test.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %>",
    "<%= config.bin %> <%= command.id %> policies --coverage --threshold 90",
    "<%= config.bin %> <%= command.id %> --reporter junit > results.xml",
  ];
  static override args = { dir: dirArg };
  static override flags = {
    dir: dirFlag,
    coverage: Flags.boolean({ description: "show which outcomes of conditions and their parts no case has seen" }),
    threshold: Flags.integer({ description: "the least coverage, in percent", min: 0, max: 100 }),
    reporter: Flags.string({
      description: "how results are written",
      options: Object.keys(REPORTERS),
      default: "pretty",
    }),
    at: atFlag,
    watch: Flags.boolean({ description: "run again whenever a file of the repository changes" }),
  };

  async run(): Promise<TestReport> {
    const { args, flags } = await this.parse(PolicyTest);
    const at = parseAt(flags.at);
    const options = {
      coverage: flags.coverage || flags.threshold !== undefined,
      threshold: flags.threshold,
      reporter: flags.reporter,
      at,
    };
    const dir = repositoryDir(args, flags);
    if (!flags.watch) return this.#runOnce(dir, options);
    return this.#watch(dir, options);
  }

  #runOnce(dir: string, { coverage: covers, threshold, reporter, at }: TestOptions): TestReport {
    const repository = requireRepository(dir);
    const coverage = covers ? new Coverage(repository.rules.set) : undefined;
    const results = expiredApprovals(repository, at ?? new Date());
    const tested = readTestFiles(dir);
    for (const file of tested) {
      const run = runPolicyTest(file, { rules: { ...repository.rules, asOf: at }, dir, at, coverage });
      for (const diagnostic of run.diagnostics) this.logToStderr(`${formatDiagnostic(diagnostic)}\n`);
      results.push(...(run.results.length > 0 ? run.results : run.diagnostics.map(toResult)));
    }
    if (tested.length === 0 || results.length === 0) {
      throw new CordonError("USAGE", `${dir} has no tests: a policy without tests is a guess. Write tests/*.yaml`);
    }
    const passed = results.filter((result) => result.passed).length;
    const report = {
      passed,
      failed: results.length - passed,
      skipped: 0,
      results,
      ...(coverage && { coverage: coverage.report() }),
    };
    this.log(REPORTERS[reporter as Reporter](report));
    const percent = report.coverage?.percent ?? 100;
    if (threshold !== undefined && percent < threshold)
      this.logToStderr(`The coverage of ${percent} % is below the threshold of ${threshold} %.`);
    if (report.failed > 0 || percent < (threshold ?? 0)) this.reportFindings();
    return report;
  }

  /** Until the command is stopped; what fails is shown, and the next change is waited for. */
  async #watch(dir: string, options: TestOptions): Promise<never> {
    const runAndShow = () => {
      try {
        this.#runOnce(dir, options);
      } catch (error) {
        if (!(error instanceof CordonError)) throw error;
        this.logToStderr(`Error: ${error.message}\n${error.next}`);
      }
    };
    let timer: NodeJS.Timeout | undefined;
    watch(dir, { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(runAndShow, SETTLE_MS);
    });
    runAndShow();
    return new Promise(() => {});
  }
}

/** An approval that is over lifts nothing; it fails so that somebody takes it out, or decides anew. */
function expiredApprovals({ rules }: Repository, now: Date): PolicyTestResult[] {
  return [...rules.set.approvals.values()].flat().flatMap(({ path, purl, expires }) => {
    if (now < expires) return [];
    const differences = [
      `${purl}: the approval expired at ${formatInstant(expires)}; remove the file, or have the release approved anew`,
    ];
    return [{ file: path, line: 1, name: "the approval has not expired", passed: false, differences, decision: null }];
  });
}

/** A file that could not be run at all: what is wrong with it stands among the results, for programs too. */
function toResult({ file, line, message }: Diagnostic): PolicyTestResult {
  return { file, line, name: "the file is valid", passed: false, differences: [message], decision: null };
}
