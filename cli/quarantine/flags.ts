/** The flags that the commands on approvals share. */
import { Args, Flags } from "@oclif/core";
import { RULES_FLAGS } from "../rules-flags.ts";

export const purlArg = Args.string({ description: "one exact release, as a package URL", required: true });

/** A folder is needed also where a bundle judges: approvals are proposed in it. */
export const REPOSITORY_FLAGS = {
  ...RULES_FLAGS,
  dir: Flags.string({ description: "a clone of the policy repository", default: "." }),
  repo: Flags.string({
    description: "clone the policy repository from this address instead, for this run",
    relationships: [{ type: "none", flags: ["dir"] }],
  }),
};

export const dryRunFlag = Flags.boolean({ description: "say what would be done, and change nothing anywhere" });
