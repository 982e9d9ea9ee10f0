/** Who last changed each rule of a policy repository, as git tells. */
import type { CompiledPolicy, CompiledRule } from "../core/policy/compile.ts";
import type { RuleChange, RuleHistory } from "../core/policy/rule-origins.ts";
import { readLineChanges, readPrefix } from "./git/history.ts";

/** Undefined outside git, in a shallow clone, and where nothing is committed. */
export async function readRuleHistory(
  dir: string,
  policies: readonly Pick<CompiledPolicy, "file" | "rules">[],
): Promise<RuleHistory | undefined> {
  const changes: Record<string, Record<string, RuleChange>> = {};
  for (const { file, rules } of policies) {
    const lines = await readLineChanges(dir, file);
    const found = rules.flatMap((rule) => {
      const change = lastOf(rule, lines);
      return change ? [[String(rule.line), change] as const] : [];
    });
    if (found.length > 0) changes[file] = Object.fromEntries(found);
  }
  return Object.keys(changes).length === 0 ? undefined : { folder: readPrefix(dir), changes };
}

/** The newest of the rule's lines; undefined where one of them is not committed. */
function lastOf(
  { line, endLine }: Pick<CompiledRule, "line" | "endLine">,
  lines: ReadonlyMap<number, RuleChange>,
): RuleChange | undefined {
  let last: RuleChange | undefined;
  for (let at = line; at <= endLine; at++) {
    const change = lines.get(at);
    if (!change) return undefined;
    if (!last || change.date > last.date) last = change;
  }
  return last;
}
