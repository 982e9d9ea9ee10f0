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

/** Of these versions, so many as most people ask for: the highest of each line, then the highest of all. */
export function mostWanted<T>({ listing }: JudgedListing, versions: ReadonlyMap<string, T>, count: number): T[] {
  const newest: T[] = [];
  const others: T[] = [];
  // Releases are in version order.
  for (const version of [...versions.keys()].toReversed()) {
    const isNewest = listing.releases.get(version)?.facts.newestOfLine === true;
    (isNewest ? newest : others).push(versions.get(version) as T);
  }
  return [...newest, ...others].slice(0, count);
}
