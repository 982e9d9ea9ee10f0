/** Digests as Cordon writes them (`sha256:HEX`) and as npm writes them (Subresource Integrity). */
import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";

export const DIGEST_ALGORITHMS = ["sha512", "sha384", "sha256", "sha1"] as const;
export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number];
/** Algorithm to lower-case hex. */
export type Digests = Readonly<Partial<Record<DigestAlgorithm, string>>>;

const HEX_LENGTH: Record<DigestAlgorithm, number> = { sha512: 128, sha384: 96, sha256: 64, sha1: 40 };

export function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}

const PIECE = 4 * 1024 * 1024;

/** As sha256(), for large inputs: yields to the event loop after each piece. */
export async function sha256InPieces(data: Uint8Array): Promise<string> {
  const hash = createHash("sha256");
  for (let start = 0; start < data.length; start += PIECE) {
    if (start > 0) await setImmediate();
    hash.update(data.subarray(start, start + PIECE));
  }
  return hash.digest("hex");
}

/** Checks bytes against every expected digest as they arrive; with no expected digest, nothing agrees. */
export interface DigestCheck {
  update(bytes: Uint8Array): void;
  /** Once, at the end. Every one must agree: an approval, or a rule, may have relied on any of them. */
  agrees(): boolean;
}

export function checkDigests(digests: Readonly<Record<string, string>>): DigestCheck {
  const hashes = Object.entries(digests).map(([algorithm, hex]) => ({ hash: createHash(algorithm), hex }));
  return {
    update(bytes) {
      for (const { hash } of hashes) hash.update(bytes);
    },
    agrees: () => hashes.length > 0 && hashes.every(({ hash, hex }) => hash.digest("hex") === hex),
  };
}

export function isDigest(algorithm: DigestAlgorithm, hex: string): boolean {
  return hex.length === HEX_LENGTH[algorithm] && /^[0-9a-f]+$/.test(hex);
}

/**
 * Reads an `integrity` value (W3C Subresource Integrity, as npm uses it). Of several digests of one algorithm the
 * first is kept; unknown algorithms and digests of the wrong length are dropped.
 */
export function parseIntegrity(integrity: string): Digests {
  const digests: Partial<Record<DigestAlgorithm, string>> = {};
  for (const item of integrity.trim().split(/\s+/).slice(0, 16)) {
    const match = /^(sha512|sha384|sha256|sha1)-([A-Za-z0-9+/]+={0,2})(?:\?|$)/.exec(item);
    if (!match?.[1] || !match[2]) continue;
    const algorithm = match[1] as DigestAlgorithm;
    const hex = Buffer.from(match[2], "base64").toString("hex");
    if (isDigest(algorithm, hex)) digests[algorithm] ??= hex;
  }
  return digests;
}
