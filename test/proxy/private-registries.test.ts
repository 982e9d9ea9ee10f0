import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { after, before, beforeEach, describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { packument, tarball } from "../support/packument.ts";
import { malwareRecord } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";

const TOKEN = "the-private-registry's-token";
const OWN = { name: "@acme/ui", releases: [{ version: "1.0.0" }, { version: "1.1.0" }] };

describe("registries of one's own", () => {
  let open: FixtureRegistry;
  let own: FixtureRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let askedOwn: IncomingMessage[];

  before(async () => {
    // A stranger has published the same names.
    open = await startRegistry([
      { name: "plain", releases: [{ version: "1.0.0" }] },
      { name: "@acme/ui", releases: [{ version: "99.0.0" }] },
      { name: "@acme/only-public", releases: [{ version: "99.0.0" }] },
      { name: "internal-tool", releases: [{ version: "99.0.0" }] },
    ]);
    own = await startRegistry();
    const answer = (path: string, body: () => string | Uint8Array) =>
      own.answer(path, (request, response) => {
        askedOwn.push(request);
        if (request.headers.authorization !== `Bearer ${TOKEN}`) return response.writeHead(401).end("{}");
        return response.end(body());
      });
    answer("/@acme/ui", () => JSON.stringify(packument(OWN, own.url.origin)));
    for (const release of OWN.releases)
      answer(`/@acme/ui/-/ui-${release.version}.tgz`, () => tarball("@acme/ui", release));
    folder = makeBundleFolder();
    await folder.sign({ records: [malwareRecord("@acme/ui", ["1.1.0"])] });
    proxy = await startTestProxy(folder, open, {
      privateRegistries: [
        { ecosystem: "npm", packages: ["@acme/*", "internal-tool"], registry: own.url, token: TOKEN },
      ],
    });
  });

  beforeEach(() => {
    askedOwn = [];
    open.requests.length = 0;
    own.requests.length = 0;
  });

  after(async () => {
    await proxy.close();
    await open.close();
    await own.close();
    folder.remove();
  });

  const versionsOf = async (name: string) =>
    Object.keys(((await (await fetch(`${proxy.npm}/${name}`)).json()) as { versions: object }).versions);

  it("have their packages to themselves, judged like all others", async () => {
    assert.deepEqual(await versionsOf("@acme%2fui"), ["1.0.0", "1.1.0"]);
    assert.equal((await fetch(`${proxy.npm}/@acme/ui/-/ui-1.0.0.tgz`)).status, 200);
    assert.equal((await fetch(`${proxy.npm}/@acme/ui/-/ui-1.1.0.tgz`)).status, 403);
    assert.deepEqual(open.requests, []);
  });

  it("are not stood in for by a stranger's package of the same name, where they have none", async () => {
    for (const name of ["@acme%2fonly-public", "internal-tool"])
      assert.equal((await fetch(`${proxy.npm}/${name}`)).status, 404, name);
    assert.equal((await fetch(`${proxy.npm}/internal-tool/-/internal-tool-99.0.0.tgz`)).status, 404);
    assert.deepEqual(open.requests, []);
  });

  it("get their token, and nobody else does: not in requests, logs, answers or decisions", async () => {
    await versionsOf("@acme%2fui");
    const seen: (string | undefined)[] = [];
    open.answer("/plain", (request, response) => {
      seen.push(request.headers.authorization);
      response.end(JSON.stringify(packument({ name: "plain", releases: [{ version: "1.0.0" }] }, open.url.origin)));
    });
    assert.deepEqual(await versionsOf("plain"), ["1.0.0"]);
    assert.deepEqual(seen, [undefined]);
    const status = await (await fetch(`${proxy.publicUrl}/-/status`)).text();
    for (const text of [status, JSON.stringify(proxy.logged), JSON.stringify(await proxy.decisions())])
      assert.ok(!text.includes(TOKEN));
  });

  it("do not get asked for files that a stranger's listing says are theirs", async () => {
    const document = packument({ name: "thief", releases: [{ version: "1.0.0" }] }, own.url.origin);
    open.answer("/thief", (_request, response) => response.end(JSON.stringify(document)));
    assert.equal((await fetch(`${proxy.npm}/thief/-/thief-1.0.0.tgz`)).status, 502);
    assert.deepEqual(own.requests, []);
  });

  it("say so themselves when they are at fault: there is no other to ask", async () => {
    own.answer("/@acme/broken", (_request, response) => response.writeHead(500).end());
    assert.equal((await fetch(`${proxy.npm}/@acme%2fbroken`)).status, 502);
    assert.deepEqual(open.requests, []);
  });

  it("are asked themselves, with their token, for attestations on their packages", async () => {
    const seen: (string | undefined)[] = [];
    own.answer("/-/npm/v1/attestations/@acme/ui@1.0.0", (request, response) => {
      seen.push(request.headers.authorization);
      response.end('{"attestations":[]}');
    });
    for (const name of ["@acme%2fui@1.0.0", "@acme%2Fui@1.0.0", "@acme/ui@1.0.0"])
      assert.equal((await fetch(`${proxy.npm}/-/npm/v1/attestations/${name}`)).status, 200, name);
    assert.deepEqual(seen, Array(3).fill(`Bearer ${TOKEN}`));
    assert.deepEqual(open.requests, []);
  });

  it("are not searched for elsewhere, nor asked for in other case", async () => {
    assert.equal((await fetch(`${proxy.npm}/-/v1/search?text=@acme/secret`)).status, 404);
    assert.equal((await fetch(`${proxy.npm}/@Acme%2fui`)).status, 404);
    assert.deepEqual(open.requests, []);
  });

  describe("in an audit", () => {
    const audit = (body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
      fetch(`${proxy.npm}/-/npm/v1/security/advisories/bulk`, { method: "POST", body, headers });
    let heard: unknown[];

    beforeEach(() => {
      heard = [];
      open.answer("/-/npm/v1/security/advisories/bulk", async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const body = Buffer.concat(chunks);
        const isGzip = request.headers["content-encoding"] === "gzip";
        heard.push(JSON.parse((isGzip ? gunzipSync(body) : body).toString()));
        response.end("{}");
      });
    });

    it("are not named to the public registry", async () => {
      const names = JSON.stringify({ plain: ["1.0.0"], "@acme/secret": ["1.0.0"], "internal-tool": ["2.0.0"] });
      assert.equal((await audit(Buffer.from(names))).status, 200);
      assert.equal((await audit(gzipSync(names), { "content-encoding": "gzip" })).status, 200);
      assert.deepEqual(heard, [{ plain: ["1.0.0"] }, { plain: ["1.0.0"] }]);
    });

    it("keep from being asked what cannot be read, or would tell the whole tree", async () => {
      assert.equal((await audit(Buffer.from("@acme/secret"))).status, 400);
      assert.equal((await audit(Buffer.from("no gzip"), { "content-encoding": "gzip" })).status, 400);
      const quick = `${proxy.npm}/-/npm/v1/security/audits/quick`;
      assert.equal((await fetch(quick, { method: "POST", body: "{}" })).status, 404);
      assert.deepEqual([heard, open.requests], [[], []]);
    });
  });
});
