/** A bundle that is verified, and opened, as a proxy would do it. */
import { openBundle } from "../core/bundle/open.ts";
import { bundleSource } from "../core/bundle/sources/index.ts";
import { readTrust } from "../core/bundle/trust.ts";
import { type VerifiedBundle, verifyBundle, verifyFresh, verifyMinimum } from "../core/bundle/verify.ts";
import { CordonError } from "../core/errors.ts";
import type { Rules } from "../core/gate.ts";

export interface TrustedBundle {
  /** The source's name. */
  readonly source: string;
  readonly verified: VerifiedBundle;
  readonly rules: Rules;
}

/** `sourceText` as in `dir:PATH`; `trustFile` a public key in PEM, or a trust policy. Throws BUNDLE_* and TRUST_INVALID. */
export async function openTrustedBundle(sourceText: string, trustFile: string): Promise<TrustedBundle> {
  const source = bundleSource(sourceText);
  const polled = await source.poll(undefined);
  if (!polled) throw new CordonError("BUNDLE_MISSING", `${source.name} has no bundle`);
  const now = new Date();
  const trust = readTrust(trustFile);
  await trust.root?.refresh(now);
  const verified = verifyBundle(polled.bytes, trust, now);
  verifyMinimum(verified, trust);
  verifyFresh(verified, now);
  const { rules } = await openBundle(verified, polled.readBlob);
  return { source: source.name, verified, rules };
}
