import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import type { RootSource } from "../../core/sigstore/trusted-root.ts";
import { attest, attestations, subjectOf } from "../support/attestation.ts";
import { openFiles } from "../support/open-files.ts";
import { type FixtureRelease, packument, tar, tarball } from "../support/packument.ts";
import { policyFile } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, NOW, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";
import { type MockSigstore, startSigstore } from "../support/sigstore.ts";
import { storedFiles } from "../support/stored-files.ts";
import { until } from "../support/until.ts";

const rule = (condition: string, message = "No.", more = "") =>
  `  rules: [{ name: r, condition: ${JSON.stringify(condition)}, verdict: block, message: ${message}${more} }]`;
const DIFFERS = policyFile(
  "manifest-confusion",
  rule(
    "release.file.differences.size() > 0",
    "It differs.",
    `, messageExpression: "'Its file differs in ' + release.file.differences.map(d, d.field).join(', ') + '.'"`,
  ),
);
const SCRIPTS = policyFile("no-scripts", rule("release.installScripts.size() > 0", "It has scripts."));
const ATTESTED = policyFile(
  "attested",
  rule("!release.attestation.verified || release.attestation.repository != 'https://github.com/acme/policy'"),
);
const SIGNED = policyFile("signed", rule("!release.signature.verified"));
const CONFUSED = policyFile("confused", rule("pkg.private && pkg.alsoPublic"));
const NOTHING = policyFile("nothing", rule("release.prerelease"));

/** The listing says nothing of the script, nor of the dependency. */
const CONFUSING: FixtureRelease = {
  version: "1.1.0",
  scripts: { postinstall: "node evil.js" },
  dependencies: { evil: "*" },
  manifest: { scripts: {}, dependencies: {} },
};
const PACKAGES = [
  { name: "plain", releases: [{ version: "1.0.0" }, { version: "1.1.0" }] },
  { name: "confusing", releases: [{ version: "1.0.0" }, CONFUSING] },
  { name: "old-confusing", releases: [{ ...CONFUSING, version: "0.9.0" }, { version: "1.0.0" }, { version: "1.1.0" }] },
];

describe("what listings do not tell", () => {
  let registry: FixtureRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let clock: Date;

  beforeEach(async () => {
    registry = await startRegistry(PACKAGES);
    folder = makeBundleFolder();
    clock = NOW;
  });
  afterEach(async () => {
    await proxy.close();
    await registry.close();
    folder.remove();
  });

  async function enforce(policy: { path: string; text: string }, options = {}): Promise<void> {
    await folder.sign({ source: { policies: [policy] } });
    proxy = await startTestProxy(folder, registry, { now: () => clock, ...options });
  }
  const get = (path: string) => fetch(`${proxy.npm}${path}`);
  const file = (name: string, version: string) => get(`/${name}/-/${name}-${version}.tgz`);
  const latest = async (name: string) =>
    ((await (await get(`/${name}`)).json()) as { "dist-tags": Record<string, string> })["dist-tags"]["latest"];
  const asked = (part: string) => registry.requests.filter((path) => path.includes(part)).length;

  it("is not asked for where no rule reads it", async () => {
    await enforce(NOTHING);
    assert.equal(await latest("confusing"), "1.1.0");
    assert.equal((await get("/confusing/1.1.0")).status, 200);
    assert.deepEqual(registry.requests, ["/confusing"]);
    assert.equal((await file("confusing", "1.1.0")).status, 200);
    assert.deepEqual(registry.requests, ["/confusing", "/confusing/-/confusing-1.1.0.tgz"]);
  });

  describe("of a file", () => {
    it("is read before a listing offers the newest release, and before any file is given out", async () => {
      await enforce(DIFFERS);
      assert.equal(await latest("confusing"), "1.0.0");
      const refused = await file("confusing", "1.1.0");
      assert.equal(refused.status, 403);
      const { error, remediation } = (await refused.json()) as {
        error: string;
        remediation: { alternatives: string[] };
      };
      assert.match(
        error,
        /blocked pkg:npm\/confusing@1\.1\.0: Its file differs in scripts, dependencies \(manifest-con/,
      );
      assert.deepEqual(remediation.alternatives, ["1.0.0"]);
      assert.equal((await file("confusing", "1.0.0")).status, 200);
      assert.equal(asked("confusing-1.1.0.tgz"), 1);
    });

    it("is read of an older release when its file is asked for, and the listing tells it from then on", async () => {
      await enforce(DIFFERS);
      const versions = async () =>
        ((await (await get("/old-confusing")).json()) as { versions: Record<string, { deprecated?: string }> })
          .versions;
      assert.equal((await versions())["0.9.0"]?.deprecated, undefined);
      assert.equal((await file("old-confusing", "0.9.0")).status, 403);
      assert.match((await versions())["0.9.0"]?.deprecated ?? "", /differs in scripts/);
      assert.equal(asked("old-confusing-0.9.0.tgz"), 1);
    });

    it("is read for a release's own document too, where a rule cannot do without", async () => {
      await enforce(DIFFERS);
      assert.equal((await get("/old-confusing/0.9.0")).status, 403);
      assert.equal((await get("/old-confusing/1.0.0")).status, 200);
    });

    it("corrects what the listing says of install scripts, and is not waited for by listings", async () => {
      await enforce(SCRIPTS);
      assert.equal(await latest("confusing"), "1.1.0");
      assert.equal(asked(".tgz"), 0);
      for (const method of ["HEAD", "GET"])
        assert.equal((await fetch(`${proxy.npm}/confusing/-/confusing-1.1.0.tgz`, { method })).status, 403);
      assert.equal(await latest("confusing"), "1.0.0");
      assert.equal((await file("confusing", "1.0.0")).status, 200);
    });

    it("is told by the decision page, and by the log, from which the decision is made again", async () => {
      await enforce(SCRIPTS);
      const why = await fetch(`${proxy.publicUrl}/-/why/pkg:npm/confusing@1.1.0`);
      assert.equal(((await why.json()) as { decision: string }).decision, "block");
      await file("confusing", "1.1.0");
      const line = (await proxy.decisions()).at(-1);
      assert.deepEqual(line?.known, ["identity", "listing", "time", "manifest", "file"]);
      assert.deepEqual(line?.facts?.release.installScripts, [{ name: "postinstall", text: "node evil.js" }]);
    });

    it("is told by the log of a listing that withholds a release for it", async () => {
      await enforce(DIFFERS);
      await latest("confusing");
      const line = (await proxy.decisions()).find(({ purl }) => purl === "pkg:npm/confusing@1.1.0");
      assert.deepEqual(
        [line?.kind, line?.decision, line?.known],
        ["metadata", "block", ["identity", "listing", "time", "manifest", "file"]],
      );
      assert.deepEqual(
        line?.facts?.release.file?.differences.map(({ field }) => field),
        ["scripts", "dependencies"],
      );
    });

    it("is not guessed where it cannot be had: 502 while the registry fails, and another try afterwards", async () => {
      await enforce(SCRIPTS);
      registry.answer("/plain/-/plain-1.1.0.tgz", (_request, response) => response.writeHead(503).end());
      assert.equal((await file("plain", "1.1.0")).status, 502);
      registry.answer("/plain/-/plain-1.1.0.tgz", (_request, response) =>
        response.end(tarball("plain", { version: "1.1.0" })),
      );
      assert.equal((await file("plain", "1.1.0")).status, 200);
    });

    it("is asked for once, however many want it, and not again after a restart", async () => {
      await enforce(SCRIPTS);
      const answers = await Promise.all(Array.from({ length: 10 }, () => file("plain", "1.1.0")));
      for (const answer of answers) {
        assert.equal(answer.status, 200);
        assert.ok(Buffer.from(await answer.arrayBuffer()).equals(tarball("plain", { version: "1.1.0" })));
      }
      assert.equal(asked(".tgz"), 1);
      await storedFiles(join(folder.path, "state", "cache", "files"), 1);
      await proxy.close();
      proxy = await startTestProxy(folder, registry, { now: () => clock });
      assert.equal((await file("plain", "1.1.0")).status, 200);
      assert.equal(asked(".tgz"), 1);
    });

    it("is compared again where the registry lists the same file otherwise", async () => {
      await enforce(DIFFERS);
      assert.equal((await file("plain", "1.1.0")).status, 200);
      registry.put({
        name: "plain",
        releases: [{ version: "1.0.0" }, { version: "1.1.0", manifest: { dependencies: { evil: "*" } } }],
      });
      clock = new Date(clock.getTime() + 61_000);
      assert.equal((await file("plain", "1.1.0")).status, 403);
      assert.equal(asked("plain-1.1.0.tgz"), 1);
    });

    it("is let go of where it cannot be read to its end", {
      skip: !existsSync("/proc/self/fd") && "there is no list of open files here",
    }, async () => {
      const noise = randomBytes(3 * 1024 * 1024).toString("latin1");
      const entries = [
        { path: "package/package.json", content: "{}" },
        { path: "package/link", content: "", type: "2" },
        { path: "package/noise", content: noise },
      ];
      const bytes = gzipSync(tar(entries));
      const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
      const url = `${registry.url}linked/-/linked-1.0.0.tgz`;
      registry.put({
        name: "linked",
        releases: [{ version: "1.0.0", manifest: { dist: { tarball: url, integrity } } }],
      });
      registry.answer("/linked/-/linked-1.0.0.tgz", (_request, response) => response.end(bytes));
      await enforce(SCRIPTS);
      assert.equal((await file("linked", "1.0.0")).status, 403);
      await until(() => openFiles(`${folder.path}/state/cache`) === 0);
    });

    it("is read again where the registry has another file under the same version", async () => {
      await enforce(SCRIPTS);
      assert.equal((await file("plain", "1.1.0")).status, 200);
      const changed = { ...CONFUSING, manifest: { scripts: {} } };
      registry.put({ name: "plain", releases: [{ version: "1.0.0" }, changed] });
      clock = new Date(clock.getTime() + 61_000);
      assert.equal((await file("plain", "1.1.0")).status, 403);
    });
  });

  describe("of signatures", () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const signed = (name: string, release: FixtureRelease, message = ""): FixtureRelease => {
      const bytes = tarball(name, release);
      const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
      const text = message || `${name}@${release.version}:${integrity}`;
      const sig = sign("sha256", Buffer.from(text), privateKey).toString("base64");
      const url = `${registry.url}${name}/-/${name}-${release.version}.tgz`;
      return {
        ...release,
        manifest: { dist: { tarball: url, integrity, signatures: [{ keyid: "SHA256:k", sig }] } },
      };
    };

    beforeEach(() => {
      const key = publicKey.export({ format: "der", type: "spki" }).toString("base64");
      registry.answer("/-/npm/v1/keys", (_request, response) =>
        response.end(JSON.stringify({ keys: [{ keyid: "SHA256:k", key, expires: null }] })),
      );
      registry.put({
        name: "signed",
        releases: [signed("signed", { version: "1.0.0" }), signed("signed", { version: "1.1.0" }, "something else")],
      });
    });

    it("lets pass what one of the registry's keys has signed, and asks for the keys once", async () => {
      await enforce(SIGNED);
      assert.equal(await latest("signed"), "1.0.0");
      assert.equal((await file("signed", "1.0.0")).status, 200);
      assert.equal((await file("signed", "1.1.0")).status, 403);
      assert.equal(asked("/keys"), 1);
    });

    it("lets no file pass that is written anew either, where the keys are none", async () => {
      const scripted = { version: "1.0.0", scripts: { postinstall: "exit 0" } };
      registry.put({ name: "scripted", releases: [scripted] });
      registry.answer("/-/npm/v1/keys", (_request, response) => response.end("<html>"));
      const strip = policyFile(
        "strip",
        `  rules: [{ name: s, condition: "release.installScripts.size() > 0", verdict: strip-scripts, message: Scripts. }]`,
      );
      await folder.sign({ source: { policies: [SIGNED, strip] } });
      proxy = await startTestProxy(folder, registry);
      const { versions } = (await (await get("/scripted")).json()) as {
        versions: Record<string, { dist: { tarball: string } }>;
      };
      const url = new URL(versions["1.0.0"]?.dist.tarball ?? "");
      for (const path of [url.pathname.slice("/npm".length), "/scripted/-/scripted-1.0.0.tgz"])
        assert.equal((await get(path)).status, 403, path);
    });

    it("does not take a registry that has too much to do for one without keys", async () => {
      registry.answer("/-/npm/v1/keys", (_request, response) => response.writeHead(429).end('{"error":"slow down"}'));
      await enforce(SIGNED);
      assert.equal((await file("signed", "1.0.0")).status, 502);
    });

    it("takes one that does not know the address for one without keys", async () => {
      await enforce(SIGNED);
      for (const code of [404, 405, 410, 501]) {
        registry.answer("/-/npm/v1/keys", (_request, response) => response.writeHead(code).end());
        clock = new Date(clock.getTime() + 2 * 3_600_000);
        assert.equal((await file("signed", "1.0.0")).status, 403, `${code}`);
      }
    });

    it("lets nothing pass while the keys cannot be had", async () => {
      registry.answer("/-/npm/v1/keys", (_request, response) => response.writeHead(503).end());
      await enforce(SIGNED);
      assert.equal((await file("signed", "1.0.0")).status, 502);
    });
  });

  describe("of attestations", () => {
    let sigstore: MockSigstore;
    const bytes = tarball("built", { version: "1.0.0" });
    let good: object;

    before(async () => {
      sigstore = await startSigstore();
      good = await attest(sigstore, [subjectOf("pkg:npm/built@1.0.0", bytes)]);
    });
    after(() => sigstore.close());

    const root = (): RootSource => ({
      current: () => TrustedRoot.fromJSON(sigstore.trustedRoot),
      status: () => ({ origin: "test", refreshed: null, newestAuthority: null, error: null }),
      refresh: async () => {},
    });
    const put = (has = true) => {
      const dist = {
        tarball: `${registry.url}built/-/built-1.0.0.tgz`,
        integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}`,
        ...(has && { attestations: { url: `${registry.url}-/npm/v1/attestations/built@1.0.0`, provenance: {} } }),
      };
      registry.put({ name: "built", releases: [{ version: "1.0.0", manifest: { dist } }] });
    };
    const answer = (document: object) =>
      registry.answer("/-/npm/v1/attestations/built@1.0.0", (_request, response) =>
        response.end(JSON.stringify(document)),
      );

    it("lets pass what was built where the policy says, and asks once", async () => {
      put();
      answer(attestations(good));
      await enforce(ATTESTED, { attestationRoot: root() });
      assert.equal(await latest("built"), "1.0.0");
      assert.equal((await file("built", "1.0.0")).status, 200);
      assert.equal((await file("built", "1.0.0")).status, 200);
      assert.equal(asked("/attestations/"), 1);
    });

    it("refuses what somebody else built, and what is not attested, without asking for the latter", async () => {
      put();
      answer(attestations(await attest(sigstore, [subjectOf("pkg:npm/built@1.0.1", bytes)])));
      await enforce(ATTESTED, { attestationRoot: root() });
      assert.equal((await file("built", "1.0.0")).status, 403);
      const before = asked("/attestations/");
      assert.equal((await file("plain", "1.0.0")).status, 403);
      assert.equal(asked("/attestations/"), before);
    });

    it("takes a registry that says it has some, and has not, for one that has none", async () => {
      put();
      await enforce(ATTESTED, { attestationRoot: root() });
      assert.equal((await file("built", "1.0.0")).status, 403);
    });

    it("asks for what it has again after an hour, and is 502 while that fails", async () => {
      put();
      answer(attestations(good));
      await enforce(ATTESTED, { attestationRoot: root() });
      assert.equal((await file("built", "1.0.0")).status, 200);
      registry.answer("/-/npm/v1/attestations/built@1.0.0", (_request, response) => response.writeHead(503).end());
      assert.equal((await file("built", "1.0.0")).status, 200);
      clock = new Date(clock.getTime() + 61 * 60_000);
      assert.equal((await file("built", "1.0.0")).status, 502);
    });

    it("trusts the public Sigstore only, where the operator names no other", async () => {
      put();
      answer(attestations(good));
      await enforce(ATTESTED);
      assert.equal((await file("built", "1.0.0")).status, 403);
    });
  });

  describe("of private packages", () => {
    let own: FixtureRegistry;

    beforeEach(async () => {
      own = await startRegistry([
        { name: "@acme/ui", releases: [{ version: "1.0.0" }] },
        { name: "@acme/taken", releases: [{ version: "1.0.0" }] },
      ]);
      registry.put({ name: "@acme/taken", releases: [{ version: "99.0.0" }] });
    });
    afterEach(() => own.close());

    const enforceWithOwn = (policy: { path: string; text: string }) =>
      enforce(policy, { privateRegistries: [{ ecosystem: "npm", packages: ["@acme/*"], registry: own.url }] });
    const scoped = (name: string) => get(`/@acme/${name}/-/${name}-1.0.0.tgz`);

    it("tells whether the public registry has one of the same name, where a rule asks", async () => {
      await enforceWithOwn(CONFUSED);
      assert.equal((await scoped("ui")).status, 200);
      assert.equal((await scoped("taken")).status, 403);
      assert.equal((await file("plain", "1.0.0")).status, 200);
      assert.deepEqual(
        registry.requests.filter((path) => path.startsWith("/@acme")),
        ["/@acme/ui", "/@acme/taken"],
      );
    });

    it("keeps their names from the public registry where no rule asks", async () => {
      await enforceWithOwn(NOTHING);
      assert.equal((await scoped("taken")).status, 200);
      assert.ok(!registry.requests.some((path) => path.includes("acme")));
    });

    it("does not take a public registry that fails for one that has no such package", async () => {
      await enforceWithOwn(CONFUSED);
      registry.answer("/@acme/taken", (_request, response) => response.writeHead(503).end());
      assert.equal((await scoped("taken")).status, 502);
    });

    it("is a fact without asking where they come from", async () => {
      await enforceWithOwn(policyFile("own", rule("pkg.private", "It is ours.")));
      assert.equal((await scoped("ui")).status, 403);
      assert.equal((await file("plain", "1.0.0")).status, 200);
    });
  });

  it("does not open what the listing denies already, and asks for nothing then", async () => {
    registry.put({ name: "pre", releases: [{ version: "1.0.0-rc.1" }] });
    await folder.sign({ source: { policies: [NOTHING, DIFFERS, SIGNED] } });
    proxy = await startTestProxy(folder, registry);
    assert.equal((await file("pre", "1.0.0-rc.1")).status, 403);
    assert.deepEqual(registry.requests, ["/pre"]);
  });

  it("is not in a packument's own word: the fixture does lie", () => {
    const { versions } = packument({ name: "confusing", releases: [CONFUSING] }) as {
      versions: Record<string, { scripts: object }>;
    };
    assert.deepEqual(versions["1.1.0"]?.scripts, {});
  });
});
