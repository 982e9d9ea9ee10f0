import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { tryPullFeed } from "../../cli/intel/pull.ts";
import { readRepository, requireFeeds } from "../../cli/repository.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { AGE_POLICY } from "../support/policies.ts";

describe("readRepository()", () => {
  let folder: Folder;

  beforeEach(() => {
    folder = makeFolder({ [AGE_POLICY.path]: AGE_POLICY.text });
  });
  afterEach(() => folder.remove());

  it("reports what lies where policy is read from and is not read: another ending, a link, a config of another name", async () => {
    folder.write("policies/known-malicious.YAML", "x");
    folder.write("lists/allowed.json", "{}");
    folder.write("cordon.yml", "x");
    folder.write("elsewhere.yaml", AGE_POLICY.text);
    symlinkSync(join(folder.path, "elsewhere.yaml"), join(folder.path, "policies", "linked.yaml"));
    const found = (await readRepository(folder.path)).diagnostics.map(
      ({ file, code, severity }) => `${severity} ${code} ${file}`,
    );
    assert.deepEqual(found.sort(), [
      "error not-read cordon.yml",
      "error not-read lists/allowed.json",
      "error not-read policies/known-malicious.YAML",
      "error not-read policies/linked.yaml",
    ]);
  });

  it("reports folders that are links, of policy, advisories and tests alike, and reads nothing through them", async () => {
    const other = { "lists/x.yaml": "x", "approvals/x.yaml": "x", "advisories/x.json": "x", "tests/x.yaml": "x" };
    for (const [path, text] of Object.entries(other)) folder.write(`samples/p/${path}`, text);
    for (const name of ["lists", "approvals", "advisories"])
      symlinkSync(join("samples", "p", name), join(folder.path, name));
    folder.write("tests/own.txt", "x");
    symlinkSync("../samples/p/tests/x.yaml", join(folder.path, "tests", "linked.yaml"));
    const found = (await readRepository(folder.path)).diagnostics.map(({ file, code }) => `${code} ${file}`);
    assert.deepEqual(found.sort(), [
      "not-read advisories",
      "not-read approvals",
      "not-read lists",
      "not-read tests/linked.yaml",
    ]);
  });

  it("is none where its policies, or its settings, lie elsewhere by a link", async () => {
    const outer = makeFolder({ "cordon.yaml": "apiVersion: cordon/v1\nkind: Cordon\n" });
    symlinkSync(join(folder.path, "policies"), join(outer.path, "policies"));
    await assert.rejects(readRepository(outer.path), {
      code: "FILE_UNREADABLE",
      message: `${outer.path} is not a policy repository: its folder policies is a link, and links are not followed`,
    });
    symlinkSync(join(outer.path, "cordon.yaml"), join(folder.path, "cordon.yaml"));
    await assert.rejects(readRepository(folder.path), {
      code: "FILE_UNREADABLE",
      message: `cordon.yaml does not lie in ${folder.path}`,
    });
    outer.remove();
  });

  it("says nothing of texts for people and of hidden files", async () => {
    folder.write("policies/README.md", "x");
    folder.write("approvals/.gitkeep", "");
    assert.deepEqual((await readRepository(folder.path)).diagnostics, []);
  });

  it("asks whether a folder above the repository was meant to be the one below", async () => {
    const outer = makeFolder({ [`policies/${AGE_POLICY.path}`]: AGE_POLICY.text });
    await assert.rejects(readRepository(outer.path), {
      code: "FILE_UNREADABLE",
      message: `${outer.path} is not a policy repository; did you mean ${outer.path}/policies?`,
    });
    outer.remove();
  });

  it("does not decide without a feed that was never pulled", async () => {
    folder.write(
      "cordon.yaml",
      "apiVersion: cordon/v1\nkind: Cordon\nfeeds: [{ name: ossf, kind: directory, path: records }]\n",
    );
    await assert.rejects(requireFeeds(folder.path), {
      code: "FEED_MISSING",
      message: `${folder.path} has feeds that were never pulled: ossf`,
    });
    assert.deepEqual(
      (await readRepository(folder.path)).diagnostics.map(({ severity, line }) => [severity, line]),
      [["warning", 3]],
    );
  });

  describe("with a folder .cordon that is not the machine's own", () => {
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@acme.example", ...args], { cwd: folder.path });
    const commitAll = () => {
      git("add", "-A", "-f");
      git("commit", "-qm", "x");
    };

    it("believes no feed that is committed, in whatever spelling some systems take for the folder", async () => {
      git("init", "-q");
      commitAll();
      folder.write(".cordon/intel/mal/records.sqlite", "");
      assert.deepEqual((await readRepository(folder.path)).diagnostics, []);
      for (const name of [".cordon", ".Cordon"]) {
        git("update-index", "--add", "--cacheinfo", `100644,${blob()},${name}/intel/mal/records.sqlite`);
        await assert.rejects(readRepository(folder.path), {
          code: "POLICY_INVALID",
          message: new RegExp(`^${name}/intel/mal/records\\.sqlite is committed, `),
          next: /git rm -r --cached \.cordon.*\.gitignore/,
        });
        git("rm", "-rq", "--cached", name);
      }
      assert.deepEqual((await readRepository(folder.path)).diagnostics, []);
    });

    it("believes none either where the repository is a folder that is laid out as a bare one", async () => {
      const pack = makeFolder();
      folder.remove();
      folder = pack;
      git("init", "-q");
      git("init", "-q", "--bare", "pack");
      pack.write(`pack/${AGE_POLICY.path}`, AGE_POLICY.text);
      pack.write("pack/.cordon/intel/mal/records.sqlite", "");
      git("add", "-f", "pack/.cordon");
      await assert.rejects(readRepository(join(pack.path, "pack")), { code: "POLICY_INVALID" });
    });

    it("does not go by what it cannot ask", async () => {
      folder.write(".git/HEAD", "nonsense");
      folder.write(".cordon/intel/mal/records.sqlite", "");
      await assert.rejects(readRepository(folder.path), { code: "GIT_FAILED" });
    });

    const LINKS = [".cordon", ".cordon/intel", ".cordon/intel/mal", ".cordon/intel/mal/clone", ".cordon/sigstore"];
    for (const path of LINKS) {
      it(`follows no link: ${path}`, async () => {
        const outside = makeFolder();
        const link = join(folder.path, path);
        mkdirSync(dirname(link), { recursive: true });
        symlinkSync(outside.path, link);
        await assert.rejects(readRepository(folder.path), {
          code: "FILE_UNREADABLE",
          message: `${link} is a link, which could lead to anybody's files`,
        });
        const feed = { name: "mal", kind: "directory", path: "policies" } as const;
        const pulled = await tryPullFeed(feed, folder.path, { progress: () => {}, accept: false });
        assert.equal("error" in pulled && pulled.error.code, "FILE_UNREADABLE");
        assert.deepEqual(readdirSync(outside.path), []);
        outside.remove();
      });
    }

    function blob(): string {
      return execFileSync("git", ["hash-object", "-w", "--stdin"], {
        cwd: folder.path,
        input: "",
        encoding: "utf8",
      }).trim();
    }
  });
});
