import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, it } from "node:test";
import { CordonError, type FailureCode } from "../../core/errors.ts";
import { UpstreamHealth, type UpstreamStatus } from "../../proxy/upstream-health.ts";
import { packument } from "../support/packument.ts";
import { type BundleFolder, makeBundleFolder, NOW, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";

const MINUTE_MS = 60_000;
const TOKEN = "the-private-registry's-token";
const names = ["plain", "other", "third"];
const fixture = (name: string) => ({ name, releases: [{ version: "1.0.0" }] });

describe("what is known of upstreams", () => {
  let open: FixtureRegistry;
  let own: FixtureRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let clock: Date;
  let isAway: boolean;

  beforeEach(async () => {
    open = await startRegistry();
    own = await startRegistry([fixture("@acme/ui")]);
    [clock, isAway] = [NOW, false];
    for (const name of names) serve(name);
    folder = makeBundleFolder();
    await folder.sign();
    proxy = await startTestProxy(folder, open, {
      now: () => clock,
      publish: ["npm"],
      privateRegistries: [
        { ecosystem: "npm" as const, packages: ["@acme/*", "internal-tool"], registry: own.url, token: TOKEN },
      ],
      limits: { timeoutMs: 300, listingBytes: 10_000 },
    });
  });

  afterEach(async () => {
    await proxy.close();
    await open.close();
    await own.close();
    folder.remove();
  });

  /** With a tag, and as long as the upstream is there. */
  const serve = (name: string) =>
    open.answer(`/${name}`, (request, response) => {
      if (isAway) return response.writeHead(503).end();
      if (request.headers["if-none-match"] === '"one"') return response.writeHead(304).end();
      return response.writeHead(200, { etag: '"one"' }).end(JSON.stringify(packument(fixture(name), open.url.origin)));
    });
  const later = (ms: number) => {
    clock = new Date(clock.getTime() + ms);
  };
  const ask = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${proxy.npm}${path}`, init);
    await answer.arrayBuffer();
    return answer.status;
  };
  const registries = async () =>
    ((await (await fetch(`${proxy.publicUrl}/-/status`)).json()) as { registries: [UpstreamStatus, UpstreamStatus] })
      .registries;
  const changes = () =>
    proxy.logged.filter(({ message }) => message === "upstream away" || message === "upstream back");

  /** Values by label, of what is not zero. */
  async function counted(metric: string, label: string, of = ""): Promise<Record<string, number>> {
    const text = await (await fetch(`${proxy.publicUrl}/-/metrics`)).text();
    const lines = text.split("\n").filter((line) => line.startsWith(`${metric}{`) && line.includes(of));
    const values = lines.map((line) => [new RegExp(`${label}="([^"]*)"`).exec(line)?.[1], Number(line.split(" ")[1])]);
    return Object.fromEntries(values.filter(([, value]) => value !== 0));
  }
  const results = (registry = open) =>
    counted("cordon_upstream_requests_total", "result", `registry="npm",upstream="${registry.url.origin}"`);

  describe("on /-/status", () => {
    it("is which registries there are, for which packages, and that they were not asked yet", async () => {
      const unasked = { state: "unknown", lastSuccess: null, lastFailure: null };
      assert.deepEqual(await registries(), [
        { ecosystem: "npm", upstream: open.url.origin, packages: null, publish: true, ...unasked },
        {
          ecosystem: "npm",
          upstream: own.url.origin,
          packages: ["@acme/*", "internal-tool"],
          publish: false,
          ...unasked,
        },
      ]);
    });

    it("is when each answered last, when and how it failed last, and whether it is there", async () => {
      await ask("/plain");
      later(MINUTE_MS);
      isAway = true;
      assert.equal(await ask("/plain"), 200);
      const [away, untouched] = await registries();
      assert.deepEqual([away.state, away.lastSuccess], ["away", "2026-11-22T12:00:00Z"]);
      const reason = `${open.url.origin}/plain answered 503`;
      assert.deepEqual(away.lastFailure, { at: "2026-11-22T12:01:00Z", code: "UPSTREAM_STATUS", reason });
      assert.equal(untouched.state, "unknown");
      later(MINUTE_MS);
      isAway = false;
      await ask("/plain");
      const [back] = await registries();
      assert.deepEqual([back.state, back.lastSuccess], ["up", "2026-11-22T12:02:00Z"]);
      assert.equal(back.lastFailure?.at, "2026-11-22T12:01:00Z");
    });

    it("is of a private registry what happened there", async () => {
      await ask("/@acme%2fui");
      assert.deepEqual(
        (await registries()).map(({ state }) => state),
        ["unknown", "up"],
      );
      await own.close();
      assert.equal(await ask("/@acme%2fother"), 502);
      const [, { state, lastFailure }] = await registries();
      assert.deepEqual([state, lastFailure?.code], ["away", "UPSTREAM_UNREACHABLE"]);
    });

    it("tells no credentials and no query of an address", async () => {
      const registry = new URL(own.url);
      [registry.username, registry.password, registry.search] = ["the-user", "the-password", "?key=the-key"];
      const privateRegistries = [{ ecosystem: "npm" as const, packages: ["@acme/*"], registry, token: TOKEN }];
      const other = await startTestProxy(folder, open, { state: `${folder.path}/other`, privateRegistries });
      own.answer("/@acme/ui", (_request, response) => response.writeHead(503).end());
      await fetch(`${other.npm}/@acme%2fui`);
      const status = await (await fetch(`${other.publicUrl}/-/status`)).text();
      const metrics = await (await fetch(`${other.publicUrl}/-/metrics`)).text();
      await other.close();
      assert.match(status, /"state":"away"/);
      for (const text of [status, metrics, JSON.stringify(other.logged)])
        for (const secret of ["the-user", "the-password", "the-key", TOKEN]) assert.ok(!text.includes(secret), text);
    });
  });

  describe("in the log", () => {
    it("is once that it went away, and once that it is back and for how long it was away", async () => {
      for (const name of names) await ask(`/${name}`);
      assert.deepEqual(changes(), []);
      isAway = true;
      for (let minutes = 0; minutes < 60; minutes += 20) {
        later(20 * MINUTE_MS);
        for (const name of names) assert.equal(await ask(`/${name}`), 200);
      }
      const upstream = { registry: "npm", upstream: open.url.origin };
      const reason = `${open.url.origin}/plain answered 503`;
      const away = { level: "warn", message: "upstream away", ...upstream, code: "UPSTREAM_STATUS", reason };
      assert.deepEqual(proxy.logged, [...proxy.logged.filter(({ level }) => level === "info"), away]);
      later(MINUTE_MS);
      isAway = false;
      for (const name of names) await ask(`/${name}`);
      assert.deepEqual(changes(), [away, { level: "info", message: "upstream back", ...upstream, awaySeconds: 2460 }]);
    });

    it("is that it is away from the beginning", async () => {
      isAway = true;
      assert.equal(await ask("/plain"), 502);
      assert.deepEqual(
        changes().map(({ message }) => message),
        ["upstream away"],
      );
    });

    it("is not one line for each time that it comes and goes, though an absence that lasts is told", async () => {
      const broken = () => ask("/broken");
      open.answer("/broken", (_request, response) => response.writeHead(500).end());
      for (let times = 0; times < 5; times += 1) {
        await broken();
        await ask("/plain");
        later(MINUTE_MS);
      }
      assert.equal(changes().length, 2);
      await broken();
      assert.equal((await registries())[0].state, "away");
      later(5 * MINUTE_MS);
      await broken();
      await ask("/plain");
      const told = changes().slice(2);
      assert.deepEqual(
        told.map(({ message, awaySeconds }) => [message, awaySeconds]),
        [
          ["upstream away", undefined],
          ["upstream back", 300],
        ],
      );
    });
  });

  const wrong: readonly [string, string, FailureCode | undefined, (response: ServerResponse) => unknown][] = [
    ["a package that it does not have", "not_found", undefined, (response) => response.writeHead(404).end()],
    ["that it does not want to answer", "refused", "UPSTREAM_REFUSED", (response) => response.writeHead(403).end()],
    ["what cannot be judged", "malformed", "UPSTREAM_MALFORMED", (response) => response.end("{}")],
    ["more than is read", "too_large", "UPSTREAM_TOO_LARGE", (response) => response.end("x".repeat(10_001))],
  ];
  for (const [what, result, code, answer] of wrong) {
    it(`counts as an answer, not as an absence: ${what}`, async () => {
      open.answer("/wrong", (_request, response) => void answer(response));
      await ask("/wrong");
      const [{ state, lastFailure }] = await registries();
      assert.deepEqual([state, lastFailure?.code], ["up", code]);
      assert.deepEqual(changes(), []);
      assert.equal((await results())[result], 1);
    });

    it(`does not bring back who is away, unless it is an answer to the question: ${what}`, async () => {
      isAway = true;
      await ask("/plain");
      open.answer("/wrong", (_request, response) => void answer(response));
      await ask("/wrong");
      assert.equal((await registries())[0].state, result === "not_found" ? "up" : "away");
    });
  }

  describe("in metrics", () => {
    it("has every result from the start", async () => {
      const text = await (await fetch(`${proxy.publicUrl}/-/metrics`)).text();
      for (const { url } of [open, own])
        for (const result of [
          "ok",
          "not_modified",
          "not_found",
          "refused",
          "error",
          "timeout",
          "malformed",
          "too_large",
        ])
          assert.ok(
            text.includes(
              `\ncordon_upstream_requests_total{registry="npm",upstream="${url.origin}",result="${result}"} 0\n`,
            ),
          );
      assert.ok(text.includes('\ncordon_upstream_stale_answers_total{registry="npm"} 0\n'));
    });

    it("counts documents that came, and those that are still the same", async () => {
      await ask("/plain");
      await ask("/plain");
      assert.deepEqual(await results(), { ok: 1 });
      later(MINUTE_MS);
      await ask("/plain");
      assert.deepEqual(await results(), { ok: 1, not_modified: 1 });
      assert.deepEqual(await results(own), {});
      await ask("/@acme%2fui");
      later(MINUTE_MS);
      await ask("/@acme%2fui");
      assert.deepEqual(await results(own), { ok: 1, not_modified: 1 }, "without tags");
    });

    it("counts an upstream that fails, is silent, or is not there", async () => {
      open.answer("/fails", (_request, response) => response.writeHead(502).end());
      open.answer("/silent", () => {});
      assert.deepEqual([await ask("/fails"), await ask("/silent")], [502, 504]);
      await open.close();
      assert.equal(await ask("/plain"), 502);
      assert.deepEqual(await results(), { error: 2, timeout: 1 });
    });

    it("counts files by how they ended, not by how they began", async () => {
      await ask("/plain");
      await ask("/plain/-/plain-1.0.0.tgz");
      assert.deepEqual(await results(), { ok: 1, not_found: 1 });
      open.answer("/other/-/other-1.0.0.tgz", (_request, response) => {
        response.writeHead(200, { "content-length": 1000 }).write("x");
        setTimeout(() => response.destroy(), 20);
      });
      await ask("/other/-/other-1.0.0.tgz").catch(() => {});
      assert.deepEqual(await results(), { ok: 2, not_found: 1, error: 1 });
      open.put(fixture("whole"));
      assert.equal(await ask("/whole/-/whole-1.0.0.tgz"), 200);
      assert.deepEqual(await results(), { ok: 4, not_found: 1, error: 1 });
    });

    it("does not count a client that leaves in the middle of a file", async () => {
      const leaving = new AbortController();
      let wasCut = false;
      open.answer("/plain/-/plain-1.0.0.tgz", (_request, response) => {
        response.writeHead(200, { "content-length": 1000 }).write("x");
        response.once("close", () => {
          wasCut = true;
        });
        leaving.abort();
      });
      await assert.rejects(ask("/plain/-/plain-1.0.0.tgz", { signal: leaving.signal }));
      await until(() => wasCut);
      assert.deepEqual(await results(), { ok: 1 });
      assert.deepEqual(changes(), []);
    });

    it("counts what is relayed and what is published", async () => {
      open.answer("/-/npm/v1/keys", (_request, response) => response.end('{"keys":[]}'));
      open.answer("/-/v1/search", (_request, response) => response.writeHead(500).end());
      assert.deepEqual([await ask("/-/npm/v1/keys"), await ask("/-/npm/v1/security/audits/quick")], [200, 404]);
      assert.deepEqual(await results(), { ok: 1 });
      const publish = () => ask("/plain", { method: "PUT", body: "{}", headers: { authorization: "Bearer x" } });
      for (const [status, body] of [
        [201, "{}"],
        [403, "{}"],
        [500, "{}"],
        [200, "<html>"],
      ] as const) {
        open.answer(
          "/plain",
          (request, response) => void request.resume().on("end", () => response.writeHead(status).end(body)),
        );
        await publish();
      }
      assert.deepEqual(await results(), { ok: 2, refused: 1, error: 1, malformed: 1 });
    });

    it("counts each answer from what the upstream said before it went away", async () => {
      const stale = () => counted("cordon_upstream_stale_answers_total", "registry");
      await ask("/plain");
      await ask("/plain");
      isAway = true;
      later(MINUTE_MS);
      assert.deepEqual(await stale(), {});
      for (const times of [1, 2, 3]) {
        assert.equal(await ask("/plain"), 200);
        assert.deepEqual(await stale(), { npm: times });
      }
      await ask("/plain/1.0.0");
      assert.deepEqual(await stale(), { npm: 4 });
      assert.equal(await ask("/other"), 502);
      isAway = false;
      later(MINUTE_MS);
      await ask("/plain");
      await ask("/plain");
      assert.deepEqual(await stale(), { npm: 4 });
    });
  });
});

describe("UpstreamHealth", () => {
  it("tells reasons on one line of bounded length, and hears of nobody else's failures", () => {
    const place = {
      ecosystem: "npm",
      registry: new URL("https://registry.example/"),
      packages: null,
      publish: false,
    } as const;
    const health = new UpstreamHealth(
      place,
      () => NOW,
      () => {},
    );
    health.failed(new CordonError("REQUEST_TOO_LARGE", "the client's"));
    health.failed(new Error("our own"));
    assert.equal(health.status().state, "unknown");
    health.failed(new CordonError("UPSTREAM_UNREACHABLE", `one\n${"x".repeat(1000)}`));
    assert.match(health.status().lastFailure?.reason ?? "", /^one x{294,}…$/);
  });
});
