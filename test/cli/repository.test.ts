import assert from "node:assert/strict";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { readRepository, requireFeeds } from "../../cli/repository.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { AGE_POLICY } from "../support/policies.ts";

describe("readRepository()", () => {
  let folder: Folder;

  beforeEach(() => {
    folder = makeFolder({ [AGE_POLICY.path]: AGE_POLICY.text });
  });
  afterEach(() => folder.remove());

  it("reports what lies where policy is read from and is not read: another ending, a link, a config of another name", () => {
    folder.write("policies/known-malicious.YAML", "x");
    folder.write("lists/allowed.json", "{}");
    folder.write("cordon.yml", "x");
    folder.write("elsewhere.yaml", AGE_POLICY.text);
    symlinkSync(join(folder.path, "elsewhere.yaml"), join(folder.path, "policies", "linked.yaml"));
    const found = readRepository(folder.path).diagnostics.map(
      ({ file, code, severity }) => `${severity} ${code} ${file}`,
    );
    assert.deepEqual(found.sort(), [
      "error not-read cordon.yml",
      "error not-read lists/allowed.json",
      "error not-read policies/known-malicious.YAML",
      "error not-read policies/linked.yaml",
    ]);
  });

  it("says nothing of texts for people and of hidden files", () => {
    folder.write("policies/README.md", "x");
    folder.write("approvals/.gitkeep", "");
    assert.deepEqual(readRepository(folder.path).diagnostics, []);
  });

  it("asks whether a folder above the repository was meant to be the one below", () => {
    const outer = makeFolder({ [`policies/${AGE_POLICY.path}`]: AGE_POLICY.text });
    assert.throws(() => readRepository(outer.path), {
      code: "FILE_UNREADABLE",
      message: `${outer.path} is not a policy repository; did you mean ${outer.path}/policies?`,
    });
    outer.remove();
  });

  it("does not decide without a feed that was never pulled", () => {
    folder.write(
      "cordon.yaml",
      "apiVersion: cordon/v1\nkind: Cordon\nfeeds: [{ name: ossf, kind: directory, path: records }]\n",
    );
    assert.throws(() => requireFeeds(folder.path), {
      code: "FEED_MISSING",
      message: `${folder.path} has feeds that were never pulled: ossf`,
    });
    assert.deepEqual(
      readRepository(folder.path).diagnostics.map(({ severity, line }) => [severity, line]),
      [["warning", 3]],
    );
  });
});
