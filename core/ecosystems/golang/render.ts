/** The list that go gets: the versions that are allowed. */
import type { JudgedListing } from "../ecosystem.ts";
import { allowedVersions } from "../judged.ts";
import { VERSION_ORDERS } from "../versions.ts";

/** One of which nothing is left is refused; of a module without any versions it is empty, and go asks for the newest instead. */
export function renderListing(judged: JudgedListing): { contentType: string; body: string } {
  const lines = allowedVersions(judged).map((version) => `${version}\n`);
  return { contentType: "text/plain; charset=utf-8", body: lines.join("") };
}

/**
 * A version is itself; nothing stands for the highest allowed release, or pre-release where there is none (Go Modules
 * Reference, "GOPROXY protocol"). Undefined for what only the upstream can tell: a branch, or what is newest without any tag.
 */
export function resolveVersion(judged: JudgedListing, wanted: string | undefined): string | undefined {
  const order = VERSION_ORDERS.golang;
  if (wanted !== undefined) return wanted.startsWith("v") && order.isValid(wanted) ? wanted : undefined;
  const allowed = allowedVersions(judged);
  return allowed.findLast((version) => !order.isPrerelease(version)) ?? allowed.at(-1);
}
