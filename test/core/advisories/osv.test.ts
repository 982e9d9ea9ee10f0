import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { advisoryKey, checkOsvRecord, compileRecord, examineRecord } from "../../../core/advisories/osv.ts";
import type { PackageId } from "../../../core/purl.ts";
import type { Affected, OsvRecord, RangeEvent } from "../../../schemas/types/advisory.ts";

const BASE = { id: "GHSA-0000-0000-0000", modified: "2026-01-02T00:00:00Z" };

const on = (ecosystem: string, name: string, rest: Partial<Affected> = {}): Affected => ({
  package: { ecosystem, name },
  versions: ["1.0.0"],
  ...rest,
});

const compile = (record: Partial<OsvRecord>) => compileRecord({ ...BASE, ...record });

function compileOne(record: Partial<OsvRecord>) {
  const [only, ...others] = compile({ affected: [on("npm", "m")], ...record });
  assert.ok(only && others.length === 0);
  return only.advisory;
}

describe("compileRecord()", () => {
  it("keeps what a finding shows", () => {
    assert.deepEqual(
      compile({
        published: "2026-01-01T00:00:00.000Z",
        aliases: ["CVE-2026-2", "CVE-2026-1", "CVE-2026-2"],
        summary: "Two\nlines",
        severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }],
        affected: [
          on("npm", "@acme/ui", {
            versions: ["1.0.1", "1.0.0", "1.0.1"],
            ranges: [{ type: "SEMVER", events: [{ fixed: "2.0.0" }, { introduced: "0" }] }],
          }),
        ],
        references: [{ type: "WEB", url: "https://acme.example/1" }],
      }),
      [
        {
          pkg: { type: "npm", name: "@acme/ui" },
          advisory: {
            id: BASE.id,
            aliases: ["CVE-2026-1", "CVE-2026-2"],
            kind: "vulnerability",
            cvss: { score: 9.8, severity: "critical" },
            summary: "Two lines",
            published: "2026-01-01T00:00:00Z",
            url: "https://acme.example/1",
            versions: ["1.0.0", "1.0.1"],
            ranges: [
              [
                ["introduced", "0"],
                ["fixed", "2.0.0"],
              ],
            ],
          },
        },
      ],
    );
  });

  it("drops a record that is withdrawn", () => {
    assert.deepEqual(compile({ id: "MAL-2026-1", withdrawn: BASE.modified, affected: [on("npm", "react")] }), []);
  });

  it("gives nothing for a record that affects nothing", () => {
    for (const record of [{}, { affected: null }, { affected: [] }, { affected: [{ versions: ["1.0.0"] }] }]) {
      assert.deepEqual(compile(record), []);
    }
  });

  it("gives one advisory for each package of ours", () => {
    const affected = [on("npm", "a"), on("RubyGems", "a"), on("PyPI", "a"), on("npm:legacy", "b"), on("NPM", "c")];
    assert.deepEqual(
      compile({ affected }).map(({ pkg }) => pkg),
      [
        { type: "npm", name: "a" },
        { type: "pypi", name: "a" },
      ],
    );
  });

  for (const [what, ecosystem, names, expected] of [
    ["PyPI names that PEP 503 makes one", "PyPI", ["Jw.Util", "jw_util", "jw--util"], [["jw-util", 3]]],
    [
      "crates that differ in - and _ or in case",
      "crates.io",
      ["proc-macro", "proc_macro", "Proc_Macro"],
      [["proc-macro", 3]],
    ],
    [
      "Go modules that differ in case, as one",
      "Go",
      ["github.com/0xJacky/Nginx-UI", "github.com/0xjacky/nginx-ui"],
      [["github.com/0xJacky/Nginx-UI", 2]],
    ],
    [
      "npm packages that differ in case, as two",
      "npm",
      ["JSONStream", "jsonstream"],
      [
        ["JSONStream", 1],
        ["jsonstream", 1],
      ],
    ],
    ["names that cannot be, as none", "npm", ["../../etc/passwd", "__proto__", "", "a b"], []],
  ] as const) {
    it(`takes ${what}`, () => {
      const affected = names.map((name, index) => on(ecosystem, name, { versions: [`${index}.0.0`] }));
      const compiled = compile({ affected }).map(({ pkg, advisory }) => [pkg.name, advisory.versions.length]);
      assert.deepEqual(compiled, expected);
    });
  }

  it("keeps packages apart that one record affects in different versions", () => {
    const affected = [on("npm", "a", { versions: ["1.0.0"] }), on("npm", "b", { versions: ["2.0.0"] })];
    assert.deepEqual(
      compile({ affected }).map(({ advisory }) => advisory.versions),
      [["1.0.0"], ["2.0.0"]],
    );
  });

  for (const published of ["0001-01-01T00:00:00Z", "soon", "2026-01-01", "2026-02-30T00:00:00Z", undefined]) {
    it(`knows no time of publication when a record says ${published}`, () => {
      assert.equal(compileOne(published === undefined ? {} : { published }).published, undefined);
    });
  }

  it("reads times with and without fractions", () => {
    for (const fraction of ["", ".5", ".123", ".123456", ".123456789"]) {
      const { published } = compileOne({ published: `2026-01-01T00:00:00${fraction}Z` });
      assert.ok(published?.startsWith("2026-01-01T00:00:00"), fraction);
    }
  });

  it("scores a package by its own severity where it has one", () => {
    const low = [{ type: "CVSS_V3", score: "CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N" }];
    const high = [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }];
    const compiled = compile({ severity: high, affected: [on("npm", "a", { severity: low }), on("npm", "b")] });
    assert.deepEqual(
      compiled.map(({ advisory }) => advisory.cvss?.severity),
      ["low", "critical"],
    );
  });

  for (const [what, references, expected] of [
    [
      "the advisory before others",
      [
        { type: "WEB", url: "https://a.example" },
        { type: "ADVISORY", url: "https://b.example" },
      ],
      "https://b.example",
    ],
    [
      "the first where there is no advisory",
      [{ url: "https://a.example" }, { type: "WEB", url: "https://b.example" }],
      "https://a.example",
    ],
    ["no script", [{ type: "ADVISORY", url: "javascript:alert(1)" }], undefined],
    ["no broken URL", [{ type: "ADVISORY", url: "https://" }, { type: "ADVISORY" }], undefined],
    ["no endless URL", [{ type: "ADVISORY", url: `https://a.example/${"a".repeat(512)}` }], undefined],
    ["none of null", null, undefined],
  ] as const) {
    it(`links ${what}`, () => {
      assert.equal(compileOne({ references: references && [...references] }).url, expected);
    });
  }

  it("cuts a long summary", () => {
    assert.equal(compileOne({ summary: "a".repeat(5000) }).summary?.length, 200);
  });

  it("orders points by version, a beginning at 0 first and limits last", () => {
    const events = [
      { limit: "9.0.0" },
      { fixed: "1.10.0" },
      { introduced: "1.2.0" },
      { fixed: "1.0.0" },
      { introduced: "0" },
    ];
    assert.deepEqual(compileOne({ affected: [on("npm", "m", { ranges: [{ type: "SEMVER", events }] })] }).ranges, [
      [
        ["introduced", "0"],
        ["fixed", "1.0.0"],
        ["introduced", "1.2.0"],
        ["fixed", "1.10.0"],
        ["limit", "9.0.0"],
      ],
    ]);
  });

  it("keeps no point that cannot be ordered", () => {
    const events = [{ introduced: "1.0.0" }, { fixed: "2.0.0_NA" }];
    const affected = [on("npm", "m", { ranges: [{ type: "SEMVER", events }] })];
    assert.deepEqual(compileOne({ affected }).ranges, [[["introduced", "1.0.0"]]]);
  });

  it("ends a range of PyPI's where the version does that a text begins with, and never before its pre-releases", () => {
    for (const [written, expected] of [
      ["2.6.0-NA", "2.6.0"],
      ["2.6.0-cu124", "2.6.0"],
      ["4.6.0.stable11", "4.6.0"],
      ["7.2.0-12.1", "7.2.0.post12"],
      ["0.2.0-alpha\\.33", "0.2.0"],
    ]) {
      for (const kind of ["fixed", "last_affected"]) {
        const events = [{ introduced: "0" }, { [kind]: written }];
        const affected = [on("PyPI", "m", { ranges: [{ type: "ECOSYSTEM", events }] })];
        assert.deepEqual(compileOne({ affected }).ranges[0]?.[1], [kind.replace("_affected", ""), expected]);
      }
    }
    const events = [{ introduced: "2.6.0-NA" }, { fixed: "next" }];
    const affected = [on("PyPI", "m", { ranges: [{ type: "ECOSYSTEM", events }] })];
    assert.deepEqual(compileOne({ affected }).ranges, [[["introduced", "0"]]]);
  });

  it("reads as many events as a record can have, in any order", () => {
    const events = Array.from({ length: 40_000 }, (_, index) =>
      index % 2 === 0 ? { introduced: `1.${40_000 - index}.0` } : { fixed: `1.${40_001 - index}.1` },
    );
    const [range = []] = compileOne({ affected: [on("npm", "m", { ranges: [{ type: "SEMVER", events }] })] }).ranges;
    assert.equal(range.length, 40_000);
    assert.deepEqual(range.slice(0, 2), [
      ["introduced", "1.2.0"],
      ["fixed", "1.2.1"],
    ]);
  });

  it("keeps the rating that a database gives without a vector", () => {
    const severity = [{ type: "CVSS_V3", score: "CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N" }];
    const rated = (stated: unknown) => compileOne({ database_specific: { severity: stated } }).severity;
    assert.deepEqual(["HIGH", "MODERATE", "low", "CRITICAL"].map(rated), ["high", "medium", "low", "critical"]);
    for (const stated of ["", "constructor", "URGENT", null, 9]) assert.equal(rated(stated), undefined);
    const scored = compileOne({ severity, database_specific: { severity: "CRITICAL" } });
    assert.deepEqual([scored.cvss?.severity, scored.severity], ["low", undefined]);
  });

  it("mends shortened versions of SemVer", () => {
    const events = [{ introduced: "0.1" }, { fixed: "v0.2" }];
    const affected = [on("crates.io", "m", { ranges: [{ type: "SEMVER", events }] })];
    assert.deepEqual(compileOne({ affected }).ranges, [
      [
        ["introduced", "0.1.0"],
        ["fixed", "0.2.0"],
      ],
    ]);
  });
});

describe("examineRecord()", () => {
  const block = (rest: Partial<Affected>) => ({ affected: [{ package: { ecosystem: "npm", name: "m" }, ...rest }] });
  const range = (type: string, ...events: RangeEvent[]) => block({ ranges: [{ type, events }] });
  const rows: readonly [what: string, record: Partial<OsvRecord>, notes: readonly string[]][] = [
    ["a record that says what it means", block({ versions: ["1.0.0"] }), []],
    ["a record that is withdrawn", { ...block({}), withdrawn: BASE.modified }, []],
    ["a package of another ecosystem", { affected: [on("RubyGems", "a b", { versions: [] })] }, []],
    ["a GIT range beside versions", block({ versions: ["1"], ranges: [{ type: "GIT", events: [] }] }), []],
    ["an infinite limit", range("SEMVER", { introduced: "0" }, { limit: "*" }), []],
    ["no blocks", {}, ["it names nothing that is affected"]],
    [
      "a name that cannot be",
      { affected: [on("npm", "a b")] },
      ['npm "a b": this cannot be a name, so nothing is affected'],
    ],
    [
      "neither versions nor ranges",
      block({}),
      ["npm m: neither versions nor a range that can be read, so nothing is affected"],
    ],
    [
      "GIT ranges alone",
      range("GIT", { introduced: "0" }),
      ["npm m: neither versions nor a range that can be read, so nothing is affected"],
    ],
    [
      "an end without a beginning",
      range("SEMVER", { fixed: "1.0.0" }),
      ["npm m: neither versions nor a range that can be read, so nothing is affected"],
    ],
    [
      "a range of an unknown type",
      range("CALENDAR", { introduced: "0" }),
      [
        'npm m: ranges of type "CALENDAR" are not read',
        "npm m: neither versions nor a range that can be read, so nothing is affected",
      ],
    ],
    [
      "events without order",
      range("SEMVER", { introduced: "1.0.0" }, { fixed: "next" }),
      ['npm m: "next" has no place in the order of versions, so the range does not end there'],
    ],
    [
      "an end that begins with a version",
      {
        affected: [
          on("PyPI", "m", { ranges: [{ type: "ECOSYSTEM", events: [{ introduced: "0" }, { fixed: "2.6.0-NA" }] }] }),
        ],
      },
      ['PyPI m: "2.6.0-NA" has no place in the order of versions, so it is read as 2.6.0'],
    ],
    [
      "a beginning without order",
      range("SEMVER", { introduced: "evil" }, { fixed: "2.0.0" }),
      ['npm m: "evil" has no place in the order of versions, so the range is over every version'],
    ],
  ];
  for (const [what, record, notes] of rows) {
    it(`notes ${notes.length === 0 ? "nothing" : "it"} on ${what}`, () => {
      assert.deepEqual(
        examineRecord({ ...BASE, ...record }).notes.map(({ message }) => message),
        notes,
      );
    });
  }

  for (const record of [
    block({}),
    range("GIT", { introduced: "0" }),
    range("SEMVER", { fixed: "1.0.0" }),
    range("SEMVER"),
  ]) {
    it(`takes a malicious record for one on every version when it has only ${JSON.stringify(record.affected[0])}`, () => {
      const { entries, notes } = examineRecord({ ...BASE, ...record, id: "MAL-2026-1" });
      assert.deepEqual(
        entries.map(({ advisory }) => advisory.ranges),
        [[[["introduced", "0"]]]],
      );
      assert.deepEqual(notes, [
        {
          path: ["affected", 0],
          message: "npm m: neither versions nor a range that can be read, so every version is affected",
        },
      ]);
    });
  }
});

describe("advisoryKey()", () => {
  const rows: readonly [PackageId, string][] = [
    [{ type: "npm", name: "@acme/UI_x" }, "npm/@acme/UI_x"],
    [{ type: "cargo", name: "Proc_Macro-x" }, "cargo/proc-macro-x"],
    [{ type: "golang", name: "github.com/Acme/a_b" }, "golang/github.com/acme/a_b"],
    [{ type: "npm", name: "constructor" }, "npm/constructor"],
  ];
  for (const [pkg, expected] of rows) it(`is ${expected}`, () => assert.equal(advisoryKey(pkg), expected));
});

describe("checkOsvRecord()", () => {
  it("accepts null for lists, unknown keys and a schema version to come", () => {
    const record = { ...BASE, schema_version: "1.99.0", aliases: null, affected: null, references: null, new_key: {} };
    assert.deepEqual(checkOsvRecord(record), []);
  });

  for (const [what, record] of [
    ["no object", []],
    ["no id", { modified: BASE.modified }],
    ["an empty id", { ...BASE, id: "" }],
    ["no time of modification", { id: BASE.id }],
    ["an alias that is no text", { ...BASE, aliases: [1] }],
    ["a package without a name", { ...BASE, affected: [{ package: { ecosystem: "npm" } }] }],
    ["versions that are numbers", { ...BASE, affected: [{ versions: [1.1] }] }],
    ["a range without events", { ...BASE, affected: [{ ranges: [{ type: "SEMVER" }] }] }],
    [
      "an event whose version is a number",
      { ...BASE, affected: [{ ranges: [{ type: "SEMVER", events: [{ fixed: 1 }] }] }] },
    ],
  ] as const) {
    it(`refuses ${what}`, () => assert.notDeepEqual(checkOsvRecord(record), []));
  }
});
