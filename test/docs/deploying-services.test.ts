/** The systemd unit and the nginx configuration of docs/DEPLOYING.md, with systemd's own checks and with nginx. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Folder, makeFolder } from "../support/folder.ts";
import { freePort } from "../support/free-port.ts";
import { malwareRecord } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";
import { send } from "../support/send.ts";

const DOCS = readFileSync(new URL("../../docs/DEPLOYING.md", import.meta.url), "utf8");
const ENTRY = fileURLToPath(new URL("../../cli/bin/run.ts", import.meta.url));
const block = (language: string) =>
  new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "ms").exec(DOCS)?.[1] ?? assert.fail(`no block is ${language}`);

const get = (url: string) => send(url, { method: "GET" });

/** Why a test is left out where there is no such program. */
const unless = (program: string, ...args: string[]) =>
  spawnSync(program, args).error !== undefined && `there is no ${program} here`;

function run(program: string, ...args: string[]): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  return { code: status, output: stdout + stderr };
}

describe("the systemd unit in docs/DEPLOYING.md", { skip: unless("systemd-analyze", "--version") }, () => {
  const unit = block("ini");
  let folder: Folder;
  let path: string;

  before(() => {
    folder = makeFolder();
    // Where Node is, is the machine's to say.
    path = folder.write("cordon.service", unit.replaceAll("/usr/bin/node", process.execPath));
  });

  after(() => folder.remove());

  it("is one that systemd takes", () => {
    const { code, output } = run("systemd-analyze", "verify", "--man=no", path);
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /cordon\.service/);
    const wrong = folder.write("wrong.service", unit.replace("NoNewPrivileges=yes", "NoNewPrivilege=yes"));
    assert.match(run("systemd-analyze", "verify", "--man=no", wrong).output, /NoNewPrivilege/);
  });

  it("leaves little open, as systemd counts it", (t) => {
    const { code, output } = run("systemd-analyze", "security", "--offline=true", "--threshold=15", path);
    assert.equal(code, 0, output);
    t.diagnostic(/Overall exposure.*/.exec(output)?.[0] ?? "");
  });

  it("starts what the package has for a program", () => {
    const { bin } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    assert.ok(unit.includes(join("/opt/cordon/node_modules/cordon", bin.cordon)));
  });

  const isNode = !("deno" in process.versions);
  const left = isNode ? unless("strace", "--version") : "the unit runs Node";
  it("forbids no system call that the proxy makes", { skip: left, timeout: 120_000 }, async () => {
    const bundle = makeBundleFolder();
    const registry = await startRegistry([{ name: "plain", releases: [{ version: "1.0.0" }] }]);
    await bundle.sign({ created: new Date(Date.now() - 60_000) });
    const listen = `127.0.0.1:${await freePort()}`;
    const trace = join(bundle.path, "trace");
    const args = ["proxy", "--bundle", `dir:${bundle.bundle}`, "--trust", bundle.trust, "--listen", listen];
    const more = ["--state", join(bundle.path, "state"), "--upstream", `npm=${registry.url}`];
    const traced = ["-f", "-qq", "-o", trace, process.execPath, ENTRY, ...args, ...more];
    const child = spawn("strace", traced, { stdio: "ignore", detached: true });
    try {
      const url = `http://${listen}/npm/plain`;
      await answers(child, url);
      assert.equal((await get(`${url}/-/plain-1.0.0.tgz`)).status, 200);
    } finally {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
      await once(child, "close");
      await registry.close();
    }
    const made = new Set(readFileSync(trace, "utf8").match(/(?<=^\d+ +)[a-z]\w*(?=\()/gm));
    bundle.remove();
    const [allowed, denied] = [callsOf("@system-service", "@default"), callsOf("@privileged", "@resources")];
    assert.ok(made.size > 30 && allowed.size > 100 && denied.size > 10);
    assert.deepEqual(
      [...made].filter((call) => !allowed.has(call) || denied.has(call)),
      [],
    );
  });

  /** The system calls of these sets, and of the sets in them. */
  function callsOf(...sets: readonly string[]): Set<string> {
    const lines = sets.flatMap((set) => run("systemd-analyze", "syscall-filter", set).output.split("\n").slice(1));
    const names = lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
    const inner = names.filter((name) => name.startsWith("@"));
    return new Set([...names, ...(inner.length > 0 ? callsOf(...inner) : [])]);
  }
});

describe("the configuration of nginx in docs/DEPLOYING.md", { skip: unless("nginx", "-v"), timeout: 60_000 }, () => {
  let registry: FixtureRegistry;
  let bundle: BundleFolder;
  let proxy: TestProxy;
  let nginx: ChildProcess;
  let url: string;

  before(async () => {
    registry = await startRegistry([
      { name: "@acme/ui", releases: [{ version: "1.0.0" }] },
      { name: "evil", releases: [{ version: "1.0.0" }] },
    ]);
    bundle = makeBundleFolder();
    await bundle.sign({ records: [malwareRecord("evil", ["1.0.0"])] });
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    proxy = await startTestProxy(bundle, registry, { publicUrl: url });
    const server = block("nginx")
      .replace("listen 443 ssl;", `listen 127.0.0.1:${port};`)
      .replaceAll(/^ *ssl_.*\n/gm, "")
      .replaceAll("http://127.0.0.1:4873", JSON.parse(readFileSync(join(bundle.path, "state/proxy.json"), "utf8")).url)
      // Whoever is not named is kept away; here that is everybody.
      .replaceAll("allow 127.0.0.1;", "allow 192.0.2.1;");
    const folder = bundle.path;
    const settings = `daemon off; error_log stderr; pid ${folder}/nginx.pid; worker_processes 1;${process.getuid?.() === 0 ? " user root;" : ""}`;
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (one) => `${one}_temp_path ${folder}/${one};`,
    );
    const file = bundle.write(
      "nginx.conf",
      `${settings} events {} http { access_log off; ${paths.join(" ")}\n${server}}\n`,
    );
    nginx = spawn("nginx", ["-e", "stderr", "-p", folder, "-c", file], { stdio: "ignore" });
    await answers(nginx, `${url}/-/healthz`);
  });

  after(async () => {
    nginx.kill("SIGTERM");
    await once(nginx, "exit");
    await proxy.close();
    await registry.close();
    bundle.remove();
  });

  it("passes names on as they come, and files lead back to it", async () => {
    const { status, text } = await get(`${url}/npm/@acme%2fui`);
    assert.equal(status, 200);
    const { tarball } = JSON.parse(text).versions["1.0.0"].dist;
    assert.ok(tarball.startsWith(`${url}/npm/`), tarball);
    assert.equal((await get(tarball)).status, 200);
  });

  it("passes on why a release is refused, in the reason phrase too", async () => {
    const { status, message } = await get(`${url}/npm/evil/-/evil-1.0.0.tgz`);
    assert.equal(status, 403);
    assert.match(message, /cordon: blocked pkg:npm\/evil@1\.0\.0/);
  });

  it("keeps figures and states to itself, and not whether it is well", async () => {
    const statuses = await Promise.all(["metrics", "status", "readyz"].map((one) => get(`${url}/-/${one}`)));
    assert.deepEqual(
      statuses.map(({ status }) => status),
      [403, 403, 200],
    );
  });
});

/** Waits until an address answers. Fails where the program ends before it does. */
async function answers(child: ChildProcess, url: string): Promise<void> {
  while (child.exitCode === null) {
    const ok = await fetch(url).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.ok;
      },
      () => false,
    );
    if (ok) return;
    await setTimeout(20);
  }
  assert.fail(`the program ended with ${child.exitCode}`);
}
