/**
 * The one place where a release is decided on. The listing, the download, `cordon check` and the decision page all ask
 * here, with the same facts, so they cannot disagree.
 */
import type { BundleReference, Decision } from "../schemas/types/decision.ts";
import type { Facts, Release } from "../schemas/types/facts.ts";
import { PackageFindings } from "./advisories/findings.ts";
import type { AdvisoryTable } from "./advisories/table.ts";
import type { JudgedListing, ListedRelease, Listing } from "./ecosystems/ecosystem.ts";
import { releaseOf } from "./ecosystems/judged.ts";
import type { Inspected, Inspection } from "./inspection.ts";
import type { PolicySet } from "./policy/compile.ts";
import { decide } from "./policy/engine.ts";
import type { FactSource } from "./policy/facts.ts";
import type { RuleOrigins } from "./policy/rule-origins.ts";
import { type PackageId, type ReleaseId, toPurl } from "./purl.ts";
import { permits } from "./verdict.ts";
import { VERSION_ORDERS } from "./versions/index.ts";

/** What decides: compiled policies, and the advisories that they ask. */
export interface Rules {
  readonly set: PolicySet;
  readonly tables: readonly AdvisoryTable[];
  /** The bundle that they came from; null for a directory. */
  readonly reference: BundleReference;
  /** Left out where nobody asked git. */
  readonly origins?: RuleOrigins;
  /** Ask the advisories as they were known then; left out: as they are known now. */
  readonly asOf?: Date | undefined;
  /** See Circumstances. */
  readonly holdNewerThan?: Date | undefined;
}

/** A client of whom nothing was verified. */
export const ANONYMOUS: Facts["client"] = { groups: [], claims: {} };

const FROM_PURL: ReadonlySet<FactSource> = new Set(["identity"]);
const MAX_GONE = 100;

/** Decides on every release of a listing, and on the malicious ones that it no longer has. */
export function judgeListing(rules: Rules, listing: Listing, now: Date): JudgedListing {
  const id = { type: listing.pkg.ecosystem, name: listing.name };
  const findings = findingsOn(rules, id);
  const circumstances = { now, known: toldBy(listing), bundle: rules.reference, holdNewerThan: rules.holdNewerThan };
  const decisions = new Map<string, Decision>();
  for (const [version, { facts }] of listing.releases) {
    decisions.set(
      version,
      decide(
        rules.set,
        { pkg: listing.pkg, release: facts, advisories: findings.affecting(version), client: ANONYMOUS },
        circumstances,
      ),
    );
  }
  const gone = unlisted(listing, findings.namedMalicious())
    .slice(0, MAX_GONE)
    .map((version) => decideUnlisted(rules, { ...id, version }, now, findings));
  return { listing, decisions, gone };
}

/** Those that are versions and that the listing does not have, each once, however they are spelt. */
function unlisted(listing: Listing, versions: readonly string[]): string[] {
  const { isValid, canonical } = VERSION_ORDERS[listing.pkg.ecosystem];
  const found = new Map<string, string>();
  for (const version of versions.filter((version) => isValid(version) && !releaseOf(listing, version))) {
    const key = canonical(version) ?? version;
    if (!found.has(key)) found.set(key, version);
  }
  return [...found.values()];
}

/** The documents whose facts a listing tells. */
export function toldBy({ tells }: Listing): ReadonlySet<FactSource> {
  return new Set(["identity", "listing", ...tells]);
}

/** Everything known about a listed release; what was inspected stands before what the listing says. */
export function factsOn(
  rules: Rules,
  listing: Listing,
  { version, facts }: ListedRelease,
  found: Inspected = {},
): Facts {
  const findings = findingsOn(rules, { type: listing.pkg.ecosystem, name: listing.name });
  return {
    pkg: { ...listing.pkg, ...found.pkg },
    release: { ...facts, ...found.release },
    advisories: findings.affecting(version),
    client: ANONYMOUS,
  };
}

/** Decides again on a listed release, once `sources` were inspected: by the same rules, with more or truer facts. */
export function decideInspected(
  rules: Rules,
  listing: Listing,
  release: ListedRelease,
  found: Inspected,
  sources: ReadonlySet<FactSource>,
  now: Date,
): Decision {
  const known = new Set([...toldBy(listing), ...sources]);
  const { reference: bundle, holdNewerThan } = rules;
  return decide(rules.set, factsOn(rules, listing, release, found), { now, known, bundle, holdNewerThan });
}

/**
 * Whether approvals open what is denied if the file, of which nothing names a digest, turns out to be the one that they
 * name: only then is it worth reading.
 */
export function awaitsDigest(
  rules: Rules,
  listing: Listing,
  release: ListedRelease,
  { found, sources }: Inspection,
  now: Date,
): boolean {
  const approvals = rules.set.approvals.get(release.facts.purl);
  const isKnown = (found.release?.digests ?? release.facts.digests ?? release.facts.files) !== undefined;
  if (!approvals || isKnown || !release.files.some(({ checkedBy }) => checkedBy === "client")) return false;
  const decideWith = (more: Inspected["release"]) =>
    decideInspected(rules, listing, release, { ...found, release: { ...found.release, ...more } }, sources, now);
  if (permits(decideWith({}))) return false;
  const named = approvals.flatMap(({ digests }) => [...(digests.get("sha256") ?? [])]);
  return [...new Set(named)].some((sha256) => permits(decideWith({ digests: { sha256 } })));
}

/** Decides by what can be told without the upstream: the purl, advisories, lists and approvals. */
export function decideUnlisted(rules: Rules, id: ReleaseId, now: Date, findings = findingsOn(rules, id)): Decision {
  const facts = { ...identityFacts(id), advisories: findings.affecting(id.version), client: ANONYMOUS };
  return decide(rules.set, facts, { now, known: FROM_PURL, bundle: rules.reference });
}

/** As decideUnlisted(), with what somebody else says of the release, such as a lockfile. */
export function decideTold(
  rules: Rules,
  id: ReleaseId,
  told: Pick<Release, "published" | "digests">,
  now: Date,
): Decision {
  const { pkg, release } = identityFacts(id);
  const advisories = findingsOn(rules, id).affecting(id.version);
  const facts = { pkg, release: { ...release, ...told }, advisories, client: ANONYMOUS };
  return decide(rules.set, facts, { now, known: sourcesTold(told), bundle: rules.reference });
}

/** The documents that such words stand for. */
export function sourcesTold({ published }: Pick<Release, "published">): ReadonlySet<FactSource> {
  return published === undefined ? FROM_PURL : new Set([...FROM_PURL, "time" as const]);
}

/** What the advisories of these rules say of a package. */
export function findingsOn({ tables, asOf }: Rules, id: PackageId): PackageFindings {
  return new PackageFindings(id, tables, asOf);
}

/** The facts that the purl alone tells. */
export function identityFacts({ type, name, version }: ReleaseId): Pick<Facts, "pkg" | "release"> {
  const order = VERSION_ORDERS[type];
  const scope = type === "npm" && name.startsWith("@") ? name.slice(0, name.indexOf("/")) : undefined;
  return {
    pkg: { ecosystem: type, name, ...(scope && { scope }), purl: toPurl({ type, name }) },
    release: {
      version,
      purl: toPurl({ type, name, version }),
      ...(order.isValid(version) && { prerelease: order.isPrerelease(version) }),
    },
  };
}

/** The first instant after `now` at which a decision on this listing may change without new rules or a new document. */
export function nextChange(rules: Rules, { listing, decisions }: JudgedListing, now: Date): Date {
  // A rule may read the clock in ways that no `until` tells.
  let next = rules.set.reads.has("now") ? now.getTime() + CLOCK_STEP_MS : MAX_INSTANT;
  const consider = (instant: number): void => {
    if (instant > now.getTime() && instant < next) next = instant;
  };
  for (const { verdicts } of decisions.values())
    for (const { until } of verdicts) if (until !== null) consider(Date.parse(until));
  for (const { created, expires } of approvalsOf(rules, { type: listing.pkg.ecosystem, name: listing.name })) {
    consider(created.getTime());
    consider(expires.getTime());
  }
  return new Date(next);
}

const CLOCK_STEP_MS = 60_000;
const MAX_INSTANT = 8.64e15;

function approvalsOf({ set }: Rules, id: PackageId) {
  const prefix = `${toPurl(id)}@`;
  return [...set.approvals].flatMap(([purl, approvals]) => (purl.startsWith(prefix) ? approvals : []));
}
