import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { CordonError, type FailureCode } from "../../core/errors.ts";
import { createFetch, describe as describeUrl, type FetchOptions, fetchBytes, originOf } from "../../core/http.ts";
import { type Answer, type FixtureRegistry, startRegistry } from "../support/registry.ts";

const OPTIONS: FetchOptions = { maxBytes: 1000, timeoutMs: 5000 };
const QUICK: FetchOptions = { ...OPTIONS, timeoutMs: 80 };

describe("createFetch()", () => {
  const fetch = createFetch(8);
  let server: FixtureRegistry;
  let asked = 0;

  before(async () => {
    server = await startRegistry();
  });

  after(async () => {
    await server.close();
  });

  /** A path of its own that answers so. */
  function urlOf(answer: Answer): URL {
    const path = `/path-${++asked}`;
    server.answer(path, answer);
    return new URL(path, server.url);
  }

  /** The path of a redirect to `location`. */
  function redirectTo(location: string, status = 302): URL {
    return urlOf((_request, response) => response.writeHead(status, { location }).end());
  }

  async function failure(url: URL, options = OPTIONS): Promise<CordonError> {
    try {
      await fetchBytes(fetch, url, options);
    } catch (error) {
      assert.ok(error instanceof CordonError, `${error} is no CordonError`);
      return error;
    }
    return assert.fail(`${url} was fetched`);
  }

  it("gives status, headers and body, whatever the status", async () => {
    const url = urlOf((request, response) =>
      response
        .writeHead(404, { "x-agent": request.headers["user-agent"], "x-asked": request.headers.accept })
        .end("no"),
    );
    const answer = await fetchBytes(fetch, url, { ...OPTIONS, headers: { accept: "text/x" } });
    assert.deepEqual(
      [answer.status, answer.headers["x-agent"], answer.headers["x-asked"], Buffer.from(answer.body).toString()],
      [404, "cordon", "text/x", "no"],
    );
  });

  describe("bounds the size", () => {
    it("of a body that announces more, before any of it is read", async () => {
      let closed: Promise<unknown> | undefined;
      const url = urlOf((_request, response) => {
        closed = once(response, "close");
        response.writeHead(200, { "content-length": "1001" }).write("x");
      });
      await assert.rejects(fetch(url, OPTIONS), {
        code: "UPSTREAM_TOO_LARGE",
        message: `${url} is larger than the 1000 bytes allowed`,
      });
      await closed;
    });

    it("of a chunked body that announces nothing, and lets go of the connection", async () => {
      let closed: Promise<unknown> | undefined;
      const url = urlOf((_request, response) => {
        closed = once(response, "close");
        response.write("x".repeat(900));
        setTimeout(() => response.write("x".repeat(101)), 10);
      });
      assert.equal((await failure(url)).code, "UPSTREAM_TOO_LARGE");
      await closed;
    });

    for (const [name, headers] of [
      ["announced", { "content-length": "1000" }],
      ["chunked", {}],
    ] as const) {
      it(`to as many bytes as allowed, the last one included: ${name}`, async () => {
        const url = urlOf((_request, response) => response.writeHead(200, headers).end("x".repeat(1000)));
        assert.equal((await fetchBytes(fetch, url, OPTIONS)).body.length, 1000);
      });
    }
  });

  const FAILING: readonly [name: string, code: FailureCode, answer: Answer, options?: FetchOptions][] = [
    ["the headers do not come in time", "UPSTREAM_TIMEOUT", () => {}, QUICK],
    ["the body falls silent", "UPSTREAM_TIMEOUT", (_request, response) => void response.write("x"), QUICK],
    [
      "the body ends before its announced end",
      "UPSTREAM_UNREACHABLE",
      (_request, response) => void response.writeHead(200, { "content-length": "10" }).write("x", () => cut(response)),
    ],
    ["the connection is closed without an answer", "UPSTREAM_UNREACHABLE", (_request, response) => cut(response)],
    [
      "a chunked body is cut",
      "UPSTREAM_UNREACHABLE",
      (_request, response) => void response.write("x", () => cut(response)),
    ],
    ["the answer is too large", "UPSTREAM_TOO_LARGE", (_request, response) => void response.end("x".repeat(2000))],
    [
      "the answer goes to another origin",
      "UPSTREAM_STATUS",
      (_request, response) =>
        void response.writeHead(302, { location: "http://user:secret@127.0.0.9:1/x?token=secret" }).end(),
    ],
  ];
  // The client's timers tick once a second, so that those who wait do it together.
  describe("fails, naming neither credentials nor query,", { concurrency: true }, () => {
    for (const [name, code, answer, options = OPTIONS] of FAILING) {
      it(`with ${code} when ${name}`, async () => {
        const { pathname } = urlOf(answer);
        server.answer(`${pathname}?token=secret`, answer);
        const { host } = server.url;
        const error = await failure(new URL(`http://user:secret@${host}${pathname}?token=secret`), options);
        assert.equal(error.code, code);
        assert.ok(error.message.includes(`http://${host}${pathname}`), error.message);
        assert.doesNotMatch(error.message, /secret|token|user/);
      });
    }
  });

  it("fails with UPSTREAM_UNREACHABLE when nobody listens, and says so", async () => {
    const gone = await startRegistry();
    await gone.close();
    const error = await failure(new URL(`http://user:secret@${gone.url.host}/x?token=secret`));
    assert.equal(error.code, "UPSTREAM_UNREACHABLE");
    assert.match(error.message, /^http:\/\/127\.0\.0\.1:\d+\/x cannot be reached: .*ECONNREFUSED/);
    assert.doesNotMatch(error.message, /secret|token|user/);
  });

  it("ends when its signal aborts, before the headers and in the body", async () => {
    for (const answer of [() => {}, (_request: unknown, response: ServerResponse) => response.write("x")]) {
      const signal = AbortSignal.timeout(50);
      assert.equal((await failure(urlOf(answer as Answer), { ...OPTIONS, signal })).code, "UPSTREAM_TIMEOUT");
    }
    const aborted = AbortSignal.abort();
    assert.equal(
      (
        await failure(
          urlOf(() => {}),
          { ...OPTIONS, signal: aborted },
        )
      ).code,
      "UPSTREAM_UNREACHABLE",
    );
  });

  describe("follows redirects", () => {
    const done = () => urlOf((_request, response) => response.end("done"));
    const chain = (length: number): URL => {
      let url = done();
      for (let index = 0; index < length; index++) url = redirectTo(url.pathname);
      return url;
    };

    for (const length of [1, 2, 3]) {
      it(`within the origin, ${length} in a row`, async () => {
        const { status, body } = await fetchBytes(fetch, chain(length), OPTIONS);
        assert.deepEqual([status, Buffer.from(body).toString()], [200, "done"]);
      });
    }

    it("that are written as a whole URL, and with every status that means one", async () => {
      for (const status of [301, 302, 303, 307, 308]) {
        const { body } = await fetchBytes(fetch, redirectTo(done().href, status), OPTIONS);
        assert.equal(Buffer.from(body).toString(), "done", String(status));
      }
    });

    it("no further than three", async () => {
      const error = await failure(chain(4));
      assert.equal(error.code, "UPSTREAM_STATUS");
      assert.match(error.message, /redirects more than 3 times$/);
    });

    it("not for ever in a circle", async () => {
      const before = server.requests.length;
      server.answer("/circle", (_request, response) => response.writeHead(302, { location: "/circle" }).end());
      assert.equal((await failure(new URL("/circle", server.url))).code, "UPSTREAM_STATUS");
      assert.equal(server.requests.length - before, 4);
    });

    it("not where there is no place named, or where the answer is from a cache", async () => {
      assert.equal(
        (
          await fetch(
            urlOf((_, response) => response.writeHead(302).end()),
            OPTIONS,
          )
        ).status,
        302,
      );
      assert.equal((await fetch(redirectTo("/elsewhere", 304), OPTIONS)).status, 304);
    });

    it("to an origin that is named, without the token, and to no other", async () => {
      const there = `http://localhost:${server.url.port}`;
      const seen: (string | undefined)[] = [];
      server.answer("/there", (request, response) => {
        seen.push(request.headers.authorization);
        response.end("there");
      });
      const options = { ...OPTIONS, headers: { authorization: "Bearer x" } };
      const { body } = await fetchBytes(fetch, redirectTo(`${there}/there`), { ...options, leavesOrigin: [there] });
      assert.deepEqual([Buffer.from(body).toString(), seen], ["there", [undefined]]);
      const elsewhere = { ...options, leavesOrigin: ["http://files.example"] };
      await assert.rejects(fetchBytes(fetch, redirectTo(`${there}/there`), elsewhere), { code: "UPSTREAM_STATUS" });
    });

    it("not to another origin: another host, another port, another protocol", async () => {
      const { port } = server.url;
      for (const location of [
        `http://127.0.0.2:${port}/x`,
        `http://localhost:${port}/x`,
        `http://127.0.0.1:${Number(port) - 1}/x`,
        `https://127.0.0.1:${port}/x`,
        `//127.0.0.2:${port}/x`,
        "file:///etc/hostname",
        "data:,x",
      ]) {
        const error = await failure(redirectTo(location));
        assert.equal(error.code, "UPSTREAM_STATUS", location);
        assert.match(error.message, /redirects to another origin \([^)]+\), which is not followed$/, location);
      }
    });

    it("not to what is no URL", async () => {
      assert.match((await failure(redirectTo("http://["))).message, /redirects to what is no URL$/);
    });
  });

  it("leaves no failure unhandled when nobody reads the body", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    process.on("uncaughtException", note);
    try {
      const silent = await fetch(
        urlOf((_request, response) => void response.write("x")),
        QUICK,
      );
      const cutShort = await fetch(
        urlOf((_request, response) => void response.write("x", () => setTimeout(() => cut(response), 5))),
        OPTIONS,
      );
      const tooLarge = await fetch(
        urlOf((_request, response) => void response.write("x".repeat(2000))),
        OPTIONS,
      );
      const abandoned = await fetch(
        urlOf((_request, response) => void response.write("x")),
        OPTIONS,
      );
      abandoned.body.destroy();
      await Promise.all([silent, cutShort, tooLarge, abandoned].map(({ body }) => closed(body)));
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.deepEqual(unhandled, []);
      assert.ok(silent.body.errored instanceof CordonError);
    } finally {
      process.off("unhandledRejection", note);
      process.off("uncaughtException", note);
    }
  });
});

describe("describe()", () => {
  it("shows where a URL leads, without credentials, query and fragment", () => {
    assert.equal(
      describeUrl(new URL("https://user:secret@registry.example:8443/a/b?token=secret#x")),
      "https://registry.example:8443/a/b",
    );
  });

  it("shows as much of a stranger's URL as anybody reads", () => {
    assert.equal(describeUrl(new URL(`https://registry.example/${"a".repeat(100_000)}`)).length, 200);
    assert.equal(originOf(new URL(`https://${"a".repeat(100_000)}/`)).length, 200);
    assert.equal(originOf(new URL("javascript:alert(1)")), "javascript:");
  });
});

/** Does not listen for errors: that nobody does is the point. */
function closed(body: Readable): Promise<void> {
  return new Promise((resolve) => (body.closed ? resolve() : body.once("close", () => resolve())));
}

/** Ends the connection in the middle of the answer. */
function cut(response: ServerResponse): void {
  response.socket?.destroy();
}
