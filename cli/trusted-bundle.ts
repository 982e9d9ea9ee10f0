/** A bundle that is verified, and opened, as a proxy would do it. */
import { isTooLarge, openBundle } from "../core/bundle/open.ts";
import type { BundleSource, OfferedBundle } from "../core/bundle/source.ts";
import { bundleSource } from "../core/bundle/sources/index.ts";
import { readTrust, type Trust } from "../core/bundle/trust.ts";
import {
  reverifyBundle,
  type VerifiedBundle,
  verifyBundle,
  verifyFresh,
  verifyMinimum,
} from "../core/bundle/verify.ts";
import { CordonError, messageOf } from "../core/errors.ts";
import type { Rules } from "../core/gate.ts";
import { requireOwnState } from "./own-state.ts";

export interface TrustedBundle {
  /** The source's name. */
  readonly source: string;
  readonly verified: VerifiedBundle;
  readonly rules: Rules;
  readonly offered: OfferedBundle;
}

/**
 * What a source has now, verified but for its lifetime, for the bundle that comes after it; undefined where it has
 * nothing. Throws BUNDLE_* and TRUST_INVALID.
 */
export async function readPublishedBundle(
  source: BundleSource,
  trustFile: string,
): Promise<VerifiedBundle | undefined> {
  const trust = await openTrust(trustFile);
  const published = await readPublished(source);
  await trust.root?.refresh(new Date());
  return published && reverifyBundle(published.bytes, trust);
}

/** What a source has; undefined where there is nothing yet. */
export async function readPublished(source: BundleSource): Promise<OfferedBundle | undefined> {
  try {
    return await source.poll(undefined);
  } catch (error) {
    if (error instanceof CordonError && error.code === "BUNDLE_MISSING") return undefined;
    throw error;
  }
}

/** `sourceText` as in `dir:PATH`; `trustFile` a public key in PEM, or a trust policy. Throws BUNDLE_* and TRUST_INVALID. */
export async function openTrustedBundle(sourceText: string, trustFile: string): Promise<TrustedBundle> {
  const source = bundleSource(sourceText);
  const trust = await openTrust(trustFile);
  const polled = await source.poll(undefined).catch((error: unknown) => {
    throw isTooLarge(error) ? new CordonError("BUNDLE_MALFORMED", messageOf(error), { cause: error }) : error;
  });
  if (!polled) throw new CordonError("BUNDLE_MISSING", `${source.name} has no bundle`);
  const now = new Date();
  await trust.root?.refresh(now);
  const verified = verifyBundle(polled.bytes, trust, now);
  verifyMinimum(verified, trust);
  verifyFresh(verified, now);
  const { rules } = await openBundle(verified, polled.readBlob);
  return { source: source.name, verified, rules, offered: polled };
}

/** The roots that TUF gave lie in the folder of the command line, and count where TUF gives none. */
async function openTrust(file: string): Promise<Trust> {
  await requireOwnState(".");
  return readTrust(file);
}
