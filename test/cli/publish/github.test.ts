import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, it } from "node:test";
import { githubTarget } from "../../../cli/publish/github.ts";
import { publishBundle } from "../../../cli/publish/publish.ts";
import type { SignedBundle } from "../../../cli/publish/target.ts";
import { compileFeed } from "../../../core/advisories/feed.ts";
import { BUNDLE_FILE } from "../../../core/bundle/manifest.ts";
import { assetName, githubSource } from "../../../core/bundle/sources/github.ts";
import { CordonError } from "../../../core/errors.ts";
import { createFetch, type Fetch, type FetchOptions } from "../../../core/http.ts";
import { type GitHub, type GitHubOptions, startGitHub } from "../../support/github.ts";
import { blobsOf, makeSigner, openFrom, withPolicy } from "../../support/signed-bundles.ts";

const REPOSITORY = "acme/policies";
const READ_TOKEN = "a-token-that-reads";

type Matches = (url: URL, options: FetchOptions) => boolean;

interface Attempt {
  readonly channel?: string;
  readonly keep?: number;
  readonly token?: string;
  readonly fetch?: Fetch;
  readonly api?: string;
}

const signer = makeSigner();
const send = createFetch(8);

/** Sends, after what is to happen right before it. */
function sendAfter(matches: Matches, first: () => Promise<unknown>, then: Fetch = send): Fetch {
  let isDone = false;
  return async (url, options) => {
    if (!isDone && matches(url, options)) {
      isDone = true;
      await first();
    }
    return then(url, options);
  };
}

const isCreation: Matches = ({ pathname }, { method }) => method === "POST" && pathname.endsWith("/releases");
const isUploadOf =
  (name: string): Matches =>
  ({ searchParams }, { method }) =>
    method === "POST" && searchParams.get("name") === name;
const isPublishing: Matches = (_url, { method }) => method === "PATCH";
const isRemoval: Matches = (_url, { method }) => method === "DELETE";

for (const immutable of [false, true]) {
  describe(`publishing to a GitHub repository${immutable ? " whose releases are immutable" : ""}`, () => {
    let github: GitHub;

    beforeEach(() => start());

    afterEach(async () => {
      await github.close();
      assert.deepEqual(github.problems, []);
      assert.equal(github.leakedAuthorization, false);
    });

    async function start(options: GitHubOptions = {}): Promise<void> {
      github = await startGitHub({ immutable, readToken: READ_TOKEN, shuffleTies: true, ...options });
    }

    function target({ channel = "stable", keep = 30, token = github.token, fetch = send, api }: Attempt = {}) {
      const environment = { GITHUB_API_URL: api ?? github.api, GITHUB_TOKEN: token };
      return githubTarget({ repository: REPOSITORY, channel }, { fetch, environment, keep });
    }

    /** What was reported, in order, and what came of it. */
    async function publish(bundle: SignedBundle, attempt: Attempt = {}) {
      const reports: string[] = [];
      const published = await publishBundle(bundle, target(attempt), (name, what) => reports.push(`${name}: ${what}`));
      return { ...published, reports };
    }

    /** Why it was not published; no word of any token. */
    async function failure(attempt: Promise<unknown>): Promise<CordonError> {
      const error = await attempt.then(
        () => assert.fail("it was published"),
        (error: unknown) => error,
      );
      assert.ok(error instanceof CordonError, String(error));
      for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
        assert.doesNotMatch(`${cause.message}${cause.stack}`, /a-token-that|ghp_/);
      return error;
    }

    /** An attempt that gets as far as the last step. */
    async function leaveDraft(bundle: SignedBundle): Promise<void> {
      const unreachable = new CordonError("UPSTREAM_UNREACHABLE", "the network is gone");
      const fetch = sendAfter(isPublishing, () => Promise.reject(unreachable));
      assert.equal(await failure(publish(bundle, { fetch })), unreachable);
    }

    /** As anybody reads it, without a token. */
    const anonymous = (channel = "stable") =>
      githubSource({ repository: REPOSITORY, channel }, send, { GITHUB_API_URL: github.api });

    async function assertPublished({ digest }: SignedBundle): Promise<void> {
      assert.equal(await openFrom(anonymous(), signer.publicKey), digest);
    }

    const tags = () => github.releases().map(({ tag_name, draft }) => `${tag_name}${draft ? " (a draft)" : ""}`);
    const assetsOf = (bundle: SignedBundle) => [...blobsOf(bundle).map(assetName), BUNDLE_FILE];
    /** What was changed, or was to be: method, what it was done to, status. */
    const changes = () =>
      github.requests
        .filter(({ method }) => method !== "GET")
        .map(({ method, path, status }) => {
          const what = path.replace(/^.*\?name=/, "").replace(/^\/repos\/[^/]+\/[^/]+\//, "");
          return `${method} ${what.replace(/\/\d+$/, "/ID")} ${status}`;
        });

    /** As somebody does by hand. */
    async function release(tag: string, draft = false): Promise<void> {
      const answer = await fetch(`${github.api}/repos/${REPOSITORY}/releases`, {
        method: "POST",
        body: JSON.stringify({ tag_name: tag, draft }),
        headers: { authorization: `Bearer ${github.token}`, "user-agent": "test" },
      });
      assert.equal(answer.status, 201, await answer.text());
    }

    it("fills a draft, the signed file last, and publishes it in one step that others see", async () => {
      const bundle = await signer.sign();
      const [policy, advisories] = assetsOf(bundle);
      const fetch = sendAfter(isPublishing, async () => {
        assert.deepEqual(tags(), ["bundle-stable-0.1 (a draft)"]);
        await assert.rejects(anonymous().poll(undefined), { code: "BUNDLE_MISSING" });
        await assert.rejects(openFrom(target({ token: READ_TOKEN }).source, signer.publicKey), {
          code: "BUNDLE_MISSING",
        });
      });
      const { outcome, url, reports } = await publish(bundle, { fetch });
      assert.equal(outcome, "published");
      assert.equal(url, `https://github.invalid/${REPOSITORY}/releases/tag/bundle-stable-0.1`);
      assert.deepEqual(changes(), [
        "POST releases 201",
        `POST ${policy} 201`,
        `POST ${advisories} 201`,
        `POST ${BUNDLE_FILE} 201`,
        "PATCH releases/ID 200",
      ]);
      assert.deepEqual(reports, [
        "policy: sent",
        "advisories.local: sent",
        `${BUNDLE_FILE}: sent`,
        "bundle-stable-0.1: sent",
      ]);
      assert.ok(github.requests.filter(({ method }) => method !== "GET").every(({ authorized }) => authorized));
      await assertPublished(bundle);
    });

    it("says in the release what it is, and names the commit where it is this repository's", async () => {
      const [repository, commit] = [`https://registry.example/${REPOSITORY}.git`, "c".repeat(40)];
      const first = await signer.sign({ repository, commit });
      await publish(first);
      const elsewhere = await signer.follow(first, { repository: "https://registry.example/x/policies", commit });
      await publish(elsewhere);
      const releases = [...github.releases()].sort((a, b) => a.id - b.id);
      assert.deepEqual(
        releases.map(({ target_commitish, name }) => [target_commitish, name]),
        [
          [commit, "Policy bundle 0.1 (stable)"],
          ["main", "Policy bundle 0.2 (stable)"],
        ],
      );
      assert.match(releases[0]?.body ?? "", new RegExp(`Statement: sha256:${first.digest}`));
    });

    it("sends nothing a second time", async () => {
      const bundle = await signer.sign();
      await publish(bundle);
      const before = changes();
      assert.deepEqual(await publish(bundle), { outcome: "already published", url: null, reports: [] });
      assert.deepEqual(changes(), before);
    });

    it("publishes two parts with the same bytes", async () => {
      const bundle = await signer.sign({ feeds: [compileFeed("local", []), compileFeed("osv", [])] });
      assert.equal(new Set(blobsOf(bundle)).size, 2);
      await publish(bundle);
      await assertPublished(bundle);
    });

    for (const how of ["cut", "bad-gateway"] as const) {
      it(`sends again an upload that was ${how === "cut" ? "cut short" : "answered with 502"}`, async () => {
        const bundle = await signer.sign();
        const fetch = sendAfter(isUploadOf(BUNDLE_FILE), async () => github.failNextUpload(how));
        assert.equal((await publish(bundle, { fetch })).outcome, "published");
        await assertPublished(bundle);
      });
    }

    it("gives up after three cut uploads, and takes the draft up the next time", async () => {
      const bundle = await signer.sign();
      const always: Fetch = (url, options) => {
        if (isUploadOf(BUNDLE_FILE)(url, options)) github.failNextUpload("bad-gateway");
        return send(url, options);
      };
      const error = await failure(publish(bundle, { fetch: always }));
      assert.equal(error.code, "UPSTREAM_STATUS");
      assert.deepEqual(tags(), ["bundle-stable-0.1 (a draft)"]);
      const { reports } = await publish(bundle);
      assert.deepEqual(reports.slice(0, 3), [
        "policy: there already",
        "advisories.local: there already",
        `${BUNDLE_FILE}: sent`,
      ]);
      assert.deepEqual(tags(), ["bundle-stable-0.1"]);
      await assertPublished(bundle);
    });

    it("takes up the draft that an earlier attempt left, and sends what is missing", async () => {
      const bundle = await signer.sign();
      const [, advisories = ""] = assetsOf(bundle);
      const fetch = sendAfter(isUploadOf(advisories), () =>
        Promise.reject(new CordonError("SOURCE_DENIED", "the token has expired")),
      );
      assert.equal((await failure(publish(bundle, { fetch }))).message, "the token has expired");
      const [{ id } = { id: 0 }] = github.releases();
      const { reports } = await publish(bundle);
      assert.deepEqual(reports.slice(0, 2), ["policy: there already", "advisories.local: sent"]);
      assert.deepEqual(
        github.releases().map((one) => one.id),
        [id],
      );
      await assertPublished(bundle);
    });

    it("replaces an asset of the draft that has other bytes", async () => {
      const bundle = await signer.sign();
      await leaveDraft(bundle);
      // The same statement with another signature: the draft is this bundle's, and its signed file is not.
      const again = { ...bundle, bytes: Buffer.concat([bundle.bytes, Buffer.from("\n")]) };
      const { reports } = await publish(again);
      assert.deepEqual(reports.slice(0, 3), [
        "policy: there already",
        "advisories.local: there already",
        `${BUNDLE_FILE}: sent`,
      ]);
      assert.deepEqual(Buffer.from((await anonymous().poll(undefined))?.bytes ?? []), again.bytes);
      await assertPublished(again);
    });

    it("leaves the draft of another bundle for its tag alone until its own is published, and then removes it", async () => {
      const [other, ours] = await Promise.all([signer.sign(withPolicy("other")), signer.sign(withPolicy("ours"))]);
      await leaveDraft(other);
      const [before] = github.releases();
      const fetch = sendAfter(isPublishing, async () => {
        assert.equal(github.releases().length, 2);
        assert.deepEqual(
          github.releases().find(({ id }) => id === before?.id),
          before,
        );
      });
      const { reports } = await publish(ours, { fetch });
      assert.deepEqual(reports.slice(-1), ["bundle-stable-0.1 (a draft): removed"]);
      assert.deepEqual(tags(), ["bundle-stable-0.1"]);
      await assertPublished(ours);
      assert.equal((await failure(publish(other))).code, "BUNDLE_FORK");
    });

    it("lets one of two publish a revision, and the other sees a fork", async () => {
      let before = await signer.sign();
      await publish(before);
      for (let round = 0; round < 5; round++) {
        const pair = await Promise.all(["a", "b"].map((name) => signer.follow(before, withPolicy(`${name}${round}`))));
        const attempts = await Promise.allSettled(pair.map((bundle) => publish(bundle)));
        const won = attempts.flatMap(({ status }, index) => (status === "fulfilled" ? (pair[index] ?? []) : []));
        const lost = attempts.flatMap((attempt) => (attempt.status === "rejected" ? [attempt.reason] : []));
        assert.deepEqual([won.length, lost.map(({ code }) => code)], [1, ["BUNDLE_FORK"]], String(lost[0]?.message));
        before = won[0] ?? before;
        await assertPublished(before);
      }
      assert.equal(tags().filter((tag) => !tag.includes("draft")).length, 6);
    });

    it("lets two publish the very same bundle at once, and both end well", async () => {
      let before = await signer.sign();
      await publish(before);
      for (let round = 0; round < 5; round++) {
        const bundle = await signer.follow(before, withPolicy(`same${round}`));
        for (const { outcome } of await Promise.all([publish(bundle), publish(bundle)]))
          assert.match(outcome, /^(already )?published$/);
        before = bundle;
        await assertPublished(before);
      }
      assert.equal(tags().filter((tag) => !tag.includes("draft")).length, 6);
    });

    // Whoever is first removes the drafts of what is over, and the other's among them.
    const OVERTAKING: readonly [name: string, when: (bundle: SignedBundle) => Matches][] = [
      ["while it sends", (bundle) => isUploadOf(assetName(blobsOf(bundle)[1] ?? ""))],
      ["before it is shown", () => isPublishing],
    ];
    for (const [name, when] of OVERTAKING) {
      it(`ends well when another has published this very bundle ${name}`, async () => {
        const bundle = await signer.sign();
        const [filled, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        let other: ReturnType<typeof publish> | undefined;
        const waits = sendAfter(isPublishing, () => {
          filled.resolve();
          return goOn.promise;
        });
        // Both have looked for a draft to take up and found none, so each fills one of its own.
        const beginsLater = () => {
          other = publish(bundle, { fetch: waits });
          return filled.promise;
        };
        const lets = sendAfter(when(bundle), () => {
          goOn.resolve();
          return Promise.resolve(other);
        });
        const { outcome, url } = await publish(bundle, { fetch: sendAfter(isCreation, beginsLater, lets) });
        assert.deepEqual([(await other)?.outcome, outcome, url], ["published", "already published", null]);
        assert.deepEqual(tags(), ["bundle-stable-0.1"]);
        await assertPublished(bundle);
      });

      it(`ends well when another has taken its draft up and published it ${name}`, async () => {
        const bundle = await signer.sign();
        const fetch = sendAfter(when(bundle), () => publish(bundle));
        await publish(bundle, { fetch });
        assert.deepEqual(tags(), ["bundle-stable-0.1"]);
        await assertPublished(bundle);
      });

      it(`says so when another has published something else as this revision ${name}`, async () => {
        const [ours, theirs] = await Promise.all([signer.sign(withPolicy("ours")), signer.sign(withPolicy("theirs"))]);
        const fetch = sendAfter(when(ours), () => publish(theirs));
        const error = await failure(publish(ours, { fetch }));
        assert.equal(error.code, "BUNDLE_FORK", error.message);
        await assertPublished(theirs);
      });

      it(`says so when another has published a higher revision ${name}`, async () => {
        const ours = await signer.sign(withPolicy("ours"));
        const theirs = await signer.sign({ revision: 2 });
        const fetch = sendAfter(when(ours), () => publish(theirs));
        const error = await failure(publish(ours, { fetch }));
        assert.equal(error.code, "BUNDLE_ROLLBACK", error.message);
        await assertPublished(theirs);
      });
    }

    describe("keeps the order of revisions", () => {
      it("refuses what goes back, forks or was overtaken, and sends nothing of it", async () => {
        const first = await signer.sign({ revision: 5 });
        await publish(first);
        const before = changes();
        const REFUSED = [
          ["BUNDLE_ROLLBACK", await signer.sign({ revision: 4 })],
          ["BUNDLE_FORK", await signer.sign({ revision: 5, ...withPolicy("fork") })],
          ["BUNDLE_OVERTAKEN", await signer.sign({ revision: 6 })],
        ] as const;
        for (const [code, bundle] of REFUSED) assert.equal((await failure(publish(bundle))).code, code);
        assert.deepEqual(changes(), before);
        await assertPublished(first);
      });

      it("goes by revisions and epochs as numbers", async () => {
        let last = await signer.sign({ revision: 9 });
        await publish(last);
        for (const changes of [{}, {}, { epoch: 1, revision: 1 }]) {
          last = await signer.follow(last, changes);
          assert.equal((await publish(last)).outcome, "published");
          await assertPublished(last);
        }
        assert.ok(tags().includes("bundle-stable-0.10") && tags().includes("bundle-stable-1.1"));
      });

      it("refuses a bundle of another channel than the target's", async () => {
        const error = await failure(publish(await signer.sign({ channel: "beta" })));
        assert.equal(error.code, "BUNDLE_CHANNEL");
        assert.deepEqual(changes(), []);
      });

      it("does not say that it is published where its tag is a release without a bundle", async () => {
        await release("bundle-stable-0.1");
        const error = await failure(publish(await signer.sign()));
        assert.equal(error.code, "UPSTREAM_MALFORMED");
        await assert.rejects(anonymous().poll(undefined), { code: "UPSTREAM_MALFORMED" });
      });
    });

    describe("prunes", () => {
      it("all but so many releases of its channel with their tags, and nothing else", async () => {
        await release("v1.0.0");
        await release("v2.0.0", true);
        const beta = await signer.sign({ channel: "beta" });
        await publish(beta, { channel: "beta" });
        await publish(await signer.follow(beta, { channel: "beta" }), { channel: "beta" });
        let last = await signer.sign();
        await publish(last);
        for (let revision = 2; revision <= 5; revision++) {
          last = await signer.follow(last, withPolicy(`p${revision}`));
          const { reports } = await publish(last, { keep: 3 });
          assert.deepEqual(
            reports.filter((line) => line.endsWith("removed")),
            revision > 3 ? [`bundle-stable-0.${revision - 3}: removed`] : [],
          );
        }
        assert.deepEqual(tags().sort(), [
          "bundle-beta-0.1",
          "bundle-beta-0.2",
          "bundle-stable-0.3",
          "bundle-stable-0.4",
          "bundle-stable-0.5",
          "v1.0.0",
          "v2.0.0 (a draft)",
        ]);
        assert.deepEqual(
          github.refs().filter((ref) => ref.startsWith("tags/bundle-stable-")),
          [3, 4, 5].map((revision) => `tags/bundle-stable-0.${revision}`),
        );
        await assertPublished(last);
      });

      it("drafts of its channel that are over, and not those to come", async () => {
        for (const tag of ["bundle-stable-0.1", "bundle-stable-0.3", "bundle-beta-0.1", "bundle-stable-x"])
          await release(tag, true);
        await publish(await signer.sign({ revision: 2 }));
        assert.deepEqual(tags().sort(), [
          "bundle-beta-0.1 (a draft)",
          "bundle-stable-0.2",
          "bundle-stable-0.3 (a draft)",
          "bundle-stable-x (a draft)",
        ]);
      });

      it("and what it cannot remove does not keep the bundle from being published", async () => {
        const first = await signer.sign();
        await publish(first);
        const second = await signer.follow(first, withPolicy("two"));
        const denied = new CordonError("SOURCE_DENIED", "this token may not");
        const fetch = sendAfter(isRemoval, () => Promise.reject(denied));
        const { outcome, url, reports } = await publish(second, { fetch, keep: 1 });
        assert.equal(outcome, "published");
        assert.match(String(url), /bundle-stable-0\.2$/);
        assert.match(reports.at(-1) ?? "", /this token may not.*: not removed$/);
        assert.deepEqual(tags().sort(), ["bundle-stable-0.1", "bundle-stable-0.2"]);
        await assertPublished(second);
      });

      it("what another removes at the same time", async () => {
        const first = await signer.sign();
        await publish(first);
        const second = await signer.follow(first, withPolicy("two"));
        const [old] = github.releases();
        const fetch = sendAfter(isRemoval, async () => {
          const answer = await send(new URL(`${github.api}/repos/${REPOSITORY}/releases/${old?.id}`), {
            method: "DELETE",
            headers: { authorization: `Bearer ${github.token}` },
            maxBytes: 1000,
            timeoutMs: 5000,
          });
          answer.body.resume();
        });
        const { reports } = await publish(second, { fetch, keep: 1 });
        assert.deepEqual(reports.slice(-1), ["bundle-stable-0.1: removed"]);
        assert.deepEqual(
          [tags(), github.refs().filter((ref) => ref.startsWith("tags/"))],
          [["bundle-stable-0.2"], ["tags/bundle-stable-0.2"]],
        );
      });
    });

    // What follows is the same for both, and has to wait.
    if (immutable) return;

    describe("keeps to the limits", () => {
      it("fails at once where the hour's requests are spent, at the beginning or in the middle", async () => {
        const bundle = await signer.sign();
        github.limit(0);
        assert.equal((await failure(publish(bundle))).code, "SERVER_BUSY");
        github.limit(1000);
        const fetch = sendAfter(isUploadOf(BUNDLE_FILE), async () => github.limit(0));
        assert.equal((await failure(publish(bundle, { fetch }))).code, "SERVER_BUSY");
        github.limit(1000);
        assert.equal((await publish(bundle)).outcome, "published");
        assert.deepEqual(tags(), ["bundle-stable-0.1"]);
        await assertPublished(bundle);
      });

      const STEPS: readonly [name: string, matches: Matches, status: 403 | 429][] = [
        ["at the first question", () => true, 403],
        ["while it sends", isUploadOf(BUNDLE_FILE), 429],
        ["before it is shown", isPublishing, 403],
      ];
      for (const [name, matches, status] of STEPS) {
        it(`waits when it is asked to for a short while, and goes on: ${name}`, async () => {
          const bundle = await signer.sign();
          const fetch = sendAfter(matches, async () => github.secondaryLimit(0, status));
          assert.equal((await publish(bundle, { fetch })).outcome, "published");
          assert.ok(github.requests.some((request) => request.status === status));
          await assertPublished(bundle);
        });
      }

      it("does not wait for an hour", async () => {
        const bundle = await signer.sign();
        const fetch = sendAfter(isPublishing, async () => github.secondaryLimit(3600));
        const error = await failure(publish(bundle, { fetch }));
        assert.equal(error.code, "SERVER_BUSY");
        await assert.rejects(anonymous().poll(undefined), { code: "BUNDLE_MISSING" });
      });
    });

    describe("needs a token that may write", () => {
      it("and asks nothing without one", async () => {
        await github.close();
        await start({ isPublic: false });
        const bundle = await signer.sign();
        const error = await failure((async () => publish(bundle, { token: "" }))());
        assert.equal(error.code, "SOURCE_DENIED");
        assert.match(error.message, /publishing to github:acme\/policies@stable needs a token in GITHUB_TOKEN/);
        assert.deepEqual(github.requests, []);
      });

      it("and tells a wrong one from one that may only read", async () => {
        const bundle = await signer.sign();
        const wrong = await failure(publish(bundle, { token: "ghp_wrong" }));
        assert.deepEqual([wrong.code, /Bad credentials/.test(wrong.message)], ["SOURCE_DENIED", true]);
        const reads = await failure(publish(bundle, { token: READ_TOKEN }));
        assert.deepEqual([reads.code, /not accessible/.test(reads.message)], ["SOURCE_DENIED", true]);
        assert.deepEqual(github.releases(), []);
      });

      it("also in a private repository, whose readers need one too", async () => {
        await github.close();
        await start({ isPublic: false });
        const bundle = await signer.sign();
        await publish(bundle);
        assert.equal(await openFrom(target({ token: READ_TOKEN }).source, signer.publicKey), bundle.digest);
        await assert.rejects(anonymous().poll(undefined), { code: "NOT_FOUND" });
      });
    });
  });
}

describe("publishing to what says that it is GitHub", () => {
  const environment = (api: string) => ({ GITHUB_API_URL: api, GITHUB_TOKEN: "a-token-that-writes" });
  const draft = { id: 1, tag_name: "bundle-stable-0.1", draft: true, html_url: "", body: "", assets: [] };

  interface Recorded {
    readonly url: string;
    readonly method: string;
    readonly hasToken: boolean;
  }

  /** Answers what it is told to, and writes down what reached it. */
  async function startServer(answer: (request: Recorded) => { status: number; body?: unknown; location?: string }) {
    const requests: Recorded[] = [];
    const server = createServer((request, response) => {
      const { url = "/", method = "", headers } = request;
      const recorded = { url, method, hasToken: headers.authorization !== undefined };
      requests.push(recorded);
      const { status, body, location } = answer(recorded);
      request.resume();
      response.writeHead(status, { connection: "close", ...(location && { location }) });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const close = () => new Promise((resolve) => server.close(resolve));
    return { origin, requests, close };
  }

  async function attempt(
    answer: (request: Recorded, elsewhere: string) => { status: number; body?: unknown; location?: string },
  ) {
    const other = await startServer(() => ({ status: 201, body: {} }));
    const api = await startServer((request) => answer(request, other.origin));
    try {
      const target = githubTarget(
        { repository: REPOSITORY, channel: "stable" },
        { fetch: send, environment: environment(api.origin), keep: 1 },
      );
      const error = await publishBundle(await signer.sign(), target, () => {}).catch((error: unknown) => error);
      assert.ok(error instanceof CordonError);
      assert.doesNotMatch(`${error.message}${error.stack}`, /a-token-that/);
      return { error, asked: api.requests, elsewhere: other.requests };
    } finally {
      await Promise.all([api.close(), other.close()]);
    }
  }

  const UPLOADS: readonly [name: string, upload: (elsewhere: string) => string][] = [
    ["another origin", (elsewhere) => `${elsewhere}/uploads{?name,label}`],
    ["the API's own name as a user's", (elsewhere) => elsewhere.replace("//", "//api.github.com@")],
    ["another host that ends alike", () => "https://uploads.github.com.registry.example/x"],
    ["no URL", () => "uploads"],
  ];
  for (const [name, upload] of UPLOADS) {
    it(`sends neither token nor bundle where it is told to upload to ${name}`, async () => {
      const { error, asked, elsewhere } = await attempt(({ method }, origin) =>
        method === "GET" ? { status: 200, body: [] } : { status: 201, body: { ...draft, upload_url: upload(origin) } },
      );
      assert.equal(error.code, "UPSTREAM_MALFORMED");
      assert.match(error.message, /names another host for uploads/);
      assert.deepEqual(
        asked.filter(({ method }) => method !== "GET").map(({ method, url }) => `${method} ${url}`),
        [`POST /repos/${REPOSITORY}/releases`],
      );
      assert.deepEqual(elsewhere, []);
    });
  }

  it("does not follow a redirect to another origin", async () => {
    for (const redirected of ["GET", "POST"]) {
      const { error, elsewhere } = await attempt(({ method, url }, origin) =>
        method === redirected ? { status: 307, location: `${origin}${url}` } : { status: 200, body: [] },
      );
      assert.equal(error.code, "UPSTREAM_STATUS");
      assert.deepEqual(elsewhere, []);
    }
  });

  const ANSWERS: readonly [name: string, list: unknown, created: unknown][] = [
    ["a list that is none", { releases: [] }, draft],
    ["a release without assets", [{ ...draft, upload_url: "", assets: null }], draft],
    ["a release made of something else", [], { message: "ok" }],
    ["nothing", [], null],
  ];
  for (const [name, list, created] of ANSWERS) {
    it(`says that it cannot be read: ${name}`, async () => {
      const { error } = await attempt(({ method }) =>
        method === "GET" ? { status: 200, body: list } : { status: 201, body: created },
      );
      assert.equal(error.code, "UPSTREAM_MALFORMED");
    });
  }
});
