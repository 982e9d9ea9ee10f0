import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { packument } from "../support/packument.ts";
import { malwareRecord } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, NOW, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";

const HOUR_MS = 3_600_000;
const PLAIN = { name: "plain", releases: [{ version: "1.0.0" }, { version: "1.1.0" }] };

describe("while the upstream is away", () => {
  let registry: FixtureRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let clock: Date;
  let asked: number;

  beforeEach(async () => {
    registry = await startRegistry([PLAIN]);
    folder = makeBundleFolder();
    await folder.sign();
    [clock, asked] = [NOW, 0];
    proxy = await startTestProxy(folder, registry, { now: () => clock });
  });

  afterEach(async () => {
    await proxy.close();
    await registry.close();
    folder.remove();
  });

  const later = (ms: number) => {
    clock = new Date(clock.getTime() + ms);
  };
  const status = async (name = "plain") => {
    const answer = await fetch(`${proxy.npm}/${name}`);
    await answer.arrayBuffer();
    return answer.status;
  };
  const goAway = (code = 503) =>
    registry.answer("/plain", (_request, response) => {
      asked += 1;
      response.writeHead(code).end();
    });

  it("what it said last is served for a day, and it is left alone in between", async () => {
    assert.equal(await status(), 200);
    goAway();
    later(HOUR_MS);
    assert.deepEqual([await status(), await status(), asked], [200, 200, 1]);
    later(10_000);
    assert.deepEqual([await status(), asked], [200, 2]);
    later(23 * HOUR_MS);
    assert.equal(await status(), 502);
  });

  it("the rules of now judge what it said then", async () => {
    await status();
    goAway();
    await folder.sign({ revision: 2, records: [malwareRecord("plain", ["1.1.0"])] });
    await proxy.lifecycle.poll();
    later(HOUR_MS);
    const answer = await fetch(`${proxy.npm}/plain`);
    const { "dist-tags": tags } = (await answer.json()) as { "dist-tags": Record<string, string> };
    assert.equal(tags["latest"], "1.0.0");
    assert.equal((await fetch(`${proxy.npm}/plain/-/plain-1.1.0.tgz`)).status, 403);
  });

  it("nothing is served that it never said, or no longer says", async () => {
    assert.equal(await status("unknown"), 404);
    await status();
    goAway(404);
    later(HOUR_MS);
    assert.equal(await status(), 404);
  });

  it("what it took down stays away when the upstream fails next, in memory and on disk", async () => {
    const onDisk = () =>
      readdirSync(join(folder.path, "state/cache"), { recursive: true, withFileTypes: true }).filter(
        (entry) => entry.isFile() && entry.parentPath.includes("documents"),
      ).length;
    for (const gone of [404, 410, 403, 451]) {
      registry.answer("/plain", (_request, response) =>
        response.end(JSON.stringify(packument(PLAIN, registry.url.origin))),
      );
      later(HOUR_MS);
      assert.equal(await status(), 200);
      await until(() => onDisk() === 1);
      goAway(gone);
      later(HOUR_MS);
      assert.notEqual(await status(), 200);
      assert.equal(onDisk(), 0);
      goAway(503);
      later(HOUR_MS);
      assert.equal(await status(), 502, `${gone}`);
    }
  });

  it("an upstream that does not want to answer is not away", async () => {
    await status();
    for (const code of [401, 403, 451]) {
      goAway(code);
      later(HOUR_MS);
      assert.equal(await status(), 502, `${code}`);
    }
  });

  it("a document that cannot be judged does not pass for an absence", async () => {
    await status();
    registry.answer("/plain", (_request, response) => response.end("{}"));
    later(HOUR_MS);
    assert.equal(await status(), 502);
  });
});
