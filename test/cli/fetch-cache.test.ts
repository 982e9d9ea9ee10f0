import assert from "node:assert/strict";
import { readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, it } from "node:test";
import { cachedFetch, pruneCache } from "../../cli/fetch-cache.ts";
import { type Fetch, type FetchOptions, fetchBytes } from "../../core/http.ts";
import { type Folder, makeFolder } from "../support/folder.ts";

const HOUR_MS = 3_600_000;
const OPTIONS: FetchOptions = { maxBytes: 1000, timeoutMs: 1000 };
const DOCUMENT = new URL("https://registry.example/plain");

describe("cachedFetch()", () => {
  let folder: Folder;
  let asked: { readonly url: string; readonly headers: Readonly<Record<string, string>> }[];
  let now: number;
  let status: number;
  let headers: Record<string, string>;

  beforeEach(() => {
    folder = makeFolder();
    [asked, now, status, headers] = [[], Date.parse("2026-11-22T12:00:00Z"), 200, { etag: '"1"' }];
  });
  afterEach(() => folder.remove());

  const registry: Fetch = async (url, { headers: sent = {} }) => {
    asked.push({ url: url.href, headers: sent });
    const isSame = sent["if-none-match"] === headers["etag"] && headers["etag"] !== undefined;
    return {
      status: isSame ? 304 : status,
      headers: { ...headers, "content-type": "application/json", "set-cookie": "x=1" },
      body: Readable.from(isSame ? [] : [Buffer.from(`answer ${asked.length}`)]),
    };
  };
  const get = async (url = DOCUMENT, options: Partial<FetchOptions> = {}) => {
    const answer = await fetchBytes(
      cachedFetch(registry, folder.path, () => now),
      url,
      { ...OPTIONS, ...options },
    );
    return { ...answer, text: Buffer.from(answer.body).toString() };
  };
  const entries = () =>
    readdirSync(folder.path, { recursive: true, encoding: "utf8" })
      .map((name) => join(folder.path, name))
      .filter((path) => statSync(path).isFile());

  it("asks once in an hour", async () => {
    assert.equal((await get()).text, "answer 1");
    now += HOUR_MS - 1;
    const again = await get();
    assert.deepEqual([again.text, again.status, asked.length], ["answer 1", 200, 1]);
    assert.deepEqual(again.headers, { "content-type": "application/json", etag: '"1"' });
  });

  it("asks on condition of the ETag after that, and is content for another hour", async () => {
    await get();
    now += HOUR_MS;
    assert.equal((await get()).text, "answer 1");
    assert.equal(asked[1]?.headers["if-none-match"], '"1"');
    now += HOUR_MS - 1;
    await get();
    assert.equal(asked.length, 2);
  });

  it("takes what is new", async () => {
    await get();
    now += HOUR_MS;
    headers = { etag: '"2"' };
    assert.equal((await get()).text, "answer 2");
    assert.equal((await get()).text, "answer 2");
  });

  it("asks again where the clock went back", async () => {
    await get();
    now -= 1;
    headers = {};
    assert.equal((await get()).text, "answer 2");
  });

  it("keeps no files of releases", async () => {
    for (const path of ["plain/-/plain-1.0.0.tgz", "crates/dep/1.0.0/download"]) {
      const file = new URL(path, "https://registry.example/");
      assert.notEqual((await get(file)).text, (await get(file)).text);
    }
    assert.deepEqual(entries(), []);
  });

  it("tells apart what is asked for in another form, or at another address", async () => {
    for (const accept of ["application/json", "text/html"]) await get(DOCUMENT, { headers: { accept } });
    await get(new URL("https://registry.example/other"));
    assert.equal(asked.length, 3);
  });

  it("keeps nothing that was asked for with credentials, in part, or that was no good answer", async () => {
    for (const options of [
      { headers: { authorization: "Bearer x" } },
      { headers: { Range: "bytes=1-" } },
      { headers: { "if-none-match": '"9"' } },
      { method: "POST", body: "x" },
    ] as const)
      await get(DOCUMENT, options);
    status = 404;
    await get();
    assert.deepEqual(entries(), []);
    assert.equal(asked.length, 5);
  });

  it("takes an entry that is cut short, broken, or larger than allowed for none", async () => {
    await get();
    const [path = ""] = entries();
    for (const content of ["", "x", '{"storedAt":1}\n', `{"storedAt":${now},"headers":{},"size":9}\nansw`]) {
      writeFileSync(path, content);
      const { text } = await get();
      assert.equal(text, `answer ${asked.length}`);
    }
    const before = asked.length;
    await get(DOCUMENT, { maxBytes: 4 });
    assert.equal(asked.length, before + 1);
  });

  it("answers where nothing can be written", async () => {
    const blocked = folder.write("file", "x");
    const answer = await fetchBytes(cachedFetch(registry, blocked), DOCUMENT, OPTIONS);
    assert.equal(Buffer.from(answer.body).toString(), "answer 1");
  });

  it("forgets what is a month old", async () => {
    await get();
    await get(new URL("https://registry.example/old"));
    const [first = ""] = entries();
    utimesSync(first, new Date(now - 31 * 24 * HOUR_MS), new Date(now - 31 * 24 * HOUR_MS));
    for (const path of entries().slice(1)) utimesSync(path, new Date(now), new Date(now));
    await pruneCache(folder.path, now);
    assert.equal(entries().includes(first), false);
    assert.equal(entries().length, 1);
  });
});
