import assert from "node:assert/strict";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { findAction, parseAction, usesOf } from "../../../cli/init/action.ts";
import { CordonError } from "../../../core/errors.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";
import { type GitHome, makeGitHome } from "../../support/git-home.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

describe("parseAction()", () => {
  for (const text of [`acme/cordon@${COMMIT}`, "acme/cordon@v1", "acme/cordon.action@release/1.x"])
    it(`takes ${text}`, () => {
      const { repository, ref } = parseAction(text);
      assert.equal(`${repository}@${ref}`, text);
    });

  for (const text of [
    "acme/cordon",
    "acme@v1",
    "acme/..@v1",
    "acme/cordon@",
    "acme/cordon@v1 # x",
    "acme/cordon@v1\nrun: x",
    "a/b/c@v1",
    "acme/cordon@$(id)",
  ])
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseAction(text),
        (error) => error instanceof CordonError && error.code === "USAGE",
      );
    });
});

describe("findAction()", () => {
  let folder: Folder;
  let home: GitHome;
  beforeEach(() => {
    folder = makeFolder({ "package.json": "{}" });
    home = makeGitHome();
  });
  afterEach(() => {
    folder.remove();
    home.remove();
  });
  const find = (manifest: unknown, root = folder.path) => findAction({ root, version: "1.2.3", manifest });

  function commit(): string {
    home.git(folder.path, "init", "-q", "-b", "main");
    home.git(folder.path, "add", ".");
    home.git(folder.path, "commit", "-q", "-m", "First");
    return home.git(folder.path, "rev-parse", "HEAD");
  }

  it("finds the repository that the package names, whatever way it is written", async () => {
    for (const repository of [
      "acme/cordon",
      "github:acme/cordon",
      "git+https://github.com/acme/cordon.git",
      "git://github.com/acme/cordon.git",
      { type: "git", url: "git+ssh://git@github.com/acme/cordon.git" },
      { type: "git", url: "https://github.com/acme/cordon" },
    ])
      assert.equal((await find({ repository })).repository, "acme/cordon", JSON.stringify(repository));
  });

  it("finds the commit that a package was built of, and asks no git for another", async () => {
    commit();
    folder.write("build.json", JSON.stringify({ commit: COMMIT }));
    assert.deepEqual(await find({ repository: "acme/cordon" }), {
      repository: "acme/cordon",
      ref: COMMIT,
      version: "v1.2.3",
    });
  });

  it("finds the checkout's own remote and commit", async () => {
    const head = commit();
    home.git(folder.path, "remote", "add", "origin", "https://dev:secret@github.com/acme/cordon.git");
    assert.deepEqual(await find({}), { repository: "acme/cordon", ref: head, version: "v1.2.3" });
  });

  it("does not take the project that it is installed in for itself", async () => {
    folder.write("node_modules/cordon/package.json", "{}");
    commit();
    home.git(folder.path, "remote", "add", "origin", "https://github.com/acme/web.git");
    const found = await find({}, join(folder.path, "node_modules/cordon"));
    assert.deepEqual([found.repository, found.ref], [undefined, undefined]);
  });

  const UNKNOWN: readonly [name: string, build: string][] = [
    ["no JSON", "{"],
    ["no commit", JSON.stringify({ commit: "main" })],
    ["something else", JSON.stringify({ commit: 1 })],
  ];
  for (const [name, build] of UNKNOWN)
    it(`knows no commit where the file of the build holds ${name}`, async () => {
      folder.write("build.json", build);
      assert.equal((await find({ repository: "acme/cordon" })).ref, undefined);
    });

  it("knows no repository that is not on GitHub, for its actions are not there", async () => {
    assert.equal((await find({ repository: "https://gitlab.acme.example/acme/cordon" })).repository, undefined);
  });
});

describe("usesOf()", () => {
  it("is a pinned commit with its version, or else a placeholder that is plainly one", () => {
    const known = { repository: "acme/cordon", ref: COMMIT, version: "v1.2.3" };
    assert.equal(usesOf(known), `acme/cordon/.github/actions/policy@${COMMIT} # v1.2.3`);
    assert.equal(usesOf({ ...known, ref: "v1", version: undefined }), "acme/cordon/.github/actions/policy@v1");
    assert.equal(
      usesOf({ repository: undefined, ref: undefined, version: "v1.2.3" }),
      "<OWNER>/cordon/.github/actions/policy@<REF>",
    );
    assert.throws(() => parseAction("<OWNER>/cordon@v1"), /does not read OWNER\/REPO@REF/);
  });
});
