/** Files that are not what the listing says, and answers that never end: a client never gets a wrong file for a whole one. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { request as httpRequest } from "node:http";
import type { Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { type BareRegistry, endlessly, startBareRegistry, whole } from "../support/bare-registry.ts";
import { packumentBytes } from "../support/packument.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";

const LIMITS = { timeoutMs: 400, fileBytes: 256 * 1024 };
const OK = "HTTP/1.1 200 OK\r\n";
/** Larger than one read from a socket, so that parts of it are on their way before its end is known; each is another one. */
const fileOf = (name: string): Buffer => Buffer.concat([Buffer.alloc(150_000, "0123456789abcdef"), Buffer.from(name)]);
const wrong = (file: Buffer): Buffer => Buffer.concat([file.subarray(0, -1), Buffer.from("x")]);
const CHUNKED = `${OK}transfer-encoding: chunked\r\n\r\n`;

const chunk = (bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);

type Answer = (socket: Socket, file: Buffer) => void;
type Row = readonly [name: string, answer: Answer];

/** The client hears that it failed before any of the file came, or its connection is cut. */
const WRONG_FILES: readonly Row[] = [
  ["has another last byte", (socket, file) => socket.write(whole(wrong(file)))],
  [
    "has another last byte, in chunks",
    (socket, file) => socket.write(Buffer.concat([Buffer.from(CHUNKED), chunk(wrong(file)), chunk(Buffer.alloc(0))])),
  ],
  ["is shorter", (socket, file) => socket.write(whole(file.subarray(0, -1)))],
  ["is longer", (socket, file) => socket.write(whole(Buffer.concat([file, Buffer.from("x")])))],
  ["is twice itself", (socket, file) => socket.write(whole(Buffer.concat([file, file]).subarray(0, LIMITS.fileBytes)))],
  ["is empty", (socket) => socket.write(whole(""))],
  ["is empty, in chunks", (socket) => socket.write(`${CHUNKED}0\r\n\r\n`)],
  ["is one byte", (socket) => socket.write(whole("x"))],
  [
    "is announced shorter than it is",
    (socket, file) => socket.write(Buffer.concat([Buffer.from(`${OK}content-length: 1000\r\n\r\n`), file])),
  ],
  [
    "is announced longer than it is",
    (socket, file) => socket.end(Buffer.concat([Buffer.from(`${OK}content-length: 200000\r\n\r\n`), file])),
  ],
  [
    "breaks off in the middle",
    (socket, file) =>
      socket.write(
        Buffer.concat([Buffer.from(`${OK}content-length: ${file.length}\r\n\r\n`), file.subarray(0, 100_000)]),
        () => socket.destroy(),
      ),
  ],
  [
    "breaks off before its last chunk",
    (socket, file) => socket.write(Buffer.concat([Buffer.from(CHUNKED), chunk(file)]), () => socket.destroy()),
  ],
  [
    "ends with the connection, too early",
    (socket, file) =>
      socket.end(Buffer.concat([Buffer.from(`${OK}connection: close\r\n\r\n`), file.subarray(0, 100_000)])),
  ],
  [
    "is compressed once more, and says so",
    (socket, file) => socket.write(whole(gzipSync(file), "200 OK", ["content-encoding: gzip"])),
  ],
  ["is a page", (socket) => socket.write(whole("<html>captive portal</html>", "200 OK", ["content-type: text/html"]))],
  ["is larger than any", (socket) => socket.write(`${OK}content-length: ${LIMITS.fileBytes + 1}\r\n\r\n`)],
  [
    "is a part, and says so",
    (socket, file) => socket.write(whole(file, "206 Partial Content", ["content-range: bytes 0-9/10"])),
  ],
  ["comes with 203", (socket, file) => socket.write(whole(file, "203 Non-Authoritative Information"))],
  ["comes with 500", (socket, file) => socket.write(whole(file, "500 Internal Server Error"))],
  ["comes with 404", (socket, file) => socket.write(whole(file, "404 Not Found"))],
  ["comes with 304", (socket) => socket.write("HTTP/1.1 304 Not Modified\r\n\r\n")],
  ["comes with 204", (socket) => socket.write("HTTP/1.1 204 No Content\r\n\r\n")],
  ["lies at another origin", (socket) => socket.write(whole("", "302 Found", ["location: http://169.254.169.254/"]))],
  ["lies at a file", (socket) => socket.write(whole("", "302 Found", ["location: file:///etc/passwd"]))],
  ["is no HTTP", (socket) => socket.end("\0\0\0\0")],
];

const ENDLESS: readonly Row[] = [
  [
    "goes on for ever",
    (socket, file) => {
      socket.write(`${OK}connection: close\r\n\r\n`);
      endlessly(socket, file);
    },
  ],
  [
    "goes on for ever in chunks of one byte",
    (socket) => {
      socket.write(CHUNKED);
      endlessly(socket, "1\r\nx\r\n".repeat(1000));
    },
  ],
  [
    "has headers for ever",
    (socket) => {
      socket.write(OK);
      endlessly(socket, "x-a: b\r\n");
    },
  ],
  [
    "falls silent",
    (socket, file) =>
      socket.write(Buffer.concat([Buffer.from(`${OK}content-length: ${file.length}\r\n\r\n`), file.subarray(0, -1)])),
  ],
  ["never begins", () => {}],
];

const RIGHT_FILES: readonly Row[] = [
  ["with a length", (socket, file) => socket.write(whole(file))],
  [
    "in chunks of all sizes",
    (socket, file) =>
      socket.write(
        Buffer.concat([
          Buffer.from(CHUNKED),
          chunk(file.subarray(0, 1)),
          chunk(file.subarray(1, 70_000)),
          chunk(file.subarray(70_000)),
          chunk(Buffer.alloc(0)),
        ]),
      ),
  ],
  [
    "until the connection ends",
    (socket, file) => socket.end(Buffer.concat([Buffer.from(`${OK}connection: close\r\n\r\n`), file])),
  ],
  ["a little now and then", (socket, file) => drip(socket, file)],
  [
    "and with headers that are a lie",
    (socket, file) =>
      socket.write(
        whole(file, "200 OK", [
          "content-encoding: gzip",
          "content-type: text/html",
          "set-cookie: a=b",
          "etag: x",
          "cache-control: public, max-age=99999999",
          "location: http://169.254.169.254/",
          "npm-notice: x",
          "link: <http://127.0.0.2:9/>",
        ]),
      ),
  ],
];

/** Silences as long as nobody minds. */
function drip(socket: Socket, file: Buffer, at = 0): void {
  if (at === 0) socket.write(`${OK}content-length: ${file.length}\r\n\r\n`);
  socket.write(file.subarray(at, at + 50_000));
  if (at + 50_000 < file.length) setTimeout(() => drip(socket, file, at + 50_000), 50);
}

interface Download {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer;
  /** Whether the client takes it for a whole answer. */
  readonly isComplete: boolean;
}

describe("a file that the upstream gives", () => {
  let registry: BareRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let count = 0;

  before(async () => {
    registry = await startBareRegistry();
    folder = makeBundleFolder();
    await folder.sign();
    proxy = await startTestProxy(folder, registry, { limits: LIMITS });
  });

  after(async () => {
    await registry.close();
    await proxy.close();
    folder.remove();
  });

  /** The path of a file of its own, for which the upstream answers so, and the file that the listing names. */
  function offer(answer: Answer): { path: string; file: Buffer } {
    const name = `file-${++count}`;
    const path = `/${name}/-/${name}-1.0.0.tgz`;
    const file = fileOf(name);
    const integrity = `sha512-${createHash("sha512").update(file).digest("base64")}`;
    const manifest = { dist: { tarball: `${registry.url.origin}${path}`, integrity } };
    registry.answer(`/${name}`, (socket) =>
      socket.write(whole(packumentBytes({ name, releases: [{ version: "1.0.0", manifest }] }))),
    );
    registry.answer(path, (socket) => answer(socket, file));
    return { path, file };
  }

  function download(path: string, method = "GET", headers: Record<string, string> = {}): Promise<Download> {
    return new Promise((resolve) => {
      const nothing: Download = { status: 0, headers: {}, bytes: Buffer.alloc(0), isComplete: false };
      httpRequest(`${proxy.npm}${path}`, { method, headers, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response
          .on("data", (bytes) => chunks.push(bytes))
          .on("error", () => {})
          .once("close", () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              bytes: Buffer.concat(chunks),
              isComplete: response.complete,
            }),
          );
      })
        .on("error", () => resolve(nothing))
        .end();
    });
  }

  function assertNotServed({ status, bytes, isComplete }: Download): void {
    if (status === 200 || status === 0) {
      assert.equal(isComplete, false);
      return;
    }
    assert.ok([404, 502, 504].includes(status), String(status));
    const { error, code } = JSON.parse(bytes.toString()) as { error: string; code: string };
    assert.match(error, /^cordon: [\x20-\x7e]{20,500}$/);
    assert.match(code, /^(UPSTREAM_\w+|DIGEST_MISMATCH|NOT_FOUND)$/);
  }

  async function assertServes(answer: Answer = (socket, file) => socket.write(whole(file))): Promise<Download> {
    const { path, file } = offer(answer);
    const served = await download(path);
    assert.equal(served.status, 200);
    assert.ok(served.isComplete && served.bytes.equals(file));
    return served;
  }

  describe("never arrives whole", () => {
    for (const [name, answer] of WRONG_FILES) {
      it(`where it ${name}, for one client or two at once, and is not kept`, async () => {
        const { path } = offer(answer);
        const both = await Promise.all([download(path), download(path)]);
        for (const one of [...both, await download(path)]) assertNotServed(one);
        await assertServes();
      });
    }
  });

  // What has to be waited for is waited for together.
  describe("is given up, and let go of,", { concurrency: true }, () => {
    for (const [name, answer] of ENDLESS) {
      it(`where it ${name}`, async () => {
        const { promise: closed, resolve } = Promise.withResolvers<void>();
        const { path } = offer((socket, file) => {
          socket.once("close", () => resolve());
          answer(socket, file);
        });
        assertNotServed(await download(path));
        await closed;
      });
    }
  });

  describe("arrives whole, with headers of our own,", () => {
    for (const [name, answer] of RIGHT_FILES) {
      it(`where it comes ${name}`, async () => {
        const { headers } = await assertServes(answer);
        const { date: _date, connection: _connection, "keep-alive": _keep, ...ours } = headers;
        const known = ["accept-ranges", "cache-control", "content-length", "content-type", "etag", "transfer-encoding"];
        assert.deepEqual(
          Object.keys(ours).filter((name) => !known.includes(name)),
          [],
        );
        assert.equal(headers["cache-control"], "private, no-cache");
        assert.equal(headers["content-type"], "application/octet-stream");
      });
    }

    it("where it lies at another path of the registry", async () => {
      await assertServes((socket, file) => {
        registry.answer("/elsewhere", (other) => other.write(whole(file)));
        socket.write(whole("", "301 Moved Permanently", ["location: /elsewhere"]));
      });
    });
  });

  it("is not fetched to say that there is one, or that the client has it", async () => {
    const { path, file } = offer((socket, bytes) => socket.write(whole(wrong(bytes))));
    const etag = `"${createHash("sha512").update(file).digest("hex")}"`;
    assert.equal((await download(path, "HEAD")).status, 200);
    assert.equal((await download(path, "GET", { "if-none-match": etag })).status, 304);
    assert.equal(registry.requests.filter((head) => head.startsWith(`GET ${path} `)).length, 0);
    // Another tag, a range and a date are no reason not to check it.
    for (const headers of [{ "if-none-match": '"x"' }, { range: "bytes=0-9" }, { "if-range": etag, range: "bytes=5-" }])
      assertNotServed(await download(path, "GET", headers as Record<string, string>));
  });

  it("has surprised nobody", async () => {
    await assertServes();
    const expected = ["file not delivered", "request not served", "upstream away"];
    const surprises = proxy.logged.filter(({ message }) => !expected.includes(message));
    assert.deepEqual(
      surprises.filter(({ level }) => level !== "info"),
      [],
    );
  });
});
