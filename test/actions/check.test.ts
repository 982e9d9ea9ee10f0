/** The action `policy` checks pull requests. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { type ActionRun, runAction } from "../support/action.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { type GitHub, startGitHub } from "../support/github.ts";
import { HOSTILE_TEXTS, wordsOf } from "../support/markdown.ts";
import { MALWARE_POLICY, malwareRecord } from "../support/policies.ts";

const PULL = 7;
const SOMEBODY = { login: "octocat", type: "User" } as const;

const testFile = (name: string, decision = "block") => `apiVersion: cordon/v1
kind: PolicyTest
spec:
  now: 2026-11-22T12:00:00Z
  cases:
    - name: ${JSON.stringify(name)}
      release: pkg:npm/evil@1.0.1
      expect: { decision: ${decision} }
`;

describe("the action policy, command check", () => {
  let folder: Folder;
  let github: GitHub;

  beforeEach(async () => {
    github = await startGitHub({ readToken: "a-token-that-reads" });
    folder = makeFolder({
      [`policy/${MALWARE_POLICY.path}`]: MALWARE_POLICY.text,
      "policy/advisories/MAL-2026-1.json": JSON.stringify(malwareRecord("evil", ["1.0.1"])),
      "policy/tests/malware.yaml": testFile("evil is blocked"),
    });
  });

  afterEach(async () => {
    await github.close();
    folder.remove();
    assert.deepEqual(github.problems, []);
  });

  const check = (inputs: Readonly<Record<string, string>> = {}, event: object = { pull_request: { number: PULL } }) =>
    runAction("policy", {
      inputs: { command: "check", dir: "policy", feeds: "pull", comment: "true", token: github.token, ...inputs },
      cwd: folder.path,
      environment: {
        GITHUB_API_URL: github.api,
        GITHUB_SERVER_URL: "https://github.com",
        GITHUB_REPOSITORY: "acme/policies",
        GITHUB_SHA: "c".repeat(40),
      },
      event,
    });

  const comments = (): string[] => github.comments.of(PULL).map(({ body }) => body ?? "");

  it("passes what is fine, and says what was checked", async () => {
    const { code, annotations, outputs, summary, log } = await check();
    assert.equal(code, 0, log);
    assert.deepEqual(annotations, []);
    assert.deepEqual(outputs, { errors: "0", warnings: "0", passed: "1", failed: "0" });
    assert.match(
      summary,
      /### ✅ Policy check of `policy`\n\nLint found 0 errors and 0 warnings\. Of 1 test, 1 passed and 0 failed\./,
    );
    assert.equal(comments().length, 1);
  });

  it("fails on a test that fails, on the line that says what is expected", async () => {
    folder.write("policy/tests/malware.yaml", testFile("evil is free", "allow"));
    const { code, annotations, outputs, summary } = await check();
    assert.equal(code, 1);
    assert.deepEqual(annotations, [
      "::error file=policy/tests/malware.yaml,line=6,title=policy test%3A evil is free::decision: expected allow, got block%0Adecided by known-malicious/malware: An advisory names this release as malicious.",
    ]);
    assert.deepEqual([outputs["passed"], outputs["failed"]], ["0", "1"]);
    const line = `https://github.com/acme/policies/blob/${"c".repeat(40)}/policy/tests/malware.yaml#L6`;
    assert.ok(summary.includes(`- [\`policy/tests/malware.yaml:6\`](<${line}>): \`evil is free\``), summary);
  });

  it("fails on an error of lint, where it is, and then tests nothing", async () => {
    folder.write(`policy/${MALWARE_POLICY.path}`, MALWARE_POLICY.text.replace("a.kind", "a.knid"));
    const { code, annotations, outputs, summary } = await check();
    assert.equal(code, 1);
    const [first, ...more] = annotations;
    assert.deepEqual(more, []);
    assert.match(
      first ?? "",
      /^::error file=policy\/policies\/known-malicious\.yaml,line=7,col=\d+,endColumn=\d+,title=policy lint%3A cel::No such key: knid; did you mean `kind`\?$/,
    );
    assert.deepEqual(outputs, { errors: "1", warnings: "0" });
    assert.match(summary, /Nothing was tested: mend the errors first\./);
  });

  it("fails where the tests cover less than is asked for", async () => {
    const { code, annotations } = await check({ threshold: "100" });
    assert.equal(code, 1);
    assert.match(
      annotations.join("\n"),
      /^::error title=coverage::The coverage of [\d.]+ %25 is below the threshold of 100 %25\.$/,
    );
  });

  it("fails where there are no tests at all", async () => {
    folder.write(
      "policy/tests/malware.yaml",
      "apiVersion: cordon/v1\nkind: PolicyTest\nspec: { now: 2026-11-22T12:00:00Z, cases: [] }\n",
    );
    const { code, annotations } = await check();
    assert.notEqual(code, 0);
    assert.equal(annotations.length, 1, annotations.join("\n"));
  });

  it("keeps one comment up to date, and leaves those of others alone", async () => {
    const others = [SOMEBODY, { login: "other[bot]", type: "Bot" }] as const;
    for (const author of others)
      github.comments.add(PULL, "<!-- cordon: policy check of policy -->\nI only look like it.", author);
    folder.write("policy/tests/malware.yaml", testFile("evil is free", "allow"));
    await check();
    assert.match(comments()[2] ?? "", /### ❌ Policy check[\s\S]*evil is free/);
    folder.write("policy/tests/malware.yaml", testFile("evil is blocked"));
    await check();
    assert.equal(comments().length, 3);
    for (const other of comments().slice(0, 2)) assert.match(other, /I only look like it/);
    assert.match(comments()[2] ?? "", /### ✅ Policy check/);
  });

  it("keeps one comment for each policy repository of a pull request", async () => {
    for (const path of ["cordon.yaml", MALWARE_POLICY.path, "advisories/MAL-2026-1.json"])
      if (existsSync(join(folder.path, "policy", path)))
        folder.write(`other/${path}`, readFileSync(join(folder.path, "policy", path), "utf8"));
    folder.write("other/tests/malware.yaml", testFile("evil is free", "allow"));
    for (const dir of ["other", "policy", "./other/", "policy"]) await check({ dir });
    assert.equal(comments().length, 2);
    assert.match(comments()[0] ?? "", /### ❌ Policy check of `other`[\s\S]*evil is free/);
    assert.match(comments()[1] ?? "", /### ✅ Policy check of `policy`/);
  });

  it("lets the name of a folder end no mark", async () => {
    const name = "--> EVIL <!-- @acme";
    folder.write(`${name}/tests/malware.yaml`, testFile("evil is free", "allow"));
    folder.write(`${name}/${MALWARE_POLICY.path}`, MALWARE_POLICY.text);
    for (let times = 0; times < 2; times++) await check({ dir: name });
    assert.equal(comments().length, 1);
    const [mark = "", ...rest] = (comments()[0] ?? "").split("\n");
    assert.match(mark, /^<!-- cordon: policy check of [\w%.!]+ -->$/);
    assert.ok(!wordsOf(rest.join("\n")).includes("EVIL"), comments()[0]);
  });

  const of = (sha: string) => ({ pull_request: { number: PULL, head: { sha } } });

  it("names the commit, and leaves the comment on a newer one alone", async () => {
    const [older, newer] = ["a".repeat(40), "b".repeat(40)];
    github.setHead(PULL, newer);
    await check({}, of(newer));
    const link = `[\`bbbbbbbbbbbb\`](<https://github.com/acme/policies/commit/${newer}>)`;
    assert.ok(comments()[0]?.includes(`Commit ${link}`), comments()[0]);
    folder.write("policy/tests/malware.yaml", testFile("evil is free", "allow"));
    const late = await check({}, of(older));
    assert.equal(late.code, 1, "what the run found counts all the same");
    assert.match(
      late.annotations.join("\n"),
      /^::notice title=cordon::The comment .* was left alone: this run checked aaaaaaaaaaaa, and .* is at bbbbbbbbbbbb by now/m,
    );
    assert.deepEqual([comments().length, comments()[0]?.includes("✅")], [1, true]);
  });

  it("checks a group of the merge queue, without a comment", async () => {
    folder.write("policy/tests/malware.yaml", testFile("evil is free", "allow"));
    const { code, outputs } = await check({}, { merge_group: { head_sha: "a".repeat(40), base_sha: "b".repeat(40) } });
    assert.deepEqual([code, outputs["failed"]], [1, "1"]);
    assert.deepEqual(github.requests, []);
  });

  it("leaves out whole entries of a comment that would be too long, and says how many", async () => {
    // With paths as long as they may be, their addresses take the most room.
    const deep = Array.from({ length: 8 }, () => "é".repeat(100)).join("/");
    const name = "@acme/everyone ".repeat(18).trim();
    const write = (from: number, to: number) => {
      for (let at = from; at < to; at++) folder.write(`policy/tests/${deep}/${at}.yaml`, testFile(name, "allow"));
    };
    write(10, 40);
    const { summary } = await check();
    const [body = ""] = comments();
    assert.ok(body.length <= 65_536, String(body.length));
    assert.ok(!wordsOf(body).includes("@acme"), "a mention");
    const listed = [...body.matchAll(/^- \[/gm)].length;
    assert.ok(listed > 5 && listed < 30, String(listed));
    assert.match(body, new RegExp(`^- ${30 - listed} more, which are left out here$`, "m"));
    assert.match(body, /<sub>.*coverage/, "what stands below them stays");
    assert.equal([...summary.matchAll(/^- \[/gm)].length, 30);
    write(40, 60);
    assert.match((await check()).summary, /^- 10 more, which are left out here$/m);
  });

  it("finds its comment behind a hundred others", async () => {
    await check();
    const [mine] = github.comments.of(PULL).slice(-1);
    for (let number = 0; number < 120; number++) github.comments.add(PULL, `word ${number}`, SOMEBODY);
    await check();
    assert.equal(github.comments.of(PULL).length, 121);
    assert.equal(github.comments.of(PULL)[0]?.id, mine?.id);
  });

  it("writes none where it is told so, and none for a push", async () => {
    await check({ comment: "false" });
    await check({}, { ref: "refs/heads/main" });
    assert.deepEqual(github.requests, []);
  });

  it("does not fail for a token that may only read, as a fork's", async () => {
    const { code, annotations } = await check({ token: "a-token-that-reads" });
    assert.equal(code, 0);
    assert.match(
      annotations.join("\n"),
      /^::notice title=cordon::The comment on the pull request was not written: .*403[\s\S]*forks never have it\.$/,
    );
  });

  for (const [title, text] of Object.entries(HOSTILE_TEXTS))
    it(`tells ${title} in the name of a test as text only`, async () => {
      folder.write("policy/tests/malware.yaml", testFile(`${text}\n::error::injected`, "allow"));
      const run = await check();
      assert.equal(run.code, 1, run.log);
      assert.ok(
        run.annotations.every((line) => !line.includes("\u001b")),
        "a terminal would act on it",
      );
      assert.ok(!run.annotations.some((line) => line.startsWith("::error::injected")), run.log);
      for (const markdown of [run.summary, ...comments()]) assert.ok(!wordsOf(markdown).includes("EVIL"), markdown);
    });

  it("pulls no feed of a pull request from the runner's disk outside the workspace, but does so for what is merged", async () => {
    const record = JSON.stringify(malwareRecord("evil", ["1.0.1"]));
    const outside = makeFolder({ "a.json": record });
    symlinkSync(outside.path, join(folder.path, "link"));
    folder.write("records/a.json", record);
    const feeds = [
      { name: "inside", kind: "directory", path: "../records" },
      { name: "outside", kind: "directory", path: outside.path },
      { name: "linked", kind: "directory", path: "../link" },
      { name: "cloned", kind: "git", url: outside.path },
      { name: "cloned-from-beside", kind: "git", url: "../../../../../../beside" },
      { name: "cloned-by-url", kind: "git", url: `file://${outside.path}` },
    ];
    folder.write("policy/cordon.yaml", JSON.stringify({ apiVersion: "cordon/v1", kind: "Cordon", feeds }));
    const { code, log, annotations } = await check();
    assert.equal(code, 0, log);
    assert.match(log, /feed inside: 1 records/);
    const refused = annotations.filter((line) => line.includes("::Not pulled"));
    assert.deepEqual(
      refused.map((line) => /title=feed ([\w-]+)/.exec(line)?.[1]),
      ["outside", "linked", "cloned", "cloned-from-beside", "cloned-by-url"],
    );
    assert.match((await check({}, {})).log, /feed outside: 1 records[\s\S]*feed linked: 1 records/);
    outside.remove();
  });

  it("names what is wrong with its own inputs", async () => {
    const wrong = async (inputs: Readonly<Record<string, string>>): Promise<ActionRun> => {
      const run = await check(inputs);
      assert.equal(run.code, 2);
      return run;
    };
    assert.match(
      (await wrong({ command: "chekc" })).log,
      /the input command is "chekc", and may be check, build, publish/,
    );
    assert.match((await wrong({ threshold: "most" })).log, /the input threshold is "most", and may be 0 to 100/);
    assert.match((await wrong({ comment: "yes" })).log, /the input comment is "yes", and may be true, false/);
  });

  it("says of a folder that is no policy repository what it is not", async () => {
    const { code, annotations } = await check({ dir: "elsewhere" });
    assert.notEqual(code, 0);
    assert.match(annotations.join("\n"), /elsewhere/);
  });
});
