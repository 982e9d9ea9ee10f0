import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parseUnverified } from "../../../cli/bundle.ts";
import { directoryTarget } from "../../../cli/publish/directory.ts";
import { publishTarget } from "../../../cli/publish/index.ts";
import { publishBundle, readSignedBundle } from "../../../cli/publish/publish.ts";
import type { SignedBundle } from "../../../cli/publish/target.ts";
import { openTrustedBundle } from "../../../cli/trusted-bundle.ts";
import { BUNDLE_FILE, blobPath } from "../../../core/bundle/manifest.ts";
import { sha256 } from "../../../core/digest.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";
import { blobsOf, makeSigner, withPolicy, writeTo } from "../../support/signed-bundles.ts";

const LOCK = "publish.lock";
const DAY_MS = 86_400_000;
const PUBLISHER = fileURLToPath(new URL("../../support/publisher.ts", import.meta.url));

/** A process with a number of its own; it publishes what it is told to. */
class Publisher {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly ended: Promise<void>;

  constructor() {
    const runtime = "deno" in process.versions ? ["run", "-A", "--no-check"] : [];
    const child = spawn(process.execPath, [...runtime, PUBLISHER], { stdio: ["pipe", "pipe", "inherit"] });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.ended = new Promise((resolve) => child.on("close", () => resolve()));
  }

  get id(): number {
    return this.#child.pid ?? 0;
  }

  /** What came of it; undefined where the process ended before it was done. */
  async publish(order: { out: string; to: string; at?: number; dieAfter?: number }): Promise<string | undefined> {
    this.#child.stdin?.write(`${JSON.stringify({ at: 0, ...order })}\n`);
    const { value, done } = await this.#lines.next();
    return done ? undefined : value;
  }

  async end(): Promise<void> {
    this.#child.stdin?.end();
    await this.ended;
  }
}

describe("publishing to a directory", () => {
  const signer = makeSigner();
  const publishers: Publisher[] = [];
  let folder: Folder;
  let dir: string;
  let trust: string;

  beforeEach(() => {
    folder = makeFolder();
    dir = join(folder.path, "published");
    trust = folder.write("cordon.pub", signer.publicKey);
  });

  afterEach(() => folder.remove());
  after(() => Promise.all(publishers.map((publisher) => publisher.end())));

  function startPublisher(): Publisher {
    const publisher = new Publisher();
    publishers.push(publisher);
    return publisher;
  }

  /** What was reported, in order, and what came of it. */
  async function publish(bundle: SignedBundle, onReport = () => {}) {
    const reports: string[] = [];
    const { outcome } = await publishBundle(bundle, directoryTarget(dir), (name, what) => {
      reports.push(`${name}: ${what}`);
      onReport();
    });
    return { outcome, reports };
  }

  const blobFile = (digest: string) => join(dir, blobPath(digest));
  const pointer = () => readFileSync(join(dir, BUNDLE_FILE));
  const writePointer = (content: string) => writeFileSync(join(dir, BUNDLE_FILE), content);

  /** As a proxy would open it. */
  async function assertPublished({ digest }: SignedBundle): Promise<void> {
    const { verified } = await openTrustedBundle(`dir:${dir}`, trust);
    assert.equal(verified.digest, digest);
    assert.deepEqual(leftovers(), []);
  }

  /** Locks and half-written files. */
  function leftovers(): string[] {
    const names = readdirSync(dir, { recursive: true }).map(String);
    return names.filter((name) => name.endsWith(".tmp") || name.includes(LOCK));
  }

  /** What a reader finds at this moment: every blob that the pointer names, with its bytes. */
  function assertWhole(): void {
    if (!existsSync(join(dir, BUNDLE_FILE))) return;
    const found = parseUnverified(pointer().toString());
    assert.ok(found);
    for (const { gzip } of found.manifest.parts) assert.equal(sha256(readFileSync(blobFile(gzip.sha256))), gzip.sha256);
  }

  function age(path: string, ms: number): void {
    const time = new Date(Date.now() - ms);
    utimesSync(path, time, time);
  }

  it("sends the parts first and the signed file last, so that a reader never meets half of a bundle", async () => {
    const first = await signer.sign(withPolicy("one"));
    const { outcome, reports } = await publish(first, assertWhole);
    assert.equal(outcome, "published");
    assert.deepEqual(reports, ["policy: sent", "advisories.local: sent", `${BUNDLE_FILE}: sent`]);
    await assertPublished(first);
    const second = await signer.follow(first, withPolicy("two"));
    const next = await publish(second, assertWhole);
    assert.deepEqual(next.reports, ["policy: sent", "advisories.local: there already", `${BUNDLE_FILE}: sent`]);
    await assertPublished(second);
  });

  it("shows the new bundle only when all of its parts are there", async () => {
    const first = await signer.sign(withPolicy("one"));
    const second = await signer.follow(first, withPolicy("two"));
    await publish(first);
    const shown: string[] = [];
    await publish(second, () => {
      const found = parseUnverified(pointer().toString());
      shown.push(`${found?.manifest.revision}`);
    });
    assert.deepEqual(shown, ["1", "1", "2"]);
  });

  it("does nothing a second time", async () => {
    const bundle = await signer.sign();
    await publish(bundle);
    const { ino, mtimeMs } = statSync(join(dir, BUNDLE_FILE));
    assert.deepEqual(await publish(bundle), { outcome: "already published", reports: [] });
    const stats = statSync(join(dir, BUNDLE_FILE));
    assert.deepEqual([stats.ino, stats.mtimeMs], [ino, mtimeMs]);
    await assertPublished(bundle);
  });

  const CRASHES: readonly [name: string, left: (blob: Uint8Array) => Uint8Array | string][] = [
    ["cut short", (blob) => blob.subarray(0, blob.length / 2)],
    ["of the right length and wrong", (blob) => blob.map((byte) => byte ^ 1)],
    ["empty", () => ""],
    ["with more at its end", (blob) => Buffer.concat([blob, blob])],
  ];
  for (const [name, left] of CRASHES) {
    it(`takes up an attempt that broke off, and writes a blob anew that is ${name}`, async () => {
      const bundle = await signer.sign();
      const [policy = "", advisories = ""] = blobsOf(bundle);
      folder.write(join("published", blobPath(policy)), bundle.readBlob(policy));
      folder.write(join("published", blobPath(advisories)), left(bundle.readBlob(advisories)));
      const { reports } = await publish(bundle);
      assert.deepEqual(reports, ["policy: there already", "advisories.local: sent", `${BUNDLE_FILE}: sent`]);
      await assertPublished(bundle);
    });
  }

  it("is as it was, and free for others, when the attempt fails in the middle", async () => {
    const first = await signer.sign(withPolicy("one"));
    const second = await signer.follow(first, withPolicy("two"));
    await publish(first);
    const failing = publish(second, () => {
      throw new Error("the disk is full");
    });
    await assert.rejects(failing, { message: "the disk is full" });
    await assertPublished(first);
    assert.equal((await publish(second)).outcome, "published");
    await assertPublished(second);
  });

  it("takes the lock of a publisher that was killed in the middle, and goes on where it was", async () => {
    const first = await signer.sign(withPolicy("one"));
    const second = await signer.follow(first, withPolicy("two"));
    await publish(first);
    const publisher = startPublisher();
    const out = writeTo(join(folder.path, "out"), second);
    assert.equal(await publisher.publish({ out, to: dir, dieAfter: 1 }), undefined);
    await publisher.ended;
    assert.deepEqual(leftovers(), [LOCK]);
    assertWhole();
    const { reports } = await publish(second);
    assert.deepEqual(reports, ["policy: there already", "advisories.local: there already", `${BUNDLE_FILE}: sent`]);
    await assertPublished(second);
  });

  describe("while another has the lock", () => {
    let bundle: SignedBundle;

    beforeEach(async () => {
      bundle = await signer.sign();
    });

    const lock = (content: unknown, ageMs = 0): void => {
      const path = folder.write(
        join("published", LOCK),
        typeof content === "string" ? content : JSON.stringify(content),
      );
      age(path, ageMs);
    };
    const LOCKED = { code: "TARGET_LOCKED", message: /another publisher is at work: .*publish\.lock is there/ };

    const HELD: readonly [name: string, content: () => unknown, ageMs: number][] = [
      ["a live process of this machine, however old", () => ({ host: hostname(), process: process.ppid }), DAY_MS],
      ["another machine, lately", () => ({ host: "elsewhere.example", process: 1 }), 60_000],
      ["somebody who has not written who yet", () => "", 0],
      ["a version that writes something else", () => ({ owner: "somebody" }), 0],
      ["nobody that can be read", () => "null", 0],
    ];
    for (const [name, content, ageMs] of HELD) {
      it(`is refused, and the lock left: ${name}`, async () => {
        lock(content(), ageMs);
        const before = readFileSync(join(dir, LOCK));
        await assert.rejects(publish(bundle), LOCKED);
        assert.deepEqual(readFileSync(join(dir, LOCK)), before);
        assert.equal(existsSync(join(dir, BUNDLE_FILE)), false);
      });
    }

    const DEAD: readonly [name: string, content: () => unknown, ageMs: number][] = [
      ["another machine, a quarter of an hour ago", () => ({ host: "elsewhere.example", process: 1 }), 15 * 60_000],
      ["somebody who never wrote who", () => "", 15 * 60_000],
      ["somebody who was ended while writing", () => '{"host":', 15 * 60_000],
    ];
    for (const [name, content, ageMs] of DEAD) {
      it(`takes the lock: ${name}`, async () => {
        lock(content(), ageMs);
        assert.equal((await publish(bundle)).outcome, "published");
        await assertPublished(bundle);
      });
    }

    it("leaves the lock of the one that took it for dead, and does not publish beside it", async () => {
      const other = JSON.stringify({ host: "elsewhere.example", process: 1 });
      const taken = publish(bundle, () => writeFileSync(join(dir, LOCK), other));
      await assert.rejects(taken, { code: "TARGET_LOCKED" });
      assert.equal(readFileSync(join(dir, LOCK), "utf8"), other);
      assert.equal(existsSync(join(dir, BUNDLE_FILE)), false);
    });
  });

  describe("keeps the order of revisions", () => {
    it("refuses one that goes back", async () => {
      const first = await signer.sign({ revision: 2 });
      await publish(first);
      await assert.rejects(publish(await signer.sign({ revision: 1, ...withPolicy("old") })), {
        code: "BUNDLE_ROLLBACK",
        message: "the bundle is revision 0.1, and revision 0.2 is published",
      });
      await assertPublished(first);
    });

    it("refuses another with the same number, and sends nothing of it", async () => {
      const first = await signer.sign(withPolicy("one"));
      const fork = await signer.sign(withPolicy("fork"));
      await publish(first);
      await assert.rejects(publish(fork), { code: "BUNDLE_FORK", message: /is published as revision 0\.1, made 20/ });
      assert.equal(existsSync(blobFile(blobsOf(fork)[0] ?? "")), false);
      await assertPublished(first);
    });

    it("refuses one that was built on top of something else", async () => {
      const first = await signer.sign(withPolicy("one"));
      await publish(first);
      const OVERTAKEN = {
        code: "BUNDLE_OVERTAKEN",
        message: "revision 0.2 was not built on top of revision 0.1, which is published",
      };
      await assert.rejects(publish(await signer.follow(await signer.sign(withPolicy("other")))), OVERTAKEN);
      await assert.rejects(publish(await signer.follow(first, { previous: null })), OVERTAKEN);
      await assertPublished(first);
    });

    it("notices who came between the first look and the lock", async () => {
      const first = await signer.sign(withPolicy("one"));
      const ours = await signer.follow(first, withPolicy("ours"));
      const theirs = await signer.follow(first, withPolicy("theirs"));
      await publish(first);
      const target = directoryTarget(dir);
      const source = {
        ...target.source,
        async poll(validator: string | undefined) {
          const seen = await target.source.poll(validator);
          if (validator === undefined && existsSync(dir)) writeTo(dir, theirs);
          return seen;
        },
      };
      await assert.rejects(
        publishBundle(ours, { ...target, source }, () => {}),
        { code: "BUNDLE_FORK" },
      );
      await assertPublished(theirs);
    });

    it("takes a new epoch with any number, and nothing of the old one after it", async () => {
      const high = await signer.sign({ revision: 900 });
      await publish(high);
      const anew = await signer.sign({ epoch: 1, revision: 1, previous: high.digest });
      assert.equal((await publish(anew)).outcome, "published");
      await assertPublished(anew);
      await assert.rejects(publish(await signer.sign({ revision: 901, previous: anew.digest })), {
        code: "BUNDLE_ROLLBACK",
        message: "the bundle is revision 0.901, and revision 1.1 is published",
      });
    });

    it("refuses a bundle of another channel, which every proxy here would refuse", async () => {
      const first = await signer.sign();
      await publish(first);
      for (const changes of [{}, { epoch: 1, revision: 1 }])
        await assert.rejects(publish(await signer.follow(first, { channel: "beta", ...changes })), {
          code: "BUNDLE_CHANNEL",
          message: /channel beta.*channel stable/,
        });
      await assertPublished(first);
    });

    const GARBAGE: readonly [name: string, content: string][] = [
      ["no JSON", "<html>"],
      ["empty", ""],
      ["another JSON", "[]"],
      ["a bundle of something else", JSON.stringify({ dsseEnvelope: { payload: "e30=" } })],
    ];
    for (const [name, content] of GARBAGE) {
      it(`does not replace what it cannot read: ${name}`, async () => {
        await publish(await signer.sign());
        writePointer(content);
        await assert.rejects(publish(await signer.sign({ revision: 2 })), {
          code: "BUNDLE_MALFORMED",
          message: "what is published is no bundle, so the order cannot be told",
        });
        assert.equal(pointer().toString(), content);
      });
    }
  });

  describe("removes old blobs", () => {
    const oldBlobs = async (revisions: number): Promise<SignedBundle[]> => {
      const bundles = [await signer.sign(withPolicy("p1"))];
      for (let revision = 2; revision <= revisions; revision++) {
        const before = bundles.at(-1);
        if (before) bundles.push(await signer.follow(before, withPolicy(`p${revision}`)));
      }
      return bundles;
    };
    const policyOf = (bundle: SignedBundle | undefined): string => (bundle ? (blobsOf(bundle)[0] ?? "") : "");

    it("once they were needed by no bundle for a day", async () => {
      const [first, second, third, fourth] = await oldBlobs(4);
      for (const bundle of [first, second, third]) if (bundle) await publish(bundle);
      assert.ok([first, second, third].every((bundle) => existsSync(blobFile(policyOf(bundle)))));
      age(blobFile(policyOf(first)), DAY_MS + 60_000);
      age(blobFile(policyOf(second)), DAY_MS - 60_000);
      assert.ok(fourth);
      const { reports } = await publish(fourth);
      assert.deepEqual(reports.slice(-1), [`blob ${policyOf(first).slice(0, 12)}: removed`]);
      assert.deepEqual(
        [first, second, third, fourth].map((bundle) => existsSync(blobFile(policyOf(bundle)))),
        [false, true, true, true],
      );
      await assertPublished(fourth);
    });

    it("but not those of the bundle before, however long ago they were written: somebody may be fetching it", async () => {
      const [first, second, third] = await oldBlobs(3);
      assert.ok(first && second && third);
      await publish(first);
      for (const digest of blobsOf(first)) age(blobFile(digest), 30 * DAY_MS);
      // A proxy that has read the signed file, and not the parts yet.
      const offered = await directoryTarget(dir).source.poll(undefined);
      await publish(second);
      await publish(third);
      for (const { gzip } of first.manifest.parts)
        assert.equal(sha256((await offered?.readBlob(gzip.sha256, gzip.size)) ?? ""), gzip.sha256);
    });

    it("and what a writer left that was ended, after that day", async () => {
      const [first, second] = await oldBlobs(2);
      assert.ok(first && second);
      await publish(first);
      const left = folder.write("published/blobs/sha256/x.1.tmp", "half");
      age(left, DAY_MS + 60_000);
      await publish(second);
      assert.equal(existsSync(left), false);
    });

    it("and is published all the same where they cannot be removed", async () => {
      const [first, second] = await oldBlobs(2);
      assert.ok(first && second);
      await publish(first);
      folder.write("published/blobs/sha256/a-folder/file", "of somebody else");
      age(join(dir, "blobs", "sha256", "a-folder"), 2 * DAY_MS);
      const { outcome, reports } = await publish(second);
      assert.equal(outcome, "published");
      assert.match(reports.at(-1) ?? "", /: not removed$/);
      await assertPublished(second);
    });
  });

  it("lets exactly one of two processes publish a revision, and the directory is always whole", async () => {
    const pair = [startPublisher(), startPublisher()];
    const dead = startPublisher();
    await dead.end();
    let before = await signer.sign();
    await publish(before);
    for (let round = 0; round < 20; round++) {
      const bundles = await Promise.all(
        ["a", "b"].map((name) => signer.follow(before, withPolicy(`${name}-${round}`))),
      );
      const outs = bundles.map((bundle, index) => writeTo(join(folder.path, `out-${round}-${index}`), bundle));
      // In every other round both find the lock of a process that is no more.
      if (round % 2 === 1) writeFileSync(join(dir, LOCK), JSON.stringify({ host: hostname(), process: dead.id }));
      const at = Date.now() + 25;
      const outcomes = await Promise.all(
        pair.map((publisher, index) => publisher.publish({ out: outs[index] ?? "", to: dir, at })),
      );
      const winners = bundles.filter((_, index) => outcomes[index] === "published");
      assert.equal(winners.length, 1, `round ${round}: ${outcomes}`);
      const refused = outcomes.filter((outcome) => outcome !== "published");
      assert.match(String(refused), /^(BUNDLE_FORK|BUNDLE_OVERTAKEN|TARGET_LOCKED)$/, `round ${round}`);
      before = winners[0] ?? before;
      await assertPublished(before);
    }
  });

  it("lets two processes publish the very same bundle, or tells one to wait", async () => {
    const pair = [startPublisher(), startPublisher()];
    let before = await signer.sign();
    for (let round = 0; round < 5; round++) {
      const bundle = await signer.follow(before, withPolicy(`same-${round}`));
      const out = writeTo(join(folder.path, `same-${round}`), bundle);
      const at = Date.now() + 25;
      const outcomes = await Promise.all(pair.map((publisher) => publisher.publish({ out, to: dir, at })));
      assert.ok(outcomes.includes("published"), `${outcomes}`);
      for (const outcome of outcomes) assert.match(String(outcome), /^(published|already published|TARGET_LOCKED)$/);
      before = bundle;
      await assertPublished(before);
    }
  });
});

describe("readSignedBundle()", () => {
  let folder: Folder;

  beforeEach(() => {
    folder = makeFolder();
  });

  afterEach(() => folder.remove());

  it("gives the bundle that lies in a directory", async () => {
    const bundle = await makeSigner().sign();
    const read = readSignedBundle(writeTo(folder.path, bundle));
    assert.deepEqual([read.manifest, read.digest], [bundle.manifest, bundle.digest]);
    for (const digest of blobsOf(bundle)) assert.equal(sha256(read.readBlob(digest)), digest);
  });

  it("says what is missing or wrong in it", async () => {
    assert.throws(() => readSignedBundle(folder.path), { code: "BUNDLE_MISSING", message: /sign the bundle first/ });
    folder.write(BUNDLE_FILE, "{}");
    assert.throws(() => readSignedBundle(folder.path), { code: "BUNDLE_MALFORMED" });
    const bundle = await makeSigner().sign();
    writeTo(folder.path, bundle);
    const path = join(folder.path, blobPath(blobsOf(bundle)[1] ?? ""));
    const blob = readFileSync(path);
    writeFileSync(path, blob.subarray(1));
    assert.throws(() => readSignedBundle(folder.path), { code: "BUNDLE_DIGEST", message: /advisories\.local/ });
    writeFileSync(path, Buffer.concat([blob, blob]));
    assert.throws(() => readSignedBundle(folder.path), { code: "FILE_TOO_LARGE" });
    rmSync(path);
    assert.throws(() => readSignedBundle(folder.path), { code: "FILE_UNREADABLE" });
  });
});

describe("publishTarget()", () => {
  it("knows directories, web servers and GitHub, and refuses anything else", () => {
    const environment = { GITHUB_TOKEN: "a-token" };
    const nameOf = (text: string) => publishTarget(text, { keep: 1, environment }).source.name;
    assert.equal(nameOf("dir:/srv/policies"), "dir:/srv/policies");
    assert.equal(nameOf("dist"), "dir:dist");
    assert.equal(nameOf("https://files.example/p"), "https://files.example/p/");
    assert.equal(nameOf("github:acme/policies@beta"), "github:acme/policies@beta");
    for (const text of ["oci://registry.example/p:stable", "github:acme", "https://user:secret@files.example/p"])
      assert.throws(
        () => nameOf(text),
        (error: { code: string; message: string }) => error.code === "USAGE" && !error.message.includes("secret"),
      );
  });
});
