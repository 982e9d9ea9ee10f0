import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { branchesOf, type RemoteBranches, remoteOf } from "../../../cli/git/branches.ts";
import { CordonError } from "../../../core/errors.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";

const isCode = (code: string) => (error: unknown) => error instanceof CordonError && error.code === code;

describe("branches of a remote", () => {
  let folder: Folder;
  let branches: RemoteBranches;
  const git = (dir: string, ...args: string[]) =>
    execFileSync("git", args, { cwd: join(folder.path, dir), encoding: "utf8", stdio: "pipe" }).trimEnd();

  beforeEach(async () => {
    folder = makeFolder({ "seed/kept.txt": "kept" });
    git(".", "init", "-q", "--bare", "-b", "main", "remote.git");
    git("seed", "init", "-q", "-b", "main");
    for (const setting of ["user.name=Dev", "user.email=dev@acme.example"])
      git("seed", "config", ...setting.split("="));
    git("seed", "add", ".");
    git("seed", "commit", "-qm", "Begin");
    git("seed", "push", "-q", "../remote.git", "main");
    git(".", "clone", "-q", "remote.git", "clone");
    for (const setting of ["user.name=Dev", "user.email=dev@acme.example"])
      git("clone", "config", ...setting.split("="));
    branches = await branchesOf(join(folder.path, "clone"));
  });
  afterEach(async () => {
    await branches.close();
    folder.remove();
  });
  const base = async () => (await branches.fetch("main")) ?? "";
  const propose = async (content: string, branch = "quarantine/x") => {
    const commit = await branches.commit(await base(), "approvals/npm/x.yaml", content, "Approve x");
    await branches.push(branch, await branches.fetch(branch), commit);
    return commit;
  };

  it("get a commit with one more file, as it was given", async () => {
    const commit = await propose("a: 1\r\nb: \u{1f600}\n");
    assert.equal(git("remote.git", "rev-parse", "quarantine/x"), commit);
    assert.equal(git("remote.git", "diff", "--name-status", "main", "quarantine/x"), "A\tapprovals/npm/x.yaml");
    assert.equal(await branches.read(commit, "approvals/npm/x.yaml"), "a: 1\r\nb: \u{1f600}\n");
    assert.equal(
      git("remote.git", "log", "-1", "--format=%an %ae %s", "quarantine/x"),
      "Dev dev@acme.example Approve x",
    );
  });

  it("lose a file, and keep the others", async () => {
    const commit = await propose("a");
    const removed = await branches.commit(commit, "approvals/npm/x.yaml", null, "Revoke x");
    assert.equal(await branches.read(removed, "approvals/npm/x.yaml"), undefined);
    assert.equal(await branches.read(removed, "kept.txt"), "kept");
    assert.deepEqual(await branches.list(removed, "approvals"), []);
    assert.deepEqual(await branches.list(commit, "approvals"), ["approvals/npm/x.yaml"]);
  });

  it("are not there, or read, where there is none", async () => {
    assert.equal(await branches.fetch("quarantine/none"), undefined);
    assert.equal(await branches.read(await base(), "none.yaml"), undefined);
  });

  it("are moved only from where they were last seen", async () => {
    const first = await propose("first");
    const second = await branches.commit(await base(), "approvals/npm/x.yaml", "second", "Approve x");
    await branches.push("quarantine/x", first, second);
    for (const [what, expected, commit] of [
      ["another's push", first, await base()],
      ["a branch that others made", undefined, await base()],
      ["a removal", first, null],
    ] as const)
      await assert.rejects(branches.push("quarantine/x", expected, commit), isCode("PUSH_REFUSED"), what);
    assert.equal(git("remote.git", "rev-parse", "quarantine/x"), second);
    await branches.push("quarantine/x", second, null);
    assert.equal(await branches.fetch("quarantine/x"), undefined);
  });

  it("tell whether one holds all that another does, also where they have nothing in common", async () => {
    const commit = await propose("a");
    assert.equal(await branches.isOnTopOf(commit, await base()), true);
    assert.equal(await branches.isOnTopOf(await base(), commit), false);
    const tree = git("remote.git", "rev-parse", "main^{tree}");
    const alone = git(
      "remote.git",
      "-c",
      "user.name=x",
      "-c",
      "user.email=x@acme.example",
      "commit-tree",
      tree,
      "-m",
      "Alone",
    );
    git("remote.git", "update-ref", "refs/heads/alone", alone);
    assert.equal(await branches.isOnTopOf((await branches.fetch("alone")) ?? "", await base()), false);
  });

  it("run no hooks of the clone", async () => {
    const ran = join(folder.path, "ran");
    for (const hook of ["pre-commit", "commit-msg", "post-commit", "pre-push", "post-checkout"])
      execFileSync(
        "sh",
        [
          "-c",
          `printf '#!/bin/sh\\necho ${hook} >> "${ran}"\\nexit 1\\n' > .git/hooks/${hook} && chmod +x .git/hooks/${hook}`,
        ],
        { cwd: join(folder.path, "clone") },
      );
    await branches.close();
    branches = await branchesOf(join(folder.path, "clone"));
    await propose("a");
    assert.throws(() => execFileSync("cat", [ran], { stdio: "pipe" }));
  });

  it("leave other work trees alone, also those that are away", async () => {
    git("clone", "worktree", "add", "-q", "--detach", join(folder.path, "other"));
    execFileSync("mv", [join(folder.path, "other"), join(folder.path, "away")]);
    await branches.close();
    execFileSync("mv", [join(folder.path, "away"), join(folder.path, "other")]);
    assert.equal(git("other", "status", "--porcelain"), "");
  });

  it("are of no folder that is no clone", async () => {
    const alone = makeFolder({ "x.txt": "" });
    try {
      assert.equal(await remoteOf(alone.path), undefined);
      await assert.rejects(branchesOf(alone.path), isCode("USAGE"));
    } finally {
      alone.remove();
    }
  });

  it("name their remote without credentials", async () => {
    git("clone", "remote", "set-url", "origin", "https://dev:a-password@forge.example/acme/policies.git");
    assert.equal(await remoteOf(join(folder.path, "clone")), "https://forge.example/acme/policies.git");
  });
});
