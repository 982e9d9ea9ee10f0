/** `--at TIME`: a command as it would have gone then, by the clock and by what advisories were known. */
import { Flags } from "@oclif/core";
import { CordonError } from "../core/errors.ts";
import { parseInstant } from "../core/time.ts";

export const atFlag = Flags.string({ description: "judge as of this time (RFC 3339), with the advisories known then" });

/** Undefined where the flag was not given. Throws USAGE. */
export function parseAt(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const instant = parseInstant(text);
  if (!instant) throw new CordonError("USAGE", `--at ${text} is no time such as 2026-01-31T12:00:00Z`);
  return instant;
}
