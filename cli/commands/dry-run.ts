import { join } from "node:path";
import { Args, Flags } from "@oclif/core";
import type { Rules } from "../../core/gate.ts";
import { createFetch } from "../../core/http.ts";
import { writeWhole } from "../../core/source/files.ts";
import { formatInstant } from "../../core/time.ts";
import { severity } from "../../core/verdict.ts";
import type { Verdict } from "../../schemas/types/decision.ts";
import { atFlag, parseAt } from "../at.ts";
import { CordonCommand } from "../command.ts";
import { findInputs } from "../dry-run/inputs.ts";
import { judgeOffline, judgeOnline, type WantedRelease } from "../dry-run/judge.ts";
import { readInputs } from "../dry-run/read.ts";
import type { DryRunReport, JudgedRelease } from "../dry-run/report.ts";
import { DRY_RUN_REPORTERS, type DryRunReporter, toJson } from "../dry-run/reporters.ts";
import { reportOf } from "../dry-run/summary.ts";
import { cachedFetch, pruneCache } from "../fetch-cache.ts";
import { findingCache } from "../finding-cache.ts";
import { openRules } from "../open-rules.ts";
import { progressLine } from "../progress.ts";
import type { RegistrySettings } from "../registries.ts";
import { RULES_FLAGS } from "../rules-flags.ts";
import { wordingOf } from "../wording.ts";

/** Where answers of registries are kept between runs. */
const CACHE = join(".cordon", "registries");
const FAIL_ON = { block: "block", quarantine: "quarantine", warn: "warn" } as const satisfies Record<string, Verdict>;

export default class DryRun extends CordonCommand {
  static override summary = "Report what would happen, before installs go through the proxy.";
  static override description =
    `Reads the lockfiles, SBOMs, listings of package managers and CI logs below each PATH, decides on every release
that they name, and reports what would be allowed, warned of, held and blocked, where, and for how long. Nothing is
changed and nothing is installed. Exits with 1 when something is decided as severely as --fail-on says, and with 2 when
no input could be read.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> ~/src --dir policies",
    "<%= config.bin %> <%= command.id %> . --offline --json",
    "<%= config.bin %> <%= command.id %> . --reporter html --out report.html",
    "<%= config.bin %> <%= command.id %> build.log --bundle dir:dist --trust cordon.pub --at 2026-01-31T12:00:00Z",
  ];
  static override strict = false;
  static override args = { path: Args.string({ description: "files and folders to read", required: true }) };
  static override flags = {
    offline: Flags.boolean({
      description:
        "ask no registry: judge by advisories, lists and what the inputs tell; policies that read more are skipped",
    }),
    "fail-on": Flags.string({
      description: "exit with 1 from this verdict on",
      options: Object.keys(FAIL_ON),
      default: "quarantine",
    }),
    reporter: Flags.string({
      description: "how the report is written",
      options: Object.keys(DRY_RUN_REPORTERS),
      default: "pretty",
    }),
    out: Flags.string({ description: "write the report into this file" }),
    title: Flags.string({ description: "what the html report is about" }),
    at: atFlag,
    ...RULES_FLAGS,
  };

  async run(): Promise<ReturnType<typeof toJson>> {
    const { argv, flags } = await this.parse(DryRun);
    const { rules: current, registries } = await openRules(flags);
    const asOf = parseAt(flags.at);
    const now = asOf ?? new Date();
    const rules = { ...current, asOf };
    const progress = progressLine("dry run", this.jsonEnabled());
    const found = findInputs(argv.map(String));
    const {
      releases: wanted,
      inputs,
      unjudged,
    } = readInputs(found, (count) => progress.update("files", count, found.files.length));
    const judged = flags.offline
      ? judgeOffline(wanted, rules, now)
      : await this.#judgeOnline(wanted, rules, registries, now);
    progress.clear();
    const report = reportOf({
      at: formatInstant(now),
      version: this.config.version,
      rules: { bundle: rules.reference, policies: rules.set.policies.map(({ name }) => name) },
      isOffline: flags.offline,
      wording: wordingOf(registries.config),
      releases: judged,
      inputs,
      unjudged,
    });
    const title = flags.title === undefined ? {} : { title: flags.title };
    this.#write(DRY_RUN_REPORTERS[flags.reporter as DryRunReporter](report, title), flags.out);
    this.#end(report, FAIL_ON[flags["fail-on"] as keyof typeof FAIL_ON]);
    return toJson(report);
  }

  async #judgeOnline(
    wanted: readonly WantedRelease[],
    rules: Rules,
    registries: RegistrySettings,
    now: Date,
  ): Promise<JudgedRelease[]> {
    await pruneCache(CACHE);
    const findings = findingCache(join(CACHE, "files"), this.config.version);
    const progress = progressLine("dry run", this.jsonEnabled());
    const fetch = cachedFetch(createFetch(), CACHE);
    const onDecided = (count: number) => progress.update("releases", count, wanted.length);
    return judgeOnline(wanted, rules, registries, now, { fetch, findings, onDecided }).finally(() => progress.clear());
  }

  #write(text: string, out: string | undefined): void {
    if (out === undefined) {
      this.log(text);
      return;
    }
    writeWhole(out, `${text}\n`);
    this.log(`The report is in ${out}.`);
  }

  #end({ inputs, releases }: DryRunReport, failOn: Verdict): void {
    if (inputs.every(({ error }) => error !== undefined)) this.reportFailure();
    else if (releases.some(({ decision }) => severity(decision.decision) >= severity(failOn))) this.reportFindings();
  }
}
