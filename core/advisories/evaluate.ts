/** Whether an advisory affects a version: the evaluation algorithm of the OSV schema. */
import type { VersionOrder } from "../ecosystems/versions.ts";
import type { CompiledAdvisory, RangePoint } from "./osv.ts";

/** Listed by name, or inside any range. A version that cannot be ordered is in every range of a malicious record. */
export function affects({ versions, ranges, kind }: CompiledAdvisory, version: string, order: VersionOrder): boolean {
  if (versions.includes(version)) return true;
  if (order.isValid(version)) return ranges.some((range) => isInRange(range, version, order));
  return kind === "malicious" && ranges.length > 0;
}

/** The points stand in version order: walk them, and see what the last one that the version has reached says. */
function isInRange(range: readonly RangePoint[], version: string, order: VersionOrder): boolean {
  let affected = false;
  let limited = false;
  let belowLimit = false;
  for (const [kind, point] of range) {
    const reached = point === "0" ? 1 : order.isValid(point) ? Math.sign(order.compare(version, point)) : -1;
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
