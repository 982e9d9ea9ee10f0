/**
 * What is read of a lockfile, a listing or a log that the real tool wrote, beside what its registry was asked for: every file
 * that was fetched is named, and nothing else is.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { readInventory } from "../../cli/inventory/inventory.ts";
import { toPurl } from "../../core/purl.ts";
import { CARGO_LOCKFILE, makeCargoProject, NO_CARGO } from "../support/cargo-client.ts";
import { CLIENTS, lockfileName, makeClientProject } from "../support/clients.ts";
import { startCrates } from "../support/crates-registry.ts";
import { makeGoProject, NO_GO } from "../support/go-client.ts";
import { startModules } from "../support/go-modules.ts";
import { startPypi } from "../support/pypi-registry.ts";
import { makePythonProject, PYTHON_CLIENTS, pythonLockfileName } from "../support/python-clients.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

const purlsIn = (name: string, text: string): string[] =>
  readInventory(name, text)
    .releases.map(({ id }) => toPurl(id))
    .sort();

describe("what npm and its like write", () => {
  let registry: FixtureRegistry;
  const wanted = [
    "pkg:npm/%40acme/ui@1.2.3",
    "pkg:npm/left-pad@1.0.0",
    "pkg:npm/left-pad@2.0.0",
    "pkg:npm/scripted@1.0.0",
  ];

  before(async () => {
    registry = await startRegistry([
      { name: "left-pad", releases: [{ version: "1.0.0" }, { version: "2.0.0" }] },
      { name: "@acme/ui", releases: [{ version: "1.2.3", dependencies: { "left-pad": "1.0.0" } }] },
      { name: "scripted", releases: [{ version: "1.0.0", scripts: { postinstall: "node -v" } }] },
    ]);
  });
  after(() => registry.close());

  const manifest = { dependencies: { "@acme/ui": "^1.0.0", padding: "npm:left-pad@^2.0.0", scripted: "1.0.0" } };

  for (const client of CLIENTS)
    it(`${lockfileName(client)} of ${client} names what it fetched`, async () => {
      const project = makeClientProject(client, registry.url.href, { manifest });
      try {
        const { code, output } = await project.install();
        assert.equal(code, 0, output);
        assert.deepEqual(purlsIn(lockfileName(client), project.lockfile() ?? ""), wanted);
      } finally {
        project.remove();
      }
    });

  it("`npm ls --json` and the log of `npm install --loglevel http` name the same", async () => {
    const project = makeClientProject("npm", registry.url.href, { manifest });
    try {
      const { code, output } = await project.run("install", "--loglevel", "http", "--no-progress");
      assert.equal(code, 0, output);
      assert.deepEqual(purlsIn("install.log", output), wanted);
      const listed = await project.run("ls", "--all", "--json");
      assert.deepEqual(purlsIn("npm-ls.json", listed.output), wanted);
    } finally {
      project.remove();
    }
  });
});

describe("what cargo writes", { skip: NO_CARGO ?? false }, () => {
  it("in its lockfile, its metadata and its log is what it fetched", async () => {
    const crates = await startCrates([
      { name: "dep", versions: [{ version: "1.0.0" }, { version: "1.1.0" }] },
      { name: "host", versions: [{ version: "0.1.0+build", dependencies: { dep: "=1.0.0" } }] },
    ]);
    const project = makeCargoProject(`sparse+${crates.url}index/`, { dependencies: { host: "*", dep: "=1.0.0" } });
    try {
      const { code, output } = await project.build();
      assert.equal(code, 0, output);
      const wanted = ["pkg:cargo/dep@1.0.0", "pkg:cargo/host@0.1.0%2Bbuild"];
      assert.deepEqual(purlsIn("build.log", output), wanted);
      assert.deepEqual(purlsIn(CARGO_LOCKFILE, project.lockfile() ?? ""), wanted);
      const metadata = await project.run("metadata", "--format-version", "1", "--quiet");
      assert.deepEqual(purlsIn("metadata.json", metadata.output), wanted);
    } finally {
      project.remove();
      await crates.close();
    }
  });
});

describe("what go writes", { skip: NO_GO ?? false }, () => {
  it("in go.mod, go.sum, its listing and its log is what it fetched", async () => {
    const modules = await startModules([
      { path: "example.com/Acme/dep", versions: [{ version: "v1.0.0" }] },
      { path: "example.com/host", versions: [{ version: "v0.1.0", requires: { "example.com/Acme/dep": "v1.0.0" } }] },
    ]);
    const imports = ["example.com/host", "example.com/Acme/dep"];
    const project = makeGoProject(modules.url.href.replace(/\/$/, ""), { imports });
    try {
      const { code, output } = await project.run("mod", "tidy");
      assert.equal(code, 0, output);
      const wanted = ["pkg:golang/example.com/Acme/dep@v1.0.0", "pkg:golang/example.com/host@v0.1.0"];
      assert.deepEqual(purlsIn("build.log", output), wanted);
      for (const name of ["go.mod", "go.sum"]) {
        assert.deepEqual(purlsIn(name, readFileSync(join(project.path, name), "utf8")), wanted);
      }
      const listed = await project.run("list", "-m", "-json", "all");
      assert.deepEqual(purlsIn("modules.json", listed.output), wanted);
    } finally {
      project.remove();
      await modules.close();
    }
  });
});

describe("what clients of Python packages write", { skip: PYTHON_CLIENTS.length === 0 && "there are none" }, () => {
  for (const client of PYTHON_CLIENTS)
    it(`${pythonLockfileName(client)} of ${client}, and its log, name what it fetched`, async () => {
      const pypi = await startPypi([
        { name: "dep", releases: [{ version: "1.0.0" }, { version: "1.1.0" }] },
        { name: "Host.Name", releases: [{ version: "2.0.0", dependencies: ["dep==1.0.0"] }] },
      ]);
      const project = makePythonProject(client, pypi.simple.href, { dependencies: ["host-name==2.0.0", "dep==1.0.0"] });
      try {
        const locked = await project.lock();
        assert.equal(locked.code, 0, locked.output);
        const wanted = ["pkg:pypi/dep@1.0.0", "pkg:pypi/host-name@2.0.0"];
        assert.deepEqual(purlsIn(pythonLockfileName(client), project.lockfile() ?? ""), wanted);
        const { code, output } = await project.install();
        assert.equal(code, 0, output);
        assert.deepEqual(purlsIn("install.log", output), wanted);
      } finally {
        project.remove();
        await pypi.close();
      }
    });
});
