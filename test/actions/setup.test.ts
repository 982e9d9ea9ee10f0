/** The action `setup`: clients of later steps ask the proxy, with exactly the environment that it hands on. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type ActionRun, buildActions, runAction } from "../support/action.ts";
import { type CargoProject, makeCargoProject, NO_CARGO } from "../support/cargo-client.ts";
import { CLIENTS, type ClientName, makeClientProject } from "../support/clients.ts";
import { type FixtureCrates, startCrates } from "../support/crates-registry.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { makeGoProject, NO_GO } from "../support/go-client.ts";
import { type FixtureModules, startModules } from "../support/go-modules.ts";
import { type Listener, listen } from "../support/listener.ts";
import { HOSTILE_TEXTS, wordsOf } from "../support/markdown.ts";
import { MALWARE_POLICY } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixturePypi, startPypi } from "../support/pypi-registry.ts";
import { makePythonProject, PYTHON_CLIENTS } from "../support/python-clients.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";
import { showsSentence } from "../support/terminal.ts";

const VERSIONS = ["1.0.0", "1.1.0", "1.2.0"].map((version) => ({ version }));
const malware = (id: string, ecosystem: string, name: string, version = "1.2.0") => ({
  id,
  modified: "2026-11-01T00:00:00Z",
  affected: [{ package: { ecosystem, name }, versions: [version] }],
});
const RECORDS = [
  malware("MAL-2026-1", "npm", "dep"),
  malware("MAL-2026-2", "PyPI", "dep"),
  malware("MAL-2026-3", "crates.io", "dep"),
  malware("MAL-2026-4", "Go", "example.com/dep"),
];
/** pnpm 12 shows the address of a refusal, and no more. */
const NO_SENTENCE: ReadonlySet<ClientName> = new Set(["pnpm12"]);

describe("clients of a job", () => {
  let dist: Folder;
  before(async () => {
    dist = await buildActions();
  });
  after(() => dist.remove());

  /** What a machine may have set, which the step would warn of. */
  const QUIET = Object.fromEntries(
    ["PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "UV_INDEX", "GOPRIVATE", "GONOPROXY", "CARGO_HOME"].map((name) => [
      name,
      "",
    ]),
  );

  interface Setup {
    readonly url: string;
    readonly workspace: string;
    readonly home?: string;
    readonly inputs?: Readonly<Record<string, string>>;
    readonly environment?: Readonly<Record<string, string>>;
  }

  function setUp({ url, workspace, home = workspace, inputs, environment }: Setup, name = "setup"): Promise<ActionRun> {
    return runAction(name, {
      inputs: { url, check: "true", ...inputs },
      cwd: workspace,
      environment: { ...QUIET, HOME: home, GITHUB_WORKSPACE: workspace, ...environment },
      dist: dist.path,
    });
  }

  describe("the action setup", () => {
    let folder: BundleFolder;
    let npm: FixtureRegistry;
    let pypi: FixturePypi;
    let crates: FixtureCrates;
    let modules: FixtureModules;
    let proxy: TestProxy;
    /** Named by the projects themselves: whoever asks it has gone past. */
    let elsewhere: Listener;
    const projects: Pick<Folder, "remove">[] = [];
    const track = <T extends Folder>(project: T): T => {
      projects.push(project);
      return project;
    };

    before(async () => {
      [npm, pypi, crates, modules, elsewhere] = await Promise.all([
        startRegistry([{ name: "dep", releases: VERSIONS }]),
        startPypi([{ name: "dep", releases: VERSIONS }]),
        startCrates([{ name: "dep", versions: VERSIONS }]),
        startModules([
          { path: "example.com/dep", versions: VERSIONS.map(({ version }) => ({ version: `v${version}` })) },
        ]),
        listen(),
      ]);
      folder = makeBundleFolder();
      await folder.sign({ source: { policies: [MALWARE_POLICY] }, records: RECORDS });
      proxy = await startTestProxy(folder, npm, {
        upstreams: new Map([
          ["npm", npm.url],
          ["pypi", pypi.simple],
          ["cargo", new URL(crates.index.slice("sparse+".length))],
          ["golang", modules.url],
        ]),
      });
    });

    after(async () => {
      await proxy.close();
      for (const server of [npm, pypi, crates, modules, elsewhere]) await server.close();
      for (const one of [folder, ...projects]) one.remove();
    });

    async function exported(workspace: string, environment: Readonly<Record<string, string>> = {}) {
      const run = await setUp({ url: `${proxy.publicUrl}/`, workspace, environment });
      assert.equal(run.code, 0, run.log);
      return run.exported;
    }

    for (const client of CLIENTS)
      it(`points ${client} at the proxy, whatever registry the project names`, { timeout: 600_000 }, async () => {
        const environment = await exported(track(makeFolder()).path);
        const project = track(makeClientProject(client, `${elsewhere.url}/`, { environment }));
        const run = await project.add("dep");
        assert.equal(run.code, 0, run.output);
        assert.equal(project.installed("dep"), "1.1.0");
        const other = track(makeClientProject(client, `${elsewhere.url}/`, { environment }));
        const refused = await other.add("dep@1.2.0");
        assert.notEqual(refused.code, 0);
        if (!NO_SENTENCE.has(client)) assert.ok(showsSentence(refused.output, "pkg:npm/dep@1.2.0"), refused.output);
        assert.deepEqual(elsewhere.requests, []);
        assert.ok(npm.asked.every(({ agent }) => agent === "cordon"));
      });

    for (const client of PYTHON_CLIENTS.filter((name) => name !== "poetry"))
      it(`points ${client} at the proxy`, { timeout: 600_000 }, async () => {
        const environment = await exported(track(makeFolder()).path);
        // A source of pdm's project would stand before the variable; uv's default index and pip's setting do not.
        const files = client === "pdm" ? { "pyproject.toml": bare("[tool.pdm]\ndistribution = false\n") } : {};
        const make = () => track(makePythonProject(client, `${elsewhere.url}/simple/`, { environment, files }));
        const project = make();
        const run = await project.add("dep");
        assert.equal(run.code, 0, run.output);
        assert.equal(project.installed("dep"), "1.1.0");
        const refused = await make().add("dep==1.2.0");
        assert.notEqual(refused.code, 0);
        assert.ok(showsSentence(refused.output, "pkg:pypi/dep@1.2.0"), refused.output);
        assert.deepEqual(elsewhere.requests, []);
        assert.ok(pypi.asked.every(({ agent }) => agent === "cordon"));
      });

    it("cannot point poetry without a source of the project, and says so", { timeout: 600_000 }, async () => {
      const workspace = track(makeFolder({ "pyproject.toml": bare("[tool.poetry]\npackage-mode = false\n") }));
      const run = await setUp({ url: proxy.publicUrl, workspace: workspace.path });
      assert.match(run.annotations.join("\n"), /^::warning .*file=pyproject\.toml,line=7::.*poetry reads no variable/);
      if (!PYTHON_CLIENTS.includes("poetry")) return;
      const files = { "pyproject.toml": bare("[tool.poetry]\npackage-mode = false\n") };
      const environment = run.exported;
      const outside = await listen();
      const project = track(makePythonProject("poetry", "", { environment, files, outside: outside.url }));
      assert.notEqual((await project.add("dep")).code, 0);
      assert.ok(outside.requests.length > 0, "then the summary and docs/ACTIONS.md are wrong");
      await outside.close();
    });

    it("points cargo at the proxy by the user's config", { skip: NO_CARGO ?? false, timeout: 600_000 }, async () => {
      const make = async () => {
        const project = track(
          makeCargoProject("sparse+https://registry.example/", { files: { ".cargo/config.toml": "" } }),
        );
        await exported(project.path, { CARGO_HOME: join(project.path, ".cargo-home") });
        return project;
      };
      const project: CargoProject = await make();
      const run = await project.add("dep");
      assert.equal(run.code, 0, run.output);
      assert.equal((await project.build()).code, 0);
      assert.equal(project.locked("dep"), "1.1.0");
      const pinned = await make();
      pinned.write("Cargo.lock", (project.lockfile() ?? "").replaceAll("1.1.0", "1.2.0").replace(/^checksum.*\n/m, ""));
      pinned.write("Cargo.toml", readFileSync(join(project.path, "Cargo.toml"), "utf8"));
      const refused = await pinned.fetch();
      assert.notEqual(refused.code, 0);
      assert.ok(showsSentence(refused.output, "pkg:cargo/dep@1.2.0"), refused.output);
      assert.ok(crates.asked.length > 0 && crates.asked.every(({ agent }) => agent === "cordon"));
    });

    it("points go at the proxy alone", { skip: NO_GO ?? false, timeout: 600_000 }, async () => {
      const environment = await exported(track(makeFolder()).path);
      const project = track(makeGoProject(`${elsewhere.url},direct`, { environment }));
      const run = await project.get("example.com/dep");
      assert.equal(run.code, 0, run.output);
      assert.deepEqual(project.unpacked("example.com/dep"), ["v1.1.0"]);
      const refused = await project.get("example.com/dep@v1.2.0");
      assert.notEqual(refused.code, 0);
      assert.ok(showsSentence(refused.output, "pkg:golang/example.com/dep@v1.2.0"), refused.output);
      assert.deepEqual(elsewhere.requests, []);
    });

    it("touches neither go's checksum database nor its flags", async () => {
      const names = Object.keys(await exported(track(makeFolder()).path));
      assert.deepEqual(
        names.filter((name) => /SUMDB|GOFLAGS|GOPRIVATE|GONOPROXY/.test(name)),
        [],
      );
    });

    it("gives the addresses, and a table of what each client does", async () => {
      const { outputs, summary, log } = await setUp({ url: proxy.publicUrl, workspace: track(makeFolder()).path });
      const base = proxy.publicUrl;
      const expected = {
        npm: `${base}/npm/`,
        pypi: `${base}/pypi/simple/`,
        cargo: `sparse+${base}/cargo/`,
        go: `${base}/go`,
      };
      assert.deepEqual(outputs, expected);
      for (const client of ["npm", "pnpm", "yarn", "bun", "pip", "uv", "poetry", "pdm", "cargo", "go"])
        assert.match(summary, new RegExp(`^\\| ${client} \\| .+ \\| .+ \\|$`, "m"));
      assert.match(log, /It enforces revision 0\.1 \(ok\)/);
    });

    it("points the clients that are named, and no other", async () => {
      const workspace = track(makeFolder()).path;
      const { code, exported } = await setUp({ url: proxy.publicUrl, workspace, inputs: { clients: "go,\n pip" } });
      assert.equal(code, 0);
      assert.deepEqual(Object.keys(exported).sort(), ["GOPROXY", "PIP_INDEX_URL"]);
      assert.ok(!existsSync(join(workspace, ".cargo")));
      const wrong = await setUp({ url: proxy.publicUrl, workspace, inputs: { clients: "npm maven" } });
      assert.deepEqual([wrong.code, wrong.exported], [2, {}]);
      assert.match(wrong.annotations.join(), /"maven"%0AKnown are npm, pnpm/);
    });
  });

  describe("the action setup, where the proxy is not what it should be", () => {
    const fails = async (url: string, text: RegExp, inputs: Readonly<Record<string, string>> = {}) => {
      const workspace = makeFolder();
      const { code, exported, annotations, outputs } = await setUp({ url, workspace: workspace.path, inputs });
      assert.notEqual(code, 0);
      assert.deepEqual([exported, outputs], [{}, {}]);
      assert.ok(!existsSync(join(workspace.path, ".cargo")) && !existsSync(join(workspace.path, ".npmrc")));
      assert.match(annotations.join("\n"), text);
      workspace.remove();
    };

    it("points nobody at a proxy without a verified bundle", async () => {
      const folder = makeBundleFolder();
      const proxy = await startTestProxy(folder, { url: new URL("http://127.0.0.1:9/") });
      await fails(proxy.publicUrl, /serves nothing: its bundle is empty \(BUNDLE_MISSING\)%0A.*operator/);
      await proxy.close();
      folder.remove();
    });

    it("points nobody at an address where nobody answers", () => fails("http://127.0.0.1:9", /cannot be reached/));

    it("does not wait for ever", { timeout: 60_000 }, async () => {
      const server = createServer(() => {});
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      await fails(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, /did not answer in time/);
      server.closeAllConnections();
      server.close();
    });

    it("points nobody at what is no proxy of Cordon", async () => {
      const other = await listen(() => Buffer.from('{"ready":"yes"}'));
      await fails(other.url, /answers 200, and not as a proxy of Cordon does/);
      await other.close();
    });

    for (const url of ["packages.acme.example", "ftp://packages.acme.example", "https://a:b@packages.acme.example", ""])
      it(`takes no address such as ${JSON.stringify(url)}`, () => fails(url, /no address of the web/));

    it("asks nothing where it is told so", async () => {
      const workspace = makeFolder();
      const run = await setUp({ url: "http://127.0.0.1:9", workspace: workspace.path, inputs: { check: "false" } });
      assert.equal(run.code, 0, run.log);
      assert.equal(run.exported["GOPROXY"], "http://127.0.0.1:9/go");
      workspace.remove();
    });

    it("sends a token in the clear to this machine only", () =>
      fails("http://packages.acme.example", /not sent in the clear/, { token: "secret", check: "false" }));
  });

  describe("the action setup with a token", () => {
    const TOKEN = "s3cret/+%41";

    it("hides it from the log, and lays it in no file", async () => {
      const workspace = makeFolder();
      const run = await setUp({
        url: "https://packages.acme.example",
        workspace: workspace.path,
        inputs: { check: "false", token: TOKEN },
      });
      assert.equal(run.code, 0, run.log);
      const masks = run.log.split("\n").filter((line) => line.startsWith("::add-mask::"));
      assert.deepEqual(masks, ["::add-mask::s3cret/+%2541", "::add-mask::s3cret%252F%252B%252541"]);
      assert.ok(!run.log.replace(/^::add-mask::.*$/gm, "").includes("s3cret") && !run.summary.includes("s3cret"));
      for (const file of [".npmrc", ".cargo/config.toml"]) {
        const path = join(workspace.path, file);
        assert.ok(!readFileSync(path, "utf8").includes("s3cret"), file);
        assert.equal(statSync(path).mode & 0o077, 0);
      }
      const { GOPROXY, PIP_INDEX_URL, YARN_NPM_AUTH_TOKEN, CARGO_REGISTRIES_CORDON_TOKEN } = run.exported;
      assert.equal(new URL(GOPROXY ?? "").password, new URL(PIP_INDEX_URL ?? "").password);
      assert.equal(decodeURIComponent(new URL(GOPROXY ?? "").password), TOKEN);
      assert.deepEqual([YARN_NPM_AUTH_TOKEN, CARGO_REGISTRIES_CORDON_TOKEN], [TOKEN, `Bearer ${TOKEN}`]);
      workspace.remove();
    });

    for (const client of CLIENTS)
      it(`has ${client} send it`, { timeout: 600_000 }, async () => {
        const seen: (string | undefined)[] = [];
        const server = createServer((request, response) => {
          if (!request.url?.startsWith("/-/")) seen.push(request.headers.authorization);
          response.statusCode = 404;
          response.end("{}");
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        const home = makeFolder();
        const inputs = { check: "false", token: TOKEN };
        const { exported } = await setUp({ url, workspace: home.path, inputs });
        const environment = { ...exported, HOME: home.path, npm_config_userconfig: join(home.path, ".npmrc") };
        const project = makeClientProject(client, `${url}/npm/`, { environment });
        assert.notEqual((await project.add("dep")).code, 0);
        server.closeAllConnections();
        server.close();
        assert.ok(seen.includes(`Bearer ${TOKEN}`), String(seen));
        for (const one of [project, home]) one.remove();
      });
  });

  describe("the action setup with a token, and cargo", { skip: NO_CARGO ?? false }, () => {
    it("has cargo send it where the proxy says that it is wanted", { timeout: 600_000 }, async () => {
      const crates = await startCrates([{ name: "dep", versions: [{ version: "1.0.0" }] }]);
      const folder = makeBundleFolder();
      await folder.sign({ source: { policies: [MALWARE_POLICY] } });
      let proxy: TestProxy | undefined;
      let target = "";
      const unknown: string[] = [];
      const gate = createServer((incoming, answer) => {
        if (incoming.headers.authorization !== "Bearer s3cret") {
          unknown.push(incoming.url ?? "");
          return void answer.writeHead(401, { "www-authenticate": "Cargo" }).end();
        }
        const { method, headers } = incoming;
        const passed = request(new URL(incoming.url ?? "", target), { method, headers }, (found) => {
          answer.writeHead(found.statusCode ?? 502, found.headers);
          found.pipe(answer);
        });
        return void incoming.pipe(passed);
      });
      await new Promise<void>((resolve) => gate.listen(0, "127.0.0.1", resolve));
      const url = `http://127.0.0.1:${(gate.address() as AddressInfo).port}`;
      try {
        proxy = await startTestProxy(folder, crates, {
          publicUrl: url,
          upstreams: new Map([["cargo", new URL(crates.index.slice("sparse+".length))]]),
          authRequired: ["cargo"],
        });
        target = JSON.parse(readFileSync(join(folder.path, "state/proxy.json"), "utf8")).url;
        const options = { files: { ".cargo/config.toml": "" }, dependencies: { dep: "1" } };
        const project = makeCargoProject("sparse+https://registry.example/", options);
        const environment = { CARGO_HOME: join(project.path, ".cargo-home") };
        const run = await setUp({ url, workspace: project.path, inputs: { token: "s3cret" }, environment });
        assert.equal(run.code, 0, run.log);
        const names = ["CARGO_REGISTRIES_CORDON_TOKEN", "CARGO_REGISTRIES_CORDON_CREDENTIAL_PROVIDER"];
        const given = Object.fromEntries(names.map((name) => [name, run.exported[name] ?? ""]));
        // Without the helper's own setting for tokens, which would answer for what is tried here.
        const again = makeCargoProject("sparse+https://registry.example/", {
          ...options,
          environment: { ...environment, ...given, CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS: "" },
        });
        const fetched = await again.fetch();
        assert.equal(fetched.code, 0, fetched.output);
        assert.deepEqual(new Set(unknown), new Set(["/cargo/config.json"]), "cargo asks first, and is told then");
        for (const one of [project, again]) one.remove();
      } finally {
        await proxy?.close();
        gate.closeAllConnections();
        gate.close();
        await crates.close();
        folder.remove();
      }
    });
  });

  describe("the action setup and the settings of the machine", () => {
    const url = "https://packages.acme.example";
    const inputs = { check: "false" };
    const OTHERS = `[build]\njobs = 2\n[net]\nretry = 1`;

    it("adds to cargo's config, once however often it runs, and takes its lines out at the end", async () => {
      const home = makeFolder({ ".cargo/config.toml": OTHERS });
      const read = () => readFileSync(join(home.path, ".cargo/config.toml"), "utf8");
      for (let times = 0; times < 2; times++)
        assert.equal((await setUp({ url, workspace: home.path, inputs })).code, 0);
      assert.ok(read().startsWith(`${OTHERS}\n`));
      assert.equal(read().split("[source.crates-io]").length, 2);
      assert.equal((await setUp({ url, workspace: home.path }, "setup-end")).code, 0);
      assert.equal(read(), `${OTHERS}\n`);
      home.remove();
    });

    it("leaves no file behind that was not there", async () => {
      const home = makeFolder();
      await setUp({ url, workspace: home.path, inputs: { ...inputs, token: "secret" } });
      assert.ok(existsSync(join(home.path, ".npmrc")));
      await setUp({ url, workspace: home.path }, "setup-end");
      assert.ok(!existsSync(join(home.path, ".npmrc")) && !existsSync(join(home.path, ".cargo/config.toml")));
      home.remove();
    });

    it("takes its lines out of the files that it wrote, wherever later steps say that settings are", async () => {
      const home = makeFolder({ ".npmrc": "fund=false\n" });
      const started = await setUp({ url, workspace: home.path, inputs: { ...inputs, token: "secret" } });
      const elsewhere = {
        CARGO_HOME: join(home.path, "other"),
        NPM_CONFIG_USERCONFIG: join(home.path, "other/.npmrc"),
      };
      const environment = { ...started.exported, ...elsewhere, ...started.state };
      const ended = await setUp({ url, workspace: home.path, environment }, "setup-end");
      assert.equal(ended.code, 0, ended.log);
      assert.equal(readFileSync(join(home.path, ".npmrc"), "utf8"), "fund=false\n");
      assert.ok(!existsSync(join(home.path, ".cargo/config.toml")));
      home.remove();
    });

    it("takes them out of one file also where another cannot be read", async () => {
      const home = makeFolder();
      const started = await setUp({ url, workspace: home.path, inputs: { ...inputs, token: "secret" } });
      rmSync(join(home.path, ".npmrc"));
      mkdirSync(join(home.path, ".npmrc"));
      const ended = await setUp({ url, workspace: home.path, environment: started.state }, "setup-end");
      assert.notEqual(ended.code, 0);
      assert.match(ended.annotations.join("\n"), /^::error title=cordon::.*\.npmrc cannot be read/);
      assert.ok(!existsSync(join(home.path, ".cargo/config.toml")));
      home.remove();
    });

    for (const [what, text] of [
      ["replaces the source already", '[source.crates-io]\nreplace-with = "other"\n'],
      ["is no TOML", "[source\n"],
    ] as const)
      it(`changes nothing where cargo's config ${what}`, async () => {
        const home = makeFolder({ ".cargo/config.toml": text });
        const run = await setUp({ url, workspace: home.path, inputs: { ...inputs, token: "secret" } });
        assert.deepEqual([run.code, run.exported], [2, {}]);
        assert.equal(readFileSync(join(home.path, ".cargo/config.toml"), "utf8"), text);
        assert.ok(!existsSync(join(home.path, ".npmrc")));
        home.remove();
      });
  });

  describe("the action setup and the workspace", () => {
    const other = "https://registry.example";
    const url = "https://packages.acme.example";

    const CASES: readonly (readonly [file: string, text: string, line: number | undefined])[] = [
      [".npmrc", `registry=${other}/\n@acme:registry=${url}/npm/\n`, undefined],
      ["web/.npmrc", `registry=${other}/\n@acme:registry=${other}/\n`, 2],
      [".yarnrc", `registry "${other}"\n`, undefined],
      [".yarnrc", `"@acme:registry" "${other}"\n`, 1],
      [".yarnrc.yml", `npmRegistryServer: ${other}\n`, undefined],
      [".yarnrc.yml", `npmScopes:\n  acme:\n    npmRegistryServer: "${other}"\n`, 3],
      ["bunfig.toml", `[install]\nregistry = "${other}"\n`, undefined],
      ["bunfig.toml", `[install.scopes]\nacme = { url = "${other}", token = "$T" }\n`, 2],
      ["pnpm-workspace.yaml", `registries:\n  default: ${other}\n`, 2],
      ["requirements.txt", "dep==1.0 # https://registry.example\n", undefined],
      ["requirements-dev.txt", `dep\n--extra-index-url=${other}/simple\n`, 2],
      ["requirements.txt", `dep @ ${other}/dep-1.0.tar.gz\n`, 1],
      ["pyproject.toml", `[[tool.uv.index]]\nurl = "${other}"\ndefault = true\n`, undefined],
      ["pyproject.toml", `[[tool.uv.index]]\nname = "x"\nurl = "${other}"\n`, 3],
      ["pyproject.toml", `[[tool.pdm.source]]\nname = "pypi"\nurl = "${other}"\n`, 3],
      [
        "pyproject.toml",
        `[tool.poetry]\n[[tool.poetry.source]]\nname = "cordon"\nurl = "${url}/pypi/simple/"\npriority = "primary"\n`,
        undefined,
      ],
      ["uv.toml", `extra-index-url = ["${other}"]\n`, 1],
      [".cargo/config.toml", `[source.crates-io]\nreplace-with = "x"\n[source.x]\nregistry = "sparse+${other}/"\n`, 4],
      ["sub/.cargo/config.toml", `[build]\njobs = 1\n`, undefined],
      ["package-lock.json", `{"packages":{"node_modules/a":{\n"resolved": "${other}/a/-/a-1.0.0.tgz"}}}\n`, 2],
      ["yarn.lock", `a@1:\n  version "1.0.0"\n  resolved "${other}/a/-/a-1.0.0.tgz#abc"\n`, 3],
      ["bun.lock", `{ "packages": {\n "a": ["a@1.0.0", "${other}/a/-/a-1.0.0.tgz", {}, "sha"] } }\n`, 2],
      ["uv.lock", `[[package]]\nwheels = [\n  { url = "${other}/a.whl" },\n]\n`, 3],
      ["node_modules/a/.npmrc", `@acme:registry=${other}/\n`, undefined],
    ];

    for (const [file, text, line] of CASES)
      it(`${line === undefined ? "does not warn" : "warns"} of ${file}: ${text.split("\n").at((line ?? 1) - 1)}`, async () => {
        const workspace = makeFolder({ [file]: text });
        const home = makeFolder();
        const run = await setUp({ url, workspace: workspace.path, home: home.path, inputs: { check: "false" } });
        assert.equal(run.code, 0, run.log);
        const warnings = run.annotations.filter((one) => one.startsWith("::warning"));
        if (line === undefined) assert.deepEqual(warnings, []);
        else {
          assert.equal(warnings.length, 1, warnings.join("\n"));
          assert.ok(warnings[0]?.includes(`file=${file},line=${line}::${other} `), warnings[0]);
          assert.ok(run.summary.includes(`\`${file}:${line}\``));
        }
        for (const one of [workspace, home]) one.remove();
      });

    it("warns of variables that send a client past, without what they say", async () => {
      const workspace = makeFolder();
      const environment = {
        PIP_EXTRA_INDEX_URL: "https://user:secret@registry.example/",
        GONOPROXY: "git.acme.example",
      };
      const run = await setUp({ url, workspace: workspace.path, inputs: { check: "false" }, environment });
      assert.deepEqual(
        run.annotations.map((line) => /variable (\w+)/.exec(line)?.[1]),
        ["PIP_EXTRA_INDEX_URL", "GONOPROXY"],
      );
      assert.ok(!run.log.includes("secret") && !run.summary.includes("secret"));
      workspace.remove();
    });

    it("does nothing that the names and addresses of a project say", async () => {
      const workspace = makeFolder();
      const names = [
        "a,line=1::x",
        "::error::EVIL",
        "x\n::error::EVIL\n",
        ...Object.values(HOSTILE_TEXTS).map((text) => text.slice(0, 60)),
      ];
      for (const [index, name] of names.entries())
        workspace.write(
          `${index}${name.replaceAll("/", "_").replaceAll("\0", "")}/.npmrc`,
          `@a:registry=https://EVIL:EVIL@registry.example/::error::%0A::error::x\n`,
        );
      const run = await setUp({ url, workspace: workspace.path, inputs: { check: "false" } });
      assert.equal(run.code, 0, run.log);
      assert.equal(run.annotations.filter((line) => line.startsWith("::warning ")).length, 10);
      assert.equal(run.annotations.length, 10);
      assert.ok(!wordsOf(run.summary).includes("EVIL"), wordsOf(run.summary));
      workspace.remove();
    });
  });

  /** A project that names no index. */
  function bare(tool: string): string {
    return `[project]\nname = "app"\nversion = "1.0.0"\nrequires-python = ">=3.9,<4"\ndependencies = []\n\n${tool}`;
  }
});
