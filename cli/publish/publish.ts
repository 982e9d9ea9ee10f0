/** Publishing a signed bundle so that no revision is ever two, and none goes back. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { BUNDLE_FILE, BUNDLE_LIMITS, blobPath, revisionOf } from "../../core/bundle/manifest.ts";
import { sha256 } from "../../core/digest.ts";
import { CordonError } from "../../core/errors.ts";
import { readBytes } from "../../core/source/files.ts";
import { parseUnverified } from "../bundle.ts";
import { readPublished } from "../trusted-bundle.ts";
import type { PublishTarget, Report, SignedBundle } from "./target.ts";

export type PublishOutcome = "published" | "already published";

export interface Published {
  readonly outcome: PublishOutcome;
  readonly url: string | null;
}

/**
 * Publishes, or finds that this very bundle is published already. Throws BUNDLE_CHANNEL, BUNDLE_ROLLBACK,
 * BUNDLE_FORK, BUNDLE_OVERTAKEN, and what the target throws.
 */
export async function publishBundle(bundle: SignedBundle, target: PublishTarget, report: Report): Promise<Published> {
  // Asked first as well, so that nothing is sent in vain.
  if (admit(bundle, (await readPublished(target.source))?.bytes) === "already published")
    return { outcome: "already published", url: null };
  let outcome: PublishOutcome = "published";
  const admitOurs = (published: Uint8Array | undefined) => {
    outcome = admit(bundle, published);
  };
  const { url } = await target.publish(bundle, admitOurs, report);
  return { outcome, url };
}

/** A signed bundle in a directory, whole. Throws BUNDLE_MISSING, BUNDLE_MALFORMED, BUNDLE_DIGEST. */
export function readSignedBundle(dir: string): SignedBundle {
  const path = join(dir, BUNDLE_FILE);
  if (!existsSync(path)) throw new CordonError("BUNDLE_MISSING", `there is no ${path}: sign the bundle first`);
  const bytes = readBytes(path, BUNDLE_LIMITS.manifestBytes);
  const found = parseUnverified(Buffer.from(bytes).toString("utf8"));
  if (!found) throw new CordonError("BUNDLE_MALFORMED", `${path} is no signed bundle`);
  const blobs = new Map<string, Uint8Array>();
  for (const { name, gzip } of found.manifest.parts) {
    const blob = readBytes(join(dir, blobPath(gzip.sha256)), gzip.size);
    if (sha256(blob) !== gzip.sha256)
      throw new CordonError("BUNDLE_DIGEST", `the bytes of part ${name} in ${dir} are not those that were signed`);
    blobs.set(gzip.sha256, blob);
  }
  const readBlob = (digest: string) => blobs.get(digest) ?? new Uint8Array();
  return { manifest: found.manifest, digest: sha256(found.statement), bytes, readBlob };
}

/** Whether the bundle may follow what is published. */
function admit({ manifest, digest }: SignedBundle, published: Uint8Array | undefined): PublishOutcome {
  const found = published && parseUnverified(Buffer.from(published).toString("utf8"));
  if (published && !found)
    throw new CordonError("BUNDLE_MALFORMED", "what is published is no bundle, so the order cannot be told");
  if (!found) return "published";
  const before = { manifest: found.manifest, digest: sha256(found.statement) };
  if (before.digest === digest) return "already published";
  // Whoever reads there trusts one channel, and would refuse the other.
  if (manifest.channel !== before.manifest.channel)
    throw new CordonError(
      "BUNDLE_CHANNEL",
      `the bundle is for channel ${manifest.channel}, and channel ${before.manifest.channel} is published there`,
    );
  const order = manifest.epoch - before.manifest.epoch || manifest.revision - before.manifest.revision;
  const [ours, theirs] = [revisionOf(manifest), revisionOf(before.manifest)];
  if (order < 0) throw new CordonError("BUNDLE_ROLLBACK", `the bundle is ${ours}, and ${theirs} is published`);
  if (order === 0)
    throw new CordonError("BUNDLE_FORK", `another bundle is published as ${theirs}, made ${before.manifest.created}`);
  if (manifest.previous !== before.digest && manifest.epoch === before.manifest.epoch)
    throw new CordonError("BUNDLE_OVERTAKEN", `${ours} was not built on top of ${theirs}, which is published`);
  return "published";
}
