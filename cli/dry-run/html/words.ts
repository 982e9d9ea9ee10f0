/** Figures and verdicts in words. */
import { type Content, html } from "../../../core/page/html.ts";
import type { Verdict } from "../../../schemas/types/decision.ts";
import { counted } from "../words.ts";

/** What is drawn: a verdict, or that there is none. */
export type Shade = Verdict | "unjudged";

/** As people are told them: from severe to harmless. */
export const SHADES: readonly Shade[] = ["block", "quarantine", "strip-scripts", "warn", "unjudged", "allow"];

export function repositories(number: number): string {
  return counted(number, "repository", "repositories");
}

/** `a, b and c`. */
export function joined(items: readonly Content[]): Content {
  return items.map((item, index) => {
    const between = index === 0 ? "" : index === items.length - 1 ? " and " : ", ";
    return html`${between}${item}`;
  });
}

/** A share of a whole; never rounded to nothing or to all where it is neither. */
export function shareText(part: number, whole: number): string {
  if (whole === 0 || part === 0) return "0%";
  const percent = (100 * part) / whole;
  if (part >= whole) return "100%";
  if (percent < 0.1) return "under 0.1%";
  if (percent > 99.9) return "over 99.9%";
  return `${percent < 10 || percent > 99 ? percent.toFixed(1).replace(/\.0$/, "") : Math.round(percent)}%`;
}
