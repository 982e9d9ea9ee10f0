/**
 * What serving costs: requests for each second of the server's processor, beside a bare node:http server that answers
 * the same bytes from memory, nginx where it is installed, and Verdaccio. Rounds alternate between the servers, and the
 * ratios are of medians of the same run; nothing is asserted. Linux only: processor time is read from /proc.
 * `node bench/serve.ts [--no-install]`
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { AGE_POLICY, MALWARE_POLICY, malwareRecord } from "../test/support/policies.ts";
import { makeBundleFolder } from "../test/support/proxy.ts";
import { startRegistry } from "../test/support/registry.ts";
import { median } from "./measure.ts";

const ENTRY = fileURLToPath(new URL("../cli/bin/run.ts", import.meta.url));
const CONNECTIONS = 16;
const ROUNDS = 5;
const ROUND_MS = 2000;
const TICKS_A_SECOND = 100;
const COLD = 60;

interface Server {
  readonly name: string;
  readonly process: ChildProcess;
  readonly packument: string;
  readonly tarball: string;
  /** Where it serves the packages of the registry behind it; left out: it serves the same two answers only. */
  readonly registry?: string;
}

const port = (offset: number) => 20_000 + ((process.pid * 8) % 20_000) + offset;
const folder = mkdtempSync(join(tmpdir(), "cordon-bench-serve-"));
const bundle = makeBundleFolder();
const children: ChildProcess[] = [];

/** Thirty kilobytes of packument, and a tarball of a hundred. */
const releases = Array.from({ length: 90 }, (_, index) => ({
  version: `1.${index}.0`,
  dependencies: { "one-dependency": "^1.0.0", "another-dependency": "^2.3.4" },
  ...(index === 89 && { files: { "data.bin": randomText(100_000) } }),
}));
const cold = Array.from({ length: COLD }, (_, index) => ({ name: `cold-${index}`, releases }));
const registry = await startRegistry([{ name: "hot", releases }, ...cold]);

function randomText(length: number): string {
  let [state, text] = [1, ""];
  while (text.length < length) {
    state = (state * 48_271) % 2_147_483_647;
    text += state.toString(36);
  }
  return text.slice(0, length);
}

function start(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: "ignore" });
  children.push(child);
  return child;
}

/** Milliseconds of the processor that the process and its threads have used. */
function cpuMs({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_A_SECOND;
}

function get(url: string, agent: Agent): Promise<{ status: number; bytes: number }> {
  return new Promise((resolve, reject) => {
    request(url, { agent, headers: { accept: "application/json", "accept-encoding": "gzip" } }, (response) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, bytes }));
      response.on("error", reject);
    })
      .on("error", reject)
      .end();
  });
}

/** Requests for each second of the server's processor. */
async function measure(server: Server, url: string): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const before = cpuMs(server.process);
  const end = performance.now() + ROUND_MS;
  let count = 0;
  const client = async () => {
    while (performance.now() < end) {
      const { status } = await get(url, agent);
      if (status !== 200) throw new Error(`${server.name} answered ${status} to ${url}`);
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
  agent.destroy();
  return count / ((cpuMs(server.process) - before) / 1000);
}

async function waitFor(url: string): Promise<void> {
  const agent = new Agent();
  for (let tries = 0; tries < 300; tries++) {
    const answer = await get(url, agent).catch(() => undefined);
    if (answer?.status === 200) return;
    await setTimeout(100);
  }
  throw new Error(`${url} does not answer`);
}

async function startCordon(): Promise<Server> {
  await bundle.sign({ source: { policies: [MALWARE_POLICY, AGE_POLICY] }, created: new Date() });
  const url = `http://127.0.0.1:${port(0)}`;
  const options = ["--bundle", `dir:${bundle.bundle}`, "--trust", bundle.trust, "--state", join(bundle.path, "state")];
  const listen = ["--listen", `127.0.0.1:${port(0)}`, "--upstream", `npm=${registry.url.href}`];
  const child = start(process.execPath, [ENTRY, "proxy", ...options, ...listen]);
  await waitFor(`${url}/-/readyz`);
  return ofRegistry("cordon", child, `${url}/npm`);
}

/** Answers what Cordon answered, from memory. */
async function startBare(like: Server): Promise<Server> {
  const agent = new Agent();
  const files = { packument: join(folder, "packument.json"), tarball: join(folder, "tarball.tgz") };
  for (const kind of ["packument", "tarball"] as const) {
    const headers = { "accept-encoding": kind === "packument" ? "gzip" : "identity" };
    writeFileSync(files[kind], await bodyOf(like[kind], headers));
  }
  agent.destroy();
  const code = `
    const { readFileSync } = require("node:fs");
    const bodies = { "/packument": readFileSync(${JSON.stringify(files.packument)}), "/tarball": readFileSync(${JSON.stringify(files.tarball)}) };
    require("node:http").createServer((request, response) => {
      const body = bodies[request.url];
      response.writeHead(200, { "content-type": "application/json", "content-length": body.length, etag: '"x"' }).end(body);
    }).listen(${port(1)}, "127.0.0.1");`;
  const child = start(process.execPath, ["-e", code]);
  const url = `http://127.0.0.1:${port(1)}`;
  await waitFor(`${url}/packument`);
  return { name: "bare node:http", process: child, packument: `${url}/packument`, tarball: `${url}/tarball` };
}

async function bodyOf(url: string, headers: Record<string, string>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve(Buffer.concat(chunks)));
    })
      .on("error", reject)
      .end();
  });
}

async function startNginx(): Promise<Server | undefined> {
  if (spawnSync("nginx", ["-v"]).status !== 0) return undefined;
  const config = join(folder, "nginx.conf");
  writeFileSync(
    config,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
     events {} http { access_log off; sendfile on; server { listen 127.0.0.1:${port(2)}; root ${folder}; } }`,
  );
  const child = start("nginx", ["-c", config]);
  const url = `http://127.0.0.1:${port(2)}`;
  await waitFor(`${url}/packument.json`);
  return { name: "nginx", process: child, packument: `${url}/packument.json`, tarball: `${url}/tarball.tgz` };
}

async function startVerdaccio(): Promise<Server | undefined> {
  if (process.argv.includes("--no-install")) return undefined;
  const dir = join(folder, "verdaccio");
  mkdirSync(dir);
  // One of its dependencies asks for a tag that not every mirror has.
  const manifest = { dependencies: { verdaccio: "6.10.4" }, overrides: { "node-fetch": "2.7.0" } };
  writeFileSync(join(dir, "package.json"), JSON.stringify(manifest));
  const install = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: dir });
  if (install.status !== 0) return undefined;
  writeFileSync(
    join(dir, "config.yaml"),
    `storage: ./storage\nuplinks: { up: { url: "${registry.url.href}", maxage: 60m } }\npackages: { "**": { access: $all, proxy: up } }\nlog: { type: stdout, level: fatal }\n`,
  );
  const bin = join(dir, "node_modules/verdaccio/bin/verdaccio");
  const child = start(process.execPath, [
    bin,
    "--config",
    join(dir, "config.yaml"),
    "--listen",
    `127.0.0.1:${port(3)}`,
  ]);
  const url = `http://127.0.0.1:${port(3)}`;
  await waitFor(`${url}/hot`);
  return ofRegistry("Verdaccio", child, url);
}

function ofRegistry(name: string, child: ChildProcess, url: string): Server {
  return { name, process: child, packument: `${url}/hot`, tarball: `${url}/hot/-/hot-1.89.0.tgz`, registry: url };
}

/** Milliseconds of the processor for each of some requests, one after another. */
async function costOf(server: Server, urls: readonly string[]): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const before = cpuMs(server.process);
  for (const url of urls) await get(url, agent);
  agent.destroy();
  return (cpuMs(server.process) - before) / urls.length;
}

function printCost(title: string, cost: number, bare: number): void {
  console.log(
    `${title.padEnd(44)} ${cost.toFixed(1).padStart(6)} ms of the processor   ${(cost / bare).toFixed(0)} times the bare server's answer`,
  );
}

try {
  const cordon = await startCordon();
  const bare = await startBare(cordon);
  const servers = [cordon, bare, await startNginx(), await startVerdaccio()].filter((server) => server !== undefined);
  /** Milliseconds of the processor for an answer of the bare server. */
  const reference = { packument: Number.NaN, tarball: Number.NaN };
  for (const kind of ["packument", "tarball"] as const) {
    const results = new Map<string, number[]>(servers.map(({ name }) => [name, []]));
    for (let round = -1; round < ROUNDS; round++)
      for (const server of servers) {
        const rate = await measure(server, server[kind]);
        if (round >= 0) results.get(server.name)?.push(rate);
      }
    const own = median(results.get("cordon") ?? []);
    reference[kind] = 1000 / median(results.get(bare.name) ?? []);
    for (const [name, rates] of results)
      console.log(
        `hot ${kind.padEnd(10)} ${name.padEnd(15)} ${Math.round(median(rates)).toLocaleString("en-US").padStart(9)} requests a CPU second   cordon is ${(own / median(rates)).toFixed(2)} of it`,
      );
  }
  console.log("goals: 0.8 of the bare server; 100 times Verdaccio for a packument of 30 kB");
  const bases = servers.filter((server) => server.registry !== undefined);
  const coldPackuments = (server: Server) => cold.map(({ name }) => `${server.registry}/${name}`);
  const coldTarballs = (server: Server) => cold.map(({ name }) => `${server.registry}/${name}/-/${name}-1.89.0.tgz`);
  for (const [title, kind, urlsOf] of [
    ["cold packument", "packument", coldPackuments],
    ["cold tarball, packument at hand", "tarball", coldTarballs],
  ] as const) {
    for (const server of bases)
      printCost(`${title}, ${server.name}`, await costOf(server, urlsOf(server)), reference[kind]);
  }
  await bundle.sign({
    source: { policies: [MALWARE_POLICY, AGE_POLICY] },
    records: [malwareRecord("other", ["1.0.0"])],
    revision: 2,
    created: new Date(),
  });
  if (cordon.process.pid !== undefined) process.kill(cordon.process.pid, "SIGHUP");
  await setTimeout(1000);
  const first = await costOf(cordon, coldPackuments(cordon));
  printCost("packument, first after a new bundle, cordon", first, reference.packument);
} finally {
  for (const child of children) child.kill("SIGTERM");
  await registry.close();
  bundle.remove();
  rmSync(folder, { recursive: true, force: true });
}
