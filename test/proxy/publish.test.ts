import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { sha256 } from "../../core/digest.ts";
import type { FetchedDocument } from "../../core/upstream.ts";
import { openDiskCache } from "../../proxy/disk-cache.ts";
import { Documents } from "../../proxy/documents.ts";
import { packumentBytes } from "../support/packument.ts";
import { MALWARE_POLICY } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, NOW, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type AnswerWrite, type PublishRegistry, startPublishRegistry } from "../support/publish-registry.ts";
import { type Answered, send } from "../support/send.ts";
import { until } from "../support/until.ts";
import { fileUpstream } from "../support/upstream.ts";

const [PUBLIC, OWN, OPERATOR] = ["the-public-token", "the-own-token", "the-operators-token"];
const OTP = "123456";
const bearer = (token: string | undefined) => ({ authorization: `Bearer ${token}` });
const published = () => "2020-01-01T00:00:00.000Z";

/** What clients send; the file's bytes are nobody's matter here. */
function release(name: string, version = "1.0.0"): string {
  const data = Buffer.from(`file of ${name}@${version}`).toString("base64");
  const dist = { shasum: "a".repeat(40), tarball: "http://x/x.tgz" };
  return JSON.stringify({
    _id: name,
    name,
    "dist-tags": { latest: version },
    versions: { [version]: { name, version, dist } },
    _attachments: { [`${name}-${version}.tgz`]: { content_type: "application/octet-stream", data, length: 1 } },
  });
}

const errorOf = ({ text }: Answered): string => (JSON.parse(text) as { error: string }).error;

describe("publishing through the proxy", () => {
  let open: PublishRegistry;
  let own: PublishRegistry;
  let elsewhere: PublishRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let shut: TestProxy;

  before(async () => {
    [open, own, elsewhere] = (await Promise.all(
      [PUBLIC, OWN, "x"].map((token) => startPublishRegistry({ token: token ?? "", published })),
    )) as [PublishRegistry, PublishRegistry, PublishRegistry];
    folder = makeBundleFolder();
    await folder.sign({ source: { policies: [MALWARE_POLICY] } });
    const registry = { registry: own.url, token: OPERATOR as string };
    const privateRegistries = [
      { ecosystem: "npm" as const, packages: ["@acme/*", "internal-tool"], ...registry, publish: true },
      { ecosystem: "npm" as const, packages: ["@closed/*"], ...registry },
    ];
    proxy = await startTestProxy(folder, open, { publish: ["npm"], privateRegistries });
    shut = await startTestProxy(folder, open, { state: `${folder.path}/shut` });
  });

  beforeEach(() => {
    for (const { writes, reads, answerWrites } of [open, own, elsewhere]) {
      writes.length = reads.length = 0;
      answerWrites(undefined);
    }
  });

  after(async () => {
    await proxy.close();
    await shut.close();
    for (const registry of [open, own, elsewhere]) await registry.close();
    folder.remove();
  });

  const put = (path: string, headers: Record<string, string> = bearer(PUBLIC), body = "{}") =>
    send(`${proxy.npm}${path}`, { headers, body });
  const versionsOf = async (name: string): Promise<string[]> =>
    Object.keys(JSON.parse((await send(`${proxy.npm}/${name}`, { method: "GET" })).text).versions);
  const assertNobodyAsked = () =>
    assert.deepEqual(
      [open, own, elsewhere].map(({ writes, reads }) => writes.length + reads.length),
      [0, 0, 0],
    );

  /** One write to the public registry that is answered so. */
  async function answered(answer: AnswerWrite, method = "PUT"): Promise<Answered> {
    open.answerWrites(answer);
    const path = method === "PUT" ? "/plain" : "/-/package/plain/dist-tags/latest";
    return send(`${proxy.npm}${path}`, { method, headers: bearer(PUBLIC), body: method === "PUT" ? "{}" : "" });
  }

  describe("where the operator has not allowed it", () => {
    for (const [method, path] of [
      ["PUT", "/plain"],
      ["PUT", "/-/package/plain/dist-tags/next"],
      ["DELETE", "/-/package/plain/dist-tags/next"],
    ] as const) {
      it(`is 405, and tells where to publish and how to allow it: ${method} ${path}`, async () => {
        const answer = await send(`${shut.npm}${path}`, { method, headers: bearer(PUBLIC), body: release("plain") });
        assert.equal(answer.status, 405);
        assert.equal(answer.headers.allow, "GET, HEAD");
        assert.ok(errorOf(answer).includes(`publish it at ${open.url}`), errorOf(answer));
        assert.match(errorOf(answer), /allow it \(`publish` in cordon\.yaml\)/);
        assertNobodyAsked();
      });
    }

    it("is 405 for a private registry, whatever is allowed for others", async () => {
      const answer = await put("/@closed%2fui", bearer(OWN), release("@closed/ui"));
      assert.equal(answer.status, 405);
      assert.ok(errorOf(answer).includes(`publish it at ${own.url}`), errorOf(answer));
      assertNobodyAsked();
    });

    it("is 405 for the public registry, where it is allowed for a private one alone", async () => {
      const options = {
        state: `${folder.path}/own`,
        privateRegistries: [{ ecosystem: "npm" as const, packages: ["@acme/*"], registry: own.url, publish: true }],
      };
      const other = await startTestProxy(folder, open, options);
      assert.equal((await send(`${other.npm}/plain`, { headers: bearer(PUBLIC) })).status, 405);
      const answer = await send(`${other.npm}/@acme%2fone`, { headers: bearer(OWN), body: release("@acme/one") });
      assert.equal(answer.status, 200);
      assert.equal(open.writes.length, 0);
      await other.close();
    });
  });

  it("is 503 without a verified bundle", async () => {
    const empty = makeBundleFolder();
    const other = await startTestProxy(empty, open, { publish: ["npm"] });
    assert.equal((await send(`${other.npm}/plain`, { headers: bearer(PUBLIC) })).status, 503);
    assertNobodyAsked();
    await other.close();
    empty.remove();
  });

  describe("what the registry gets", () => {
    it("is the client's body and who it is, and nothing else of its headers", async () => {
      const body = release("plain");
      const given = {
        ...bearer(PUBLIC),
        "npm-otp": OTP,
        "npm-auth-type": "web",
        "npm-command": "publish",
        "npm-session": "0123456789abcdef",
        "npm-scope": "@acme",
        "user-agent": "npm/11.19.1",
        "content-type": "application/x-of-the-client",
        cookie: "a=b",
        referer: "publish",
        "x-forwarded-for": "10.0.0.1",
        "proxy-authorization": "Basic eA==",
      };
      assert.equal((await put("/plain?write=true&x=y", given, body)).status, 200);
      const [write, ...more] = open.writes;
      assert.deepEqual(more, []);
      assert.deepEqual([write?.method, write?.path, write?.end], ["PUT", "/plain", "complete"]);
      assert.equal(write?.body.toString(), body);
      assert.deepEqual(write?.rawHeaders, [
        ...["host", open.url.host, "connection", "keep-alive", "user-agent", "cordon", "accept", "application/json"],
        ...["authorization", `Bearer ${PUBLIC}`, "npm-otp", OTP, "npm-auth-type", "web", "npm-command", "publish"],
        ...["content-type", "application/json", "content-length", String(body.length)],
      ]);
    });

    for (const [path, expected] of [
      ["/@free/ui", "/@free%2fui"],
      ["/@free%2fui", "/@free%2fui"],
      ["/@free%2Fui", "/@free%2fui"],
      ["/%40free%2fui", "/@free%2fui"],
      ["/%40free/ui", "/@free%2fui"],
      ["/pl%61in", "/plain"],
      ["/plain/", "/plain"],
      ["/-/package/@free%2Fui/dist-tags/next", "/-/package/@free%2fui/dist-tags/next"],
      ["/-/package/@free/ui/dist-tags/n%65xt", "/-/package/@free%2fui/dist-tags/next"],
      ["/-/package/plain/dist-tags/v1+x", "/-/package/plain/dist-tags/v1%2Bx"],
    ] as const) {
      it(`is one path, however the client writes it: ${path}`, async () => {
        await put(path);
        assert.deepEqual(
          open.writes.map((write) => write.path),
          [expected],
        );
      });
    }

    it("is no body where a tag is taken away", async () => {
      const headers = { ...bearer(PUBLIC), "content-type": "application/json" };
      await send(`${proxy.npm}/-/package/plain/dist-tags/next`, { method: "DELETE", headers, body: "{}" });
      const [write] = open.writes;
      assert.deepEqual(
        [write?.method, write?.path, write?.body.length],
        ["DELETE", "/-/package/plain/dist-tags/next", 0],
      );
      assert.deepEqual([write?.headers["content-length"], write?.headers["content-type"]], [undefined, undefined]);
    });
  });

  describe("a name", () => {
    for (const [name, path] of [
      ["@acme/ui", "/@acme%2fui"],
      ["@ACME/ui", "/@ACME/ui"],
      ["internal-tool", "/internal-tool"],
      ["@acme/ui", "/-/package/@acme%2fui/dist-tags/next"],
    ] as const) {
      it(`that a private registry owns goes there, and the public one does not hear of it: ${path}`, async () => {
        await put(path, bearer(OWN), release(name));
        assert.deepEqual(
          own.writes.map(({ headers }) => headers.authorization),
          [`Bearer ${OWN}`],
        );
        assert.deepEqual([open.writes, open.reads], [[], []]);
      });
    }

    it("that nobody else owns goes to the public registry", async () => {
      await put("/@acme-like%2fui", bearer(PUBLIC), release("@acme-like/ui"));
      assert.deepEqual([open.writes.length, own.writes.length], [1, 0]);
    });
  });

  describe("credentials", () => {
    it("must be the client's own: the operator's token publishes nothing", async () => {
      for (const path of ["/plain", "/@acme%2fui"]) {
        const answer = await put(path, {}, release("plain"));
        assert.equal(answer.status, 401);
        assert.equal(answer.headers["www-authenticate"], "Bearer");
        assert.match(errorOf(answer), /needs your own token for http/);
        assert.equal(answer.headers["npm-notice"], errorOf(answer));
      }
      assertNobodyAsked();
    });

    it("are not passed on by anything but a write", async () => {
      await put("/@acme%2fread", bearer(OWN), release("@acme/read"));
      await put("/read", bearer(PUBLIC), release("read"));
      for (const path of ["/read", "/@acme%2fread", "/-/package/read/dist-tags"])
        assert.equal((await send(`${proxy.npm}${path}`, { method: "GET", headers: bearer("somebody's") })).status, 200);
      assert.deepEqual(
        open.reads.map(({ authorization }) => authorization),
        [undefined],
      );
      assert.deepEqual(
        own.reads.map(({ authorization }) => authorization),
        [`Bearer ${OPERATOR}`],
      );
    });

    it("stand in no log, status or decision", async () => {
      await put("/plain", { authorization: "Bearer wrong-secret", "npm-otp": OTP }, release("plain", "3.0.0"));
      await answered((_request, response) => response.writeHead(500).end());
      const status = await (await fetch(`${proxy.publicUrl}/-/status`)).text();
      for (const text of [status, JSON.stringify(proxy.logged), JSON.stringify(await proxy.decisions())])
        assert.doesNotMatch(text, new RegExp(`wrong-secret|${[PUBLIC, OWN, OPERATOR, OTP].join("|")}`));
    });

    for (const method of ["PUT", "DELETE"]) {
      for (const status of [301, 302, 303, 307, 308]) {
        it(`do not follow a redirect, to wherever: ${method}, ${status}`, async () => {
          for (const location of [`${elsewhere.url}plain`, "/elsewhere"]) {
            const answer = await answered(
              (_request, response) => response.writeHead(status, { location }).end(),
              method,
            );
            assert.equal(answer.status, 502);
          }
          assert.deepEqual([open.writes.length, open.reads.length], [2, 0]);
          assert.deepEqual([elsewhere.writes, elsewhere.reads], [[], []]);
        });
      }
    }
  });

  describe("the registry's answer", () => {
    it("asks for a one-time password, and gets it with the next try", async () => {
      const challenge = { authUrl: "https://registry.example/login", doneUrl: "https://registry.example/done" };
      open.answerWrites((request, response) =>
        request.headers["npm-otp"] === OTP
          ? response.end("{}")
          : response
              .writeHead(401, { "www-authenticate": "OTP", "npm-notice": "Open your authenticator" })
              .end(JSON.stringify(challenge)),
      );
      const first = await put("/plain");
      assert.equal(first.status, 401);
      assert.equal(first.headers["www-authenticate"], "OTP");
      assert.equal(first.headers["npm-notice"], "Open your authenticator");
      assert.deepEqual(JSON.parse(first.text), challenge);
      assert.equal((await put("/plain", { ...bearer(PUBLIC), "npm-otp": OTP })).status, 200);
    });

    for (const status of [200, 201, 202, 400, 401, 402, 403, 404, 409, 422, 429]) {
      it(`reaches the client as it is: ${status}`, async () => {
        const body = JSON.stringify({ error: "You cannot publish over the previously published versions: 1.0.0." });
        const answer = await answered((_request, response) =>
          response.writeHead(status, { "set-cookie": "a=b", etag: "x" }).end(body),
        );
        assert.deepEqual([answer.status, answer.text], [status, body]);
        assert.equal(answer.headers["content-type"], "application/json; charset=utf-8");
        assert.equal(answer.headers["cache-control"], "no-store");
        assert.equal(answer.headers["x-content-type-options"], "nosniff");
        for (const name of ["set-cookie", "etag", "npm-notice", "www-authenticate"])
          assert.equal(answer.headers[name], undefined);
      });
    }

    it("has headers of one line, in ASCII, and no longer than a line may be", async () => {
      const long = `\u00e9${"x".repeat(3000)}`;
      const answer = await answered((_request, response) =>
        response.writeHead(401, { "www-authenticate": ["OTP", long], "npm-notice": long }).end("{}"),
      );
      assert.match(String(answer.headers["www-authenticate"]), /^OTP, \?x{494}$/);
      assert.match(String(answer.headers["npm-notice"]), /^\?x{999}$/);
    });

    for (const status of [500, 502, 503, 504, 304]) {
      it(`is 502 where the registry is at fault: ${status}`, async () => {
        const answer = await answered((_request, response) => response.writeHead(status).end('{"at":"line 1"}'));
        assert.equal(answer.status, 502);
        assert.match(errorOf(answer), new RegExp(`/plain answered ${status}\\.`));
        assert.doesNotMatch(answer.text, /line 1/);
      });
    }

    const PAGE = "<html>sign in to the network</html>";
    for (const [name, status, body, expected, text] of [
      ["a page that speaks of success", 200, PAGE, 502, /is no JSON/],
      ["a page that refuses", 403, PAGE, 403, /^cordon: http\S+\/plain answered 403$/],
      ["a page of a server in front", 413, PAGE, 413, /answered 413$/],
      ["nothing, and success", 201, "", 201, undefined],
      ["no content", 204, "", 200, undefined],
      ["more than any answer", 200, JSON.stringify("x".repeat(2 << 20)), 502, /larger than/],
    ] as const) {
      it(`is JSON or none: ${name}`, async () => {
        const answer = await answered((_request, response) => response.writeHead(status).end(body));
        assert.equal(answer.status, expected);
        assert.equal(answer.headers["content-type"], "application/json; charset=utf-8");
        if (text) assert.match(errorOf(answer), text);
        else assert.deepEqual(JSON.parse(answer.text), {});
      });
    }
  });

  it("is on record, each write with one line: what, who, and what came of it", async () => {
    const count = proxy.logged.length;
    await put("/logged", bearer(PUBLIC), release("logged"));
    await put("/logged", bearer(PUBLIC), release("logged"));
    await put("/-/package/logged/dist-tags/next", bearer(PUBLIC), '"1.0.0"');
    await answered((_request, response) => response.socket?.destroy());
    const lines = proxy.logged.slice(count).filter(({ message }) => message === "published through");
    const line = { level: "info", message: "published through", package: "logged", client: "127.0.0.1" };
    assert.deepEqual(lines, [
      { ...line, request: "PUT /logged", status: 200 },
      { ...line, request: "PUT /logged", status: 403 },
      { ...line, request: "PUT /-/package/logged/dist-tags/next", status: 200 },
      { ...line, package: "plain", request: "PUT /plain", status: null, failure: "UPSTREAM_UNREACHABLE" },
    ]);
  });

  describe("what the proxy knew of the package", () => {
    it("is forgotten once something was written, a tag as well, and judged anew", async () => {
      await put("/grows", bearer(PUBLIC), release("grows", "1.0.0"));
      assert.deepEqual(await versionsOf("grows"), ["1.0.0"]);
      await put("/grows", bearer(PUBLIC), release("grows", "1.1.0"));
      assert.deepEqual(await versionsOf("grows"), ["1.0.0", "1.1.0"]);
      await put("/-/package/grows/dist-tags/next", bearer(PUBLIC), '"1.0.0"');
      const tags = await send(`${proxy.npm}/-/package/grows/dist-tags`, { method: "GET" });
      assert.deepEqual(JSON.parse(tags.text), { latest: "1.1.0", next: "1.0.0" });
    });

    it("stays where nothing was written", async () => {
      await put("/stays", bearer(PUBLIC), release("stays"));
      await versionsOf("stays");
      const reads = open.reads.length;
      assert.equal((await put("/stays", bearer("wrong"), release("stays", "1.1.0"))).status, 401);
      assert.deepEqual(await versionsOf("stays"), ["1.0.0"]);
      assert.equal(open.reads.length, reads);
    });

    it("is not what was asked for before the write, where the answer comes after it", async () => {
      const answers: ((version: string) => void)[] = [];
      const document = (name: string) =>
        new Promise<FetchedDocument>((resolve) =>
          answers.push((version) => {
            const bytes = packumentBytes({ name, releases: [{ version }] });
            resolve({ bytes, digest: sha256(bytes), etag: undefined });
          }),
        );
      const upstream = { ...fileUpstream(() => Promise.reject(new Error("no file is asked for"))), document };
      const disk = await openDiskCache(join(folder.path, "cache"), 1_000_000, () => {});
      const documents = new Documents(
        upstream,
        disk,
        () => NOW,
        () => {},
      );
      const asked = (count: number) => until(() => answers.length === count);
      const versions = async () => [...(await documents.read("late")).listing.releases.keys()];
      const before = versions();
      await asked(1);
      documents.forget("late");
      const after = versions();
      await asked(2);
      answers[1]?.("2.0.0");
      answers[0]?.("1.0.0");
      assert.deepEqual([await before, await after], [["1.0.0"], ["2.0.0"]]);
      const again = versions();
      await asked(3);
      answers[2]?.("2.0.0");
      assert.deepEqual(await again, ["2.0.0"]);
    });
  });

  describe("what is not publishing", () => {
    for (const [method, path, status] of [
      ["PUT", "/plain/-rev/1-abc", 405],
      ["DELETE", "/plain/-rev/1-abc", 405],
      ["DELETE", "/plain/-/plain-1.0.0.tgz/-rev/1-abc", 405],
      ["DELETE", "/plain", 405],
      ["POST", "/plain", 405],
      ["PATCH", "/plain", 405],
      ["PUT", "/plain/1.0.0", 405],
      ["PUT", "/plain/-/plain-1.0.0.tgz", 405],
      ["PUT", "/-/user/org.couchdb.user:me", 405],
      ["DELETE", "/-/user/token/abc", 405],
      ["POST", "/-/npm/v1/tokens", 405],
      ["POST", "/-/v1/login", 405],
      ["POST", "/-/stage/package/plain", 405],
      ["POST", "/-/package/plain/access", 405],
      ["PUT", "/-/package/plain/dist-tags", 405],
      ["POST", "/-/package/plain/dist-tags/next", 405],
      ["PUT", "/-/package/plain/dist-tags/a%2fb", 405],
      ["PUT", "/-/package/plain/dist-tags/..", 405],
      ["PUT", "/-/package/plain/dist-tags/%2e%2e", 405],
      ["PUT", "/-/package/plain/dist-tags/next/x", 405],
      ["PUT", "/-/package/dist-tags/next", 405],
      ["PUT", "/-/package/..%2fplain/dist-tags/next", 405],
      ["PUT", "/-", 405],
      ["PUT", "/-/package", 405],
      ["PUT", "/", 405],
      ["PUT", "/@acme", 405],
      ["PUT", "/@acme%2f..%2fplain", 405],
      ["PUT", "/@acme/../plain", 405],
      ["PUT", "/plain/../@acme%2fui", 405],
      ["PUT", "/..%2fplain", 405],
      ["PUT", "/plain%3fx=y", 405],
      ["PUT", "/plain%23x", 405],
      ["PUT", "/plain%0d%0ax", 405],
      ["PUT", "/%00", 405],
      ["PUT", "/%zz", 405],
      ["PUT", "/.plain", 405],
      ["PUT", "//plain", 405],
      ["PUT", `/${"a".repeat(215)}`, 405],
      ["GET", "/-/whoami", 404],
      ["GET", "/-/npm/v1/tokens", 404],
      ["GET", "/-/package/plain/access", 404],
    ] as const) {
      it(`is ${status}, and no registry is asked: ${method} ${path.slice(0, 60)}`, async () => {
        const answer = await send(`${proxy.npm}${path}`, { method, headers: bearer(PUBLIC) });
        assert.equal(answer.status, status);
        assert.match(errorOf(answer), /^cordon: this registry /);
        if (status === 405) assert.match(errorOf(answer), /at the upstream registry$/);
        assertNobodyAsked();
      });
    }

    for (const method of ["GET", "HEAD"]) {
      for (const path of ["/plain?write=true", "/@acme%2fui?write=true", "/plain?x=y&write=true", "/plain?write"]) {
        it(`is a document to be written back, of which denied releases were taken: ${method} ${path}`, async () => {
          const answer = await send(`${proxy.npm}${path}`, { method });
          assert.equal(answer.status, 405);
          if (method === "GET") assert.match(errorOf(answer), /not for writing back; .* at the upstream registry$/);
          assertNobodyAsked();
        });
      }
    }
  });
});
