import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { generateKeyPair } from "../../../core/bundle/keys.ts";
import { keylessSigning, keySigning, type SigstoreUrls, signStatement } from "../../../core/bundle/sign.ts";
import { toTrust } from "../../../core/bundle/trust.ts";
import { verifyBundle } from "../../../core/bundle/verify.ts";
import { claimsOf, completeIdentity } from "../../../core/sigstore/identity.ts";
import type { TrustedIdentity } from "../../../schemas/types/trust-policy.ts";
import { makeStatement, STATEMENT_CREATED } from "../../support/bundles.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";
import { type Claims, ISSUER, type MockSigstore, runClaims, startSigstore, WORKFLOW } from "../../support/sigstore.ts";

const IDENTITY = {
  issuer: ISSUER,
  workflow: WORKFLOW,
  repository: "https://github.com/acme/policy",
  ref: "refs/heads/main",
  repositoryId: "1234",
  ownerId: "56",
  runner: "github-hosted",
  trigger: "push",
} as const;

describe("a bundle that an identity signed", () => {
  let sigstore: MockSigstore;
  let folder: Folder;
  let signed: Uint8Array;

  before(async () => {
    sigstore = await startSigstore();
    folder = makeFolder({ "trusted_root.json": JSON.stringify(sigstore.trustedRoot) });
    signed = await signAs();
  });

  after(async () => {
    await sigstore.close();
    folder.remove();
  });

  async function signAs(claims: Claims = {}, urls: Partial<SigstoreUrls> = {}): Promise<Uint8Array> {
    sigstore.claims = runClaims(claims);
    const { url } = sigstore;
    const provider = { getToken: async () => sigstore.token() };
    const signing = keylessSigning({ fulcio: url, rekor: url, rekorVersion: 1, tsa: url, ...urls }, provider);
    return Buffer.from(await signStatement(Buffer.from(JSON.stringify(makeStatement())), signing));
  }

  const trusting = (identity: object = {}, sigstoreTrust: object = {}) =>
    toTrust(
      {
        identities: [{ ...IDENTITY, ...identity }],
        sigstore: { trustedRoot: "trusted_root.json", ...sigstoreTrust },
      },
      "test",
      { base: folder.path, cacheDir: folder.path },
    );
  const verify = (bytes: Uint8Array, trust = trusting()) => verifyBundle(bytes, trust, STATEMENT_CREATED);

  it("is accepted, and the signer named", () => {
    assert.equal(verify(signed).signer, `identity:${WORKFLOW} (${ISSUER})`);
  });

  it("is accepted with a Rekor v2 entry, whose time is the timestamp authority's", async () => {
    assert.equal(verify(await signAs({}, { rekorVersion: 2 })).manifest.revision, 1);
  });

  it("is accepted by its timestamp alone, where the operator says that there is no log", async () => {
    const unlogged = await signAs({}, { rekor: null });
    assert.equal(verify(unlogged, trusting({}, { transparencyLog: false })).manifest.revision, 1);
    assert.throws(() => verify(unlogged), { code: "BUNDLE_SIGNATURE", message: /expected 1 tlog entries, got 0/ });
  });

  const OTHERS: readonly [name: string, claims: Claims, field: RegExp][] = [
    ["another repository", { repository: "evil/policy" }, /its workflow is .*evil/],
    ["a repository whose name begins alike", { repository: "acme/policy2" }, /its workflow is .*policy2/],
    ["another branch", { ref: "refs/heads/evil" }, /its workflow is .*heads\/evil/],
    ["another issuer", { iss: "https://issuer.example" }, /its issuer is https:\/\/issuer\.example/],
    ["a repository that took over the name", { repository_id: "9" }, /its repositoryId is 9, not 1234/],
    ["another owner of that name", { repository_owner_id: "9" }, /its ownerId is 9, not 56/],
    ["a runner of one's own", { runner_environment: "self-hosted" }, /its runner is self-hosted/],
    ["another event", { event_name: "pull_request_target" }, /its trigger is pull_request_target/],
    [
      "somebody who calls the same workflow",
      { subject: WORKFLOW, repository: "evil/other" },
      /its repository is https:\/\/github\.com\/evil\/other/,
    ],
  ];
  for (const [name, claims, message] of OTHERS) {
    it(`is refused when it is from ${name}`, async () => {
      const other = await signAs(claims);
      assert.throws(() => verify(other), { code: "BUNDLE_IDENTITY", message });
    });
  }

  it("is refused when a workflow that many share signed for another branch than the one that is trusted", async () => {
    const workflow = `https://github.com/acme/cordon/.github/workflows/policy-publish.yml@${"a".repeat(40)}`;
    const trust = trusting({ workflow });
    const run = { subject: workflow, repository: "acme/policy" };
    assert.equal(verify(await signAs(run), trust).manifest.revision, 1);
    const attack = await signAs({ ...run, ref: "refs/heads/attack" });
    assert.throws(() => verify(attack, trust), {
      code: "BUNDLE_IDENTITY",
      message: /its ref is refs\/heads\/attack, not refs\/heads\/main/,
    });
  });

  const CUT: readonly [name: string, workflow: string][] = [
    ["a beginning", WORKFLOW.slice(0, -1)],
    ["an end", WORKFLOW.slice(8)],
    ["a pattern", WORKFLOW.replace("bundle.yml", ".*")],
    ["other case", WORKFLOW.toUpperCase()],
  ];
  for (const [name, workflow] of CUT) {
    it(`is refused when the trust policy has ${name} of its workflow only`, () => {
      assert.throws(() => verify(signed, trusting({ workflow })), { code: "BUNDLE_IDENTITY" });
    });
  }

  it("is accepted for any of several identities, and refused with what each lacks", () => {
    const other = { ...IDENTITY, trigger: "schedule" };
    const trust = (identities: TrustedIdentity[]) =>
      toTrust({ identities, sigstore: { trustedRoot: "trusted_root.json" } }, "test", {
        base: folder.path,
        cacheDir: folder.path,
      });
    assert.equal(verify(signed, trust([other, IDENTITY])).manifest.revision, 1);
    assert.throws(() => verify(signed, trust([other, { ...IDENTITY, ref: "refs/tags/v1" }])), {
      message: /its trigger is push, not schedule; its ref is refs\/heads\/main, not refs\/tags\/v1/,
    });
  });

  it("is refused by a trust policy that names keys only, and a key by one that names identities only", async () => {
    const { publicKey, privateKey } = generateKeyPair();
    const withKey = await signStatement(Buffer.from(JSON.stringify(makeStatement())), keySigning(privateKey, "test"));
    assert.throws(() => verify(signed, toTrust({ keys: [publicKey] }, "test")), { code: "BUNDLE_SIGNATURE" });
    assert.throws(() => verify(Buffer.from(withKey)), { code: "BUNDLE_SIGNATURE" });
  });

  it("is refused when another instance than the trusted one certified it", async () => {
    const { certificateAuthorities, tlogs, ctlogs, timestampAuthorities } = await otherRoot();
    const mixed = (part: object) => {
      folder.write("mixed.json", JSON.stringify({ ...sigstore.trustedRoot, ...part }));
      return () => verify(signed, trusting({}, { trustedRoot: "mixed.json" }));
    };
    for (const part of [{ certificateAuthorities }, { tlogs }, { ctlogs }, { timestampAuthorities }])
      assert.throws(mixed(part), { code: "BUNDLE_SIGNATURE" }, Object.keys(part)[0]);
    assert.equal(mixed({})().manifest.revision, 1);
  });

  async function otherRoot(): Promise<Record<string, unknown>> {
    const other = await startSigstore();
    await other.close();
    return other.trustedRoot as Record<string, unknown>;
  }

  it("is refused when its certificate is in no certificate log", async () => {
    const silent = await startSigstore(runClaims(), { logsCertificates: false });
    const { url } = silent;
    const provider = { getToken: async () => silent.token() };
    const signing = keylessSigning({ fulcio: url, rekor: url, rekorVersion: 1, tsa: url }, provider);
    const unlogged = await signStatement(Buffer.from(JSON.stringify(makeStatement())), signing);
    await silent.close();
    folder.write("silent.json", JSON.stringify(silent.trustedRoot));
    assert.throws(() => verify(Buffer.from(unlogged), trusting({}, { trustedRoot: "silent.json" })), {
      code: "BUNDLE_SIGNATURE",
      message: /expected 1 SCTs, got 0/,
    });
  });

  it("is refused when nobody says when it was signed", async () => {
    // An entry of Rekor v2 has no time of its own.
    const envelope = JSON.parse(Buffer.from(await signAs({}, { rekorVersion: 2 })).toString());
    delete envelope.verificationMaterial.timestampVerificationData;
    assert.throws(() => verify(Buffer.from(JSON.stringify(envelope))), {
      code: "BUNDLE_SIGNATURE",
      message: /expected 1 timestamps, got 0/,
    });
  });

  it("is refused when its witnesses were taken out, or belong to another signature", async () => {
    const envelope = JSON.parse(Buffer.from(signed).toString());
    const another = JSON.parse(Buffer.from(await signAs()).toString());
    const material = envelope.verificationMaterial;
    const changed: readonly object[] = [
      { tlogEntries: [] },
      { tlogEntries: another.verificationMaterial.tlogEntries },
      { timestampVerificationData: another.verificationMaterial.timestampVerificationData },
      { certificate: another.verificationMaterial.certificate },
    ];
    for (const change of changed) {
      const bytes = Buffer.from(JSON.stringify({ ...envelope, verificationMaterial: { ...material, ...change } }));
      assert.throws(() => verify(bytes), { code: "BUNDLE_SIGNATURE" }, Object.keys(change)[0]);
    }
    const payload = Buffer.from(JSON.stringify(makeStatement({ revision: 9 }))).toString("base64");
    const edited = { ...envelope, dsseEnvelope: { ...envelope.dsseEnvelope, payload } };
    assert.throws(() => verify(Buffer.from(JSON.stringify(edited))), { code: "BUNDLE_SIGNATURE" });
  });
});

describe("claimsOf()", () => {
  const extension = (number: number, value: readonly number[]) => ({
    oid: { id: [1, 3, 6, 1, 4, 1, 57264, 1, number] },
    value: Buffer.from(value),
  });

  it("reads DER UTF8Strings of any length", () => {
    const long = "x".repeat(300);
    const der = Buffer.concat([Buffer.from([0x0c, 0x82, 1, 44]), Buffer.from(long)]);
    assert.equal(claimsOf({ oids: [extension(12, [...der])] }).repository, long);
    assert.equal(claimsOf({ oids: [extension(14, [0x0c, 2, 0x68, 0x69])] }).ref, "hi");
  });

  it("takes nothing from what is another type, or longer or shorter than it says", () => {
    for (const value of [[], [0x13, 1, 65], [0x0c, 1], [0x0c, 1, 65, 66], [0x0c, 0x84, 0, 0, 0, 1, 65], [65, 66]])
      assert.deepEqual(claimsOf({ oids: [extension(12, value)] }), {});
  });

  it("refuses a certificate that claims one thing twice", () => {
    const twice = [extension(12, [0x0c, 1, 65]), extension(12, [0x0c, 1, 66])];
    assert.throws(() => claimsOf({ oids: twice }), { code: "BUNDLE_IDENTITY" });
  });
});

describe("completeIdentity()", () => {
  const repositoryOf = (workflow: string, repository?: string) =>
    completeIdentity({ issuer: ISSUER, workflow, ...(repository && { repository }) }).repository;

  it("takes the repository of the workflow, where none is named", () => {
    assert.equal(repositoryOf(WORKFLOW), "https://github.com/acme/policy");
    assert.equal(
      repositoryOf("https://gitlab.example/group/sub/project//.gitlab-ci.yml@refs/heads/main"),
      "https://gitlab.example/group/sub/project",
    );
    assert.equal(repositoryOf("ann@acme.example"), undefined);
  });

  it("reads OWNER/REPO on the workflow's host", () => {
    assert.equal(repositoryOf(WORKFLOW, "acme/other"), "https://github.com/acme/other");
    assert.equal(repositoryOf(WORKFLOW, "https://github.com/acme/other"), "https://github.com/acme/other");
  });
});
