/** The list that go gets: the versions that are allowed. */

import { VERSION_ORDERS } from "../../versions/index.ts";
import type { JudgedListing } from "../ecosystem.ts";
import { allowedVersions } from "../judged.ts";

const ORDER = VERSION_ORDERS.golang;

/** One of which nothing is left is refused; of a module without any versions it is empty, and go asks for the newest instead. */
export function renderListing(judged: JudgedListing): { contentType: string; body: string } {
  const lines = allowedVersions(judged).map((version) => `${version}\n`);
  return { contentType: "text/plain; charset=utf-8", body: lines.join("") };
}

/**
 * A version is itself; nothing stands for the highest allowed release, or pre-release where there is none (Go Modules
 * Reference, "GOPROXY protocol"). Where nothing is allowed, for the highest that is denied, so that go hears why and asks
 * nobody else. Undefined for what only the upstream can tell: a branch, or what is newest without any version.
 */
export function resolveVersion(judged: JudgedListing, wanted: string | undefined): string | undefined {
  if (wanted !== undefined) return wanted.startsWith("v") && ORDER.isValid(wanted) ? wanted : undefined;
  return highest(allowedVersions(judged)) ?? highest([...judged.decisions.keys()]);
}

/** Of versions in order. */
function highest(versions: readonly string[]): string | undefined {
  return versions.findLast((version) => !ORDER.isPrerelease(version)) ?? versions.at(-1);
}
