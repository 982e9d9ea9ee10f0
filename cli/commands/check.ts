import { Args, Flags } from "@oclif/core";
import { CordonError } from "../../core/errors.ts";
import { parseReleasePurl, toPurl } from "../../core/purl.ts";
import { type DecisionWithRemediation, withRemediation } from "../../core/refusal.ts";
import { requestCommand } from "../../core/report.ts";
import { formatInstant } from "../../core/time.ts";
import { permits } from "../../core/verdict.ts";
import type { Decision, PolicyVerdict } from "../../schemas/types/decision.ts";
import { atFlag, parseAt } from "../at.ts";
import { CordonCommand } from "../command.ts";
import { parsePurlArgument } from "../dir.ts";
import { judgeOffline, judgeOnline } from "../dry-run/judge.ts";
import { readWanted, type Wanted } from "../dry-run/read.ts";
import type { UnjudgedEntry } from "../dry-run/report.ts";
import { DRY_RUN_REPORTERS, type DryRunReporter } from "../dry-run/reporters.ts";
import { reportOf } from "../dry-run/summary.ts";
import { insteadText, unjudgedTexts } from "../dry-run/words.ts";
import { openRules } from "../open-rules.ts";
import { count, describeUnlisted, paint, paintVerdict, table } from "../print.ts";
import { RULES_FLAGS, repeated } from "../rules-flags.ts";
import { wordingOf } from "../wording.ts";

export default class Check extends CordonCommand {
  static override summary = "Decide on releases now.";
  static override description =
    `Judges releases by a policy repository, or by a signed bundle, with the facts that their upstream tells at
this moment. Exits with 1 when one of them is denied or, unless --offline is given, when its registry does not list it
(marked with ?) or it could not be judged by every policy. What a lockfile takes from elsewhere than a registry is not
judged, and said; exits with 2 when there is nothing else.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> pkg:npm/minimist@1.2.5 --dir policies",
    "<%= config.bin %> <%= command.id %> --lockfile package-lock.json --bundle dir:dist --trust cordon.pub",
    "<%= config.bin %> <%= command.id %> --lockfile pnpm-lock.yaml --reporter github",
    "<%= config.bin %> <%= command.id %> --list packages.txt --offline --json",
  ];
  static override strict = false;
  static override args = { purl: Args.string({ description: "releases, as package URLs" }) };
  static override flags = {
    list: Flags.string({ description: "a package list: one purl a line" }),
    lockfile: Flags.string({
      description: "a lockfile, or another file that names releases (see `cordon dry-run`)",
      multiple: true,
      multipleNonGreedy: true,
    }),
    reporter: Flags.string({
      description: "how the decisions are written; github and sarif point to the lines of the lockfile",
      options: Object.keys(DRY_RUN_REPORTERS),
      default: "pretty",
    }),
    offline: Flags.boolean({
      description: "judge by advisories, lists and what the purl tells; policies that read more are skipped",
    }),
    at: atFlag,
    ...RULES_FLAGS,
  };

  async run(): Promise<{ decisions: readonly DecisionWithRemediation[]; unjudged: readonly UnjudgedEntry[] }> {
    const { argv, flags } = await this.parse(Check);
    const { releases: wanted, inputs, unjudged } = wantedBy(argv.map(String), flags);
    if (wanted.length === 0 && inputs.length === 0)
      throw new CordonError("USAGE", "nothing to check: give package URLs, --list or --lockfile");
    const { rules: current, registries } = await openRules(flags);
    const asOf = parseAt(flags.at);
    const now = asOf ?? new Date();
    const rules = { ...current, asOf };
    const releases = flags.offline
      ? judgeOffline(wanted, rules, now)
      : await judgeOnline(wanted, rules, registries, now, { failsFast: true });
    const wording = wordingOf(registries.config);
    const decisions = releases.map(({ decision, alternatives }) => withRemediation(decision, wording, alternatives));
    if (flags.reporter === "pretty") this.#print(decisions, unjudged, repeated(flags));
    else {
      const { version } = this.config;
      const by = { bundle: rules.reference, policies: rules.set.policies.map(({ name }) => name) };
      const judged = {
        at: formatInstant(now),
        version,
        rules: by,
        isOffline: flags.offline,
        wording,
        releases,
        inputs,
        unjudged,
      };
      this.log(DRY_RUN_REPORTERS[flags.reporter as DryRunReporter](reportOf(judged)));
    }
    // What was not judged is no pass.
    if (decisions.length === 0 && unjudged.length > 0) this.reportFailure();
    else if (!decisions.every((decision) => isPass(decision, flags.offline))) this.reportFindings();
    return { decisions, unjudged };
  }

  /** `sameRules`: flags for a command that judges by the same rules. */
  #print(decisions: readonly DecisionWithRemediation[], unjudged: readonly UnjudgedEntry[], sameRules: string): void {
    if (decisions.length > 0)
      this.log(`${table(decisions.map((decision) => [markVerdict(decision), decision.purl, explain(decision)]))}\n`);
    const denied = decisions.filter((decision) => !permits(decision));
    const unlisted = decisions.filter(({ unlisted }) => unlisted !== undefined).length;
    const open = unlisted === 0 ? "" : `, ${unlisted} not listed`;
    this.log(`${count(decisions.length, "release")}, ${denied.length} denied${open}`);
    for (const text of unjudgedTexts(unjudged)) this.log(paint("yellow", text));
    if (decisions.length === 0 && unjudged.length > 0) this.log(paint("red", "Nothing could be judged."));
    const partly = decisions.filter(({ skipped }) => skipped.length > 0);
    const skipped = [...new Set(partly.flatMap((decision) => decision.skipped))].join(", ");
    if (partly.length > 0) this.log(`${count(partly.length, "release")} judged in part only; not judged: ${skipped}`);
    // An approval names digests, which nobody tells of what is not listed.
    const [first, ...others] = denied.filter(({ unlisted }) => unlisted === undefined);
    if (!first) return;
    const command = requestCommand(others.length > 0 ? "PURL" : first.purl);
    this.log(`To ask for an exception: ${command}${sameRules}`);
  }
}

/** Where registries are asked, one that is not found, or could not be judged whole, is no pass. */
function isPass(decision: Decision, isOffline: boolean): boolean {
  return permits(decision) && (isOffline || (decision.unlisted === undefined && decision.skipped.length === 0));
}

/** An `allow` of what may not exist must not read as one of what does. */
function markVerdict(decision: Decision): string {
  return paintVerdict(decision.decision) + (decision.unlisted === undefined ? "" : paint("yellow", "?"));
}

/** Why it is denied, and what would have denied it but for an approval. */
function explain(decision: DecisionWithRemediation): string {
  const lifted = decision.verdicts.filter(({ liftedBy }) => liftedBy !== null).map(explainLifted);
  const instead = insteadText(decision.remediation.alternatives);
  return [...explainObjection(decision), ...lifted, ...describeUnlisted(decision), ...instead]
    .map((part, index, parts) => (index < parts.length - 1 ? part.replace(/\.$/, "") : part))
    .join("; ");
}

function explainObjection({ policy, rule, reason, evidence, until }: Decision): string[] {
  if (policy === null) return [];
  const ids = evidence.length > 0 ? ` [${evidence.map(({ id }) => id).join(", ")}]` : "";
  const end = until === null ? "" : ` Free at ${until}.`;
  return [`${policy}/${rule}: ${reason}${ids}${end}`];
}

function explainLifted({ policy, rule, liftedBy, approval }: PolicyVerdict): string {
  const who = approval ? ` (by ${approval.approvedBy}, until ${approval.expires})` : "";
  return `${policy}/${rule} is lifted by ${liftedBy}${who}`;
}

/** Each release once, in the order in which it was given. */
function wantedBy(
  purls: readonly string[],
  flags: { list: string | undefined; lockfile: readonly string[] | undefined },
): Wanted {
  const found = readWanted([...(flags.list === undefined ? [] : [flags.list]), ...(flags.lockfile ?? [])]);
  const given = purls.map((text) => parsePurlArgument(text, parseReleasePurl, "--lockfile or --list"));
  const all = [...given.map((id) => ({ id, places: [] })), ...found.releases];
  const releases = new Map<string, Wanted["releases"][number]>();
  for (const release of all) {
    const purl = toPurl(release.id);
    // What a file says of it counts, and not that it was given by itself as well.
    if ((releases.get(purl)?.places.length ?? 0) === 0) releases.set(purl, release);
  }
  return { ...found, releases: [...releases.values()] };
}
