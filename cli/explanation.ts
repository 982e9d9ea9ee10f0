/** An evaluation for people: rule by rule, with what made each condition true or false. */
import type { PolicyExplanation, RuleExplanation, RuleOutcome } from "../core/policy/explain.ts";
import { decisiveParts, type TracedPart } from "../core/policy/trace.ts";
import { oneLine } from "../core/words.ts";
import type { Decision, PolicyVerdict, Verdict } from "../schemas/types/decision.ts";
import { describeUnlisted, paint, paintVerdict } from "./print.ts";

const SIGNS: Record<RuleOutcome, string> = {
  matched: "✗",
  "not matched": "✓",
  failed: "!",
  unjudged: "?",
  unreached: "·",
};
const MAX_VALUE = 160;
const MAX_AUTHOR = 60;

export function formatExplanation(decision: Decision, policies: readonly PolicyExplanation[]): string {
  const by = decision.policy === null ? "" : ` by ${decision.policy}/${decision.rule}`;
  const until = decision.until === null ? "" : `\nIt comes free at ${decision.until}.`;
  const unlisted = describeUnlisted(decision).map((text) => `\n${paint("yellow", text)}`);
  const head = `${paint("bold", decision.purl)}: ${paintVerdict(decision.decision)}${by}\n${decision.reason}${until}${unlisted.join("")}`;
  const approvalOf = (name: string) => decision.verdicts.find(({ policy }) => policy === name)?.approval;
  return [head, ...policies.map((policy) => formatPolicy(policy, approvalOf(policy.policy)))].join("\n\n");
}

function formatPolicy(policy: PolicyExplanation, approval: PolicyVerdict["approval"]): string {
  const { title, file, mode, applies, rules, facts, variables, liftedBy } = policy;
  const lines = [
    `${paint("bold", policy.policy)}${mode === "audit" ? " (audit)" : ""}  ${title}  ${paint("dim", file)}`,
  ];
  if (!applies) return [...lines, "  is not for this ecosystem"].join("\n");
  for (const [name, value] of Object.entries(facts))
    lines.push(
      `  ${paint("dim", `${name} =`)} ${value === null ? "absent" : oneLine(JSON.stringify(value), MAX_VALUE)}`,
    );
  for (const [name, value] of Object.entries(variables))
    lines.push(`  ${paint("dim", `variables.${name} =`)} ${value}`);
  for (const rule of rules) lines.push(...formatRule(policy, rule));
  const who = approval ? ` (by ${approval.approvedBy}, until ${approval.expires})` : "";
  if (liftedBy !== null) lines.push(`  ${paint("green", "lifted")} by ${liftedBy}${who}`);
  return lines.join("\n");
}

function formatRule(
  { file }: PolicyExplanation,
  { rule, verdict, line, change, outcome, trace }: RuleExplanation,
): string[] {
  const last = change ? `, ${change.commit.slice(0, 7)} by ${oneLine(change.author, MAX_AUTHOR)}` : "";
  const head = `  ${signOf(outcome, verdict)} ${rule} (${verdict}) ${outcome}  ${paint("dim", `${file}:${line}${last}`)}`;
  return trace ? [head, ...decisiveParts(trace).map(formatPart)] : [head];
}

/** A rule that matches is an objection, unless what it says is "allow". */
function signOf(outcome: RuleOutcome, verdict: Verdict): string {
  return outcome === "matched" && verdict === "allow" ? "✓" : SIGNS[outcome];
}

function formatPart({ source, value, error }: TracedPart): string {
  return `      ${paint(value === "true" ? "red" : value === "false" ? "green" : "yellow", value.padEnd(6))} ${oneLine(source, MAX_VALUE)}${error === "" ? "" : `: ${error}`}`;
}
