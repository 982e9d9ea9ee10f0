import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import Koa from "koa";
import { CordonError } from "../../core/errors.ts";
import { createFetch } from "../../core/http.ts";
import { createPublishing, PUBLISH_LIMITS } from "../../core/publishing.ts";
import { servePublish } from "../../proxy/publish.ts";
import { replyFailure } from "../../proxy/reply.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type PublishRegistry, startPublishRegistry, type Write } from "../support/publish-registry.ts";
import { open, send } from "../support/send.ts";
import { until } from "../support/until.ts";

const TOKEN = "the-token";
const AUTHORIZATION = { authorization: `Bearer ${TOKEN}` };
/** Larger than all the buffers on the way. */
const LARGE = Buffer.alloc(20 << 20, "0123456789abcdef");

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("what is uploaded", () => {
  let registry: PublishRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let hasty: TestProxy;
  const failures: unknown[] = [];
  const note = (error: unknown) => failures.push(error);

  before(async () => {
    process.on("uncaughtException", note);
    process.on("unhandledRejection", note);
    registry = await startPublishRegistry({ token: TOKEN });
    folder = makeBundleFolder();
    await folder.sign();
    const options = { publish: ["npm"] as const };
    proxy = await startTestProxy(folder, registry, options);
    const fetch = createFetch();
    hasty = await startTestProxy(folder, registry, {
      ...options,
      state: `${folder.path}/hasty`,
      fetch: (url, given) => fetch(url, { ...given, timeoutMs: 80 }),
    });
  });

  beforeEach(() => {
    registry.writes.length = 0;
    registry.answerWrites(undefined);
  });

  after(async () => {
    process.off("uncaughtException", note);
    process.off("unhandledRejection", note);
    // What the upstream never answers would be waited for.
    await registry.close();
    await proxy.close();
    await hasty.close();
    folder.remove();
  });

  afterEach(() => assert.deepEqual(failures, []));

  const put = (headers: Record<string, string>, body: string | Uint8Array) =>
    send(`${proxy.npm}/plain`, { headers: { ...AUTHORIZATION, ...headers }, body });
  const onlyWrite = (): Write => {
    assert.equal(registry.writes.length, 1);
    return registry.writes[0] as Write;
  };

  it("is passed on as it comes, before its end", async () => {
    registry.answerWrites((request, response) => request.once("end", () => response.end("{}")));
    const [request, answered] = open(`${proxy.npm}/plain`, { headers: AUTHORIZATION });
    request.write("the beginning");
    await until(() => registry.writes[0]?.body.toString() === "the beginning");
    assert.equal(onlyWrite().end, undefined);
    request.end(", the end");
    assert.equal((await answered).status, 200);
    assert.equal(onlyWrite().body.toString(), "the beginning, the end");
    assert.equal(onlyWrite().headers["transfer-encoding"], "chunked");
  });

  it("arrives byte for byte, however large", async () => {
    registry.answerWrites((request, response) => request.once("end", () => response.end("{}")));
    assert.equal((await put({}, LARGE)).status, 200);
    assert.ok(onlyWrite().body.equals(LARGE));
    assert.equal(onlyWrite().headers["content-length"], String(LARGE.length));
  });

  it("may be compressed, which the registry is told, in no way but gzip", async () => {
    registry.answerWrites((request, response) => request.once("end", () => response.end("{}")));
    const body = gzipSync("{}");
    assert.equal((await put({ "content-encoding": "gzip" }, body)).status, 200);
    assert.ok(onlyWrite().body.equals(body));
    assert.equal(onlyWrite().headers["content-encoding"], "gzip");
    for (const encoding of ["br", "gzip, gzip", "x"])
      assert.equal((await put({ "content-encoding": encoding }, body)).status, 400, encoding);
    assert.equal(registry.writes.length, 1);
  });

  describe("by a client that leaves", () => {
    for (const [name, headers, bytes] of [
      ["with its length announced, at the first byte", { "content-length": String(LARGE.length) }, 1],
      [
        "with its length announced, one byte before the end",
        { "content-length": String(LARGE.length) },
        LARGE.length - 1,
      ],
      ["in chunks, at the first byte", {}, 1],
      ["in chunks, after many", {}, LARGE.length],
    ] as const) {
      it(`is cut at the registry as well, which takes nothing: ${name}`, async () => {
        const logged = proxy.logged.length;
        const [request] = open(`${proxy.npm}/plain`, { headers: { ...AUTHORIZATION, ...headers } });
        request.write(LARGE.subarray(0, bytes));
        await until(() => registry.writes[0]?.length === bytes);
        request.destroy();
        await until(() => onlyWrite().end !== undefined);
        assert.equal(onlyWrite().end, "cut");
        await until(() => proxy.logged.length > logged);
        assert.deepEqual(proxy.logged.slice(logged), [
          {
            level: "info",
            message: "published through",
            package: "plain",
            request: "PUT /plain",
            client: "127.0.0.1",
            status: null,
            failure: "the client left",
          },
        ]);
      });
    }

    it("once all is sent is no longer waited for", async () => {
      let isWaiting = true;
      registry.answerWrites((_request, response) =>
        response.once("close", () => {
          isWaiting = false;
        }),
      );
      const [request] = open(`${proxy.npm}/plain`, { headers: AUTHORIZATION });
      request.end("{}");
      await until(() => registry.writes[0]?.end === "complete");
      request.destroy();
      await until(() => !isWaiting);
    });
  });

  describe("and is too large", () => {
    let small: Server;
    let url: string;

    before(async () => {
      const upstream = { publishing: () => createPublishing(registry.url, createFetch()) };
      const options = { upstream, listings: { forget: () => {} }, rules: () => {}, log: () => {}, maxBytes: 1000 };
      const app = new Koa();
      app.use(async (ctx) => {
        const request = { kind: "publish", name: "plain", method: "PUT", path: "/plain" } as const;
        await servePublish(ctx, request, options).catch((error) => {
          assert.ok(error instanceof CordonError);
          replyFailure(ctx, error);
        });
      });
      small = createServer(app.callback());
      await new Promise<void>((resolve) => small.listen(0, "127.0.0.1", resolve));
      url = `http://127.0.0.1:${(small.address() as AddressInfo).port}/plain`;
    });

    after(() => new Promise((resolve) => small.close(resolve)));

    it("is 413 by what it announces, before any of it is sent", async () => {
      const length = String(PUBLISH_LIMITS.bodyBytes + 1);
      const [request, answered] = open(`${proxy.npm}/plain`, {
        headers: { ...AUTHORIZATION, "content-length": length },
      });
      request.flushHeaders();
      assert.equal((await answered).status, 413);
      request.destroy();
      assert.deepEqual(registry.writes, []);
    });

    it("is 413 once more has come than may, also to a client that goes on; the registry is not left with the half", async () => {
      const [request, answered] = open(url, { headers: AUTHORIZATION });
      request.write(LARGE); // in chunks: what is ended at once has a length
      request.end();
      const { status, text } = await answered;
      assert.equal(status, 413);
      assert.match(text, /larger than the 1000 bytes allowed/);
      await until(() => registry.writes.every(({ end }) => end === "cut"));
      assert.ok(registry.writes.every(({ length }) => length <= 1000));
    });

    it("is not, with as many bytes as may be", async () => {
      registry.answerWrites((request, response) => request.once("end", () => response.end("{}")));
      const [request, answered] = open(url, { headers: AUTHORIZATION });
      request.write("x".repeat(1000));
      request.end();
      assert.equal((await answered).status, 200);
    });
  });

  describe("by a client that waits to be asked for it", () => {
    async function converse(headers: string, npm = proxy.npm): Promise<string> {
      const { hostname, port, pathname } = new URL(`${npm}/plain`);
      const socket = connect(Number(port), hostname);
      let heard = "";
      socket.on("data", (chunk) => {
        heard += chunk;
        if (heard.endsWith("100 Continue\r\n\r\n")) socket.write("{}");
      });
      socket.write(
        `PUT ${pathname} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\nconnection: close\r\n${headers}\r\n`,
      );
      await once(socket, "close");
      return heard;
    }

    it("is asked for where it is wanted", async () => {
      registry.answerWrites((request, response) => request.once("end", () => response.end("{}")));
      const heard = await converse(`authorization: Bearer ${TOKEN}\r\ncontent-length: 2\r\n`);
      assert.match(heard, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
      assert.equal(onlyWrite().body.toString(), "{}");
      assert.equal(onlyWrite().headers.expect, undefined);
    });

    it("is not asked for where it is refused", async () => {
      for (const [headers, status] of [
        ["content-length: 2\r\n", 401],
        [`authorization: x\r\ncontent-length: ${PUBLISH_LIMITS.bodyBytes + 1}\r\n`, 413],
        ["authorization: x\r\ncontent-encoding: br\r\ncontent-length: 2\r\n", 400],
      ] as const)
        assert.match(await converse(headers), new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.deepEqual(registry.writes, []);
    });
  });

  describe("to a registry", () => {
    it("that answers before it has all: its answer reaches a client that goes on sending", async () => {
      registry.answerWrites((_request, response) => response.writeHead(401).end('{"error":"who are you"}'));
      const { status, text } = await put({}, LARGE);
      assert.deepEqual([status, text], [401, '{"error":"who are you"}']);
    });

    it("that answers before it has all: its answer reaches a client that listens once it has sent all", async () => {
      registry.answerWrites((_request, response) => response.writeHead(401).end("{}"));
      const { hostname, port } = new URL(proxy.publicUrl);
      const socket = connect(Number(port), hostname).pause();
      const head = `host: x\r\nconnection: close\r\nauthorization: x\r\ncontent-length: 20\r\n`;
      socket.write(`PUT /npm/plain HTTP/1.1\r\n${head}\r\nthe first half`);
      await until(() => registry.writes[0]?.end !== undefined);
      for (const rest of [", an", "d."]) {
        await pause(20);
        socket.write(rest);
      }
      let heard = "";
      socket.on("data", (chunk) => (heard += chunk)).resume();
      await once(socket, "close");
      assert.match(heard, /^HTTP\/1\.1 401 /);
    });

    it("that cannot be reached, or hangs up, is 502, also to a client that goes on sending", async () => {
      registry.answerWrites((request) => request.socket.destroy());
      assert.equal((await put({}, LARGE)).status, 502);
      const gone = await startPublishRegistry({ token: TOKEN });
      await gone.close();
      const other = await startTestProxy(folder, gone, { publish: ["npm"], state: `${folder.path}/gone` });
      assert.equal((await send(`${other.npm}/plain`, { headers: AUTHORIZATION, body: LARGE })).status, 502);
      await other.close();
    });
  });

  // The client's timers tick once a second, so that those who wait do it together.
  describe("slowly", { concurrency: true }, () => {
    const putHastily = (path: string, body: Uint8Array | string) =>
      send(`${hasty.npm}${path}`, { headers: AUTHORIZATION, body });

    let stalled: IncomingMessage | undefined;

    beforeEach(() =>
      registry.answerWrites((request, response, { path }) => {
        if (path === "/stalls") {
          stalled = request;
          request.pause();
        }
        if (path === "/trickles") request.once("end", () => response.end("{}"));
      }),
    );

    it("by the registry's fault is 504: it does not answer", async () => {
      assert.equal((await putHastily("/silent", "{}")).status, 504);
    });

    it("by the registry's fault is 504: it does not take what is sent", async () => {
      assert.equal((await putHastily("/stalls", LARGE)).status, 504);
      const write = registry.writes.find(({ path }) => path === "/stalls");
      stalled?.resume();
      await until(() => write?.end === "cut");
    });

    it("by the client is in order", async () => {
      const [request, answered] = open(`${hasty.npm}/trickles`, { headers: AUTHORIZATION });
      for (let chunk = 0; chunk < 4; chunk++) {
        request.write("x");
        await pause(600);
      }
      request.end();
      assert.equal((await answered).status, 200);
    });
  });
});
