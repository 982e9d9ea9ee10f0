/**
 * Deno's `crypto.verify(null, …)` throws "no default digest" for EC and RSA keys where Node takes SHA-256, and
 * @sigstore/core reads a throw as "the signature is wrong". It fails closed, but it always fails. Imported before
 * Sigstore is used; Node is left as it is. Ed25519 has no digest to choose.
 */
import crypto from "node:crypto";

type Verify = (
  algorithm: string | null | undefined,
  data: NodeJS.ArrayBufferView,
  key: unknown,
  signature: NodeJS.ArrayBufferView,
) => boolean;

function needsDigest(key: unknown): boolean {
  const inner = key instanceof crypto.KeyObject ? key : (key as { key?: unknown })?.key;
  return inner instanceof crypto.KeyObject && ["ec", "rsa"].includes(inner.asymmetricKeyType ?? "");
}

if ("deno" in process.versions) {
  const original = crypto.verify as Verify;
  const patched: Verify = (algorithm, data, key, signature) =>
    original(algorithm ?? (needsDigest(key) ? "sha256" : null), data, key, signature);
  crypto.verify = patched as typeof crypto.verify;
}
