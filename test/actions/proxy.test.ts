/** The action `proxy`: a proxy inside the job, which the clients of later steps ask, and what its end tells. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createRelay } from "node:net";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { type ActionRun, buildActions, runAction } from "../support/action.ts";
import { cordonWith } from "../support/cli.ts";
import { CLIENTS, makeClientProject } from "../support/clients.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { startGitHub } from "../support/github.ts";
import { makeGoProject, NO_GO } from "../support/go-client.ts";
import { type FixtureModules, startModules } from "../support/go-modules.ts";
import { type Listener, listen } from "../support/listener.ts";
import { HOSTILE_TEXTS, nodesOf, wordsOf } from "../support/markdown.ts";
import { AGE_POLICY, MALWARE_POLICY, malwareRecord } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";
import { send } from "../support/send.ts";
import { joined } from "../support/terminal.ts";
import { until } from "../support/until.ts";

const VERSIONS = ["1.0.0", "1.1.0", "1.2.0"].map((version) => ({ version }));
const MODULE = "example.com/dep";

describe("the action proxy", () => {
  let dist: Folder;
  before(async () => {
    dist = await buildActions();
  });
  after(() => dist.remove());

  let folder: BundleFolder;
  let npm: FixtureRegistry;
  let modules: FixtureModules;
  /** Named by a config of the workspace. */
  let elsewhere: Listener;
  /** A machine of its own for each test: home, workspace and temporary files. */
  let machine: Folder;
  const machines: Folder[] = [];

  before(async () => {
    [npm, modules, elsewhere] = await Promise.all([
      startRegistry([
        { name: "dep", releases: VERSIONS },
        { name: "young", releases: [{ version: "1.0.0", published: new Date().toISOString() }] },
      ]),
      startModules([{ path: MODULE, versions: [{ version: "v1.0.0" }, { version: "v1.2.0" }] }]),
      listen(),
    ]);
    folder = makeBundleFolder();
    await folder.sign({
      source: { policies: [MALWARE_POLICY, AGE_POLICY] },
      records: [malwareRecord("dep", ["1.2.0"]), malwareRecord(MODULE, ["1.2.0"], "MAL-2026-2", "Go")],
      created: new Date(Date.now() - 60_000),
    });
  });

  after(async () => {
    // Of tests that failed halfway.
    for (const id of machines.flatMap((one) => processIds(one))) process.kill(id, "SIGKILL");
    for (const server of [npm, modules, elsewhere]) await server.close();
    for (const one of [folder, ...machines]) one.remove();
  });

  beforeEach(() => {
    machine = makeFolder();
    machines.push(machine);
    mkdirSync(join(machine.path, "temp"));
  });

  const run = (
    name: string,
    inputs: Readonly<Record<string, string>>,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<ActionRun> =>
    runAction(name, {
      inputs: { log: "false", ...inputs },
      cwd: machine.path,
      environment: {
        ...{ HOME: machine.path, CARGO_HOME: "", RUNNER_TEMP: join(machine.path, "temp") },
        ...{ GITHUB_WORKSPACE: machine.path, PIP_FIND_LINKS: "", ...environment },
      },
      dist: dist.path,
    });

  const start = (inputs: Readonly<Record<string, string>> = {}, environment: Readonly<Record<string, string>> = {}) =>
    run(
      "proxy",
      {
        bundle: `dir:${folder.bundle}`,
        trust: folder.trust,
        upstream: `npm=${npm.url.href}\ngolang=${modules.url.href}`,
        ...inputs,
      },
      environment,
    );

  const end = ({ state }: ActionRun, inputs: Readonly<Record<string, string>> = {}) => run("proxy-end", inputs, state);

  /** The processes of proxies below a machine's folder that run. */
  const processIds = ({ path: at } = machine): number[] =>
    (existsSync(join(at, "temp")) ? readdirSync(join(at, "temp")) : []).flatMap((name) => {
      const path = join(at, "temp", name, "state/proxy.json");
      const { id } = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : { id: undefined };
      return id !== undefined && isRunning(id) ? [id] : [];
    });

  it("runs a proxy that judges the installs of later steps, and tells at the end what it decided", async () => {
    const started = await start();
    assert.equal(started.code, 0, started.log);
    assert.match(started.outputs["url"] ?? "", /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(processIds().length, 1);
    for (const client of CLIENTS) {
      const project = makeClientProject(client, "https://registry.example/", { environment: started.exported });
      const allowed = await project.add("dep");
      assert.equal(allowed.code, 0, allowed.output);
      assert.equal(project.installed("dep"), "1.1.0");
      const refused = await project.add("dep@1.2.0");
      assert.notEqual(refused.code, 0);
      assert.match(joined(refused.output), /cordon:blockedpkg:npm\/dep@1\.2\.0|403\S+blocked\/known-malicious/);
      project.remove();
    }
    assert.ok(npm.asked.length > 0 && npm.asked.every(({ agent }) => agent === "cordon"));
    await get(`${started.outputs["npm"]}young/-/young-1.0.0.tgz`);
    const [id = 0] = processIds();
    const ended = await end(started, { log: "true" });
    assert.equal(ended.code, 0, ended.log);
    await until(() => !isRunning(id));
    assert.match(ended.summary, /Decisions: \d+ allowed, \d+ held, \d+ blocked\./);
    assert.match(
      ended.summary,
      /\| `pkg:npm\/dep@1\.2\.0` \| blocked \| refused (once|\d+ times) \| `known-malicious \/ malware` \| `An advisory names this release as malicious\.` \|/,
    );
    assert.match(ended.summary, /\| `pkg:npm\/young@1\.0\.0` \| held \| refused once \| `release-age \/ too-young` \|/);
    assert.match(ended.annotations.join("\n"), /^::error title=Blocked::pkg:npm\/dep@1\.2\.0: An advisory names/m);
    assert.match(ended.annotations.join("\n"), /^::warning title=Held::pkg:npm\/young@1\.0\.0: /m);
    const log = started.outputs["log"] ?? "";
    assert.equal(ended.outputs["log"], log);
    const lines = readFileSync(log, "utf8").trimEnd().split("\n");
    assert.deepEqual(
      shown(ended.log),
      lines.map((line) => `| ${line}`),
    );
  });

  it("points go at it as well", { skip: NO_GO ?? false }, async () => {
    const started = await start();
    const project = makeGoProject("off", { environment: started.exported });
    assert.equal((await project.get(MODULE)).code, 0);
    assert.deepEqual(project.unpacked(MODULE), ["v1.0.0"]);
    const refused = await project.get(`${MODULE}@v1.2.0`);
    assert.match(refused.output, /blocked pkg:golang\/example\.com\/dep@v1\.2\.0/);
    project.remove();
    assert.equal((await end(started)).code, 0);
  });

  it("is where it listens, whatever address the config gives to clients of another proxy", async () => {
    machine.write(
      "cordon.yaml",
      JSON.stringify({
        ...{ apiVersion: "cordon/v1", kind: "Cordon", publicUrl: "https://packages.acme.example" },
        upstreams: { npm: npm.url.href },
        proxy: { bundle: `dir:${folder.bundle}`, trust: folder.trust, listen: "0.0.0.0:4873" },
      }),
    );
    const started = await start({ bundle: "", trust: "", upstream: "", config: "cordon.yaml" });
    assert.equal(started.code, 0, started.log);
    const { url = "", npm: registry } = started.outputs;
    assert.match(url, /^http:\/\/127\.0\.0\.1:(?!4873$)\d+$/);
    const { text } = await get(`${registry}dep`);
    assert.ok(text.includes(`${url}/npm/dep/-/dep-1.1.0.tgz`) && !text.includes("packages.acme.example"));
    await end(started);
  });

  it("fetches the bundle from GitHub with the token, and tells the proxy no other", async () => {
    const github = await startGitHub({ isPublic: false });
    const environment = { GITHUB_API_URL: github.api, GITHUB_TOKEN: "" };
    const to = ["--to", "github:acme/policies", "--trust", folder.trust];
    const published = await cordonWith(
      { ...environment, GITHUB_TOKEN: github.token },
      ...["bundle", "publish", folder.bundle, ...to],
    );
    assert.equal(published.code, 0, published.stderr);
    const inputs = { bundle: "github:acme/policies" };
    const refused = await start(inputs, environment);
    assert.notEqual(refused.code, 0);
    assert.deepEqual(refused.exported, {});
    const started = await start({ ...inputs, token: github.token }, environment);
    assert.equal(started.code, 0, started.log);
    assert.equal((await get(`${started.outputs["npm"]}dep/-/dep-1.2.0.tgz`)).status, 403);
    await end(started);
    await github.close();
    assert.deepEqual([github.problems, github.leakedAuthorization], [[], false]);
  });

  it("waits for a bundle that takes longer than the proxy waits to begin", async () => {
    const github = await startGitHub({});
    const environment = { GITHUB_API_URL: github.api, GITHUB_TOKEN: github.token };
    const to = ["--to", "github:acme/policies", "--trust", folder.trust];
    assert.equal((await cordonWith(environment, "bundle", "publish", folder.bundle, ...to)).code, 0);
    const { hostname, port } = new URL(github.api);
    // It passes on what it gets, at first late: the proxy waits for five seconds.
    let wait = 6000;
    const late = createRelay((socket) => {
      const onward = connect(Number(port), hostname);
      for (const one of [socket, onward]) one.on("error", () => {});
      setTimeout(() => socket.pipe(onward).pipe(socket), wait);
      wait = 0;
    });
    await new Promise<void>((resolve) => late.listen(0, "127.0.0.1", resolve));
    const api = `http://127.0.0.1:${(late.address() as AddressInfo).port}`;
    const started = await start({ bundle: "github:acme/policies" }, { ...environment, GITHUB_API_URL: api });
    assert.equal(started.code, 0, started.log);
    assert.equal((await get(`${started.outputs["npm"]}dep/-/dep-1.2.0.tgz`)).status, 403);
    await end(started);
    late.close();
    await github.close();
  });

  it("does not take a proxy of an earlier job on the machine for an upstream", async () => {
    const first = await start();
    const [id = 0] = processIds();
    process.kill(id, "SIGKILL");
    await until(() => !isRunning(id));
    const second = await start();
    assert.equal(second.code, 0, second.log);
    const status = JSON.parse((await get(`${second.outputs["url"]}/-/status`)).text);
    const upstreams: string[] = status.registries.map(({ upstream }: { upstream: string }) => upstream);
    assert.ok(!upstreams.some((upstream) => upstream.startsWith(first.outputs["url"] ?? "")), String(upstreams));
    const config = readFileSync(join(machine.path, ".cargo/config.toml"), "utf8");
    assert.deepEqual(
      [...config.matchAll(/^registry = "(.*)"$/gm)].map(([, index]) => index),
      [second.outputs["cargo"]],
    );
    await end(second);
    assert.ok(!existsSync(join(machine.path, ".cargo/config.toml")));
  });

  it("is asked directly on a machine that reaches the web through a proxy of its own", async () => {
    const started = await start(
      {},
      { HTTPS_PROXY: "http://proxy.acme.example:3128", NO_PROXY: "acme.example", no_proxy: "" },
    );
    assert.equal(started.code, 0, started.log);
    const { NO_PROXY, no_proxy } = started.exported;
    assert.deepEqual([NO_PROXY, no_proxy], ["acme.example,127.0.0.1", "acme.example,127.0.0.1"]);
    await end(started);
  });

  /** A `cordon.yaml` whose registry for `@acme` wants the token of a variable. */
  const writeConfig = (tokenVariable: string) =>
    machine.write(
      "cordon.yaml",
      JSON.stringify({
        ...{ apiVersion: "cordon/v1", kind: "Cordon" },
        proxy: {
          ...{ bundle: `dir:${folder.bundle}`, trust: folder.trust },
          private: [{ ecosystem: "npm", packages: ["@acme/*"], registry: elsewhere.url, tokenVariable }],
        },
      }),
    );
  it("gives a registry of one's own the token that is meant for it", async () => {
    writeConfig("ACME_TOKEN");
    const inputs = { bundle: "", trust: "", config: "cordon.yaml", token: "s3cret-input" };
    const started = await start(inputs, { ACME_TOKEN: "of-the-registry" });
    assert.equal(started.code, 0, started.log);
    await get(`${started.outputs["npm"]}@acme%2fui`);
    await end(started);
    assert.deepEqual(elsewhere.authorizations, ["Bearer of-the-registry"]);
  });

  for (const name of ["GITHUB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GH_TOKEN", "CORDON_BUNDLE_TOKEN"])
    it(`gives no registry that the workspace names ${name}`, async () => {
      writeConfig(name);
      const inputs = { bundle: "", trust: "", config: "cordon.yaml", token: "s3cret-input" };
      const refused = await start(inputs, { [name]: "s3cret-run" });
      assert.notEqual(refused.code, 0);
      assert.match(
        refused.annotations.join("\n"),
        new RegExp(`cordon\\.yaml would send ${name} to http://127\\.0\\.0\\.1:\\d+.*another variable`, "s"),
      );
      assert.deepEqual([refused.exported, refused.state], [{}, {}]);
      assert.ok(!elsewhere.authorizations.some((header) => header?.includes("s3cret")));
    });

  it("hides credentials from whoever looks at the process", {
    skip: process.platform === "linux" ? false : "no /proc shows the processes of others here",
  }, async () => {
    writeConfig("ACME_TOKEN");
    const started = await start(
      {
        ...{ config: "cordon.yaml", token: "s3cret-input" },
        upstream: `npm=${npm.url.href.replace("//", "//user:s3cret-upstream@")}`,
      },
      {
        ...{ ACTIONS_RUNTIME_TOKEN: "s3cret-runtime", GITHUB_TOKEN: "s3cret-github", ACME_TOKEN: "s3cret-registry" },
        ...{ CORDON_BUNDLE_TOKEN: "s3cret-bundle", HTTPS_PROXY: "http://user:s3cret-web@proxy.acme.example:3128" },
      },
    );
    assert.equal(started.code, 0, started.log);
    const [id] = processIds();
    for (const file of ["environ", "cmdline"])
      assert.doesNotMatch(readFileSync(`/proc/${id}/${file}`, "utf8"), /s3cret/, file);
    assert.ok(!started.log.replace(/^::add-mask::.*$/gm, "").includes("s3cret"));
    await end(started);
  });

  const fails = async (inputs: Readonly<Record<string, string>>, text: RegExp) => {
    const failed = await start(inputs);
    assert.notEqual(failed.code, 0);
    assert.match(failed.annotations.join("\n"), text);
    assert.deepEqual([failed.exported, failed.outputs], [{}, {}]);
    assert.ok(!existsSync(join(machine.path, ".cargo")));
    await until(() => processIds().length === 0);
    const ended = await end(failed);
    assert.deepEqual([ended.code, ended.summary], [0, ""]);
  };

  it("fails, and points nobody, where a part of the bundle was tampered with", async () => {
    const copy = makeFolder();
    machines.push(copy);
    for (const path of readdirSync(folder.bundle, { recursive: true, withFileTypes: true }))
      if (path.isFile()) {
        const bytes = readFileSync(join(path.parentPath, path.name));
        if (path.name !== "bundle.sigstore.json") bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
        copy.write(join(path.parentPath, path.name).slice(folder.bundle.length + 1), bytes);
      }
    await fails({ bundle: `dir:${copy.path}` }, /the proxy has no bundle to enforce: .*BUNDLE_DIGEST/);
  });

  it("fails where somebody else signed the bundle", async () => {
    const other = makeBundleFolder();
    machines.push(other);
    await fails({ trust: other.trust }, /the proxy has no bundle to enforce: .*BUNDLE_(SIGNATURE|IDENTITY)/);
  });

  it("fails where there is no bundle", () =>
    fails({ bundle: `dir:${join(folder.path, "nowhere")}` }, /the proxy has no bundle to enforce: .*BUNDLE_MISSING/));

  it("fails without a trust policy, and with one that cannot be read", async () => {
    await fails({ trust: "" }, /would enforce anybody's bundle/);
    await fails({ trust: "missing.yaml" }, /the proxy did not start: .*missing\.yaml cannot be read/);
  });

  it("fails where an upstream is none", () => fails({ upstream: "maven=https://registry.example" }, /ECOSYSTEM=URL/));

  it("fails where a client's settings cannot be changed, and leaves no proxy behind", async () => {
    machine.write(".cargo/config.toml", '[source.crates-io]\nreplace-with = "other"\n');
    const failed = await start();
    assert.deepEqual([failed.code, failed.exported], [2, {}]);
    await end(failed);
    await until(() => processIds().length === 0);
  });

  it("tells at the end what was decided by a proxy that was killed", { timeout: 60_000 }, async () => {
    const started = await start();
    await get(`${started.outputs["npm"]}dep/-/dep-1.2.0.tgz`);
    const log = started.outputs["log"] ?? "";
    await until(() => readFileSync(log, "utf8").endsWith("\n"));
    for (const id of processIds()) process.kill(id, "SIGKILL");
    await until(() => processIds().length === 0);
    writeFileSync(log, '{"decision":"blo', { flag: "a" });
    const ended = await end(started);
    assert.equal(ended.code, 0, ended.log);
    assert.match(ended.annotations.join("\n"), /^::warning title=cordon::The proxy ended before the job did/m);
    assert.match(ended.summary, /\| `pkg:npm\/dep@1\.2\.0` \| blocked \| refused once \|/);
    assert.match(ended.summary, /1 line of the decision log could not be read/);
  });

  it("ends no process that is not the proxy", { timeout: 60_000 }, async () => {
    const other = spawn("sleep", ["60"], { stdio: "ignore" });
    const server = createServer((_request, response) =>
      response.end(JSON.stringify({ process: { id: other.pid, startedAt: "2026-11-22T12:00:01Z" } })),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const proxy = JSON.stringify({ id: other.pid, startedAt: "2026-11-22T12:00:00Z", url });
    machine.write("job/state/proxy.json", proxy);
    machine.write("job/state/decisions.jsonl", "");
    const ended = await run("proxy-end", {}, { STATE_folder: join(machine.path, "job"), STATE_process: proxy });
    assert.equal(ended.code, 0, ended.log);
    assert.match(ended.log, /is another proxy/);
    assert.equal(other.exitCode ?? other.signalCode, null);
    server.closeAllConnections();
    server.close();
    other.kill();
    await once(other, "exit");
  });

  /** Where an install script did away with what the proxy wrote. */
  const endsWithoutLog = async (started: ActionRun, id: number) => {
    const ended = await end(started, { log: "true" });
    assert.equal(ended.code, 1, ended.log);
    assert.match(
      ended.annotations.join("\n"),
      /^::error title=cordon::The decision log is gone: .*decisions\.jsonl is no file any more/m,
    );
    assert.match(ended.summary, /Nobody can tell: the decision log was taken away during the job\./);
    assert.doesNotMatch(ended.summary, /Nothing was asked/);
    await until(() => !isRunning(id));
    assert.ok(!existsSync(join(machine.path, ".cargo/config.toml")));
  };

  it("ends the proxy whose folder is gone, and says that nobody can tell what it decided", async () => {
    const started = await start();
    const [id = 0] = processIds();
    assert.ok(isRunning(id));
    rmSync(started.state["STATE_folder"] ?? "", { recursive: true });
    await endsWithoutLog(started, id);
  });

  it("does not take for an empty log what is none", async () => {
    const started = await start();
    const [id = 0] = processIds();
    await get(`${started.outputs["npm"]}dep/-/dep-1.2.0.tgz`);
    rmSync(started.outputs["log"] ?? "");
    mkdirSync(started.outputs["log"] ?? "");
    await endsWithoutLog(started, id);
  });

  it("takes cargo's lines out at the end, also where telling of the proxy fails", async () => {
    const started = await start();
    const ended = await end(started, { log: "perhaps" });
    assert.equal(ended.code, 2);
    assert.ok(!existsSync(join(machine.path, ".cargo/config.toml")));
    await until(() => processIds().length === 0);
  });

  it("knows at its end where the proxy lies, should the step be ended before it is there", async () => {
    const failed = await start({ bundle: `dir:${join(folder.path, "nowhere")}` });
    assert.notEqual(failed.code, 0);
    assert.deepEqual(Object.keys(failed.state), ["STATE_folder"]);
  });

  it("obeys nothing that names, reasons and agents of a log say", { timeout: 60_000 }, async () => {
    const COMMANDS = {
      "a command": "::error::EVIL",
      "a command on a line of its own": "x\n::set-env name=EVIL::EVIL\r::add-mask::a\r\n::error::EVIL",
      "an older command": "x ##[error]EVIL ##[add-mask]a",
      "the end of a silence": "::cordon-00000000-0000-4000-8000-000000000000::\n::error::EVIL",
      "cells of a table": "EVIL | EVIL |\n| EVIL |",
    };
    const texts = Object.values({ ...COMMANDS, ...HOSTILE_TEXTS }).map((text) => text.slice(0, 5000));
    const lines = texts.map((text) => ({
      recordedAt: "2026-11-22T12:00:00Z",
      ...{ decision: "block", kind: "file", purl: `pkg:npm/${text.slice(0, 200)}@1.0.0` },
      ...{ policy: text, rule: text, reason: text, client: { address: "127.0.0.1", agent: text } },
    }));
    machine.write(
      "job/state/decisions.jsonl",
      `${lines.map((line) => JSON.stringify(line)).join("\n")}\n##[error]EVIL\n::error::EVIL\n`,
    );
    machine.write("job/proxy.log", `${texts.join("\n")}\n`);
    const proxy = JSON.stringify({ id: 2 ** 30, startedAt: "2026-11-22T12:00:00Z", url: "http://127.0.0.1:9" });
    const state = { STATE_folder: join(machine.path, "job"), STATE_process: proxy };
    const ended = await run("proxy-end", { log: "true" }, state);
    assert.equal(ended.code, 0, ended.log);
    assert.deepEqual([ended.exported, Object.keys(ended.outputs)], [{}, ["log"]]);
    assert.ok(!wordsOf(ended.summary).includes("EVIL"), wordsOf(ended.summary));
    const rows = nodesOf(ended.summary).filter(({ type }) => type === "tableRow");
    assert.equal(rows.length, texts.length + 1);
    for (const { children = [] } of rows) assert.equal(children.length, 5);
    const obeyed = commandsIn(ended.log);
    assert.deepEqual(
      obeyed.map((line) => /^::(error|warning|group|endgroup|stop-commands)\b/.test(line)),
      obeyed.map(() => true),
    );
    assert.equal(obeyed.filter((line) => line.startsWith("::error")).length, 10);
    // Neither what a runner skips in a silence, nor the silence itself, is all that stands before a command.
    for (const line of shown(ended.log)) assert.doesNotMatch(line, /^\s*::|##\[/);
  });
});

const get = (url: string) => send(url, { method: "GET" });

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0);
    // One that has ended, and whose parent did not ask: whoever started this machine may not.
    return !/^State:\s+Z/m.test(existsSync("/proc") ? readFileSync(`/proc/${id}/status`, "utf8") : "");
  } catch {
    return false;
  }
}

/** What stands in silences. */
function shown(log: string): string[] {
  return [...log.matchAll(/^::stop-commands::(.+)\n([\s\S]*?)^::\1::$/gm)].flatMap(([, , text = ""]) =>
    text.trimEnd().split("\n"),
  );
}

/** What the runner takes for commands: lines that begin with colons after spaces, and `##[` anywhere, outside of silences. */
function commandsIn(log: string): string[] {
  const outside = log.replace(/^(::stop-commands::(.+)\n)[\s\S]*?^::\2::$/gm, "$1");
  return outside.split(/\r\n|\r|\n/).filter((line) => /^\s*::|##\[/.test(line));
}
