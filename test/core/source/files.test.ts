import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { listStrays, readBytes, readFolder, readText, readTextWithin, writeWhole } from "../../../core/source/files.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";

const MIB = 1024 * 1024;

describe("files", () => {
  let folder: Folder;
  const at = (name: string): string => join(folder.path, name);

  beforeEach(() => {
    folder = makeFolder();
  });
  afterEach(() => folder.remove());

  /** A file of that many bytes, which takes no room on disk. */
  function sparse(name: string, bytes: number): string {
    const path = folder.write(name, "");
    truncateSync(path, bytes);
    return path;
  }

  describe("readBytes()", () => {
    it("reads as many bytes as allowed", () => {
      assert.deepEqual([...readBytes(folder.write("a", "abc"), 3)], [97, 98, 99]);
    });

    it("refuses more without reading them, also behind a link, and names file, size and limit", () => {
      const path = sparse("large", 3 * 1024 * MIB);
      symlinkSync(path, at("link"));
      for (const name of ["large", "link"]) {
        assert.throws(() => readBytes(at(name), 1000), {
          code: "FILE_TOO_LARGE",
          message: `${at(name)} has 3221225472 bytes; the limit is 1000`,
        });
      }
    });

    it("follows a link that its user gave it", () => {
      symlinkSync(folder.write("a", "abc"), at("link"));
      assert.equal(readText(at("link")), "abc");
    });

    it("says what cannot be read, and why", () => {
      mkdirSync(at("folder"));
      symlinkSync(at("nowhere"), at("dangling"));
      for (const name of ["none", "folder", "dangling", "none/below"]) {
        assert.throws(
          () => readBytes(at(name), MIB),
          (error: Error & { code?: string }) => {
            assert.equal(error.code, "FILE_UNREADABLE");
            assert.ok(error.message.startsWith(`${at(name)} cannot be read: `), error.message);
            return true;
          },
        );
      }
    });
  });

  describe("readText()", () => {
    it("reads 8 MiB and no more", () => {
      assert.equal(readText(sparse("most", 8 * MIB)).length, 8 * MIB);
      assert.throws(() => readText(sparse("more", 8 * MIB + 1)), { code: "FILE_TOO_LARGE" });
    });
  });

  describe("readTextWithin()", () => {
    it("reads what lies in the folder, also through a link that stays there", () => {
      folder.write("top/a/b.txt", "b");
      symlinkSync("b.txt", at("top/a/link.txt"));
      for (const path of ["a/b.txt", "a/../a/b.txt", "a/link.txt", "/a/b.txt"])
        assert.equal(readTextWithin(at("top"), path), "b", path);
    });

    it("reads nothing beside it: through a path, a link to a file, a link to a folder", () => {
      folder.write("beside/secret.txt", "secret");
      folder.write("top-secret/secret.txt", "secret");
      folder.write("top/a.txt", "a");
      symlinkSync(at("beside/secret.txt"), at("top/link.txt"));
      symlinkSync(at("beside"), at("top/folder"));
      for (const path of ["../beside/secret.txt", "../top-secret/secret.txt", "link.txt", "folder/secret.txt"]) {
        assert.throws(() => readTextWithin(at("top"), path), {
          code: "FILE_UNREADABLE",
          message: `${path} does not lie in ${at("top")}`,
        });
      }
    });

    it("says that there is no such file", () => {
      assert.throws(() => readTextWithin(folder.path, "none.txt"), {
        code: "FILE_UNREADABLE",
        message: /cannot be read/,
      });
    });
  });

  describe("readFolder()", () => {
    it("reads what ends as asked for, at every depth, sorted by path", () => {
      for (const name of ["b.yaml", "a/z.yml", "a/b/c.yaml", "a.yaml", "README.md", "c.yaml.bak", ".hidden.yaml"])
        folder.write(`top/policies/${name}`, name);
      folder.write("top/other.yaml", "not asked for");
      assert.deepEqual(readFolder(at("top"), "policies", [".yaml", ".yml"]), [
        { path: "policies/.hidden.yaml", text: ".hidden.yaml" },
        { path: "policies/a.yaml", text: "a.yaml" },
        { path: "policies/a/b/c.yaml", text: "a/b/c.yaml" },
        { path: "policies/a/z.yml", text: "a/z.yml" },
        { path: "policies/b.yaml", text: "b.yaml" },
      ]);
    });

    it("finds nothing where there is no such folder", () => {
      assert.deepEqual(readFolder(folder.path, "none", [".yaml"]), []);
    });

    it("follows no link in the folder's own place, and tells of it", () => {
      folder.write("samples/p/a.yaml", "a");
      symlinkSync("samples/p", at("policies"));
      assert.deepEqual(readFolder(folder.path, "policies", [".yaml"]), []);
      assert.deepEqual(listStrays(folder.path, "policies", [".yaml"]), ["policies"]);
    });

    it("follows no link, to a file or to a folder", () => {
      folder.write("beside/secret.yaml", "secret");
      folder.write("top/policies/own.yaml", "own");
      symlinkSync(at("beside/secret.yaml"), at("top/policies/file.yaml"));
      symlinkSync(at("beside"), at("top/policies/folder"));
      symlinkSync(at("top"), at("top/policies/circle"));
      assert.deepEqual(readFolder(at("top"), "policies", [".yaml"]), [{ path: "policies/own.yaml", text: "own" }]);
    });

    it("fails on a file that is too large rather than leave it out", () => {
      sparse("policies/large.yaml", 9 * MIB);
      assert.throws(() => readFolder(folder.path, "policies", [".yaml"]), { code: "FILE_TOO_LARGE" });
    });

    it("fails where the folder is a file", () => {
      folder.write("policies", "");
      assert.throws(() => readFolder(folder.path, "policies", [".yaml"]), { code: "FILE_UNREADABLE" });
    });
  });

  describe("writeWhole()", () => {
    it("writes, and replaces, with the mode asked for, and leaves nothing else", () => {
      const path = folder.write("a", "old and longer");
      writeWhole(path, "new");
      writeWhole(at("key"), "secret", 0o600);
      assert.equal(readFileSync(path, "utf8"), "new");
      assert.equal(statSync(at("key")).mode & 0o777, 0o600);
      assert.deepEqual(readdirSync(folder.path).sort(), ["a", "key"]);
    });

    it("leaves nothing behind, and nothing changed, where it cannot write", () => {
      mkdirSync(at("taken/inside"), { recursive: true });
      assert.throws(() => writeWhole(at("taken"), "x"));
      assert.throws(() => writeWhole(at("none/a"), "x"));
      assert.deepEqual(readdirSync(folder.path), ["taken"]);
      assert.deepEqual(readdirSync(at("taken")), ["inside"]);
    });
  });
});
