import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { kindOf } from "../../../core/advisories/kind.ts";
import type { Affected, OsvRecord } from "../../../schemas/types/advisory.ts";

type Parts = Partial<OsvRecord> & { readonly block?: Affected["database_specific"] };

function kind({ block, ...record }: Parts) {
  const affected = { package: { ecosystem: "npm", name: "m" }, ...(block && { database_specific: block }) };
  return kindOf({ id: "GHSA-0000-0000-0000", modified: "2026-01-01T00:00:00Z", ...record }, [affected]);
}

const viewer = "https://viewer.example/project/m/1.0/packages/ab/cd/m-1.0.tar.gz/setup.py#line.3";

const MALICIOUS: Readonly<Record<string, Parts>> = {
  "the id": { id: "MAL-2026-1" },
  "the id of another feed": { id: "LWA-2026-1" },
  "an alias": { id: "PYSEC-2026-1", aliases: ["CVE-2026-1", "MAL-2026-1"] },
  "the record's own word": { database_specific: { kind: "malicious" } },
  "origins as malicious-packages has them": { database_specific: { "malicious-packages-origins": [] } },
  "CWE-506 on the record": { database_specific: { cwe_ids: ["CWE-79", "CWE-506"] } },
  "a CWE below it": { database_specific: { cwe_ids: ["CWE-507"] } },
  "CWE-506 on the block": { block: { cwes: [{ cweId: "CWE-506", name: "Embedded Malicious Code" }] } },
  "RUSTSEC's category": { id: "RUSTSEC-2025-9999", block: { categories: ["malicious"], informational: null } },
  "RUSTSEC's title": {
    id: "RUSTSEC-2026-9999",
    summary: "`m` was removed from crates.io due to affiliation with malicious code",
  },
  "PYSEC's evidence in a released file": {
    id: "PYSEC-2026-9",
    summary: "Sends cookies away",
    references: [{ type: "EVIDENCE", url: viewer }],
  },
  "the title of a module": { id: "GO-2024-9999", summary: "Malicious code in acme.example/m" },
  "the title of a package": { summary: "Malicious Package in m" },
  "details that call a module a typosquat": {
    id: "GO-2025-9999",
    summary: "Vulnerability in acme.example/m",
    details: "This module is a malicious typosquat of another.",
  },
  "embedded malware": { summary: "Embedded malware in m" },
  "packages that have embedded malicious code": { summary: "m, n and o have embedded malicious code" },
  "compromised versions": { summary: "Compromised m.js versions 4.2.1 and 4.2.2" },
  "versions that contained malware": { details: "Two versions\nof m were published containing new malware." },
  "releases that contained malicious software": {
    summary: "A number of releases of m contained malicious miner software.",
  },
  "a backdoor that somebody inserted": { details: "The m package included a potential code-execution backdoor." },
  "a project that was taken over": { details: "The m project was taken over and a new malicious release made." },
};

const NOT_MALICIOUS: Readonly<Record<string, Parts>> = {
  "a plain vulnerability": { summary: "Cross-site scripting in m" },
  "an id that only begins like one": { id: "MALWARE-1" },
  "another CWE": { database_specific: { cwe_ids: ["CWE-5060", "CWE-505", "CWE-79"] } },
  "another category": { block: { categories: ["code-execution"], informational: null } },
  "evidence elsewhere": { references: [{ type: "EVIDENCE", url: "https://viewer.example/project/m/issues/1" }] },
  "a released file that is no evidence": { references: [{ type: "WEB", url: viewer }] },
  "code that a user runs": { summary: "m runs malicious code in a crafted file" },
  "a malicious thing that is not the package": { summary: "Malicious module proxy can bypass checks in m" },
  "malicious code as a consequence": { summary: "m vulnerable to execution when compiling crafted malicious code" },
  "files that contain something malicious": { details: "Files containing malicious javascript can be uploaded." },
  "what an attacker might publish": { details: "An attacker may publish a malicious version of a dependency." },
  "malware that it analyses": { details: "m is a framework for malware analysis." },
  "words far down in the details": { details: `${"It is slow. ".repeat(40)}Versions of n contained malware.` },
  "fields of the wrong type": {
    database_specific: { cwe_ids: "CWE-506", kind: ["malicious"] },
    block: { cwes: { cweId: "CWE-506" }, categories: "malicious" },
  },
};

describe("kindOf()", () => {
  for (const [what, parts] of Object.entries(MALICIOUS)) {
    it(`is malicious by ${what}`, () => assert.equal(kind(parts), "malicious"));
  }

  for (const [what, parts] of Object.entries(NOT_MALICIOUS)) {
    it(`is a vulnerability for all of ${what}`, () => assert.equal(kind(parts), "vulnerability"));
  }

  for (const informational of ["unmaintained", "unsound", "notice"]) {
    it(`is other when RUSTSEC calls it ${informational}`, () =>
      assert.equal(kind({ block: { informational } }), "other"));
  }

  it("is a vulnerability when only one block of several is informational", () => {
    const blocks: Affected[] = [{ database_specific: { informational: "notice" } }, { database_specific: {} }];
    assert.equal(kindOf({ id: "RUSTSEC-2026-1", modified: "2026-01-01T00:00:00Z" }, blocks), "vulnerability");
  });

  it("is a vulnerability when no block says anything", () => {
    assert.equal(kindOf({ id: "RUSTSEC-2026-1", modified: "2026-01-01T00:00:00Z" }, []), "vulnerability");
  });

  it("believes a record that says what it is before its words", () => {
    assert.equal(kind({ summary: "Malicious code in m", database_specific: { kind: "other" } }), "other");
  });

  it("believes an id of malware before all else", () => {
    assert.equal(kind({ id: "MAL-2026-1", database_specific: { kind: "vulnerability" } }), "malicious");
  });
});
