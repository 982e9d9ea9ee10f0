import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { readAdvisories } from "../../../core/advisories/read.ts";
import { type Folder, makeFolder } from "../../support/folder.ts";

describe("readAdvisories()", () => {
  let folder: Folder;

  before(() => {
    folder = makeFolder();
  });

  after(() => folder.remove());

  const RECORD = { id: "ACME-1", modified: "2026-01-01T00:00:00Z" };
  const block = (ecosystem: string, rest: object = { versions: ["1.0.0"] }) => ({
    package: { ecosystem, name: "m" },
    ...rest,
  });

  const rows: readonly [what: string, record: object, diagnostics: readonly string[]][] = [
    ["a record that says what it means", { affected: [block("npm")] }, []],
    ["a record that is withdrawn", { withdrawn: RECORD.modified, affected: [block("npm", {})] }, []],
    ["what is no record", { affected: 1 }, ["error schema affected: must be array or null"]],
    [
      "a block that affects nothing",
      { affected: [block("npm"), block("PyPI", {})] },
      ["warning advisory-note PyPI m: neither versions nor a range that can be read, so nothing is affected"],
    ],
    [
      "an ecosystem that is misspelt",
      { affected: [block("NPM")] },
      ["warning advisory-note it names no package of npm, PyPI, crates.io, Go"],
    ],
  ];
  for (const [what, record, expected] of rows) {
    it(`says ${expected.length === 0 ? "nothing" : "so"} on ${what}`, () => {
      folder.write("advisories/a.json", JSON.stringify({ ...RECORD, ...record }, null, 2));
      const { records, diagnostics } = readAdvisories(folder.path);
      assert.deepEqual(
        diagnostics.map(({ severity, code, message }) => `${severity} ${code} ${message}`),
        expected,
      );
      assert.equal(records.length, expected.some((text) => text.startsWith("error")) ? 0 : 1);
    });
  }

  it("points at the block", () => {
    const affected = [block("npm"), block("RubyGems"), block("PyPI", {})].map((item) => JSON.stringify(item));
    folder.write(
      "advisories/a.json",
      `{"id":"ACME-1","modified":"${RECORD.modified}","affected":[\n${affected.join(",\n")}\n]}`,
    );
    assert.deepEqual(
      readAdvisories(folder.path).diagnostics.map(({ line }) => line),
      [4],
    );
  });
});
