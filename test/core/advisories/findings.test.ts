import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PackageFindings } from "../../../core/advisories/findings.ts";
import { compileRecord } from "../../../core/advisories/osv.ts";
import { AdvisoryTable, writeTable } from "../../../core/advisories/table.ts";
import type { OsvRecord, RangeEvent } from "../../../schemas/types/advisory.ts";

const V9_8 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
const V6_1 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N";

interface Brief extends Partial<OsvRecord> {
  readonly id: string;
  readonly events?: RangeEvent[];
  readonly versions?: string[];
  readonly vector?: string;
}

function record({ events, versions, vector, ...rest }: Brief): OsvRecord {
  const ranges = events ? [{ type: "SEMVER", events }] : [];
  return {
    modified: "2026-01-01T00:00:00Z",
    ...(vector && { severity: [{ type: "CVSS_V3", score: vector }] }),
    affected: [{ package: { ecosystem: "npm", name: "m" }, versions: versions ?? [], ranges }],
    ...rest,
  };
}

const feed = (name: string, ...briefs: Brief[]) =>
  new AdvisoryTable(name, writeTable(briefs.map(record).flatMap(compileRecord)));
const findings = (...tables: AdvisoryTable[]) => new PackageFindings({ type: "npm", name: "m" }, tables);
const idsOf = (found: PackageFindings, version: string) => found.affecting(version).map(({ id }) => id);

const ALL = [{ introduced: "0" }];

describe("affecting()", () => {
  it("gives what affects the version, sorted by id", () => {
    const found = findings(
      feed("b", { id: "B-2", events: ALL }, { id: "B-1", versions: ["1.0.0"] }),
      feed("a", { id: "A-3", events: [{ introduced: "2.0.0" }] }, { id: "C-1", events: ALL }),
    );
    assert.deepEqual(idsOf(found, "1.0.0"), ["B-1", "B-2", "C-1"]);
    assert.deepEqual(idsOf(found, "2.0.0"), ["A-3", "B-2", "C-1"]);
  });

  it("says everything that a record says", () => {
    const found = findings(
      feed("osv", {
        id: "GHSA-1",
        aliases: ["CVE-1"],
        vector: V9_8,
        events: [{ introduced: "0" }, { fixed: "1.10.0" }, { introduced: "2.0.0" }, { fixed: "2.9.0" }],
        summary: "Broken",
        published: "2026-01-01T00:00:00Z",
        references: [{ url: "https://acme.example/1" }],
      }),
    );
    assert.deepEqual(found.affecting("1.0.0"), [
      {
        id: "GHSA-1",
        aliases: ["CVE-1"],
        kind: "vulnerability",
        score: 9.8,
        severity: "critical",
        affected: ["<1.10.0 || >=2.0.0 <2.9.0"],
        fixed: ["1.10.0", "2.9.0"],
        summary: "Broken",
        published: "2026-01-01T00:00:00Z",
        source: "osv",
        url: "https://acme.example/1",
      },
    ]);
  });

  it("takes a database's own rating where no report of the attack or weakness has a score", () => {
    const rated = { id: "GHSA-1", aliases: ["CVE-1"], events: ALL, database_specific: { severity: "HIGH" } };
    const scored = { id: "PYSEC-1", aliases: ["CVE-1"], events: ALL, vector: V9_8 };
    const severities = (...tables: AdvisoryTable[]) =>
      findings(...tables)
        .affecting("1.0.0")
        .map(({ score, severity }) => [score, severity]);
    assert.deepEqual(severities(feed("osv", rated)), [[undefined, "high"]]);
    assert.deepEqual(severities(feed("osv", rated, scored)), [[9.8, "critical"]]);
  });

  it("leaves out what a record does not say", () => {
    assert.deepEqual(findings(feed("osv", { id: "X-1", events: ALL })).affecting("1.0.0"), [
      { id: "X-1", aliases: [], kind: "vulnerability", affected: ["*"], fixed: [], source: "osv" },
    ]);
  });

  it("makes one finding of records that are aliases: malicious wins, the highest score, all that is fixed", () => {
    const found = findings(
      feed(
        "osv",
        {
          id: "GHSA-1",
          aliases: ["CVE-1"],
          vector: V9_8,
          events: [{ introduced: "0" }, { fixed: "1.10.0" }],
          summary: "From GHSA",
          published: "2026-01-02T00:00:00Z",
          references: [{ url: "https://acme.example/ghsa" }],
        },
        { id: "PYSEC-1", aliases: ["CVE-1"], vector: V6_1, events: [{ introduced: "0" }, { fixed: "1.9.0" }] },
      ),
      feed("malware", { id: "MAL-1", aliases: ["GHSA-1"], events: ALL, published: "2026-01-03T00:00:00Z" }),
    );
    assert.deepEqual(found.affecting("1.0.0"), [
      {
        id: "MAL-1",
        aliases: ["CVE-1", "GHSA-1", "PYSEC-1"],
        kind: "malicious",
        score: 9.8,
        severity: "critical",
        affected: ["*", "<1.10.0", "<1.9.0"],
        fixed: ["1.9.0", "1.10.0"],
        summary: "From GHSA",
        published: "2026-01-02T00:00:00Z",
        source: "malware",
        url: "https://acme.example/ghsa",
      },
    ]);
  });

  it("merges only the records that affect the version", () => {
    const found = findings(
      feed("osv", { id: "GHSA-1", aliases: ["CVE-1"], vector: V9_8, events: [{ introduced: "2.0.0" }] }),
      feed("malware", { id: "LWA-1", aliases: ["GHSA-1"], versions: ["1.0.0", "2.0.0"] }),
    );
    assert.deepEqual(
      found.affecting("1.0.0").map(({ id, score }) => [id, score]),
      [["LWA-1", undefined]],
    );
    assert.deepEqual(
      found.affecting("2.0.0").map(({ id, score }) => [id, score]),
      [["LWA-1", 9.8]],
    );
    assert.deepEqual(idsOf(found, "3.0.0"), ["GHSA-1"]);
  });

  it("merges through a chain of aliases, whichever comes last", () => {
    const chain = [
      { id: "A-1", aliases: ["X"], events: ALL },
      { id: "B-1", aliases: ["Y"], events: ALL },
      { id: "C-1", aliases: ["X", "Y"], events: ALL },
    ];
    for (const turn of [0, 1, 2]) {
      const tables = [...chain.slice(turn), ...chain.slice(0, turn)].map((brief, index) => feed(`${index}`, brief));
      assert.deepEqual(
        findings(...tables)
          .affecting("1.0.0")
          .map(({ id, aliases }) => [id, aliases]),
        [["A-1", ["B-1", "C-1", "X", "Y"]]],
      );
    }
  });

  it("keeps records apart that have no alias in common", () => {
    const found = findings(
      feed("osv", { id: "A-1", aliases: ["X"], events: ALL }, { id: "B-1", aliases: ["Y"], events: ALL }),
    );
    assert.deepEqual(idsOf(found, "1.0.0"), ["A-1", "B-1"]);
  });

  it("counts a record once that two feeds have, for the one that is configured first", () => {
    const same = { id: "MAL-1", versions: ["1.0.0"] };
    const found = findings(feed("local", same), feed("osv", same));
    assert.deepEqual(
      found.affecting("1.0.0").map(({ id, source }) => [id, source]),
      [["MAL-1", "local"]],
    );
  });

  it("lets the highest score speak among vulnerabilities, and a vulnerability before a notice", () => {
    const notice = {
      package: { ecosystem: "npm", name: "m" },
      versions: ["1.0.0"],
      database_specific: { informational: "notice" },
    };
    const found = findings(
      feed(
        "osv",
        { id: "A-1", affected: [notice] },
        { id: "B-1", aliases: ["A-1"], vector: V6_1, events: ALL },
        { id: "C-1", aliases: ["A-1"], vector: V9_8, events: ALL },
      ),
    );
    assert.deepEqual(
      found.affecting("1.0.0").map(({ id, kind, score }) => [id, kind, score]),
      [["C-1", "vulnerability", 9.8]],
    );
  });

  it("gives for one of many records what that record alone gives, asked in any order", () => {
    const bounds = ["1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "2.0.0", "10.0.0"];
    const briefs = bounds.flatMap((introduced, index) => [
      { id: `A-${index}`, events: [{ introduced }] },
      { id: `B-${index}`, events: [{ introduced: "0" }, { last_affected: introduced }] },
      { id: `C-${index}`, events: [{ introduced: "0.5.0" }, { fixed: introduced }], versions: ["3.0.0"] },
    ]);
    const found = findings(feed("osv", ...briefs));
    const versions = [...bounds, "0.1.0", "0.5.0", "1.0.0-rc.2", "1.1.0", "1.1.1", "3.0.0", "99.0.0", "x", "1.0.0+b"];
    for (const version of [...versions, ...versions.toReversed()]) {
      const alone = briefs.filter((brief) => idsOf(findings(feed("osv", brief)), version).length > 0);
      assert.deepEqual(idsOf(found, version), alone.map(({ id }) => id).sort(), version);
    }
  });

  it("gives nothing where no feed knows the package", () => {
    assert.deepEqual(
      new PackageFindings({ type: "pypi", name: "m" }, [feed("osv", { id: "X-1", events: ALL })]).affecting("1.0.0"),
      [],
    );
  });
});

describe("namedMalicious()", () => {
  it("names each version once that malicious records list, and none of other records", () => {
    const found = findings(
      feed("osv", { id: "GHSA-1", versions: ["0.9.0"] }, { id: "MAL-1", versions: ["1.0.1", "1.0.0"], events: ALL }),
      feed("malware", { id: "LWA-1", versions: ["1.0.0", "1.0.2"] }),
    );
    assert.deepEqual(found.namedMalicious().sort(), ["1.0.0", "1.0.1", "1.0.2"]);
  });
});
