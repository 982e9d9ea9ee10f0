/** Whether an advisory affects a version: the evaluation algorithm of the OSV schema. */
import { type CompiledAdvisory, isStart, type RangePoint } from "./osv.ts";
import type { AdvisoryOrder } from "./ranked-order.ts";

/**
 * Listed by name, or inside any range. The schema compares names as text; here `1.0` names 1.0.0 too where the
 * ecosystem takes the two for one release, or a listed attack would pass when it is asked for in another spelling. A
 * malicious record that lists a SemVer version means all builds of it, although canonical() tells them apart: another
 * build does not make the attack another. A version that cannot be ordered is in every range of a malicious record.
 */
export function affects(advisory: CompiledAdvisory, version: string, order: AdvisoryOrder): boolean {
  const canonical = order.canonical(version);
  if (listedBy(advisory, order).has(asListed(advisory, canonical, order) ?? version)) return true;
  if (canonical === undefined) return advisory.kind === "malicious" && advisory.ranges.length > 0;
  return advisory.ranges.some((range) => isInRange(range, canonical, order));
}

const LISTED = new WeakMap<CompiledAdvisory, ReadonlySet<string>>();

/** Kept for an advisory's life: a listing asks for each of its releases, and a record can name hundreds. */
function listedBy(advisory: CompiledAdvisory, order: AdvisoryOrder): ReadonlySet<string> {
  let listed = LISTED.get(advisory);
  if (!listed) {
    listed = new Set(
      advisory.versions.map((version) => asListed(advisory, order.canonical(version), order) ?? version),
    );
    LISTED.set(advisory, listed);
  }
  return listed;
}

/** What follows a `+` is a build where the order passes it over; a local version of PEP 440 is another release. */
function asListed({ kind }: CompiledAdvisory, canonical: string | undefined, order: AdvisoryOrder): string | undefined {
  if (kind !== "malicious" || !canonical?.includes("+")) return canonical;
  const [bare = canonical] = canonical.split("+", 1);
  return order.compare(bare, canonical) === 0 ? bare : canonical;
}

/** The points stand in version order: walk them, and see what the last one that the version has reached says. */
function isInRange(range: readonly RangePoint[], version: string, order: AdvisoryOrder): boolean {
  let affected = false;
  let limited = false;
  let belowLimit = false;
  for (const point of range) {
    const [kind] = point;
    const reached = isStart(point) ? 1 : order.compare(version, point[1]);
    if (kind === "introduced" && reached >= 0) affected = true;
    else if (kind === "fixed" && reached >= 0) affected = false;
    else if (kind === "last" && reached > 0) affected = false;
    else if (kind === "limit") {
      limited = true;
      belowLimit ||= reached < 0;
    }
  }
  return affected && (!limited || belowLimit);
}
