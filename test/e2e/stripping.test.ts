import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { CLIENTS, type ClientName, type ClientProject, lockfileName, makeClientProject } from "../support/clients.ts";
import { policyFile } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

/** Leaves a mark where it runs. */
const MARK = `node -e "require('fs').writeFileSync('ran','')"`;
const PACKAGES = [
  {
    name: "native",
    releases: [{ version: "1.0.0", scripts: { postinstall: MARK, test: "node test.js" }, files: { "index.js": "" } }],
  },
];
/** Files that nobody has asked for before their listing is. */
const LONG = CLIENTS.map((client) => ({
  name: `long-${client}`,
  releases: Array.from({ length: 30 }, (_, minor) => ({ version: `1.${minor}.0`, scripts: { postinstall: MARK } })),
}));
const policy = (strip: "rewrite" | "metadata") =>
  policyFile(
    "no-scripts",
    `  strip: ${strip}\n  rules: [{ name: scripts, condition: "release.installScripts.size() > 0", verdict: strip-scripts, message: It has install scripts. }]`,
  );
/** Clients that take scripts from the listing: the others read the file. */
const READS_LISTING: ReadonlySet<ClientName> = new Set(["npm"]);

describe("install scripts, in the clients that are told to run them", () => {
  let registry: FixtureRegistry;
  const folders: BundleFolder[] = [];
  const projects: ClientProject[] = [];
  let rewriting: TestProxy;
  let silencing: TestProxy;

  before(async () => {
    registry = await startRegistry([...PACKAGES, ...LONG]);
    const start = async (strip: "rewrite" | "metadata") => {
      const folder = makeBundleFolder();
      folders.push(folder);
      await folder.sign({ source: { policies: [policy(strip)] } });
      return startTestProxy(folder, registry);
    };
    rewriting = await start("rewrite");
    silencing = await start("metadata");
  });

  after(async () => {
    await rewriting.close();
    await silencing.close();
    await registry.close();
    for (const one of [...folders, ...projects]) one.remove();
  });

  function project(client: ClientName, registryUrl: string): ClientProject {
    const made = makeClientProject(client, registryUrl, { scripts: ["native", `long-${client}`] });
    projects.push(made);
    return made;
  }
  /** As a colleague's checkout: the same lockfile, no cache; `from` and `to` where the registry's address has changed. */
  function share(one: ClientProject, other: ClientProject, [from, to] = ["", ""]): void {
    other.write("package.json", readFileSync(join(one.path, "package.json"), "utf8"));
    other.write(lockfileName(one.client), (one.lockfile() ?? "").replaceAll(from || to, to));
  }
  const hasRun = ({ path }: ClientProject, name = "native") => existsSync(join(path, "node_modules", name, "ran"));

  for (const client of CLIENTS) {
    describe(client, () => {
      it("runs them when it asks the registry itself", async () => {
        const direct = project(client, registry.url.href);
        const run = await direct.add("native@1.0.0");
        assert.equal(run.code, 0, run.output);
        assert.equal(hasRun(direct), true, run.output);
      });

      it("has none to run where the file is written anew, also from its lockfile and without its cache", async () => {
        const first = project(client, `${rewriting.npm}/`);
        const run = await first.add("native");
        assert.equal(run.code, 0, run.output);
        assert.deepEqual([first.installed("native"), hasRun(first)], ["1.0.0", false], run.output);
        const second = project(client, `${rewriting.npm}/`);
        share(first, second);
        const frozen = await second.installFrozen();
        assert.equal(frozen.code, 0, frozen.output);
        assert.deepEqual([second.installed("native"), hasRun(second)], ["1.0.0", false], frozen.output);
      });

      it("gets an old release that nobody asked for before, and the same one from its lockfile", async () => {
        const name = `long-${client}`;
        const [first, second] = [project(client, `${rewriting.npm}/`), project(client, `${rewriting.npm}/`)];
        const run = await first.add(`${name}@1.0.0`);
        assert.deepEqual([run.code, first.installed(name), hasRun(first, name)], [0, "1.0.0", false], run.output);
        share(first, second);
        const frozen = await second.installFrozen();
        assert.deepEqual([frozen.code, second.installed(name)], [0, "1.0.0"], frozen.output);
      });

      it("is refused the original that a lockfile from elsewhere pins", async () => {
        const direct = project(client, registry.url.href);
        await direct.add("native@1.0.0");
        const moved = project(client, `${rewriting.npm}/`);
        share(direct, moved, [registry.url.origin, rewriting.npm]);
        const run = await moved.installFrozen();
        assert.notEqual(run.code, 0, run.output);
        assert.equal(hasRun(moved), false);
        assert.match(run.output, /403|without its install scripts/, run.output);
      });

      it(`${READS_LISTING.has(client) ? "does not run" : "runs"} them where only the listing is silent`, async () => {
        const through = project(client, `${silencing.npm}/`);
        const run = await through.add("native");
        assert.equal(run.code, 0, run.output);
        assert.equal(hasRun(through), !READS_LISTING.has(client), run.output);
      });
    });
  }
});
