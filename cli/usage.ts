/** What oclif's parser refuses, told as every other failure is, with the flag that may have been meant. */
import { stripVTControlCharacters } from "node:util";
import { type Command, Errors } from "@oclif/core";
import { CordonError } from "../core/errors.ts";
import { suggest } from "../core/words.ts";

/** Undefined for an error that is not about how the command was written. */
export function usageError(error: Error, command: typeof Command): CordonError | undefined {
  if (!(error instanceof Errors.CLIError) || error instanceof Errors.ExitError) return undefined;
  const name = command.id.replaceAll(":", " ");
  return new CordonError("USAGE", reasonOf(error, command), { cause: error, next: `Run \`cordon ${name} --help\`.` });
}

/** The parser's errors are known by what they carry: unknown flags, or arguments that are missing. */
function reasonOf(error: Error & { flags?: unknown; args?: unknown }, command: typeof Command): string {
  const { flags, args, message } = error;
  if (Array.isArray(flags) && flags.length > 0) return unknownFlags(flags.map(String), command);
  if (Array.isArray(args) && message.startsWith("Missing"))
    return `missing argument ${args.map(({ name }) => String(name).toUpperCase()).join(", ")}`;
  return plain(message);
}

function unknownFlags(flags: readonly string[], command: typeof Command): string {
  const known = Object.keys({ ...command.baseFlags, ...command.flags }).map((name) => `--${name}`);
  return flags.map((flag) => `there is no flag \`${flag}\`${suggest(flag, known)}`).join(" ");
}

/** oclif sets its reasons in dim letters below a heading, and ends with a hint of its own. */
function plain(message: string): string {
  return stripVTControlCharacters(message)
    .replace(/\nSee more help with --help$/, "")
    .replace(/^The following errors? occurred:\s*/, "")
    .replace(/^Parsing (\S+)\s+Expected/, "$1: expected")
    .replace(/^Missing required flag (?=\w)/gm, "missing required flag --")
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .join("; ")
    .replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}
