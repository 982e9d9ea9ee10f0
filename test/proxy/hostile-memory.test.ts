/** A proxy that has little memory, in a process of its own: what would take more ends it, and fails the test. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { PolicySource } from "../../core/policy/source.ts";
import { type BareRegistry, startBareRegistry, whole } from "../support/bare-registry.ts";
import { packument } from "../support/packument.ts";
import { SCRIPTS_POLICY } from "../support/policies.ts";
import { makeBundleFolder } from "../support/proxy.ts";
import { until } from "../support/until.ts";

const CHILD = fileURLToPath(new URL("../support/proxy-child.ts", import.meta.url));
/** For the heap. Without bounds, the smaller ones of the documents below would take a gigabyte or more. */
const HEAP = "--max-old-space-size=768";
const RUNTIME = "deno" in process.versions ? ["run", "-A", "--no-check", "--quiet", `--v8-flags=${HEAP}`] : [HEAP];
const MB = 1024 * 1024;

interface SmallProxy {
  readonly registry: BareRegistry;
  readonly url: string;
  needed(): Promise<{ peakMB: number; heldMs: number }>;
  close(): Promise<void>;
}

async function startSmallProxy(source: Partial<PolicySource> = {}): Promise<SmallProxy> {
  const registry = await startBareRegistry();
  const folder = makeBundleFolder();
  // The child has the machine's clock.
  await folder.sign({ source, created: new Date() });
  const args = [CHILD, folder.bundle, folder.trust, join(folder.path, "state"), registry.url.href];
  const child = spawn(process.execPath, [...RUNTIME, ...args], { stdio: ["pipe", "pipe", "ignore"] });
  assert.ok(child.stdout);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    registry,
    url: String((await lines.next()).value),
    async needed() {
      child.stdin?.write("\n");
      return JSON.parse(String((await lines.next()).value));
    },
    async close() {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((resolve) => child.once("close", resolve));
        child.kill();
        await ended;
      }
      await registry.close();
      folder.remove();
    },
  };
}

describe("a proxy of little memory", { timeout: 600_000 }, () => {
  let proxy: SmallProxy;
  let registry: BareRegistry;
  let url: string;
  let needed: SmallProxy["needed"];

  before(async () => {
    proxy = await startSmallProxy();
    ({ registry, url, needed } = proxy);
  });
  after(() => proxy.close());

  /** Asks for what is answered with these bytes; then for a good package, which must come. */
  async function ask(path: string, answer: Uint8Array): Promise<{ status: number; code: string; length: number }> {
    registry.answer(path, (socket) => socket.write(answer));
    const response = await fetch(`${url}/npm${path}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    // What is over is not held on to while the next one is made.
    registry.answer(path, (socket) => socket.destroy());
    registry.put({ name: "good", releases: [{ version: "1.0.0" }] });
    const good = await fetch(`${url}/npm/good/-/good-1.0.0.tgz`);
    assert.equal(good.status, 200);
    await good.arrayBuffer();
    const { code = "" } = response.status === 200 ? {} : (JSON.parse(bytes.toString()) as { code: string });
    return { status: response.status, code, length: bytes.length };
  }

  it("holds no more of a file in memory than its client takes: the rest waits on the disk", async () => {
    const dist = {
      tarball: `${registry.url}slow/-/slow-1.0.0.tgz`,
      integrity: `sha512-${Buffer.alloc(64).toString("base64")}`,
    };
    registry.put({ name: "slow", releases: [{ version: "1.0.0", manifest: { dist } }] });
    const { peakMB: before } = await needed();
    const [piece, size] = [Buffer.alloc(MB), 512 * MB];
    let taken = 0;
    registry.answer("/slow/-/slow-1.0.0.tgz", (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${size}\r\n\r\n`);
      const more = (): void => {
        taken += piece.length;
        if (taken < size) socket.write(piece, (error) => error ?? more());
      };
      more();
    });
    const { hostname, port } = new URL(url);
    const client = connect(Number(port), hostname)
      .on("error", () => {})
      .pause();
    client.write("GET /npm/slow/-/slow-1.0.0.tgz HTTP/1.1\r\nhost: x\r\n\r\n");
    await until(() => taken >= size, 300_000);
    const { peakMB } = await needed();
    client.destroy();
    assert.equal(taken, size);
    assert.ok(peakMB - before < 256, `${peakMB - before} MB more were needed`);
  });

  /** 20,000 versions with so many dependencies each. */
  function large(name: string, dependencies: number): Buffer {
    const document = packument({ name, releases: [{ version: "1.0.0" }] }) as { versions: Record<string, object> };
    const template = document.versions["1.0.0"];
    const names = Array.from({ length: dependencies }, (_, index) => `dependency-${index}`);
    for (let index = 1; index < 20_000; index++) {
      const version = `1.0.${index}`;
      const ranges = Object.fromEntries(names.map((one) => [one, `^${index}.0.0`]));
      document.versions[version] = { ...template, version, dependencies: ranges };
    }
    return Buffer.from(JSON.stringify(document));
  }

  const dense = (name: string, unit: string, bytes: number): Buffer =>
    Buffer.concat([
      Buffer.from(`{"name":"${name}","versions":{},"x":[`),
      Buffer.alloc(Math.floor(bytes / unit.length) * unit.length, unit),
      Buffer.from("0]}"),
    ]);

  it("serves a document of 100 MB with 20,000 versions", async (t) => {
    const document = large("large", 165);
    assert.ok(document.length > 90 * MB, String(document.length));
    const { status, length } = await ask("/large", whole(document));
    assert.equal(status, 200);
    assert.ok(length > 90 * MB);
    t.diagnostic(JSON.stringify(await needed()));
  });

  it("serves a document of 100 MB of text", async () => {
    const document = packument({
      name: "text",
      releases: [{ version: "1.0.0" }],
      document: { readme: "x".repeat(100 * MB) },
    });
    assert.equal((await ask("/text", whole(JSON.stringify(document)))).status, 200);
  });

  const DENSE: readonly [name: string, unit: string][] = [
    ["empty objects", "{},"],
    ["empty lists", "[],"],
    ["numbers", "7,"],
    ["numbers that are written longer than they are read", "1e20,"],
  ];
  for (const [name, unit] of DENSE) {
    it(`refuses a document of 120 MB of ${name}`, async () => {
      const { status, code } = await ask("/dense", whole(dense("dense", unit, 120 * MB)));
      assert.deepEqual([status, code], [502, "UPSTREAM_MALFORMED"]);
    });
  }

  it("keeps few of the documents of 6 MB that grow to 200, one after another", async () => {
    for (let index = 0; index < 8; index++) {
      const name = `grows-${index}`;
      assert.equal((await ask(`/${name}`, whole(dense(name, "{},", 6 * MB)))).status, 200);
    }
  });

  it("holds none of them while others wait, where all are asked for at once", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `dense-${index}`);
    for (const name of names) registry.answer(`/${name}`, (socket) => socket.write(whole(dense(name, "{},", 6 * MB))));
    const answers = await Promise.all(
      names.map(async (name) => {
        const answer = await fetch(`${url}/npm/${name}`);
        await answer.arrayBuffer();
        return answer.status;
      }),
    );
    assert.deepEqual(answers, Array(names.length).fill(200));
  });

  it("relays no answer of 30 MB of empty objects", async () => {
    const { status, code } = await ask("/-/npm/v1/keys", whole(dense("keys", "{},", 30 * MB)));
    assert.deepEqual([status, code], [502, "UPSTREAM_TOO_LARGE"]);
  });

  for (const [name, head] of [
    ["announced", `content-length: ${128 * MB + 1}`],
    ["not announced", "transfer-encoding: chunked"],
  ] as const) {
    it(`refuses a document of one byte more than 128 MB, ${name}`, async () => {
      const body = Buffer.alloc(128 * MB + 1, " ");
      const sent = head.startsWith("content")
        ? [body]
        : [Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n0\r\n\r\n")];
      const { status, code } = await ask(
        "/over",
        Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`), ...sent]),
      );
      assert.deepEqual([status, code], [502, "UPSTREAM_TOO_LARGE"]);
    });
  }

  it("refuses 50,000 versions", async () => {
    const versions = Array.from({ length: 50_000 }, (_, index) => `"1.0.${index}":{}`).join(",");
    const { status, code } = await ask("/many", whole(`{"name":"many","versions":{${versions}}}`));
    assert.deepEqual([status, code], [502, "UPSTREAM_MALFORMED"]);
  });
});

describe("a proxy of little memory that reads files", { timeout: 600_000 }, () => {
  it("keeps of a file's own words what a rule may need, however many files have many", async () => {
    const proxy = await startSmallProxy({ policies: [SCRIPTS_POLICY] });
    const bundled = JSON.stringify({ scripts: { install: "x".repeat(0.9 * MB) } });
    const files = Object.fromEntries(
      ["a", "b", "c", "d"].map((name) => [`node_modules/${name}/package.json`, bundled]),
    );
    const versions = Array.from({ length: 300 }, (_, index) => `1.0.${index}`);
    const release = (version: string) => ({ version, files });
    proxy.registry.put({ name: "wordy", releases: versions.map(release) });
    for (const version of versions) {
      const answer = await fetch(`${proxy.url}/npm/wordy/-/wordy-${version}.tgz`);
      await answer.arrayBuffer();
      assert.equal(answer.status, 403, version);
    }
    await proxy.close();
  });
});
