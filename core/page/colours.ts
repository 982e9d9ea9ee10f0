/** Colours of the pages, by theme. A test holds every pair that text is drawn in against WCAG AA. */
import type { Verdict } from "../../schemas/types/decision.ts";

/** What a page says first, and is coloured by. */
export type Tone = "blocked" | "held" | "stripped" | "allowed" | "neutral";

export const TONE_OF_VERDICT: Record<Verdict, Tone> = {
  block: "blocked",
  quarantine: "held",
  "strip-scripts": "stripped",
  warn: "neutral",
  allow: "allowed",
};

export interface Colours {
  readonly page: string;
  /** Of panels that stand out from the page. */
  readonly raised: string;
  /** Behind commands and rules. */
  readonly code: string;
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  /** Around what can be pressed. */
  readonly edge: string;
  readonly link: string;
  /** Behind what the eye is to find, and the text on it. */
  readonly button: string;
  readonly onButton: string;
  /** Of what was decided: words, what lies behind them, and what is drawn without words. */
  readonly blocked: string;
  readonly blockedSoft: string;
  readonly blockedMark: string;
  readonly held: string;
  readonly heldSoft: string;
  readonly heldMark: string;
  readonly stripped: string;
  readonly strippedSoft: string;
  readonly strippedMark: string;
  readonly allowed: string;
  readonly allowedSoft: string;
  readonly allowedMark: string;
}

export const LIGHT: Colours = {
  page: "#f8f7f4",
  raised: "#ffffff",
  code: "#f0eee9",
  ink: "#1b1c1f",
  muted: "#5a5d63",
  line: "#dfdcd4",
  edge: "#85827a",
  link: "#1a4f8f",
  button: "#22252b",
  onButton: "#ffffff",
  blocked: "#a4211b",
  blockedSoft: "#f9e6e3",
  blockedMark: "#c4342a",
  held: "#7d4e00",
  heldSoft: "#f8ecd2",
  heldMark: "#d69a1e",
  stripped: "#4a489c",
  strippedSoft: "#e9e8f6",
  strippedMark: "#6260bd",
  allowed: "#1c6643",
  allowedSoft: "#e0f0e6",
  allowedMark: "#2f8a5b",
};

export const DARK: Colours = {
  page: "#131417",
  raised: "#1b1d21",
  code: "#212429",
  ink: "#e9e7e2",
  muted: "#a5a8ae",
  line: "#2f3238",
  edge: "#767a82",
  link: "#8db9f0",
  button: "#e9e7e2",
  onButton: "#17181b",
  blocked: "#ff958a",
  blockedSoft: "#3a1c1b",
  blockedMark: "#d8544a",
  held: "#e8bb62",
  heldSoft: "#332814",
  heldMark: "#d19c3a",
  stripped: "#b8b7f7",
  strippedSoft: "#26264a",
  strippedMark: "#8684e0",
  allowed: "#80cba4",
  allowedSoft: "#182d22",
  allowedMark: "#4a9d72",
};
