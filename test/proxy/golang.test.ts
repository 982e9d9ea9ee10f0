import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { type FixtureModules, startModules, zipOf } from "../support/go-modules.ts";
import { AGE_POLICY, listFile, MALWARE_POLICY, policyFile } from "../support/policies.ts";
import {
  type BundleFolder,
  makeBundleFolder,
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
    { version: "v1.1.0" },
    { version: "v1.2.0-rc.1" },
    { version: "v1.2.0", published: YOUNG },
    { version: PSEUDO, published: YOUNG, isUnlisted: true },
  ],
  branches: { main: PSEUDO },
};
const BASE = "/example.com/!acme/dep";
const malware = (name: string, versions: readonly string[]) => ({
  id: "MAL-2026-1",
  modified: "2026-11-01T00:00:00Z",
  affected: [{ package: { ecosystem: "Go", name }, versions: [...versions] }],
});

describe("Go modules through the proxy", () => {
  let modules: FixtureModules;
  let folder: BundleFolder;
  let proxy: TestProxy;

  beforeEach(async () => {
    modules = await startModules([MODULE, { path: "example.com/untagged", versions: [MODULE.versions[4] as never] }]);
    folder = makeBundleFolder();
  });
  afterEach(async () => {
    await proxy.close();
    await modules.close();
    folder.remove();
  });

  async function enforce(bundle: SignedBundle, options = {}): Promise<void> {
    await folder.sign(bundle);
    proxy = await startTestProxy(folder, modules, { upstreams: new Map([["golang", modules.url]]), ...options });
  }
  const get = (path: string) => fetch(`${proxy.publicUrl}/go${path}`);
  const text = async (path: string) => (await get(path)).text();
  const statusOf = async (path: string) => {
    const answer = await get(path);
    await answer.arrayBuffer();
    return answer.status;
  };
  const AGE = { source: { policies: [MALWARE_POLICY, AGE_POLICY] } };

  it("lists what is allowed, in order, by times that stand in documents of their own", async () => {
    await enforce(AGE);
    assert.equal(await text(`${BASE}/@v/list`), "v1.0.0\nv1.1.0\nv1.2.0-rc.1\n");
    assert.equal(modules.requests.filter((path) => path.endsWith(".info")).length, 4);
    assert.equal(await text(`${BASE}/@v/list`), "v1.0.0\nv1.1.0\nv1.2.0-rc.1\n");
    assert.equal(modules.requests.filter((path) => path.endsWith(".info")).length, 4);
  });

  it("lets rules compare the path with the repository, by what stands beside the time", async () => {
    const policy = policyFile(
      "repository",
      `  rules:
    - name: elsewhere
      condition: has(release.origin) && !release.origin.matchesPath
      verdict: block
      message: It comes from elsewhere.
      messageExpression: '"It comes from " + release.origin.url + "."'`,
    );
    const [own, other] = ["https://example.com/acme/dep", "https://elsewhere.example/acme/dep"];
    modules.put({
      path: "example.com/Acme/dep",
      versions: [{ version: "v1.0.0", origin: own }, { version: "v1.1.0", origin: other }, { version: "v1.2.0" }],
    });
    await enforce({ source: { policies: [policy] } });
    assert.equal(await text(`${BASE}/@v/list`), "v1.0.0\nv1.2.0\n");
    const answer = await get(`${BASE}/@v/v1.1.0.zip`);
    assert.equal(answer.status, 403);
    assert.match(await answer.text(), /It comes from https:\/\/elsewhere\.example\/acme\/dep/);
  });

  it("asks for no times where no rule reads them", async () => {
    await enforce({ source: { policies: [MALWARE_POLICY] } });
    assert.equal(await text(`${BASE}/@v/list`), "v1.0.0\nv1.1.0\nv1.2.0-rc.1\nv1.2.0\n");
    assert.equal(await statusOf(`${BASE}/@v/v1.2.0.zip`), 200);
    assert.ok(!modules.requests.some((path) => path.endsWith(".info")));
  });

  it("refuses `.info` and `.zip` of what is denied, and gives out its `.mod`", async () => {
    await enforce(AGE);
    for (const version of ["v1.2.0", PSEUDO]) {
      assert.equal(await statusOf(`${BASE}/@v/${version}.info`), 403, version);
      assert.equal(await statusOf(`${BASE}/@v/${version}.zip`), 403, version);
      assert.match(await text(`${BASE}/@v/${version}.mod`), /^module example\.com\/Acme\/dep\n/, version);
    }
    assert.ok(!modules.requests.some((path) => path.endsWith(".zip")));
  });

  it("says until when, in two lines that go shows", async () => {
    await enforce(AGE);
    const answer = await get(`${BASE}/@v/v1.2.0.info`);
    assert.equal(answer.headers.get("content-type"), "text/plain; charset=utf-8");
    const [what, where, ...more] = (await answer.text()).trimEnd().split("\n");
    assert.match(what ?? "", /^cordon: held pkg:golang\/example\.com\/Acme\/dep@v1\.2\.0 until 2026-11-2\dT/);
    assert.match(
      where ?? "",
      /^Why, and how to ask for an exception: http:\/\/.*\/-\/why\/pkg:golang\/example\.com\/Acme\/dep@v1\.2\.0$/,
    );
    assert.deepEqual(more, []);
  });

  it("resolves what is newest among what is allowed, releases before pre-releases", async () => {
    await enforce(AGE);
    assert.equal((JSON.parse(await text(`${BASE}/@latest`)) as { Version: string }).Version, "v1.1.0");
  });

  it("judges what a branch, or the newest of a module without versions, stands for", async () => {
    await enforce(AGE);
    assert.equal(await statusOf(`${BASE}/@v/main.info`), 403);
    assert.equal(await statusOf("/example.com/untagged/@latest"), 403);
    await proxy.close();
    await enforce({ source: { policies: [MALWARE_POLICY] }, revision: 2 });
    const info = JSON.parse(await text(`${BASE}/@v/main.info`)) as { Version: string; Time: string };
    assert.deepEqual(info, { Version: PSEUDO, Time: YOUNG });
    assert.equal(await statusOf("/example.com/untagged/@latest"), 200);
    assert.equal(await text("/example.com/untagged/@v/list"), "");
  });

  it("knows a malicious version that no list has", async () => {
    await enforce({ records: [malware("example.com/Acme/dep", ["1.0.9"])], source: { policies: [MALWARE_POLICY] } });
    assert.equal(await statusOf(`${BASE}/@v/v1.0.9.zip`), 403);
    assert.equal(await statusOf(`${BASE}/@v/v1.0.9.info`), 403);
    assert.equal(await statusOf(`${BASE}/@v/v1.0.8.zip`), 404);
    assert.equal(await statusOf(`${BASE}/@v/v1.0.8.info`), 404);
  });

  it("is 404, so that go asks on, only where the upstream has no such module", async () => {
    await enforce(AGE);
    assert.equal(await statusOf("/example.com/@v/list"), 404);
    modules.answer(`${BASE}/@v/list`, (_request, response) => response.writeHead(503).end());
    assert.equal(await statusOf(`${BASE}/@v/list`), 502);
    // What cargo takes for "no such crate" is none here: go would ask the next proxy, which may have it.
    modules.answer(`${BASE}/@v/list`, (_request, response) => response.writeHead(451).end());
    assert.equal(await statusOf(`${BASE}/@v/list`), 502);
    modules.answer(`${BASE}/@v/v1.0.0.info`, (_request, response) => response.writeHead(500).end());
    assert.equal(await statusOf(`${BASE}/@v/v1.0.0.zip`), 502);
  });

  it("sends the upstream's bytes, and asks for them once", async () => {
    await enforce({ source: { policies: [MALWARE_POLICY] } });
    const path = `${BASE}/@v/v1.0.0.zip`;
    const bytes = Buffer.from(await (await get(path)).arrayBuffer());
    assert.deepEqual(bytes, Buffer.from(zipOf(MODULE, { version: "v1.0.0" })));
    await (await get(path)).arrayBuffer();
    assert.equal(modules.requests.filter((asked) => asked === path).length, 1);
    assert.ok(modules.asked.every(({ agent }) => agent === "cordon"));
  });

  it("takes paths as the protocol escapes them, and no others", async () => {
    await enforce({});
    for (const path of [
      "/example.com/Acme/dep/@v/list",
      "/example.com/!Acme/dep/@v/list",
      "/example.com/!!acme/dep/@v/list",
      `${BASE}/@v/v1.0.0.exe`,
      `${BASE}/@v/main.zip`,
      `${BASE}/@v/..%2fx.info`,
      `${BASE}/@v/`,
      `${BASE}`,
      "/sumdb/",
      "/sumdb/sum.example/other",
    ])
      assert.equal(await statusOf(path), 404, path);
    assert.deepEqual(modules.requests, []);
  });

  it("passes on the checksum database, which go verifies by itself", async () => {
    await enforce({});
    modules.answer("/sumdb/sum.example/supported", (_request, response) => response.end());
    modules.answer("/sumdb/sum.example/tile/8/0/000", (_request, response) => response.end(Buffer.from([0, 255, 1])));
    assert.equal(await statusOf("/sumdb/sum.example/supported"), 200);
    const tile = await get("/sumdb/sum.example/tile/8/0/000");
    assert.deepEqual([...new Uint8Array(await tile.arrayBuffer())], [0, 255, 1]);
    assert.equal(await statusOf("/sumdb/sum.example/lookup/example.com/!acme/dep@v1.0.0"), 404);
  });

  it("asks for private modules, and their checksums, at their own registry only", async () => {
    const own = await startModules([{ path: "git.acme.example/tool", versions: [{ version: "v1.0.0" }] }]);
    const privateRegistries = [{ ecosystem: "golang" as const, packages: ["git.acme.example/*"], registry: own.url }];
    await enforce(
      {
        source: {
          policies: [
            policyFile("p", `  rules: [{ name: r, condition: "!pkg.private", verdict: block, message: No. }]`),
          ],
        },
      },
      { privateRegistries },
    );
    assert.equal(await text("/git.acme.example/tool/@v/list"), "v1.0.0\n");
    for (const path of ["/git.acme.example/tool/@v/v1.0.0.mod", "/git.acme.example/tool/@v/v1.0.0.zip"])
      assert.equal(await statusOf(path), 200, path);
    assert.equal(await statusOf("/sumdb/sum.example/lookup/git.acme.example/tool@v1.0.0"), 404);
    assert.deepEqual(modules.requests, []);
    await own.close();
  });

  it("has 5,000 versions in a list, of which it asks the time of few", async () => {
    const versions = Array.from({ length: 5000 }, (_, index) => ({ version: `v1.${index}.0` }));
    modules.put({ path: "example.com/many", versions });
    await enforce(AGE);
    const list = await text("/example.com/many/@v/list");
    assert.equal(list.trim().split("\n").length, 5000);
    const asked = modules.requests.filter((path) => path.endsWith(".info")).length;
    assert.ok(asked > 0 && asked <= 40, String(asked));
  });

  it("asks for the time of one version where its `.info` is wanted", async () => {
    await enforce(AGE);
    assert.equal(await statusOf(`${BASE}/@v/v1.0.0.info`), 200);
    assert.ok(modules.requests.every((path) => !path.endsWith(".info") || path.endsWith("/v1.0.0.info")));
  });

  it("takes what the Go language writes for no time at all for none", async () => {
    modules.put({
      path: "example.com/zero",
      versions: [
        { version: "v1.0.0", published: "0001-01-01T00:00:00Z" },
        { version: "v1.1.0", published: null },
      ],
    });
    await enforce(AGE);
    for (const version of ["v1.0.0", "v1.1.0"])
      for (const ending of ["info", "zip"])
        assert.match(
          await text(`/example.com/zero/@v/${version}.${ending}`),
          /^cordon: held .*No publish time/,
          version,
        );
  });

  it("holds what is dated in the future", async () => {
    modules.put({ path: "example.com/future", versions: [{ version: "v1.0.0", published: "2030-01-01T00:00:00Z" }] });
    await enforce(AGE);
    for (const what of ["@v/list", "@v/v1.0.0.info", "@v/v1.0.0.zip", "@latest"])
      assert.equal(await statusOf(`/example.com/future/${what}`), 403, what);
  });

  describe("of a version that the upstream knows by another name", () => {
    const info = (version: string) => JSON.stringify({ Version: version, Time: "2020-01-01T00:00:00Z" });
    const YOUNG_ONE = { path: "example.com/old", versions: [{ version: "v2.0.0+incompatible", published: YOUNG }] };

    it("judges that one, listed or not", async () => {
      modules.put(YOUNG_ONE);
      modules.put({
        ...YOUNG_ONE,
        path: "example.com/older",
        versions: [{ ...YOUNG_ONE.versions[0], isUnlisted: true } as never],
      });
      const young = JSON.stringify({ Version: "v2.0.0+incompatible", Time: YOUNG });
      for (const path of ["/example.com/old", "/example.com/older"])
        modules.answer(`${path}/@v/v2.0.0.info`, (_request, response) => response.end(young));
      await enforce(AGE);
      for (const path of ["/example.com/old", "/example.com/older"])
        for (const what of ["v2.0.0.info", "v2.0.0+incompatible.info", "v2.0.0+incompatible.zip"])
          assert.equal(await statusOf(`${path}/@v/${what}`), 403, `${path} ${what}`);
      await proxy.close();
      await enforce({ source: { policies: [MALWARE_POLICY] }, revision: 2 });
      for (const path of ["/example.com/old", "/example.com/older"])
        assert.match(await text(`${path}/@v/v2.0.0.info`), /"v2\.0\.0\+incompatible"/, path);
    });

    it("is no 404, and no time, where that is another version altogether", async () => {
      modules.answer(`${BASE}/@v/v1.2.0.info`, (_request, response) => response.end(info("v1.0.0")));
      await enforce(AGE);
      for (const ending of ["info", "zip"]) assert.equal(await statusOf(`${BASE}/@v/v1.2.0.${ending}`), 502, ending);
      await proxy.close();
      await enforce({ source: { policies: [MALWARE_POLICY] }, revision: 2 });
      assert.equal(await statusOf(`${BASE}/@v/v1.2.0.info`), 502);
    });
  });

  it("is no 404 where the upstream says what cannot be read", async () => {
    for (const [query, body] of [
      ["v1.0.0", "<html>"],
      ["v1.1.0", "{}"],
      ["v1.0.9", '{"Version":1}'],
      ["main", '{"Version":"main"}'],
      ["next", '{"Version":"v1.02.0"}'],
    ])
      modules.answer(`${BASE}/@v/${query}.info`, (_request, response) => response.end(body));
    modules.answer("/example.com/untagged/@latest", (_request, response) => response.end("[]"));
    await enforce(AGE);
    for (const query of ["v1.0.0", "v1.1.0", "v1.0.9", "main", "next"])
      assert.equal(await statusOf(`${BASE}/@v/${query}.info`), 502, query);
    for (const query of ["v1.0.0", "v1.1.0", "v1.0.9"])
      assert.equal(await statusOf(`${BASE}/@v/${query}.zip`), 502, query);
    assert.equal(await statusOf("/example.com/untagged/@latest"), 502);
  });

  it("keeps no `.info` that could not be read", async () => {
    let body = "<html>";
    modules.answer(`${BASE}/@v/v1.0.0.info`, (_request, response) => response.end(body));
    await enforce({ source: { policies: [MALWARE_POLICY] } });
    assert.equal(await statusOf(`${BASE}/@v/v1.0.0.info`), 502);
    body = JSON.stringify({ Version: "v1.0.0" });
    assert.equal(await statusOf(`${BASE}/@v/v1.0.0.info`), 200);
  });

  it("is no 404, after which go would ask elsewhere, for what Cordon alone cannot take", async () => {
    await enforce({});
    const long = `/example.com/${"a".repeat(600)}`;
    const longer = `/example.com/${"a/".repeat(1200)}a`;
    for (const path of [long, longer])
      for (const what of ["@latest", "@v/list", "@v/v1.0.0.info", "@v/v1.0.0.mod", "@v/v1.0.0.zip"])
        assert.equal(await statusOf(`${path}/${what}`), 400, what);
    for (const what of ["zip", "mod", "info"].map((ending) => `v1.0.0-${"a".repeat(260)}.${ending}`))
      assert.equal(await statusOf(`${BASE}/@v/${what}`), 400, what);
    assert.equal(await statusOf(`${BASE}/@v/v1.02.0.zip`), 400);
    assert.deepEqual(modules.requests, []);
  });

  it("refuses what is newest where nothing is allowed, also of an upstream that does not tell that", async () => {
    modules.put({ path: "example.com/evil", versions: [{ version: "v1.0.0" }, { version: "v1.1.0-rc.1" }] });
    modules.answer("/example.com/evil/@latest", (_request, response) => response.writeHead(404).end());
    await enforce({ records: [malware("example.com/evil", ["1.0.0", "1.1.0-rc.1"])] });
    assert.equal(await statusOf("/example.com/evil/@v/list"), 403);
    assert.match(await text("/example.com/evil/@latest"), /^cordon: blocked pkg:golang\/example\.com\/evil@v1\.0\.0: /);
    assert.ok(!modules.requests.includes("/example.com/evil/@latest"));
  });

  it("does not take a module without listed versions for one of which nothing is allowed", async () => {
    const record = malware("example.com/untagged", ["1.0.0"]);
    await enforce({ records: [record], source: { policies: [MALWARE_POLICY] } });
    assert.equal(await text("/example.com/untagged/@v/list"), "");
    assert.equal(await statusOf("/example.com/untagged/@latest"), 200);
    assert.equal(await statusOf("/example.com/untagged/@v/v1.0.0.zip"), 403);
  });

  it("takes no page for an empty list", async () => {
    modules.answer(`${BASE}/@v/list`, (_request, response) => response.end("<html>\n<p>Back soon.</p>\n</html>\n"));
    await enforce({});
    assert.equal(await statusOf(`${BASE}/@v/list`), 502);
    assert.equal(await statusOf(`${BASE}/@v/v1.0.0.zip`), 502);
  });

  it("serves a denied version under no other spelling", async () => {
    const denied = { path: "example.com/spelt", versions: [{ version: "v1.2.0", published: YOUNG }] };
    modules.put(denied);
    await enforce({ ...AGE, records: [malware("example.com/spelt", ["1.2.0"])] });
    const queries = [
      "v1.2.0",
      "v1.2.0%2Bmeta",
      "v1.2.0+incompatible",
      "v1.02.0",
      "!v1.2.0",
      "V1.2.0",
      "v1.2",
      "v1.2.0.",
      "1.2.0",
    ];
    for (const query of [...queries, "%76%31.2.0", "v1.2.0%20", "v1.2.0%00", "%2e/v1.2.0", "v1.2.0-0"])
      for (const ending of ["info", "zip"])
        for (const method of ["GET", "HEAD"]) {
          const answer = await fetch(`${proxy.publicUrl}/go/example.com/spelt/@v/${query}.${ending}`, {
            method,
            headers: { range: "bytes=0-9" },
          });
          const body = await answer.text();
          assert.ok([400, 403, 404].includes(answer.status), `${method} ${query}.${ending} ${answer.status} ${body}`);
        }
    assert.ok(!modules.requests.some((path) => path.endsWith(".zip")));
  });

  it("judges what a branch that looks like a version stands for", async () => {
    modules.put({
      path: "example.com/spelt",
      versions: [{ version: "v1.2.0", published: YOUNG }],
      branches: { v1: "v1.2.0", "v1.02.0": "v1.2.0" },
    });
    await enforce(AGE);
    for (const query of ["v1", "v1.02.0"])
      assert.equal(await statusOf(`/example.com/spelt/@v/${query}.info`), 403, query);
  });

  it("keeps modules apart whose paths differ in case alone, and takes an advisory on one for both", async () => {
    modules.put({ path: "example.com/acme/dep", versions: [{ version: "v9.0.0" }, { version: "v9.1.0" }] });
    await enforce({ records: [malware("example.com/Acme/dep", ["9.1.0"])], source: { policies: [MALWARE_POLICY] } });
    assert.equal(await text("/example.com/acme/dep/@v/list"), "v9.0.0\n");
    for (const ending of ["zip", "info"]) {
      assert.equal(await statusOf(`/example.com/acme/dep/@v/v9.0.0.${ending}`), 200, ending);
      assert.equal(await statusOf(`/example.com/acme/dep/@v/v9.1.0.${ending}`), 403, ending);
      assert.equal(await statusOf(`${BASE}/@v/v9.0.0.${ending}`), 404, ending);
    }
  });

  it("follows a branch, the newest and the checksum database each time anew", async () => {
    let head = "v1.0.0";
    const info = () => JSON.stringify({ Version: head, Time: "2020-01-01T00:00:00Z" });
    modules.answer(`${BASE}/@v/main.info`, (_request, response) => response.end(info()));
    modules.answer("/sumdb/sum.example/latest", (_request, response) => response.end(head));
    await enforce({ source: { policies: [MALWARE_POLICY] } });
    assert.match(await text(`${BASE}/@v/main.info`), /v1\.0\.0/);
    assert.equal(await text("/sumdb/sum.example/latest"), "v1.0.0");
    head = "v1.1.0";
    assert.match(await text(`${BASE}/@v/main.info`), /v1\.1\.0/);
    assert.equal(await text("/sumdb/sum.example/latest"), "v1.1.0");
  });

  it("tells at `/-/why/` of what there is, however the version is spelt, and nothing of what there is not", async () => {
    await enforce({ source: { policies: [MALWARE_POLICY] } });
    const why = async (version: string) => {
      const answer = await fetch(`${proxy.publicUrl}/-/why/pkg:golang/example.com/Acme/dep@${version}`);
      return [answer.status, ((await answer.json()) as { purl?: string }).purl];
    };
    const purl = (version: string) => `pkg:golang/example.com/Acme/dep@${version}`;
    for (const version of ["v1.0.0", PSEUDO])
      for (const written of [version, version.slice(1)])
        assert.deepEqual(await why(written), [200, purl(version)], written);
    for (const version of ["v9.9.9", "9.9.9"]) assert.deepEqual(await why(version), [404, undefined], version);
  });

  it("reads no more of an `.info` than one may have", async () => {
    const large = JSON.stringify({ Version: "v1.0.0", Time: "2020-01-01T00:00:00Z", more: "a".repeat(1024 * 1024) });
    modules.answer(`${BASE}/@v/v1.0.0.info`, (_request, response) => response.end(large));
    await enforce(AGE);
    for (const ending of ["info", "zip"]) assert.equal(await statusOf(`${BASE}/@v/v1.0.0.${ending}`), 502, ending);
    await proxy.close();
    await enforce({ source: { policies: [MALWARE_POLICY] }, revision: 2 });
    assert.equal(await statusOf(`${BASE}/@v/v1.0.0.info`), 502);
  });

  it("keeps no file waiting for the times that another module's list waits for", async () => {
    const versions = Array.from({ length: 40 }, (_, index) => ({ version: `v1.${index}.0` }));
    modules.put({ path: "example.com/slow", versions });
    for (const { version } of versions) modules.answer(`/example.com/slow/@v/${version}.info`, () => {});
    await enforce(AGE);
    const left = new AbortController();
    let isAnswered = false;
    const slow = fetch(`${proxy.publicUrl}/go/example.com/slow/@v/list`, { signal: left.signal }).then(
      () => {
        isAnswered = true;
      },
      () => {},
    );
    while (!modules.requests.some((path) => path.startsWith("/example.com/slow/@v/v")))
      await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(await statusOf(`${BASE}/@v/v1.0.0.zip`), 200);
    assert.equal(isAnswered, false);
    left.abort();
    await slow;
  });

  it("is denied by a list that names it with or without the `v`, or escaped", async () => {
    const entries = ["@1.0.0", "@v1.1.0"].map((version) => `pkg:golang/example.com/Acme/dep${version}`);
    const source = {
      lists: [listFile("denied", [...entries, "pkg:golang/example.com/%21acme/dep@v1.2.0"])],
      policies: [
        policyFile(
          "p",
          "  rules: [{ name: r, condition: release.purl in lists.denied, verdict: block, message: No. }]",
        ),
      ],
    };
    await enforce({ source });
    assert.equal(await text(`${BASE}/@v/list`), "v1.2.0-rc.1\n");
    for (const version of ["v1.0.0", "v1.1.0", "v1.2.0"])
      for (const ending of ["info", "zip"])
        assert.equal(await statusOf(`${BASE}/@v/${version}.${ending}`), 403, `${version}.${ending}`);
  });

  it("takes files from its cache while the list is away only where it still knows the list", async () => {
    await enforce({ source: { policies: [MALWARE_POLICY] } });
    assert.equal(await statusOf(`${BASE}/@v/v1.0.0.zip`), 200);
    modules.answer(`${BASE}/@v/list`, (_request, response) => response.writeHead(503).end());
    assert.equal(await statusOf(`${BASE}/@v/v1.0.0.zip`), 200);
    const never = "/example.com/untagged";
    modules.answer(`${never}/@v/list`, (_request, response) => response.writeHead(503).end());
    for (const what of [`${PSEUDO}.zip`, `${PSEUDO}.info`]) assert.equal(await statusOf(`${never}/@v/${what}`), 502);
    assert.ok(!modules.requests.includes(`${never}/@v/${PSEUDO}.zip`));
  });

  it("takes no file without digests from an earlier process", async () => {
    const path = `${BASE}/@v/v1.0.0.zip`;
    await enforce({ source: { policies: [MALWARE_POLICY] } });
    assert.equal(await statusOf(path), 200);
    await proxy.close();
    await enforce({ source: { policies: [MALWARE_POLICY] }, revision: 2 });
    assert.equal(await statusOf(path), 200);
    assert.equal(modules.requests.filter((asked) => asked === path).length, 2);
  });
});
