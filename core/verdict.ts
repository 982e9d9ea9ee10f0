/** Verdicts: what a policy says of a release. */
import type { Decision, Verdict } from "../schemas/types/decision.ts";

/** From harmless to severe. */
export const VERDICTS = ["allow", "warn", "strip-scripts", "quarantine", "block"] as const satisfies readonly Verdict[];

export function severity(verdict: Verdict): number {
  return VERDICTS.indexOf(verdict);
}

/** Whether a release with this decision may be installed as it is. */
export function permits({ decision }: Pick<Decision, "decision">): boolean {
  switch (decision) {
    case "allow":
    case "warn":
      return true;
    case "strip-scripts": // until an adapter can strip them, serving the release would run them
    case "quarantine":
    case "block":
      return false;
  }
}
