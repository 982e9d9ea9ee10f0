import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { describe, it } from "node:test";
import { npm } from "../../../../core/ecosystems/npm/index.ts";
import { parseListing } from "../../../../core/ecosystems/npm/listing.ts";
import { attestationsPath, provenanceBundles } from "../../../../core/ecosystems/npm/signatures.ts";
import { packumentBytes } from "../../../support/packument.ts";

const INTEGRITY = `sha512-${Buffer.alloc(64, 1).toString("base64")}`;
const PUBLISHED = "2026-06-01T00:00:00Z";
const [own, other] = [1, 2].map(() => generateKeyPairSync("ec", { namedCurve: "prime256v1" }));
assert.ok(own && other);

function keyOf(pair: typeof own, fields: object = {}): object {
  const key = pair?.publicKey.export({ format: "der", type: "spki" }).toString("base64");
  return { keyid: "SHA256:one", keytype: "ecdsa-sha2-nistp256", scheme: "ecdsa-sha2-nistp256", key, ...fields };
}

function signatureOf(message: string, pair = own): object {
  if (!pair) throw new Error("there is a key");
  return { keyid: "SHA256:one", sig: sign("sha256", Buffer.from(message), pair.privateKey).toString("base64") };
}

const MESSAGE = `@acme/ui@1.0.0:${INTEGRITY}`;
const GOOD = [signatureOf(MESSAGE)];
const KEYS = { keys: [keyOf(own)] };

function verified(signatures: unknown, keys: unknown, integrity: string | undefined = INTEGRITY) {
  const dist = { tarball: "https://registry.example/x.tgz", integrity, shasum: "a".repeat(40), signatures };
  const releases = [{ version: "1.0.0", published: PUBLISHED, manifest: { dist } }];
  const listing = parseListing("@acme/ui", packumentBytes({ name: "@acme/ui", releases }));
  const release = listing.releases.get("1.0.0");
  assert.ok(release && npm.signatures);
  return npm.signatures.verify(release, keys);
}

describe("a registry's signature", () => {
  it("is verified with the key that it names", () => assert.deepEqual(verified(GOOD, KEYS), { verified: true }));

  it("is verified where one of several is good", () =>
    assert.equal(verified([{ keyid: "SHA256:gone", sig: "" }, ...GOOD], KEYS).verified, true));

  it("is verified with a key that has expired since", () =>
    assert.equal(verified(GOOD, { keys: [keyOf(own, { expires: "2026-07-01T00:00:00Z" })] }).verified, true));

  const WRONG: readonly [name: string, signatures: unknown, keys: unknown, why: RegExp][] = [
    ["is missing", undefined, KEYS, /not signed/],
    ["is no list", "x", KEYS, /not signed/],
    ["is by a key that the registry does not have", GOOD, { keys: [] }, /no key SHA256:one/],
    ["comes from a registry without keys", GOOD, undefined, /no key/],
    ["is by another key", [signatureOf(MESSAGE, other)], KEYS, /is wrong/],
    ["is on another version", [signatureOf(`@acme/ui@1.0.1:${INTEGRITY}`)], KEYS, /is wrong/],
    ["is on another file", [signatureOf("@acme/ui@1.0.0:sha512-AAAA")], KEYS, /is wrong/],
    ["is no signature", [{ keyid: "SHA256:one", sig: 1 }], KEYS, /is wrong/],
    [
      "is by a key that had expired by then",
      GOOD,
      { keys: [keyOf(own, { expires: "2026-05-01T00:00:00Z" })] },
      /expired/,
    ],
    ["is by a key whose end is no time", GOOD, { keys: [keyOf(own, { expires: "soon" })] }, /expired/],
    [
      "is by a key of another kind",
      GOOD,
      {
        keys: [
          keyOf(own, {
            key: generateKeyPairSync("x25519").publicKey.export({ format: "der", type: "spki" }).toString("base64"),
          }),
        ],
      },
      /cannot be read/,
    ],
    ["is by a key that is none", GOOD, { keys: [keyOf(own, { key: "AAAA" })] }, /cannot be read/],
  ];
  for (const [name, signatures, keys, why] of WRONG) {
    it(`is not verified where it ${name}`, () => {
      const { verified: isVerified, problem } = verified(signatures, keys);
      assert.equal(isVerified, false);
      assert.match(problem ?? "", why);
    });
  }
});

describe("attestations", () => {
  it("lie below the registry, by name and version", () => {
    assert.equal(attestationsPath("@acme/ui", "1.0.0+a"), "/-/npm/v1/attestations/@acme%2fui@1.0.0%2Ba");
  });

  it("of a build are taken, and no others", () => {
    const slsa = { predicateType: "https://slsa.dev/provenance/v1", bundle: { a: 1 } };
    const publish = { predicateType: "https://github.com/npm/attestation/tree/main/specs/publish/v0.1", bundle: {} };
    assert.deepEqual(provenanceBundles({ attestations: [publish, slsa, null, 1] }), [{ a: 1 }]);
    for (const document of [undefined, null, {}, { attestations: {} }, []])
      assert.deepEqual(provenanceBundles(document), []);
  });
});
