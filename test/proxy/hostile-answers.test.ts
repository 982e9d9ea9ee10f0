/** An upstream that speaks HTTP badly, or on purpose: what clients get instead of a listing. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { type BareAnswer, type BareRegistry, endlessly, startBareRegistry, whole } from "../support/bare-registry.ts";
import { packumentBytes } from "../support/packument.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";

const LIMITS = { timeoutMs: 400, listingMs: 2500, listingBytes: 256 * 1024 };
const OK = "HTTP/1.1 200 OK\r\n";
const RELEASES = [{ version: "1.0.0" }];
/** A document that nobody could object to, filled up with white space. */
const good = (name: string, length = 0): Buffer =>
  Buffer.from(
    Buffer.from(packumentBytes({ name, releases: RELEASES }))
      .toString()
      .padEnd(length),
  );

type Row = readonly [
  name: string,
  code: string,
  why: RegExp,
  answer: (socket: Parameters<BareAnswer>[0], name: string) => void,
];

const PATIENT: readonly Row[] = [
  ["says nothing", "UPSTREAM_TIMEOUT", /did not answer in time/, () => {}],
  [
    "never ends its status line",
    "UPSTREAM_TIMEOUT",
    /in time/,
    (socket) => {
      socket.write("HTTP/1.1 200 ");
      endlessly(socket, "O", 100);
    },
  ],
  [
    "sends a header now and then, and no end of them",
    "UPSTREAM_TIMEOUT",
    /in time/,
    (socket) => {
      socket.write(OK);
      endlessly(socket, "x-a: b\r\n", 100);
    },
  ],
  [
    "says again and again that it will answer",
    "UPSTREAM_TIMEOUT",
    /in time/,
    (socket) => endlessly(socket, "HTTP/1.1 103 Early Hints\r\n\r\n", 50),
  ],
  [
    "sends a byte now and then, steadily enough for the silence between them",
    "UPSTREAM_TIMEOUT",
    /in time/,
    (socket) => {
      socket.write(`${OK}content-length: 200000\r\n\r\n`);
      endlessly(socket, " ", 50);
    },
  ],
  [
    "stops in the middle of a chunk",
    "UPSTREAM_TIMEOUT",
    /in time/,
    (socket, name) => socket.write(`${OK}transfer-encoding: chunked\r\n\r\nfff\r\n${good(name)}`),
  ],
];

const ENDLESS: readonly Row[] = [
  [
    "sends chunks without end",
    "UPSTREAM_TOO_LARGE",
    /larger than/,
    (socket) => {
      socket.write(`${OK}transfer-encoding: chunked\r\n\r\n`);
      endlessly(socket, `1000\r\n${" ".repeat(4096)}\r\n`);
    },
  ],
  [
    "sends chunks of one byte without end",
    "UPSTREAM_TOO_LARGE",
    /larger than/,
    (socket) => {
      socket.write(`${OK}transfer-encoding: chunked\r\n\r\n`);
      endlessly(socket, "1\r\n \r\n".repeat(1000));
    },
  ],
  [
    "sends headers without end",
    "UPSTREAM_UNREACHABLE",
    /Headers Overflow/,
    (socket) => {
      socket.write(OK);
      endlessly(socket, "x-a: b\r\n");
    },
  ],
  [
    "sends one header without end",
    "UPSTREAM_UNREACHABLE",
    /Headers Overflow/,
    (socket) => {
      socket.write(`${OK}x-a: `);
      endlessly(socket, "b".repeat(1000));
    },
  ],
];

const AT_ONCE: readonly Row[] = [
  [
    "announces one byte more than the limit",
    "UPSTREAM_TOO_LARGE",
    /larger than the 262144 bytes allowed/,
    (socket, name) => socket.write(whole(good(name, LIMITS.listingBytes + 1))),
  ],
  [
    "announces more than there are numbers for",
    "UPSTREAM_UNREACHABLE",
    /cannot be reached/,
    (socket) => socket.write(`${OK}content-length: ${"9".repeat(40)}\r\n\r\n{`),
  ],
  [
    "sends one byte more than the limit without announcing it",
    "UPSTREAM_TOO_LARGE",
    /larger than the 262144 bytes allowed/,
    (socket, name) => socket.end(`${OK}connection: close\r\n\r\n${good(name, LIMITS.listingBytes + 1)}`),
  ],
  [
    "announces more than it sends",
    "UPSTREAM_UNREACHABLE",
    /cannot be reached/,
    (socket, name) => socket.end(`${OK}content-length: 5000\r\n\r\n${good(name)}`),
  ],
  [
    "announces less than it sends",
    "UPSTREAM_MALFORMED",
    /is not JSON/,
    (socket, name) => socket.write(`${OK}content-length: 100\r\n\r\n${good(name)}`),
  ],
  [
    "announces two lengths",
    "UPSTREAM_UNREACHABLE",
    /cannot be reached/,
    (socket, name) =>
      socket.write(`${OK}content-length: ${good(name).length}\r\ncontent-length: 5\r\n\r\n${good(name)}`),
  ],
  [
    "announces a length below zero",
    "UPSTREAM_UNREACHABLE",
    /cannot be reached/,
    (socket) => socket.write(`${OK}content-length: -1\r\n\r\n{}`),
  ],
  [
    "announces both a length and chunks",
    "UPSTREAM_UNREACHABLE",
    /cannot be reached/,
    (socket) => socket.write(`${OK}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`),
  ],
  [
    "sends a chunk whose size is no number",
    "UPSTREAM_UNREACHABLE",
    /cannot be reached/,
    (socket) => socket.write(`${OK}transfer-encoding: chunked\r\n\r\nxyz\r\n{}\r\n`),
  ],
  [
    "closes in the middle of its chunks",
    "UPSTREAM_UNREACHABLE",
    /cannot be reached/,
    (socket, name) =>
      socket.end(`${OK}transfer-encoding: chunked\r\n\r\n${good(name).length.toString(16)}\r\n${good(name)}\r\n`),
  ],
  [
    "closes in the middle of a document whose length it did not say",
    "UPSTREAM_MALFORMED",
    /is not JSON/,
    (socket, name) => socket.end(`${OK}connection: close\r\n\r\n${good(name).subarray(0, -20)}`),
  ],
  ["closes without a word", "UPSTREAM_UNREACHABLE", /cannot be reached/, (socket) => socket.destroy()],
  [
    "speaks another protocol",
    "UPSTREAM_UNREACHABLE",
    /cannot be reached/,
    (socket) => socket.end(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])),
  ],
  [
    "sends a header with a line feed that an injection would need",
    "UPSTREAM_UNREACHABLE",
    /cannot be reached/,
    (socket) => socket.write(`${OK}x-a: b\rset-cookie: a=b\r\ncontent-length: 2\r\n\r\n{}`),
  ],
  [
    "compresses in a way that nobody asked for",
    "UPSTREAM_MALFORMED",
    /encoded in a way that was not asked for/,
    (socket, name) => socket.write(whole(gzipSync(good(name)), "200 OK", ["content-encoding: br"])),
  ],
  [
    "says that it compresses, and does not",
    "UPSTREAM_MALFORMED",
    /cannot be unpacked/,
    (socket, name) => socket.write(whole(good(name), "200 OK", ["content-encoding: gzip"])),
  ],
  [
    "compresses more than fits",
    "UPSTREAM_TOO_LARGE",
    /is larger than/,
    (socket) => socket.write(whole(LARGE, "200 OK", ["content-encoding: gzip"])),
  ],
  [
    "compresses twice",
    "UPSTREAM_MALFORMED",
    /is not JSON/,
    (socket) => socket.write(whole(BOMB, "200 OK", ["content-encoding: gzip"])),
  ],
];

/** Two hundred thousand to one. */
const LARGE = gzipSync(Buffer.alloc(64 * 1024 * 1024));
const BOMB = gzipSync(LARGE);

const STATUSES: readonly [status: string, answered: number, code: string][] = [
  ["201 Created", 502, "UPSTREAM_REFUSED"],
  ["203 Non-Authoritative Information", 502, "UPSTREAM_REFUSED"],
  ["206 Partial Content", 502, "UPSTREAM_REFUSED"],
  ["300 Multiple Choices", 502, "UPSTREAM_REFUSED"],
  ["302 Found", 502, "UPSTREAM_REFUSED"],
  ["400 Bad Request", 502, "UPSTREAM_REFUSED"],
  ["401 Unauthorized", 502, "UPSTREAM_REFUSED"],
  ["402 Payment Required", 502, "UPSTREAM_REFUSED"],
  ["403 Forbidden", 502, "UPSTREAM_REFUSED"],
  ["404 Not Found", 404, "NOT_FOUND"],
  ["408 Request Timeout", 502, "UPSTREAM_STATUS"],
  ["410 Gone", 404, "NOT_FOUND"],
  ["418 I'm a teapot", 502, "UPSTREAM_REFUSED"],
  ["429 Too Many Requests", 502, "UPSTREAM_STATUS"],
  ["451 Unavailable For Legal Reasons", 502, "UPSTREAM_REFUSED"],
  ["500 Internal Server Error", 502, "UPSTREAM_STATUS"],
  ["503 Service Unavailable", 502, "UPSTREAM_STATUS"],
  ["599 <script>alert(1)</script>", 502, "UPSTREAM_STATUS"],
  ["999 Whatever", 502, "UPSTREAM_STATUS"],
];

describe("an upstream that answers badly", () => {
  let registry: BareRegistry;
  let trap: BareRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let count = 0;

  before(async () => {
    [registry, trap] = await Promise.all([startBareRegistry(), startBareRegistry()]);
    folder = makeBundleFolder();
    await folder.sign();
    proxy = await startTestProxy(folder, registry, { limits: LIMITS });
  });

  after(async () => {
    await registry.close();
    await trap.close();
    await proxy.close();
    folder.remove();
  });

  /** Asks for a package of which the upstream answers so; then for a good one, which must come. */
  async function ask(answer: (socket: Parameters<BareAnswer>[0], name: string) => void) {
    const name = `bad-${++count}`;
    registry.answer(`/${name}`, (socket) => answer(socket, name));
    const response = await fetch(`${proxy.npm}/${name}`);
    const text = await response.text();
    await assertServes();
    return { name, response, text };
  }

  async function assertServes(): Promise<void> {
    const name = `good-${++count}`;
    registry.put({ name, releases: RELEASES });
    const listed = (await (await fetch(`${proxy.npm}/${name}`)).json()) as { versions: object };
    assert.deepEqual(Object.keys(listed.versions), ["1.0.0"]);
    const file = await fetch(`${proxy.npm}/${name}/-/${name}-1.0.0.tgz`);
    assert.equal(file.status, 200);
    await file.arrayBuffer();
  }

  async function assertFails(code: string, why: RegExp, answer: Row[3]): Promise<void> {
    const { name, response, text } = await ask(answer);
    const { error, code: told } = JSON.parse(text) as { error: string; code: string };
    assert.equal(told, code, error);
    assert.equal(response.status, code === "UPSTREAM_TIMEOUT" ? 504 : 502);
    assert.match(error, why);
    assert.match(error, /^cordon: [\x20-\x7e…]{20,600}$/);
    assert.equal(response.headers.get("cache-control"), "no-store");
    const line = proxy.logged.find(({ path }) => path === `/npm/${name}`);
    assert.match(String(line?.reason), /^[\x20-\x7e…]{20,600}$/);
  }

  /** As assertFails(), for what would go on for ever if nobody let go of it. */
  async function assertLetsGo([, code, why, answer]: Row): Promise<void> {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    await assertFails(code, why, (socket, name) => {
      socket.once("close", () => resolve());
      answer(socket, name);
    });
    await closed;
  }

  // What has to be waited for is waited for together.
  describe("or never to the end", { concurrency: true }, () => {
    for (const row of PATIENT) it(`is given up when it ${row[0]}`, () => assertLetsGo(row));
  });

  for (const row of ENDLESS) it(`is let go of when it ${row[0]}`, () => assertLetsGo(row));

  for (const [name, code, why, answer] of AT_ONCE)
    it(`is told to be at fault when it ${name}`, () => assertFails(code, why, answer));

  it("is read to the last byte of the limit", async () => {
    const { response } = await ask((socket, name) => socket.write(whole(good(name, LIMITS.listingBytes))));
    assert.equal(response.status, 200);
  });

  for (const [status, answered, code] of STATUSES) {
    it(`is not believed with ${status}, whatever document comes with it`, async () => {
      const { response, text } = await ask((socket, name) => socket.write(whole(good(name), status)));
      const { error, code: told } = JSON.parse(text) as { error: string; code: string };
      assert.deepEqual([response.status, told], [answered, code]);
      assert.doesNotMatch(error + response.statusText, /script|teapot|Whatever/);
    });
  }

  for (const status of ["204 No Content", "205 Reset Content", "304 Not Modified"]) {
    it(`is not believed with ${status}, which has no document`, async () => {
      const { response } = await ask((socket) => socket.write(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`));
      assert.equal(response.status, 502);
    });
  }

  describe("by sending Cordon elsewhere", () => {
    const ELSEWHERE: readonly [name: string, location: (url: URL, trap: URL) => string][] = [
      ["another port", (_url, { port }) => `http://127.0.0.1:${port}/x`],
      ["this machine by another name", (_url, { port }) => `http://localhost:${port}/x`],
      ["this machine by a short number", (_url, { port }) => `http://2130706433:${port}/x`],
      ["this machine in IPv6", (_url, { port }) => `http://[::1]:${port}/x`],
      ["this machine in IPv6 written as IPv4", (_url, { port }) => `http://[::ffff:127.0.0.1]:${port}/x`],
      ["a cloud's metadata", () => "http://169.254.169.254/latest/meta-data/"],
      ["a private network", () => "http://10.0.0.1/"],
      ["a host without a protocol", (_url, { port }) => `//127.0.0.1:${port}/x`],
      ["a host behind backslashes", (_url, { port }) => `\\\\127.0.0.1:${port}\\x`],
      ["a host behind credentials", ({ host }, { port }) => `http://${host}@127.0.0.1:${port}/x`],
      ["another protocol", ({ host }) => `https://${host}/x`],
      ["a file", () => "file:///etc/passwd"],
      ["data", () => 'data:application/json,{"name":"x","versions":{}}'],
      ["a script", () => "javascript:alert(1)"],
      ["port 0", () => "http://127.0.0.1:0/"],
      ["what is no URL", () => "http://[::1"],
      ["a host of any length", () => `http://${"a".repeat(10_000)}/`],
    ];
    for (const [name, location] of ELSEWHERE) {
      it(`is not followed: ${name}`, async () => {
        const to = location(registry.url, trap.url);
        await assertFails("UPSTREAM_STATUS", /redirects to (another origin|what is no URL)/, (socket) =>
          socket.write(whole("", "302 Found", [`location: ${to}`])),
        );
        assert.equal(trap.requests.length, 0);
      });
    }

    it("is not followed to two places at once", async () => {
      await assertFails("UPSTREAM_REFUSED", /answered 302/, (socket) =>
        socket.write(whole("", "302 Found", ["location: /a", "location: /b"])),
      );
    });

    it("is not followed in circles", async () => {
      await assertFails("UPSTREAM_STATUS", /redirects more than 3 times/, (socket, name) =>
        socket.write(whole("", "302 Found", [`location: /${name}`])),
      );
    });

    it("is given no credentials that the place names", async () => {
      const { response } = await ask((socket, name) => {
        registry.answer("/moved", (other) => other.write(whole(good(name))));
        socket.write(whole("", "302 Found", [`location: http://user:secret@${registry.url.host}/moved`]));
      });
      assert.equal(response.status, 200);
      const head = registry.requests.find((text) => text.startsWith("GET /moved "));
      assert.ok(head);
      assert.doesNotMatch(head, /authorization|secret|user:/i);
    });

    it("may lead to another package's document, which is not taken for the one asked for", async () => {
      registry.put({ name: "somebody-else", releases: RELEASES });
      await assertFails("UPSTREAM_MALFORMED", /about another package/, (socket) =>
        socket.write(whole("", "302 Found", ["location: /somebody-else"])),
      );
    });
  });

  it("has ended nothing and surprised nobody", async () => {
    assert.equal((await fetch(`${proxy.publicUrl}/-/readyz`)).status, 200);
    assert.deepEqual(
      proxy.logged.filter(({ level }) => level === "error"),
      [],
    );
  });
});
