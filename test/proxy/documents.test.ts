import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { type FixturePackage, packument, tarball } from "../support/packument.ts";
import { malwareRecord } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, NOW, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";
import { storedFiles } from "../support/stored-files.ts";
import { until } from "../support/until.ts";

const HOUR_MS = 3_600_000;
const PLAIN: FixturePackage = { name: "plain", releases: [{ version: "1.0.0" }, { version: "1.1.0" }] };

describe("documents of an upstream", () => {
  let registry: FixtureRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let clock: Date;
  /** `if-none-match` of each question for the document. */
  let asked: (string | undefined)[];
  let current: { readonly pkg: FixturePackage; readonly etag?: string; readonly encoding?: "gzip" };

  beforeEach(async () => {
    registry = await startRegistry([PLAIN]);
    folder = makeBundleFolder();
    await folder.sign();
    [clock, asked, current] = [NOW, [], { pkg: PLAIN, etag: '"one"' }];
    registry.answer("/plain", (request, response) => {
      const { pkg, etag, encoding } = current;
      asked.push(request.headers["if-none-match"]);
      if (etag) response.setHeader("etag", etag);
      if (etag && request.headers["if-none-match"] === etag) return response.writeHead(304).end();
      const bytes = Buffer.from(JSON.stringify(packument(pkg, registry.url.origin)));
      if (encoding) response.setHeader("content-encoding", encoding);
      return response.end(encoding ? gzipSync(bytes) : bytes);
    });
    proxy = await start();
  });

  afterEach(async () => {
    await proxy.close();
    await registry.close();
    folder.remove();
  });

  const start = () => startTestProxy(folder, registry, { now: () => clock });
  const later = (ms: number) => {
    clock = new Date(clock.getTime() + ms);
  };
  const get = (path = "/plain") => fetch(`${proxy.npm}${path}`);
  const latest = async () => ((await (await get()).json()) as { "dist-tags": { latest: string } })["dist-tags"].latest;
  const goAway = () => registry.answer("/plain", (_request, response) => response.writeHead(503).end());

  /** The document's file on disk, once it is there. */
  async function stored(): Promise<string> {
    const [path = ""] = await storedFiles(join(folder.path, "state", "cache", "documents"), 1);
    return path;
  }

  async function restart(): Promise<void> {
    await stored();
    await proxy.close();
    proxy = await start();
  }

  it("are asked for again after a minute, by the tag that the upstream gave them", async () => {
    assert.equal(await latest(), "1.1.0");
    later(59_000);
    assert.equal(await latest(), "1.1.0");
    assert.deepEqual(asked, [undefined]);
    later(2000);
    assert.equal(await latest(), "1.1.0");
    assert.deepEqual(asked, [undefined, '"one"']);
    current = { pkg: { ...PLAIN, releases: [...PLAIN.releases, { version: "1.2.0" }] }, etag: '"two"' };
    later(61_000);
    assert.equal(await latest(), "1.2.0");
  });

  it("are taken compressed, and without a tag, as well", async () => {
    current = { pkg: PLAIN, encoding: "gzip" };
    assert.equal(await latest(), "1.1.0");
    later(61_000);
    assert.equal(await latest(), "1.1.0");
    assert.deepEqual(asked, [undefined, undefined]);
  });

  it("keep their own tag for clients as long as what is served does not change", async () => {
    const etag = async () => (await get()).headers.get("etag");
    const first = await etag();
    await folder.sign({ revision: 2, records: [malwareRecord("other", ["1.0.0"])] });
    await proxy.lifecycle.poll();
    later(61_000);
    assert.equal(await etag(), first);
    await folder.sign({ revision: 3, records: [malwareRecord("plain", ["1.1.0"])] });
    await proxy.lifecycle.poll();
    assert.notEqual(await etag(), first);
  });

  it("are still there after a restart, and the upstream is asked whether they hold", async () => {
    await latest();
    await restart();
    assert.equal(await latest(), "1.1.0");
    assert.deepEqual(asked, [undefined, '"one"']);
  });

  it("serve after a restart while the upstream is away, for a day, by the rules of now, files too", async () => {
    await latest();
    assert.equal((await get("/plain/-/plain-1.0.0.tgz")).status, 200);
    await storedFiles(join(folder.path, "state", "cache", "files"), 1);
    await restart();
    goAway();
    registry.answer("/plain/-/plain-1.0.0.tgz", (_request, response) => response.writeHead(503).end());
    await folder.sign({ revision: 2, records: [malwareRecord("plain", ["1.1.0"])] });
    await proxy.lifecycle.poll();
    later(HOUR_MS);
    assert.equal(await latest(), "1.0.0");
    const file = await get("/plain/-/plain-1.0.0.tgz");
    assert.ok(Buffer.from(await file.arrayBuffer()).equals(tarball("plain", { version: "1.0.0" })));
    later(24 * HOUR_MS);
    assert.equal((await get()).status, 502);
  });

  it("serve no longer after a restart where the disk has them otherwise than they were stored", async () => {
    await latest();
    const path = await stored();
    const text = readFileSync(path);
    const end = text.indexOf("\n") + 1;
    const evil = gzipSync(JSON.stringify(packument({ ...PLAIN, tags: { latest: "1.0.0" } })));
    for (const wrong of [
      Buffer.concat([text.subarray(0, end), evil]),
      text.subarray(0, -5),
      Buffer.from("{}\n"),
      Buffer.alloc(0),
    ]) {
      await proxy.close();
      writeFileSync(path, wrong);
      proxy = await start();
      assert.equal(await latest(), "1.1.0");
      assert.equal(asked.at(-1), undefined, "it is asked for whole");
      await until(() => existsSync(path) && !readFileSync(path).equals(wrong)); // it is stored again
    }
  });

  it("are for one registry: another one's on the same name is asked for anew", async () => {
    await latest();
    await stored();
    await proxy.close();
    const other = await startRegistry([{ ...PLAIN, releases: [{ version: "9.0.0" }] }]);
    proxy = await startTestProxy(folder, other, { now: () => clock });
    try {
      assert.equal(await latest(), "9.0.0");
    } finally {
      await other.close();
    }
  });

  it("need not be asked for again by clients for a minute, but never beyond the end of a hold", async () => {
    const age = async () => (await get()).headers.get("cache-control");
    assert.equal(await age(), "private, max-age=60, must-revalidate");
    const published = new Date(clock.getTime() - 72 * HOUR_MS + 30_000).toISOString();
    current = { pkg: { ...PLAIN, releases: [...PLAIN.releases, { version: "1.2.0", published }] }, etag: '"two"' };
    later(61_000);
    clock = NOW;
    await folder.sign({ revision: 2 });
    await proxy.close();
    proxy = await start();
    assert.equal(await latest(), "1.1.0");
    assert.equal(await age(), "private, max-age=30, must-revalidate");
    later(29_500);
    assert.equal(await age(), "private, no-cache");
    later(500);
    assert.equal(await latest(), "1.2.0");
    assert.equal(await age(), "private, max-age=60, must-revalidate");
  });
});
