/** affects() against the tables of other scanners, and the records that the OSV schema's own tools are tested with. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { it } from "node:test";
import { affects } from "../../core/advisories/evaluate.ts";
import { checkOsvRecord, compileRecord } from "../../core/advisories/osv.ts";
import { VERSION_ORDERS } from "../../core/versions/index.ts";
import type { Affected, AffectedRange, OsvRecord } from "../../schemas/types/advisory.ts";
import { dataPath, describeData, readJson } from "./shared-data.ts";

const BASE = { id: "GHSA-0000-0000-0000", modified: "2026-01-01T00:00:00Z" };

interface ScannerCase {
  readonly test: string;
  readonly query: { readonly ecosystem: string; readonly name: string };
  readonly affected: Affected[];
  readonly expect: readonly [version: string, expected: boolean][];
}

describeData("osv-scalibr's and osv-detector's tables", () => {
  // No version at all counts as affected there: here a release always has one. A fourth part is a build there: npm has none.
  const NO_VERSIONS = ["", "0.0.0.1"];
  for (const [file, total, without] of [
    ["osv-scalibr-isaffected", 194, 27],
    ["osv-detector-isaffected", 239, 31],
  ] as const) {
    it(`agree with affects(): ${file}`, () => {
      let rows = 0;
      let withoutVersion = 0;
      for (const { test, query, affected, expect } of readJson<{ cases: ScannerCase[] }>(
        `fixtures/osv-affects/${file}.json`,
      ).cases) {
        assert.equal(query.ecosystem, "npm");
        const compiled = compileRecord({ ...BASE, affected });
        const found = compiled.find(({ pkg }) => pkg.type === "npm" && pkg.name === query.name);
        for (const [version, expected] of expect) {
          rows += 1;
          const actual = found !== undefined && affects(found.advisory, version, VERSION_ORDERS.npm);
          if (NO_VERSIONS.includes(version) && expected) {
            assert.ok(!actual);
            withoutVersion += 1;
          } else assert.equal(actual, expected, `${test}: ${version}`);
        }
      }
      assert.deepEqual([rows, withoutVersion], [total, without]);
    });
  }
});

interface GoCase {
  readonly ranges: AffectedRange[];
  readonly version: string;
  readonly want: boolean;
}

/** By index. govulncheck takes a record without ranges for one on all versions, and knows the names of toolchains. */
const GO_DIFFERENCES: Readonly<Record<number, string>> = {
  0: "no ranges: OSV says that nothing is affected",
  1: "no events: OSV says that nothing is affected",
  13: "a range of an unknown type, which is left out, so that there are no ranges",
  16: "go3.0.1 is a toolchain and not a module's version",
};

describeData("govulncheck's table", () => {
  it("agrees with affects(), but for what is listed", () => {
    const { cases } = readJson<{ cases: GoCase[] }>("fixtures/osv-affects/go-vuln-affects.json");
    assert.equal(cases.length, 17);
    for (const [index, { ranges, version, want }] of cases.entries()) {
      const affected = [{ package: { ecosystem: "Go", name: "acme.example/m" }, ranges }];
      const [compiled] = compileRecord({ ...BASE, affected });
      assert.ok(compiled);
      const actual = affects(compiled.advisory, version, VERSION_ORDERS.golang);
      assert.equal(actual, index in GO_DIFFERENCES ? !want : want, `case ${index}`);
    }
  });
});

describeData("the OSV schema's records", () => {
  const folder = "fixtures/osv-records";
  const records = readdirSync(dataPath(folder))
    .map((name) => ({ name, record: readJson<unknown>(`${folder}/${name}`) }))
    // The GHSA ones are in GitHub's own form; the .osv.json beside each is the record.
    .filter(({ name }) => !name.startsWith("ghsa--") || name.endsWith(".osv.json"));

  it("are 24", () => assert.equal(records.length, 24));

  for (const { name, record } of records) {
    it(`${name} is read`, () => {
      assert.deepEqual(checkOsvRecord(record), []);
      assert.ok(checkOsvRecord.is(record));
      assertCompiles(record);
    });
  }

  it("MAL-2025-47141 in its early form affects every version, as its range says", () => {
    const record = readJson<OsvRecord>(`${folder}/MAL-2025-47141.early-overbroad.json`);
    const [compiled] = compileRecord(record);
    for (const version of ["0.0.1", "4.1.1", "4.2.0"]) {
      assert.ok(compiled && affects(compiled.advisory, version, VERSION_ORDERS.npm), version);
    }
  });
});

function assertCompiles(record: OsvRecord): void {
  const ours = (record.affected ?? []).filter((block) =>
    ["npm", "PyPI", "crates.io", "Go"].includes(block.package?.ecosystem ?? ""),
  );
  const compiled = compileRecord(record);
  const names = new Set(ours.map((block) => `${block.package?.ecosystem}/${block.package?.name.toLowerCase()}`));
  assert.equal(compiled.length, record.withdrawn ? 0 : names.size);
  for (const { pkg, advisory } of compiled) {
    for (const version of advisory.versions) assert.ok(affects(advisory, version, VERSION_ORDERS[pkg.type]), version);
  }
}
