/** A dry run of what somebody would write who wants to harm whoever reads the report on it. */
import type { DryRunReport, JudgedRelease } from "../../cli/dry-run/report.ts";
import { dryRun, judged } from "./dry-runs.ts";

const MARKUP = `"'></style></title></svg><img src=x onerror="hit=1"><script>hit=2</script><svg onload="hit=3">`;
const NASTY = `${MARKUP}\u202egnp.exe\u2066\u200f\u001b[2J\u001b]8;;https://evil.example/\u0007click\u0000Z${"\u0335\u0489\u0301".repeat(400)}`;
const MEGABYTE = `&"'<${"宽".repeat(350_000)}`;
/** Shared, so that thousands of them fit into memory. */
const LONG = `${NASTY}${MEGABYTE}`;
const LONG_PURL = `pkg:npm/${LONG}@1.0.0`;

/** So many releases; `count` is also how many policies and files there are. */
export function hostileRun(count: number): DryRunReport {
  const nasty = (index: number) => (index % 2 === 0 ? `${MARKUP}${index}` : LONG);
  const releases = Array.from({ length: count }, (_, index): JudgedRelease => {
    const decision = (["block", "quarantine", "strip-scripts", "warn"] as const)[index % 4] ?? "block";
    const text = nasty(index);
    const purls = [`pkg:npm/it's-(bold)!~*${index}@1.0.0`, LONG_PURL, `pkg:npm/${MARKUP}@${index}`];
    const made = judged({
      purl: purls[index % 3] ?? "",
      decision,
      ...{ policy: text, rule: text, reason: LONG, skipped: [text], problem: text, unlisted: true, until: text },
      ...{ scripts: true, scriptVerdict: decision, missing: ["file", "time"] },
      places: Array.from({ length: 40 }, () => ({ path: text, line: 1, repository: text, job: text })),
    });
    const evidence = [
      "javascript:hit=4",
      "data:text/html,<script>hit=5</script>",
      `https://a.example/${"x".repeat(300)}'`,
      "https://good.example/1",
    ].map((url) => ({ id: text, source: text, url }));
    const verdicts = Array.from({ length: 10 }, (_, at) => ({
      ...{ policy: index % 2 === 0 ? `${at}${MARKUP}` : LONG, rule: text, verdict: "block" as const, reason: text },
      ...{ until: null, mode: at < 5 ? ("enforce" as const) : ("audit" as const), liftedBy: null },
    }));
    return { ...made, decision: { ...made.decision, evidence, verdicts } };
  });
  return dryRun({
    releases,
    rules: {
      bundle: { revision: 1, digest: LONG },
      policies: Array.from({ length: count }, (_, index) => nasty(index)),
    },
    inputs: releases.map((_, index) => ({
      ...{ path: nasty(index), repository: nasty(index + 1), kind: index % 2 === 0 ? null : LONG, entries: 1 },
      ...(index % 3 === 0 && { error: LONG }),
    })),
    unjudged: releases.flatMap((_, index) =>
      Array.from({ length: 7 }, () => ({ name: LONG, reason: nasty(index), path: nasty(index), line: 1 })),
    ),
  });
}
