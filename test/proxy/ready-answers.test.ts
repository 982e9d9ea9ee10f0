import assert from "node:assert/strict";
import { request } from "node:http";
import { afterEach, beforeEach, describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { malwareRecord } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, NOW, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

const HOUR_MS = 3_600_000;

describe("listings that are written already", () => {
  let registry: FixtureRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let clock: Date;

  beforeEach(async () => {
    registry = await startRegistry([
      { name: "plain", releases: [{ version: "1.0.0" }, { version: "1.1.0" }] },
      { name: "@acme/ui", releases: [{ version: "1.0.0" }] },
    ]);
    folder = makeBundleFolder();
    await folder.sign({ records: [malwareRecord("plain", ["1.1.0"])] });
    clock = NOW;
    proxy = await startTestProxy(folder, registry, { now: () => clock, onExpired: "deny" });
  });
  afterEach(async () => {
    await proxy.close();
    await registry.close();
    folder.remove();
  });

  /** Without what differs from one answer to the next. */
  function get(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
    return new Promise((resolve, reject) => {
      request(`${proxy.npm}${path}`, { method, headers: { "accept-encoding": "gzip", ...headers } }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const { date: _, connection: __, "keep-alive": ___, ...rest } = response.headers;
          resolve({ status: response.statusCode ?? 0, headers: rest, body: Buffer.concat(chunks) });
        });
      })
        .on("error", reject)
        .end();
    });
  }

  const FORMS: readonly [name: string, path: string, headers: Record<string, string>][] = [
    ["the full form", "/plain", { accept: "application/json" }],
    ["the short form", "/plain", { accept: "application/vnd.npm.install-v1+json" }],
    ["the form of yarn 1", "/plain", { "user-agent": "yarn/1.22.22" }],
    ["a scoped package", "/@acme%2fui", {}],
  ];
  for (const [name, path, headers] of FORMS) {
    it(`are answered as when they were written, in ${name}`, async () => {
      const [first, second] = [await get(path, headers), await get(path, headers)];
      assert.equal(first.status, 200);
      assert.deepEqual(second, first);
      assert.equal(first.headers["content-encoding"], "gzip");
      const known = { ...headers, "if-none-match": String(first.headers["etag"]) };
      const unchanged = await get(path, known);
      assert.equal(unchanged.status, 304);
      assert.equal(unchanged.body.length, 0);
      for (const header of ["etag", "cache-control", "vary"])
        assert.equal(unchanged.headers[header], first.headers[header]);
    });
  }

  it("differ by what the client takes", async () => {
    const full = await get("/plain", { accept: "application/json" });
    const short = await get("/plain", { accept: "application/vnd.npm.install-v1+json" });
    assert.notEqual(full.headers["etag"], short.headers["etag"]);
    for (const encoding of ["identity", "gzip;q=0", "gzip; q=0, identity", "br", ""]) {
      const plain = await get("/plain", { accept: "application/json", "accept-encoding": encoding });
      assert.equal(plain.headers["content-encoding"], undefined, encoding);
      assert.ok(plain.body.equals(gunzipSync(full.body)), encoding);
    }
    const head = await get("/plain", { accept: "application/json" }, "HEAD");
    assert.deepEqual([head.status, head.body.length], [200, 0]);
  });

  it("are no longer once other rules are in force, or a file has told more", async () => {
    const { headers } = await get("/plain");
    await folder.sign({ revision: 2 });
    await proxy.lifecycle.poll();
    assert.notEqual((await get("/plain")).headers["etag"], headers["etag"]);
  });

  it("are not given out where there is nothing to judge by any more", async () => {
    assert.equal((await get("/plain")).status, 200);
    clock = new Date(clock.getTime() + 8 * 24 * HOUR_MS);
    assert.equal((await get("/plain")).status, 503);
  });

  it("do not stand for what only looks like them", async () => {
    await get("/plain");
    assert.equal((await get("/plain/", {})).status, 200);
    for (const path of ["/plain?write=true", "/plain/-", "/plain%00", "/Plain/..", "/"])
      assert.notEqual((await get(path)).status, 304, path);
    assert.equal((await get("/plain", {}, "POST")).status, 405);
  });
});
