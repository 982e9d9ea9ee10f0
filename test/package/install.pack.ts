/** That the package does its work where it is installed, by each way of installing it. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { type Folder, makeFolder } from "../support/folder.ts";
import { freePort } from "../support/free-port.ts";
import { makeNpmProject } from "../support/npm.ts";
import { BIN, install, pack, ROOT, type Run, runIn } from "../support/packed.ts";
import { startRegistry } from "../support/registry.ts";

const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const QUIET = ["--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];

/** How the package comes into an empty folder, and how it is called there. */
const WAYS: readonly { name: string; prepare: (folder: string, tarball: string) => Promise<string[]> }[] = [
  { name: "npm install", prepare: async () => [join(await install(), "node_modules", ".bin", "cordon")] },
  {
    name: "pnpm add",
    async prepare(folder, tarball) {
      const { code, stdout, stderr } = await runIn(folder, join(BIN, "pnpm"), ["add", "--prefer-offline", tarball]);
      assert.equal(code, 0, stdout + stderr);
      return [join(folder, "node_modules", ".bin", "cordon")];
    },
  },
  { name: "npx --package", prepare: async (_, tarball) => ["npx", "--yes", ...QUIET, "--package", tarball, "cordon"] },
];

for (const { name, prepare } of WAYS)
  describe(`cordon, by ${name}`, { timeout: 300_000 }, () => {
    let folder: Folder;
    let command: string;
    let first: string[];

    before(async () => {
      folder = makeFolder({ "package.json": '{"name":"app","version":"1.0.0","private":true}' });
      cpSync(join(ROOT, "policies"), join(folder.path, "policies"), { recursive: true });
      [command = "", ...first] = await prepare(folder.path, (await pack()).tarball);
    });

    after(() => folder.remove());

    const cordon = (...args: string[]): Promise<Run> => runIn(folder.path, command, [...first, ...args]);

    async function succeeds(...args: string[]): Promise<string> {
      const { code, stdout, stderr } = await cordon(...args);
      assert.equal(code, 0, stdout + stderr);
      assert.doesNotMatch(stderr, /warning/i);
      return stdout;
    }

    it("tells its version", async () => {
      assert.match(await succeeds("--version"), new RegExp(`^cordon/${version} .* node-v24\\.`));
    });

    it("tells what it can do as the sources do, and what it cannot", async () => {
      const sources = await runIn(folder.path, process.execPath, [join(ROOT, "cli/bin/run.ts"), "--help"]);
      assert.equal(await succeeds("--help"), sources.stdout);
      const { code, stderr } = await cordon("polic", "lint");
      assert.deepEqual([code, /did you mean `cordon policy lint`/.test(stderr)], [2, true], stderr);
    });

    it("lints a policy repository, and writes a policy from a recipe of its own", async () => {
      assert.match(await succeeds("policy", "lint", "policies"), /6 policies/);
      await succeeds("policy", "new", "our-ages", "new", "--from", "age-by-ecosystem");
      assert.match(await succeeds("policy", "test", "new"), / 0 failed/);
      folder.write("new/policies/our-ages.yaml", "apiVersion: cordon/v1\nkind: PackagePolice\n");
      assert.equal((await cordon("policy", "lint", "new")).code, 1);
    });

    it("builds, signs and verifies a bundle", async () => {
      await succeeds("bundle", "keygen", "--out", "keys");
      await succeeds("bundle", "build", "policies", "--out", "bundle");
      await succeeds("bundle", "sign", "bundle", "--key", "keys/cordon.key");
      await succeeds("bundle", "verify", "bundle", "--trust", "keys/cordon.pub");
      await succeeds("bundle", "keygen", "--out", "others");
      assert.equal((await cordon("bundle", "verify", "bundle", "--trust", "others/cordon.pub")).code, 1);
    });

    it("runs a proxy that an install goes through, and one is refused by", async () => {
      const packages = ["plain", "minimist"].map((one) => ({ name: one, releases: [{ version: "1.2.5" }] }));
      const registry = await startRegistry(packages);
      const listen = `127.0.0.1:${await freePort()}`;
      const project = makeNpmProject(`http://${listen}/npm/`);
      const args = ["proxy", "--bundle", "dir:bundle", "--trust", "keys/cordon.pub", "--state", "state"];
      const more = ["--listen", listen, "--upstream", `npm=${registry.url}`];
      const PATH = [join(process.execPath, ".."), process.env["PATH"]].join(":");
      const env = { ...process.env, PATH };
      const child = spawn(command, [...first, ...args, ...more], {
        cwd: folder.path,
        env,
        stdio: "ignore",
        detached: true,
      });
      const ended = once(child, "exit");
      try {
        while (child.exitCode === null && !(await isReady(listen))) await setTimeout(50);
        assert.equal((await project.run("install", "plain@1.2.5")).code, 0);
        assert.equal(project.installed("plain"), "1.2.5");
        const { code, output } = await project.run("install", "minimist@1.2.5");
        assert.notEqual(code, 0);
        assert.match(output, /cordon: blocked pkg:npm\/minimist@1\.2\.5/);
      } finally {
        // npx does not pass signals on: the group is what was started.
        if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
        await ended;
        project.remove();
        await registry.close();
      }
    });
  });

async function isReady(address: string): Promise<boolean> {
  try {
    return (await fetch(`http://${address}/-/readyz`)).ok;
  } catch {
    return false;
  }
}

describe("what is built", () => {
  for (const args of [["--version"], ["check", "--offline", "pkg:npm/minimist@1.2.5", "--dir", join(ROOT, "policies")]])
    it(`needs nothing of the sources, which take longer to start: cordon ${args.slice(0, 2).join(" ")}`, async (t) => {
      const folder = await install();
      const built = join(folder, "node_modules/cordon/dist/cli/bin/run.js");
      const run = async (words: readonly string[]): Promise<number> => {
        const start = performance.now();
        const { stdout, stderr } = await runIn(folder, process.execPath, [...words, ...args]);
        assert.match(stdout, /cordon\/\d|minimist/, stderr);
        return Math.round(performance.now() - start);
      };
      const fromPackage = await run(["--no-experimental-strip-types", built]);
      const fromSources = await run([join(ROOT, "cli/bin/run.ts")]);
      t.diagnostic(`${fromPackage} ms from the package, ${fromSources} ms from the sources`);
    });
});
