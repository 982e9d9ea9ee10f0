import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import type { ReleaseFile } from "../../core/ecosystems/ecosystem.ts";
import { npm } from "../../core/ecosystems/npm/index.ts";
import type { FailureCode } from "../../core/errors.ts";
import type { Fetch, FetchOptions } from "../../core/http.ts";
import { UPSTREAM_LIMITS } from "../../core/upstream.ts";
import { createUpstream } from "../../core/upstream-registry.ts";
import { packumentBytes } from "../support/packument.ts";

const REGISTRY = new URL("https://registry.example/");
const PLAIN = { name: "plain", releases: [{ version: "1.0.0" }] };

interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array | string;
}

/** A registry that gives one answer to everything, and what it was asked. */
function fakeFetch({ status = 200, headers = {}, body = "" }: FakeAnswer = {}) {
  const asked: { url: string; options: FetchOptions }[] = [];
  const bodies: Readable[] = [];
  const fetch = (async (url, options) => {
    asked.push({ url: url.href, options });
    bodies.push(Readable.from([Buffer.from(body)]));
    return { status, headers, body: bodies.at(-1) as Readable };
  }) satisfies Fetch;
  return { fetch, asked, bodies };
}

const SILENT_STATUSES: readonly [status: number, code: FailureCode, text: RegExp][] = [
  [404, "NOT_FOUND", /^the upstream registry has no /],
  [410, "NOT_FOUND", /^the upstream registry has no /],
  [401, "UPSTREAM_REFUSED", /^https:\/\/registry\.example\/\S+ answered 401$/],
  [500, "UPSTREAM_STATUS", /answered 500$/],
  [304, "UPSTREAM_REFUSED", /answered 304$/],
  [204, "UPSTREAM_REFUSED", /answered 204$/],
  [206, "UPSTREAM_REFUSED", /answered 206$/],
];

describe("listing()", () => {
  const URLS: readonly [name: string, registry: string, pkg: string, url: string][] = [
    ["a plain name", "https://registry.example/", "plain", "https://registry.example/plain"],
    ["a scope's slash is encoded", "https://registry.example/", "@acme/ui", "https://registry.example/@acme%2fui"],
    ["below the registry's own path", "https://registry.example/npm/", "plain", "https://registry.example/npm/plain"],
    [
      "a path without a slash at its end",
      "https://registry.example/npm",
      "plain",
      "https://registry.example/npm/plain",
    ],
  ];
  for (const [title, registry, name, url] of URLS) {
    it(`asks for the fullest document, within the limits: ${title}`, async () => {
      const { fetch, asked } = fakeFetch({ body: packumentBytes({ ...PLAIN, name }) });
      const listing = await createUpstream({ ecosystem: npm, registry: new URL(registry), fetch }).listing(name);
      assert.equal(listing.name, name);
      assert.deepEqual([...listing.releases.keys()], ["1.0.0"]);
      const [request, ...more] = asked;
      assert.equal(request?.url, url);
      assert.deepEqual(more, []);
      const { signal, ...options } = request?.options ?? {};
      assert.ok(signal instanceof AbortSignal, "the whole document has a deadline");
      assert.deepEqual(options, {
        headers: { accept: "application/json", "accept-encoding": "gzip" },
        maxBytes: UPSTREAM_LIMITS.listingBytes,
        timeoutMs: UPSTREAM_LIMITS.timeoutMs,
      });
    });
  }

  for (const [status, code, message] of SILENT_STATUSES) {
    it(`fails with ${code} on ${status}, even where the body is a good document`, async () => {
      const { fetch } = fakeFetch({ status, body: packumentBytes(PLAIN) });
      await assert.rejects(createUpstream({ ecosystem: npm, registry: REGISTRY, fetch }).listing("plain"), {
        code,
        message,
      });
    });
  }

  it("fails with UPSTREAM_MALFORMED on a document that cannot be judged", async () => {
    const { fetch } = fakeFetch({ body: "<html>" });
    await assert.rejects(createUpstream({ ecosystem: npm, registry: REGISTRY, fetch }).listing("plain"), {
      code: "UPSTREAM_MALFORMED",
    });
  });

  it("names the package that there is not as a purl", async () => {
    const { fetch } = fakeFetch({ status: 404 });
    await assert.rejects(createUpstream({ ecosystem: npm, registry: REGISTRY, fetch }).listing("@acme/ui"), {
      message: "the upstream registry has no pkg:npm/%40acme/ui",
    });
  });
});

describe("document()", () => {
  const upstreamOf = (answer: FakeAnswer) => {
    const { fetch, asked } = fakeFetch(answer);
    return { upstream: createUpstream({ ecosystem: npm, registry: REGISTRY, fetch }), asked };
  };

  it("gives the bytes with the upstream's tag, compressed or not", async () => {
    const bytes = Buffer.from(packumentBytes(PLAIN));
    for (const encoding of [undefined, "identity", "gzip", "x-gzip"]) {
      const isGzip = encoding?.endsWith("gzip");
      const headers = { etag: 'W/"one"', ...(encoding && { "content-encoding": encoding }) };
      const { upstream } = upstreamOf({ headers, body: isGzip ? gzipSync(bytes) : bytes });
      const document = await upstream.document("plain");
      assert.equal(document?.etag, 'W/"one"');
      assert.ok(bytes.equals(document?.bytes ?? Buffer.alloc(0)), String(encoding));
    }
  });

  it("asks by the tag, and gives nothing where it still holds", async () => {
    const { upstream, asked } = upstreamOf({ status: 304 });
    assert.equal(await upstream.document("plain", { etag: '"one"', digest: "" }), undefined);
    assert.equal(asked[0]?.options.headers?.["if-none-match"], '"one"');
    await assert.rejects(upstream.document("plain"), { code: "UPSTREAM_REFUSED" });
  });

  it("gives nothing where the bytes are the known ones, whatever their tag", async () => {
    const { upstream } = upstreamOf({ headers: { etag: '"two"' }, body: packumentBytes(PLAIN) });
    const { digest = "" } = (await upstream.document("plain")) ?? {};
    assert.equal(await upstream.document("plain", { etag: '"one"', digest }), undefined);
    assert.equal(await upstream.document("plain", { etag: undefined, digest }), undefined);
    assert.equal((await upstream.document("plain", { etag: undefined, digest: "another" }))?.digest, digest);
  });

  it("does not repeat what is no tag", async () => {
    for (const etag of ["one", '"one', '"o\u0000ne"', `"${"x".repeat(300)}"`, '"a", "b"'])
      assert.equal((await upstreamOf({ headers: { etag } }).upstream.document("plain"))?.etag, undefined, etag);
  });

  it("fails on what is encoded in another way, is no gzip, or unpacks to too much", async () => {
    const bomb = gzipSync(Buffer.alloc(UPSTREAM_LIMITS.listingBytes + 1));
    for (const [encoding, body, code] of [
      ["br", "x", "UPSTREAM_MALFORMED"],
      ["gzip, gzip", "x", "UPSTREAM_MALFORMED"],
      ["gzip", "no gzip", "UPSTREAM_MALFORMED"],
      ["gzip", bomb, "UPSTREAM_TOO_LARGE"],
    ] as const)
      await assert.rejects(
        upstreamOf({ headers: { "content-encoding": encoding }, body }).upstream.document("plain"),
        { code },
        encoding,
      );
  });
});

describe("file()", () => {
  const fileAt = (url: string): ReleaseFile => ({
    packageName: "plain",
    name: "plain-1.0.0.tgz",
    url,
    digests: {},
  });
  const HERE = fileAt("https://registry.example/plain/-/plain-1.0.0.tgz?v=2");

  it("asks for the very URL of the listing, for bytes as they are", async () => {
    const { fetch, asked } = fakeFetch({ body: "bytes", headers: { "content-length": "5" } });
    const { size, body } = await createUpstream({ ecosystem: npm, registry: REGISTRY, fetch }).file(HERE);
    assert.deepEqual([size, Buffer.concat(await body.toArray()).toString()], [5, "bytes"]);
    assert.deepEqual(asked, [
      {
        url: HERE.url,
        options: {
          maxBytes: UPSTREAM_LIMITS.fileBytes,
          timeoutMs: UPSTREAM_LIMITS.timeoutMs,
          headers: { "accept-encoding": "identity" },
          leavesOrigin: [],
        },
      },
    ]);
  });

  for (const length of [undefined, "many", "1.5", "1e400"]) {
    it(`does not know the size where the upstream says ${length ?? "nothing"}`, async () => {
      const { fetch } = fakeFetch({ headers: length === undefined ? {} : { "content-length": length } });
      assert.equal((await createUpstream({ ecosystem: npm, registry: REGISTRY, fetch }).file(HERE)).size, undefined);
    });
  }

  for (const url of [
    "https://elsewhere.example/plain.tgz",
    "https://registry.example.elsewhere.example/plain.tgz",
    "https://registry.example@elsewhere.example/plain.tgz",
    "https://registry.example:8443/plain.tgz",
    "http://registry.example/plain.tgz",
    "file:///etc/passwd",
  ]) {
    it(`asks nobody for what lies on another origin: ${url}`, async () => {
      const { fetch, asked } = fakeFetch();
      await assert.rejects(createUpstream({ ecosystem: npm, registry: REGISTRY, fetch }).file(fileAt(url)), {
        code: "UPSTREAM_MALFORMED",
        message: /^the upstream's document says that plain-1\.0\.0\.tgz lies on another origin \(/,
      });
      assert.deepEqual(asked, []);
    });
  }

  it("asks another origin that the operator names, and tells it no token", async () => {
    const { fetch, asked } = fakeFetch({ body: "bytes" });
    const fileOrigins = ["https://files.example"];
    const upstream = createUpstream({ ecosystem: npm, registry: REGISTRY, fetch, fileOrigins, token: "secret" });
    await upstream.file(fileAt("https://files.example/plain.tgz"));
    await upstream.file(HERE);
    assert.deepEqual(
      asked.map(({ url, options: { headers, leavesOrigin } }) => [url, headers?.["authorization"], leavesOrigin]),
      [
        ["https://files.example/plain.tgz", undefined, fileOrigins],
        [HERE.url, "Bearer secret", fileOrigins],
      ],
    );
    await assert.rejects(upstream.file(fileAt("https://files.example.evil.example/x")), { code: "UPSTREAM_MALFORMED" });
  });

  it("asks where a public registry says, and nobody on this network", async () => {
    const { fetch, asked } = fakeFetch({ body: "bytes" });
    const upstream = createUpstream({
      ecosystem: npm,
      registry: REGISTRY,
      fetch,
      fileOrigins: "public",
      token: "secret",
    });
    await upstream.file(fileAt("https://files.example/plain.tgz"));
    assert.deepEqual(
      asked.map(({ url, options }) => [url, options.headers?.["authorization"]]),
      [["https://files.example/plain.tgz", undefined]],
    );
    for (const inside of [
      "http://files.example/x",
      "https://files.example:8443/x",
      "https://localhost/x",
      "https://vault/x",
      "https://127.0.0.1/x",
      "https://2130706433/x",
      "https://[::1]/x",
      "https://metadata.internal/x",
      "https://printer.local/x",
    ])
      await assert.rejects(upstream.file(fileAt(inside)), { code: "UPSTREAM_MALFORMED" }, inside);
  });

  for (const [status, code, message] of SILENT_STATUSES) {
    it(`fails with ${code} on ${status}, and lets go of the body`, async () => {
      const { fetch, bodies } = fakeFetch({ status });
      await assert.rejects(createUpstream({ ecosystem: npm, registry: REGISTRY, fetch }).file(HERE), { code, message });
      assert.equal(bodies[0]?.destroyed, true);
    });
  }
});
