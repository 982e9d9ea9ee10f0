import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import { openForge } from "../../../cli/forge/index.ts";
import type { ForgeKind } from "../../../core/forge.ts";
import type { FetchOptions } from "../../../core/http.ts";

const TOKENS = { github: "GITHUB_TOKEN", gitea: "GITEA_TOKEN", gitlab: "GITLAB_TOKEN" } as const;

/** A forge that answers as `answer` does, and what it was asked. */
function forgeOf(
  kind: ForgeKind,
  answer: (url: URL) => unknown,
  given: { url?: string; api?: string; environment?: NodeJS.ProcessEnv } = {},
) {
  const asked: { url: URL; options: FetchOptions }[] = [];
  const {
    url = `https://${kind}.acme.example/acme/policies`,
    api,
    environment = { [TOKENS[kind]]: "a-token" },
  } = given;
  const forge = openForge(
    { kind, url, branch: "main" },
    {
      api,
      environment,
      fetch: async (url, options) => {
        asked.push({ url, options });
        return { status: 200, headers: {}, body: Readable.from([Buffer.from(JSON.stringify(answer(url)))]) };
      },
    },
  );
  return { forge, asked };
}

/** A request as each kind tells of it, from this repository or a fork. */
function request(kind: ForgeKind, number: number, from = 1, base = "main"): unknown {
  const common = { title: "Approve", created_at: "2026-11-25T12:00:00+01:00" };
  const page = `https://forge.acme.example/acme/policies/${number}`;
  if (kind === "gitlab")
    return {
      ...common,
      iid: number,
      web_url: page,
      source_branch: `b${number}`,
      source_project_id: from,
      target_project_id: 1,
      author: { username: "dev" },
    };
  const side = (ref: string, id: number) => (kind === "github" ? { ref, repo: { id } } : { ref, repo_id: id });
  return {
    ...common,
    number,
    html_url: page,
    user: { login: "dev" },
    head: side(`b${number}`, from),
    base: side(base, 1),
  };
}

const KINDS = ["github", "gitea", "gitlab"] as const;

describe("a forge", () => {
  for (const kind of KINDS) {
    it(`of kind ${kind} is asked for all pages, and tells what each request is`, async () => {
      const size = kind === "gitea" ? 50 : 100;
      const { forge, asked } = forgeOf(kind, ({ searchParams }) => {
        const page = Number(searchParams.get("page"));
        return Array.from({ length: page === 1 ? size : page === 2 ? 3 : 0 }, (_, index) =>
          request(kind, page * 1000 + index),
        );
      });
      const found = (await forge?.list()) ?? [];
      assert.equal(found.length, size + 3);
      assert.deepEqual(found[0], {
        number: 1000,
        url: "https://forge.acme.example/acme/policies/1000",
        branch: "b1000",
        title: "Approve",
        author: "dev",
        created: "2026-11-25T11:00:00Z",
      });
      assert.ok(asked.length <= 3);
    });

    it(`of kind ${kind} is not believed that the branch of a fork is ours`, async () => {
      const { forge } = forgeOf(kind, ({ searchParams }) =>
        searchParams.get("page") === "1" ? [request(kind, 1, 2), request(kind, 2)] : [],
      );
      assert.deepEqual(
        (await forge?.list())?.map(({ number }) => number),
        [2],
      );
    });

    it(`of kind ${kind} is not asked for ever`, async () => {
      const { forge, asked } = forgeOf(kind, () => Array.from({ length: 100 }, (_, index) => request(kind, index + 1)));
      await forge?.list();
      assert.ok(asked.length <= 20, `${asked.length}`);
    });

    it(`of kind ${kind} gets the token in a header, and nowhere else`, async () => {
      const { forge, asked } = forgeOf(kind, () => []);
      await forge?.list();
      const [{ url, options } = { url: new URL("https://x.example"), options: {} as FetchOptions }] = asked;
      assert.equal(url.href.includes("a-token"), false);
      const held = Object.entries(options.headers ?? {}).filter(([, value]) => value.includes("a-token"));
      assert.deepEqual(held, [
        kind === "github"
          ? ["authorization", "Bearer a-token"]
          : kind === "gitea"
            ? ["authorization", "token a-token"]
            : ["private-token", "a-token"],
      ]);
      assert.notEqual(options.leavesOrigin, true);
    });

    it(`of kind ${kind} is none without a token of its own`, () => {
      const environment = Object.fromEntries(
        KINDS.filter((one) => one !== kind).map((one) => [TOKENS[one], "another's"]),
      );
      assert.equal(forgeOf(kind, () => [], { environment }).forge, undefined);
      assert.equal(forgeOf(kind, () => [], { environment: { [TOKENS[kind]]: "" } }).forge, undefined);
    });

    it(`of kind ${kind} is not asked in the clear, but for this machine`, () => {
      assert.throws(() => forgeOf(kind, () => [], { api: "http://forge.example/api" }), /in the clear/);
      assert.ok(forgeOf(kind, () => [], { api: "http://127.0.0.1:3000/api" }).forge);
    });
  }

  for (const [what, kind, given, expected] of [
    [
      "a server of GitHub's own",
      "github",
      { url: "https://github.acme.example/a/b" },
      "https://github.acme.example/api/v3/repos/a/b/pulls",
    ],
    [
      "GitHub in Actions",
      "github",
      { environment: { GITHUB_TOKEN: "t", GITHUB_API_URL: "https://api.acme.example" } },
      "https://api.acme.example/repos/acme/policies/pulls",
    ],
    [
      "Gitea below a path",
      "gitea",
      { api: "https://acme.example/git/api/v1/" },
      "https://acme.example/git/api/v1/repos/acme/policies/pulls",
    ],
    [
      "Forgejo with its own variable",
      "gitea",
      { environment: { FORGEJO_TOKEN: "t" } },
      "https://gitea.acme.example/api/v1/repos/acme/policies/pulls",
    ],
    [
      "GitLab with groups",
      "gitlab",
      { url: "https://gitlab.acme.example/a/b/c" },
      "https://gitlab.acme.example/api/v4/projects/a%2Fb%2Fc/merge_requests",
    ],
    [
      "an API that cordon.yaml names",
      "gitlab",
      { api: "https://api.acme.example/v4" },
      "https://api.acme.example/v4/projects/acme%2Fpolicies/merge_requests",
    ],
  ] as const)
    it(`is found for ${what}`, async () => {
      const { forge, asked } = forgeOf(kind, () => [], given);
      await forge?.list();
      assert.equal(`${asked[0]?.url.origin}${asked[0]?.url.pathname}`, expected);
    });
});
