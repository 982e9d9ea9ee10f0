/** Verdicts: what a policy says of a release. */
import type { Decision, Verdict } from "../schemas/types/decision.ts";

/** From harmless to severe. */
export const VERDICTS = ["allow", "warn", "strip-scripts", "quarantine", "block"] as const satisfies readonly Verdict[];

export function severity(verdict: Verdict): number {
  return VERDICTS.indexOf(verdict);
}

/** Whether a release with this decision may be installed: as it is, or without its install scripts. */
export function permits({ decision, purl }: Pick<Decision, "decision" | "purl">): boolean {
  switch (decision) {
    case "allow":
    case "warn":
      return true;
    case "strip-scripts": // elsewhere they cannot be taken out, and to serve the release would be to run them
      return purl.startsWith("pkg:npm/");
    case "quarantine":
    case "block":
      return false;
  }
}
