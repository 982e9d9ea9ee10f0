/** Local keys, where there is no OIDC identity to sign with: P-256, or ed25519. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { CordonError, messageOf } from "../errors.ts";

/** What @sigstore/sign asks of a signer. */
export interface LocalSigner {
  sign(data: Buffer): Promise<{ signature: Buffer; key: { $case: "publicKey"; publicKey: string; hint: string } }>;
}

/** A new P-256 pair in PEM: PKCS #8 and SubjectPublicKeyInfo. */
export function generateKeyPair(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
}

/** Throws KEY_INVALID; the message never holds any of the key. */
export function parsePrivateKey(pem: string, where: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem.trim()); // Deno's reads no blank line behind it
  } catch {
    throw new CordonError("KEY_INVALID", `${where} is not a private key in PEM without a passphrase`);
  }
  if (!isSupported(key))
    throw new CordonError("KEY_INVALID", `${where} is a key of another kind; P-256 and ed25519 are supported`);
  return key;
}

/** Throws TRUST_INVALID. */
export function parsePublicKey(pem: string, where: string): KeyObject {
  if (/PRIVATE KEY/.test(pem))
    throw new CordonError("TRUST_INVALID", `${where} holds a private key; a verifier needs the public one only`);
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (cause) {
    throw new CordonError("TRUST_INVALID", `${where} is not a public key in PEM: ${messageOf(cause)}`, { cause });
  }
  if (!isSupported(key))
    throw new CordonError("TRUST_INVALID", `${where} is a key of another kind; P-256 and ed25519 are supported`);
  return key;
}

/** The hint by which a Sigstore bundle names its key: the digest of the SubjectPublicKeyInfo, as cosign writes it. */
export function keyHint(key: KeyObject): string {
  const spki = createPublicKey(
    key.type === "private" ? key.export({ type: "pkcs8", format: "pem" }) : key.export({ type: "spki", format: "pem" }),
  ).export({ type: "spki", format: "der" });
  return createHash("sha256").update(spki).digest("base64");
}

export function localSigner(key: KeyObject): LocalSigner {
  const publicKey = String(
    createPublicKey(key.export({ type: "pkcs8", format: "pem" })).export({ type: "spki", format: "pem" }),
  );
  const algorithm = key.asymmetricKeyType === "ed25519" ? null : "sha256";
  return {
    async sign(data) {
      return { signature: sign(algorithm, data, key), key: { $case: "publicKey", publicKey, hint: keyHint(key) } };
    },
  };
}

function isSupported({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  return (
    asymmetricKeyType === "ed25519" || (asymmetricKeyType === "ec" && asymmetricKeyDetails?.namedCurve === "prime256v1")
  );
}
