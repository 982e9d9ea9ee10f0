import assert from "node:assert/strict";
import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { generateKeyPair } from "../../core/bundle/keys.ts";
import { BUNDLE_FILE, STATEMENT_FILE } from "../../core/bundle/manifest.ts";
import { sha256 } from "../../core/digest.ts";
import type { Manifest } from "../../schemas/types/manifest.ts";
import { type CliRun, cordon } from "../support/cli.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { MALWARE_POLICY, malwareRecord, policyFile } from "../support/policies.ts";

const BROKEN = policyFile("broken", "  rules: [{ name: r, condition: pkg.nmae == 'x', verdict: block, message: m }]");

/** Name and content of every file below a directory. */
function contentsOf(dir: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(dir.length + 1), readFileSync(path, "base64")]),
  );
}

describe("cordon bundle", () => {
  let folder: Folder;
  const at = (name: string): string => join(folder.path, name);
  const bundle = (...args: string[]): Promise<CliRun> => cordon("bundle", ...args);

  before(() => {
    folder = makeFolder({
      [`repository/${MALWARE_POLICY.path}`]: MALWARE_POLICY.text,
      "repository/advisories/MAL-2026-1.json": JSON.stringify(malwareRecord("evil", ["1.0.1"])),
      [`broken/${BROKEN.path}`]: BROKEN.text,
      file: "a file where a directory should be",
      [`garbled/${BUNDLE_FILE}`]: "no bundle",
    });
    const other = generateKeyPair();
    folder.write("other.pub", other.publicKey);
  });
  after(() => folder.remove());

  // Each step needs the one before; what fails beside it is run at the same time.
  let steps: Record<"keys" | "build" | "sign" | "verify" | "inspect" | "rebuild", CliRun>;
  let failures: Record<"keysAgain" | "keysIntoFile" | "brokenBuild" | "garbledBuild", CliRun>;
  let refusals: Record<"wrongKey" | "otherKey" | "tampered", CliRun>;
  let keysBefore: Record<string, string>;
  let signedBefore: Record<string, string>;
  let outAfterBroken: Record<string, string>;

  before(async () => {
    const [keys, build] = await Promise.all([
      bundle("keygen", "--out", at("keys"), "--json"),
      bundle("build", at("repository"), "--out", at("out"), "--json"),
    ]);
    keysBefore = contentsOf(at("keys"));
    const sign = await bundle("sign", at("out"), "--key", at("keys/cordon.key"), "--json");
    signedBefore = contentsOf(at("out"));
    cpSync(at("out"), at("tampered"), { recursive: true });
    for (const name of readdirSync(at("tampered/blobs/sha256")))
      writeFileSync(at(`tampered/blobs/sha256/${name}`), "x");
    const [wrongKey, verify, inspect, otherKey, tampered] = await Promise.all([
      bundle("sign", at("tampered"), "--key", at("keys/cordon.pub")),
      bundle("verify", `dir:${at("out")}`, "--trust", at("keys/cordon.pub"), "--json"),
      bundle("inspect", at("out"), "--json"),
      bundle("verify", at("out"), "--trust", at("other.pub"), "--json"),
      bundle("verify", at("tampered"), "--trust", at("keys/cordon.pub")),
    ]);
    const [keysAgain, keysIntoFile, brokenBuild, garbledBuild] = await Promise.all([
      bundle("keygen", "--out", at("keys")),
      bundle("keygen", "--out", at("file"), "--json"),
      bundle("build", at("broken"), "--out", at("out")),
      bundle("build", at("repository"), "--out", at("garbled")),
    ]);
    outAfterBroken = contentsOf(at("out"));
    failures = { keysAgain, keysIntoFile, brokenBuild, garbledBuild };
    refusals = { wrongKey, otherKey, tampered };
    const rebuild = await bundle("build", at("repository"), "--out", at("out"), "--json");
    steps = { keys, build, sign, verify, inspect, rebuild };
  });

  it("keygen writes a pair, of which only its owner may read the key", () => {
    assert.deepEqual(
      [steps.keys.code, steps.keys.json()],
      [0, { key: at("keys/cordon.key"), pub: at("keys/cordon.pub") }],
    );
    assert.equal(statSync(at("keys/cordon.key")).mode & 0o777, 0o600);
    assert.match(readFileSync(at("keys/cordon.key"), "utf8"), /^-----BEGIN PRIVATE KEY-----/);
    assert.match(readFileSync(at("keys/cordon.pub"), "utf8"), /^-----BEGIN PUBLIC KEY-----/);
  });

  it("keygen replaces no key", () => {
    assert.equal(failures.keysAgain.code, 2);
    assert.match(failures.keysAgain.stderr, /cordon\.key exists; a key in use is not replaced\n/);
    assert.deepEqual(contentsOf(at("keys")), keysBefore);
  });

  it("keygen exits with 2, and tells why, where it cannot write", () => {
    assert.equal(failures.keysIntoFile.code, 2);
    assert.match((failures.keysIntoFile.json() as { error: { message: string } }).error.message, /file already exists/);
  });

  it("build writes the statement and its parts, by their digests", () => {
    assert.deepEqual([steps.build.code, steps.build.stderr], [0, ""]);
    const manifest = steps.build.json() as Manifest;
    assert.deepEqual(
      [manifest.revision, manifest.channel, manifest.previous, manifest.parts.map(({ name }) => name)],
      [1, "stable", null, ["policy", "advisories.local"]],
    );
    for (const { gzip } of manifest.parts)
      assert.equal(sha256(readFileSync(at(`out/blobs/sha256/${gzip.sha256}`))), gzip.sha256);
    assert.ok(Object.keys(signedBefore).includes(STATEMENT_FILE));
  });

  it("build counts on from the bundle that lies there, and names it", () => {
    const { revision, previous } = steps.rebuild.json() as Manifest;
    const { digest } = steps.inspect.json() as { digest: string };
    assert.deepEqual([revision, `sha256:${previous}`], [2, digest]);
  });

  it("build writes nothing where the policies do not compile", () => {
    assert.equal(failures.brokenBuild.code, 1);
    assert.match(failures.brokenBuild.stderr, /^Error: policies\/broken\.yaml:5:\d+: error: No such key: nmae/);
    assert.deepEqual(outAfterBroken, signedBefore);
  });

  it("build does not begin anew over a bundle that it cannot read", () => {
    assert.equal(failures.garbledBuild.code, 2);
    assert.match(
      failures.garbledBuild.stderr,
      /bundle\.sigstore\.json is no bundle, so the next revision is not known/,
    );
    assert.deepEqual(Object.keys(contentsOf(at("garbled"))), [BUNDLE_FILE]);
  });

  it("sign writes the signed file", () => {
    assert.deepEqual([steps.sign.code, steps.sign.json()], [0, { signed: at(`out/${BUNDLE_FILE}`) }]);
  });

  it("verify says who signed, and exits with 0", () => {
    assert.equal(steps.verify.code, 0);
    const { verified, digest, signer, manifest } = steps.verify.json() as Record<string, unknown>;
    assert.equal(verified, true);
    assert.match(String(digest), /^sha256:[0-9a-f]{64}$/);
    assert.match(String(signer), /^key:/);
    assert.deepEqual(manifest, steps.build.json());
  });

  it("inspect shows the same, and that nothing is verified", () => {
    const { digest } = steps.verify.json() as { digest: string };
    assert.equal(steps.inspect.code, 0);
    assert.deepEqual(steps.inspect.json(), { verified: false, digest, manifest: steps.build.json() });
  });

  it("inspect and verify name the revision in one form, with its epoch", async () => {
    const [inspect, verify] = await Promise.all([
      bundle("inspect", at("out")),
      bundle("verify", at("out"), "--trust", at("keys/cordon.pub")),
    ]);
    assert.match(inspect.stdout, /^revision 0\.1 of channel stable \(not verified\)\n/);
    assert.match(verify.stdout, /^✓ dir:\S+ is revision 0\.1 of channel stable, /);
  });

  const REFUSED: readonly [name: keyof typeof refusals, code: number, text: RegExp][] = [
    ["wrongKey", 2, /cordon\.pub is not a private key in PEM/],
    ["tampered", 1, /bytes of part policy are not those that were signed\nDo not use this bundle/],
  ];
  for (const [name, code, text] of REFUSED) {
    it(`exits with ${code} and says what to do next: ${name}`, () => {
      assert.match(refusals[name].stderr, text);
      assert.deepEqual([refusals[name].code, refusals[name].stdout], [code, ""]);
    });
  }

  it("verify exits with 1 for parts that are longer than signed, or not there, and for a file that can be no bundle", async () => {
    const spoilt = (name: string, spoil: (part: string) => void): Promise<CliRun> => {
      cpSync(at("out"), at(name), { recursive: true });
      // What was signed, for the last step built the statement anew.
      for (const [path, text] of Object.entries(signedBefore)) writeFileSync(at(`${name}/${path}`), text, "base64");
      for (const blob of readdirSync(at(`${name}/blobs/sha256`))) spoil(at(`${name}/blobs/sha256/${blob}`));
      return bundle("verify", at(name), "--trust", at("keys/cordon.pub"), "--json");
    };
    const longer = await spoilt("longer", (part) => appendFileSync(part, "xx"));
    const gone = await spoilt("gone", (part) => rmSync(part));
    writeFileSync(at(`garbled/${BUNDLE_FILE}`), " ".repeat(4_000_000));
    const huge = await bundle("verify", at("garbled"), "--trust", at("keys/cordon.pub"), "--json");
    const told = [longer, gone, huge].map(({ code, json }) => [
      code,
      (json() as { error: { code: string } }).error.code,
    ]);
    assert.deepEqual(told, [
      [1, "BUNDLE_DIGEST"],
      [1, "BUNDLE_MISSING"],
      [1, "BUNDLE_MALFORMED"],
    ]);
  });

  it("verify refuses another key, as JSON too", () => {
    assert.deepEqual(
      [refusals.otherKey.code, refusals.otherKey.json()],
      [
        1,
        {
          error: {
            message: "the bundle is signed by a key that the trust policy does not name",
            code: "BUNDLE_SIGNATURE",
            next: "Do not use this bundle. Check who signed it, and the trust policy.",
          },
        },
      ],
    );
  });

  it("leaves no half-written file anywhere", () => {
    assert.deepEqual(
      Object.keys(contentsOf(folder.path)).filter((name) => name.endsWith(".tmp")),
      [],
    );
    assert.ok(existsSync(at(`out/${BUNDLE_FILE}`)));
  });
});
