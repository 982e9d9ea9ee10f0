/** CVSS base scores from vectors of versions 2, 3.0, 3.1 and 4.0. */
import cvss from "ae-cvss-calculator";
import type { Severity } from "../../schemas/types/advisory.ts";
import type { Advisory } from "../../schemas/types/facts.ts";

export type SeverityRating = NonNullable<Advisory["severity"]>;

export interface CvssScore {
  readonly score: number;
  readonly severity: SeverityRating;
}

/** Newest first: of several vectors the newest version's counts. */
const CALCULATORS: readonly (readonly [prefix: RegExp, score: (vector: string) => number])[] = [
  [/^CVSS:4\.0\//, (vector) => new cvss.Cvss4P0(vector).calculateScores().base ?? Number.NaN],
  [/^CVSS:3\.1\//, (vector) => new cvss.Cvss3P1(vector).calculateScores().base ?? Number.NaN],
  [/^CVSS:3\.0\//, (vector) => new cvss.Cvss3P0(vector).calculateScores().base ?? Number.NaN],
  [
    /^\(?AV:[LAN]\/AC:[LMH]\/Au:/,
    (vector) => new cvss.Cvss2(vector.replace(/^\(|\)$/g, "")).calculateScores().base ?? Number.NaN,
  ],
];

/** The base score of the newest valid vector; undefined where none is valid. */
export function scoreOf(severities: readonly Severity[]): CvssScore | undefined {
  for (const [prefix, calculate] of CALCULATORS) {
    for (const { score: vector } of severities) {
      if (!prefix.test(vector) || vector.length > 512) continue;
      const score = tryScore(calculate, vector);
      if (score !== undefined) return { score, severity: ratingOf(score) };
    }
  }
  return undefined;
}

function tryScore(calculate: (vector: string) => number, vector: string): number | undefined {
  try {
    const score = calculate(vector);
    return score >= 0 && score <= 10 ? score : undefined;
  } catch {
    return undefined; // Not a vector; the record's other vectors may be.
  }
}

/** The qualitative scale of CVSS 3.1 section 5, which 4.0 keeps. */
function ratingOf(score: number): SeverityRating {
  if (score === 0) return "none";
  if (score < 4) return "low";
  if (score < 7) return "medium";
  return score < 9 ? "high" : "critical";
}
