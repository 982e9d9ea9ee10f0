/** Clients that write what no client writes, straight over a socket: nothing that is refused comes by another spelling. */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { MALWARE_POLICY, malwareRecord } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

const PACKAGES = [
  { name: "plain", releases: [{ version: "1.0.0" }] },
  { name: "@acme/ui", releases: [{ version: "1.0.0" }] },
  { name: "evil", releases: [{ version: "1.0.0" }, { version: "1.0.1" }] },
];
const END = "host: cordon\r\nconnection: close\r\n\r\n";

describe("a request that no client sends", () => {
  let registry: FixtureRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;

  before(async () => {
    registry = await startRegistry(PACKAGES);
    folder = makeBundleFolder();
    await folder.sign({ source: { policies: [MALWARE_POLICY] }, records: [malwareRecord("evil", ["1.0.1"])] });
    proxy = await startTestProxy(folder, registry);
  });

  after(async () => {
    await proxy.close();
    await registry.close();
    folder.remove();
  });

  /** All that comes back until the connection is closed; `isLast` where the client says that nothing will follow. */
  function send(text: string, isLast = false): Promise<string> {
    const { hostname, port } = new URL(proxy.publicUrl);
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      const socket = connect(Number(port), hostname);
      socket
        .on("data", (chunk) => chunks.push(chunk))
        .on("error", () => {})
        .once("close", () => resolve(Buffer.concat(chunks).toString()));
      socket.write(Buffer.from(text, "latin1"));
      if (isLast) socket.end();
    });
  }

  const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
  const errorOf = (answer: string): string => JSON.parse(answer.slice(answer.indexOf("\r\n\r\n"))).error;

  async function assertServes(): Promise<void> {
    assert.equal((await fetch(`${proxy.npm}/plain/-/plain-1.0.0.tgz`)).status, 200);
  }

  const NO_PATHS: readonly [name: string, path: string][] = [
    ["NUL behind a name", "/plain%00"],
    ["NUL inside a scoped name", "/@acme%2fui%00"],
    ["NUL behind a file", "/plain/-/plain-1.0.0.tgz%00"],
    ["an encoding of an encoding", "/%2570lain"],
    ["dots, encoded twice", "/%252e%252e/-/status"],
    ["dots in a scope", "/@acme%2f%2e%2e"],
    ["dots for a scope", "/%2e%2e%2fui"],
    ["a slash, encoded twice", "/@acme%252fui"],
    ["a slash in a plain name", "/plain%2f1.0.0"],
    ["a slash in a file's name", "/plain/-/x%2fplain-1.0.0.tgz"],
    ["a whole file path in one segment", "/plain%2f-%2fplain-1.0.0.tgz"],
    ["two slashes in a scope", "/@acme//ui"],
    ["a backslash for a scope's slash", "/@acme%5cui"],
    ["parameters", "/plain;v=1"],
    ["parameters of a file", "/plain/-/plain-1.0.0.tgz;v=1"],
    ["a query that is encoded", "/plain/-/plain-1.0.0.tgz%3fx"],
    ["a fragment", "/plain#x"],
    ["a line feed", "/plain%0d%0aset-cookie:a=b"],
    ["a line feed in a file's name", "/plain/-/plain-1.0.0.tgz%0d%0ax:y"],
    ["letters beyond ASCII", "/pl%C3%A4in"],
    ["letters of full width", "/%EF%BD%90lain"],
    ["a mark that turns the direction of writing", "/nialp%E2%80%AE"],
    ["broken UTF-8", "/plain%C0%AE"],
    ["half of an encoding", "/plain%2"],
    ["a dot at the beginning", "/.npmrc"],
    ["an underscore at the beginning", "/_all_docs"],
    ["an empty scope", "/@/ui"],
    ["a scope alone", "/@acme"],
    ["markup", "/%3Cscript%3E"],
    ["a name of 215 letters", `/${"a".repeat(215)}`],
    ["a path of 8000 letters", `/plain/-/${"a".repeat(8000)}`],
    ["a thousand segments", `/plain${"/a".repeat(1000)}`],
    ["another package's file", "/plain/-/evil-1.0.1.tgz"],
    ["a file below a file", "/plain/-/blocked/plain-1.0.0.tgz"],
  ];
  describe("for what cannot be a path is 404, is told so, and reaches no upstream", () => {
    for (const [name, path] of NO_PATHS) {
      it(name, async () => {
        await assertServes();
        const before = registry.requests.length;
        const answer = await send(`GET /npm${path} HTTP/1.1\r\n${END}`);
        assert.equal(statusOf(answer), 404, answer.slice(0, 300));
        assert.match(errorOf(answer), /^cordon: [^\p{Cc}\u202e]{10,300}$/u);
        assert.deepEqual(registry.requests.slice(before), []);
      });
    }
  });

  // Names that the registry has taken in, whatever folders and browsers make of them.
  for (const path of ["/node_modules", "/favicon.ico", "/PLAIN", "/@ACME%2fui"]) {
    it(`for ${path} is asked of the upstream as it is written, and is 404 where that is`, async () => {
      const before = registry.requests.length;
      const answer = await send(`GET /npm${path} HTTP/1.1\r\n${END}`);
      assert.equal(statusOf(answer), 404);
      assert.deepEqual(registry.requests.slice(before), [decodeURIComponent(path)]);
    });
  }

  const SPELLINGS = [
    "/evil/-/evil-1.0.1.tgz",
    "/evil/-/evil-1.0.1.tgz/",
    "/evil/-/evil-1.0.1.tgz?x=1",
    "/evil/-/%65vil-1.0.1.tgz",
    "/%65vil/-/evil-1.0.1%2etgz",
    "/evil/-/evil-1.0.1%2Etgz",
    "/evil/-/evil-1.0.1.TGZ",
    "/evil/-/evil-1.0.1.tar.gz",
    "/evil/-/evil-v1.0.1.tgz",
    "/evil/-/evil-1.0.1+x.tgz",
    "/evil/-/evil-01.0.1.tgz",
    "/evil/-/evil-1.0.1.tgz.tgz",
    "/evil/-/EVIL-1.0.1.tgz",
    "/evil/-/blocked/a/b/evil-1.0.1.tgz",
    "/evil/-/blocked/../../evil-1.0.1.tgz",
    "/evil/-/stripped/000000000000/evil-1.0.1.tgz",
    "/EVIL/-/EVIL-1.0.1.tgz",
    "/evil/1.0.1",
    "/evil/1.0.1/",
    "/evil/v1.0.1",
    "/evil/=1.0.1",
    "/evil/1.0.1+x",
    "/evil//1.0.1",
    "/./evil/-/evil-1.0.1.tgz",
    "/plain/../evil/-/evil-1.0.1.tgz",
    "/-/evil/-/evil-1.0.1.tgz",
  ];
  for (const path of SPELLINGS) {
    for (const method of ["GET", "HEAD"])
      it(`does not get a refused release as ${method} ${path}`, async () => {
        const answer = await send(`${method} /npm${path} HTTP/1.1\r\n${END}`);
        assert.ok([403, 404].includes(statusOf(answer)), answer.slice(0, 300));
      });
  }

  const METHODS = ["PUT", "POST", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "PURGE"];
  for (const method of METHODS) {
    it(`with ${method} changes nothing and gets nothing`, async () => {
      for (const path of ["/npm/plain", "/npm/plain/-/plain-1.0.0.tgz", "/npm/evil/-/evil-1.0.1.tgz"]) {
        const answer = await send(`${method} ${path} HTTP/1.1\r\ncontent-length: 0\r\n${END}`);
        assert.equal(statusOf(answer), 405, answer.slice(0, 300));
        assert.match(errorOf(answer), /takes no such writes|not published through this proxy/);
      }
    });
  }

  it("with a header that names another method is answered as what it is", async () => {
    const answer = await send(`GET /npm/evil/-/evil-1.0.1.tgz HTTP/1.1\r\nx-http-method-override: HEAD\r\n${END}`);
    assert.equal(statusOf(answer), 403);
  });

  const TARGETS: readonly [name: string, target: string][] = [
    ["another host's URL", "http://registry.example/npm/plain"],
    ["another host's status", "http://registry.example/-/status"],
    ["a cloud's metadata", "http://169.254.169.254/latest/meta-data/"],
    ["a URL with credentials", "http://user:secret@registry.example/npm/plain"],
    ["a URL whose host is broken", "http://[::1/x"],
    ["a URL whose port is too high", "http://registry.example:99999/x"],
    ["a URL of another protocol", "ftp://registry.example/npm/plain"],
    ["a host without a protocol", "//registry.example/npm/plain"],
    ["a broken host without a protocol", "//[::1/npm/plain"],
    ["two slashes", "//npm/plain"],
    ["no path", "?/npm/plain"],
  ];
  describe("for a forward proxy is not one that Cordon answers, and reaches nobody", () => {
    for (const [name, target] of TARGETS) {
      it(name, async () => {
        const before = registry.requests.length;
        const answer = await send(`GET ${target} HTTP/1.1\r\n${END}`);
        // Some are no HTTP, and the runtime says so before anybody is asked.
        if (statusOf(answer) !== 400) {
          assert.equal(statusOf(answer), 404, answer.slice(0, 300));
          assert.match(errorOf(answer), /nothing at this path; registries are at \/npm\//);
        }
        assert.deepEqual(registry.requests.slice(before), []);
      });
    }

    it("a tunnel", async () => {
      assert.doesNotMatch(await send(`CONNECT registry.example:443 HTTP/1.1\r\n${END}`), /^HTTP\/1\.1 2/);
      await assertServes();
    });

    it("every path", async () => {
      assert.equal(statusOf(await send(`OPTIONS * HTTP/1.1\r\n${END}`)), 404);
    });
  });

  /** What two readers may divide in two ways; behind each stands a request that only one of them would see. */
  const SMUGGLED: readonly [name: string, head: string][] = [
    ["two lengths", "content-length: 0\r\ncontent-length: 9"],
    ["a length that begins with a plus", "content-length: +0"],
    ["a length that is no number", "content-length: 0x0"],
    ["a length and chunks", "content-length: 4\r\ntransfer-encoding: chunked"],
    ["an encoding behind the chunks", "transfer-encoding: chunked, identity"],
    ["chunks with a space before the colon", "transfer-encoding : chunked"],
    ["a header on two lines", "x-a: b\r\n transfer-encoding: chunked"],
    ["a bare line feed", "x-a: b\ntransfer-encoding: chunked"],
    ["a bare carriage return", "x-a: b\rtransfer-encoding: chunked"],
    ["NUL in a header", "x-a: b\0c"],
  ];
  describe("that readers divide in two ways is answered once, and not with a release", () => {
    for (const [name, head] of SMUGGLED) {
      it(name, async () => {
        const second = `GET /npm/plain/-/plain-1.0.0.tgz HTTP/1.1\r\n${END}`;
        const answer = await send(`GET /npm/evil/1.0.1 HTTP/1.1\r\nhost: cordon\r\n${head}\r\n\r\n${second}`, true);
        assert.equal(statusOf(answer), 400, answer.slice(0, 300));
        assert.equal(answer.split("HTTP/1.1 ").length - 1, 1, answer);
        await assertServes();
      });
    }
  });

  it("with headers of 100 kB is refused without reading them all", async () => {
    const answer = await send(`GET /npm/plain HTTP/1.1\r\nx-a: ${"b".repeat(100_000)}\r\n${END}`);
    assert.doesNotMatch(answer, /^HTTP\/1\.1 [23]/);
    await assertServes();
  });

  it("tells the operator of nothing that failed", () => {
    assert.deepEqual(
      proxy.logged.filter(({ level }) => level === "error"),
      [],
    );
  });
});
