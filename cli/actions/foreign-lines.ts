/** Lines of others in the log of a run, where the runner reads commands in what is printed. */
import { randomUUID } from "node:crypto";
import { oneLine } from "../../core/words.ts";
import type { ActionStep } from "./action-step.ts";

const MAX_LINE = 4000;

/** Shows them, folded, and so that none is a command: neither `::set-output…` nor the older `##[…]`, which may stand in the middle. */
export function logForeign({ log }: Pick<ActionStep, "log">, title: string, lines: Iterable<string>): void {
  // Until a word that nobody can guess, the runner obeys nothing (docs.github.com, "Stopping and starting workflow commands").
  const word = `cordon-${randomUUID()}`;
  log(`::group::${title}`);
  log(`::stop-commands::${word}`);
  // Should that fail, they are no commands either: none begins with colons.
  for (const line of lines) log(`| ${oneLine(line, MAX_LINE).replaceAll("##[", "# #[")}`);
  log(`::${word}::`);
  log("::endgroup::");
}
