import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { generateKeyPair } from "../../../core/bundle/keys.ts";
import { keySigning, signStatement } from "../../../core/bundle/sign.ts";
import { sha256 } from "../../../core/digest.ts";
import { verifyProvenance } from "../../../core/sigstore/provenance.ts";
import { embeddedRoot } from "../../../core/sigstore/trusted-root.ts";
import { attest, subjectOf } from "../../support/attestation.ts";
import { ISSUER, type MockSigstore, runClaims, startSigstore, WORKFLOW } from "../../support/sigstore.ts";

const PURL = "pkg:npm/%40acme/ui@1.0.0";
const BYTES = Buffer.from("the file");
const SUBJECT = subjectOf(PURL, BYTES);
const RELEASE = {
  name: PURL,
  predicates: ["https://slsa.dev/provenance/"],
  digests: { sha512: SUBJECT.digest["sha512"] ?? "", sha1: "0".repeat(40) },
};

describe("verifyProvenance()", () => {
  let sigstore: MockSigstore;
  let root: TrustedRoot;
  let good: Record<string, unknown>;

  before(async () => {
    sigstore = await startSigstore();
    root = TrustedRoot.fromJSON(sigstore.trustedRoot);
    good = await attest(sigstore, [SUBJECT]);
  });
  after(() => sigstore.close());

  it("tells of a good one who built it, from the certificate", () => {
    assert.deepEqual(verifyProvenance([good], RELEASE, root), {
      verified: true,
      issuer: ISSUER,
      repository: "https://github.com/acme/policy",
      workflow: WORKFLOW,
    });
  });

  it("tells another builder apart", async () => {
    sigstore.claims = runClaims({ repository: "mallory/ui" });
    const bundle = await attest(sigstore, [SUBJECT]);
    sigstore.claims = runClaims();
    assert.equal(verifyProvenance([bundle], RELEASE, root).repository, "https://github.com/mallory/ui");
  });

  it("takes the first that is good, whatever stands beside it", () => {
    assert.equal(verifyProvenance([{}, null, "text", good], RELEASE, root).verified, true);
  });

  it("finds the release among several subjects, however its purl is written", async () => {
    const others = [subjectOf("pkg:npm/other@1.0.0", BYTES), { ...SUBJECT, name: "pkg:npm/@acme/ui@1.0.0" }];
    assert.equal(verifyProvenance([await attest(sigstore, others)], RELEASE, root).verified, true);
  });

  type Case = readonly [name: string, bundles: () => Promise<readonly unknown[]> | readonly unknown[], why: RegExp];
  const REFUSED: readonly Case[] = [
    ["none", () => [], /has none/],
    ["what is no bundle", () => [{ mediaType: "text" }], /./],
    [
      "one of another release, with the same bytes",
      async () => [await attest(sigstore, [subjectOf("pkg:npm/%40acme/ui@1.0.1", BYTES)])],
      /another release/,
    ],
    [
      "one of another file of this release",
      async () => [await attest(sigstore, [subjectOf(PURL, Buffer.from("else"))])],
      /other bytes/,
    ],
    [
      "a subject and a digest that belong to two subjects",
      async () => [
        await attest(sigstore, [subjectOf(PURL, Buffer.from("else")), subjectOf("pkg:npm/other@1.0.0", BYTES)]),
      ],
      /other bytes/,
    ],
    [
      "a weak digest only",
      async () => [await attest(sigstore, [{ name: PURL, digest: { sha1: "0".repeat(40) } }])],
      /other bytes/,
    ],
    ["no subject", async () => [await attest(sigstore, [])], /another release/],
    [
      "an attestation of something else",
      async () => [await attest(sigstore, [SUBJECT], "https://in-toto.io/attestation/test-result/v0.1")],
      /something else/,
    ],
    [
      "a statement that was changed after it was signed",
      () => {
        const { dsseEnvelope, ...rest } = good as { dsseEnvelope: { payload: string } };
        const text = Buffer.from(dsseEnvelope.payload, "base64").toString().replace("slsa", "SLSA");
        return [{ ...rest, dsseEnvelope: { ...dsseEnvelope, payload: Buffer.from(text).toString("base64") } }];
      },
      /./,
    ],
    [
      "a signature by a key, which anybody may have",
      async () => {
        const statement = { _type: "https://in-toto.io/Statement/v1", subject: [SUBJECT], predicateType: "x" };
        const signing = keySigning(generateKeyPair().privateKey, "test");
        return [JSON.parse(await signStatement(Buffer.from(JSON.stringify(statement)), signing))];
      },
      /not signed by a builder/,
    ],
    [
      "no place in the log",
      () => {
        const { verificationMaterial, ...rest } = good as { verificationMaterial: object };
        return [{ ...rest, verificationMaterial: { ...verificationMaterial, tlogEntries: [] } }];
      },
      /tlog|entries|log/i,
    ],
  ];
  for (const [name, bundles, why] of REFUSED) {
    it(`does not take ${name}`, async () => {
      const { verified, problem, ...rest } = verifyProvenance(await bundles(), RELEASE, root);
      assert.equal(verified, false);
      assert.match(problem ?? "", why);
      assert.deepEqual(rest, {});
    });
  }

  it("trusts no other Sigstore than the one given", () => {
    assert.equal(verifyProvenance([good], RELEASE, embeddedRoot()).verified, false);
  });

  it("verifies nothing of a release without a strong digest", () => {
    const weak = {
      name: PURL,
      predicates: ["https://slsa.dev/provenance/"],
      digests: { sha1: sha256("x").slice(0, 40) },
    };
    assert.match(verifyProvenance([good], weak, root).problem ?? "", /other bytes/);
  });
});
