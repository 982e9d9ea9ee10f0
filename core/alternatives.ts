/** What to install instead of a release that is denied. */
import type { Decision } from "../schemas/types/decision.ts";
import type { JudgedListing } from "./ecosystems/ecosystem.ts";
import { lineOf } from "./ecosystems/history.ts";
import { allowedVersions, releaseOf } from "./ecosystems/judged.ts";
import { parseReleasePurl } from "./purl.ts";
import { permits } from "./verdict.ts";
import { VERSION_ORDERS } from "./versions/index.ts";
import { countUpTo, type VersionOrder } from "./versions/order.ts";

/** What may be offered of a listing: stable releases that are allowed and not yanked. */
interface Offers {
  /** In version order. */
  readonly versions: readonly string[];
  /** The highest two of each line, for one of them may be the denied release itself. */
  readonly ofLine: ReadonlyMap<string, readonly string[]>;
}

/** Kept: each denied release of a listing asks. */
const OFFERS = new WeakMap<JudgedListing, Offers>();

/**
 * The highest of its line, then the highest of all, then the next lower one, as far as the listing tells. None for what may
 * be installed.
 */
export function alternativesTo(decision: Decision, judged: JudgedListing): string[] {
  if (permits(decision)) return [];
  const { type, version } = parseReleasePurl(decision.purl);
  // By the listing it may be allowed itself, and denied by what its file says.
  const own = releaseOf(judged.listing, version)?.version ?? version;
  const { versions, ofLine } = offersOf(judged);
  const others = (list: readonly string[] = []) => list.findLast((candidate) => candidate !== own);
  const found = [
    others(ofLine.get(lineOf(version))),
    others(versions),
    nextLower(version, versions, VERSION_ORDERS[type]),
  ];
  return [...new Set(found)].filter((candidate) => candidate !== undefined);
}

function offersOf(judged: JudgedListing): Offers {
  const known = OFFERS.get(judged);
  if (known) return known;
  const { pkg, releases } = judged.listing;
  const { isPrerelease } = VERSION_ORDERS[pkg.ecosystem];
  const versions = allowedVersions(judged).filter(
    (version) => !isPrerelease(version) && releases.get(version)?.facts.yanked !== true,
  );
  const ofLine = new Map<string, readonly string[]>();
  for (const version of versions) {
    const line = lineOf(version);
    ofLine.set(line, [...(ofLine.get(line) ?? []).slice(-1), version]);
  }
  OFFERS.set(judged, { versions, ofLine });
  return { versions, ofLine };
}

function nextLower(version: string, ascending: readonly string[], order: VersionOrder): string | undefined {
  if (!order.isValid(version)) return undefined;
  let at = countUpTo(version, ascending, order) - 1;
  for (let lower = ascending[at]; lower !== undefined; lower = ascending[--at])
    if (order.compare(lower, version) < 0) return lower;
  return undefined;
}
