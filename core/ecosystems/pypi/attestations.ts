/** What an index says of where files come from (PEP 740): attestations of their publication, or of their build. */
import { isObject, own, ownString } from "../../json.ts";
import type { Attested, ListedRelease } from "../ecosystem.ts";
import { METADATA } from "./listing.ts";

/** PyPI's own names who published; SLSA's how it was built. Either is signed by the workflow itself. */
const PREDICATES = ["https://docs.pypi.org/attestations/publish/", "https://slsa.dev/provenance/"];
const MAX_BUNDLES = 8;
const BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json";
const PAYLOAD_TYPE = "application/vnd.in-toto+json";

/** One document for each file. */
export function attestedBy({ files }: ListedRelease): readonly Attested[] {
  return files
    .filter(({ name }) => !name.endsWith(METADATA))
    .map(({ name, digests, attestations }) => ({
      document: attestations === undefined ? undefined : { address: attestations },
      name,
      digests,
      predicates: PREDICATES,
    }));
}

/** Of a provenance object, each attestation as a Sigstore bundle says it. */
export function provenanceBundles(document: unknown): unknown[] {
  const bundles = own(document, "attestation_bundles");
  return (Array.isArray(bundles) ? bundles : [])
    .slice(0, MAX_BUNDLES)
    .flatMap((bundle) => {
      const attestations = own(bundle, "attestations");
      return Array.isArray(attestations) ? attestations.slice(0, MAX_BUNDLES) : [];
    })
    .flatMap((attestation) => toBundle(attestation) ?? []);
}

/** PEP 740, "Attestation objects"; undefined for another version of them. */
function toBundle(attestation: unknown): unknown {
  const material = own(attestation, "verification_material");
  const envelope = own(attestation, "envelope");
  if (own(attestation, "version") !== 1 || !isObject(material) || !isObject(envelope)) return undefined;
  return {
    mediaType: BUNDLE_TYPE,
    verificationMaterial: {
      certificate: { rawBytes: ownString(material, "certificate") },
      tlogEntries: own(material, "transparency_entries"),
    },
    dsseEnvelope: {
      payload: ownString(envelope, "statement"),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: ownString(envelope, "signature") }],
    },
  };
}
