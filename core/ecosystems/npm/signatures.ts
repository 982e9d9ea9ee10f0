/**
 * What npm's registry has besides listings and files: attestations on a release, and the keys by which it signs releases
 * (ECDSA P-256 with SHA-256 over `NAME@VERSION:INTEGRITY`).
 */
import { createPublicKey, type KeyObject, verify } from "node:crypto";
import type { Signature } from "../../../schemas/types/facts.ts";
import { own, ownString } from "../../json.ts";
import { parseReleasePurl } from "../../purl.ts";
import { oneLine } from "../../words.ts";
import type { Attested, ListedRelease } from "../ecosystem.ts";

const PROVENANCE = "https://slsa.dev/provenance/";
const MAX_ATTESTATIONS = 32;
const MAX_KEYS = 64;
const MAX_SIGNATURES = 16;

export const KEYS_PATH = "/-/npm/v1/keys";

export function attestationsPath(name: string, version: string): string {
  return `/-/npm/v1/attestations/${name.replace("/", "%2f")}@${encodeURIComponent(version)}`;
}

/** One document for the release. */
export function attestedBy({ facts }: ListedRelease): readonly Attested[] {
  const { name, version } = parseReleasePurl(facts.purl);
  const document = facts.provenance?.present ? { path: attestationsPath(name, version) } : undefined;
  return [{ document, name: facts.purl, digests: facts.digests ?? {}, predicates: [PROVENANCE] }];
}

/** The Sigstore bundles of build provenance; the registry's own witness to the publication is none. */
export function provenanceBundles(document: unknown): unknown[] {
  const attestations = own(document, "attestations");
  if (!Array.isArray(attestations)) return [];
  return attestations
    .slice(0, MAX_ATTESTATIONS)
    .filter((one) => ownString(one, "predicateType")?.startsWith(PROVENANCE))
    .map((one) => own(one, "bundle"));
}

/** Whether one of the keys of the registry's document signed the release. */
export function verifySignature({ facts, entry }: ListedRelease, keys: unknown): Signature {
  const problem = (why: string): Signature => ({ verified: false, problem: why });
  const dist = own(entry, "dist");
  const signatures = own(dist, "signatures");
  const integrity = ownString(dist, "integrity");
  if (!Array.isArray(signatures) || signatures.length === 0) return problem("the registry has not signed it");
  if (integrity === undefined) return problem("it has no integrity that could be signed");
  const message = Buffer.from(`${ownString(entry, "name")}@${ownString(entry, "version")}:${integrity}`);
  let last = "";
  for (const signature of signatures.slice(0, MAX_SIGNATURES)) {
    const keyid = ownString(signature, "keyid") ?? "";
    const key = findKey(keys, keyid, facts.published);
    if (typeof key === "string") last = key;
    else if (verify("sha256", message, key, Buffer.from(ownString(signature, "sig") ?? "", "base64")))
      return { verified: true };
    else last = `the signature by ${oneLine(keyid, 100)} is wrong`;
  }
  return problem(last);
}

/** A key that was valid when the release was published; else why there is none. */
function findKey(document: unknown, keyid: string, published: string | undefined): KeyObject | string {
  const keys = own(document, "keys");
  const found = (Array.isArray(keys) ? keys.slice(0, MAX_KEYS) : []).find((one) => ownString(one, "keyid") === keyid);
  if (!found) return `the registry has no key ${oneLine(keyid, 100)}`;
  const expires = ownString(found, "expires");
  // As npm does it: without a time the release may be as new as can be.
  if (expires !== undefined && !(Date.parse(published ?? "9999-12-31") < Date.parse(expires)))
    return `the key ${oneLine(keyid, 100)} expired at ${oneLine(expires, 40)}`;
  try {
    const der = Buffer.from(ownString(found, "key") ?? "", "base64");
    const key = createPublicKey({ key: der, format: "der", type: "spki" });
    // Of another kind it may verify nothing, and fail instead.
    if (key.asymmetricKeyType === "ec") return key;
  } catch {
    // said below
  }
  return `the key ${oneLine(keyid, 100)} cannot be read`;
}
