/** What follows from the versions beside a version. */
import type { Provenance } from "../../schemas/types/facts.ts";
import { formatInstant } from "../time.ts";
import type { VersionOrder } from "../versions/order.ts";

/** What is to be compatible with itself: a major version; below 1.0.0, a minor one. */
export function lineOf(version: string): string {
  // What stands behind the numbers, such as a local version, is of their line.
  const [, line = version, major, minor = "0"] = /^((?:\d+!)?v?(\d+))(?:\.(\d+))?/.exec(version) ?? [];
  return major === "0" ? `${line}.${minor}` : line;
}

/** The highest stable version of each line. `versions` are in order. */
export function newestOfLines(versions: readonly string[], order: VersionOrder): ReadonlySet<string> {
  const lines = new Map<string, string>();
  for (const version of versions) if (!order.isPrerelease(version)) lines.set(lineOf(version), version);
  return new Set(lines.values());
}

export interface ProvenanceHistory {
  /** What is said of the next higher version. */
  next(version: string, present: boolean, published: Date | undefined): Provenance;
}

/** The highest version so far that has provenance, and since when there is none. */
interface LastAttested {
  readonly version: string;
  /** `unknown`: the first release without any has no time. */
  lostSince: Date | "unknown" | undefined;
}

/**
 * A package that was built in public and no longer is looks as it does when somebody publishes with a stolen token. Stable
 * releases are compared with stable ones: many projects attest what their CI publishes nightly, and not what people do.
 */
export function createProvenanceHistory(order: VersionOrder): ProvenanceHistory {
  let [any, stable]: [LastAttested | undefined, LastAttested | undefined] = [undefined, undefined];
  return {
    next(version, present, published) {
      const isStable = !order.isPrerelease(version);
      if (present) {
        any = { version, lostSince: undefined };
        if (isStable) stable = { version, lostSince: undefined };
        return { present, lost: false };
      }
      const last = isStable ? stable : any;
      if (!last) return { present, lost: false };
      last.lostSince ??= published ?? "unknown";
      const { lostSince } = last;
      return {
        present,
        lost: true,
        lostFrom: last.version,
        ...(lostSince !== "unknown" && { lostSince: formatInstant(lostSince) }),
      };
    },
  };
}
