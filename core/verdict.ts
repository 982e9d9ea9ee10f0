/** Verdicts: what a policy says of a release. */
import type { Decision, Verdict } from "../schemas/types/decision.ts";

/** From harmless to severe. */
export const VERDICTS = ["allow", "warn", "strip-scripts", "quarantine", "block"] as const satisfies readonly Verdict[];

/** Verdicts as people read them: what was done with a release, and what a policy says is to be done. */
export const VERDICT_WORDS: Readonly<Record<Verdict, { readonly participle: string; readonly imperative: string }>> = {
  allow: { participle: "allowed", imperative: "allow" },
  warn: { participle: "allowed with a warning", imperative: "warn" },
  "strip-scripts": { participle: "served without install scripts", imperative: "take the scripts out" },
  quarantine: { participle: "held", imperative: "hold" },
  block: { participle: "blocked", imperative: "block" },
};

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
