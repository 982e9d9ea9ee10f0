/** The real go command through the proxy. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { sha256 } from "../../core/digest.ts";
import { type GoProject, type GoProjectOptions, makeGoProject, NO_GO } from "../support/go-client.ts";
import { type FixtureModules, startModules, zipOf } from "../support/go-modules.ts";
import { type Listener, listen } from "../support/listener.ts";
import { AGE_POLICY, approvalFile, MALWARE_POLICY } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { until } from "../support/until.ts";

if (NO_GO) console.log(`# go is not tried: ${NO_GO}`);

const YOUNG = "2026-11-22T00:00:00Z";
const MODULES = [
  { path: "example.com/dep", versions: [{ version: "v1.0.0" }, { version: "v1.1.0" }, { version: "v1.2.0" }] },
  { path: "example.com/young", versions: [{ version: "v1.0.0" }, { version: "v1.1.0", published: YOUNG }] },
  { path: "example.com/evil", versions: [{ version: "v1.0.0" }] },
  { path: "example.com/host", versions: [{ version: "v1.0.0", requires: { "example.com/dep": "v1.2.0" } }] },
  // Names a denied version in its graph, and uses a newer one.
  { path: "example.com/old", versions: [{ version: "v1.0.0", requires: { "example.com/graph": "v1.0.0" } }] },
  { path: "example.com/graph", versions: [{ version: "v1.0.0" }, { version: "v1.1.0" }] },
  {
    path: "example.com/big",
    versions: [{ version: "v1.0.0" }, { version: "v2.0.0+incompatible", published: YOUNG }],
    branches: { "v2.0.0": "v2.0.0+incompatible" },
  },
  { path: `example.com/${"long/".repeat(110)}path`, versions: [{ version: "v1.0.0" }] },
];
const malware = (id: string, name: string, versions: readonly string[]) => ({
  id,
  modified: "2026-11-01T00:00:00Z",
  affected: [{ package: { ecosystem: "Go", name }, versions: [...versions] }],
});
const RECORDS = [
  malware("MAL-2026-1", "example.com/dep", ["1.2.0"]),
  malware("MAL-2026-2", "example.com/evil", ["1.0.0"]),
  malware("MAL-2026-3", "example.com/graph", ["1.0.0"]),
];

describe("go through the proxy", { skip: NO_GO ?? false }, () => {
  let modules: FixtureModules;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let elsewhere: Listener;
  const projects: GoProject[] = [];

  before(async () => {
    modules = await startModules(MODULES);
    folder = makeBundleFolder();
    elsewhere = await listen();
    await folder.sign({ source: { policies: [MALWARE_POLICY, AGE_POLICY] }, records: RECORDS });
    proxy = await startTestProxy(folder, modules, { upstreams: new Map([["golang", modules.url]]) });
  });
  after(async () => {
    await proxy.close();
    await modules.close();
    await elsewhere.close();
    folder.remove();
    for (const project of projects) project.remove();
  });

  function project(options: GoProjectOptions = {}, suffix = ""): GoProject {
    const made = makeGoProject(`${proxy.publicUrl}/go${suffix}`, options);
    projects.push(made);
    return made;
  }
  const assertTold = (output: string, purl: string) => {
    assert.ok(output.includes(`${purl}`), output);
    assert.match(output, /Why, and how to ask for an exception: http:\/\/\S+\/-\/why\/pkg:golang\//, output);
  };

  it("gets the highest version that is allowed, for a name and for a beginning of a version", async () => {
    const made = project();
    assert.equal((await made.get("example.com/dep")).code, 0);
    assert.deepEqual([made.required("example.com/dep"), made.unpacked("example.com/dep")], ["v1.1.0", ["v1.1.0"]]);
    const other = project();
    assert.equal((await other.get("example.com/dep@v1", "example.com/young@latest")).code, 0);
    assert.deepEqual([other.required("example.com/dep"), other.required("example.com/young")], ["v1.1.0", "v1.0.0"]);
  });

  it("is told why a pinned version is denied, or how long it is held", async () => {
    const made = project();
    const denied = await made.get("example.com/dep@v1.2.0");
    assert.notEqual(denied.code, 0);
    assertTold(denied.output, "blocked pkg:golang/example.com/dep@v1.2.0");
    const held = await made.get("example.com/young@v1.1.0");
    assertTold(held.output, "held pkg:golang/example.com/young@v1.1.0 until 2026-11-2");
    assert.deepEqual(made.unpacked("example.com/dep"), []);
  });

  it("is told why there is nothing of a module of which nothing is allowed", async () => {
    for (const spec of ["example.com/evil", "example.com/evil@v1", "example.com/evil@<v2.0.0"]) {
      const { code, output } = await project().get(spec);
      assert.notEqual(code, 0, spec);
      assertTold(output, "blocked pkg:golang/example.com/evil@v1.0.0");
    }
  });

  it("goes nowhere else for what is refused, with commas between proxies", async () => {
    const asked = elsewhere.requests.length;
    const made = project({}, `,${elsewhere.url}`);
    assertTold((await made.get("example.com/dep@v1.2.0")).output, "blocked pkg:golang/example.com/dep@v1.2.0");
    assert.equal(elsewhere.requests.length, asked);
  });

  it("goes nowhere else for what is known by another name, or has one that is too long to be judged", async () => {
    const asked = elsewhere.requests.length;
    const made = project({}, `,${elsewhere.url}`);
    assertTold((await made.get("example.com/big@v2.0.0")).output, "held pkg:golang/example.com/big@v2.0.0");
    const long = await made.get(`example.com/${"long/".repeat(110)}path@v1.0.0`);
    assert.match(long.output, /400 Bad Request\n\s*server response: cordon: .* cannot be judged/);
    // It asks for each path above it as well, and those there are not.
    const past = elsewhere.requests.slice(asked);
    assert.ok(
      past.every((path) => !/\/path\/@|\/big\/@/.test(path)),
      past.join("\n"),
    );
  });

  it("is refused a denied version that go.mod names already, also to download and to build", async () => {
    const made = project({ imports: ["example.com/dep"] });
    made.write("go.mod", "module app\n\ngo 1.21\n\nrequire example.com/dep v1.2.0\n");
    for (const args of [
      ["mod", "download"],
      ["build", "./..."],
      ["mod", "tidy"],
    ]) {
      const { code, output } = await made.run(...args);
      assert.notEqual(code, 0, args.join(" "));
      assertTold(output, "blocked pkg:golang/example.com/dep@v1.2.0");
    }
    assert.deepEqual(made.unpacked("example.com/dep"), []);
  });

  it("is refused what an allowed module requires", async () => {
    const { code, output } = await project({ imports: ["example.com/host"] }).get("example.com/host");
    assert.notEqual(code, 0);
    assertTold(output, "blocked pkg:golang/example.com/dep@v1.2.0");
  });

  it("builds where a denied version stands in the graph and is not used", async () => {
    const made = project({ imports: ["example.com/old", "example.com/graph"] });
    assert.equal((await made.get("example.com/old", "example.com/graph@v1.1.0")).code, 0);
    const { code, output } = await made.run("build", "./...");
    assert.equal(code, 0, output);
    assert.deepEqual(made.unpacked("example.com/graph"), ["v1.1.0"]);
    assert.equal((await made.run("mod", "tidy")).code, 0);
    assert.equal((await made.run("list", "-m", "all")).code, 0);
  });

  it("was the upstream's only client: nothing went past it", () => {
    assert.ok(modules.asked.length > 0);
    assert.ok(modules.asked.every(({ agent }) => agent === "cordon"));
    assert.ok(!modules.requests.some((path) => /dep\/@v\/v1\.2\.0\.zip|evil\/@v\/.*\.zip/.test(path)));
  });
});

describe("go, and a held module that is approved", { skip: NO_GO ?? false }, () => {
  const MODULE = { path: "example.com/young", versions: [{ version: "v1.1.0", published: YOUNG }] };
  const approval = (digest: string) =>
    approvalFile({ path: "approvals/golang/one.yaml", purl: "pkg:golang/example.com/young@v1.1.0", digests: [digest] });
  const SOURCE = { policies: [MALWARE_POLICY, AGE_POLICY] };
  let modules: FixtureModules;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let made: GoProject;

  before(async () => {
    modules = await startModules([MODULE]);
    folder = makeBundleFolder();
    await folder.sign({ source: SOURCE });
    const upstreams = new Map([["golang" as const, modules.url]]);
    proxy = await startTestProxy(folder, modules, { upstreams, pollSeconds: 0.1 });
    made = makeGoProject(`${proxy.publicUrl}/go`);
    made.write("go.mod", "module app\n\ngo 1.21\n\nrequire example.com/young v1.1.0\n");
  });
  after(async () => {
    await proxy.close();
    await modules.close();
    folder.remove();
    made.remove();
  });

  async function approve(digest: string, revision: number): Promise<void> {
    await folder.sign({ source: { ...SOURCE, approvals: [approval(digest)] }, revision });
    await until(async () => {
      const status = (await (await fetch(`${proxy.publicUrl}/-/status`)).json()) as { bundle: { revision: number } };
      return status.bundle.revision === revision;
    });
  }
  const download = () => made.run("mod", "download");
  const isHeld = async () => {
    const { code, output } = await download();
    assert.notEqual(code, 0);
    assert.match(output, /held pkg:golang\/example\.com\/young@v1\.1\.0 until/);
    assert.deepEqual(made.unpacked("example.com/young"), []);
  };

  it("is refused it before, and with an approval of other bytes", async () => {
    await isHeld();
    await approve(`sha256:${"0".repeat(64)}`, 2);
    await isHeld();
  });

  it("downloads it by the same command once its bytes are approved", async () => {
    await approve(`sha256:${sha256(zipOf(MODULE, { version: "v1.1.0" }))}`, 3);
    const { code, output } = await download();
    assert.equal(code, 0, output);
    assert.deepEqual(made.unpacked("example.com/young"), ["v1.1.0"]);
    assert.equal((await made.get("example.com/young@latest")).code, 0);
    assert.equal(modules.requests.filter((path) => path.endsWith(".zip")).length, 1);
  });
});
