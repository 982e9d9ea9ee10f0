/** A smoke test against the registry that this machine's npm is set to; its publish times are not relied on. */
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { readAdvisories } from "../../core/advisories/read.ts";
import { upstreamUrl } from "../../core/config.ts";
import { sha256 } from "../../core/digest.ts";
import { createFetch } from "../../core/http.ts";
import { readPolicySource } from "../../core/policy/source.ts";
import { makeNpmProject, type NpmProject } from "../support/npm.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

const upstream = upstreamUrl("npm", undefined);
const reason = await unreachable();
if (reason) console.log(`# the live test is skipped: the npm registry of this machine cannot be reached (${reason})`);

async function unreachable(): Promise<string | undefined> {
  try {
    const { status, body } = await createFetch()(new URL("minimist", upstream), {
      maxBytes: 64 * 1024 * 1024,
      timeoutMs: 10_000,
    });
    body.destroy();
    return status === 200 ? undefined : `it answers ${status}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Where Node's headers are, for node-gyp: it would fetch them from another host. */
const nodedir = dirname(dirname(execFileSync("node", ["-p", "process.execPath"], { encoding: "utf8" }).trim()));
const compiles = existsSync(join(nodedir, "include/node/node.h"));
if (!compiles) console.log(`# nothing is compiled in the live test: there are no headers below ${nodedir}`);

/** With platform binaries, install scripts, native builds, long lists of versions. */
const POPULAR = [
  "@parcel/watcher",
  "@swc/core",
  "argon2",
  "bcrypt",
  "bufferutil",
  "core-js",
  ...(compiles ? ["cpu-features"] : []),
  "esbuild",
  "husky",
  "prettier",
  "protobufjs",
  "semver",
  "sharp",
  "typescript",
  "vite",
];

/** Their scripts fetch from other hosts or compile for minutes: what npm would install is compared, and not installed. */
const SLOW = ["better-sqlite3@12", "canvas", "electron", "puppeteer", "re2", "sqlite3"];

/** Programs that load what the packages' scripts made or linked, and what they print. */
const USES: readonly [name: string, program: string, prints: RegExp][] = [
  ["esbuild", "console.log(require('esbuild').transformSync('let a: 1 = 1', { loader: 'ts' }).code)", /^let a = 1;/],
  ["@swc/core", "console.log(require('@swc/core').transformSync('a ?? b').code)", /a/],
  ["bcrypt", "const b = require('bcrypt'); console.log(b.compareSync('a', b.hashSync('a', 4)))", /^true/],
  ["argon2", "require('argon2').hash('a').then((hash) => console.log(hash.slice(0, 9)))", /^\$argon2id/],
  ["cpu-features", "console.log(Object.keys(require('cpu-features')().flags).length > 0)", /^true/],
  [
    "bufferutil",
    "const b = Buffer.from([1]); require('bufferutil').unmask(b, Buffer.alloc(4, 1)); console.log(b[0])",
    /^0/,
  ],
  ["@parcel/watcher", "console.log(typeof require('@parcel/watcher').subscribe)", /^function/],
  [
    "sharp",
    'require(\'sharp\')(Buffer.from(\'<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2"/>\')).metadata().then(({ width }) => console.log(width))',
    /^3/,
  ],
  [
    "protobufjs",
    "console.log(require('protobufjs').parse('syntax = \"proto3\"; message A {}').root.lookupType('A').name)",
    /^A/,
  ],
  ["semver", "console.log(require('semver').satisfies('1.2.3', '^1.0.0'))", /^true/],
];

describe("npm install through the proxy, from the real registry", { skip: reason ?? false }, () => {
  let folder: BundleFolder;
  let unused: FixtureRegistry;
  let proxy: TestProxy;
  const projects: NpmProject[] = [];

  before(async () => {
    const dir = fileURLToPath(new URL("../../policies", import.meta.url));
    const source = readPolicySource(dir);
    const policies = source.policies.filter(({ path }) => /known-malicious|cvss/.test(path));
    folder = makeBundleFolder();
    unused = await startRegistry();
    await folder.sign({ source: { ...source, policies }, records: readAdvisories(dir).records });
    proxy = await startTestProxy(folder, unused, { upstreams: new Map([["npm", upstream]]) });
  });

  after(async () => {
    await proxy.close();
    await unused.close();
    for (const each of [folder, ...projects]) each.remove();
  });

  function makeProject(registry: string, manifest: object = {}): NpmProject {
    const files = { "package.json": JSON.stringify({ name: "app", version: "1.0.0", ...manifest }) };
    const made = makeNpmProject(registry, files, compiles ? { npm_config_nodedir: nodedir } : {});
    projects.push(made);
    return made;
  }

  /** The same command in two projects, of which one asks the registry itself. */
  async function both(
    manifest: object,
    ...args: readonly string[]
  ): Promise<[through: NpmProject, direct: NpmProject]> {
    const made = [makeProject(`${proxy.npm}/`, manifest), makeProject(upstream.href, manifest)] as const;
    for (const { code, output } of await Promise.all(made.map((project) => project.run(...args))))
      assert.equal(code, 0, output);
    return [...made];
  }

  const pins = (project: NpmProject) =>
    Object.entries(project.lock()).map(([path, { resolved: _, ...entry }]) => [path, entry]);

  it("installs popular packages as a direct install does, to the last file, and they work", async () => {
    const manifest = { optionalDependencies: { fsevents: "*" } };
    const [through, direct] = await both(manifest, "install", ...POPULAR);
    assert.ok(pins(through).length > 80, String(pins(through).length));
    assert.deepEqual(pins(through), pins(direct));
    const files = filesOf(through);
    assert.ok(files.size > 3000, String(files.size));
    assert.deepEqual(files, filesOf(direct));
    for (const [name, program, prints] of USES.filter(([name]) => POPULAR.includes(name))) {
      const [got, wanted] = await Promise.all([through, direct].map((project) => runNode(project, program)));
      assert.match(wanted ?? "", prints, `${name}, installed directly`);
      assert.match(got ?? "", prints, name);
    }
  });

  it("resolves packages with slow scripts as a direct install does", async () => {
    const [through, direct] = await both({}, "install", "--package-lock-only", ...SLOW);
    assert.ok(pins(through).length > 100, String(pins(through).length));
    assert.deepEqual(pins(through), pins(direct));
  });

  it("refuses minimist@1.2.5 and eslint-scope@3.7.2", async () => {
    const through = makeProject(`${proxy.npm}/`);
    const critical = await through.run("install", "minimist@1.2.5");
    assert.match(critical.output, /cordon: blocked pkg:npm\/minimist@1\.2\.5: .*\(cvss, GHSA-xvch-5gv4-984h\)/);
    const malicious = await through.run("install", "eslint-scope@3.7.2");
    assert.match(
      malicious.output,
      /cordon: blocked pkg:npm\/eslint-scope@3\.7\.2: .*\(known-malicious, GHSA-hxxf-q3w9-4xgw\)/,
    );
    assert.equal(unused.requests.length, 0);
  });
});

/** Path to digest of what was installed. What compilers made has its own folder's path in it; npm's list, the registry's. */
function filesOf({ path }: NpmProject): Map<string, string> {
  const modules = join(path, "node_modules");
  const files = readdirSync(modules, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(modules, join(entry.parentPath, entry.name)))
    .filter((file) => file !== ".package-lock.json" && !/\/build\//.test(file));
  return new Map(files.sort().map((file) => [file, sha256(readFileSync(join(modules, file)))]));
}

function runNode({ path }: NpmProject, program: string): Promise<string> {
  return new Promise((resolve) => {
    execFile("node", ["-e", program], { cwd: path, timeout: 30_000 }, (_error, stdout, stderr) =>
      resolve(`${stdout}${stderr}`),
    );
  });
}
