import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, it } from "node:test";
import { BUNDLE_FILE, blobPath } from "../../../core/bundle/manifest.ts";
import { bundleSource } from "../../../core/bundle/sources/index.ts";
import { sha256 } from "../../../core/digest.ts";
import { ServerBusy } from "../../../core/server-busy.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";
import { type FixtureRegistry, startRegistry } from "../../support/registry.ts";

const BLOB = createHash("sha512").update("blob").digest().toString("hex").repeat(2000);
const BLOB_SHA = sha256(BLOB);

describe("bundleSource()", () => {
  const WRONG: readonly [text: string, message: RegExp][] = [
    ["oci://registry.example/policies:stable", /is no bundle source: write dir:PATH, https:.* or github:/],
    ["ftp://files.example/b", /is no bundle source/],
    ["github:acme", /does not read github:OWNER\/REPO/],
    ["github:acme/..", /does not read github:/],
    ["github:acme/policies/x", /does not read github:/],
    ["github:acme/policies@UPPER", /does not read github:/],
    ["https://user:secret@files.example/b", /no credentials/],
    ["https://files.example/b?token=secret", /no credentials/],
    ["https://", /is no URL/],
  ];
  for (const [text, message] of WRONG) {
    it(`refuses ${text}, and repeats no secret`, () => {
      assert.throws(
        () => bundleSource(text),
        (error: { code: string; message: string }) =>
          error.code === "USAGE" && message.test(error.message) && !error.message.includes("secret"),
      );
    });
  }

  it("sends no token in the clear, but on loopback", () => {
    const environment = { CORDON_BUNDLE_TOKEN: "secret" };
    assert.throws(() => bundleSource("http://files.example/b", { environment }), {
      code: "USAGE",
      message: /use https/,
    });
    assert.equal(bundleSource("http://127.0.0.1:1/b", { environment }).name, "http://127.0.0.1:1/b/");
  });
});

describe("a directory as a source", () => {
  let folder: Folder;

  beforeEach(() => {
    folder = makeFolder();
  });

  afterEach(() => folder.remove());

  it("gives what is there once, and again when it has changed", async () => {
    const source = bundleSource(`dir:${folder.path}`);
    await assert.rejects(source.poll(undefined), { code: "BUNDLE_MISSING" });
    folder.write(BUNDLE_FILE, "one");
    folder.write(blobPath(BLOB_SHA), BLOB);
    const first = await source.poll(undefined);
    assert.equal(Buffer.from(first?.bytes ?? []).toString(), "one");
    assert.equal(Buffer.from((await first?.readBlob(BLOB_SHA, BLOB.length)) ?? []).toString(), BLOB);
    assert.equal(await source.poll(first?.validator), undefined);
    folder.write(BUNDLE_FILE, "another");
    assert.equal(Buffer.from((await source.poll(first?.validator))?.bytes ?? []).toString(), "another");
  });

  it("gives no blob that is larger than it was signed", async () => {
    folder.write(BUNDLE_FILE, "one");
    folder.write(blobPath(BLOB_SHA), BLOB);
    const offered = await bundleSource(folder.path).poll(undefined);
    await assert.rejects(async () => offered?.readBlob(BLOB_SHA, 10), { code: "FILE_TOO_LARGE" });
  });
});

describe("a web server as a source", () => {
  let server: FixtureRegistry;
  let asked: IncomingMessage[];
  let signed: string;
  let reply: (request: IncomingMessage, response: ServerResponse) => void;

  beforeEach(async () => {
    server = await startRegistry();
    [asked, signed] = [[], "one"];
    reply = (request, response) => {
      const etag = `"${sha256(signed).slice(0, 8)}"`;
      if (request.headers["if-none-match"] === etag) response.writeHead(304, { etag }).end();
      else response.writeHead(200, { etag }).end(signed);
    };
    server.answer(`/policies/${BUNDLE_FILE}`, (request, response) => {
      asked.push(request);
      reply(request, response);
    });
  });

  afterEach(() => server.close());

  const open = (token?: string) =>
    bundleSource(new URL("policies", server.url).href, { environment: token ? { CORDON_BUNDLE_TOKEN: token } : {} });

  it("is asked by its ETag, and gives nothing while that holds", async () => {
    const source = open();
    const first = await source.poll(undefined);
    assert.equal(Buffer.from(first?.bytes ?? []).toString(), "one");
    assert.equal(await source.poll(first?.validator), undefined);
    assert.equal(asked[1]?.headers["if-none-match"], first?.validator);
    signed = "two";
    assert.equal(Buffer.from((await source.poll(first?.validator))?.bytes ?? []).toString(), "two");
  });

  it("may be named with or without the file and the slash", async () => {
    for (const path of ["policies", "policies/", `policies/${BUNDLE_FILE}`]) {
      const source = bundleSource(new URL(path, server.url).href, { environment: {} });
      assert.equal(Buffer.from((await source.poll(undefined))?.bytes ?? []).toString(), "one", path);
    }
  });

  it("is compared by its bytes where it has no ETag, or one that is none", async () => {
    for (const headers of [{}, { etag: "unquoted" }]) {
      reply = (_request, response) => response.writeHead(200, headers).end(signed);
      const source = open();
      const first = await source.poll(undefined);
      assert.ok(first);
      assert.equal(await source.poll(first.validator), undefined);
      assert.equal(asked.at(-1)?.headers["if-none-match"], undefined);
    }
  });

  it("is sent the token, which does not follow it to another origin", async () => {
    const other = await startRegistry();
    let seen: string | undefined = "not asked";
    other.answer("/elsewhere", (request, response) => {
      seen = request.headers.authorization;
      response.end("from elsewhere");
    });
    reply = (_request, response) => response.writeHead(302, { location: new URL("/elsewhere", other.url).href }).end();
    const offered = await open("a-secret").poll(undefined);
    await other.close();
    assert.equal(Buffer.from(offered?.bytes ?? []).toString(), "from elsewhere");
    assert.equal(asked[0]?.headers.authorization, "Bearer a-secret");
    assert.equal(seen, undefined);
  });

  it("does not get the token back from where it was sent to", async () => {
    const other = await startRegistry();
    other.answer("/elsewhere", (_request, response) =>
      response.writeHead(302, { location: new URL("/back", server.url).href }).end(),
    );
    let seen: string | undefined = "not asked";
    server.answer("/back", (request, response) => {
      seen = request.headers.authorization;
      response.end("back");
    });
    reply = (_request, response) => response.writeHead(302, { location: new URL("/elsewhere", other.url).href }).end();
    assert.equal(Buffer.from((await open("a-secret").poll(undefined))?.bytes ?? []).toString(), "back");
    await other.close();
    assert.equal(seen, undefined);
  });

  const FAILURES: readonly [name: string, status: number, headers: Record<string, string>, code: string][] = [
    ["nothing", 404, {}, "BUNDLE_MISSING"],
    ["that it wants a token", 401, {}, "SOURCE_DENIED"],
    ["that this token may not", 403, {}, "SOURCE_DENIED"],
    ["an error", 500, {}, "UPSTREAM_STATUS"],
    ["that it is busy", 429, { "retry-after": "120" }, "SERVER_BUSY"],
    ["that it is busy until a date", 503, { "retry-after": "Wed, 21 Oct 2065 07:28:00 GMT" }, "SERVER_BUSY"],
    ["304 where nothing was named", 304, {}, "UPSTREAM_STATUS"],
  ];
  for (const [name, status, headers, code] of FAILURES) {
    it(`that answers ${name} is a failure of its own`, async () => {
      reply = (_request, response) => response.writeHead(status, headers).end();
      await assert.rejects(open("a-secret").poll(undefined), (error: { code: string; message: string }) => {
        assert.equal(error.code, code);
        assert.ok(!error.message.includes("a-secret"));
        return true;
      });
    });
  }

  it("makes nobody wait for more than an hour", async () => {
    reply = (_request, response) => response.writeHead(429, { "retry-after": "999999999" }).end();
    await assert.rejects(open().poll(undefined), (error) => {
      assert.ok(error instanceof ServerBusy);
      const wait = error.retryAt.getTime() - Date.now();
      assert.ok(wait > 59 * 60_000 && wait <= 60 * 60_000, `${wait}`);
      return true;
    });
  });

  it("cannot send a signed file without end", async () => {
    reply = (_request, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(65_536, "x");
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on("drain", more);
      more();
    };
    await assert.rejects(open().poll(undefined), { code: "UPSTREAM_TOO_LARGE" });
  });

  it("is asked for the rest of a blob that breaks off, and gives it whole", async () => {
    const ranges: (string | undefined)[] = [];
    server.answer(`/policies/${blobPath(BLOB_SHA)}`, (request, response) => {
      ranges.push(request.headers.range);
      const start = Number(/\d+/.exec(request.headers.range ?? "")?.[0] ?? 0);
      const end = ranges.length < 3 ? start + 100_000 : BLOB.length;
      const headers = { "content-length": String(BLOB.length - start) };
      if (start > 0) response.writeHead(206, { ...headers, "content-range": `bytes ${start}-${BLOB.length - 1}/*` });
      else response.writeHead(200, headers);
      response.write(BLOB.slice(start, end), () => (end < BLOB.length ? response.destroy() : response.end()));
    });
    const offered = await open().poll(undefined);
    const blob = await offered?.readBlob(BLOB_SHA, BLOB.length);
    assert.equal(sha256(blob ?? ""), BLOB_SHA);
    assert.equal(ranges.length, 3);
    assert.match(ranges[1] ?? "", /^bytes=[1-9]\d*-$/);
  });

  it("gives a blob whole that knows no ranges", async () => {
    let tries = 0;
    server.answer(`/policies/${blobPath(BLOB_SHA)}`, (_request, response) => {
      tries += 1;
      response.writeHead(200, { "content-length": String(BLOB.length) });
      if (tries > 1) response.end(BLOB);
      else response.write(BLOB.slice(0, 100_000), () => response.destroy());
    });
    const offered = await open().poll(undefined);
    assert.equal(sha256((await offered?.readBlob(BLOB_SHA, BLOB.length)) ?? ""), BLOB_SHA);
  });

  it("gives up on a blob that always breaks off", async () => {
    server.answer(`/policies/${blobPath(BLOB_SHA)}`, (_request, response) => {
      response.writeHead(200, { "content-length": String(BLOB.length) });
      response.write(BLOB.slice(0, 1000), () => response.destroy());
    });
    const offered = await open().poll(undefined);
    await assert.rejects(async () => offered?.readBlob(BLOB_SHA, BLOB.length), { code: "UPSTREAM_UNREACHABLE" });
  });
});
