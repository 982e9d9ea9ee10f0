import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, it } from "node:test";
import { toJsonSchema } from "../support/extract-openapi.ts";
import { type GitHub, type GitHubOptions, startGitHub } from "../support/github.ts";
import { answerProblems, requestProblems } from "../support/github-contract.ts";
import type { Asset, Release } from "../support/github-state.ts";

const RELEASES = "/repos/acme/policies/releases";
const BYTES = Buffer.from("a signed bundle");

describe("the double of GitHub", () => {
  let github: GitHub;

  beforeEach(() => start());

  afterEach(() => github.close());

  async function start(options: GitHubOptions = {}): Promise<void> {
    await github?.close();
    github = await startGitHub({ readToken: "a-token-that-reads", ...options });
  }

  type Asked = Omit<RequestInit, "headers"> & { readonly headers?: Readonly<Record<string, string>>; duplex?: "half" };

  const ask = (path: string, init: Asked = {}): Promise<Response> =>
    fetch(new URL(path, github.api), { redirect: "manual", ...init });

  const askAs = (token: string, path: string, init: Asked = {}): Promise<Response> =>
    ask(path, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } });

  const write = (method: string, path: string, body?: object): Promise<Response> =>
    askAs(github.token, path, { method, ...(body && { body: JSON.stringify(body) }) });

  async function create(body: object): Promise<Release> {
    const answer = await write("POST", RELEASES, body);
    assert.equal(answer.status, 201);
    return answer.json();
  }

  const upload = (release: Release, name = "bundle.json", body: BodyInit = BYTES): Promise<Response> =>
    askAs(github.token, `${release.upload_url.replace(/\{.*/, "")}?name=${name}`, {
      method: "POST",
      body,
      duplex: "half",
    });

  async function statusAndCode(answer: Response): Promise<string> {
    const { errors, message } = (await answer.json()) as { errors?: { code: string }[]; message: string };
    return `${answer.status} ${errors?.[0]?.code ?? message}`;
  }

  const names = async (answer: Response): Promise<string[]> =>
    ((await answer.json()) as Release[]).map(({ tag_name }) => tag_name);

  it("answers each operation as GitHub's description has it", async () => {
    const draft = await create({ tag_name: "v1", draft: true, name: "One", make_latest: "false" });
    const asset: Asset = await (await upload(draft)).json();
    assert.equal(asset.digest, `sha256:${createHash("sha256").update(BYTES).digest("hex")}`);
    assert.equal((await write("PATCH", `${RELEASES}/${draft.id}`, { draft: false })).status, 200);
    for (const path of ["", "/tags/v1", `/${draft.id}`, `/${draft.id}/assets`, `/assets/${asset.id}`])
      assert.equal((await ask(`${RELEASES}${path}`)).status, 200, path);
    assert.equal((await ask("/repos/acme/policies")).status, 200);
    assert.equal((await write("DELETE", `${RELEASES}/assets/${asset.id}`)).status, 204);
    assert.equal((await write("DELETE", `${RELEASES}/${draft.id}`)).status, 204);
    assert.equal((await write("DELETE", "/repos/acme/policies/git/refs/tags/v1")).status, 204);
    assert.equal((await write("DELETE", "/repos/acme/policies/git/refs/tags/v1")).status, 422);
    assert.equal((await ask(`${RELEASES}/tags/v1`)).status, 404);
    assert.deepEqual(github.releases(), []);
    assert.deepEqual(github.problems, []);
  });

  it("has a problem with what the description does not allow", async () => {
    const get = "GET /repos/{owner}/{repo}/releases/{release_id}";
    const release = await create({ tag_name: "v1" });
    assert.deepEqual(answerProblems(get, 200, release), []);
    const { upload_url: _, ...without } = release;
    assert.match(answerProblems(get, 200, without).join(), /must have required property 'upload_url'/);
    assert.match(answerProblems(get, 200, { ...release, draft: "no" }).join(), /\/draft must be boolean/);
    assert.match(answerProblems(get, 204, undefined).join(), /the status is not described/);
    assert.match(
      requestProblems("POST /repos/{owner}/{repo}/releases", { tag: "v1" }).join(),
      /tag is not known.*tag_name/,
    );
    assert.equal((await write("POST", RELEASES, { tag_name: "v2", make_latest: true })).status, 422);
    assert.equal((await ask(`${RELEASES}/latest`)).status, 404);
    assert.match(github.problems.join(), /make_latest must be string.*GET .*\/latest: not an operation/);
  });

  it("writes nullable types as JSON Schema does", () => {
    assert.deepEqual(
      toJsonSchema({
        description: "dropped",
        properties: {
          description: { type: "string", nullable: true, enum: ["a"] },
          of: { allOf: [{ $ref: "#/components/schemas/x" }], nullable: true },
        },
      }),
      {
        properties: {
          description: { type: ["string", "null"], enum: ["a", null] },
          of: { anyOf: [{ allOf: [{ $ref: "#/$defs/x" }] }, { type: "null" }] },
        },
      },
    );
  });

  it("shows drafts to nobody but who may write", async () => {
    const draft = await create({ tag_name: "v1", draft: true });
    await create({ tag_name: "v0" });
    const reader = (path: string): Promise<Response> => askAs("a-token-that-reads", path);
    assert.deepEqual(await names(await ask(RELEASES)), ["v0"]);
    assert.deepEqual(await names(await reader(RELEASES)), ["v0"]);
    assert.deepEqual(await names(await write("GET", RELEASES)), ["v0", "v1"]);
    assert.equal((await reader(`${RELEASES}/${draft.id}`)).status, 404);
    assert.equal((await write("GET", `${RELEASES}/tags/v1`)).status, 404);
  });

  it("lets only a good token write", async () => {
    const post = { method: "POST", body: '{"tag_name":"v1"}' };
    assert.equal(await statusAndCode(await ask(RELEASES, post)), "401 Requires authentication");
    assert.equal(await statusAndCode(await askAs("another", RELEASES, post)), "401 Bad credentials");
    assert.equal((await askAs("a-token-that-reads", RELEASES, post)).status, 403);
    await start({ isPublic: false });
    assert.equal((await ask(RELEASES)).status, 404);
    assert.equal((await askAs("a-token-that-reads", RELEASES)).status, 200);
    assert.deepEqual(github.releases(), []);
    assert.deepEqual(github.problems, []);
  });

  it("has one published release for a tag, and any number of drafts", async () => {
    await create({ tag_name: "v1" });
    const draft = await create({ tag_name: "v1", draft: true });
    assert.equal(await statusAndCode(await write("POST", RELEASES, { tag_name: "v1" })), "422 already_exists");
    const publish = await write("PATCH", `${RELEASES}/${draft.id}`, { draft: false });
    assert.equal(await statusAndCode(publish), "422 already_exists");
  });

  it("leaves a starter asset of an upload cut short, and its name taken", async () => {
    const draft = await create({ tag_name: "v1", draft: true });
    for (const how of ["cut", "bad-gateway"] as const) {
      github.failNextUpload(how);
      const failed = await upload(draft, how).then(
        ({ status }) => status,
        () => "cut",
      );
      // Deno's fetch sends again what was cut, and then finds the name taken.
      assert.ok(how === "cut" ? ["cut", 422].includes(failed) : failed === 502, `${failed}`);
      assert.equal(await statusAndCode(await upload(draft, how)), "422 already_exists");
    }
    const assets: Asset[] = await (await write("GET", `${RELEASES}/${draft.id}/assets`)).json();
    assert.deepEqual(
      assets.map(({ state, digest }) => ({ state, digest })),
      Array(2).fill({ state: "starter", digest: null }),
    );
    assert.equal((await write("DELETE", `${RELEASES}/assets/${assets[0]?.id}`)).status, 204);
    assert.equal((await upload(draft, "cut")).status, 201);
    assert.equal(await statusAndCode(await upload(draft, "empty", "")), "422 custom");
    const chunks = new Blob([BYTES]).stream();
    assert.equal((await upload(draft, "chunks", chunks)).status, 400);
    assert.deepEqual(github.problems, []);
  });

  it("sends downloads to another origin, by an address that is good for a while", async () => {
    let clock = new Date();
    await start({ now: () => clock });
    const asset: Asset = await (await upload(await create({ tag_name: "v1" }))).json();
    const headers = { accept: "application/octet-stream" };
    const redirect = await ask(`${RELEASES}/assets/${asset.id}`, { headers });
    const address = redirect.headers.get("location") ?? "";
    assert.equal(redirect.status, 302);
    assert.equal(new URL(address).origin, github.storage);
    assert.notEqual(github.storage, github.api);
    const followed = await askAs(github.token, `${RELEASES}/assets/${asset.id}`, { headers, redirect: "follow" });
    assert.equal(await followed.text(), BYTES.toString());
    assert.equal(github.leakedAuthorization, false);
    const part = await ask(address, { headers: { range: "bytes=2-7" } });
    assert.deepEqual([part.status, await part.text()], [206, "signed"]);
    clock = new Date(clock.getTime() + 301_000);
    assert.equal((await askAs(github.token, address)).status, 403);
    assert.equal(github.leakedAuthorization, true);
    assert.deepEqual(github.problems, []);
  });

  it("freezes what is published, where releases are immutable, and its tag for good", async () => {
    await start({ immutable: true });
    const release = await create({ tag_name: "v1", draft: true });
    const asset: Asset = await (await upload(release)).json();
    await write("PATCH", `${RELEASES}/${release.id}`, { draft: false });
    assert.match(await statusAndCode(await upload(release, "more")), /^422 Cannot upload/);
    assert.match(await statusAndCode(await write("DELETE", `${RELEASES}/assets/${asset.id}`)), /^422 Cannot delete/);
    assert.equal((await write("PATCH", `${RELEASES}/${release.id}`, { draft: true })).status, 422);
    assert.equal((await write("DELETE", "/repos/acme/policies/git/refs/tags/v1")).status, 422);
    assert.equal((await write("DELETE", `${RELEASES}/${release.id}`)).status, 204);
    assert.equal(await statusAndCode(await write("POST", RELEASES, { tag_name: "v1" })), "422 custom");
    assert.deepEqual(github.problems, []);
  });

  it("counts requests, but not those of a token that find nothing new", async () => {
    const remaining = (answer: Response): number => Number(answer.headers.get("x-ratelimit-remaining"));
    for (const [token, cost] of [
      [github.token, 0],
      [undefined, 1],
    ] as const) {
      const get = (headers = {}): Promise<Response> =>
        token ? askAs(token, RELEASES, { headers }) : ask(RELEASES, { headers });
      const first = await get();
      const second = await get({ "if-none-match": first.headers.get("etag") ?? "" });
      assert.equal(second.status, 304);
      assert.equal(remaining(first) - remaining(second), cost);
    }
    github.secondaryLimit(7, 429);
    const hurried = await ask(RELEASES);
    assert.deepEqual([hurried.status, hurried.headers.get("retry-after")], [429, "7"]);
    github.limit(1);
    assert.equal((await ask(RELEASES)).status, 200);
    const refused = await ask(RELEASES);
    assert.equal(remaining(refused), 0);
    assert.match(await statusAndCode(refused), /^403 API rate limit exceeded/);
    assert.deepEqual(github.problems, []);
  });

  it("lists in pages, the newest commit first", async () => {
    const dates = ["2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z", "2026-01-01T00:00:00Z"];
    let made = 0;
    await start({ commitDate: () => new Date(dates[made++ % 3] ?? 0) });
    for (const tag_name of ["v1", "v2", "v3"]) await create({ tag_name });
    const first = await ask(`${RELEASES}?per_page=2`);
    assert.deepEqual(await names(first.clone()), ["v2", "v1"]);
    const next = /<([^>]+)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
    const last = await ask(next);
    assert.deepEqual(await names(last.clone()), ["v3"]);
    assert.doesNotMatch(last.headers.get("link") ?? "", /rel="next"/);
    assert.deepEqual(github.problems, []);
  });

  it("lists releases of one commit by their ids, or in no order at all", async () => {
    const tags = Array.from({ length: 9 }, (_, index) => `v${index}`);
    for (const shuffleTies of [false, true]) {
      await start({ shuffleTies });
      for (const tag_name of tags) await create({ tag_name });
      const listed = await names(await ask(RELEASES));
      assert.equal(listed.join() === tags.toReversed().join(), !shuffleTies);
      assert.deepEqual(listed.sort(), tags);
    }
  });

  it("keeps what it was asked", async () => {
    await upload(await create({ tag_name: "v1" }));
    const [created, uploaded] = github.requests;
    assert.deepEqual(
      [created?.host, created?.method, created?.path, created?.status, created?.authorized],
      ["api", "POST", RELEASES, 201, true],
    );
    assert.equal(uploaded?.host, "uploads");
    assert.ok(uploaded?.headers.includes("authorization"));
  });
});
