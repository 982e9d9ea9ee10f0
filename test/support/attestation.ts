/** Build attestations as npm's registry has them: SLSA provenance, signed for real by a Sigstore on loopback. */
import { createHash } from "node:crypto";
import { keylessSigning, signStatement } from "../../core/bundle/sign.ts";
import { toPurl } from "../../core/purl.ts";
import { type FixtureRelease, tarball } from "./packument.ts";
import type { FixtureRegistry } from "./registry.ts";
import type { MockSigstore } from "./sigstore.ts";

const SLSA = "https://slsa.dev/provenance/v1";

export interface AttestedSubject {
  readonly name: string;
  readonly digest: Readonly<Record<string, string>>;
}

/** A Sigstore bundle over an in-toto statement about these subjects, as the run that `sigstore.claims` describe. */
export async function attest(
  sigstore: MockSigstore,
  subject: readonly AttestedSubject[],
  predicateType = SLSA,
): Promise<Record<string, unknown>> {
  const { url } = sigstore;
  const signing = keylessSigning(
    { fulcio: url, rekor: url, rekorVersion: 1, tsa: url },
    { getToken: async () => sigstore.token() },
  );
  const statement = { _type: "https://in-toto.io/Statement/v1", subject, predicateType, predicate: {} };
  return JSON.parse(await signStatement(Buffer.from(JSON.stringify(statement)), signing));
}

export function subjectOf(purl: string, bytes: Uint8Array): AttestedSubject {
  return { name: purl, digest: { sha512: createHash("sha512").update(bytes).digest("hex") } };
}

/** The document of `/-/npm/v1/attestations/NAME@VERSION`. */
export function attestations(...bundles: readonly unknown[]): { attestations: object[] } {
  return { attestations: bundles.map((bundle) => ({ predicateType: SLSA, bundle })) };
}

/** Puts a package of one release with its provenance; `isForged`: the statement was changed after it was signed. */
export async function putAttested(
  registry: FixtureRegistry,
  sigstore: MockSigstore,
  name: string,
  release: FixtureRelease,
  { isForged = false } = {},
): Promise<void> {
  const { version } = release;
  const bundle = await attest(sigstore, [subjectOf(toPurl({ type: "npm", name, version }), tarball(name, release))]);
  const path = `-/npm/v1/attestations/${name}@${version}`;
  registry.answer(`/${path}`, (_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(attestations(isForged ? forged(bundle) : bundle)));
  });
  const dist = { attestations: { url: new URL(path, registry.url).href, provenance: { predicateType: SLSA } } };
  registry.put({ name, releases: [{ ...release, dist }] });
}

function forged(bundle: Record<string, unknown>): unknown {
  const { dsseEnvelope, ...rest } = bundle as { dsseEnvelope: { payload: string } };
  const payload = Buffer.concat([Buffer.from(dsseEnvelope.payload, "base64"), Buffer.from(" ")]).toString("base64");
  return { ...rest, dsseEnvelope: { ...dsseEnvelope, payload } };
}
