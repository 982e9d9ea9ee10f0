/** What policies that are on trial would do: it is recorded, and is in none of the other figures. */
import { html } from "../../../core/page/html.ts";
import { code } from "../../../core/page/parts.ts";
import { VERDICT_WORDS } from "../../../core/verdict.ts";
import type { PolicyVerdict, Verdict } from "../../../schemas/types/decision.ts";
import type { DryRunReport } from "../report.ts";
import { counted } from "../words.ts";
import { bounded, folded, groupBy } from "./bounds.ts";
import { barRow, barTable, segmentsOf } from "./charts.ts";
import type { Part } from "./part.ts";
import { joined, SHADES, type Shade } from "./words.ts";

const BYTES = 60_000;
const OPEN = 20;

export function trialPart({ releases }: DryRunReport): Part | undefined {
  const verdicts = releases.flatMap(({ decision }) =>
    decision.verdicts.filter(
      ({ mode, liftedBy, verdict }) => mode === "audit" && liftedBy === null && verdict !== "allow",
    ),
  );
  const policies = groupBy(verdicts, ({ policy }) => policy);
  if (policies.length === 0) return undefined;
  const most = policies.reduce((so, [, found]) => Math.max(so, found.length), 0);
  const draw = ([policy, found]: [string, PolicyVerdict[]]) => {
    const counts: Partial<Record<Shade, number>> = {};
    for (const { verdict } of found) counts[verdict] = (counts[verdict] ?? 0) + 1;
    return barRow({ name: code(policy, 60), segments: segmentsOf(counts), words: wordsOn(counts) }, { most });
  };
  return {
    id: "trial",
    title: "On trial",
    figure: policies.length,
    words: html`<p>${counted(policies.length, "policy is", "policies are")} on trial: what ${policies.length === 1 ? "it says" : "they say"} is recorded and not enforced, and none of it is in the figures above.</p>`,
    figures: folded(bounded(policies, draw, BYTES), {
      open: OPEN,
      wrap: (rows) => barTable(["Policy", "If it were enforced"], rows),
      singular: "policy",
      plural: "policies",
    }),
  };
}

function wordsOn(counts: Readonly<Partial<Record<Shade, number>>>) {
  const words = SHADES.filter((shade): shade is Verdict => shade !== "unjudged" && (counts[shade] ?? 0) > 0);
  return joined(words.map((verdict) => `${counts[verdict]} ${VERDICT_WORDS[verdict].participle}`));
}
