import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { bundleToJSON } from "@sigstore/bundle";
import { DSSEBundleBuilder } from "@sigstore/sign";
import { compileFeed } from "../../../core/advisories/feed.ts";
import type { BuiltBundle } from "../../../core/bundle/build.ts";
import { generateKeyPair } from "../../../core/bundle/keys.ts";
import { type Statement, subjectsOf } from "../../../core/bundle/manifest.ts";
import { openBundle } from "../../../core/bundle/open.ts";
import { keySigning, signStatement } from "../../../core/bundle/sign.ts";
import { toTrust } from "../../../core/bundle/trust.ts";
import { verifyBundle } from "../../../core/bundle/verify.ts";
import { sha256 } from "../../../core/digest.ts";
import type { PolicySource } from "../../../core/policy/source.ts";
import { MALWARE_RECORDS, makeBundle, STATEMENT_CREATED } from "../../support/bundles.ts";
import { policyFile } from "../../support/policies.ts";

const NOW = STATEMENT_CREATED;
const keys = generateKeyPair();
const trust = toTrust({ keys: [keys.publicKey] }, "test");

async function sign(statement: unknown, privateKey = keys.privateKey): Promise<Uint8Array> {
  return Buffer.from(await signStatement(Buffer.from(JSON.stringify(statement)), keySigning(privateKey, "test")));
}

describe("buildBundle()", () => {
  it("gives the same part digests whatever the clock and the order of the records", () => {
    const [a, b] = [
      makeBundle(),
      makeBundle({
        created: new Date(),
        revision: 9,
        feeds: [compileFeed("local", MALWARE_RECORDS.toReversed())],
      }),
    ];
    const digests = ({ statement }: BuiltBundle) => statement.predicate.parts.map(({ name, sha256 }) => [name, sha256]);
    assert.deepEqual(digests(a), digests(b));
    assert.deepEqual(
      digests(a).map(([name]) => name),
      ["policy", "advisories.local"],
    );
  });

  it("changes only the part that changed", () => {
    const before = makeBundle().statement.predicate.parts;
    const after = makeBundle({ source: { policies: [], lists: [], approvals: [] } }).statement.predicate.parts;
    assert.notEqual(before[0]?.sha256, after[0]?.sha256);
    assert.equal(before[1]?.sha256, after[1]?.sha256);
  });

  it("names each part as a subject, as it is and as transported", () => {
    const { statement, blobs } = makeBundle();
    assert.deepEqual(
      statement.subject.map(({ name }) => name),
      ["policy", "policy.gz", "advisories.local", "advisories.local.gz"],
    );
    for (const [digest, bytes] of blobs) assert.equal(sha256(bytes), digest);
  });
});

describe("verifyBundle()", () => {
  it("accepts what a trusted key signed, with P-256 and with ed25519", async () => {
    const { statement } = makeBundle();
    assert.equal(verifyBundle(await sign(statement), trust, NOW).manifest.revision, 1);
    const pair = generateKeyPairSync("ed25519", {
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    const signed = await sign(statement, pair.privateKey);
    assert.equal(
      verifyBundle(signed, toTrust({ keys: [keys.publicKey, pair.publicKey] }, "test"), NOW).manifest.revision,
      1,
    );
  });

  const { statement } = makeBundle();
  const changed = (change: (statement: Statement & Record<string, unknown>) => unknown) =>
    change(structuredClone(statement) as Statement & Record<string, unknown>);
  const predicate = (fields: object) => changed((copy) => ({ ...copy, predicate: { ...copy.predicate, ...fields } }));
  const twice = (given: Statement) => {
    const parts = [...given.predicate.parts, ...given.predicate.parts];
    return { ...given, predicate: { ...given.predicate, parts }, subject: [...given.subject, ...given.subject] };
  };
  const REFUSED: readonly [name: string, statement: unknown, code: string][] = [
    [
      "a statement of another type",
      changed((copy) => ({ ...copy, _type: "https://in-toto.io/Statement/v0.1" })),
      "BUNDLE_MALFORMED",
    ],
    [
      "a statement about something else",
      changed((copy) => ({ ...copy, predicateType: "https://slsa.dev/provenance/v1" })),
      "BUNDLE_MALFORMED",
    ],
    [
      "a manifest that names parts which it does not sign",
      changed((copy) => ({ ...copy, subject: copy.subject.slice(0, 2) })),
      "BUNDLE_MALFORMED",
    ],
    ["a manifest with an unknown field", predicate({ upstreams: {} }), "BUNDLE_MALFORMED"],
    ["a manifest of a later format", predicate({ formatVersion: 2 }), "BUNDLE_MALFORMED"],
    ["a revision that is no number", predicate({ revision: "9" }), "BUNDLE_MALFORMED"],
    ["a lifetime of more than a year", predicate({ expires: "2027-11-24T12:00:00Z" }), "BUNDLE_MALFORMED"],
    ["two parts of one name", twice(statement), "BUNDLE_MALFORMED"],
    ["an end before the beginning", predicate({ expires: "2026-11-22T11:00:00Z" }), "BUNDLE_MALFORMED"],
    ["another channel", predicate({ channel: "beta" }), "BUNDLE_CHANNEL"],
    [
      "a time to come",
      predicate({ created: "2026-11-22T12:06:00Z", expires: "2026-12-22T12:06:00Z" }),
      "BUNDLE_FUTURE",
    ],
    ["no JSON", "text", "BUNDLE_MALFORMED"],
  ];
  for (const [name, refused, code] of REFUSED) {
    it(`refuses ${name}, though it is signed`, async () => {
      const signed = await sign(refused);
      assert.throws(() => verifyBundle(signed, trust, NOW), { code });
    });
  }

  it("refuses a signed payload of another type, though its text is a statement", async () => {
    const builder = new DSSEBundleBuilder({ ...keySigning(keys.privateKey, "test") });
    const data = Buffer.from(JSON.stringify(statement));
    const bundle = await builder.create({ data, type: "application/json" });
    assert.throws(() => verifyBundle(Buffer.from(JSON.stringify(bundleToJSON(bundle))), trust, NOW), {
      code: "BUNDLE_MALFORMED",
      message: /no in-toto statement/,
    });
  });

  it("refuses a key that is not trusted, even under a trusted key's name", async () => {
    const other = generateKeyPair();
    const signed = await sign(statement, other.privateKey);
    assert.throws(() => verifyBundle(signed, trust, NOW), { code: "BUNDLE_SIGNATURE" });
    const envelope = JSON.parse(Buffer.from(signed).toString());
    envelope.verificationMaterial.publicKey.hint = [...trust.keys.keys()][0];
    assert.throws(() => verifyBundle(Buffer.from(JSON.stringify(envelope)), trust, NOW), { code: "BUNDLE_SIGNATURE" });
  });

  it("refuses changed, missing and oversized bytes", async () => {
    const envelope = JSON.parse(Buffer.from(await sign(statement)).toString());
    const tampered = structuredClone(envelope);
    tampered.dsseEnvelope.payload = Buffer.from(JSON.stringify(predicate({ revision: 2 }))).toString("base64");
    assert.throws(() => verifyBundle(Buffer.from(JSON.stringify(tampered)), trust, NOW), { code: "BUNDLE_SIGNATURE" });
    const unsigned = { ...envelope, dsseEnvelope: { ...envelope.dsseEnvelope, signatures: [] } };
    assert.throws(() => verifyBundle(Buffer.from(JSON.stringify(unsigned)), trust, NOW), { code: "BUNDLE_MALFORMED" });
    assert.throws(() => verifyBundle(Buffer.alloc(2 * 1024 * 1024, " "), trust, NOW), /larger than/);
    assert.throws(() => verifyBundle(Buffer.from("{}"), trust, NOW), { code: "BUNDLE_MALFORMED" });
  });
});

describe("openBundle()", () => {
  it("opens what it verified, and stops a decompression bomb at the signed size", async () => {
    const { statement, blobs } = makeBundle();
    const verified = verifyBundle(await sign(statement), trust, NOW);
    const { rules } = await openBundle(verified, async (digest) => blobs.get(digest) ?? Buffer.alloc(0));
    assert.equal(rules.tables[0]?.lookup({ type: "npm", name: "@a/evil" })[0]?.id, "MAL-2026-2");
    const part = statement.predicate.parts[0];
    assert.ok(part);
    const shrunk = {
      ...statement,
      predicate: { ...statement.predicate, parts: [{ ...part, size: 10 }] },
      subject: statement.subject.slice(0, 2),
    };
    const bomb = verifyBundle(await sign(shrunk), trust, NOW);
    await assert.rejects(
      openBundle(bomb, async (digest) => blobs.get(digest) ?? Buffer.alloc(0)),
      { code: "BUNDLE_DIGEST" },
    );
  });

  it("refuses parts with other bytes than were signed, as they come and as they unpack", async () => {
    const { statement, blobs } = makeBundle();
    const verified = verifyBundle(await sign(statement), trust, NOW);
    const readSwapped = async (digest: string) => {
      const swapped = Buffer.from(blobs.get(digest) ?? []);
      swapped[swapped.length - 20] = (swapped.at(-20) ?? 0) ^ 1;
      return swapped;
    };
    await assert.rejects(openBundle(verified, readSwapped), {
      code: "BUNDLE_DIGEST",
      message: /^the transported bytes/,
    });
    const [part, ...rest] = statement.predicate.parts;
    assert.ok(part);
    const other = Buffer.alloc(part.size, "x");
    const parts = [{ ...part, gzip: { sha256: sha256(gzipSync(other)), size: gzipSync(other).length } }, ...rest];
    const signed = await sign({
      ...statement,
      predicate: { ...statement.predicate, parts },
      subject: subjectsOf(parts),
    });
    await assert.rejects(
      openBundle(verifyBundle(signed, trust, NOW), async (digest) => blobs.get(digest) ?? gzipSync(other)),
      { code: "BUNDLE_DIGEST", message: /^the decompressed bytes/ },
    );
  });

  it("refuses policies that do not compile, and a bundle that has none", async () => {
    const open = async (policies: PolicySource["policies"]) => {
      const { statement, blobs } = makeBundle({ source: { policies, lists: [], approvals: [] } });
      const verified = verifyBundle(await sign(statement), trust, NOW);
      return openBundle(verified, async (digest) => blobs.get(digest) ?? Buffer.alloc(0));
    };
    await assert.rejects(open([]), { code: "BUNDLE_MALFORMED", message: /would allow everything/ });
    const broken = policyFile(
      "broken",
      "  rules: [{ name: r, condition: pkg.nmae == 'x', verdict: block, message: m }]",
    );
    await assert.rejects(open([broken]), { code: "POLICY_INVALID" });
  });

  it("stops where a part unpacks to more than was signed, however much more", { timeout: 30_000 }, async () => {
    // Sixty gigabytes: who unpacks them to the end does not end in time.
    const member = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const bomb = Buffer.concat(Array.from({ length: 1000 }, () => member));
    const { statement } = makeBundle();
    const [part] = statement.predicate.parts;
    assert.ok(part);
    const parts = [{ ...part, size: 1000, gzip: { sha256: sha256(bomb), size: bomb.length } }];
    const signed = await sign({
      ...statement,
      predicate: { ...statement.predicate, parts },
      subject: subjectsOf(parts),
    });
    await assert.rejects(
      openBundle(verifyBundle(signed, trust, NOW), async () => bomb),
      { code: "BUNDLE_DIGEST" },
    );
  });

  it("refuses a part that it does not know: it might be one that blocks", async () => {
    const { statement, blobs } = makeBundle({ feeds: [] });
    const [part] = statement.predicate.parts;
    assert.ok(part);
    const parts = [part, { ...part, name: "quotas" }];
    const subject = parts.flatMap(({ name, sha256, gzip }) => [
      { name, digest: { sha256 } },
      { name: `${name}.gz`, digest: { sha256: gzip.sha256 } },
    ]);
    const verified = verifyBundle(
      await sign({ ...statement, predicate: { ...statement.predicate, parts }, subject }),
      trust,
      NOW,
    );
    await assert.rejects(
      openBundle(verified, async (digest) => blobs.get(digest) ?? Buffer.alloc(0)),
      /does not know/,
    );
  });
});
