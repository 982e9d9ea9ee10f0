/** What judges the releases that somebody asks for: the rules of a clone, or of a bundle, and the registries. */
import type { Rules } from "../../core/gate.ts";
import type { RuleOrigins } from "../../core/policy/rule-origins.ts";
import type { Wording } from "../../core/refusal.ts";
import { readCommit } from "../git/history.ts";
import { openRules, type RulesFlags } from "../open-rules.ts";
import type { RegistrySettings } from "../registries.ts";
import { readRuleHistory } from "../rule-history.ts";
import { wordingOf } from "../wording.ts";
import type { PolicyRepository } from "./repository.ts";

export interface Judge {
  readonly rules: Rules;
  readonly registries: RegistrySettings;
  readonly wording: Wording;
}

/** Throws what openRules() throws. */
export async function openJudge(flags: RulesFlags, repository: PolicyRepository): Promise<Judge> {
  const { dir, config, address } = repository;
  const { rules, registries } = await openRules({ ...flags, dir });
  return {
    rules: { ...rules, origins: rules.origins ?? (await originsOf(repository, rules)) },
    registries,
    wording: { ...wordingOf(config), repository: address },
  };
}

async function originsOf({ dir, address }: PolicyRepository, { set }: Rules): Promise<RuleOrigins> {
  const [commit, history] = await Promise.all([readCommit(dir), readRuleHistory(dir, set.policies)]);
  return { repository: address, commit, history };
}
