/** What a registry of crates has besides its index: searches, owners, and times that the index does not tell. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { type FixtureCrates, startCrates } from "../support/crates-registry.ts";
import { AGE_POLICY, MALWARE_POLICY } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";

const CRATES = [
  { name: "dep", versions: [{ version: "1.0.0" }, { version: "1.1.0", published: "2026-11-22T00:00:00Z" }] },
];

describe("the API of a registry of crates", () => {
  let crates: FixtureCrates;
  let folder: BundleFolder;
  let proxy: TestProxy;

  beforeEach(() => {
    folder = makeBundleFolder();
  });
  afterEach(async () => {
    await proxy.close();
    await crates.close();
    folder.remove();
  });

  async function start(options: Parameters<typeof startCrates>[1], policies = [MALWARE_POLICY]): Promise<void> {
    crates = await startCrates(CRATES, options);
    await folder.sign({ source: { policies } });
    const upstreams = new Map([["cargo" as const, new URL(crates.index.slice("sparse+".length))]]);
    proxy = await startTestProxy(folder, crates, { upstreams });
  }
  const get = (path: string) => fetch(`${proxy.publicUrl}/cargo${path}`);
  const yanked = async () =>
    (await (await get("/3/d/dep")).text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { vers: string; yanked: boolean })
      .filter((line) => line.yanked)
      .map(({ vers }) => vers);

  it("is asked for what cargo searches, with what cargo may ask and nothing else", async () => {
    await start({});
    const found = (await (await get("/api/v1/crates?q=de&per_page=5&evil=1")).json()) as { crates: { name: string }[] };
    assert.deepEqual(
      found.crates.map(({ name }) => name),
      ["dep"],
    );
    assert.ok(
      crates.requests.some((path) => path.endsWith("/api/v1/crates?q=de&per_page=5")),
      crates.requests.join(),
    );
    assert.equal((await get("/api/v1/me")).status, 404);
  });

  it("is not asked for anything where the registry's config names none", async () => {
    await start({ config: { api: null } });
    assert.equal((await get("/api/v1/crates?q=de")).status, 404);
  });

  it("tells when a release was published, where the index does not and a rule reads it", async () => {
    await start({ pubtime: false }, [AGE_POLICY]);
    assert.deepEqual(await yanked(), ["1.1.0"]);
    assert.equal((await get("/crates/dep/1.0.0/download")).status, 200);
    const refused = await get("/crates/dep/1.1.0/download");
    assert.match(await refused.text(), /held pkg:cargo\/dep@1\.1\.0 until 2026-11-2/);
  });

  it("is asked for no times that the index tells", async () => {
    await start({}, [AGE_POLICY]);
    assert.deepEqual(await yanked(), ["1.1.0"]);
    assert.ok(!crates.requests.some((path) => path.includes("/api/")));
  });

  it("is asked for no times that no rule reads", async () => {
    await start({ pubtime: false });
    assert.deepEqual(await yanked(), []);
    assert.ok(!crates.requests.some((path) => path.includes("/api/")));
  });

  it("leaves the time unknown where it does not know the release either", async () => {
    await start({ pubtime: false, config: { api: null } }, [AGE_POLICY]);
    const refused = await get("/crates/dep/1.0.0/download");
    assert.match(await refused.text(), /held pkg:cargo\/dep@1\.0\.0: No publish time/);
  });
});
