import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { AGE_POLICY, MALWARE_POLICY, malwareRecord } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { type FixtureRegistry, startRegistry } from "../support/registry.ts";
import { type Answered, send } from "../support/send.ts";

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
const RELEASE = "/-/why/pkg:npm/acme-colours@1.0.1";
const FILE = "/npm/acme-colours/-/acme-colours-1.0.1.tgz";
const HTML = "text/html; charset=utf-8";
const JSON_TYPE = "application/json; charset=utf-8";

describe("/-/why/ for people and for programs", () => {
  let registry: FixtureRegistry;
  let folder: BundleFolder;
  let proxy: TestProxy;

  before(async () => {
    registry = await startRegistry([{ name: "acme-colours", releases: [{ version: "1.0.0" }, { version: "1.0.1" }] }]);
    folder = makeBundleFolder();
    await folder.sign({
      source: { policies: [MALWARE_POLICY, AGE_POLICY] },
      records: [malwareRecord("acme-colours", ["1.0.1"])],
    });
    proxy = await startTestProxy(folder, registry);
  });

  after(async () => {
    await proxy.close();
    await registry.close();
    folder.remove();
  });

  const get = (path: string, accept?: string, method = "GET"): Promise<Answered> =>
    send(`${proxy.publicUrl}${path}`, { method, headers: accept === undefined ? {} : { accept } });

  it("answers in the form that is asked for", async () => {
    const forms: readonly (readonly [path: string, accept: string | undefined, type: string])[] = [
      [RELEASE, undefined, JSON_TYPE],
      [RELEASE, "*/*", JSON_TYPE],
      [RELEASE, BROWSER, HTML],
      [`${RELEASE}?format=json`, BROWSER, JSON_TYPE],
      [`${RELEASE}?format=html`, "*/*", HTML],
      [`${RELEASE}?format=yaml`, BROWSER, HTML],
      ["/-/why/pkg:npm/acme-colours", "*/*", JSON_TYPE],
      ["/-/why/pkg:npm/acme-colours", BROWSER, HTML],
    ];
    for (const [path, accept, type] of forms) {
      const { status, headers } = await get(path, accept);
      assert.deepEqual([status, headers["content-type"]], [200, type], `${path} ${accept}`);
      assert.equal(headers["vary"], "accept");
      assert.equal(headers["cache-control"], "no-store");
      assert.equal(headers["x-content-type-options"], "nosniff");
    }
  });

  it("takes a purl that a program has encoded whole", async () => {
    const encoded = await get(`/-/why/${encodeURIComponent("pkg:npm/acme-colours@1.0.1")}`);
    const { decidedAt: _, ...body } = JSON.parse(encoded.text) as Record<string, unknown>;
    const { decidedAt: __, ...same } = JSON.parse((await get(RELEASE)).text) as Record<string, unknown>;
    assert.deepEqual([encoded.status, body], [200, same]);
    assert.equal((await get("/-/why/pkg%3Anpm%2F%")).status, 400);
  });

  it("lets a page run, fetch, frame and send nothing", async () => {
    const { headers } = await get(RELEASE, BROWSER);
    const policy = String(headers["content-security-policy"]).replace(/sha256-[\w+/=]+/g, "sha256-…");
    assert.equal(
      policy,
      "default-src 'none'; style-src 'sha256-…'; script-src 'sha256-…'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    assert.equal(headers["referrer-policy"], "no-referrer");
    assert.equal(headers["cross-origin-opener-policy"], "same-origin");
  });

  it("answers HEAD as GET, without the page", async () => {
    const [whole, head] = [await get(RELEASE, BROWSER), await get(RELEASE, BROWSER, "HEAD")];
    assert.equal(head.text, "");
    const { date: _, ...headers } = whole.headers;
    const { date: __, ...headersOfHead } = head.headers;
    assert.deepEqual(headersOfHead, headers);
  });

  it("tells people as well as programs why there is no answer, with the same status", async () => {
    for (const [path, status] of [
      ["/-/why/nonsense", 400],
      ["/-/why/pkg:npm/acme-shapes@1.0.0", 404],
      ["/-/nothing", 404],
      ["/npm/acme-shapes", 404],
    ] as const) {
      const [page, body] = [await get(path, BROWSER), await get(path, "*/*")];
      assert.deepEqual([page.status, body.status], [status, status], path);
      assert.equal(page.headers["content-type"], HTML);
      assert.match(page.text, new RegExp(`Error ${status}`));
      assert.equal(body.headers["content-type"], JSON_TYPE);
      assert.match((JSON.parse(body.text) as { error: string }).error, /^cordon: /);
    }
  });

  it("shows a browser the page where it opens a refused file, and records that as one refusal", async () => {
    const recorded = (await proxy.decisions()).length;
    const { status, message, headers, text } = await get(FILE, BROWSER);
    assert.deepEqual([status, headers["content-type"]], [403, HTML]);
    assert.match(message, /^Forbidden - cordon: blocked pkg:npm\/acme-colours@1\.0\.1: /);
    assert.match(text, /<title>acme-colours 1\.0\.1: blocked/);
    assert.match(text, /acme-colours steals tokens\./); // what is known of it as well
    assert.equal((await proxy.decisions()).length, recorded + 1);
  });

  it("gives package managers what they read, whatever they say that they take", async () => {
    const [plain, ...others] = await Promise.all(
      [undefined, "*/*", "application/json", "text/html", "application/vnd.pypi.simple.v1+json, text/html; q=0.01"].map(
        (accept) => get(FILE, accept),
      ),
    );
    assert.equal(plain?.headers["content-type"], JSON_TYPE);
    assert.equal(plain?.headers["content-security-policy"], undefined);
    const { decidedAt: _, ...body } = JSON.parse(plain?.text ?? "") as Record<string, unknown>;
    for (const other of others) {
      const { decidedAt: __, ...same } = JSON.parse(other.text) as Record<string, unknown>;
      assert.deepEqual(same, body);
      assert.deepEqual({ ...other.headers, date: "" }, { ...plain?.headers, date: "" });
      assert.equal(other.message, plain?.message);
    }
  });
});
