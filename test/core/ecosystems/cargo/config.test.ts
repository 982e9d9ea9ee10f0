/** The registry's config, which stands before each of its documents. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { cargo } from "../../../../core/ecosystems/cargo/index.ts";
import { CordonError, type FailureCode } from "../../../../core/errors.ts";
import { createFetch } from "../../../../core/http.ts";
import type { Upstream } from "../../../../core/upstream.ts";
import { createUpstream } from "../../../../core/upstream-registry.ts";
import { type CratesOptions, type FixtureCrates, startCrates } from "../../../support/crates-registry.ts";
import type { Answer } from "../../../support/registry.ts";

const HOUR_MS = 60 * 60_000;
const CONFIG = "/index/config.json";

describe("createUpstream(), of a Cargo registry", () => {
  let crates: FixtureCrates;
  let upstream: Upstream;
  let later = 0;

  beforeEach(() => {
    later = 0;
    const now = performance.now.bind(performance);
    mock.method(performance, "now", () => now() + later);
  });
  afterEach(async () => {
    mock.restoreAll();
    await crates.close();
  });

  async function start(options: CratesOptions = {}, token?: string): Promise<void> {
    crates = await startCrates([{ name: "some", versions: [{ version: "1.0.0" }] }], options);
    const registry = new URL("index/", crates.url);
    upstream = createUpstream({ ecosystem: cargo, registry, fetch: createFetch(), ...(token && { token }) });
  }
  const answerWith =
    (status: number, body: string): Answer =>
    (_request, response) => {
      response.statusCode = status;
      response.end(body);
    };
  const urlOf = async () => (await upstream.listing("some")).releases.get("1.0.0")?.files[0]?.url;
  const failsWith = (code: FailureCode) =>
    assert.rejects(upstream.listing("some"), (error) => error instanceof CordonError && error.code === code);
  const asked = () => crates.requests.filter((path) => path === CONFIG).length;

  it("asks for it once an hour", async () => {
    await start();
    await upstream.listing("some");
    await upstream.listing("some");
    assert.equal(asked(), 1);
    later = HOUR_MS;
    await upstream.listing("some");
    assert.equal(asked(), 2);
  });

  it("gives the document anew where the config has changed and the entry has not", async () => {
    await start();
    const known = await upstream.document("some");
    assert.ok(known?.etag !== undefined);
    assert.equal(await upstream.document("some", known), undefined);
    assert.deepEqual(
      crates.asked.filter(({ path }) => path !== CONFIG).map(({ status }) => status),
      [200, 304],
    );
    crates.answer(CONFIG, answerWith(200, '{"dl":"https://files.example/dl"}'));
    later = HOUR_MS;
    const changed = await upstream.document("some", known);
    assert.match(Buffer.from(changed?.bytes ?? []).toString(), /^\{"dl":"https:\/\/files\.example\/dl"\}\n\{/);
    assert.notEqual(changed?.digest, known.digest);
    assert.equal(await upstream.document("some", changed), undefined);
  });

  for (const [what, status, body, code] of [
    ["too many requests", 429, '{"errors":[]}', "UPSTREAM_STATUS"],
    ["a failure", 503, "{}", "UPSTREAM_STATUS"],
    ["a question for a token", 401, "{}", "UPSTREAM_REFUSED"],
    ["a bad request, in JSON", 400, '{"errors":[]}', "UPSTREAM_REFUSED"],
    ["nothing at its path", 404, '{"errors":[]}', "UPSTREAM_STATUS"],
    ["a page", 200, "<html>", "UPSTREAM_MALFORMED"],
    ["another document", 200, '{"errors":[]}', "UPSTREAM_MALFORMED"],
    ["what is too large", 200, JSON.stringify({ dl: "x".repeat(100_000) }), "UPSTREAM_TOO_LARGE"],
  ] as const)
    it(`fails where it is answered with ${what}, and no longer than that`, async () => {
      await start();
      crates.answer(CONFIG, answerWith(status, body));
      await failsWith(code);
      crates.answer(CONFIG, answerWith(200, '{"dl":"https://registry.example/dl"}'));
      assert.equal(await urlOf(), "https://registry.example/dl/some/1.0.0/download");
    });

  it("sends a token as cargo does, without a scheme", async () => {
    await start({ token: "secret" }, "secret");
    assert.ok(await urlOf());
    const file = (await upstream.listing("some")).releases.get("1.0.0")?.files[0];
    assert.ok(file);
    (await upstream.file(file)).body.destroy();
    assert.ok(crates.asked.every(({ headers }) => headers.authorization === "secret"));
  });

  for (const dl of [
    "javascript:alert(1)",
    "file:///etc/passwd",
    "data:text/plain,x",
    "no address",
    "",
    "//registry.example",
    "/dl",
    "https://",
    "https://{version}.registry.example:x/",
    "https://elsewhere.example/dl",
    "https://user:password@elsewhere.example/dl",
    "http://127.0.0.1:1/dl",
    "http://127.0.0.1@elsewhere.example/dl",
    "https://{crate}.example/{sha256-checksum}",
    "https://{sha256-checksum}/dl",
  ])
    it(`fetches nothing by a \`dl\` of ${JSON.stringify(dl)}`, async () => {
      await start({ config: { dl } });
      const file = (await upstream.listing("some")).releases.get("1.0.0")?.files[0];
      assert.ok(file);
      await assert.rejects(
        upstream.file(file),
        (error) =>
          error instanceof CordonError && error.code === "UPSTREAM_MALFORMED" && !error.message.includes("password"),
      );
    });

  it("takes a user in a `dl` of its own origin for nothing", async () => {
    await start();
    const dl = new URL("dl", crates.url);
    [dl.username, dl.password] = ["user", "password"];
    crates.answer(CONFIG, answerWith(200, JSON.stringify({ dl: dl.href })));
    const file = (await upstream.listing("some")).releases.get("1.0.0")?.files[0];
    assert.ok(file);
    (await upstream.file(file)).body.destroy();
    assert.equal(crates.asked.at(-1)?.headers.authorization, undefined);
  });
});
