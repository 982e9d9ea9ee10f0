/** What a proxy decided in a job, for the run's page. Names and reasons are strangers': they are shown as code, and bounded. */

import { VERDICT_WORDS, VERDICTS } from "../../core/verdict.ts";
import { oneLine } from "../../core/words.ts";
import type { Verdict } from "../../schemas/types/decision.ts";
import { annotation } from "../annotation.ts";
import type { Entry } from "../audit/entry.ts";
import { findLogs } from "../audit/logs.ts";
import { readEntries, Tally } from "../audit/read.ts";
import { inlineCode } from "../markdown.ts";
import { count } from "../print.ts";

/** A release that was denied, with how often its file was asked for. */
interface Denied {
  readonly entry: Pick<Entry, "purl" | "policy" | "rule" | "reason" | "decision">;
  refused: number;
}

export interface Decided {
  readonly counts: ReadonlyMap<Verdict, number>;
  readonly denied: readonly Denied[];
  /** Denied releases that are not among those, for there were too many. */
  readonly more: number;
  readonly damaged: number;
}

export const DECIDED_HEADING = "### What the proxy decided";
const MAX_DENIED = 200;
/** GitHub shows no more of one step. */
const MAX_ANNOTATIONS = 10;
const MAX_REASON = 300;

/** Reads the decision logs of a proxy's state directory. A proxy that was killed may leave half a line. */
export async function readDecided(state: string): Promise<Decided> {
  const tally = new Tally();
  const counts = new Map<Verdict, number>();
  const denied = new Map<string, Denied>();
  let more = 0;
  for await (const entries of readEntries(await findLogs([state]), tally)) {
    for (const entry of entries) {
      counts.set(entry.decision, (counts.get(entry.decision) ?? 0) + 1);
      if (entry.decision !== "block" && entry.decision !== "quarantine") continue;
      const key = JSON.stringify([entry.purl, entry.decision, entry.policy, entry.rule]);
      const known = denied.get(key);
      const refused = entry.kind === "file" ? 1 : 0;
      if (known) known.refused += refused;
      else if (denied.size < MAX_DENIED || refused > 0) denied.set(key, { entry: shortened(entry), refused });
      else more += 1;
    }
  }
  const sorted = [...denied.values()].sort((a, b) => b.refused - a.refused);
  const shown = sorted.slice(0, MAX_DENIED);
  return { counts, denied: shown, more: more + sorted.length - shown.length, damaged: tally.damaged };
}

/** Without the line itself: thousands of them would have to be kept. */
function shortened({ purl, policy, rule, reason, decision }: Entry): Denied["entry"] {
  return { purl, policy, rule, reason: reason.slice(0, MAX_REASON + 1), decision };
}

export function decidedMarkdown({ counts, denied, more, damaged }: Decided): string {
  const sums = VERDICTS.filter((verdict) => counts.has(verdict)).map(
    (verdict) => `${counts.get(verdict)} ${VERDICT_WORDS[verdict].participle}`,
  );
  const rows = denied.map(({ entry, refused }) => {
    const place = entry.policy === null ? "" : `${entry.policy}${entry.rule === null ? "" : ` / ${entry.rule}`}`;
    const cells = [
      cell(entry.purl),
      VERDICT_WORDS[entry.decision].participle,
      refused > 0 ? `refused ${refused === 1 ? "once" : `${refused} times`}` : "left out of listings",
      cell(place),
      cell(entry.reason),
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return [
    DECIDED_HEADING,
    "",
    sums.length === 0 ? "Nothing was asked of it." : `Decisions: ${sums.join(", ")}.`,
    ...(damaged > 0 ? ["", `${count(damaged, "line")} of the decision log could not be read.`] : []),
    ...(rows.length === 0
      ? []
      : ["", "| release | decision | what came of it | policy / rule | reason |", "|---|---|---|---|---|", ...rows]),
    ...(more > 0 ? ["", `And ${more} more that were denied: the decision log has them.`] : []),
    ...(rows.length === 0
      ? []
      : ["", "An exception is asked for with `cordon quarantine request PURL`, in the policy repository."]),
  ].join("\n");
}

/** A bar divides cells inside of code as well (GitHub Flavored Markdown, "Tables"). */
function cell(text: string): string {
  return text === "" ? "" : inlineCode(text, MAX_REASON).replaceAll("|", "\\|");
}

/** One for each release whose file was refused. */
export function decidedAnnotations({ denied }: Decided): string[] {
  const refused = denied.filter((one) => one.refused > 0);
  return refused.slice(0, MAX_ANNOTATIONS).map(({ entry: { purl, decision, policy, rule, reason } }) => {
    const by = policy === null ? "" : ` (${policy}${rule === null ? "" : ` / ${rule}`})`;
    const title = decision === "block" ? "Blocked" : "Held";
    return annotation(decision === "block" ? "error" : "warning", { title }, oneLine(`${purl}: ${reason}${by}`, 500));
  });
}
