import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { BUNDLE_FILE } from "../../../core/bundle/manifest.ts";
import { assetName, parseReleaseTag, releaseTag } from "../../../core/bundle/sources/github.ts";
import { bundleSource } from "../../../core/bundle/sources/index.ts";
import { sha256 } from "../../../core/digest.ts";
import { ServerBusy } from "../../../core/server-busy.ts";
import { type GitHub, type GitHubOptions, startGitHub } from "../../support/github.ts";

const REPOSITORY = "acme/policies";
const BLOB = "a blob";
const COMMIT = new Date("2026-11-20T00:00:00Z");

describe("releases of a GitHub repository as a source", () => {
  let github: GitHub;

  beforeEach(async () => {
    github = await startGitHub({ commitDate: () => COMMIT, shuffleTies: true });
  });

  afterEach(async () => {
    await github.close();
    assert.deepEqual(github.problems, []);
  });

  const environment = (token?: string) => ({ GITHUB_API_URL: github.api, ...(token && { GITHUB_TOKEN: token }) });
  const open = (token?: string, channel = "stable") =>
    bundleSource(`github:${REPOSITORY}@${channel}`, { environment: environment(token) });

  /** As a publisher would by hand. */
  async function release(tag: string, content: string, { draft = false } = {}): Promise<void> {
    const ask = async (url: string, method: string, body: string) => {
      const headers = { authorization: `Bearer ${github.token}`, "user-agent": "test" };
      const answer = await fetch(url, { method, body, headers });
      assert.ok(answer.ok, `${answer.status}`);
      return (await answer.json()) as { id: number; upload_url: string };
    };
    const releases = `${github.api}/repos/${REPOSITORY}/releases`;
    const { id, upload_url } = await ask(releases, "POST", JSON.stringify({ tag_name: tag, draft: true }));
    const upload = upload_url.replace(/\{.*$/, "");
    await ask(`${upload}?name=${BUNDLE_FILE}`, "POST", content);
    await ask(`${upload}?name=${assetName(sha256(BLOB))}`, "POST", BLOB);
    if (!draft) await ask(`${releases}/${id}`, "PATCH", JSON.stringify({ draft: false }));
  }

  const textOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

  it("gives the highest revision of its channel, whatever the order, dates, drafts and other releases", async () => {
    await release("bundle-stable-0.9", "nine");
    await release("bundle-stable-0.10", "ten");
    await release("bundle-stable-0.2", "two");
    await release("bundle-beta-0.99", "beta");
    await release("v11.0.0", "an application");
    await release("bundle-stable-0.11", "a draft", { draft: true });
    const offered = await open(github.token).poll(undefined);
    assert.equal(textOf(offered?.bytes), "ten");
    assert.equal(textOf(await offered?.readBlob(sha256(BLOB), 100)), BLOB);
    assert.equal(textOf((await open(undefined, "beta").poll(undefined))?.bytes), "beta");
    await release("bundle-stable-1.1", "a new epoch");
    assert.equal(textOf((await open().poll(undefined))?.bytes), "a new epoch");
    assert.equal(github.leakedAuthorization, false);
  });

  it("is asked by ETag, for nothing but the list while there is nothing new", async () => {
    await release("bundle-stable-0.1", "one");
    const source = open(github.token);
    const first = await source.poll(undefined);
    // The first download is counted, which changes the list once more.
    for (let polls = 0; polls < 3; polls++) assert.equal(await source.poll(first?.validator), undefined);
    const before = github.requests.length;
    assert.equal(await source.poll(first?.validator), undefined);
    assert.deepEqual(
      github.requests.slice(before).map(({ method, status }) => `${method} ${status}`),
      ["GET 304"],
    );
    await release("bundle-stable-0.2", "two");
    assert.equal(textOf((await source.poll(first?.validator))?.bytes), "two");
  });

  it("offers what it has again to one who asks anew, though the list is the same", async () => {
    await release("bundle-stable-0.1", "one");
    const source = open(github.token);
    await source.poll(undefined);
    assert.equal(textOf((await source.poll(undefined))?.bytes), "one");
  });

  it("is found behind pages of other releases", async () => {
    await github.close();
    let day = 0;
    github = await startGitHub({ commitDate: () => new Date(COMMIT.getTime() + day++ * 86_400_000) });
    await release("bundle-stable-0.1", "one");
    for (let other = 0; other < 101; other++) await release(`v${other}`, "an application");
    assert.equal(textOf((await open(github.token).poll(undefined))?.bytes), "one");
  });

  it("says that there is none", async () => {
    await assert.rejects(open().poll(undefined), {
      code: "BUNDLE_MISSING",
      message: /has no release of channel stable/,
    });
  });

  it("is not asked more often than its limits allow: without a token every five minutes, and not before they end", async () => {
    assert.equal(open().minPollSeconds, 300);
    assert.equal(open(github.token).minPollSeconds, 0);
    github.limit(0);
    await assert.rejects(open(github.token).poll(undefined), (error) => {
      assert.ok(error instanceof ServerBusy);
      assert.ok(error.retryAt.getTime() > Date.now());
      assert.ok(!error.message.includes(github.token));
      return true;
    });
    github.limit(1000);
    github.secondaryLimit(90, 429);
    await assert.rejects(open(github.token).poll(undefined), (error) => {
      assert.ok(error instanceof ServerBusy);
      const wait = error.retryAt.getTime() - Date.now();
      assert.ok(wait > 85_000 && wait <= 90_000, `${wait}`);
      return true;
    });
  });

  it("says when the token is wrong, and repeats it nowhere", async () => {
    await assert.rejects(open("ghp_wrong").poll(undefined), (error: { code: string; message: string }) => {
      assert.equal(error.code, "SOURCE_DENIED");
      assert.match(error.message, /Bad credentials/);
      assert.ok(!error.message.includes("ghp_wrong"));
      return true;
    });
  });

  it("needs a token for what is private", async () => {
    await github.close();
    github = await startGitHub({ isPublic: false } satisfies GitHubOptions);
    await release("bundle-stable-0.1", "one");
    await assert.rejects(open().poll(undefined), { code: "NOT_FOUND", message: /not for this token/ });
    assert.equal(textOf((await open(github.token).poll(undefined))?.bytes), "one");
  });
});

describe("releaseTag()", () => {
  it("is read back as it was written, whatever the channel", () => {
    for (const channel of ["stable", "a-1.2", "x.y-0.3"]) {
      const name = { channel, epoch: 2, revision: 41 };
      assert.deepEqual(parseReleaseTag(releaseTag(name)), name);
    }
    for (const tag of ["v1.0.0", "bundle-stable", "bundle-stable-1", "bundle--0.1", "bundle-stable-0.1-rc"])
      assert.equal(parseReleaseTag(tag), undefined, tag);
  });
});
