import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { CLIENTS, lockfileName, makeClientProject } from "../support/clients.ts";
import { malwareRecord } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

/** bun takes what it has by name and version, whatever the listing says: nobody is asked (docs/THREAT-MODEL.md). */
const ASKS_NOBODY = new Set(["bun"]);

describe("a release that is blocked after a client has stored its file", () => {
  let registry: FixtureRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;

  before(async () => {
    registry = await startRegistry(
      CLIENTS.map((client) => ({ name: `turned-${client}`, releases: [{ version: "1.0.0" }, { version: "1.1.0" }] })),
    );
    folder = makeBundleFolder();
    proxy = await startTestProxy(folder, registry);
  });

  after(async () => {
    await proxy.close();
    await registry.close();
    folder.remove();
  });

  let revision = 0;
  for (const client of CLIENTS.filter((client) => !ASKS_NOBODY.has(client))) {
    it(`is refused to ${client}, which has the file and asks for the listing anew`, async () => {
      const name = `turned-${client}`;
      await folder.sign({ revision: ++revision });
      await proxy.lifecycle.poll();
      const project = makeClientProject(client, `${proxy.npm}/`);
      const first = await project.add(`${name}@1.1.0`);
      assert.equal(first.code, 0, first.output);
      await folder.sign({ revision: ++revision, records: [malwareRecord(name, ["1.1.0"])] });
      await proxy.lifecycle.poll();
      // The store stays; what was known of the package goes.
      for (const path of ["node_modules", lockfileName(client), ".cache", ".yarn-global/metadata"])
        rmSync(join(project.path, path), { recursive: true, force: true });
      project.write("package.json", '{"name":"app","version":"1.0.0","private":true}');
      const second = await project.add(`${name}@1.1.0`);
      const installed = project.installed(name);
      project.remove();
      assert.notEqual(second.code, 0, second.output);
      assert.equal(installed, undefined);
    });
  }
});
