/** The lines for Deno in docs/DEPLOYING.md, word for word, in a folder in which the package is installed. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { denoLines, placed, runDeno } from "../support/deno-lines.ts";
import { freePort } from "../support/free-port.ts";
import { makeNpmProject } from "../support/npm.ts";
import { install, ROOT } from "../support/packed.ts";
import { makeBundleFolder } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

describe("the lines for Deno, with the installed package", { timeout: 120_000 }, () => {
  let folder: string;
  let registry: FixtureRegistry;

  before(async () => {
    folder = await install();
    registry = await startRegistry([{ name: "plain", releases: [{ version: "1.0.0" }] }]);
    const bundle = makeBundleFolder();
    await bundle.sign({ created: new Date(Date.now() - 60_000) });
    cpSync(bundle.bundle, join(folder, "bundle"), { recursive: true });
    cpSync(bundle.trust, join(folder, "cordon.pub"));
    cpSync(join(ROOT, "policies"), join(folder, "policies"), { recursive: true });
    mkdirSync(join(folder, "state"));
    bundle.remove();
  });

  after(() => registry.close());

  it("start a proxy that an install goes through", async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    const project = makeNpmProject(`http://${listen}/npm/`);
    const [line = []] = denoLines("proxy");
    try {
      const { code, output } = await runDeno(placed(line, { listen, registry: registry.url }), folder, {
        listen,
        use: async () => {
          const run = await project.run("install", "plain@1.0.0");
          assert.equal(run.code, 0, run.output);
        },
      });
      assert.equal(code, 0, output);
      assert.equal(project.installed("plain"), "1.0.0");
    } finally {
      project.remove();
    }
  });

  for (const line of denoLines("policy"))
    it(`run ${line.slice(-3).join(" ")}`, async () => {
      const { code, output } = await runDeno(line, folder);
      assert.equal(code, 0, output);
    });
});
