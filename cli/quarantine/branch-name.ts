/** The branch on which a release is proposed for approval. */
import { sha256 } from "../../core/digest.ts";
import { parseReleasePurl } from "../../core/purl.ts";

/** Below these the branches of requests lie. */
export const REQUESTS = "quarantine/";
export const REVOCATIONS = "quarantine-revoke/";

const MAX_SLUG = 80;

/**
 * The same for the same release, and another for every other: what a branch cannot be called, two file systems would take
 * for one, or could be read as another name and version, ends with a part of the purl's digest (git-check-ref-format).
 */
export function branchOf(purl: string, folder = REQUESTS): string {
  const { type, name, version } = parseReleasePurl(purl);
  const plain = `${type}-${name}-${version}`;
  const slug = plain
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, "-")
    .replace(/[.-]{2,}/g, "-")
    .slice(0, MAX_SLUG)
    .replace(/[-.]+$/, "");
  const isExact = slug === plain && !slug.endsWith(".lock") && !version.includes("-");
  return `${folder}${slug}${isExact ? "" : `-${sha256(purl).slice(0, 10)}`}`;
}
