/** The flags that say by which rules a command judges, and which registries it asks. */
import { Flags } from "@oclif/core";
import { shellWord } from "../core/words.ts";
import { also, never } from "./flag-relations.ts";
import type { RulesFlags } from "./open-rules.ts";

export const RULES_FLAGS = {
  dir: Flags.string({
    description: "the policy repository",
    default: ".",
    relationships: never("bundle"),
  }),
  bundle: Flags.string({ description: "judge by this bundle (dir:PATH) instead", relationships: also("trust") }),
  trust: Flags.string({
    description: "public key in PEM, or trust policy in YAML; with --bundle",
    relationships: also("bundle"),
  }),
  config: Flags.string({
    description: "a cordon.yaml that says which registries are asked, and how [default: the one in --dir, if any]",
  }),
  upstream: Flags.string({
    description: "the registry of an ecosystem: npm=https://…",
    multiple: true,
    multipleNonGreedy: true,
  }),
};

/** Behind a command that is to judge by the same rules, such as ` --dir policies`. */
export function repeated({ dir, bundle, trust, config, upstream = [] }: RulesFlags): string {
  const given = [
    ["dir", dir === "." ? undefined : dir],
    ["bundle", bundle],
    ["trust", trust],
    ["config", config],
    ...upstream.map((one) => ["upstream", one]),
  ];
  return given.map(([flag, value]) => (value === undefined ? "" : ` --${flag} ${shellWord(value)}`)).join("");
}
