import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { makeFolder } from "../../support/folder.ts";
import { type PolicyClone, startPolicyClone } from "../../support/forge/policy-clone.ts";
import { AGE_POLICY, malwareRecord } from "../../support/policies.ts";
import { makeBundleFolder } from "../../support/proxy.ts";

const PURL = "pkg:npm/fresh@1.1.0";
const BRANCH = "quarantine/npm-fresh-1.1.0";
const PATH = "approvals/npm/fresh@1.1.0.yaml";
const REASON = ["--reason", "The login needs it."];
const now = new Date().toISOString();

const PACKAGES = [
  { name: "fresh", releases: [{ version: "1.0.0" }, { version: "1.1.0", published: now }] },
  { name: "evil", releases: [{ version: "1.0.0" }] },
  { name: "bare", releases: [{ version: "1.0.0", published: now, dist: { shasum: undefined, integrity: undefined } }] },
];
const start = (given: Partial<Parameters<typeof startPolicyClone>[0]> = {}) =>
  startPolicyClone({ kind: "github", packages: PACKAGES, advisories: [malwareRecord("evil", ["1.0.0"])], ...given });

describe("cordon quarantine request refuses", () => {
  let clone: PolicyClone;
  before(async () => {
    clone = await start();
  });
  after(() => clone.close());

  for (const [what, args, message] of [
    ["what is allowed already", ["pkg:npm/fresh@1.0.0", ...REASON], /may be installed: there is nothing to approve/],
    ["what does not exist", ["pkg:npm/fresh@9.9.9", ...REASON], /the registry does not list pkg:npm\/fresh@9\.9\.9/],
    ["a package that does not exist", ["pkg:npm/none@1.0.0", ...REASON], /the registry does not list/],
    [
      "what an advisory calls malicious",
      ["pkg:npm/evil@1.0.0", ...REASON],
      /MAL-2026-1 calls pkg:npm\/evil@1\.0\.0 malicious[\s\S]*--override-malicious/,
    ],
    [
      "an override that overrides nothing",
      [PURL, ...REASON, "--override-malicious"],
      /no advisory calls pkg:npm\/fresh@1\.1\.0 malicious/,
    ],
    ["a package without a version", ["pkg:npm/fresh", ...REASON], /names no release/],
    ["no reason", [PURL], /missing required flag.*reason/],
    ["an empty reason", [PURL, "--reason", ""], /reason/],
    [
      "a reason that is too long",
      [PURL, "--reason", "x".repeat(2001)],
      /reason: must NOT have more than 2000|at most 2000|2000 characters/,
    ],
    ["the draft's own words as a reason", [PURL, "--reason", "WHY IT IS NEEDED"], /is the draft's own text/],
    ["an end that is over", [PURL, ...REASON, "--expires", "2020-01-01T00:00:00Z"], /is no time that is still to come/],
    ["an end that is too far", [PURL, ...REASON, "--expires", "91d"], /later than the 90 days/],
    ["an end that is no time", [PURL, ...REASON, "--expires", "soon"], /is no time/],
  ] as const)
    it(`${what}, and pushes nothing`, async () => {
      const { code, stdout, stderr } = await clone.run("request", ...args);
      assert.equal(code, 2, stdout);
      assert.match(stderr, message);
      assert.equal(clone.forge.git("for-each-ref", "--format=%(refname)"), "refs/heads/main");
      assert.deepEqual(clone.forge.pulls(), []);
      assert.deepEqual(clone.leftovers(), []);
    });

  it("nothing of what an advisory calls malicious where that is overridden, and the file says so", async () => {
    const { code, stderr } = await clone.run("request", "pkg:npm/evil@1.0.0", ...REASON, "--override-malicious");
    assert.equal(code, 0, stderr);
    const text = clone.forge.git("show", "quarantine/npm-evil-1.0.0:approvals/npm/evil@1.0.0.yaml");
    assert.match(text, /policies: \["known-malicious"\]\n {2}override: "malicious"/);
    assert.match(
      clone.forge.pulls()[0]?.body ?? "",
      /\*\*It overrides an advisory that calls this release malicious\.\*\*/,
    );
  });
});

describe("without a token", () => {
  for (const [kind, page] of [
    ["github", `/compare/main...${BRANCH}?expand=1`],
    ["gitea", `/compare/main...${BRANCH}`],
    [
      "gitlab",
      `/-/merge_requests/new?merge_request%5Bsource_branch%5D=${encodeURIComponent(BRANCH)}&merge_request%5Btarget_branch%5D=main`,
    ],
  ] as const)
    it(`the branch is pushed to ${kind}, and the page printed on which to open the request`, async () => {
      const clone = await start({ kind });
      try {
        const first = await clone.runWith({}, "request", PURL, ...REASON);
        assert.equal(first.code, 0, first.stderr);
        const address = `${clone.forge.page}${page}`;
        assert.ok(first.stdout.includes(`There is no token, so open the request yourself: ${address}\n`), first.stdout);
        assert.match((await clone.runWith({}, "request", PURL, ...REASON)).stdout, /It was there already\./);
        assert.ok(clone.forge.tipOf(BRANCH));
        const listed = await clone.runWith({}, "list");
        assert.equal(listed.code, 0);
        assert.match(
          listed.stdout,
          new RegExp(`Open requests are not shown: set ${clone.forge.tokenVariable}, so that 127`),
        );
        const approved = await clone.runWith({}, "approve", PURL, "--approved-by", "Rae Viewer");
        assert.ok(approved.stdout.includes(`Merge it: ${address}`), approved.stdout);
        assert.match(
          (await clone.runWith({}, "revoke", PURL)).stdout,
          /branch quarantine\/npm-fresh-1\.1\.0 is removed/,
        );
        assert.equal(clone.forge.tipOf(BRANCH), undefined);
        assert.deepEqual(clone.forge.requests, []);
      } finally {
        await clone.close();
      }
    });
});

describe("--dry-run", () => {
  let clone: PolicyClone;
  const refs = () => clone.forge.git("for-each-ref");
  const writes = () => clone.forge.requests.filter(({ method }) => method !== "GET");
  before(async () => {
    clone = await start();
  });
  after(() => clone.close());

  it("of a request prints the file, the branch and the text, and changes nothing", async () => {
    const before = refs();
    const { code, stdout } = await clone.run("request", PURL, ...REASON, "--dry-run");
    assert.equal(code, 0);
    for (const said of [BRANCH, PATH, 'reason: "The login needs it."', `Approve ${PURL}`, "### For the reviewer"])
      assert.ok(stdout.includes(said), said);
    assert.equal(refs(), before);
    assert.deepEqual(writes(), []);
  });

  it("of an approval, and of revocations, too", async () => {
    assert.equal((await clone.run("request", PURL, ...REASON)).code, 0);
    const [before, written] = [refs(), writes().length];
    const approval = await clone.run("approve", PURL, "--approved-by", "Rae Viewer", "--dry-run");
    assert.match(
      approval.stdout,
      /Would push to branch quarantine\/npm-fresh-1\.1\.0 as [\s\S]*approvedBy: "Rae Viewer"/,
    );
    const ended = await clone.run("revoke", PURL, "--dry-run");
    assert.match(
      ended.stdout,
      /^Would do this\. The request http\S+ is closed\. .* branch quarantine\/npm-fresh-1\.1\.0 is removed\.\n$/,
    );
    clone.forge.merge(1);
    const removal = await clone.run("revoke", PURL, "--dry-run", "--reason", "No more.");
    assert.match(
      removal.stdout,
      /^Would do this\. Branch quarantine-revoke\/[\s\S]*Would open a request, Revoke[\s\S]*`No more\.`/,
    );
    assert.equal(writes().length, written);
    assert.equal(clone.forge.tipOf("quarantine-revoke/npm-fresh-1.1.0"), undefined);
    assert.ok(refs().includes(before.split("\n").find((line) => line.includes(BRANCH)) ?? "?"));
  });
});

describe("what a forge refuses", () => {
  let clone: PolicyClone;
  before(async () => {
    clone = await start();
  });
  after(() => clone.close());
  beforeEach(() => {
    clone.forge.protect();
    if (clone.forge.tipOf(BRANCH) !== undefined) clone.forge.git("update-ref", "-d", `refs/heads/${BRANCH}`);
  });
  const byHand = () =>
    `The branch is pushed, so the request can be opened by hand as well: ${clone.forge.page}/compare/`;

  it("a push to a protected branch is told in the forge's words", async () => {
    clone.forge.protect(BRANCH);
    const { code, stderr } = await clone.run("request", PURL, ...REASON);
    assert.equal(code, 2);
    assert.match(stderr, /git cannot push quarantine\/npm-fresh-1\.1\.0 to .*Protected branch update failed/);
    assert.match(stderr, /ask who may push branches there/);
    assert.deepEqual([clone.forge.pulls(), clone.leftovers()], [[], []]);
  });

  it("a token that may not write is told, with the page to do it by hand", async () => {
    const { code, stderr } = await clone.runWith({ GITHUB_TOKEN: clone.forge.readToken }, "request", PURL, ...REASON);
    assert.equal(code, 2);
    assert.match(stderr, /answered 403: Resource not accessible by personal access token/);
    assert.match(
      stderr,
      /Check the token in GITHUB_TOKEN: it has to be good, and to be allowed to write pull requests/,
    );
    assert.ok(stderr.includes(byHand()), stderr);
    assert.ok(!stderr.includes(clone.forge.readToken));
  });

  it("a token that is not good is told, and the list shows what the files say", async () => {
    const asked = await clone.runWith({ GH_TOKEN: "worn-out" }, "request", PURL, ...REASON);
    assert.match(asked.stderr, /answered 401: Bad credentials\nCheck the token in GH_TOKEN/);
    const listed = await clone.runWith({ GH_TOKEN: "worn-out" }, "list");
    assert.equal(listed.code, 2);
    assert.match(
      listed.stdout,
      /^0 approvals\n\nOpen requests are not shown: .*answered 401: Bad credentials\. Check the token/,
    );
    assert.ok(![asked.stderr, listed.stdout].join().includes("worn-out"));
  });

  it("a limit is told, with how long to wait", async () => {
    clone.forge.answerNext("too many");
    const { code, stderr } = await clone.run("request", PURL, ...REASON);
    assert.equal(code, 2);
    assert.match(stderr, /rate limit, and asks to wait until \d{4}-/);
    assert.ok(stderr.includes(byHand()), stderr);
  });

  for (const [what, body] of [
    ["a document", { total: 0 }],
    ["requests without a number", [{ head: { repo: { id: 1 } }, base: { repo: { id: 1 } } }]],
    [
      "a request whose page is no address of the web",
      [
        {
          number: 1,
          html_url: "javascript:x",
          title: "",
          created_at: now,
          head: { ref: "x", repo: { id: 1 } },
          base: { repo: { id: 1 } },
        },
      ],
    ],
  ] as const)
    it(`${what} instead of a list of requests is no list`, async () => {
      clone.forge.answerNext({ status: 200, body });
      const { code, stderr } = await clone.run("request", PURL, ...REASON);
      assert.equal(code, 2);
      assert.match(stderr, /the forge gives a (list of pull requests|pull request) that cannot be read/);
    });

  it("is told in its own words, where a request cannot be opened", async () => {
    assert.equal((await clone.runWith({}, "request", PURL, ...REASON)).code, 0);
    const message = `No commits between main and ${BRANCH}`;
    const errors = [{ resource: "PullRequest", code: "custom", message }];
    clone.forge.answerNext({ status: 422, body: { message: "Validation Failed", errors } });
    const { code, stderr } = await clone.run("request", PURL, ...REASON);
    assert.equal(code, 2);
    assert.match(stderr, /answered 422: Validation Failed, No commits between main and quarantine/);
    assert.ok(stderr.includes(byHand()), stderr);
  });

  it("is not hidden by a forge that speaks to terminals", async () => {
    const spoken = "\u001b[2Jnot here\u202e";
    clone.forge.answerNext({ status: 422, body: { message: spoken } });
    const { stderr } = await clone.run("request", PURL, ...REASON);
    assert.match(stderr, /answered 422: \[2Jnot here/);
    const request = { number: 1, html_url: clone.forge.page, title: spoken, created_at: now, user: { login: spoken } };
    const sides = { head: { ref: BRANCH, repo: { id: 1 } }, base: { repo: { id: 1 } } };
    clone.forge.answerNext({ status: 200, body: [{ ...request, ...sides }] });
    const { stdout } = await clone.run("list");
    assert.match(stdout, /\[2Jnot here, by \[2Jnot here/);
    assert.doesNotMatch(stdout + stderr, /[^\P{C}\n\t]/u);
  });
});

describe("a token", () => {
  it("is not sent in the clear, and nothing is left behind", async () => {
    const clone = await start({
      kind: "gitea",
      config: { forge: { kind: "gitea", api: "http://forge.example/api/v1" } },
    });
    try {
      const { code, stderr } = await clone.run("request", PURL, ...REASON);
      assert.equal(code, 2);
      assert.match(stderr, /the token in GITEA_TOKEN is not sent to http:\/\/forge\.example in the clear/);
      assert.deepEqual(clone.leftovers(), []);
      assert.equal((await clone.git("worktree", "list")).split("\n").length, 1);
    } finally {
      await clone.close();
    }
  });
});

describe("git that cannot do its part", () => {
  it("is told where the remote is away, and nothing is left behind", async () => {
    const clone = await start();
    await clone.git("remote", "set-url", "origin", "http://dev:a-password@127.0.0.1:1/acme/policies.git");
    try {
      const { code, stderr } = await clone.run("request", PURL, ...REASON);
      assert.equal(code, 2);
      assert.match(stderr, /git cannot reach http:\/\/127\.0\.0\.1:1\/acme\/policies\.git/);
      assert.ok(!stderr.includes("a-password"));
      assert.deepEqual(clone.leftovers(), []);
      assert.equal((await clone.git("worktree", "list")).split("\n").length, 1);
    } finally {
      await clone.close();
    }
  });

  it("is told where there is no remote, where the files can be listed all the same", async () => {
    const clone = await start({
      config: { forge: { kind: "github" }, repository: "https://forge.example/acme/policies" },
    });
    await clone.git("remote", "remove", "origin");
    try {
      const { code, stderr } = await clone.runWith({}, "request", PURL, ...REASON);
      assert.equal(code, 2);
      assert.match(stderr, /has no remote `origin`\nRun it in a clone/);
      assert.match(
        (await clone.runWith({}, "list")).stdout,
        /^0 approvals\n\nOpen requests are not shown: set GITHUB_TOKEN/,
      );
    } finally {
      await clone.close();
    }
  });

  it("is told where there is no branch to merge into", async () => {
    const clone = await start({ config: { forge: { kind: "github", branch: "trunk" } } });
    try {
      const { code, stderr } = await clone.run("request", PURL, ...REASON);
      assert.equal(code, 2);
      assert.match(stderr, /has no branch `trunk`\nName the branch that approvals are merged into: `forge\.branch`/);
    } finally {
      await clone.close();
    }
  });

  it("is told where it does not know who commits", async () => {
    const clone = await start();
    rmSync(join(clone.home, ".gitconfig"));
    await clone.git("config", "credential.helper", "store");
    await clone.git("config", "user.useConfigOnly", "true");
    try {
      for (const args of [[], ["--requested-by", "A build"]]) {
        const { code, stderr } = await clone.run("request", PURL, ...REASON, ...args);
        assert.equal(code, 2);
        assert.match(stderr, /git does not know who commits here\nRun `git config --global user\.name`/);
      }
      const named = {
        GITHUB_TOKEN: clone.forge.token,
        GIT_AUTHOR_NAME: "A Build",
        GIT_AUTHOR_EMAIL: "ci@acme.example",
      };
      const committer = { GIT_COMMITTER_NAME: "A Build", GIT_COMMITTER_EMAIL: "ci@acme.example" };
      const done = await clone.runWith({ ...named, ...committer }, "request", PURL, ...REASON);
      assert.equal(done.code, 0, done.stderr);
      assert.equal(clone.forge.git("log", "-1", "--format=%an %ce", BRANCH), "A Build ci@acme.example");
    } finally {
      await clone.close();
    }
  });

  it("asks for a password in the way that its settings name", async () => {
    const clone = await start();
    rmSync(join(clone.home, ".git-credentials"));
    const script = join(clone.home, "askpass");
    const { name, password } = clone.forge.account;
    writeFileSync(script, `#!/bin/sh\ncase "$1" in User*) echo ${name} ;; *) echo ${password} ;; esac\n`, {
      mode: 0o700,
    });
    try {
      const environment = { GITHUB_TOKEN: clone.forge.token, GIT_ASKPASS: script };
      const { code, stderr } = await clone.runWith(environment, "request", PURL, ...REASON);
      assert.equal(code, 0, stderr);
    } finally {
      await clone.close();
    }
  });

  it("works in a shallow clone, where it asks for the same twice", async () => {
    const clone = await start();
    const shallow = makeFolder();
    try {
      const moved = clone.forge.git("commit-tree", "main^{tree}", "-p", "main", "-m", "Meanwhile");
      clone.forge.git("update-ref", "refs/heads/main", moved);
      const path = join(shallow.path, "policies");
      await clone.git("clone", "--quiet", "--depth", "1", `${clone.forge.page}.git`, path);
      const run = () => clone.runIn(path, { GITHUB_TOKEN: clone.forge.token }, "request", PURL, ...REASON);
      const first = await run();
      assert.equal(first.code, 0, first.stderr);
      const tip = clone.forge.tipOf(BRANCH);
      assert.equal((await run()).code, 0);
      assert.equal(clone.forge.tipOf(BRANCH), tip);
    } finally {
      shallow.remove();
      await clone.close();
    }
  });

  it("works where the policy repository is a folder of another repository", async () => {
    const clone = await start();
    try {
      await clone.git("checkout", "--quiet", "-b", "nested");
      await clone.git("read-tree", "--empty");
      await clone.git("read-tree", "--prefix=rules/", "main");
      await clone.git("checkout-index", "--all");
      await clone.git("commit", "--quiet", "-m", "Move");
      await clone.git("push", "--quiet", "origin", "nested:main");
      const dir = join(clone.path, "rules");
      const run = (...args: [string, ...string[]]) => clone.runIn(dir, { GITHUB_TOKEN: clone.forge.token }, ...args);
      const asked = await run("request", PURL, ...REASON);
      assert.equal(asked.code, 0, asked.stderr);
      assert.equal(clone.forge.git("diff", "--name-only", `main..${BRANCH}`), `rules/${PATH}`);
      assert.match(clone.forge.pulls()[0]?.body ?? "", /\/rules\/policies\/release-age\.yaml#L11>/);
      assert.equal((await run("approve", PURL, "--approved-by", "Rae Viewer")).code, 0);
      clone.forge.merge(1);
      const revoked = await run("revoke", PURL);
      assert.match(revoked.stdout, /removes rules\/approvals\/npm\/fresh@1\.1\.0\.yaml/);
    } finally {
      await clone.close();
    }
  });

  it("clones where it is told to, and is judged by a bundle where it is told to", async () => {
    const clone = await start({ config: { feeds: [{ name: "away", kind: "directory", path: "none" }] } });
    const signed = makeBundleFolder();
    try {
      await signed.sign({ source: { policies: [AGE_POLICY] }, created: new Date() });
      const run = (...args: string[]) =>
        clone.runIn(
          undefined,
          { GITHUB_TOKEN: clone.forge.token },
          ...(["request", PURL, ...REASON, "--repo", `${clone.forge.page}.git`, ...args] as [string, ...string[]]),
        );
      const alone = await run();
      assert.equal(alone.code, 2);
      assert.match(alone.stderr, /has feeds that were never pulled/);
      const { code, stderr } = await run("--bundle", `dir:${signed.bundle}`, "--trust", signed.trust);
      assert.equal(code, 0, stderr);
      assert.equal(clone.forge.pulls()[0]?.branch, BRANCH);
      assert.deepEqual(clone.leftovers(), []);
    } finally {
      signed.remove();
      await clone.close();
    }
  });

  it("clones where it is told to, and leaves no clone behind", async () => {
    const clone = await start();
    try {
      const { code, stderr } = await clone.runIn(
        undefined,
        { GITHUB_TOKEN: clone.forge.token },
        "request",
        PURL,
        ...REASON,
        "--repo",
        `${clone.forge.page}.git`,
      );
      assert.equal(code, 0, stderr);
      assert.equal(clone.forge.pulls()[0]?.branch, BRANCH);
      assert.deepEqual(clone.leftovers(), []);
    } finally {
      await clone.close();
    }
  });
});

describe("cordon quarantine approve refuses", () => {
  let clone: PolicyClone;
  const approve = (...args: string[]) => clone.run("approve", PURL, "--approved-by", "Rae Viewer", ...args);
  const asked = () => clone.forge.git("show", `${BRANCH}:${PATH}`);
  /** As somebody who may push the branch. */
  const rewrite = async (text: string): Promise<void> => {
    await clone.git("checkout", "--quiet", "-B", "mine", "origin/main");
    clone.write(PATH, text);
    await clone.git("add", PATH);
    await clone.git("commit", "--quiet", "-m", "Meddle");
    await clone.git("push", "--quiet", "--force", "origin", `mine:${BRANCH}`);
    await clone.git("checkout", "--quiet", "main");
  };
  let text: string;

  before(async () => {
    clone = await start();
  });
  after(() => clone.close());

  it("what nobody asks for", async () => {
    const { code, stderr } = await approve();
    assert.equal(code, 2);
    assert.match(stderr, /nobody asks for pkg:npm\/fresh@1\.1\.0[\s\S]*Ask for it first/);
    assert.equal((await clone.run("request", PURL, ...REASON)).code, 0);
    text = asked();
  });

  for (const [what, change, message] of [
    [
      "another release than the one that is named",
      (file: string) => file.replace("fresh@1.1.0", "evil@1.0.0"),
      /what lies there for pkg:npm\/fresh@1\.1\.0 approves pkg:npm\/evil@1\.0\.0/,
    ],
    [
      "files that the registry does not have",
      (file: string) => file.replace("digests: [", `digests: ["sha512:${"0".repeat(128)}",`),
      /the registry has other files/,
    ],
    [
      "files without those that the registry has",
      (file: string) => file.replace(/"sha512:[0-9a-f]+"/, `"sha512:${"0".repeat(128)}"`),
      /the registry has other files/,
    ],
    [
      "what is over",
      (file: string) => file.replace(/expires: .*/, 'expires: "2020-01-01T00:00:00Z"'),
      /would end on 2020-01-01T00:00:00Z, which is over/,
    ],
    ["what is no approval", (file: string) => `${file}  everything: true\n`, /is no approval:[\s\S]*everything/],
    [
      "a file without a line for the approver",
      (file: string) => file.replace(/.*approvedBy.*\n/, ""),
      /does not say `approvedBy` on one line/,
    ],
    [
      "a file in which somebody else would be who approves",
      (file: string) =>
        file
          .replace(/^ {2}approvedBy: .*$/m, '  "approvedBy": "Somebody Else"')
          .replace(/^ {2}reason: .*$/m, "  reason: |\n    Because.\n    approvedBy: x"),
      /would have `Somebody Else` approve it/,
    ],
    ["a file that is too large", (file: string) => `${file}# ${"x".repeat(600_000)}\n`, /is larger than any approval/],
  ] as const)
    it(what, async () => {
      await rewrite(change(text));
      const tip = clone.forge.tipOf(BRANCH);
      const { code, stderr } = await approve();
      assert.equal(code, 2);
      assert.match(stderr, message);
      assert.equal(clone.forge.tipOf(BRANCH), tip);
    });

  it("nothing that a file says to a terminal is said to one", async () => {
    await rewrite(
      text.replace("spec:", "# \u202e\u009b2J\u200b\nspec:").replace("The login", "\\e[2J\\u202eThe login"),
    );
    const { code, stdout, stderr } = await approve("--dry-run");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /# ⟨U\+202E⟩⟨U\+009B⟩2J⟨U\+200B⟩/);
    assert.doesNotMatch(stdout, /[^\P{C}\n\t]/u);
  });

  it("a file that is no approval, without what it says to a terminal", async () => {
    await rewrite(text.replace("spec:", "spec:\n  \u202e\u009b2J\ufe01: 1"));
    const { code, stderr } = await approve();
    assert.equal(code, 2);
    assert.match(stderr, /is no approval:[\s\S]*\ufffd\ufffd2J\ufffd: 1\n/);
    assert.doesNotMatch(stderr, /[^\P{C}\n\t]/u);
  });

  it("a registry that has other bytes by now", async () => {
    await rewrite(text);
    const other = { version: "1.1.0", published: now, files: { "index.js": "other" } };
    clone.registry.put({ name: "fresh", releases: [{ version: "1.0.0" }, other] });
    const { code, stderr } = await approve();
    assert.equal(code, 2);
    assert.match(
      stderr,
      /the registry has other files for pkg:npm\/fresh@1\.1\.0 than those that are asked for\nDo not approve it\./,
    );
    clone.registry.put({ name: "fresh", releases: [{ version: "1.0.0" }] });
    assert.match((await approve()).stderr, /the registry does not list pkg:npm\/fresh@1\.1\.0 any more/);
  });

  it("but takes --self, and what was rewritten to the same", async () => {
    for (const pkg of PACKAGES) clone.registry.put(pkg);
    const { code, stderr } = await clone.run("approve", PURL, "--self");
    assert.equal(code, 0, stderr);
    assert.match(asked(), /approvedBy: "Dev Eloper <dev@acme\.example>"/);
  });
});
