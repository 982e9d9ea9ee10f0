/** What follows from a judged listing in every ecosystem. */
import { permits } from "../verdict.ts";
import type { JudgedListing } from "./ecosystem.ts";

const ALLOWED = new WeakMap<JudgedListing, readonly string[]>();

/** The versions that may be installed, in version order. Kept: every tag and every refusal of a listing asks. */
export function allowedVersions(judged: JudgedListing): readonly string[] {
  const known = ALLOWED.get(judged);
  if (known) return known;
  const allowed = [...judged.decisions].flatMap(([version, decision]) => (permits(decision) ? [version] : []));
  ALLOWED.set(judged, allowed);
  return allowed;
}
