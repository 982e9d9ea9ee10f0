/** Whether somebody whom the operator trusts has signed a Sigstore bundle. */
import "../sigstore/crypto-compat.ts";
import type { Bundle } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { type Signer, toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { CordonError, messageOf } from "../errors.ts";
import { claimsOf, findIdentity, identityId } from "../sigstore/identity.ts";
import { keyId, type Trust } from "./trust.ts";

/** Who signed, as signersOf() names it. Throws BUNDLE_SIGNATURE, BUNDLE_IDENTITY, TRUST_INVALID. */
export function verifySignature(bundle: Bundle, trust: Trust): string {
  const material = bundle.verificationMaterial.content;
  switch (material.$case) {
    case "publicKey":
      return verifyWithKey(bundle, material.publicKey.hint, trust);
    case "certificate":
      return verifyWithCertificate(bundle, trust);
    default:
      throw new CordonError("BUNDLE_SIGNATURE", "the bundle brings a chain of certificates, which v0.3 does not have");
  }
}

/** Swapped bytes, and keys of somebody else. The hint only says which trusted key to try. */
function verifyWithKey(bundle: Bundle, hint: string, { keys }: Trust): string {
  const key = keys.get(hint);
  if (!key)
    throw new CordonError("BUNDLE_SIGNATURE", "the bundle is signed by a key that the trust policy does not name");
  const trusted = toTrustMaterial(TrustedRoot.fromJSON({}), () => ({ publicKey: key, validFor: () => true }));
  runVerifier(
    new Verifier(trusted, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 }),
    bundle,
    "the signature does not belong to the bundle's bytes",
  );
  return keyId(hint);
}

/**
 * Swapped bytes; certificates of another authority, or not in the certificate log, or past their ten minutes when they
 * signed; signatures that no log or timestamp bears witness to; and then everybody else in the world, who can have
 * such a certificate as well.
 */
function verifyWithCertificate(bundle: Bundle, { identities, root, transparencyLog }: Trust): string {
  if (!root)
    throw new CordonError(
      "BUNDLE_SIGNATURE",
      "the bundle is signed with a certificate, and the trust policy names keys only",
    );
  // An instance without a transparency log has no certificate log either; its timestamps are what there is.
  const logged = transparencyLog ? 1 : 0;
  const signer = runVerifier(
    new Verifier(toTrustMaterial(root.current()), {
      tlogThreshold: logged,
      ctlogThreshold: logged,
      timestampThreshold: 1,
    }),
    bundle,
    "the certificate, or what bears witness to the signature, is not good",
  );
  return identityId(findIdentity(claimsOf(signer.identity ?? {}), identities));
}

function runVerifier(verifier: Verifier, bundle: Bundle, failure: string): Signer {
  try {
    return verifier.verify(toSignedEntity(bundle));
  } catch (cause) {
    throw new CordonError("BUNDLE_SIGNATURE", `${failure} (${messageOf(cause)})`, { cause });
  }
}
