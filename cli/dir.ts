/**
 * Which policy repository is meant. `--dir DIR` names it for every command; those that are about nothing else take it
 * as their argument too, and those that are about releases take purls there.
 */
import { existsSync, statSync } from "node:fs";
import { Args, Flags } from "@oclif/core";
import { CordonError } from "../core/errors.ts";

export const dirArg = Args.string({ description: "the policy repository [default: .]" });
export const dirFlag = Flags.string({ description: "the same as DIR" });

/** Throws USAGE where both forms are given. */
export function repositoryDir(args: { dir: string | undefined }, flags: { dir: string | undefined }): string {
  if (args.dir !== undefined && flags.dir !== undefined)
    throw new CordonError("USAGE", `the policy repository is named twice, ${args.dir} and --dir ${flags.dir}`, {
      next: "Give either DIR or --dir DIR.",
    });
  return args.dir ?? flags.dir ?? ".";
}

/** Reads a purl of the command line; what is a path instead is told its flag. `forFile` names those for a file. Throws NOT_A_PURL. */
export function parsePurlArgument<T>(text: string, parse: (text: string) => T, forFile?: string): T {
  try {
    return parse(text);
  } catch (cause) {
    const flag = !existsSync(text) ? undefined : statSync(text).isDirectory() ? "--dir" : forFile;
    if (flag === undefined) throw cause;
    const what = flag === "--dir" ? "directory" : "file";
    throw new CordonError("NOT_A_PURL", `${JSON.stringify(text)} is a ${what}, where a package URL is expected`, {
      cause,
      next: `Give the ${what} with ${flag}, and releases like pkg:npm/left-pad@1.3.0.`,
    });
  }
}
