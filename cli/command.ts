/** What every command has: `--json`, errors that say what to do next, and the contract's exit codes. */
import { Command, ux } from "@oclif/core";
import { CordonError, messageOf } from "../core/errors.ts";
import { usageError } from "./usage.ts";

/** Exit codes: fine, findings (a failed test, a lint error, a denied release, an unverified bundle), or usage and failure. */
export const EXIT = { fine: 0, findings: 1, failure: 2 } as const;

export abstract class CordonCommand extends Command {
  static override enableJsonFlag = true;

  /** Ends the command with exit code 1, after its result has been printed. */
  protected reportFindings(): void {
    process.exitCode = EXIT.findings;
  }

  /** Ends the command with exit code 2, after its result has said what could not be done. */
  protected reportFailure(): void {
    process.exitCode = EXIT.failure;
  }

  protected override async catch(error: Error & { exitCode?: number; oclif?: object }): Promise<unknown> {
    const failure = error instanceof CordonError ? error : usageError(error, this.ctor);
    // oclif's other errors bring their exit code; what was not foreseen is no finding.
    if (!failure) return super.catch(Object.assign(error, { oclif: { exit: EXIT.failure, ...error.oclif } }));
    printFailure(failure, this.jsonEnabled());
    return undefined;
  }

  /** oclif's own would print its whole configuration. */
  protected override toErrorJson(error: unknown): { error: { message: string; code?: string; next?: string } } {
    return error instanceof CordonError ? toJson(error) : { error: { message: messageOf(error) } };
  }
}

/** Says what failed and what to do next, and has the process end with the failure's exit code. */
export function printFailure(error: CordonError, asJson: boolean): void {
  process.exitCode = error.exit;
  if (asJson) ux.stdout(ux.colorizeJson(toJson(error)));
  else ux.stderr(`Error: ${error.message}\n${error.next}`);
}

function toJson({ message, code, next }: CordonError) {
  return { error: { message, code, next } };
}
