import { watch } from "node:fs";
import { Flags } from "@oclif/core";
import { CordonError } from "../../../core/errors.ts";
import { formatDiagnostic } from "../../../core/source/diagnostic.ts";
import { atFlag, parseAt } from "../../at.ts";
import { CordonCommand } from "../../command.ts";
import { dirArg, dirFlag, repositoryDir } from "../../dir.ts";
import { requireRepository } from "../../repository.ts";
import { REPORTERS, type Reporter, type TestReport } from "../../test-report.ts";
import { describeShortfall, type RepositoryTestOptions, testRepository } from "../../test-repository.ts";

interface TestOptions extends RepositoryTestOptions {
  readonly threshold: number | undefined;
  readonly reporter: string;
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

  async #runOnce(dir: string, { threshold, reporter, ...options }: TestOptions): Promise<TestReport> {
    const { report, diagnostics } = testRepository(await requireRepository(dir), options);
    for (const diagnostic of diagnostics) this.logToStderr(`${formatDiagnostic(diagnostic)}\n`);
    this.log(REPORTERS[reporter as Reporter](report, dir));
    const shortfall = describeShortfall(report, threshold);
    if (shortfall !== undefined) this.logToStderr(shortfall);
    if (report.failed > 0 || shortfall !== undefined) this.reportFindings();
    return report;
  }

  /** Until the command is stopped; what fails is shown, and the next change is waited for. */
  async #watch(dir: string, options: TestOptions): Promise<never> {
    const runAndShow = async () => {
      try {
        await this.#runOnce(dir, options);
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
    await runAndShow();
    return new Promise(() => {});
  }
}
