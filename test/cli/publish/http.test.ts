import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, it } from "node:test";
import { httpTarget } from "../../../cli/publish/http.ts";
import { publishBundle } from "../../../cli/publish/publish.ts";
import type { SignedBundle } from "../../../cli/publish/target.ts";
import { BUNDLE_FILE, blobPath } from "../../../core/bundle/manifest.ts";
import { httpSource } from "../../../core/bundle/sources/http.ts";
import { CordonError } from "../../../core/errors.ts";
import { createFetch, type Fetch } from "../../../core/http.ts";
import { blobsOf, makeSigner, openFrom, withPolicy } from "../../support/signed-bundles.ts";

const TOKEN = "a-secret-token";
const POINTER = `/policies/${BUNDLE_FILE}`;

interface PutRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
}

type Answer = (request: IncomingMessage, response: ServerResponse, body: Uint8Array) => void;

/** A web server that takes PUT with conditions (RFC 9110, section 13.1). */
class PutServer {
  readonly files = new Map<string, Uint8Array>();
  readonly requests: PutRequest[] = [];
  /** Stands before what it would answer by itself. */
  answer: Answer | undefined;
  /** What it calls the bytes; left out: a strong tag. */
  etag: (bytes: Uint8Array) => string | undefined = (bytes) =>
    `"${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}"`;
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of request) chunks.push(chunk as Buffer);
      } catch {
        return; // the client is gone
      }
      response.on("finish", () => this.#record(request, response.statusCode));
      const answer = this.answer ?? this.serve;
      answer(request, response, Buffer.concat(chunks));
    });
  }

  readonly serve: Answer = ({ method = "", url = "", headers }, response, body) => {
    const file = this.files.get(url);
    const etag = file && this.etag(file);
    const isHeld = (condition: string) => (condition === "*" ? file !== undefined : condition === etag);
    const [match, noneMatch] = [headers["if-match"], headers["if-none-match"]];
    const fails = (match !== undefined && !isHeld(match)) || (noneMatch !== undefined && isHeld(noneMatch));
    if (method === "PUT") {
      if (!fails) this.files.set(url, body);
      response.writeHead(fails ? 412 : file ? 204 : 201).end();
    } else if (!file) response.writeHead(404).end();
    else response.writeHead(fails ? 304 : 200, etag === undefined ? {} : { etag }).end(fails ? undefined : file);
  };

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #record({ method = "", url = "", headers }: IncomingMessage, status: number): void {
    this.requests.push({ method, path: url, status, headers });
  }
}

describe("publishing to a web server", () => {
  const signer = makeSigner();
  const send = createFetch(4);
  let server: PutServer;
  let origin: string;

  beforeEach(async () => {
    server = new PutServer();
    origin = await server.start();
  });

  afterEach(() => server.close());

  const source = () => httpSource(`${origin}/policies`, send, undefined);

  async function publish(bundle: SignedBundle, { token, fetch = send }: { token?: string; fetch?: Fetch } = {}) {
    const reports: string[] = [];
    const target = httpTarget(`${origin}/policies`, fetch, token);
    const published = await publishBundle(bundle, target, (name, what) => reports.push(`${name}: ${what}`));
    return { ...published, reports };
  }

  /** Why it was not published; no word of the token. */
  async function failure(attempt: Promise<unknown>): Promise<CordonError> {
    const error = await attempt.then(
      () => assert.fail("it was published"),
      (error: unknown) => error,
    );
    assert.ok(error instanceof CordonError, String(error));
    assert.ok(!`${error.message}${error.stack}`.includes(TOKEN));
    return error;
  }

  async function assertPublished({ digest }: SignedBundle): Promise<void> {
    assert.equal(await openFrom(source(), signer.publicKey), digest);
  }

  const puts = () => server.requests.filter(({ method }) => method === "PUT");
  const told = () => puts().map(({ path, status }) => `${path.replace("/policies/", "")} ${status}`);
  const put = (bundle: SignedBundle) => server.files.set(POINTER, bundle.bytes);

  it("sends the parts first and the signed file last, each on a condition", async () => {
    const first = await signer.sign(withPolicy("one"));
    const [policy = "", advisories = ""] = blobsOf(first);
    const { outcome, url, reports } = await publish(first);
    assert.deepEqual([outcome, url], ["published", `${origin}${POINTER}`]);
    assert.deepEqual(reports, ["policy: sent", "advisories.local: sent", `${BUNDLE_FILE}: sent`]);
    assert.deepEqual(told(), [`${blobPath(policy)} 201`, `${blobPath(advisories)} 201`, `${BUNDLE_FILE} 201`]);
    assert.ok(puts().every(({ headers }) => headers["if-none-match"] === "*"));
    assert.match(puts()[0]?.headers["cache-control"] ?? "", /immutable/);
    assert.equal(puts()[2]?.headers["cache-control"], "no-cache");
    await assertPublished(first);
    const etag = server.etag(first.bytes);
    const second = await signer.follow(first, withPolicy("two"));
    assert.deepEqual((await publish(second)).reports, [
      "policy: sent",
      "advisories.local: there already",
      `${BUNDLE_FILE}: sent`,
    ]);
    assert.deepEqual([puts().at(-1)?.headers["if-match"], puts().at(-1)?.headers["if-none-match"]], [etag, undefined]);
    await assertPublished(second);
  });

  it("shows the bundle before to the last moment", async () => {
    const first = await signer.sign(withPolicy("one"));
    await publish(first);
    const shown: string[] = [];
    server.answer = (request, response, body) => {
      if (request.method === "PUT") shown.push(server.etag(server.files.get(POINTER) ?? Buffer.alloc(0)) ?? "");
      server.serve(request, response, body);
    };
    await publish(await signer.follow(first, withPolicy("two")));
    assert.deepEqual(new Set(shown), new Set([server.etag(first.bytes)]));
  });

  it("sends nothing a second time", async () => {
    const bundle = await signer.sign();
    await publish(bundle);
    const before = puts().length;
    assert.deepEqual(await publish(bundle), { outcome: "already published", url: null, reports: [] });
    assert.equal(puts().length, before);
  });

  it("takes up an attempt that broke off", async () => {
    const bundle = await signer.sign();
    const [, advisories = ""] = blobsOf(bundle);
    server.answer = (request, response, body) => {
      if (request.url?.endsWith(advisories)) request.socket.destroy();
      else server.serve(request, response, body);
    };
    assert.equal((await failure(publish(bundle))).code, "UPSTREAM_UNREACHABLE");
    assert.equal(server.files.has(POINTER), false);
    server.answer = undefined;
    const { reports } = await publish(bundle);
    assert.deepEqual(reports, ["policy: there already", "advisories.local: sent", `${BUNDLE_FILE}: sent`]);
    await assertPublished(bundle);
  });

  const LEFT: readonly [name: string, left: (blob: Uint8Array) => Uint8Array][] = [
    ["cut short", (blob) => blob.subarray(0, blob.length / 2)],
    ["empty", () => Buffer.alloc(0)],
    ["of the right length and wrong", (blob) => blob.map((byte) => byte ^ 1)],
    ["larger", (blob) => Buffer.concat([blob, blob])],
  ];
  for (const [name, left] of LEFT) {
    it(`sends a part again that the server has ${name}, as an upload leaves it that was cut`, async () => {
      const bundle = await signer.sign();
      const [policy = ""] = blobsOf(bundle);
      server.files.set(`/policies/${blobPath(policy)}`, left(bundle.readBlob(policy)));
      const { reports } = await publish(bundle);
      assert.deepEqual(reports, ["policy: sent", "advisories.local: sent", `${BUNDLE_FILE}: sent`]);
      await assertPublished(bundle);
    });
  }

  it("has as long for a large part as for the whole upload: until it is sent, the server says nothing", async () => {
    const silences: number[] = [];
    const fetch: Fetch = (url, options) => {
      if (options.method === "PUT") silences.push(options.timeoutMs);
      return send(url, options);
    };
    await publish(await signer.sign(), { fetch });
    assert.ok(silences.length > 0 && silences.every((ms) => ms >= 10 * 60_000), String(silences));
  });

  describe("keeps the order of revisions", () => {
    it("refuses what goes back, forks or was overtaken, and sends nothing of it", async () => {
      const first = await signer.sign({ revision: 5 });
      await publish(first);
      const before = puts().length;
      const REFUSED = [
        ["BUNDLE_ROLLBACK", await signer.sign({ revision: 4 })],
        ["BUNDLE_FORK", await signer.sign({ revision: 5, ...withPolicy("fork") })],
        ["BUNDLE_OVERTAKEN", await signer.sign({ revision: 6 })],
        ["BUNDLE_CHANNEL", await signer.follow(first, { channel: "beta" })],
      ] as const;
      for (const [code, bundle] of REFUSED) assert.equal((await failure(publish(bundle))).code, code);
      assert.equal(puts().length, before);
      await assertPublished(first);
    });

    it("notices who published while the parts were sent", async () => {
      const first = await signer.sign();
      await publish(first);
      const [ours, theirs] = await Promise.all(
        ["ours", "theirs"].map((name) => signer.follow(first, withPolicy(name))),
      );
      assert.ok(ours && theirs);
      server.answer = (request, response, body) => {
        if (request.method === "PUT") put(theirs);
        server.serve(request, response, body);
      };
      assert.equal((await failure(publish(ours))).code, "BUNDLE_FORK");
      assert.deepEqual(server.files.get(POINTER), theirs.bytes);
    });

    for (const isFirst of [true, false]) {
      it(`notices who published in the last moment${isFirst ? ", and was the very first" : ""}`, async () => {
        const first = await signer.sign();
        if (!isFirst) await publish(first);
        const [ours, theirs] = await Promise.all(
          ["ours", "theirs"].map((name) =>
            isFirst ? signer.sign(withPolicy(name)) : signer.follow(first, withPolicy(name)),
          ),
        );
        assert.ok(ours && theirs);
        server.answer = (request, response, body) => {
          if (request.method === "PUT" && request.url === POINTER) put(theirs);
          server.serve(request, response, body);
        };
        const { code, message } = await failure(publish(ours));
        assert.equal(code, "BUNDLE_OVERTAKEN");
        assert.match(message, /somebody else published to http.* at the same time/);
        assert.deepEqual(server.files.get(POINTER), theirs.bytes);
      });
    }

    it("lets one of two publish a revision", async () => {
      let before = await signer.sign();
      await publish(before);
      for (let round = 0; round < 5; round++) {
        const pair = await Promise.all(["a", "b"].map((name) => signer.follow(before, withPolicy(`${name}${round}`))));
        const attempts = await Promise.allSettled(pair.map((bundle) => publish(bundle)));
        const won = attempts.flatMap(({ status }, index) => (status === "fulfilled" ? (pair[index] ?? []) : []));
        const lost = attempts.flatMap((attempt) => (attempt.status === "rejected" ? [attempt.reason.code] : []));
        assert.equal(won.length, 1);
        assert.match(String(lost), /^BUNDLE_(FORK|OVERTAKEN)$/);
        before = won[0] ?? before;
        await assertPublished(before);
      }
    });

    const TAGS: readonly [name: string, etag: (bytes: Uint8Array) => string | undefined][] = [
      ["a weak one", (bytes) => `W/"${bytes.length}"`],
      ["none", () => undefined],
      ["one that is not quoted", (bytes) => `${bytes.length}`],
    ];
    for (const [name, etag] of TAGS) {
      it(`refuses a server whose ETag is ${name}: a fork could not be noticed`, async () => {
        const first = await signer.sign();
        put(first);
        server.etag = etag;
        const { code, message } = await failure(publish(await signer.follow(first)));
        assert.deepEqual([code, /no strong ETag/.test(message)], ["UPSTREAM_STATUS", true]);
        assert.deepEqual(server.files.get(POINTER), first.bytes);
      });
    }

    it("does not replace what it cannot read", async () => {
      server.files.set(POINTER, Buffer.from("<html>Welcome</html>"));
      assert.equal((await failure(publish(await signer.sign()))).code, "BUNDLE_MALFORMED");
      assert.deepEqual(puts(), []);
    });
  });

  describe("shows its token", () => {
    it("with every request, and to nobody else", async () => {
      const bundle = await signer.sign();
      await publish(bundle, { token: TOKEN });
      assert.ok(server.requests.every(({ headers }) => headers.authorization === `Bearer ${TOKEN}`));
      const other = new PutServer();
      const elsewhere = await other.start();
      server.answer = ({ method, url }, response) =>
        method === "PUT"
          ? response.writeHead(307, { location: `${elsewhere}${url}` }).end()
          : response.writeHead(404).end();
      const { code, message } = await failure(publish(bundle, { token: TOKEN }));
      await other.close();
      assert.deepEqual([code, /what was sent is not sent again/.test(message)], ["UPSTREAM_STATUS", true]);
      assert.deepEqual(other.requests, []);
    });

    it("not in the clear, nor in an address", () => {
      for (const [text, token] of [
        ["http://files.example/policies", TOKEN],
        [`https://user:${TOKEN}@files.example/policies`, undefined],
      ] as const)
        assert.throws(
          () => httpTarget(text, send, token),
          (error: CordonError) => error.code === "USAGE" && !error.message.includes(TOKEN),
        );
    });
  });

  const REFUSALS: readonly [status: number, code: string][] = [
    [401, "SOURCE_DENIED"],
    [403, "SOURCE_DENIED"],
    [405, "UPSTREAM_STATUS"],
    [500, "UPSTREAM_STATUS"],
    [507, "UPSTREAM_STATUS"],
  ];
  for (const [status, code] of REFUSALS) {
    it(`says that the server answered ${status}, to a part or to the signed file`, async () => {
      const bundle = await signer.sign();
      for (const path of [`/policies/${blobPath(blobsOf(bundle)[0] ?? "")}`, POINTER]) {
        server.answer = (request, response, body) => {
          if (request.method === "PUT" && request.url === path) response.writeHead(status).end(`no, ${TOKEN}`);
          else server.serve(request, response, body);
        };
        const error = await failure(publish(bundle, { token: TOKEN }));
        assert.equal(error.code, code);
        assert.match(error.message, new RegExp(`${path.slice(1)} answered ${status}`));
        assert.equal(server.files.has(POINTER), false);
      }
    });

    it(`says that the server answered ${status} when it was asked what is published`, async () => {
      server.answer = (_request, response) => response.writeHead(status).end();
      assert.equal((await failure(publish(await signer.sign()))).code, code);
      assert.deepEqual(puts(), []);
    });
  }
});
