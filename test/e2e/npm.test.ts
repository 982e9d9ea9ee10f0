import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { makeNpmProject, type NpmProject } from "../support/npm.ts";
import { OLD } from "../support/packument.ts";
import { AGE_POLICY, MALWARE_POLICY, malwareRecord, SCRIPTS_POLICY } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

const PACKAGES = [
  { name: "app-base", releases: [{ version: "1.0.0", dependencies: { "app-dep": "^1.0.0", "@acme/ui": "1.x" } }] },
  { name: "app-dep", releases: [{ version: "1.0.0" }, { version: "1.1.0" }, { version: "1.2.0" }] },
  { name: "@acme/ui", releases: [{ version: "1.0.0" }, { version: "1.0.1", published: "2026-11-21T12:00:00Z" }] },
  { name: "only-evil", releases: [{ version: "1.0.0" }] },
  { name: "late", releases: [{ version: "1.0.0" }, { version: "1.1.0" }] },
];
const RECORDS = [malwareRecord("app-dep", ["1.2.0", "1.3.0"]), malwareRecord("only-evil", ["1.0.0"], "MAL-2026-2")];

describe("npm install through the proxy", () => {
  let registry: FixtureRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;
  const projects: NpmProject[] = [];

  before(async () => {
    registry = await startRegistry(PACKAGES);
    folder = makeBundleFolder();
    await folder.sign({ source: { policies: [MALWARE_POLICY, AGE_POLICY, SCRIPTS_POLICY] }, records: RECORDS });
    proxy = await startTestProxy(folder, registry);
  });

  after(async () => {
    await proxy.close();
    await registry.close();
    folder.remove();
    for (const project of projects) project.remove();
  });

  function project(registryUrl = `${proxy.npm}/`, files: Record<string, string> = {}): NpmProject {
    const made = makeNpmProject(registryUrl, files);
    projects.push(made);
    return made;
  }

  it("installs a package with its dependencies, each at the newest version that is allowed, with the registry's own integrity", async () => {
    const [through, direct] = [project(), project(registry.url.href)];
    const run = await through.run("install", "app-base");
    assert.equal(run.code, 0, run.output);
    assert.deepEqual(
      [through.installed("app-base"), through.installed("app-dep"), through.installed("@acme/ui")],
      ["1.0.0", "1.1.0", "1.0.0"],
    );
    assert.equal((await direct.run("install", "app-base@1.0.0", "app-dep@1.1.0", "@acme/ui@1.0.0")).code, 0);
    for (const path of ["node_modules/app-base", "node_modules/app-dep", "node_modules/@acme/ui"]) {
      assert.equal(through.lock()[path]?.integrity, direct.lock()[path]?.integrity, path);
      assert.ok(through.lock()[path]?.resolved?.startsWith(`${proxy.npm}/`), path);
    }
  });

  for (const [what, version, id] of [
    ["that the upstream lists", "app-dep@1.2.0", "MAL-2026-1"],
    ["that the upstream has removed", "app-dep@1.3.0", "MAL-2026-1"],
    ["that is the only one", "only-evil", "MAL-2026-2"],
  ] as const) {
    it(`fails for a malicious version ${what}, and npm shows the sentence, the policy, the evidence and the URL`, async () => {
      const target = project();
      const { code, output } = await target.run("install", version);
      assert.notEqual(code, 0);
      const pinned = version.includes("@") ? version : `${version}@1.0.0`;
      assert.match(output, /E403/);
      assert.ok(
        output.includes(`cordon: blocked pkg:npm/app-dep@1.2.0`) ||
          output.includes(`cordon: blocked pkg:npm/${pinned}`),
        output,
      );
      assert.ok(output.includes(pinned.split("@")[1] ?? ""), output);
      for (const part of [
        "An advisory names this release as malicious",
        "known-malicious",
        id,
        `${proxy.publicUrl}/-/why/pkg:npm/`,
      ])
        assert.ok(output.includes(part), `${part} in ${output}`);
    });
  }

  it("fails for a release that is too young, and tells when it comes free", async () => {
    const { code, output } = await project().run("install", "@acme/ui@1.0.1");
    assert.notEqual(code, 0);
    assert.match(
      output,
      /cordon: held pkg:npm\/%40acme\/ui@1\.0\.1 until 2026-11-24T12:00:00Z: Published less than three days ago/,
    );
  });

  const lockfile = (name: string, version: string, integrity: string, host: string) =>
    JSON.stringify({
      name: "app",
      version: "1.0.0",
      lockfileVersion: 3,
      packages: {
        "": { name: "app", version: "1.0.0", dependencies: { [name]: version } },
        [`node_modules/${name}`]: {
          version,
          resolved: `${host}/${name}/-/${name.slice(name.lastIndexOf("/") + 1)}-${version}.tgz`,
          integrity,
        },
      },
    });
  const manifest = (name: string, version: string) =>
    JSON.stringify({ name: "app", version: "1.0.0", dependencies: { [name]: version } });

  it("meets the same gate in `npm ci` from a lockfile made elsewhere", async () => {
    const elsewhere = project(registry.url.href);
    assert.equal((await elsewhere.run("install", "app-dep@1.2.0", "@acme/ui@1.0.0")).code, 0);
    const integrityOf = (name: string) => elsewhere.lock()[`node_modules/${name}`]?.integrity ?? "";
    const allowed = project(undefined, {
      "package.json": manifest("@acme/ui", "1.0.0"),
      "package-lock.json": lockfile("@acme/ui", "1.0.0", integrityOf("@acme/ui"), proxy.npm),
    });
    const good = await allowed.run("ci");
    assert.equal(good.code, 0, good.output);
    assert.equal(allowed.installed("@acme/ui"), "1.0.0");
    const listings = registry.requests.filter((path) => path === "/app-dep").length;
    const blocked = project(undefined, {
      "package.json": manifest("app-dep", "1.2.0"),
      "package-lock.json": lockfile("app-dep", "1.2.0", integrityOf("app-dep"), proxy.npm),
    });
    const { code, output } = await blocked.run("ci");
    assert.notEqual(code, 0);
    assert.match(output, /cordon: blocked pkg:npm\/app-dep@1\.2\.0: .*\(known-malicious, MAL-2026-1\)/);
    assert.equal(blocked.installed("app-dep"), undefined);
    assert.ok(registry.requests.filter((path) => path === "/app-dep").length <= listings + 1);
  });

  it("meets a changed policy in the next install, with the client's cache as it was", async () => {
    const target = project();
    assert.equal((await target.run("install", "late")).code, 0);
    assert.equal(target.installed("late"), "1.1.0");
    await folder.sign({
      revision: 2,
      source: { policies: [MALWARE_POLICY, AGE_POLICY, SCRIPTS_POLICY] },
      records: [...RECORDS, malwareRecord("late", ["1.1.0"], "MAL-2026-3")],
    });
    await proxy.lifecycle.poll();
    assert.equal((await target.run("uninstall", "late")).code, 0);
    const run = await target.run("install", "late@^1.0.0");
    assert.equal(run.code, 0, run.output);
    assert.equal(target.installed("late"), "1.0.0");
  });

  it("shows what `npm view` asks for", async () => {
    const { code, output } = await project().run("view", "app-dep", "versions", "dist-tags", "time", "--json");
    assert.equal(code, 0, output);
    const view = JSON.parse(output);
    assert.deepEqual(view["dist-tags"], { latest: "1.1.0" });
    assert.equal(view["time"]["1.0.0"], OLD);
  });

  it("lets no byte of a denied release through", () => {
    const fetched = registry.requests.filter((path) => path.endsWith(".tgz"));
    assert.ok(fetched.includes("/app-dep/-/app-dep-1.1.0.tgz"));
    // The one request for 1.2.0 is that of the direct install, which made the lockfile.
    assert.equal(fetched.filter((path) => path === "/app-dep/-/app-dep-1.2.0.tgz").length, 1);
    assert.equal(fetched.filter((path) => /only-evil|ui-1\.0\.1/.test(path)).length, 0);
  });
});
