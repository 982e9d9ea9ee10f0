/** What of the facts goes on record beside a decision, so that it can be made again: what the rules read. */
import type { Facts } from "../schemas/types/facts.ts";
import type { JudgedListing } from "./ecosystems/ecosystem.ts";
import { ANONYMOUS, factsOn, findingsOn, identityFacts, type Rules, toldBy } from "./gate.ts";
import type { Inspection } from "./inspection.ts";
import type { FactSource } from "./policy/facts.ts";
import { parseReleasePurl } from "./purl.ts";

export interface RecordedFacts {
  readonly facts: Facts;
  /** The documents that were at hand. */
  readonly known: readonly FactSource[];
}

/** A publisher chooses how long a script is; beyond this the record has no facts, and says so by their absence. */
const MAX_BYTES = 16 * 1024;

/** The facts that a decision on this release was made from; undefined where they are too large to be kept. */
export function recordFacts(
  rules: Rules,
  purl: string,
  judged: JudgedListing | undefined,
  inspection?: Inspection,
): RecordedFacts | undefined {
  const id = parseReleasePurl(purl);
  const identity = identityFacts(id);
  const release = judged?.listing.releases.get(id.version);
  const all: Facts =
    judged && release
      ? factsOn(rules, judged.listing, release, inspection?.found)
      : { ...identity, advisories: findingsOn(rules, id).affecting(id.version), client: ANONYMOUS };
  const facts: Facts = {
    ...all,
    pkg: { ...identity.pkg, ...pick(all.pkg, "pkg", rules.set.reads) },
    release: { ...identity.release, ...pick(all.release, "release", rules.set.reads) },
  };
  if (JSON.stringify(facts).length > MAX_BYTES) return undefined;
  const known = judged && release ? [...toldBy(judged.listing), ...(inspection?.sources ?? [])] : ["identity" as const];
  return { facts, known };
}

/** Digests are kept in any case: approvals are held against them. */
function pick<T extends object>(record: T, root: string, reads: ReadonlySet<string>): Partial<T> {
  if (reads.has(root)) return record;
  const entries = Object.entries(record).filter(([field]) => reads.has(`${root}.${field}`) || field === "digests");
  return Object.fromEntries(entries) as Partial<T>;
}
