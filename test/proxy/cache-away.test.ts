import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

describe("a cache that cannot be written", () => {
  let registry: FixtureRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;

  before(async () => {
    // Random, or compression would make it small.
    const large = { text: randomBytes(2 * 1024 * 1024).toString("base64") };
    registry = await startRegistry([
      { name: "small", releases: [{ version: "1.0.0" }] },
      { name: "large", releases: [{ version: "1.0.0", files: large }] },
    ]);
    folder = makeBundleFolder();
    await folder.sign();
    proxy = await startTestProxy(folder, registry);
  });
  after(async () => {
    await proxy.close();
    await registry.close();
    folder.remove();
  });

  const ask = (name: string) => fetch(`${proxy.npm}/${name}/-/${name}-1.0.0.tgz`);

  it("keeps nobody from a small file, and a large one is 503 or cut off until it can be written", async () => {
    const partial = join(folder.path, "state", "cache", "partial");
    rmSync(partial, { recursive: true });
    writeFileSync(partial, "in the way");
    const small = await ask("small");
    assert.equal(small.status, 200);
    await small.arrayBuffer();
    const large = await ask("large");
    if (large.status === 200) await assert.rejects(large.arrayBuffer());
    else {
      assert.equal(large.status, 503);
      assert.equal(((await large.json()) as { code: string }).code, "CACHE_FAILED");
    }
    assert.ok(proxy.logged.some(({ message }) => message === "the cache cannot be written"));
    assert.equal((await fetch(`${proxy.publicUrl}/-/readyz`)).status, 200);

    rmSync(partial);
    mkdirSync(partial);
    const again = await ask("large");
    assert.equal(again.status, 200);
    assert.ok((await again.arrayBuffer()).byteLength > 1024 * 1024);
  });
});
