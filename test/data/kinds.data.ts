/** kindOf() against incidents whose kind people have established, and against what the databases mark. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { kindOf } from "../../core/advisories/kind.ts";
import type { OsvRecord } from "../../schemas/types/advisory.ts";
import { describeData, FEEDS, type Feed, readFeed, readJson } from "./shared-data.ts";

interface Incident {
  readonly name: string;
  readonly kind: string;
  readonly ids_in_data: readonly string[];
}

/** Maintainers who turned against their users, in words that describe a vulnerability; the starter advisories mark them. */
const UNRECOGNISED = ["GHSA-3mpp-xfvh-qh37", "GHSA-5rqg-jm4f-cqx7", "GHSA-8gr3-2gjw-jj7g"];

/** How many records of each feed are malicious and how many are notices; a change here is a change of the rules. */
const COUNTS: Readonly<Record<Feed, readonly [records: number, malicious: number, other: number]>> = {
  "osv-malicious-npm": [20_154, 20_154, 0],
  "osv-malicious-lwa-npm": [2691, 2691, 0],
  "osv-malicious-pypi": [8354, 8354, 0],
  "osv-malicious-crates": [3, 3, 0],
  "osv-malicious-go": [8, 8, 0],
  "osv-advisories-npm": [163, 10, 0],
  "osv-advisories-pypi": [6336, 149, 0],
  "osv-advisories-crates": [1082, 69, 430],
  "osv-advisories-go": [3907, 2, 0],
};

const kindOfRecord = (record: OsvRecord) => kindOf(record, record.affected ?? []);

describeData("the kinds of records", () => {
  it("are malicious for the incidents whose records are in the data", () => {
    const byId = new Map(FEEDS.flatMap((feed) => readFeed(feed).records.map((record) => [record.id, record] as const)));
    const incidents = readJson<Incident[]>("incidents.json");
    const reported = incidents.flatMap(({ ids_in_data }) => ids_in_data.flatMap((id) => byId.get(id) ?? []));
    const unrecognised = new Set(reported.filter((record) => kindOfRecord(record) !== "malicious").map(({ id }) => id));
    assert.deepEqual([...unrecognised].sort(), UNRECOGNISED);
    const recognised = reported.length - unrecognised.size;
    console.log(
      `${incidents.length} incidents, ${reported.length} records of them in the data, ${recognised} malicious`,
    );
    assert.ok(recognised >= 60);
  });

  for (const feed of FEEDS) {
    it(`are as counted in ${feed}`, () => {
      const kinds = readFeed(feed).records.map(kindOfRecord);
      const count = (kind: string) => kinds.filter((other) => other === kind).length;
      assert.deepEqual([kinds.length, count("malicious"), count("other")], COUNTS[feed]);
    });
  }

  it("are malicious wherever RUSTSEC's category or GHSA's CWE says so", () => {
    const marked = FEEDS.flatMap((feed) => readFeed(feed).records).filter((record) =>
      /"categories":\[[^\]]*"malicious"|"cwe_ids":\[[^\]]*"CWE-506"/.test(JSON.stringify(record)),
    );
    assert.ok(marked.length > 60);
    for (const record of marked) assert.equal(kindOfRecord(record), "malicious", record.id);
  });
});
