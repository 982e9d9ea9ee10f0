import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { PassThrough, Readable } from "node:stream";
import { afterEach, beforeEach, describe, it } from "node:test";
import { CordonError } from "../../core/errors.ts";
import { type DiskCache, openDiskCache } from "../../proxy/disk-cache.ts";
import { SMALL_BYTES } from "../../proxy/download.ts";
import { type Content, createFiles, type Files } from "../../proxy/files.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { openFiles } from "../support/open-files.ts";
import { storedFiles } from "../support/stored-files.ts";
import { until } from "../support/until.ts";
import { body, digest, fileOf, fileUpstream } from "../support/upstream.ts";

const SMALL = Buffer.from("one two three");
const LARGE = Buffer.alloc(3 * SMALL_BYTES, "0123456789abcdef");
const MEMORY = 64 * 1024 * 1024;
const wanted = (bytes: Uint8Array) => fileOf({ sha512: digest("sha512", bytes), sha1: digest("sha1", bytes) });
/** In chunks of 100 kB. */
const chunked = (bytes: Buffer) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / 100_000) }, (_, index) =>
      bytes.subarray(index * 100_000, (index + 1) * 100_000),
    ),
  );

describe("createFiles()", () => {
  let folder: Folder;
  let disk: DiskCache;
  let files: Files;
  const logged: string[] = [];

  beforeEach(async () => {
    folder = makeFolder();
    await restart();
  });
  afterEach(() => folder.remove());

  async function restart(maxBytes = 100 * 1024 * 1024): Promise<void> {
    disk = await openDiskCache(folder.path, maxBytes, (_level, message) => logged.push(message));
    files = createFiles(disk, MEMORY);
  }

  async function bytesOf(content: Content | undefined): Promise<Buffer> {
    assert.ok(content, "it is at hand");
    return Buffer.concat(await content.read().toArray());
  }

  const stored = (count: number) => storedFiles(folder.path, count);

  for (const [name, bytes] of [
    ["small", SMALL],
    ["large", LARGE],
    ["empty", Buffer.alloc(0)],
  ] as const) {
    it(`asks for a ${name} file once, however many want it at once, and keeps it over a restart`, async () => {
      const upstream = fileUpstream(() => body(chunked(bytes), bytes.length));
      const contents = await Promise.all(Array.from({ length: 5 }, () => files.whole(wanted(bytes), upstream)));
      for (const content of contents) assert.ok((await bytesOf(content)).equals(bytes));
      assert.ok((await bytesOf(await files.whole(wanted(bytes), upstream))).equals(bytes));
      assert.equal(upstream.asked.length, 1);
      await stored(1);
      await restart();
      assert.ok((await bytesOf(await files.get(wanted(bytes)))).equals(bytes));
      assert.equal(upstream.asked.length, 1);
    });
  }

  it("gives the part that is asked for", async () => {
    for (const bytes of [SMALL, LARGE]) {
      const content = await files.whole(
        wanted(bytes),
        fileUpstream(() => body(chunked(bytes))),
      );
      const part = Buffer.concat(await content.read(2, bytes.length - 3).toArray());
      assert.ok(part.equals(bytes.subarray(2, -3)));
    }
  });

  it("does not give what another file's digests name, nor what a listing names one digest more of", async () => {
    await files.whole(
      wanted(SMALL),
      fileUpstream(() => body(chunked(SMALL))),
    );
    assert.equal(await files.get(fileOf({ sha512: digest("sha512", "else") })), undefined);
    assert.equal(await files.get(fileOf({ ...wanted(SMALL).digests, sha256: "0".repeat(64) })), undefined);
  });

  for (const [name, spoil] of [
    ["other bytes of the same length", (bytes: Buffer) => Buffer.alloc(bytes.length, "x")],
    ["one byte that has changed", (bytes: Buffer) => Buffer.concat([Buffer.from("X"), bytes.subarray(1)])],
    ["a file that was cut", (bytes: Buffer) => bytes.subarray(0, -1)],
    ["a file that has grown", (bytes: Buffer) => Buffer.concat([bytes, Buffer.from("x")])],
  ] as const) {
    it(`takes ${name}, on the disk since before the start, for none at all, and asks again`, async () => {
      for (const bytes of [SMALL, LARGE]) {
        const upstream = fileUpstream(() => body(chunked(bytes)));
        await (await files.whole(wanted(bytes), upstream)).close();
        const [path = ""] = await stored(1);
        writeFileSync(path, spoil(readFileSync(path)));
        await restart();
        assert.equal(await files.get(wanted(bytes)), undefined);
        assert.ok((await bytesOf(await files.whole(wanted(bytes), upstream))).equals(bytes));
        assert.equal(upstream.asked.length, 2);
        await disk.remove(`files/${(await stored(1))[0]?.slice(-64)}`);
        await restart();
      }
    });
  }

  const WRONG = [
    ["other bytes", { sha512: digest("sha512", "something else") }],
    ["a right weak digest beside a wrong strong one", { sha512: digest("sha512", "x"), sha1: digest("sha1", LARGE) }],
    ["no digest at all", {}],
  ] as const;
  for (const [name, digests] of WRONG) {
    it(`keeps nothing of a file with ${name}, and tells all who wait`, async () => {
      const upstream = fileUpstream(() => body(chunked(LARGE)));
      const both = await Promise.allSettled([
        files.whole(fileOf(digests), upstream),
        files.whole(fileOf(digests), upstream),
      ]);
      for (const one of both) assert.equal(codeOf(one), "DIGEST_MISMATCH");
      assert.equal(upstream.asked.length, 1);
      await stored(0);
      assert.equal(await files.get(fileOf(digests)), undefined);
    });
  }

  it("lets followers have what has come, but for the last chunk until the digests are known to be right", async () => {
    const source = new PassThrough();
    const download = files.download(
      fileOf({ sha256: digest("sha256", "onetwothree") }),
      fileUpstream(() => body(source)),
    );
    download.join();
    const read = download.read();
    for (const chunk of ["one", "two", "three"]) {
      source.write(chunk);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.equal((await read.next()).value?.toString(), "one");
    assert.equal((await read.next()).value?.toString(), "two");
    let isThere = false;
    const last = read.next().then(({ value }) => {
      isThere = true;
      return value?.toString();
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(isThere, false);
    source.end();
    assert.equal(await last, "three");
    assert.equal((await read.next()).done, true);
    download.leave();
  });

  it("tells no follower the last chunk of a wrong file", async () => {
    for (const bytes of [Buffer.from("wrong"), LARGE]) {
      const download = files.download(
        fileOf({ sha512: "0".repeat(128) }),
        fileUpstream(() => body(chunked(bytes))),
      );
      download.join();
      let received = 0;
      await assert.rejects(async () => {
        for await (const piece of download.read()) received += piece.length;
      }, isMismatch);
      assert.ok(received < bytes.length);
      download.leave();
    }
  });

  it("serves a follower that comes late, and one that is slow, from the beginning", async () => {
    const source = new PassThrough();
    const upstream = fileUpstream(() => body(source));
    const first = files.download(wanted(LARGE), upstream);
    first.join();
    const slow = first.read();
    source.write(LARGE.subarray(0, SMALL_BYTES + 1));
    await new Promise((resolve) => setTimeout(resolve, 5)); // else the two are read as one
    source.write(LARGE.subarray(SMALL_BYTES + 1, 2 * SMALL_BYTES));
    const pieces = [(await slow.next()).value as Buffer];
    const late = files.download(wanted(LARGE), upstream);
    late.join();
    source.end(LARGE.subarray(2 * SMALL_BYTES));
    const all: Buffer[] = [];
    for await (const piece of late.read()) all.push(piece);
    assert.ok(Buffer.concat(all).equals(LARGE));
    for await (const piece of slow) pieces.push(piece);
    assert.ok(Buffer.concat(pieces).equals(LARGE));
    assert.equal(upstream.asked.length, 1);
  });

  it("asks no further once nobody waits, and anew for who comes then", async () => {
    const sources: PassThrough[] = [];
    const upstream = fileUpstream(() => {
      const source = new PassThrough();
      sources.push(source);
      return body(source);
    });
    const left = new AbortController();
    const waiting = files.whole(wanted(SMALL), upstream, left.signal);
    await until(() => sources.length === 1);
    left.abort();
    await assert.rejects(waiting, { name: "AbortError" });
    assert.equal(upstream.asked[0]?.aborted, true);
    const again = files.whole(wanted(SMALL), upstream);
    await until(() => sources.length === 2);
    sources[1]?.end(SMALL);
    assert.ok((await bytesOf(await again)).equals(SMALL));
  });

  it("goes on for the others where one leaves", async () => {
    const source = new PassThrough();
    const upstream = fileUpstream(() => body(source));
    const left = new AbortController();
    const leaving = files.whole(wanted(SMALL), upstream, left.signal);
    const staying = files.whole(wanted(SMALL), upstream);
    left.abort();
    await assert.rejects(leaving);
    source.end(SMALL);
    assert.ok((await bytesOf(await staying)).equals(SMALL));
    assert.equal(upstream.asked.length, 1);
  });

  it("hands on what the upstream fails with, before its answer and in the midst of it", async () => {
    const failure = new CordonError("UPSTREAM_TIMEOUT", "too slow");
    const before = files.whole(
      wanted(SMALL),
      fileUpstream(() => Promise.reject(failure)),
    );
    await assert.rejects(before, { code: "UPSTREAM_TIMEOUT" });
    const source = new PassThrough();
    const midst = files.whole(
      wanted(SMALL),
      fileUpstream(() => body(source)),
    );
    source.write("one");
    setTimeout(() => source.destroy(failure), 5);
    await assert.rejects(midst, { code: "UPSTREAM_TIMEOUT" });
    await stored(0);
  });

  it("holds no file open that nobody reads to its end, or at all", {
    skip: !existsSync("/proc/self/fd") && "there is no list of open files here",
  }, async () => {
    const upstream = fileUpstream(() => body(chunked(LARGE)));
    await (await files.whole(wanted(LARGE), upstream)).close();
    for (const leave of [
      (content: Content) => void content.close(),
      (content: Content) => void content.read().destroy(),
      (content: Content) =>
        void content.read().once("readable", function (this: Readable) {
          this.destroy();
        }),
      (content: Content) => void content.read().resume(),
    ]) {
      const content = await files.get(wanted(LARGE));
      assert.ok(content);
      assert.equal(openFiles(folder.path), 1);
      leave(content);
      await until(() => openFiles(folder.path) === 0);
    }
  });

  it("drops what was not used for longest where the disk's share is full, but never what came last", async () => {
    await restart(Math.floor(2.5 * LARGE.length));
    const each = ["a", "b", "c"].map((letter) => Buffer.alloc(LARGE.length, letter));
    const take = async (bytes: Buffer) =>
      (
        await files.whole(
          wanted(bytes),
          fileUpstream(() => body(chunked(bytes))),
        )
      ).close();
    const [a, b, c] = each as [Buffer, Buffer, Buffer];
    await take(a);
    await take(b);
    await (await files.get(wanted(a)))?.close();
    await take(c);
    assert.equal(await files.get(wanted(b)), undefined);
    for (const bytes of [a, c]) assert.ok((await bytesOf(await files.get(wanted(bytes)))).equals(bytes));
    await restart(10);
    await take(b);
    assert.ok((await bytesOf(await files.get(wanted(b)))).equals(b));
    assert.equal((await stored(1)).length, 1);
  });
});

function codeOf(settled: PromiseSettledResult<unknown>): string | undefined {
  return settled.status === "rejected" && settled.reason instanceof CordonError ? settled.reason.code : undefined;
}

function isMismatch(error: unknown): boolean {
  return error instanceof CordonError && error.code === "DIGEST_MISMATCH";
}
