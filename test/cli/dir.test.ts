import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { cordon } from "../support/cli.ts";
import { type Folder, makeFolder } from "../support/folder.ts";
import { MALWARE_POLICY } from "../support/policies.ts";

const TESTS = `apiVersion: cordon/v1
kind: PolicyTest
spec:
  now: 2026-11-22T12:00:00Z
  cases: [{ name: one, release: "pkg:npm/x@1.0.0", expect: { decision: allow } }]
`;

describe("the policy repository", () => {
  let folder: Folder;

  before(() => {
    folder = makeFolder({ [MALWARE_POLICY.path]: MALWARE_POLICY.text, "tests/one.yaml": TESTS, "some.txt": "" });
  });
  after(() => folder.remove());

  const COMMANDS: readonly (readonly string[])[] = [
    ["policy", "lint"],
    ["policy", "test"],
    ["policy", "new", "mine"],
    ["bundle", "build", "--out", "OUT"],
    ["intel", "pull"],
    ["intel", "status"],
  ];
  for (const command of COMMANDS) {
    const args = () => command.map((word) => (word === "OUT" ? `${folder.path}/dist` : word));

    it(`may be given as --dir to ${command.join(" ")}`, async () => {
      const { code, stderr } = await cordon(...args(), "--dir", folder.path);
      assert.deepEqual([code, stderr], [0, ""]);
    });

    it(`may not be given twice to ${command.join(" ")}`, async () => {
      const { code, stderr } = await cordon(...args(), folder.path, "--dir", "other");
      assert.equal(
        stderr,
        `Error: the policy repository is named twice, ${folder.path} and --dir other\nGive either DIR or --dir DIR.\n`,
      );
      assert.equal(code, 2);
    });
  }

  for (const command of ["check", "policy explain", "intel query"]) {
    it(`is no release to ${command}, which says how to give it`, async () => {
      const { code, stderr } = await cordon(...command.split(" "), folder.path);
      assert.match(
        stderr,
        /^Error: "\S+" is a directory, where a package URL is expected\nGive the directory with --dir, and releases like pkg:npm\/left-pad@1\.3\.0\.\n$/,
      );
      assert.equal(code, 2);
    });
  }

  it("has files that check is told of by flags", async () => {
    const { code, stderr } = await cordon("check", `${folder.path}/some.txt`);
    assert.match(stderr, /some\.txt" is a file, .*\nGive the file with --lockfile or --list, and releases like /);
    assert.equal(code, 2);
  });
});
