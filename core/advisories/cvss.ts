/** CVSS base scores from vectors of versions 2, 3.0, 3.1 and 4.0. */
import cvss from "ae-cvss-calculator";
import type { Severity } from "../../schemas/types/advisory.ts";
import type { Advisory } from "../../schemas/types/facts.ts";
import { ownString } from "../json.ts";

export type SeverityRating = NonNullable<Advisory["severity"]>;

export interface CvssScore {
  readonly score: number;
  readonly severity: SeverityRating;
}

interface CvssVersion {
  readonly vector: RegExp;
  /** The metrics that a vector must have; they alone make the base score. */
  readonly base: readonly string[];
  /** Throws for a metric or a value that the version does not have. */
  readonly parse: (vector: string) => { calculateScores(): { readonly base?: number | undefined } };
}

const BASE_3 = ["AV", "AC", "PR", "UI", "S", "C", "I", "A"];
const BASE_4 = ["AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA"];

/** Newest first: of several vectors the newest version's counts. */
const VERSIONS: readonly CvssVersion[] = [
  { vector: /^CVSS:4\.0\//, base: BASE_4, parse: (vector) => new cvss.Cvss4P0(vector) },
  { vector: /^CVSS:3\.1\//, base: BASE_3, parse: (vector) => new cvss.Cvss3P1(vector) },
  { vector: /^CVSS:3\.0\//, base: BASE_3, parse: (vector) => new cvss.Cvss3P0(vector) },
  { vector: /^\(?AV:[LAN]\//, base: ["AV", "AC", "Au", "C", "I", "A"], parse: (vector) => new cvss.Cvss2(vector) },
];

const MAX_LENGTH = 512;

/** The base score of the newest valid vector; undefined where none is valid. */
export function scoreOf(severities: readonly Severity[]): CvssScore | undefined {
  for (const version of VERSIONS) {
    for (const { score: vector } of severities) {
      if (!version.vector.test(vector) || vector.length > MAX_LENGTH) continue;
      const score = baseScore(version, vector.replace(/^\(|\)$/g, ""));
      if (score !== undefined) return { score, severity: ratingOf(score) };
    }
  }
  return undefined;
}

/**
 * The calculator scores 0 where metrics of 4.0 are missing, takes the last of two values, and lets 4.0's threat metrics
 * into the base score. So the vector is checked here, and cut down to its base.
 */
function baseScore({ base, parse }: CvssVersion, vector: string): number | undefined {
  const parts = vector.split("/");
  const names = parts.map((part) => part.split(":", 1)[0] ?? "");
  if (new Set(names).size < names.length || !base.every((name) => names.includes(name))) return undefined;
  try {
    parse(vector);
    const isBase = (_part: string, index: number): boolean => ["CVSS", ...base].includes(names[index] ?? "");
    const score = parse(parts.filter(isBase).join("/")).calculateScores().base ?? Number.NaN;
    return score >= 0 && score <= 10 ? score : undefined;
  } catch {
    return undefined; // Not a vector; the record's other vectors may be.
  }
}

const STATED: Readonly<Record<string, SeverityRating>> = {
  low: "low",
  moderate: "medium",
  medium: "medium",
  high: "high",
  critical: "critical",
};

/** The rating that a database gives in words of its own, as GHSA's reviewers do where they have no vector. */
export function statedRating(databaseSpecific: unknown): SeverityRating | undefined {
  const stated = ownString(databaseSpecific, "severity")?.toLowerCase() ?? "";
  return Object.hasOwn(STATED, stated) ? STATED[stated] : undefined;
}

/** The qualitative scale of CVSS 3.1 section 5, which 4.0 keeps. */
function ratingOf(score: number): SeverityRating {
  if (score === 0) return "none";
  if (score < 4) return "low";
  if (score < 7) return "medium";
  return score < 9 ? "high" : "critical";
}
