/** Provenance as the npm registry serves it: a statement on a release, signed by its CI run with a mock Sigstore. */
import { createHash } from "node:crypto";
import { keylessSigning, signStatement } from "../../core/bundle/sign.ts";
import { toPurl } from "../../core/purl.ts";
import { type FixtureRelease, tarball } from "./packument.ts";
import type { FixtureRegistry } from "./registry.ts";
import type { MockSigstore } from "./sigstore.ts";

const PROVENANCE = "https://slsa.dev/provenance/v1";

/** Puts a package of one release with its provenance; `isForged`: the statement was changed after it was signed. */
export async function putAttested(
  registry: FixtureRegistry,
  { url, token }: MockSigstore,
  name: string,
  release: FixtureRelease,
  { isForged = false } = {},
): Promise<void> {
  const { version } = release;
  const statement = {
    _type: "https://in-toto.io/Statement/v1",
    subject: [
      {
        name: toPurl({ type: "npm", name, version }),
        digest: { sha512: createHash("sha512").update(tarball(name, release)).digest("hex") },
      },
    ],
    predicateType: PROVENANCE,
    predicate: {},
  };
  const bytes = Buffer.from(JSON.stringify(statement));
  const signing = keylessSigning(
    { fulcio: url, rekor: url, rekorVersion: 1, tsa: url },
    { getToken: async () => token() },
  );
  const bundle = JSON.parse(await signStatement(bytes, signing));
  if (isForged) bundle.dsseEnvelope.payload = Buffer.from(`${bytes} `).toString("base64");
  const path = `-/npm/v1/attestations/${name}@${version}`;
  registry.answer(`/${path}`, (_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ attestations: [{ predicateType: PROVENANCE, bundle }] }));
  });
  const attestations = { url: new URL(path, registry.url).href, provenance: { predicateType: PROVENANCE } };
  registry.put({ name, releases: [{ ...release, dist: { attestations } }] });
}
