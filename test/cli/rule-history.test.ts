import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { readCommit, readPrefix } from "../../cli/git/history.ts";
import { openGit, openOwnGit } from "../../cli/git/open.ts";
import { readRuleHistory } from "../../cli/rule-history.ts";
import { compilePolicies } from "../../core/policy/compile.ts";
import { readPolicySource } from "../../core/policy/source.ts";
import { type Folder, makeFolder } from "../support/folder.ts";

const RULES = [
  "apiVersion: cordon/v1",
  "kind: PackagePolicy",
  "metadata: { name: p }",
  "spec:",
  "  rules:",
  "    - name: first",
  "      condition: >-",
  '        pkg.name == "a"',
  "      verdict: block",
  "      message: No.",
  "    - name: second",
  '      condition: pkg.name == "b"',
  "      verdict: warn",
  "      message: Hm.",
  "",
];

describe("readRuleHistory()", () => {
  let folder: Folder;
  const git = (dir: string, ...args: string[]) =>
    execFileSync("git", args, { cwd: join(folder.path, dir), encoding: "utf8" });
  const commit = (author: string, date: string): string => {
    git("repo", "add", ".");
    git(
      "repo",
      "-c",
      "user.name=x",
      "-c",
      "user.email=x@acme.example",
      "commit",
      "-qm",
      "x",
      "--author",
      `${author} <a@acme.example>`,
      "--date",
      date,
    );
    return git("repo", "rev-parse", "HEAD").trim();
  };
  const history = (dir: string) => {
    const at = join(folder.path, dir);
    return readRuleHistory(at, compilePolicies(readPolicySource(at)).set.policies);
  };
  const write = (lines: readonly string[]) => folder.write("repo/rules/policies/p.yaml", lines.join("\n"));
  let ids: readonly string[];

  before(() => {
    folder = makeFolder();
    write(RULES);
    git("repo", "init", "-q", "-b", "main");
    const first = commit("Ann", "2026-01-01T00:00:00Z");
    write(RULES.map((line) => line.replace('"a"', '"aa"')));
    const second = commit("Ben \u001b[31mred", "2026-02-01T00:00:00+02:00");
    ids = [first, second];
  });

  after(() => folder.remove());

  it("names the newest change of any of a rule's lines, and the folder that the repository lies in", async () => {
    assert.deepEqual(await history("repo/rules"), {
      folder: "rules/",
      changes: {
        "policies/p.yaml": {
          6: { commit: ids[1], author: "Ben  [31mred", date: "2026-01-31T22:00:00Z" },
          11: { commit: ids[0], author: "Ann", date: "2026-01-01T00:00:00Z" },
        },
      },
    });
  });

  it("names none for a rule that was changed and not committed", async () => {
    write(RULES.map((line) => line.replace('"a"', '"aa"').replace("Hm.", "Hm!")));
    const found = await history("repo/rules");
    assert.deepEqual(Object.keys(found?.changes["policies/p.yaml"] ?? {}), ["6"]);
  });

  it("knows nothing in a shallow clone, where everything would seem to be of its oldest commit", async () => {
    git("", "clone", "-q", "--depth", "1", `file://${folder.path}/repo`, "shallow");
    assert.equal(await history("shallow/rules"), undefined);
  });

  describe("where the repository would have git run a program", () => {
    const marker = () => join(folder.path, "ran");
    const textconv = () => `touch ${marker()}; cat`;
    afterEach(() => {
      assert.equal(existsSync(marker()), false);
      folder.write("repo/.git/info/attributes", "");
    });

    it("runs none that its own settings name for showing files, and knows as much", async () => {
      write(RULES.map((line) => line.replace('"a"', '"aa"')));
      git("repo", "config", "diff.x.textconv", textconv());
      folder.write("repo/.git/info/attributes", "* diff=x\n");
      assert.deepEqual(Object.keys((await history("repo/rules"))?.changes["policies/p.yaml"] ?? {}), ["6", "11"]);
    });

    it("takes its folder for no repository, though it is laid out as a bare one", async () => {
      git("repo", "init", "-q", "--bare", "rules");
      // As one that has the policies as its own work tree, and a commit of them.
      git("repo/rules", "config", "core.bare", "false");
      git("repo/rules", "config", "core.worktree", ".");
      git("repo/rules", "add", "policies");
      git("repo/rules", "-c", "user.name=x", "-c", "user.email=x@acme.example", "commit", "-qm", "x");
      git("repo/rules", "config", "diff.x.textconv", textconv());
      folder.write("repo/rules/info/attributes", "* diff=x\n");
      const at = join(folder.path, "repo/rules");
      assert.equal((await history("repo/rules"))?.changes["policies/p.yaml"]?.["6"]?.commit, ids[1]);
      assert.deepEqual([await readCommit(at), readPrefix(at)], [ids[1], "rules/"]);
    });

    it("opens none that is laid out so, whoever asks", async () => {
      await assert.rejects(openGit(join(folder.path, "repo/rules")).revparse(["HEAD"]), /safe\.bareRepository/);
      await assert.rejects(openOwnGit(join(folder.path, "repo/rules")).revparse(["HEAD"]), /safe\.bareRepository/);
    });
  });

  it("knows nothing outside git", async () => {
    folder.write("plain/policies/p.yaml", RULES.join("\n"));
    assert.equal(await history("plain"), undefined);
  });
});
