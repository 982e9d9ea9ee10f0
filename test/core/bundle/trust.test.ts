import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { generateKeyPair } from "../../../core/bundle/keys.ts";
import { readTrust, signersOf, toTrust } from "../../../core/bundle/trust.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";
import { ISSUER, startSigstore, WORKFLOW } from "../../support/sigstore.ts";
import { makeTufRoot, startTufMirror, type TufMirror } from "../../support/tuf-mirror.ts";

const NOW = new Date("2026-11-22T12:00:00Z");
const DAY_MS = 86_400_000;
const IDENTITY = { issuer: ISSUER, workflow: WORKFLOW };

describe("readTrust()", () => {
  let folder: Folder;

  beforeEach(() => {
    folder = makeFolder();
  });

  afterEach(() => folder.remove());

  const read = (yaml: string) => readTrust(folder.write("trust.yaml", yaml));

  it("reads keys, identities, a channel and a minimum", () => {
    const { publicKey } = generateKeyPair();
    const trust = read(
      `channel: beta\nminEpoch: 1\nminRevision: 41\nkeys:\n  - |\n${publicKey.replace(/^/gm, "    ")}\nidentities:\n  - { issuer: "${ISSUER}", workflow: "${WORKFLOW}" }\n`,
    );
    assert.equal(trust.channel, "beta");
    assert.deepEqual(trust.minimum, { epoch: 1, revision: 41 });
    assert.equal(trust.transparencyLog, true);
    const [key, identity] = signersOf(trust);
    assert.match(key ?? "", /^key:[\w+/=]{44}$/);
    assert.equal(identity, `identity:${WORKFLOW} (${ISSUER})`);
  });

  const WRONG: readonly [name: string, yaml: string, message: RegExp][] = [
    ["nobody", "channel: stable\n", /names nobody who may sign/],
    ["nobody yet", "# identities:\n#   - issuer: a\n", /trust\.yaml names nobody who may sign$/],
    ["nobody, being empty", "", /trust\.yaml names nobody who may sign$/],
    ["an identity without an issuer", `identities: [{ workflow: "${WORKFLOW}" }]`, /the key `issuer` is missing/],
    ["an identity without a workflow", `identities: [{ issuer: "${ISSUER}" }]`, /the key `workflow` is missing/],
    [
      "a misspelt field",
      `identities: [{ issuer: a, workflow: b, repositoy: c }]`,
      /unknown key `repositoy`.*repository/,
    ],
    ["an empty field", `identities: [{ issuer: a, workflow: "" }]`, /must not be empty/],
    [
      "settings of Sigstore and only keys",
      `keys: ['${generateKeyPair().publicKey.replaceAll("\n", "\n\n  ")}']\nsigstore: { trustedRoot: tuf }`,
      /no `identities` that need them/,
    ],
    [
      "a mirror without its root",
      `identities: [{ issuer: a, workflow: b }]\nsigstore: { trustedRoot: tuf, mirror: "https://tuf.example" }`,
      /needs its `root`/,
    ],
    [
      "a mirror that is not asked",
      `identities: [{ issuer: a, workflow: b }]\nsigstore: { mirror: "https://tuf.example", root: root.json }`,
      /go with `trustedRoot: tuf` only/,
    ],
  ];
  for (const [name, yaml, message] of WRONG) {
    it(`refuses a policy that names ${name}`, () => {
      assert.throws(() => read(yaml), { code: "TRUST_INVALID", message });
    });
  }

  const SHARED = "https://github.com/acme/cordon/.github/workflows/policy-publish.yml@1234";
  const identity = (workflow: string, ...more: readonly string[]) =>
    read(`identities:\n  - { ${[`issuer: "${ISSUER}"`, `workflow: "${workflow}"`, ...more].join(", ")} }`);

  it("refuses a shared workflow without the branch that it must run for: any branch there could call it", () => {
    for (const repository of ["acme/policies", "https://github.com/acme/policies"])
      assert.throws(() => identity(SHARED, `repository: ${repository}`), {
        code: "TRUST_INVALID",
        message: /trust\.yaml: .*policy-publish\.yml@1234.* any branch of https:\/\/github\.com\/acme\/policies/,
        next: "Add `ref: refs/heads/main` to that identity, or the branch that bundles are made of.",
      });
    const trust = identity(SHARED, "repository: acme/policies", "ref: refs/heads/main");
    assert.equal(trust.identities[0]?.ref, "refs/heads/main");
  });

  it("needs no branch for a workflow of the repository itself, unless a commit stands where its name would have it", () => {
    for (const more of [[], ["repository: acme/policy"], ["repository: https://github.com/acme/policy"]])
      assert.equal(identity(WORKFLOW, ...more).identities[0]?.repository, "https://github.com/acme/policy");
    assert.throws(() => identity(SHARED), { message: /any branch of https:\/\/github\.com\/acme\/cordon$/ });
  });

  it("refuses a trusted root that is missing, or is none", () => {
    const withRoot = (path: string) =>
      read(`identities: [{ issuer: a, workflow: b }]\nsigstore: { trustedRoot: ${path} }`);
    assert.throws(() => withRoot("missing.json"), { code: "FILE_UNREADABLE" });
    folder.write("empty.json", "{}");
    assert.throws(() => withRoot("empty.json"), { code: "TRUST_INVALID", message: /names no certificate authority/ });
    folder.write("text.json", "no JSON");
    assert.throws(() => withRoot("text.json"), { code: "TRUST_INVALID", message: /is no Sigstore trusted root/ });
  });

  it("knows the public instance offline, and says how old that knowledge is", () => {
    const root = read("identities: [{ issuer: a, workflow: b }]").root;
    assert.ok((root?.current().certificateAuthorities.length ?? 0) > 0);
    const status = root?.status();
    assert.equal(status?.origin, "embedded");
    assert.match(status?.newestAuthority ?? "", /^20\d\d-\d\d-\d\dT/);
  });
});

describe("a trusted root that is refreshed through TUF", () => {
  let folder: Folder;
  let mirror: TufMirror;

  beforeEach(async () => {
    folder = makeFolder();
    const sigstore = await startSigstore();
    await sigstore.close();
    mirror = await startTufMirror({ "trusted_root.json": sigstore.trustedRoot });
    folder.write("root.json", mirror.root);
  });

  afterEach(async () => {
    await mirror.close();
    folder.remove();
  });

  const open = () => {
    const policy = { identities: [IDENTITY], sigstore: { trustedRoot: "tuf", mirror: mirror.url, root: "root.json" } };
    const { root } = toTrust(policy, "test", { base: folder.path, cacheDir: `${folder.path}/cache` });
    assert.ok(root);
    return root;
  };

  it("comes from the mirror, is asked for once a day, and is kept when the mirror is down", async () => {
    const root = open();
    assert.throws(() => root.current(), { code: "TRUST_INVALID", message: /no trusted root came from/ });
    await root.refresh(NOW);
    assert.equal(root.status().error, null);
    assert.equal(root.status().refreshed, "2026-11-22T12:00:00Z");
    assert.equal(root.current().certificateAuthorities.length, 1);
    const afterFirst = mirror.requests.length;
    await root.refresh(new Date(NOW.getTime() + DAY_MS - 1));
    assert.equal(mirror.requests.length, afterFirst);
    mirror.isDown = true;
    await root.refresh(new Date(NOW.getTime() + DAY_MS));
    assert.ok(mirror.requests.length > afterFirst);
    assert.notEqual(root.status().error, null);
    assert.equal(root.status().refreshed, "2026-11-22T12:00:00Z");
    assert.equal(root.current().certificateAuthorities.length, 1);
  });

  it("is the last good one after a restart without the mirror", async () => {
    await open().refresh(NOW);
    mirror.isDown = true;
    const restarted = open();
    await restarted.refresh(NOW);
    assert.equal(restarted.current().certificateAuthorities.length, 1);
    assert.notEqual(restarted.status().error, null);
  });

  it("is refused when the repository is not the one of the root that was given", async () => {
    folder.write("root.json", makeTufRoot());
    const root = open();
    await root.refresh(NOW);
    assert.throws(() => root.current(), { code: "TRUST_INVALID" });
  });
});
