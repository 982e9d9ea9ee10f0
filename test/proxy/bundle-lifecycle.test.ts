import assert from "node:assert/strict";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { generateKeyPair } from "../../core/bundle/keys.ts";
import { BUNDLE_FILE } from "../../core/bundle/manifest.ts";
import type { ProxyOptions } from "../../proxy/server.ts";
import { malwareRecord, policyFile } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, NOW, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

const HOUR_MS = 3_600_000;
const DENY_ALL = policyFile(
  "deny-all",
  '  rules: [{ name: all, condition: "true", verdict: block, message: Nothing may be installed. }]',
);

describe("the bundle in force", () => {
  let registry: FixtureRegistry;
  let folder: BundleFolder;
  let proxies: TestProxy[];
  let clock: Date;

  beforeEach(async () => {
    registry = await startRegistry([
      { name: "plain", releases: [{ version: "1.0.0" }, { version: "1.1.0", published: "2026-11-19T00:00:00Z" }] },
    ]);
    folder = makeBundleFolder();
    proxies = [];
    clock = NOW;
  });

  afterEach(async () => {
    for (const proxy of proxies) await proxy.close();
    await registry.close();
    folder.remove();
  });

  async function start(options: Partial<ProxyOptions> = {}): Promise<TestProxy> {
    const proxy = await startTestProxy(folder, registry, { now: () => clock, ...options });
    proxies.push(proxy);
    return proxy;
  }

  const file = async (proxy: TestProxy, version = "1.0.0"): Promise<number> => {
    const answer = await fetch(`${proxy.npm}/plain/-/plain-${version}.tgz`);
    await answer.arrayBuffer();
    return answer.status;
  };

  async function assertClosed(proxy: TestProxy, code: string, text: RegExp): Promise<void> {
    for (const path of ["/plain", "/plain/1.0.0", "/plain/-/plain-1.0.0.tgz"]) {
      const answer = await fetch(`${proxy.npm}${path}`);
      assert.equal(answer.status, 503, path);
      // Clients are told that nothing can be allowed; why, is the operator's: it may name paths.
      assert.match(
        ((await answer.json()) as { error: string }).error,
        /^cordon: there is no verified policy bundle, so nothing can be allowed/,
      );
    }
    assert.equal((await fetch(`${proxy.publicUrl}/-/why/pkg:npm/plain@1.0.0`)).status, 503);
    assert.equal((await fetch(`${proxy.publicUrl}/-/readyz`)).status, 503);
    assert.equal((await fetch(`${proxy.publicUrl}/-/healthz`)).status, 200);
    assert.equal(proxy.lifecycle.status().lastPoll?.error?.code, code);
    assert.match(proxy.lifecycle.status().lastPoll?.error?.message ?? "", text);
    assert.equal(proxy.lifecycle.status().state, "empty");
    assert.equal(registry.requests.length, 0);
  }

  describe("when there is none that can be trusted", () => {
    it("answers 503 without a bundle", async () => {
      await assertClosed(await start(), "BUNDLE_MISSING", /there is no .*bundle\.sigstore\.json/);
    });

    it("answers 503 for a bundle that another key signed", async () => {
      await folder.sign({ key: generateKeyPair().privateKey });
      await assertClosed(await start(), "BUNDLE_SIGNATURE", /a key that the trust policy does not name/);
    });

    it("answers 503 for a truncated bundle", async () => {
      const signed = await folder.sign();
      writeFileSync(join(folder.bundle, BUNDLE_FILE), signed.slice(0, signed.length / 2));
      await assertClosed(await start(), "BUNDLE_MALFORMED", /not a Sigstore bundle/);
    });

    it("answers 503 for a bundle whose lifetime had passed before it was first seen", async () => {
      await folder.sign({ created: new Date(NOW.getTime() - 9 * 24 * HOUR_MS) });
      await assertClosed(await start(), "BUNDLE_EXPIRED", /expired at/);
    });

    it("answers 503 for a part with other bytes than those signed", async () => {
      await folder.sign();
      const blobs = join(folder.bundle, "blobs", "sha256");
      for (const name of readdirSync(blobs)) writeFileSync(join(blobs, name), "swapped");
      await assertClosed(await start(), "BUNDLE_DIGEST", /not those that were signed/);
    });

    it("answers 503 for policies that do not compile", async () => {
      await folder.sign({
        source: {
          policies: [
            policyFile("broken", "  rules: [{ name: r, condition: pkg.nmae == 'x', verdict: block, message: m }]"),
          ],
        },
      });
      await assertClosed(await start(), "POLICY_INVALID", /do not compile/);
    });
  });

  it("shows a policy change in the next request, to a client that has the old listing too", async () => {
    await folder.sign();
    const proxy = await start();
    const before = await fetch(`${proxy.npm}/plain`);
    const etag = before.headers.get("etag") ?? "";
    assert.equal(await file(proxy), 200);
    await folder.sign({ revision: 2, records: [malwareRecord("plain", ["1.0.0"])] });
    await proxy.lifecycle.poll();
    const after = await fetch(`${proxy.npm}/plain`, { headers: { "if-none-match": etag } });
    assert.equal(after.status, 200);
    assert.match(await after.text(), /blocked pkg:npm\/plain@1\.0\.0/);
    assert.equal(await file(proxy), 403);
    assert.equal(proxy.lifecycle.status().revision, 2);
  });

  const REFUSED_LATER: readonly [name: string, code: string, offer: () => Promise<unknown>][] = [
    ["an older revision", "BUNDLE_ROLLBACK", () => folder.sign({ revision: 4 })],
    [
      "another bundle of the same revision",
      "BUNDLE_FORK",
      () => folder.sign({ revision: 5, source: { policies: [DENY_ALL] } }),
    ],
    [
      "a bundle by another key",
      "BUNDLE_SIGNATURE",
      () => folder.sign({ revision: 6, key: generateKeyPair().privateKey }),
    ],
    ["a bundle for another channel", "BUNDLE_CHANNEL", () => folder.sign({ revision: 6, channel: "beta" })],
    [
      "a bundle from the future",
      "BUNDLE_FUTURE",
      () => folder.sign({ revision: 6, created: new Date(NOW.getTime() + HOUR_MS) }),
    ],
    [
      "a replayed bundle that has expired",
      "BUNDLE_EXPIRED",
      () => folder.sign({ revision: 6, created: new Date(NOW.getTime() - 2 * HOUR_MS), lifetimeMs: HOUR_MS }),
    ],
  ];
  for (const [name, code, offer] of REFUSED_LATER) {
    it(`keeps the last known good bundle when it is offered ${name}, also after a restart`, async () => {
      await folder.sign({ revision: 5 });
      const proxy = await start();
      await offer();
      await proxy.lifecycle.poll();
      assert.equal(proxy.lifecycle.status().lastPoll?.error?.code, code);
      assert.equal(proxy.lifecycle.status().state, "degraded");
      assert.equal(proxy.lifecycle.status().revision, 5);
      assert.equal(await file(proxy), 200);
      await proxy.close();
      proxies.pop();
      const restarted = await start();
      assert.equal(restarted.lifecycle.status().revision, 5);
      assert.equal(restarted.lifecycle.status().lastPoll?.error?.code, code);
      assert.equal(await file(restarted), 200);
    });
  }

  it("says in the log once that an offered bundle is refused, not at every poll", async () => {
    await folder.sign({ key: generateKeyPair().privateKey });
    const proxy = await start();
    await proxy.lifecycle.poll();
    await proxy.lifecycle.poll();
    assert.equal(proxy.logged.filter(({ message }) => message === "bundle refused").length, 1);
    assert.equal(proxy.lifecycle.status().lastPoll?.error?.code, "BUNDLE_SIGNATURE");
  });

  it("goes on after a restart when the source has gone, and does not trust a tampered store", async () => {
    await folder.sign();
    const first = await start();
    await first.close();
    proxies.pop();
    rmSync(folder.bundle, { recursive: true });
    const second = await start();
    assert.equal(await file(second), 200);
    assert.equal(second.lifecycle.status().state, "degraded");
    await second.close();
    proxies.pop();
    const stored = join(folder.path, "state", "bundle", BUNDLE_FILE);
    const envelope = JSON.parse(readFileSync(stored, "utf8"));
    envelope.dsseEnvelope.payload = Buffer.from(
      Buffer.from(envelope.dsseEnvelope.payload, "base64").toString().replace('"revision":1', '"revision":9'),
    ).toString("base64");
    writeFileSync(stored, JSON.stringify(envelope));
    await assertClosedAfterTampering(await start());
  });

  async function assertClosedAfterTampering(proxy: TestProxy): Promise<void> {
    assert.equal(await file(proxy), 503);
    assert.equal(proxy.logged.filter(({ message }) => message === "the stored bundle is refused").length, 1);
  }

  it("does not let a rollback through when the floor cannot be read", async () => {
    await folder.sign({ revision: 5 });
    await (await start()).close();
    proxies.pop();
    writeFileSync(join(folder.path, "state", "floor.json"), "[]");
    await folder.sign({ revision: 4 });
    const proxy = await start();
    assert.equal(await file(proxy), 503);
    assert.equal(proxy.lifecycle.status().lastPoll?.error?.code, "FILE_UNREADABLE");
  });

  it("takes the stored bundle for the floor when the floor was lost, or never written", async () => {
    await folder.sign({ revision: 5 });
    await (await start()).close();
    proxies.pop();
    rmSync(join(folder.path, "state", "floor.json"));
    await folder.sign({ revision: 4 });
    const proxy = await start();
    assert.equal(proxy.lifecycle.status().lastPoll?.error?.code, "BUNDLE_ROLLBACK");
    assert.equal(proxy.lifecycle.status().revision, 5);
    assert.match(readFileSync(join(folder.path, "state", "floor.json"), "utf8"), /"revision":5/);
  });

  it("does not go back below what is in force when that could not be stored", async () => {
    await folder.sign({ revision: 5 });
    folder.write("state/bundle/blobs/sha256", "in the way of a folder");
    const proxy = await start();
    assert.equal(proxy.lifecycle.status().revision, 5);
    assert.equal(proxy.lifecycle.status().state, "degraded");
    await folder.sign({ revision: 4 });
    await proxy.lifecycle.poll();
    assert.equal(proxy.lifecycle.status().revision, 5);
    assert.equal(proxy.lifecycle.status().lastPoll?.error?.code, "BUNDLE_ROLLBACK");
  });

  it("keeps a signer's floor when another key is trusted beside it", async () => {
    await folder.sign({ revision: 5 });
    await (await start()).close();
    proxies.pop();
    const keys = [readFileSync(folder.trust, "utf8"), generateKeyPair().publicKey];
    const trust = folder.write("trust.yaml", JSON.stringify({ keys }));
    await folder.sign({ revision: 4 });
    const proxy = await start({ trust });
    assert.equal(proxy.lifecycle.status().revision, 5);
    assert.equal(proxy.lifecycle.status().lastPoll?.error?.code, "BUNDLE_ROLLBACK");
  });

  it("is well again when a source that had failed answers as before", async () => {
    await folder.sign();
    const proxy = await start();
    const away = `${folder.bundle}-away`;
    renameSync(folder.bundle, away);
    await proxy.lifecycle.poll();
    assert.equal(proxy.lifecycle.status().state, "degraded");
    renameSync(away, folder.bundle);
    await proxy.lifecycle.poll();
    assert.deepEqual([proxy.lifecycle.status().state, proxy.lifecycle.status().lastPoll?.error], ["ok", null]);
  });

  describe("when it expires while it is in force", () => {
    const later = new Date(NOW.getTime() + 8 * 24 * HOUR_MS);

    it("is enforced further by default, and reports itself", async () => {
      await folder.sign();
      const proxy = await start();
      clock = later;
      assert.equal(await file(proxy), 200);
      assert.equal(proxy.lifecycle.status().state, "expired");
      assert.equal((await fetch(`${proxy.publicUrl}/-/readyz`)).status, 200);
    });

    it("holds what was published since under `hold-new`", async () => {
      await folder.sign({ created: new Date("2026-11-18T00:00:00Z"), lifetimeMs: 5 * 24 * HOUR_MS });
      const proxy = await start({ onExpired: "hold-new" });
      assert.equal(await file(proxy, "1.1.0"), 200);
      clock = later;
      assert.equal(await file(proxy, "1.0.0"), 200);
      const answer = await fetch(`${proxy.npm}/plain/-/plain-1.1.0.tgz`);
      assert.equal(answer.status, 403);
      assert.equal(((await answer.json()) as { policy: string }).policy, "expired-bundle");
    });

    it("answers 503 under `deny`", async () => {
      await folder.sign();
      const proxy = await start({ onExpired: "deny" });
      assert.equal(await file(proxy), 200);
      clock = later;
      assert.equal(await file(proxy), 503);
      assert.equal((await fetch(`${proxy.publicUrl}/-/readyz`)).status, 503);
    });
  });

  it("is shown by /-/status: revision, digest, signer, age, last poll and feeds", async () => {
    await folder.sign({ revision: 41, records: [malwareRecord("x", ["1.0.0"])] });
    const proxy = await start();
    clock = new Date(NOW.getTime() + HOUR_MS);
    const status = (await (await fetch(`${proxy.publicUrl}/-/status`)).json()) as {
      ready: boolean;
      process: { id: number; startedAt: string };
      bundle: Record<string, unknown>;
    };
    assert.deepEqual(status.process, { id: process.pid, startedAt: "2026-11-22T12:00:00Z" });
    assert.equal(status.ready, true);
    const { digest, signer, nextPoll, ...bundle } = status.bundle;
    const waitMs = Date.parse(String(nextPoll)) - NOW.getTime();
    assert.ok(waitMs >= HOUR_MS && waitMs <= 1.1 * HOUR_MS, `${nextPoll}`);
    assert.match(String(digest), /^sha256:[0-9a-f]{64}$/);
    assert.match(String(signer), /^key:/);
    assert.deepEqual(bundle, {
      state: "ok",
      source: `dir:${folder.bundle}`,
      onExpired: "enforce",
      revision: 41,
      epoch: 0,
      channel: "stable",
      created: "2026-11-22T12:00:00Z",
      expires: "2026-11-29T12:00:00Z",
      ageSeconds: 3600,
      activatedAt: "2026-11-22T12:00:00Z",
      stored: true,
      lastPoll: { at: "2026-11-22T12:00:00Z", error: null },
      lastContact: "2026-11-22T12:00:00Z",
      polls: { activated: 1, unchanged: 0, refused: 0, failed: 0 },
      trustedRoot: null,
      feeds: [{ name: "local", entries: 1, newest: "2026-11-01T00:00:00Z", fetched: null, version: null }],
    });
  });

  it("frees a held release when its time has come, without a new document", async () => {
    registry.put({ name: "young", releases: [{ version: "1.0.0", published: "2026-11-20T00:00:00Z" }] });
    await folder.sign();
    const proxy = await start();
    assert.equal((await fetch(`${proxy.npm}/young/-/young-1.0.0.tgz`)).status, 403);
    clock = new Date("2026-11-23T00:00:00Z");
    assert.equal((await fetch(`${proxy.npm}/young/-/young-1.0.0.tgz`)).status, 200);
  });
});

describe("a proxy", () => {
  it("does not start where its decisions cannot be recorded", async () => {
    const folder = makeBundleFolder();
    const registry = await startRegistry();
    await folder.sign();
    folder.write("state/decisions.jsonl/in-the-way", "");
    await assert.rejects(startTestProxy(folder, registry), { code: "FILE_UNREADABLE" });
    await registry.close();
    folder.remove();
  });

  it("does not start without a trust policy that can be read", async () => {
    const folder = makeBundleFolder();
    const registry = await startRegistry();
    await folder.sign();
    await assert.rejects(startTestProxy(folder, registry, { trust: join(folder.path, "missing.pub") }), {
      code: "FILE_UNREADABLE",
    });
    await assert.rejects(startTestProxy(folder, registry, { trust: folder.write("key", folder.privateKey) }), {
      code: "TRUST_INVALID",
    });
    await registry.close();
    folder.remove();
  });

  it("does not take itself for its upstream", async () => {
    const folder = makeBundleFolder();
    const registry = await startRegistry();
    await folder.sign();
    await assert.rejects(startTestProxy(folder, registry, { publicUrl: registry.url.href }), { code: "UPSTREAM_LOOP" });
    await registry.close();
    folder.remove();
  });

  it("tells on /-/why what it decides on a release, and what it withholds of a package", async () => {
    const folder = makeBundleFolder();
    const registry = await startRegistry([
      { name: "@acme/ui", releases: [{ version: "1.0.0" }, { version: "1.0.1" }] },
    ]);
    await folder.sign({ records: [malwareRecord("@acme/ui", ["1.0.1", "1.0.2"])] });
    const proxy = await startTestProxy(folder, registry);
    const why = async (purl: string) =>
      (await fetch(`${proxy.publicUrl}/-/why/${purl}`)).json() as Promise<Record<string, unknown>>;
    assert.equal((await why("pkg:npm/%40acme/ui@1.0.0"))["decision"], "allow");
    const blocked = await why("pkg:npm/%40acme/ui@1.0.1");
    assert.equal(blocked["decision"], "block");
    assert.deepEqual((blocked["remediation"] as { alternatives: string[] }).alternatives, ["1.0.0"]);
    assert.equal((await why("pkg:npm/%40acme/ui@1.0.2"))["decision"], "block");
    const denied = (await why("pkg:npm/%40acme/ui"))["denied"] as { purl: string }[];
    assert.deepEqual(
      denied.map(({ purl }) => purl),
      ["pkg:npm/%40acme/ui@1.0.1", "pkg:npm/%40acme/ui@1.0.2"],
    );
    const statusOf = async (purl: string) => (await fetch(`${proxy.publicUrl}/-/why/${purl}`)).status;
    assert.equal(await statusOf("nonsense"), 400);
    for (const nobodys of ["pkg:npm/%40acme/ui@9.9.9", "pkg:npm/no-such-package@1.0.0", "pkg:cargo/x@1.0.0"])
      assert.equal(await statusOf(nobodys), 404, nobodys);
    await proxy.close();
    await registry.close();
    folder.remove();
  });
});
