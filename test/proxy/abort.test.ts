import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { openFiles } from "../support/open-files.ts";
import { packumentBytes } from "../support/packument.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type Answer, type FixtureRegistry, startRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";

/** Larger than all the buffers on the way, so that a client can leave in the middle. */
const LARGE_BYTES = 5 * 1024 * 1024;
/** Of one that was asked for before, so that it is at hand. */
const KNOWN = "/npm/known/-/known-1.0.0.tgz";
/** Of one that nobody has asked for: another one each time. */
const NEW = "new";

/** When a client leaves; it has asked by then, or is about to. */
type Leave = (socket: Socket, received: () => number) => Promise<void>;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until that many bytes have come, or the answer has ended. */
const bytes =
  (count: number): Leave =>
  async (socket, received) => {
    await until(() => received() >= count || socket.destroyed || socket.readableEnded);
  };

const MOMENTS: readonly [name: string, path: string, leave: Leave][] = [
  ["at once", NEW, async () => {}],
  ["a moment later", NEW, () => pause(1)],
  ["a few moments later", NEW, () => pause(4)],
  ["while the listing is fetched", "/npm/slow", () => pause(10)],
  ["while the upstream has not answered", "/npm/silent/-/silent-1.0.0.tgz", () => pause(10)],
  ["while the upstream's body stands still", "/npm/stalled/-/stalled-1.0.0.tgz", bytes(1)],
  ["with the first byte", NEW, bytes(1)],
  ["after 100 kB", NEW, bytes(100_000)],
  ["after 1 MB", NEW, bytes(1_000_000)],
  ["after 4 MB", NEW, bytes(4_000_000)],
  ["with the last byte", NEW, bytes(LARGE_BYTES)],
  ["after its end", NEW, async (socket, received) => bytes(LARGE_BYTES)(socket, received).then(() => pause(5))],
  ["at once, of a file at hand,", KNOWN, async () => {}],
  ["with the first byte of a file at hand", KNOWN, bytes(1)],
  ["after 1 MB of a file at hand", KNOWN, bytes(1_000_000)],
];
const ROUNDS = 5;

describe("clients that leave", () => {
  let registry: FixtureRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;
  /** Answers of the upstream that have neither ended nor been let go of. */
  const open = new Set<ServerResponse>();
  const failures: unknown[] = [];
  const note = (error: unknown) => failures.push(error);

  before(async () => {
    process.on("uncaughtException", note);
    process.on("unhandledRejection", note);
    registry = await startRegistry();
    for (const name of ["known", "silent", "stalled"]) put(name);
    answer("/silent/-/silent-1.0.0.tgz", () => {});
    answer("/stalled/-/stalled-1.0.0.tgz", (_request, response) => {
      response.setHeader("content-length", LARGE_BYTES);
      response.write(large("stalled").subarray(0, 200_000));
    });
    answer("/slow", (_request, response) =>
      setTimeout(() => response.end(JSON.stringify({ name: "slow", versions: {} })), 30),
    );
    folder = makeBundleFolder();
    await folder.sign();
    proxy = await startTestProxy(folder, registry);
  });

  after(async () => {
    process.off("uncaughtException", note);
    process.off("unhandledRejection", note);
    // What the upstream never answers would be waited for.
    await registry.close();
    await proxy.close();
    folder.remove();
  });

  /** A release with a large file; its path. */
  function put(name: string): string {
    const file = large(name);
    const integrity = `sha512-${createHash("sha512").update(file).digest("base64")}`;
    const dist = { tarball: `${registry.url}${name}/-/${name}-1.0.0.tgz`, integrity };
    registry.put({ name, releases: [{ version: "1.0.0", manifest: { dist } }] });
    answer(`/${name}/-/${name}-1.0.0.tgz`, (_request, response) => response.end(file));
    return `/npm/${name}/-/${name}-1.0.0.tgz`;
  }

  let count = 0;
  const pathOf = (path: string) => (path === NEW ? put(`new-${count++}`) : path);

  function answer(path: string, give: Answer): void {
    registry.answer(path, (request, response) => {
      open.add(response);
      response.once("close", () => open.delete(response));
      give(request, response);
    });
  }

  async function visit(path: string, leave: Leave): Promise<void> {
    const { hostname, port } = new URL(proxy.publicUrl);
    let received = 0;
    const socket = connect(Number(port), hostname);
    socket.on("error", () => {}).on("data", (chunk) => (received += chunk.length));
    socket.write(`GET ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n\r\n`);
    await leave(socket, () => received);
    socket.destroy();
  }

  async function assertDelivers(path = KNOWN): Promise<void> {
    const response = await fetch(`${proxy.publicUrl}${path}`);
    assert.equal(response.status, 200);
    const body = Buffer.from(await response.arrayBuffer());
    assert.ok(body.equals(large(path.split("/")[2] ?? "")), path);
  }

  it("one after another, at every moment, leave the proxy and its upstream as they were", async () => {
    for (let round = 0; round < ROUNDS; round++)
      for (const [, path, leave] of MOMENTS.filter(([, path]) => path === NEW || path === KNOWN))
        await visit(pathOf(path), leave);
    await assertDelivers();
    await until(() => open.size === 0);
  });

  for (const [name, path, leave] of MOMENTS) {
    it(`all at once ${name} end nothing but their own answers`, async () => {
      const file = pathOf(path);
      await Promise.all(Array.from({ length: ROUNDS }, () => visit(file, leave)));
      await until(() => open.size === 0);
      await assertDelivers(path === NEW ? file : KNOWN);
    });
  }

  it("before it is known that they may have the file are not fetched it", async () => {
    const answered = Promise.withResolvers<void>();
    const listing = packumentBytes({ name: "judged", releases: [{ version: "1.0.0" }] }, registry.url.origin);
    answer("/judged", (_request, response) => void answered.promise.then(() => response.end(listing)));
    await visit("/npm/judged/-/judged-1.0.0.tgz", () => until(() => registry.requests.includes("/judged")));
    await assertDelivers(); // the proxy has heard of what came before
    answered.resolve();
    await assertDelivers();
    await until(() => open.size === 0);
    assert.ok(!registry.requests.some((path) => path.startsWith("/judged/-/")));
  });

  it("in the middle of asking are forgotten", async () => {
    const { hostname, port } = new URL(proxy.publicUrl);
    for (const text of ["", "G", `GET ${KNOWN} HTTP/1.1\r\nhost: x`, `GET ${KNOWN} HTTP/1.1\r\nhost: x\r\n\r\nGET `]) {
      const socket = connect(Number(port), hostname).on("error", () => {});
      socket.write(text);
      await pause(2);
      socket.destroy();
    }
    await assertDelivers();
  });

  it("leave no file open", {
    skip: !existsSync("/proc/self/fd") && "there is no list of open files here",
  }, async () => {
    await until(() => openFiles(`${folder.path}/state/cache`) === 0);
  });

  it("have caused no failure that nobody handled", async () => {
    await pause(20);
    assert.deepEqual(failures, []);
    assert.deepEqual(
      proxy.logged.filter(({ level }) => level !== "info"),
      [],
    );
    assert.equal((await fetch(`${proxy.publicUrl}/-/readyz`)).status, 200);
  });
});

/** Other bytes for each name. */
function large(name: string): Buffer {
  return Buffer.alloc(LARGE_BYTES, `${name} 0123456789abcdef`);
}
