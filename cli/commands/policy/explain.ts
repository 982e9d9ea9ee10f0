import { existsSync } from "node:fs";
import { Args, Flags } from "@oclif/core";
import { CordonError } from "../../../core/errors.ts";
import { ANONYMOUS, findingsOn, identityFacts, type Rules } from "../../../core/gate.ts";
import { isObject, own } from "../../../core/json.ts";
import { decide } from "../../../core/policy/engine.ts";
import { explainPolicies, type PolicyExplanation } from "../../../core/policy/explain.ts";
import { checkFacts, EVERY_SOURCE, type FactSource } from "../../../core/policy/facts.ts";
import type { RuleOrigins } from "../../../core/policy/rule-origins.ts";
import { parseReleasePurl, type ReleaseId } from "../../../core/purl.ts";
import type { RecordedFacts } from "../../../core/recorded-facts.ts";
import { formatDiagnostic } from "../../../core/source/diagnostic.ts";
import { readText } from "../../../core/source/files.ts";
import { YamlFile } from "../../../core/source/yaml-file.ts";
import type { Decision } from "../../../schemas/types/decision.ts";
import type { Facts } from "../../../schemas/types/facts.ts";
import { atFlag, parseAt } from "../../at.ts";
import { CordonCommand } from "../../command.ts";
import { parsePurlArgument } from "../../dir.ts";
import { formatExplanation } from "../../explanation.ts";
import { never } from "../../flag-relations.ts";
import { factsLive } from "../../live.ts";
import { openRules } from "../../open-rules.ts";
import { readRuleHistory } from "../../rule-history.ts";
import { RULES_FLAGS } from "../../rules-flags.ts";

interface Explanation {
  readonly decision: Decision;
  readonly policies: readonly PolicyExplanation[];
  /** With --replay: whether the decision came out as it was logged. */
  readonly same?: boolean;
  /** With --replay: whether the rules are those of the bundle that the line names. */
  readonly sameBundle?: boolean;
}

const COMPARED = ["decision", "policy", "rule", "reason", "until"] as const;

export default class PolicyExplain extends CordonCommand {
  static override summary = "Show every rule's outcome for one release.";
  static override description =
    `Shows the facts that each policy reads, what its variables come to, which parts of a condition made it true
or false, and where each rule stands. With --replay, makes a logged decision again; exits with 1 when it comes out otherwise.`;
  static override examples = [
    "<%= config.bin %> <%= command.id %> pkg:npm/minimist@1.2.5 --dir policies",
    "<%= config.bin %> <%= command.id %> pkg:npm/acme-lib@1.0.0 --facts facts.yaml",
    "<%= config.bin %> <%= command.id %> --replay decision.json --bundle dir:dist --trust cordon.pub",
  ];
  static override args = { purl: Args.string({ description: "a release, as a package URL" }) };
  static override flags = {
    facts: Flags.string({
      description: "facts in YAML or JSON, in the form of facts.schema.json; no network is used",
      relationships: never("replay", "offline"),
    }),
    offline: Flags.boolean({ description: "explain by what the purl tells; no network is used" }),
    replay: Flags.string({ description: "a line of the decision log, or a file that begins with one" }),
    at: atFlag,
    ...RULES_FLAGS,
  };

  async run(): Promise<Explanation> {
    const { args, flags } = await this.parse(PolicyExplain);
    const asOf = parseAt(flags.at);
    const id = args.purl === undefined ? undefined : parsePurlArgument(args.purl, parseReleasePurl);
    const { rules: current, registries } = await openRules(flags);
    const rules = { ...current, asOf, origins: current.origins ?? (await originsOf(flags.dir, current)) };
    if (flags.replay !== undefined) return this.#replay(rules, flags.replay);
    if (id === undefined) throw new CordonError("USAGE", "nothing to explain: give a package URL, or --replay");
    const given = flags.facts !== undefined ? readFacts(id, flags.facts, rules) : undefined;
    const listed = given || flags.offline ? undefined : await factsLive(id, rules, registries, asOf ?? new Date());
    const { decision, policies } = explain(rules, given ?? listed ?? offlineFacts(id, rules), asOf ?? new Date());
    const isFound = given !== undefined || listed !== undefined || flags.offline;
    const explanation = { decision: isFound ? decision : { ...decision, unlisted: "not-found" as const }, policies };
    this.#print(explanation);
    return explanation;
  }

  #replay(rules: Rules, text: string): Explanation {
    const { logged, facts, known, now } = parseLogLine(
      existsSync(text) ? (readText(text).split("\n", 1)[0] ?? "") : text,
    );
    const explanation = explain(rules, { facts, known }, now);
    const different = COMPARED.filter((field) => explanation.decision[field] !== own(logged, field));
    this.#print(explanation);
    const decidedBy = own(logged, "bundle");
    const sameBundle = own(decidedBy, "digest") === rules.reference?.digest;
    if (!sameBundle)
      this.log(
        `\nThese are not the rules that decided then: the line names revision ${own(decidedBy, "revision")}, ${own(decidedBy, "digest")}.`,
      );
    if (different.length === 0) this.log("\nThe decision is the one that was logged.");
    else {
      for (const field of different)
        this.log(
          `\n${field}: logged ${JSON.stringify(own(logged, field))}, now ${JSON.stringify(explanation.decision[field])}`,
        );
      this.reportFindings();
    }
    return { ...explanation, same: different.length === 0, sameBundle };
  }

  #print({ decision, policies }: Explanation): void {
    this.log(formatExplanation(decision, policies));
  }
}

async function originsOf(dir: string, { set }: Rules): Promise<RuleOrigins> {
  return { repository: null, commit: null, history: await readRuleHistory(dir, set.policies) };
}

function explain(rules: Rules, { facts, known: list }: RecordedFacts, now: Date): Explanation {
  const known: ReadonlySet<FactSource> = new Set(list);
  const decision = decide(rules.set, facts, { now, known, bundle: rules.reference });
  return { decision, policies: explainPolicies(rules.set, facts, { now, known, history: rules.origins?.history }) };
}

function offlineFacts(id: ReleaseId, rules: Rules): RecordedFacts {
  return {
    facts: { ...identityFacts(id), advisories: findingsOn(rules, id).affecting(id.version), client: ANONYMOUS },
    known: ["identity"],
  };
}

/** Facts of a file, over what the purl and the advisories tell. Throws USAGE with the place of the first issue. */
function readFacts(id: ReleaseId, path: string, rules: Rules): RecordedFacts {
  const file = new YamlFile({ path, text: readText(path) });
  const { facts: known } = offlineFacts(id, rules);
  const given = isObject(file.value) ? (file.value as Partial<Facts>) : {};
  const facts: Facts = {
    ...known,
    ...given,
    pkg: { ...known.pkg, ...given.pkg },
    release: { ...known.release, ...given.release },
  };
  const [issue] =
    file.syntaxErrors.length > 0
      ? file.syntaxErrors
      : checkFacts(facts).map(({ path, message }) => file.diagnostic("error", "facts", message, path));
  if (issue) throw new CordonError("USAGE", formatDiagnostic(issue));
  return { facts, known: [...EVERY_SOURCE] };
}

function parseLogLine(line: string): { logged: unknown; facts: Facts; known: RecordedFacts["known"]; now: Date } {
  let logged: unknown;
  try {
    logged = JSON.parse(line);
  } catch {
    throw new CordonError("USAGE", "--replay takes a line of the decision log, or a file that begins with one");
  }
  const [facts, known, now] = [own(logged, "facts"), own(logged, "known"), new Date(String(own(logged, "decidedAt")))];
  if (!checkFacts.is(facts) || !Array.isArray(known) || Number.isNaN(now.getTime())) {
    throw new CordonError(
      "USAGE",
      "the line has no facts to decide from again (they are left out where they are too large)",
    );
  }
  return { logged, facts, known: known as RecordedFacts["known"], now };
}
