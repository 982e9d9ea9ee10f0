import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { cordonWith } from "../../support/cli.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";
import { type GitHome, makeGitHome } from "../../support/git-home.ts";

interface Result {
  readonly written: string[];
  readonly kept: string[];
  readonly commit: string | null;
  readonly notes: string[];
  readonly next: string[];
}

describe("cordon init and git", () => {
  let folder: Folder;
  let home: GitHome;
  let dir: string;
  const git = (...args: string[]): string => home.git(dir, ...args);

  beforeEach(() => {
    folder = makeFolder({ "p/.keep": "" });
    dir = join(folder.path, "p");
    home = makeGitHome();
  });
  afterEach(() => {
    folder.remove();
    home.remove();
  });

  async function init(where = dir, ...args: string[]): Promise<Result & { code: number | null }> {
    const { code, stdout, json } = await cordonWith(home.environment, "init", where, "--json", ...args);
    assert.notEqual(stdout, "");
    return { code, ...(json() as Result) };
  }

  it("begins a repository on main, with what was written and nothing else in its first commit", async () => {
    const { code, commit, written } = await init();
    assert.equal(code, 0);
    assert.equal(git("rev-parse", "HEAD"), commit);
    assert.equal(git("symbolic-ref", "--short", "HEAD"), "main");
    assert.equal(git("log", "--format=%an <%ae>: %s"), "Developer <dev@acme.example>: Begin the package policy");
    assert.deepEqual(git("ls-tree", "-r", "--name-only", "HEAD").split("\n").sort(), [...written].sort());
    assert.equal(git("status", "--porcelain"), "?? .keep");
  });

  it("makes no commit when it is run again", async () => {
    const { commit } = await init();
    const again = await init();
    assert.deepEqual([again.code, again.commit, again.notes], [0, null, []]);
    assert.equal(git("rev-parse", "HEAD"), commit);
  });

  it("leaves what else is staged as it was, whether there is a commit already or not", async () => {
    for (const hasCommit of [false, true]) {
      folder.remove();
      mkdirSync(dir, { recursive: true });
      git("init", "-q", "-b", "main");
      if (hasCommit) git("commit", "-q", "--allow-empty", "-m", "First");
      folder.write("p/staged.txt", "as staged");
      git("add", "staged.txt");
      folder.write("p/staged.txt", "and changed since");
      const { commit, written } = await init();
      assert.equal(git("rev-parse", "HEAD"), commit);
      assert.equal(git("status", "--porcelain"), "AM staged.txt");
      assert.equal(git("show", ":staged.txt"), "as staged");
      const inCommit = git("show", "--format=", "--name-only", "HEAD").split("\n");
      assert.deepEqual(inCommit.sort(), [...written].sort());
    }
  });

  it("takes the repository's address from origin, without what may be a secret in it", async () => {
    git("init", "-q", "-b", "main");
    git("remote", "add", "origin", "https://dev:a-password@github.com/acme/policies.git");
    const { next, notes } = await init();
    assert.match(git("show", "HEAD:cordon.yaml"), /^repository: "https:\/\/github\.com\/acme\/policies"$/m);
    assert.doesNotMatch(`${next}${notes}${git("show", "HEAD")}`, /a-password/);
    assert.doesNotMatch(next[0] ?? "", /remote add/);
  });

  it("pushes to main what stands on another branch", async () => {
    git("init", "-q", "-b", "master");
    const { next, notes } = await init();
    assert.match(notes.join("\n"), /^The branch here is master; what was written is for main\.$/);
    assert.match(next[0] ?? "", /git push -u origin HEAD:main$/);
  });

  it("understands git's own spelling of an address", async () => {
    git("init", "-q", "-b", "main");
    git("remote", "add", "origin", "git@github.com:acme/policies.git");
    await init();
    assert.match(git("show", "HEAD:trust.yaml"), /workflow: "https:\/\/github\.com\/acme\/policies\/\.github\//);
  });

  it("writes the files and says how to commit them where git knows no author", async () => {
    home.write(".gitconfig", "[user]\n  useConfigOnly = true\n");
    const { code, commit, notes, next } = await init();
    assert.deepEqual([code, commit], [0, null]);
    assert.match(
      notes.join("\n"),
      /^Nothing was committed: git does not know who you are\. Set user\.name and user\.email/,
    );
    assert.match(next[0] ?? "", /: git add \. && git commit -m 'Begin the package policy' && /);
    assert.ok(existsSync(join(dir, "cordon.yaml")));
  });

  it("takes the author from the environment, as git does", async () => {
    home.write(".gitconfig", "[user]\n  useConfigOnly = true\n");
    const people = Object.fromEntries(
      ["AUTHOR", "COMMITTER"].flatMap((role) => [
        [`GIT_${role}_NAME`, "Somebody"],
        [`GIT_${role}_EMAIL`, "somebody@acme.example"],
      ]),
    );
    const { code } = await cordonWith({ ...home.environment, ...people }, "init", dir);
    assert.equal(code, 0);
    assert.equal(git("log", "--format=%an, %ce"), "Somebody, somebody@acme.example");
  });

  it("lets hooks have their say: what they refuse stays written, and is told", async () => {
    git("init", "-q", "-b", "main");
    const hook = folder.write("p/.git/hooks/pre-commit", "#!/bin/sh\necho no commits on a Friday >&2\nexit 1\n");
    chmodSync(hook, 0o755);
    const { code, commit, notes } = await init();
    assert.deepEqual([code, commit], [2, null]);
    assert.match(
      notes.join("\n"),
      /^Nothing was committed: git cannot commit what was written: no commits on a Friday/,
    );
    assert.ok(existsSync(join(dir, "cordon.yaml")));
  });

  it("signs where its user signs: it does not commit without, if that fails", async () => {
    home.write(
      ".gitconfig",
      "[user]\n  name = Developer\n  email = dev@acme.example\n[commit]\n  gpgSign = true\n[gpg]\n  program = false\n",
    );
    const { code, commit, notes } = await init();
    assert.deepEqual([code, commit], [2, null]);
    assert.match(notes.join("\n"), /^Nothing was committed: git cannot commit what was written: .*sign/);
  });

  it("commits nothing of what git ignores here, and names it", async () => {
    home.write("ignore", ".vscode/\n");
    home.write("git/ignore", ".vscode/\n");
    const { code, commit, notes } = await init();
    assert.equal(code, 0);
    assert.match(notes.join("\n"), /^Not committed, because git ignores it here: .*\.vscode\/settings\.json/);
    assert.equal(git("rev-parse", "HEAD"), commit);
    assert.equal(git("ls-tree", "-r", "--name-only", "HEAD", ".vscode"), "");
  });

  it("does not touch git with --no-commit", async () => {
    await init(dir, "--no-commit");
    assert.ok(!existsSync(join(dir, ".git")));
  });

  it("leaves out what a forge reads at a repository's top only, where DIR is not the top", async () => {
    git("init", "-q", "-b", "main");
    const { code, written, notes, commit } = await init(join(dir, "security/policy"), "--owners", "@acme/security");
    assert.equal(code, 0);
    assert.deepEqual(
      written.filter((path) => path.startsWith(".github")),
      [],
    );
    assert.match(
      notes.join("\n"),
      new RegExp(`^This folder lies in the repository ${realpathSync(dir)}, and .* none were written\\.`),
    );
    assert.equal(git("rev-parse", "HEAD"), commit);
    assert.ok(
      git("ls-tree", "-r", "--name-only", "HEAD")
        .split("\n")
        .every((path) => path.startsWith("security/policy/")),
    );
    assert.ok(!existsSync(join(dir, "security/policy/.git")));
  });

  it("says where the branch is not the one that the files are for", async () => {
    git("init", "-q", "-b", "trunk");
    const { notes } = await init();
    assert.deepEqual(notes, ["The branch here is trunk; what was written is for main."]);
  });

  it("does not take a repository for none that git does not open", async () => {
    folder.write("p/.git", "gitdir: /nowhere\n");
    const { code, stderr } = await cordonWith(home.environment, "init", dir);
    assert.equal(code, 2);
    assert.match(stderr, /^Error: git cannot open the repository of /);
    assert.ok(!existsSync(join(dir, "cordon.yaml")));
  });
});
