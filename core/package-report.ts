/** The denied releases of a package, for its page. */
import type { JudgedListing } from "./ecosystems/ecosystem.ts";
import { allowedVersions } from "./ecosystems/judged.ts";
import { type PackageId, toPurl } from "./purl.ts";
import { type Refusal, toRefusal, type Wording } from "./refusal.ts";
import { permits } from "./verdict.ts";

/** Of a package with more denied releases the highest are shown. */
const MAX_DENIED = 200;
const MAX_ALLOWED = 20;

/** Every denied release of a package, and what of it is allowed. */
export interface PackageReport {
  readonly purl: string;
  /** The highest allowed versions, highest first. */
  readonly allowed: readonly string[];
  readonly denied: readonly Refusal[];
  /** How many more are denied. */
  readonly more: number;
}

export function reportPackage(id: PackageId, judged: JudgedListing, wording: Wording): PackageReport {
  const denied = [...judged.decisions.values(), ...judged.gone].filter((decision) => !permits(decision));
  const shown = denied.slice(-MAX_DENIED).map((decision) => toRefusal(decision, wording));
  const allowed = allowedVersions(judged).slice(-MAX_ALLOWED).reverse();
  return { purl: toPurl(id), allowed, denied: shown, more: denied.length - shown.length };
}
