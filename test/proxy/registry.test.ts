import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { after, before, describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Decision } from "../../schemas/types/decision.ts";
import { OLD, tarball } from "../support/packument.ts";
import { AGE_POLICY, MALWARE_POLICY, malwareRecord, SCRIPTS_POLICY } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type Answer, type FixtureRegistry, startRegistry } from "../support/registry.ts";

const ABBREVIATED = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*";
const YESTERDAY = "2026-11-21T12:00:00.000Z";

const PACKAGES = [
  { name: "plain", releases: [{ version: "1.0.0" }, { version: "1.1.0" }] },
  { name: "evil", releases: [{ version: "1.0.0" }, { version: "1.0.1" }], tags: { next: "1.0.1" } },
  { name: "fresh", releases: [{ version: "1.0.0" }, { version: "1.1.0", published: YESTERDAY }] },
  {
    name: "scripted",
    releases: [{ version: "1.0.0" }, { version: "1.0.1", scripts: { postinstall: "node collect.js" } }],
  },
  { name: "undated", releases: [{ version: "1.0.0", published: null }] },
  { name: "@acme/ui", releases: [{ version: "1.0.0" }, { version: "2.0.0", published: YESTERDAY }] },
];

const RECORDS = [
  malwareRecord("evil", ["1.0.1"]),
  malwareRecord("gone", ["6.6.6"], "MAL-2026-2"),
  malwareRecord("plain", ["0.9.9"], "MAL-2026-3"),
];

interface Packument {
  readonly versions: Record<
    string,
    { deprecated?: string; dist: { tarball: string; integrity: string }; hasInstallScript?: boolean }
  >;
  readonly "dist-tags": Record<string, string>;
  readonly time?: Record<string, string>;
  readonly modified?: string;
  readonly policyRestrictions?: { message: string; versions: Record<string, unknown> };
}

describe("the npm registry", () => {
  let registry: FixtureRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;

  before(async () => {
    registry = await startRegistry(PACKAGES);
    folder = makeBundleFolder();
    await folder.sign({ source: { policies: [MALWARE_POLICY, AGE_POLICY, SCRIPTS_POLICY] }, records: RECORDS });
    proxy = await startTestProxy(folder, registry);
  });

  after(async () => {
    await proxy.close();
    await registry.close();
    folder.remove();
  });

  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${proxy.npm}${path}`, { headers });
  const listing = async (path: string, headers?: Record<string, string>): Promise<Packument> =>
    (await get(path, headers)).json() as Promise<Packument>;

  describe("a packument", () => {
    it("passes a package that nothing objects to, with tarballs under the registry's own path", async () => {
      const { versions, "dist-tags": tags } = await listing("/plain");
      assert.deepEqual(Object.keys(versions), ["1.0.0", "1.1.0"]);
      assert.deepEqual(tags, { latest: "1.1.0" });
      assert.equal(versions["1.1.0"]?.dist.tarball, `${proxy.npm}/plain/-/plain-1.1.0.tgz`);
      assert.equal(versions["1.1.0"]?.deprecated, undefined);
    });

    it("explains a denied version in all the ways that clients read, and points `latest` below it", async () => {
      const { versions, "dist-tags": tags, policyRestrictions } = await listing("/evil");
      assert.equal(tags["latest"], "1.0.0");
      assert.equal(tags["next"], "1.0.0");
      assert.match(
        versions["1.0.1"]?.deprecated ?? "",
        /^cordon: blocked pkg:npm\/evil@1\.0\.1: .*\(known-malicious, MAL-2026-1\).*\/-\/why\/pkg:npm\/evil@1\.0\.1$/,
      );
      assert.equal(
        versions["1.0.1"]?.dist.tarball,
        `${proxy.npm}/evil/-/blocked/known-malicious/MAL-2026-1/evil-1.0.1.tgz`,
      );
      assert.deepEqual(policyRestrictions?.versions, { "1.0.1": { name: "evil", version: "1.0.1" } });
      assert.match(policyRestrictions?.message ?? "", /blocked pkg:npm\/evil@1\.0\.1/);
      assert.equal(versions["1.0.0"]?.deprecated, undefined);
    });

    it("names a malicious version that the upstream has removed, for clients that pin it", async () => {
      const { versions, policyRestrictions } = await listing("/plain");
      assert.equal(versions["0.9.9"], undefined);
      assert.deepEqual(policyRestrictions?.versions, { "0.9.9": { name: "plain", version: "0.9.9" } });
    });

    it("names no file of a denied version: a client may have its bytes, and take them by their digest", async () => {
      const { versions } = await listing("/evil");
      const upstream = (await (await fetch(new URL("/evil", registry.url))).json()) as Packument;
      assert.notEqual(versions["1.0.1"]?.dist.integrity, upstream.versions["1.0.1"]?.dist.integrity);
      assert.equal(versions["1.0.1"]?.dist.integrity, `sha512-${Buffer.alloc(64).toString("base64")}`);
      assert.equal(versions["1.0.0"]?.dist.integrity, upstream.versions["1.0.0"]?.dist.integrity);
    });

    it("hides denied versions from yarn 1, which would choose them in a range, and explains their pins", async () => {
      const {
        versions,
        "dist-tags": tags,
        policyRestrictions,
        time,
      } = await listing("/evil", { "user-agent": "yarn/1.22.22 npm/? node/v24" });
      const standIn = "0.0.0-cordon.1.0.1";
      assert.deepEqual(Object.keys(versions), ["1.0.0", standIn]);
      assert.deepEqual(tags, { latest: "1.0.0", next: "1.0.0", "1.0.1": standIn });
      assert.match(versions[standIn]?.deprecated ?? "", /blocked pkg:npm\/evil@1\.0\.1/);
      assert.equal((await fetch(versions[standIn]?.dist.tarball ?? "")).status, 403);
      assert.equal(policyRestrictions, undefined);
      assert.equal(time?.["1.0.1"], undefined);
    });

    it("is derived from the full document when the short one is asked for: age and script rules hold all the same", async () => {
      const fresh = await get("/fresh", { accept: ABBREVIATED });
      assert.equal(fresh.headers.get("content-type"), "application/vnd.npm.install-v1+json");
      const { versions, "dist-tags": tags, time, modified } = (await fresh.json()) as Packument;
      assert.equal(tags["latest"], "1.0.0");
      assert.match(versions["1.1.0"]?.deprecated ?? "", /held pkg:npm\/fresh@1\.1\.0 until 2026-11-24T12:00:00Z/);
      assert.equal(time, undefined);
      assert.equal(modified, "2026-11-01T00:00:00.000Z");
      const scripted = await listing("/scripted", { accept: ABBREVIATED });
      assert.equal(scripted["dist-tags"]["latest"], "1.0.0");
      assert.equal(scripted.versions["1.0.1"]?.hasInstallScript, true);
      assert.match(scripted.versions["1.0.1"]?.deprecated ?? "", /install scripts are new or changed/);
    });

    for (const path of ["/@acme%2fui", "/@acme%2Fui", "/@acme/ui"]) {
      it(`is found and judged under ${path}`, async () => {
        const { versions, "dist-tags": tags } = await listing(path);
        assert.equal(tags["latest"], "1.0.0");
        assert.match(versions["2.0.0"]?.deprecated ?? "", /held pkg:npm\/%40acme\/ui@2\.0\.0/);
        assert.equal(versions["1.0.0"]?.dist.tarball, `${proxy.npm}/@acme/ui/-/ui-1.0.0.tgz`);
      });
    }

    it("goes on record once for each release that it withholds, the removed ones too, whoever asked before", async () => {
      registry.put({ name: "on-record", releases: [{ version: "1.0.0" }, { version: "1.0.1", published: YESTERDAY }] });
      await fetch(`${proxy.publicUrl}/-/why/pkg:npm/on-record@1.0.0`);
      for (let times = 0; times < 3; times++) await get("/on-record");
      await get("/plain");
      const lines = (await proxy.decisions()).filter(({ kind }) => kind === "metadata");
      assert.equal(lines.filter(({ purl }) => purl === "pkg:npm/on-record@1.0.1").length, 1);
      assert.equal(lines.filter(({ purl }) => purl === "pkg:npm/plain@0.9.9").length, 1);
      assert.ok(
        lines.every((line) => !("remediation" in line)),
        "nothing was refused",
      );
    });

    it("leaves out what npm might install from beside the versions, and keeps what people read", async () => {
      const evil = { name: "staged", version: "9.9.9", dist: { tarball: "http://127.0.0.2:9/x.tgz" } };
      const document = {
        stagedVersions: { versions: { "9.9.9": evil } },
        policyRestrictions: { message: "x", versions: {} },
        _attachments: { "x.tgz": { data: "eA==" } },
        homepage: "https://acme.example",
      };
      registry.put({ name: "staged", releases: [{ version: "1.0.0" }], document });
      const served = (await listing("/staged")) as Packument & Record<string, unknown>;
      assert.deepEqual(Object.keys(served).sort(), [
        "_id",
        "dist-tags",
        "homepage",
        "name",
        "readme",
        "time",
        "versions",
      ]);
    });

    it("keeps `time` for what it serves, so that the clients' own age gates work", async () => {
      const { time } = await listing("/plain");
      assert.deepEqual(time, { created: OLD, modified: "2026-11-01T00:00:00.000Z", "1.0.0": OLD, "1.1.0": OLD });
    });

    it("keeps the tag of a release of which nothing is left, so that the refusal can be told", async () => {
      const { "dist-tags": tags, policyRestrictions } = await listing("/undated");
      assert.deepEqual(tags, { latest: "1.0.0" });
      assert.match(policyRestrictions?.message ?? "", /held pkg:npm\/undated@1\.0\.0: No publish time/);
    });

    it("is answered 304 to a client that has these bytes, and differs by form and encoding", async () => {
      const first = await get("/plain", { "accept-encoding": "identity" });
      const etag = first.headers.get("etag") ?? "";
      assert.match(etag, /^"[\w-]{43}"$/);
      assert.equal(first.headers.get("cache-control"), "private, max-age=60, must-revalidate");
      assert.equal(first.headers.get("vary"), "accept, accept-encoding, user-agent");
      assert.equal((await get("/plain", { "accept-encoding": "identity", "if-none-match": etag })).status, 304);
      assert.notEqual(
        (await get("/plain", { "accept-encoding": "identity", accept: ABBREVIATED })).headers.get("etag"),
        etag,
      );
      assert.equal(
        (await get("/plain", { "accept-encoding": "gzip" })).headers.get("etag"),
        `${etag.slice(0, -1)}-gzip"`,
      );
    });

    it("asks the upstream once for many clients, and for the full document", async () => {
      registry.put({ name: "crowd", releases: [{ version: "1.0.0" }] });
      await Promise.all(Array.from({ length: 20 }, () => get("/crowd", { accept: ABBREVIATED })));
      assert.equal(registry.requests.filter((path) => path === "/crowd").length, 1);
    });
  });

  describe("a release's own document", () => {
    it("is the manifest of an allowed version, by number and by repaired tag", async () => {
      for (const version of ["1.0.0", "latest", "next"]) {
        const manifest = (await (await get(`/evil/${version}`)).json()) as {
          version: string;
          dist: { tarball: string };
        };
        assert.equal(manifest.version, "1.0.0");
        assert.equal(manifest.dist.tarball, `${proxy.npm}/evil/-/evil-1.0.0.tgz`);
      }
    });

    it("is refused for a denied version, and not found for one that does not exist", async () => {
      assert.equal((await get("/evil/1.0.1")).status, 403);
      assert.equal((await get("/evil/7.7.7")).status, 404);
      assert.equal((await get("/evil/no-such-tag")).status, 404);
    });
  });

  describe("a tarball", () => {
    it("arrives whole, and the decision is on record", async () => {
      const answer = await get("/plain/-/plain-1.1.0.tgz", { "user-agent": "npm/11.19.1" });
      assert.equal(answer.status, 200);
      assert.deepEqual(Buffer.from(await answer.arrayBuffer()), Buffer.from(tarball("plain", { version: "1.1.0" })));
      const line = (await proxy.decisions()).findLast(({ purl }) => purl === "pkg:npm/plain@1.1.0");
      assert.equal(line?.decision, "allow");
      assert.equal(line?.kind, "file");
      assert.equal(line?.registry, "npm");
      assert.deepEqual(line?.client, { address: "127.0.0.1", agent: "npm/11.19.1" });
      assert.deepEqual(line?.bundle, { revision: 1, digest: proxy.lifecycle.status().digest });
      assert.equal(typeof line?.durationMs, "number");
    });

    it("is refused with the contract's body when no metadata was read before", async () => {
      const answer = await get("/evil/-/evil-1.0.1.tgz");
      assert.equal(answer.status, 403);
      assert.equal(answer.headers.get("cache-control"), "no-store");
      assert.equal(
        (await rawGet(`${proxy.npm}/evil/-/evil-1.0.1.tgz`)).message,
        `Forbidden - ${answer.headers.get("npm-notice")}`,
      );
      const body = (await answer.json()) as Record<string, unknown>;
      const error = `cordon: blocked pkg:npm/evil@1.0.1: An advisory names this release as malicious (known-malicious, MAL-2026-1). Why, and how to ask for an exception: ${proxy.publicUrl}/-/why/pkg:npm/evil@1.0.1`;
      assert.deepEqual(body, {
        code: "POLICY_BLOCKED",
        error,
        retry: body["retry"],
        decision: "block",
        purl: "pkg:npm/evil@1.0.1",
        policy: "known-malicious",
        rule: "malware",
        reason: "An advisory names this release as malicious.",
        evidence: [{ id: "MAL-2026-1", source: "local", url: "https://advisories.example/MAL-2026-1" }],
        until: null,
        bundle: body["bundle"],
        decidedAt: "2026-11-22T12:00:00Z",
        remediation: {
          requestUrl: `${proxy.publicUrl}/-/why/pkg:npm/evil@1.0.1#request`,
          alternatives: ["1.0.0"],
        },
      });
      assert.match(String(body["retry"]), /^Do not retry: /);
      assert.match((body["bundle"] as { digest: string }).digest, /^sha256:[0-9a-f]{64}$/);
    });

    it("is on record when it is refused, with the sentence and what to do instead", async () => {
      const answer = await get("/evil/-/evil-1.0.1.tgz");
      const { code, retry, ...body } = (await answer.json()) as Record<string, unknown>;
      const line = (await proxy.decisions()).findLast(({ purl, kind }) => purl === body["purl"] && kind === "file");
      assert.partialDeepStrictEqual(line, body);
    });

    it("is refused at the path that the listing gave for it", async () => {
      const { versions } = await listing("/evil");
      assert.equal((await fetch(versions["1.0.1"]?.dist.tarball ?? "")).status, 403);
    });

    it("is refused with its reason when the upstream has removed the release, or the whole package", async () => {
      for (const [path, purl] of [
        ["/plain/-/plain-0.9.9.tgz", "pkg:npm/plain@0.9.9"],
        ["/gone/-/gone-6.6.6.tgz", "pkg:npm/gone@6.6.6"],
      ] as const) {
        const answer = await get(path);
        assert.equal(answer.status, 403);
        const body = (await answer.json()) as Decision;
        assert.equal(body.purl, purl);
        assert.equal(body.policy, "known-malicious");
        const alternatives = purl.includes("plain") ? ["1.1.0"] : [];
        assert.deepEqual(body.remediation?.alternatives, alternatives);
        const page = (await (await fetch(`${proxy.publicUrl}/-/why/${purl}`)).json()) as Decision;
        assert.deepEqual(page.remediation?.alternatives, alternatives);
      }
    });

    it("is not found where the upstream has none and no advisory names it", async () => {
      assert.equal((await get("/plain/-/plain-5.5.5.tgz")).status, 404);
      assert.equal((await get("/gone/-/gone-1.0.0.tgz")).status, 404);
    });

    it("meets age and script rules without any metadata request", async () => {
      registry.put({ name: "lockfile-only", releases: [{ version: "1.0.0", published: YESTERDAY }] });
      const answer = await get("/lockfile-only/-/lockfile-only-1.0.0.tgz");
      assert.equal(answer.status, 403);
      assert.equal(((await answer.json()) as { rule: string }).rule, "too-young");
      assert.equal((await get("/scripted/-/scripted-1.0.1.tgz")).status, 403);
      assert.equal((await get("/scripted/-/scripted-1.0.0.tgz")).status, 200);
    });

    it("is judged on HEAD as on GET", async () => {
      assert.equal((await fetch(`${proxy.npm}/plain/-/plain-1.0.0.tgz`, { method: "HEAD" })).status, 200);
      assert.equal((await fetch(`${proxy.npm}/evil/-/evil-1.0.1.tgz`, { method: "HEAD" })).status, 403);
    });

    it("is named by its digest, so that who has it is told so", async () => {
      const path = "/plain/-/plain-1.0.0.tgz";
      const etag = (await get(path)).headers.get("etag") ?? "";
      assert.match(etag, /^"[0-9a-f]{128}"$/);
      for (const known of [etag, "*", `"other", W/${etag}`])
        assert.equal((await get(path, { "if-none-match": known })).status, 304, known);
    });

    describe("of which a part is asked for", () => {
      const PATH = "/plain/-/plain-1.0.0.tgz";
      const bytes = Buffer.from(tarball("plain", { version: "1.0.0" }));
      const last = bytes.length - 1;
      const PARTS: readonly [range: string, status: number, contentRange: string | null, part: Buffer][] = [
        ["bytes=0-9", 206, `bytes 0-9/${bytes.length}`, bytes.subarray(0, 10)],
        ["bytes=10-", 206, `bytes 10-${last}/${bytes.length}`, bytes.subarray(10)],
        ["bytes=-10", 206, `bytes ${last - 9}-${last}/${bytes.length}`, bytes.subarray(-10)],
        ["bytes=5-99999999", 206, `bytes 5-${last}/${bytes.length}`, bytes.subarray(5)],
        ["bytes=-99999999", 206, `bytes 0-${last}/${bytes.length}`, bytes],
        ["bytes=99999999-", 416, `bytes */${bytes.length}`, Buffer.alloc(0)],
        ["bytes=-0", 416, `bytes */${bytes.length}`, Buffer.alloc(0)],
        ["bytes=9-5", 416, `bytes */${bytes.length}`, Buffer.alloc(0)],
        ["bytes=0-1,4-5", 200, null, bytes],
        ["bytes=", 200, null, bytes],
        ["lines=0-9", 200, null, bytes],
      ];
      for (const [range, status, contentRange, part] of PARTS) {
        it(`answers ${range} with ${status}`, async () => {
          const answer = await get(PATH, { range });
          assert.deepEqual([answer.status, answer.headers.get("content-range")], [status, contentRange]);
          assert.ok(Buffer.from(await answer.arrayBuffer()).equals(part));
          assert.equal(answer.headers.get("accept-ranges"), "bytes");
        });
      }

      it("gives the whole to who has a part of other bytes", async () => {
        const etag = (await get(PATH)).headers.get("etag") ?? "";
        const same = await get(PATH, { range: "bytes=0-9", "if-range": etag });
        const other = await get(PATH, { range: "bytes=0-9", "if-range": '"other"' });
        assert.deepEqual([same.status, other.status], [206, 200]);
      });

      it("gives no part of a file whose bytes are wrong elsewhere, nor of a denied one", async () => {
        registry.put({ name: "part", releases: [{ version: "1.0.0" }] });
        const right = Buffer.from(tarball("part", { version: "1.0.0" }));
        registry.answer("/part/-/part-1.0.0.tgz", (_request, response) =>
          response.end(Buffer.concat([right.subarray(0, -1), Buffer.from("x")])),
        );
        const wrong = await get("/part/-/part-1.0.0.tgz", { range: "bytes=0-9" });
        assert.equal(wrong.status, 502);
        assert.equal(((await wrong.json()) as { code: string }).code, "DIGEST_MISMATCH");
        assert.equal((await get("/evil/-/evil-1.0.1.tgz", { range: "bytes=0-9" })).status, 403);
      });
    });

    it("is refused to who has it already", async () => {
      const answer = await get("/evil/-/evil-1.0.1.tgz", { "if-none-match": "*" });
      assert.equal(answer.status, 403);
    });

    it("is 502 when its bytes are not those of the listing, as long as nothing was sent", async () => {
      registry.put({ name: "swapped", releases: [{ version: "1.0.0" }] });
      registry.answer("/swapped/-/swapped-1.0.0.tgz", (_request, response) => response.end(Buffer.alloc(100_000, "x")));
      const answer = await get("/swapped/-/swapped-1.0.0.tgz");
      assert.equal(answer.status, 502);
      assert.match(((await answer.json()) as { error: string }).error, /not those that the registry's metadata names/);
    });

    it("must have every digest that the listing names: an approval may have relied on any of them", async () => {
      const bytes = tarball("half", { version: "1.0.0" });
      const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")} sha256-${Buffer.alloc(32).toString("base64")}`;
      registry.put({
        name: "half",
        releases: [
          { version: "1.0.0", manifest: { dist: { tarball: `${registry.url}half/-/half-1.0.0.tgz`, integrity } } },
        ],
      });
      const answer = await get("/half/-/half-1.0.0.tgz");
      assert.equal(answer.status, 502);
      assert.equal(((await answer.json()) as { code: string }).code, "DIGEST_MISMATCH");
    });

    it("is not fetched from another origin, whatever the listing says", async () => {
      registry.put({
        name: "elsewhere",
        releases: [
          { version: "1.0.0", manifest: { dist: { tarball: "http://127.0.0.2:9/x.tgz", shasum: "a".repeat(40) } } },
        ],
      });
      const answer = await get("/elsewhere/-/elsewhere-1.0.0.tgz");
      assert.equal(answer.status, 502);
      assert.match(((await answer.json()) as { error: string }).error, /another origin/);
    });
  });

  describe("what is malformed or missing upstream", () => {
    const cases: readonly [name: string, body: string][] = [
      ["not-json", "<html>"],
      ["not-object", "[]"],
      ["no-versions", JSON.stringify({ name: "no-versions" })],
      ["other-name", JSON.stringify({ name: "something-else", versions: {} })],
      ["odd-tags", JSON.stringify({ name: "odd-tags", versions: {}, "dist-tags": { latest: 1 } })],
      ["odd-time", JSON.stringify({ name: "odd-time", versions: {}, time: [] })],
    ];
    for (const [name, body] of cases) {
      it(`is 502, never passed through: ${name}`, async () => {
        registry.answer(`/${name}`, (_request, response) => response.end(body));
        const answer = await get(`/${name}`);
        assert.equal(answer.status, 502);
        const { error, code } = (await answer.json()) as { error: string; code: string };
        assert.equal(code, "UPSTREAM_MALFORMED");
        assert.match(error, /^cordon: the upstream's document on pkg:npm\//);
        assert.equal((await get(`/${name}/-/${name}-1.0.0.tgz`)).status, 502);
      });
    }

    it("does not stop a known malicious file from being refused with its reason", async () => {
      registry.answer("/gone", (_request, response) => response.writeHead(500).end("broken"));
      assert.equal((await get("/gone/-/gone-6.6.6.tgz")).status, 403);
      assert.equal((await get("/gone/-/gone-1.0.0.tgz")).status, 502);
    });

    it("leaves out a version that cannot be judged: a key named __proto__, a manifest of another release, no digest", async () => {
      const good = {
        name: "odd-keys",
        version: "1.0.0",
        dist: { tarball: `${registry.url}odd-keys/-/odd-keys-1.0.0.tgz`, shasum: "a".repeat(40) },
      };
      const versions = [
        `"1.0.0": ${JSON.stringify(good)}`,
        `"__proto__": ${JSON.stringify({ ...good, version: "__proto__" })}`,
        `"constructor": ${JSON.stringify({ ...good, version: "constructor" })}`,
        `"1.0.1": ${JSON.stringify(good)}`,
        `"1.0.2": ${JSON.stringify({ ...good, version: "1.0.2", dist: { tarball: good.dist.tarball } })}`,
        `"../../x": ${JSON.stringify({ ...good, version: "../../x" })}`,
      ];
      registry.answer("/odd-keys", (_request, response) =>
        response.end(
          `{"name":"odd-keys","dist-tags":{"latest":"__proto__"},"time":{"1.0.0":"${OLD}"},"versions":{${versions.join(",")}}}`,
        ),
      );
      const document = await listing("/odd-keys");
      assert.deepEqual(Object.keys(document.versions), ["1.0.0"]);
      assert.deepEqual(document["dist-tags"], {});
      assert.equal(Object.getPrototypeOf(document.versions), Object.prototype);
      for (const path of [
        "/odd-keys/__proto__",
        "/odd-keys/-/odd-keys-__proto__.tgz",
        "/odd-keys/-/odd-keys-1.0.1.tgz",
        "/odd-keys/constructor",
      ]) {
        assert.equal((await get(path)).status, 404, path);
      }
    });

    it("is 502 when the upstream is down, with a text that says so", async () => {
      const down = await startRegistry();
      await down.close();
      const alone = makeBundleFolder();
      await alone.sign();
      const other = await startTestProxy(alone, down);
      const answer = await fetch(`${other.npm}/plain`);
      assert.equal(answer.status, 502);
      assert.match(((await answer.json()) as { error: string }).error, /cannot be reached/);
      await other.close();
      alone.remove();
    });

    it("is 404 when the upstream has no such package", async () => {
      assert.equal((await get("/no-such-package")).status, 404);
    });
  });

  describe("what holds nothing to install", () => {
    it("tells the tags as the listing does", async () => {
      const { "dist-tags": tags } = (await (await get("/evil")).json()) as { "dist-tags": object };
      for (const path of ["/-/package/evil/dist-tags", "/-/package/@acme%2fui/dist-tags"])
        assert.equal((await get(path)).status, 200, path);
      assert.deepEqual(await (await get("/-/package/evil/dist-tags")).json(), tags);
      assert.equal((await get("/-/package/no-such-package/dist-tags")).status, 404);
    });

    it("relays what is asked of advisories, compressed as it came, without the client's credentials", async () => {
      const seen: { body: Buffer; headers: IncomingHttpHeaders }[] = [];
      registry.answer("/-/npm/v1/security/advisories/bulk", async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        seen.push({ body: Buffer.concat(chunks), headers: request.headers });
        response.end('{"plain":[{"id":1}]}');
      });
      const body = gzipSync('{"plain":["1.0.0"]}');
      const answer = await fetch(`${proxy.npm}/-/npm/v1/security/advisories/bulk`, {
        method: "POST",
        body,
        headers: { "content-encoding": "gzip", "content-type": "application/json", authorization: "Bearer secret" },
      });
      assert.deepEqual(await answer.json(), { plain: [{ id: 1 }] });
      assert.equal(answer.headers.get("cache-control"), "no-store");
      assert.equal(gunzipSync(seen[0]?.body ?? "").toString(), '{"plain":["1.0.0"]}');
      assert.equal(seen[0]?.headers["content-encoding"], "gzip");
      assert.equal(seen[0]?.headers.authorization, undefined);
    });

    it("relays keys, attestations and searches", async () => {
      const paths = ["/-/npm/v1/keys", "/-/npm/v1/attestations/plain@1.0.0", "/-/v1/search?text=plain&size=2"];
      for (const path of paths) {
        registry.answer(path, (_request, response) => response.end(JSON.stringify({ path })));
        assert.deepEqual(await (await get(path)).json(), { path });
      }
    });

    it("passes on no page, no server error, and nothing without end", async () => {
      const answers: readonly [answer: Answer, status: number][] = [
        [(_request, response) => response.end("<html>captive portal</html>"), 502],
        [(_request, response) => response.writeHead(500).end("{}"), 502],
        [(_request, response) => response.writeHead(401).end("{}"), 502],
        [(_request, response) => response.writeHead(404).end("{}"), 404],
        [(_request, response) => response.writeHead(302, { location: "http://169.254.1.1/" }).end(), 502],
        [(_request, response) => response.writeHead(200, { "content-length": "999999999" }).write("{"), 502],
      ];
      for (const [answer, status] of answers) {
        registry.answer("/-/npm/v1/keys", answer);
        assert.equal((await get("/-/npm/v1/keys")).status, status);
      }
    });

    it("takes no question larger than any tree", async () => {
      const body = Buffer.alloc(17 * 1024 * 1024, " ");
      const answer = await fetch(`${proxy.npm}/-/npm/v1/security/advisories/bulk`, { method: "POST", body });
      assert.equal(answer.status, 413);
    });
  });

  describe("a path that is no registry path", () => {
    const paths = [
      "/../-/status",
      "/%2e%2e/x",
      "/plain/-/../../evil",
      "/plain/-/..%2fevil-1.0.1.tgz",
      "/@acme%2fui%2f..",
      "/.hidden",
      "/-/whoami",
      "/-/v1/../../x",
      "/%00",
      "/%zz",
      "/a%20b",
      "//evil",
    ];
    for (const path of paths) {
      it(`is 404 and reaches no upstream: ${path}`, async () => {
        const before = registry.requests.length;
        assert.equal((await rawGet(`${proxy.npm}${path}`)).status, 404);
        assert.equal(registry.requests.length, before);
      });
    }

    it("takes no writes", async () => {
      for (const method of ["PUT", "POST", "DELETE"])
        assert.equal(
          (await fetch(`${proxy.npm}/plain`, { method, body: method === "DELETE" ? null : "{}" })).status,
          405,
        );
    });
  });
});

/** Sends a path as it is written, which `fetch` would tidy up, and shows the reason phrase, which it may hide. */
function rawGet(url: string): Promise<{ status: number; message: string }> {
  const { hostname, port } = new URL(url);
  const path = url.slice(url.indexOf("/", "http://".length));
  return new Promise((resolve, reject) => {
    httpRequest({ hostname, port, path }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, message: response.statusMessage ?? "" });
    })
      .on("error", reject)
      .end();
  });
}
