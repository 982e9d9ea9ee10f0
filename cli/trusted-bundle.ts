/** The rules of a bundle that is verified as a proxy would verify it. */
import { openBundle } from "../core/bundle/open.ts";
import { bundleSource } from "../core/bundle/source.ts";
import { readTrust } from "../core/bundle/trust.ts";
import { verifyBundle, verifyFresh } from "../core/bundle/verify.ts";
import { CordonError } from "../core/errors.ts";
import type { Rules } from "../core/gate.ts";

/** Throws BUNDLE_* and TRUST_INVALID. */
export async function openTrustedBundle(sourceText: string, trustFile: string): Promise<Rules> {
  const source = bundleSource(sourceText);
  const polled = await source.poll(undefined);
  if (!polled) throw new CordonError("BUNDLE_MISSING", `${source.name} has no bundle`);
  const now = new Date();
  const verified = verifyBundle(polled.bytes, readTrust(trustFile), now);
  verifyFresh(verified, now);
  return openBundle(verified, source.readBlob);
}
