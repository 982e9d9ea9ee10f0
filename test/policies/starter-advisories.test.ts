/** The advisories that a new policy repository starts with. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { affects } from "../../core/advisories/evaluate.ts";
import { compileRecord } from "../../core/advisories/osv.ts";
import { readAdvisories } from "../../core/advisories/read.ts";
import { parseInstant } from "../../core/time.ts";
import { VERSION_ORDERS } from "../../core/versions/index.ts";
import type { OsvRecord } from "../../schemas/types/advisory.ts";

const { records, diagnostics } = readAdvisories(fileURLToPath(new URL("../../policies", import.meta.url)));

describe("the starter advisories", () => {
  it("are read without a diagnostic", () => {
    assert.deepEqual(diagnostics, []);
    assert.ok(records.length > 60);
  });

  it("have ids of their own", () => assert.equal(new Set(records.map(({ id }) => id)).size, records.length));

  for (const record of records) {
    it(`${record.id} affects what it lists`, () => {
      assert.ok(parseInstant(record.modified), "modified is a time");
      const compiled = compileRecord(record);
      for (const { package: named, versions, ranges } of record.affected ?? []) {
        const found = compiled.find(({ pkg }) => pkg.name === named?.name);
        assert.ok(found, `${named?.ecosystem} ${named?.name} is a package that Cordon judges`);
        const { pkg, advisory } = found;
        const order = VERSION_ORDERS[pkg.type];
        assert.equal(advisory.kind, expectedKind(record));
        assert.ok((versions ?? []).length + (ranges ?? []).length > 0, "it affects something");
        for (const version of versions ?? []) {
          assert.ok(order.isValid(version), `${version} is a version`);
          assert.ok(affects(advisory, version, order), `${version} is affected`);
        }
        for (const event of (ranges ?? []).flatMap(({ events }) => events)) {
          const { introduced, fixed } = event;
          if (introduced) assert.ok(affects(advisory, introduced === "0" ? "0.0.1" : introduced, order), introduced);
          if (fixed) assert.ok(order.isValid(fixed) && !affects(advisory, fixed, order), `${fixed} is fixed`);
        }
      }
    });
  }
});

function expectedKind({ id, database_specific }: OsvRecord): unknown {
  return id.startsWith("MAL-") ? "malicious" : (database_specific?.["kind"] ?? "vulnerability");
}
