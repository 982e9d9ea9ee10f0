import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { compileFeed } from "../../core/advisories/feed.ts";
import { generateKeyPair } from "../../core/bundle/keys.ts";
import { keylessSigning } from "../../core/bundle/sign.ts";
import { sha256 } from "../../core/digest.ts";
import { CordonError } from "../../core/errors.ts";
import { ServerBusy } from "../../core/server-busy.ts";
import type { BundleLifecycle } from "../../proxy/bundle-lifecycle.ts";
import { nextPollMs } from "../../proxy/poll-schedule.ts";
import type { TrustPolicy } from "../../schemas/types/trust-policy.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { ISSUER, runClaims, startSigstore, WORKFLOW } from "../support/sigstore.ts";
import { makeLifecycle, makeSource, type SettableSource, type SwitchingOptions } from "../support/switching.ts";

const HOUR_MS = 3_600_000;
const NOW = new Date("2026-11-22T12:00:00Z");
const AWAY = new CordonError("UPSTREAM_UNREACHABLE", "the source is away");

describe("the life of a bundle", () => {
  const [first, second] = [generateKeyPair(), generateKeyPair()];
  let folder: Folder;
  let source: SettableSource;
  let clock: Date;
  let lifecycles: BundleLifecycle[];
  let logged: { readonly message: string; readonly fields: Readonly<Record<string, unknown>> }[];

  beforeEach(() => {
    folder = makeFolder();
    source = makeSource();
    [clock, lifecycles, logged] = [NOW, [], []];
  });

  afterEach(() => {
    for (const lifecycle of lifecycles) lifecycle.stop();
    folder.remove();
  });

  /** As after a restart: on the same state, with the same source. */
  async function start(options: Partial<SwitchingOptions> = {}): Promise<BundleLifecycle> {
    const lifecycle = makeLifecycle(source, {
      state: join(folder.path, "state"),
      trust: { keys: [first.publicKey] },
      now: () => clock,
      log: (_level, message, fields = {}) => logged.push({ message, fields }),
      ...options,
    });
    lifecycles.push(lifecycle);
    await lifecycle.start();
    return lifecycle;
  }

  const offer = (revision: number, key = first.privateKey, created = NOW) => source.offer(key, revision, { created });
  const summary = (lifecycle: BundleLifecycle) => {
    const { revision, state, lastPoll } = lifecycle.status();
    return [revision, state, lastPoll?.error?.code ?? null];
  };
  const bothKeys: TrustPolicy = { keys: [first.publicKey, second.publicKey] };

  describe("with more than one signer", () => {
    it("does not go back to what another trusted signer had signed before, also after a restart", async () => {
      await offer(10);
      const lifecycle = await start({ trust: bothKeys });
      await offer(11, second.privateKey);
      await lifecycle.poll();
      assert.deepEqual(summary(lifecycle), [11, "ok", null]);
      await offer(10);
      await lifecycle.poll();
      assert.deepEqual(summary(lifecycle), [11, "degraded", "BUNDLE_ROLLBACK"]);
      assert.deepEqual(summary(await start({ trust: bothKeys })), [11, "degraded", "BUNDLE_ROLLBACK"]);
    });

    it("does not go back where the stored bundle was taken away and the floors were left", async () => {
      await offer(10);
      const lifecycle = await start({ trust: bothKeys });
      await offer(11, second.privateKey);
      await lifecycle.poll();
      rmSync(join(folder.path, "state", "bundle"), { recursive: true });
      await offer(10);
      assert.deepEqual(summary(await start({ trust: bothKeys })), [null, "empty", "BUNDLE_ROLLBACK"]);
      await offer(11, second.privateKey);
      assert.deepEqual(summary(await start({ trust: bothKeys })), [11, "ok", null]);
    });

    it("takes two bundles of one revision for a fork, whoever signed them", async () => {
      await offer(10);
      const lifecycle = await start({ trust: bothKeys });
      await source.offer(second.privateKey, 10, { created: new Date(NOW.getTime() - 1000) });
      await lifecycle.poll();
      assert.deepEqual(summary(lifecycle), [10, "degraded", "BUNDLE_FORK"]);
    });

    it("forgets the floor of a signer who is no longer trusted, who may have signed far ahead", async () => {
      await offer(999_999);
      assert.deepEqual(summary(await start({ trust: bothKeys })), [999_999, "ok", null]);
      await offer(12, second.privateKey);
      assert.deepEqual(summary(await start({ trust: { keys: [second.publicKey] } })), [12, "ok", null]);
    });

    it("keeps the newest signature of one statement, so that a key can be changed without a new revision", async () => {
      await offer(3);
      const lifecycle = await start({ trust: bothKeys });
      const digest = lifecycle.status().digest;
      await offer(3, second.privateKey);
      await lifecycle.poll();
      assert.deepEqual(summary(lifecycle), [3, "ok", null]);
      assert.equal(lifecycle.status().digest, digest);
      source.fail(AWAY);
      assert.equal((await start({ trust: { keys: [second.publicKey] } })).status().revision, 3);
    });
  });

  it("takes none below the revision that the operator set, also without any state", async () => {
    const trust = { keys: [first.publicKey], minRevision: 41 };
    await offer(40);
    const lifecycle = await start({ trust });
    assert.deepEqual(summary(lifecycle), [null, "empty", "BUNDLE_ROLLBACK"]);
    await offer(41);
    await lifecycle.poll();
    assert.deepEqual(summary(lifecycle), [41, "ok", null]);
    assert.deepEqual(summary(await start({ trust: { ...trust, minEpoch: 1, minRevision: 1 } })), [
      null,
      "empty",
      "BUNDLE_ROLLBACK",
    ]);
  });

  it("counts a new epoch above every revision of the one before", async () => {
    await offer(999_999);
    const lifecycle = await start();
    await source.offer(first.privateKey, 1, { created: NOW, epoch: 1 });
    await lifecycle.poll();
    assert.deepEqual(summary(lifecycle), [1, "ok", null]);
    await offer(1_000_000);
    await lifecycle.poll();
    assert.deepEqual(summary(lifecycle), [1, "degraded", "BUNDLE_ROLLBACK"]);
  });

  it("fetches only the parts that changed", async () => {
    const feeds = [compileFeed("local", [])];
    await source.offer(first.privateKey, 1, { created: NOW, feeds });
    const lifecycle = await start();
    assert.equal(source.read.length, 2);
    await source.offer(first.privateKey, 2, { created: NOW, feeds });
    await lifecycle.poll();
    assert.deepEqual([...summary(lifecycle), source.read.length], [2, "ok", null, 3]);
    await source.offer(first.privateKey, 3, { created: NOW, feeds });
    assert.deepEqual([...summary(await start()), source.read.length], [3, "ok", null, 4]);
  });

  it("is not stored with parts that nobody checked: a table may be known, and its file be another", async () => {
    const feeds = [compileFeed("local", [])];
    await source.offer(first.privateKey, 1, { created: NOW, feeds });
    const lifecycle = await start();
    const [feed] = feeds;
    assert.ok(feed);
    const otherGzip = gzipSync(feed.table, { level: 0 });
    await source.offer(first.privateKey, 2, { created: NOW, feeds: [{ ...feed, gzip: otherGzip }] });
    source.swapBlob(sha256(otherGzip), Buffer.alloc(otherGzip.length, "x"));
    await lifecycle.poll();
    assert.deepEqual(summary(lifecycle), [2, "degraded", "BUNDLE_DIGEST"]);
    assert.equal(lifecycle.status().stored, false);
    source.fail(AWAY);
    assert.equal((await start()).status().revision, 1);
    source.fail(undefined);
    source.swapBlob(sha256(otherGzip), otherGzip);
    await lifecycle.poll();
    assert.deepEqual([...summary(lifecycle), lifecycle.status().stored], [2, "ok", null, true]);
  });

  it("is asked for again where the way to its parts was at fault, when the source says", async () => {
    await offer(1);
    const lifecycle = await start();
    await offer(2);
    source.failBlobs(new ServerBusy("the store is busy", new Date(NOW.getTime() + 5 * HOUR_MS)));
    await lifecycle.poll();
    assert.deepEqual(summary(lifecycle), [1, "degraded", "SERVER_BUSY"]);
    assert.equal(lifecycle.status().polls.failed, 1);
    assert.ok(Date.parse(lifecycle.status().nextPoll ?? "") >= NOW.getTime() + 5 * HOUR_MS);
    source.failBlobs(undefined);
    await lifecycle.poll();
    assert.deepEqual(summary(lifecycle), [2, "ok", null]);
  });

  it("is well again when the floors can be read again", async () => {
    await offer(1);
    await start();
    const floors = join(folder.path, "state", "floor.json");
    const text = readFileSync(floors, "utf8");
    writeFileSync(floors, "[]");
    await offer(2);
    const lifecycle = await start();
    assert.deepEqual(summary(lifecycle), [null, "empty", "FILE_UNREADABLE"]);
    writeFileSync(floors, text);
    await lifecycle.poll();
    assert.deepEqual(summary(lifecycle), [2, "ok", null]);
  });

  describe("when the clock is wrong", () => {
    it("stays in force when the clock is set back, and says so, though it seems to be from the future", async () => {
      await offer(5);
      await start();
      clock = new Date(NOW.getTime() - 30 * 24 * HOUR_MS);
      assert.deepEqual(summary(await start()), [5, "degraded", "BUNDLE_FUTURE"]);
      source.fail(AWAY);
      assert.deepEqual(summary(await start()), [5, "degraded", "UPSTREAM_UNREACHABLE"]);
    });

    it("takes none from the future for the first time", async () => {
      await offer(5, first.privateKey, new Date(NOW.getTime() + HOUR_MS));
      assert.deepEqual(summary(await start()), [null, "empty", "BUNDLE_FUTURE"]);
    });

    it("is past its lifetime when the clock is set forward, and well when it is set right", async () => {
      await offer(5);
      await start();
      clock = new Date(NOW.getTime() + 365 * 24 * HOUR_MS);
      const lifecycle = await start({ onExpired: "deny" });
      assert.equal(lifecycle.status().state, "expired");
      assert.equal(lifecycle.isReady(), false);
      assert.throws(() => lifecycle.rules(), { code: "BUNDLE_EXPIRED" });
      clock = NOW;
      assert.equal(lifecycle.isReady(), true);
      assert.equal(lifecycle.rules().reference?.revision, 5);
    });
  });

  it("is called stale when nobody has published for twelve hours, and every change of state is logged once", async () => {
    await source.offer(first.privateKey, 1, { created: NOW, lifetimeMs: 24 * HOUR_MS });
    const lifecycle = await start();
    clock = new Date(NOW.getTime() + 12 * HOUR_MS);
    await lifecycle.poll();
    assert.equal(lifecycle.status().state, "ok");
    clock = new Date(clock.getTime() + 1);
    await lifecycle.poll();
    await lifecycle.poll();
    assert.equal(lifecycle.status().state, "stale");
    source.fail(AWAY);
    await lifecycle.poll();
    clock = new Date(NOW.getTime() + 24 * HOUR_MS);
    await lifecycle.poll();
    const states = logged.filter(({ message }) => message === "bundle state").map(({ fields }) => fields["to"]);
    assert.deepEqual(states, ["ok", "stale", "degraded", "expired"]);
  });

  it("is asked for once, however many ask at the same time, and counts how polls ended", async () => {
    await offer(1);
    const lifecycle = await start();
    const before = source.polls;
    await Promise.all([lifecycle.poll(), lifecycle.poll(), lifecycle.poll()]);
    assert.equal(source.polls, before + 1);
    await offer(1, second.privateKey);
    await lifecycle.poll();
    source.fail(AWAY);
    await lifecycle.poll();
    assert.deepEqual(lifecycle.status().polls, { activated: 1, unchanged: 1, refused: 1, failed: 1 });
  });

  it("is asked for more seldom while the source fails, at the time that it names, and again as before", async () => {
    await offer(1);
    const lifecycle = await start();
    const waitMs = () => Date.parse(lifecycle.status().nextPoll ?? "") - clock.getTime();
    assert.ok(waitMs() <= 1.1 * HOUR_MS);
    source.fail(new ServerBusy("the source is busy", new Date(NOW.getTime() + 5 * HOUR_MS)));
    await lifecycle.poll();
    assert.ok(waitMs() >= 5 * HOUR_MS, `${waitMs()}`);
    source.fail(undefined);
    await lifecycle.poll();
    assert.ok(waitMs() <= 1.1 * HOUR_MS);
  });

  describe("with an identity as its signer", () => {
    it("is taken from the one identity, and from no other", async () => {
      const sigstore = await startSigstore();
      const trustedRoot = folder.write("root.json", JSON.stringify(sigstore.trustedRoot));
      const trust = { identities: [{ issuer: ISSUER, workflow: WORKFLOW }], sigstore: { trustedRoot } };
      const signAs = (claims = {}) => {
        sigstore.claims = runClaims(claims);
        const urls = { fulcio: sigstore.url, rekor: sigstore.url, rekorVersion: 1 as const, tsa: sigstore.url };
        return keylessSigning(urls, { getToken: async () => sigstore.token() });
      };
      await source.offer(signAs(), 1, { created: NOW });
      const lifecycle = await start({ trust });
      assert.deepEqual(summary(lifecycle), [1, "ok", null]);
      assert.equal(lifecycle.status().trustedRoot?.origin, trustedRoot);
      await source.offer(signAs({ ref: "refs/heads/evil" }), 2, { created: NOW });
      await lifecycle.poll();
      assert.deepEqual(summary(lifecycle), [1, "degraded", "BUNDLE_IDENTITY"]);
      await source.offer(first.privateKey, 3, { created: NOW });
      await lifecycle.poll();
      assert.deepEqual(summary(lifecycle), [1, "degraded", "BUNDLE_SIGNATURE"]);
      await sigstore.close();
      source.fail(AWAY);
      assert.equal((await start({ trust })).status().revision, 1);
    });
  });
});

describe("nextPollMs()", () => {
  const MINUTE = 60_000;
  const at = (failures: number, retryAt?: Date, random = 0) =>
    nextPollMs(MINUTE, { failures, retryAt, now: NOW }, random);

  it("is the interval, and up to a tenth more", () => {
    assert.equal(at(0), MINUTE);
    assert.equal(at(0, undefined, 1), 1.1 * MINUTE);
  });

  it("doubles with each failure, up to a quarter of an hour, or the interval where that is longer", () => {
    assert.deepEqual(
      [1, 2, 3, 4, 99].map((failures) => at(failures) / MINUTE),
      [2, 4, 8, 15, 15],
    );
    assert.equal(nextPollMs(60 * MINUTE, { failures: 3, retryAt: undefined, now: NOW }, 0), 60 * MINUTE);
  });

  it("does not come before the time that a busy source names, and not early where that has passed", () => {
    assert.equal(at(1, new Date(NOW.getTime() + 30 * MINUTE)), 30 * MINUTE);
    assert.equal(at(1, new Date(NOW.getTime() - MINUTE)), 2 * MINUTE);
  });
});
