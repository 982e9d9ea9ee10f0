/** Go's lists name no digests: an approval holds for a module by the bytes of its file, once they were read. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { parse } from "yaml";
import { sha256 } from "../../core/digest.ts";
import { type FixtureModules, startModules, zipOf } from "../support/go-modules.ts";
import {
  AGE_POLICY,
  type ApprovalFixture,
  approvalFile,
  MALWARE_POLICY,
  malwareRecord,
  policyFile,
} from "../support/policies.ts";
import {
  type BundleFolder,
  makeBundleFolder,
  NOW,
  type SignedBundle,
  startTestProxy,
  type TestProxy,
} from "../support/proxy.ts";

const YOUNG = "2026-11-22T00:00:00Z";
const PSEUDO = "v1.2.1-0.20261122000000-0123456789ab";
const MODULE = {
  path: "example.com/Acme/dep",
  versions: [
    { version: "v1.0.0" },
    { version: "v1.1.0", published: YOUNG },
    { version: "v1.2.0", published: YOUNG },
    { version: PSEUDO, published: YOUNG, isUnlisted: true },
  ],
};
const BASE = "/example.com/!acme/dep/@v";
const PURL = "pkg:golang/example.com/Acme/dep";
const OLD_LIST = "v1.0.0\n";
const digestOf = (version: string) => `sha256:${sha256(zipOf(MODULE, { version }))}`;
const approve = (version: string, changes: Partial<ApprovalFixture> = {}) =>
  approvalFile({
    path: `approvals/golang/${version}.yaml`,
    purl: `${PURL}@${version}`,
    digests: [digestOf(version)],
    ...changes,
  });
const LARGE = 1_500_000;
const NOISE = Array.from({ length: 50_000 }, (_, index) => sha256(String(index))).join("");
/** Larger than what is kept in memory. */
const largeZip = (source: string) => zipOf(MODULE, { version: "v1.1.0", files: { "a.go": source, "b.txt": NOISE } });

describe("an approval of a Go module", () => {
  let modules: FixtureModules;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let clock: Date;
  let revision = 0;

  beforeEach(async () => {
    modules = await startModules([MODULE]);
    folder = makeBundleFolder();
    clock = NOW;
  });
  afterEach(async () => {
    await proxy.close();
    await modules.close();
    folder.remove();
  });

  async function enforce(
    approvals: readonly ReturnType<typeof approvalFile>[],
    { source, ...bundle }: SignedBundle = {},
    options = {},
  ): Promise<void> {
    const policies = [MALWARE_POLICY, AGE_POLICY];
    await folder.sign({ ...bundle, source: { policies, approvals: [...approvals], ...source }, revision: ++revision });
    const upstreams = new Map([["golang" as const, modules.url]]);
    proxy = await startTestProxy(folder, modules, { upstreams, now: () => clock, ...options });
  }
  const get = (path: string) => fetch(`${proxy.publicUrl}/go${path}`);
  const text = async (path: string) => (await get(path)).text();
  const statusOf = async (path: string) => {
    const answer = await get(path);
    return answer.arrayBuffer().then(
      () => answer.status,
      () => "cut off",
    );
  };
  const statuses = async (version: string) => [
    await statusOf(`${BASE}/${version}.info`),
    await statusOf(`${BASE}/${version}.zip`),
  ];
  interface Why {
    readonly decision: string;
    readonly approval?: { readonly path: string; readonly text: string };
  }
  const why = async (version: string) =>
    (await (await fetch(`${proxy.publicUrl}/-/why/${PURL}@${version}`)).json()) as Why;
  const zips = () => modules.requests.filter((path) => path.endsWith(".zip"));

  it("lifts a hold for the file, `.info`, the list, what is newest and the decision page alike", async () => {
    await enforce([approve("v1.1.0")]);
    assert.equal(await text(`${BASE}/list`), "v1.0.0\nv1.1.0\n");
    assert.match(await text("/example.com/!acme/dep/@latest"), /"Version":"v1\.1\.0"/);
    assert.deepEqual(await statuses("v1.1.0"), [200, 200]);
    assert.deepEqual(await statuses("v1.2.0"), [403, 403]);
    assert.equal((await why("v1.1.0")).decision, "allow");
  });

  it("is held against a file that is read once, and against none that no approval names", async () => {
    await enforce([approve("v1.1.0")]);
    await statuses("v1.1.0");
    await statuses("v1.2.0");
    await text(`${BASE}/list`);
    const bytes = Buffer.from(await (await get(`${BASE}/v1.1.0.zip`)).arrayBuffer());
    assert.deepEqual(bytes, Buffer.from(zipOf(MODULE, { version: "v1.1.0" })));
    assert.deepEqual(zips(), [`${BASE}/v1.1.0.zip`]);
  });

  it("holds for a version that no list has", async () => {
    await enforce([approve(PSEUDO)]);
    assert.deepEqual(await statuses(PSEUDO), [200, 200]);
    assert.equal((await why(PSEUDO)).decision, "allow");
    assert.equal(await text(`${BASE}/list`), OLD_LIST);
  });

  it("lifts what the list alone holds already, and only as far as everything else allows", async () => {
    const held = policyFile(
      "held",
      `  rules: [{ name: r, condition: "pkg.name == 'example.com/Acme/dep'", verdict: quarantine, message: No. }]`,
    );
    const source = { policies: [held, AGE_POLICY] };
    await enforce([approve("v1.0.0"), approve("v1.1.0", { policies: ["held"] })], { source });
    assert.equal(await text(`${BASE}/list`), OLD_LIST);
    assert.deepEqual(await statuses("v1.0.0"), [200, 200]);
    assert.deepEqual(await statuses("v1.1.0"), [403, 403]);
    assert.deepEqual(zips(), [`${BASE}/v1.0.0.zip`]);
  });

  it("does not hold for other bytes", async () => {
    await enforce([approve("v1.1.0", { digests: [digestOf("v1.2.0")] })]);
    assert.equal(await text(`${BASE}/list`), OLD_LIST);
    assert.deepEqual(await statuses("v1.1.0"), [403, 403]);
    assert.equal((await why("v1.1.0")).decision, "quarantine");
  });

  for (const [title, changes, records] of [
    ["is over", { expires: "2026-11-21T00:00:00Z" }, []],
    ["has not begun", { created: "2026-11-23T00:00:00Z" }, []],
    ["names another policy", { policies: ["known-malicious"] }, []],
    ["names a digest of another kind", { digests: [`sha512:${"a".repeat(128)}`] }, []],
    ["does not know of malware", {}, [malwareRecord("example.com/Acme/dep", ["1.1.0"], "MAL-2026-1", "Go")]],
  ] as const)
    it(`lifts nothing, and has nothing read, where it ${title}`, async () => {
      await enforce([approve("v1.1.0", changes)], { records });
      assert.equal(await text(`${BASE}/list`), OLD_LIST);
      assert.deepEqual(await statuses("v1.1.0"), [403, 403]);
      assert.deepEqual(zips(), []);
    });

  it("ends by itself, and is not needed once the hold has ended", async () => {
    await enforce([approve("v1.1.0", { expires: "2026-11-22T18:00:00Z" })]);
    assert.deepEqual(await statuses("v1.1.0"), [200, 200]);
    assert.equal(await text(`${BASE}/list`), "v1.0.0\nv1.1.0\n");
    clock = new Date("2026-11-22T18:00:00Z");
    assert.deepEqual(await statuses("v1.1.0"), [403, 403]);
    assert.equal(await text(`${BASE}/list`), OLD_LIST);
    clock = new Date("2026-11-26T00:00:00Z");
    assert.deepEqual(await statuses("v1.1.0"), [200, 200]);
  });

  it("leaves the refusal as it is where there is no such file, and is a failure where it cannot be had", async () => {
    modules.answer(`${BASE}/v1.1.0.zip`, (_request, response) => response.writeHead(404).end());
    await enforce([approve("v1.1.0")]);
    assert.deepEqual(await statuses("v1.1.0"), [403, 403]);
    assert.equal(await text(`${BASE}/list`), OLD_LIST);
    modules.answer(`${BASE}/v1.1.0.zip`, (_request, response) => response.writeHead(500).end());
    assert.deepEqual(await statuses("v1.1.0"), [502, 502]);
    assert.equal(await text(`${BASE}/list`), OLD_LIST);
  });

  it("is drafted by the decision page, and holds once it is completed as it stands", async () => {
    await enforce([]);
    const { decision, approval } = await why("v1.1.0");
    assert.equal(decision, "quarantine");
    assert.ok(approval);
    assert.match(approval.path, /^approvals\/golang\/example\.com__Acme__dep@v1\.1\.0-[0-9a-f]{10}\.yaml$/);
    const draft = parse(approval.text) as { spec: object };
    const spec = { ...draft.spec, reason: "Read.", requestedBy: "dev", approvedBy: "security" };
    const given = {
      path: approval.path,
      text: JSON.stringify({ ...draft, spec: { ...spec, expires: "2026-12-01T00:00:00Z" } }),
    };
    await proxy.close();
    await enforce([given]);
    assert.deepEqual(await statuses("v1.1.0"), [200, 200]);
    assert.deepEqual(await statuses("v1.2.0"), [403, 403]);
  });

  it("is not drafted where the file cannot be had", async () => {
    modules.answer(`${BASE}/v1.1.0.zip`, (_request, response) => response.writeHead(500).end());
    await enforce([]);
    const { decision, approval } = await why("v1.1.0");
    assert.deepEqual([decision, approval], ["quarantine", undefined]);
  });

  it("is on record with the digest, from which the decision is made again", async () => {
    await enforce([approve("v1.1.0")]);
    await statusOf(`${BASE}/v1.1.0.zip`);
    const line = (await proxy.decisions()).at(-1);
    assert.deepEqual(line?.facts?.release.digests, { sha256: digestOf("v1.1.0").slice("sha256:".length) });
    assert.deepEqual(line?.known, ["identity", "listing", "time", "digest"]);
  });

  describe("whose file changes at the upstream", () => {
    let bytes: Uint8Array;
    const put = (source: string) => {
      bytes = largeZip(source);
    };
    const APPROVED = "package dep\n";

    beforeEach(() => {
      put(APPROVED);
      modules.answer(`${BASE}/v1.1.0.zip`, (_request, response) => response.end(bytes));
      const other = largeZip("package other\n");
      modules.answer(`${BASE}/v1.0.0.zip`, (_request, response) => response.end(other));
    });
    /** There is room for one file only. */
    const drop = () => statusOf(`${BASE}/v1.0.0.zip`);
    const SMALL_CACHE = { cacheBytes: LARGE };

    it("gives out what was approved as long as that is at hand, and never the other bytes", async () => {
      await enforce([approve("v1.1.0", { digests: [`sha256:${sha256(bytes)}`] })], {}, SMALL_CACHE);
      assert.deepEqual(await statuses("v1.1.0"), [200, 200]);
      put('package dep\n\nimport "C"\n');
      assert.deepEqual(await statuses("v1.1.0"), [200, 200]);
      await drop();
      assert.equal(await statusOf(`${BASE}/v1.1.0.zip`), "cut off");
      assert.deepEqual(await statuses("v1.1.0"), [403, 403]);
    });

    it("has what rules read of it looked at again", async () => {
      const cgo = policyFile(
        "cgo",
        `  rules: [{ name: r, condition: "release.module.cgo", verdict: block, message: It runs a compiler of C. }]`,
      );
      await enforce([], { source: { policies: [cgo] } }, SMALL_CACHE);
      assert.equal(await statusOf(`${BASE}/v1.1.0.zip`), 200);
      assert.equal(zips().length, 1);
      put('package dep\n\nimport "C"\n');
      await drop();
      assert.equal(await statusOf(`${BASE}/v1.1.0.zip`), "cut off");
      assert.equal(await statusOf(`${BASE}/v1.1.0.zip`), 403);
    });
  });
});
