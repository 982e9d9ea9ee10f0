/** The flags that the commands on approvals share. */
import { Args, Flags } from "@oclif/core";
import { never } from "../flag-relations.ts";
import { RULES_FLAGS } from "../rules-flags.ts";

export const purlArg = Args.string({ description: "one exact release, as a package URL", required: true });

export const REPOSITORY_FLAGS = {
  dir: Flags.string({ description: "a clone of the policy repository", default: "." }),
  repo: Flags.string({
    description: "clone the policy repository from this address instead, for this run",
    relationships: never("dir"),
  }),
};

/** For what judges a release: a clone is needed also where a bundle does, for approvals are proposed in it. */
export const JUDGE_FLAGS = { ...RULES_FLAGS, ...REPOSITORY_FLAGS };

export const dryRunFlag = Flags.boolean({ description: "say what would be done, and change nothing anywhere" });
