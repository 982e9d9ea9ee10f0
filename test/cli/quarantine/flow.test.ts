import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { CliRun } from "../../support/cli.ts";
import type { ForgeKind } from "../../support/forge/forge.ts";
import { type PolicyClone, startPolicyClone } from "../../support/forge/policy-clone.ts";

const PURL = "pkg:npm/fresh@1.1.0";
const BRANCH = "quarantine/npm-fresh-1.1.0";
const REVOCATION = "quarantine-revoke/npm-fresh-1.1.0";
const PATH = "approvals/npm/fresh@1.1.0.yaml";
const PAGES: Readonly<Record<ForgeKind, string>> = { github: "/pull/", gitea: "/pulls/", gitlab: "/-/merge_requests/" };

for (const kind of ["github", "gitea", "gitlab"] as const)
  describe(`cordon quarantine, with a policy repository on ${kind}`, () => {
    let clone: PolicyClone;
    const outputs: string[] = [];
    const run = async (...args: string[]): Promise<CliRun> => {
      const done = await clone.run(...args);
      outputs.push(done.stdout, done.stderr);
      return done;
    };
    const request = (...args: string[]) => requestBecause("The login needs it.", ...args);
    const requestBecause = (reason: string, ...args: string[]) => run("request", PURL, "--reason", reason, ...args);
    const pulls = () => clone.forge.pulls();
    const fileOn = (branch: string) => clone.forge.git("show", `${branch}:${PATH}`);
    /** All that git shows of a clone that somebody works in. */
    const workOf = async () => [
      await clone.git("status", "--porcelain=v2", "--branch", "--untracked-files=all"),
      await clone.git("diff"),
      await clone.git("diff", "--cached"),
      await clone.git("stash", "list"),
      await clone.git("branch", "--list"),
      await clone.git("worktree", "list"),
      readFileSync(join(clone.path, ".git/HEAD"), "utf8"),
    ];

    before(async () => {
      const published = new Date().toISOString();
      const packages = [{ name: "fresh", releases: [{ version: "1.0.0" }, { version: "1.1.0", published }] }];
      clone = await startPolicyClone({ kind, packages });
      clone.write("cordon.yaml", `${readFileSync(join(clone.path, "cordon.yaml"), "utf8")}\n# not committed\n`);
      clone.write("policies/draft.txt", "not added");
      clone.write("lists/half.txt", "added");
      await clone.git("add", "lists/half.txt");
    });
    after(() => clone.close());

    it("opens a request, and touches nothing of the clone that it is run in", async () => {
      const work = await workOf();
      const { code, stdout, stderr } = await request("--ticket", "SEC-17");
      assert.equal(code, 0, stderr);
      assert.equal(
        stdout,
        `✓ ${PATH} is on branch ${BRANCH}.\nThe request is open: ${clone.forge.page}${PAGES[kind]}1\n`,
      );
      assert.deepEqual(await workOf(), work);
      assert.deepEqual(clone.leftovers(), []);
    });

    it("has the approval in it, for somebody else to give", () => {
      const text = fileOn(BRANCH);
      assert.match(text, /purl: "pkg:npm\/fresh@1\.1\.0"\n {2}digests: \["sha1:[0-9a-f]{40}","sha512:[0-9a-f]{128}"\]/);
      assert.match(text, /policies: \["release-age"\]\n {2}reason: "The login needs it\."\n {2}ticket: "SEC-17"/);
      assert.match(text, /requestedBy: "Dev Eloper <dev@acme\.example>"\n {2}approvedBy: "REVIEWER"/);
      assert.equal(clone.forge.git("diff", "--name-only", `main..${BRANCH}`), PATH);
      const [pull] = pulls();
      assert.deepEqual(
        [pull?.branch, pull?.base, pull?.title, pull?.state],
        [BRANCH, "main", `Approve ${PURL}`, "open"],
      );
      assert.match(pull?.body ?? "", /is \*\*held\*\* by policy `release-age`, rule `too-young`, until /);
      assert.match(pull?.body ?? "", /- Ticket: `SEC-17`/);
    });

    it("changes nothing when it is asked for in the same way again", async () => {
      const [tip, body] = [clone.forge.tipOf(BRANCH), pulls()[0]?.body];
      const { stdout, code } = await request("--ticket", "SEC-17");
      assert.equal(code, 0);
      assert.match(stdout, /The request that was open is up to date: /);
      assert.equal(clone.forge.tipOf(BRANCH), tip);
      assert.equal(pulls().length, 1);
      const times = /The approval ends on [^.]+/;
      assert.equal(times.exec(pulls()[0]?.body ?? "")?.[0], times.exec(body ?? "")?.[0]);
    });

    it("is one commit on the same branch, and the same request, with another reason", async () => {
      const { code } = await requestBecause("It mends the login.", "--expires", "3d");
      assert.equal(code, 0);
      assert.match(fileOn(BRANCH), /reason: "It mends the login\."/);
      assert.equal(clone.forge.git("rev-list", "--count", `main..${BRANCH}`), "1");
      assert.equal(pulls().length, 1);
      assert.match(pulls()[0]?.body ?? "", /`It mends the login\.`/);
    });

    it("is made anew on the newest base", async () => {
      const tree = clone.forge.git("rev-parse", "main^{tree}");
      const moved = clone.forge.git("commit-tree", tree, "-p", "main", "-m", "Meanwhile");
      clone.forge.git("update-ref", "refs/heads/main", moved);
      const before = fileOn(BRANCH);
      assert.equal((await requestBecause("It mends the login.", "--expires", "3d")).code, 0);
      assert.equal(clone.forge.git("rev-parse", `${BRANCH}^`), moved);
      assert.equal(fileOn(BRANCH), before);
    });

    it("is listed, with since when and by whom", async () => {
      const { code, stdout } = await run("list");
      assert.equal(code, 0);
      const url = `${clone.forge.page}${PAGES[kind]}1`;
      assert.equal(
        stdout,
        `0 approvals\n\n1 open request\n  under a day  Approve ${PURL}, by octocat\n               ${url}\n`,
      );
      const { requests } = (await run("list", "--json")).json() as { requests: Record<string, string>[] };
      assert.deepEqual(requests, [
        {
          ...{ kind: "approval", branch: BRANCH, title: `Approve ${PURL}`, author: "octocat", url },
          created: pulls()[0]?.created,
        },
      ]);
    });

    it("is not approved by who asks, however that is written", async () => {
      for (const name of ["Dev Eloper <dev@acme.example>", "dev eloper <DEV@acme.example> "]) {
        const { code, stderr } = await run("approve", PURL, "--approved-by", name);
        assert.equal(code, 2);
        assert.match(stderr, /asks for pkg:npm\/fresh@1\.1\.0, and should not approve it/);
      }
      assert.match(fileOn(BRANCH), /approvedBy: "REVIEWER"/);
    });

    it("is approved by somebody else, who sees the evidence and is told how to merge", async () => {
      const { code, stdout, stderr } = await run("approve", PURL, "--approved-by", "Rae Viewer");
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^pkg:npm\/fresh@1\.1\.0: quarantine, until /);
      assert.match(stdout, /release-age\/too-young {2}Published less than three days ago\./);
      assert.match(stdout, /Asked for by Dev Eloper <dev@acme\.example>, until [^\n]+\n {2}It mends the login\./);
      assert.match(stdout, /is approved by Rae Viewer, on branch quarantine\/npm-fresh-1\.1\.0\./);
      assert.ok(stdout.includes(`Merge it: ${clone.forge.page}${PAGES[kind]}1`), stdout);
      assert.match(fileOn(BRANCH), /approvedBy: "Rae Viewer"/);
    });

    it("stays approved, also when it is approved or asked for once more", async () => {
      const tip = clone.forge.tipOf(BRANCH);
      assert.match((await run("approve", PURL, "--approved-by", "Rae Viewer")).stdout, /was approved already/);
      assert.equal((await requestBecause("It mends the login.", "--expires", "3d")).code, 0);
      assert.equal(clone.forge.tipOf(BRANCH), tip);
    });

    it("is not asked for again once it is merged, also from a clone that is older", async () => {
      clone.forge.merge(1);
      const { code, stderr } = await request();
      assert.equal(code, 2);
      assert.match(stderr, /is approved on main of .*, until .*\nPull\./);
      assert.equal(pulls().length, 1);
    });

    it("is allowed then, and listed with its end", async () => {
      await clone.git("stash", "--quiet");
      await clone.git("pull", "--quiet");
      const { code, stderr } = await request();
      assert.equal(code, 2);
      assert.match(stderr, /may be installed: there is nothing to approve/);
      assert.match(
        (await run("list")).stdout,
        /^1 approval\n {2}expiring {2}2 days {2}pkg:npm\/fresh@1\.1\.0 {2}Rae Viewer\n/,
      );
      assert.match((await run("list", "--within", "1d")).stdout, /^1 approval\n {2}active /);
    });

    it("is revoked by a request of its own, and by the same again", async () => {
      const { code, stdout } = await run("revoke", PURL, "--reason", "An advisory came.");
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^✓ Branch ${REVOCATION} removes approvals/npm/fresh@1\\.1\\.0\\.yaml\\.`));
      assert.equal(clone.forge.git("diff", "--name-status", `main..${REVOCATION}`), `D\t${PATH}`);
      assert.match(pulls()[1]?.body ?? "", /`An advisory came\.`\n\n- removes `approvals\/npm\/fresh@1\.1\.0\.yaml`/);
      const tip = clone.forge.tipOf(REVOCATION);
      assert.match((await run("revoke", PURL)).stdout, /The request is open: /);
      assert.equal(clone.forge.tipOf(REVOCATION), tip);
      assert.equal(pulls().length, 2);
      clone.forge.merge(2);
      await clone.git("pull", "--quiet");
      assert.match((await run("list")).stdout, /^0 approvals\n\n0 open requests\n$/);
    });

    it("ends a request that was never merged, with its branch", async () => {
      assert.equal((await request()).code, 0);
      const { code, stdout } = await run("revoke", PURL);
      assert.equal(code, 0);
      assert.ok(stdout.includes(`The request ${clone.forge.page}${PAGES[kind]}3 is closed.`), stdout);
      assert.equal(pulls()[2]?.state, "closed");
      assert.equal(clone.forge.tipOf(BRANCH), undefined);
      const again = await run("revoke", PURL);
      assert.equal(again.code, 2);
      assert.match(again.stderr, /has neither an approval of pkg:npm\/fresh@1\.1\.0 nor a request for one/);
    });

    it("asked the forge as it describes itself, and told nobody a token or a password", () => {
      assert.deepEqual(clone.forge.problems, []);
      assert.deepEqual(clone.leftovers(), []);
      const told = [...outputs, ...pulls().map(({ body }) => body), clone.forge.git("log", "--all", "-p")].join("\n");
      assert.ok(!told.includes(clone.forge.token) && !told.includes(clone.forge.account.password));
    });
  });
