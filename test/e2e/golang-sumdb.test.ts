/** The real go command with a checksum database, which it asks of the proxy, and with another Go, which is a module. */
import assert from "node:assert/strict";
import { arch, platform } from "node:process";
import { after, before, describe, it } from "node:test";
import { readPolicySource } from "../../core/policy/source.ts";
import { type GoProject, type GoProjectOptions, makeGoProject, NO_GO } from "../support/go-client.ts";
import { type FixtureModules, startModules, zipOf } from "../support/go-modules.ts";
import { serveSumdb } from "../support/go-sumdb.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";

const YOUNG = "2026-11-22T00:00:00Z";
/** What go makes executable must be there. */
const TOOLCHAIN_FILES = {
  "bin/go": '#!/bin/sh\necho "this is go1.99.0 with $@"\n',
  "bin/gofmt": "",
  "pkg/tool/README": "",
  "src/_go.mod": "module std\n",
  "lib/wasm/go_js_wasm_exec": "",
};
const TOOLCHAIN = `v0.0.1-go1.99.0.${platform}-${arch === "x64" ? "amd64" : arch}`;
const DEP = { path: "example.com/dep", versions: [{ version: "v1.0.0" }, { version: "v1.1.0", published: YOUNG }] };
const MODULES = [
  DEP,
  { path: "example.com/forged", versions: [{ version: "v1.0.0" }] },
  {
    path: "golang.org/toolchain",
    versions: [
      {
        version: TOOLCHAIN,
        published: YOUNG,
        files: TOOLCHAIN_FILES,
      },
    ],
  },
];

describe("go with a checksum database through the proxy", { skip: NO_GO ?? false }, () => {
  let modules: FixtureModules;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let sumdb: string;
  const projects: GoProject[] = [];

  before(async () => {
    modules = await startModules(MODULES);
    sumdb = serveSumdb(modules, MODULES);
    folder = makeBundleFolder();
    await folder.sign({ source: readPolicySource("policies") });
    proxy = await startTestProxy(folder, modules, { upstreams: new Map([["golang", modules.url]]) });
  });
  after(async () => {
    await proxy.close();
    await modules.close();
    folder.remove();
    for (const project of projects) project.remove();
  });

  function project({ environment, ...options }: GoProjectOptions = {}): GoProject {
    const made = makeGoProject(`${proxy.publicUrl}/go`, {
      ...options,
      environment: { GOSUMDB: sumdb, ...environment },
    });
    projects.push(made);
    return made;
  }

  it("verifies by it what is allowed by the default policies", async () => {
    const { code, output } = await project().get("example.com/dep");
    assert.equal(code, 0, output);
    assert.ok(modules.requests.some((path) => path === "/sumdb/sum.example/lookup/example.com/dep@v1.0.0"));
    assert.ok(modules.requests.some((path) => path.startsWith("/sumdb/sum.example/tile/8/0/000")));
  });

  it("takes no file that the database knows otherwise", async () => {
    const other = {
      path: "example.com/forged",
      versions: [{ version: "v1.0.0", files: { "go.mod": "", "a.go": "" } }],
    };
    modules.answer("/example.com/forged/@v/v1.0.0.zip", (_request, response) =>
      response.end(zipOf(other, other.versions[0] as (typeof other.versions)[0])),
    );
    const made = project();
    const { code, output } = await made.get("example.com/forged");
    assert.notEqual(code, 0);
    assert.match(output, /SECURITY ERROR/);
  });

  it("is given another Go at once, however young: the default list of allowed packages names it", async () => {
    const { code, output } = await project({ environment: { GOTOOLCHAIN: "go1.99.0+auto" } }).run("env");
    assert.equal(code, 0, output);
    assert.match(output, /this is go1\.99\.0 with env/);
    assert.ok(modules.requests.includes(`/golang.org/toolchain/@v/${TOOLCHAIN}.zip`));
  });

  it("is given one by what go.mod says", async () => {
    const made = project({ environment: { GOTOOLCHAIN: "auto" } });
    made.write("go.mod", "module app\n\ngo 1.21\n\ntoolchain go1.99.0\n");
    const { output } = await made.run("list");
    assert.match(output, /this is go1\.99\.0 with list/);
  });
});
