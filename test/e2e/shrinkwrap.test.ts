/** A package that names other hosts in a shrinkwrap of its own: npm alone would ask them, and no gate would see it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { makeClientProject } from "../support/clients.ts";
import { type Listener, listen } from "../support/listener.ts";
import { type FixtureRelease, tarball } from "../support/packument.ts";
import { makeBundleFolder, startTestProxy } from "../support/proxy.ts";
import { startRegistry } from "../support/registry.ts";

const ELSEWHERE = tarball("inner", { version: "1.0.0", scripts: { postinstall: "exit 1" } });

/** Says that its dependency is to be had from the other host, with a digest that is right there. */
function shrinkwrapped(outside: Listener, more: object): FixtureRelease {
  const dependencies = { inner: "1.0.0" };
  const integrity = `sha512-${createHash("sha512").update(ELSEWHERE).digest("base64")}`;
  const packages = {
    "": { name: "wrapped", version: "1.0.0", dependencies },
    "node_modules/inner": { version: "1.0.0", resolved: `${outside.url}/inner.tgz`, integrity },
  };
  const shrinkwrap = { name: "wrapped", version: "1.0.0", lockfileVersion: 3, requires: true, packages };
  const manifest = { name: "wrapped", version: "1.0.0", dependencies, ...more };
  return {
    version: "1.0.0",
    dependencies,
    files: { "package.json": JSON.stringify(manifest), "npm-shrinkwrap.json": JSON.stringify(shrinkwrap) },
    manifest: { _hasShrinkwrap: true, ...more },
  };
}

describe("a shrinkwrap inside a package", () => {
  for (const [name, more] of [
    ["alone", {}],
    ["with bundled packages", { bundleDependencies: ["other"] }],
  ] as const) {
    it(`makes npm ask nobody but the proxy: ${name}`, async () => {
      const outside = await listen(() => ELSEWHERE);
      const registry = await startRegistry([
        { name: "wrapped", releases: [shrinkwrapped(outside, more)] },
        { name: "inner", releases: [{ version: "1.0.0" }] },
      ]);
      const folder = makeBundleFolder();
      await folder.sign();
      const proxy = await startTestProxy(folder, registry);
      const project = makeClientProject("npm", `${proxy.npm}/`);
      try {
        const { code, output } = await project.add("wrapped@1.0.0");
        assert.equal(code, 0, output);
        assert.deepEqual(outside.requests, []);
        assert.ok(registry.asked.some(({ path }) => path === "/inner/-/inner-1.0.0.tgz"));
        for (const accept of ["application/json", "application/vnd.npm.install-v1+json"]) {
          const served = await (await fetch(`${proxy.npm}/wrapped`, { headers: { accept } })).text();
          assert.match(served, /"inner"/);
          assert.doesNotMatch(served, /_hasShrinkwrap/);
        }
      } finally {
        project.remove();
        await proxy.close();
        await registry.close();
        await outside.close();
        folder.remove();
      }
    });
  }
});
