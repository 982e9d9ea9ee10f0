import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { affects } from "../../../core/advisories/evaluate.ts";
import { type CompiledAdvisory, compileRecord } from "../../../core/advisories/osv.ts";
import { VERSION_ORDERS } from "../../../core/versions/index.ts";
import type { Affected, RangeEvent } from "../../../schemas/types/advisory.ts";

const ECOSYSTEMS = { npm: "npm", pypi: "PyPI", cargo: "crates.io", golang: "Go" } as const;
type Type = keyof typeof ECOSYSTEMS;

interface Blocks {
  readonly type?: Type;
  readonly id?: string;
  readonly blocks: readonly Omit<Affected, "package">[];
}

function compile({ type = "npm", id = "GHSA-0000-0000-0000", blocks }: Blocks): CompiledAdvisory {
  const named = { ecosystem: ECOSYSTEMS[type], name: type === "golang" ? "acme.example/m" : "m" };
  const affected = blocks.map((block): Affected => ({ ...block, package: named }));
  const [compiled, ...others] = compileRecord({ id, modified: "2026-01-01T00:00:00Z", affected });
  assert.deepEqual(others, []);
  assert.ok(compiled);
  return compiled.advisory;
}

const semver = (...events: RangeEvent[]) => ({ ranges: [{ type: "SEMVER", events }] });
const ecosystem = (...events: RangeEvent[]) => ({ ranges: [{ type: "ECOSYSTEM", events }] });

interface Row extends Blocks {
  readonly yes: readonly string[];
  readonly no: readonly string[];
}

const ROWS: Readonly<Record<string, Row>> = {
  "no end": { blocks: [semver({ introduced: "1.0.0" })], yes: ["1.0.0", "99.99.99"], no: ["0.9.9", "1.0.0-rc.1"] },
  "an end that is fixed": {
    blocks: [semver({ introduced: "0" }, { fixed: "1.0.2" })],
    yes: ["0.0.0", "1.0.1", "1.0.2-rc.1"],
    no: ["1.0.2", "1.0.3"],
  },
  "an end that is affected": {
    blocks: [semver({ introduced: "0" }, { last_affected: "2.1.214" })],
    yes: ["0.0.1", "2.1.214", "2.1.214+build"],
    no: ["2.1.215-0", "2.1.215"],
  },
  "0 as the beginning, which stands before every pre-release": {
    blocks: [semver({ introduced: "0" }, { fixed: "0.0.1" })],
    yes: ["0.0.0-0", "0.0.0-20220101000000-abcdef123456", "0.0.0"],
    no: ["0.0.1"],
  },
  "0.0.0-0 as the beginning, as RUSTSEC writes it": {
    type: "cargo",
    blocks: [semver({ introduced: "0.0.0-0" })],
    yes: ["0.0.0-0", "0.0.0-a", "0.1.0"],
    no: [],
  },
  "two stretches": {
    blocks: [semver({ introduced: "1.0.0" }, { fixed: "1.0.2" }, { introduced: "3.0.0" }, { fixed: "3.2.5" })],
    yes: ["1.0.0", "1.0.1", "3.0.0", "3.2.4"],
    no: ["0.9.0", "1.0.2", "2.9.9", "3.2.5"],
  },
  "events in any order": {
    blocks: [semver({ fixed: "3.2.5" }, { introduced: "3.0.0" }, { fixed: "1.0.2" }, { introduced: "0" })],
    yes: ["0.0.0-0", "1.0.1", "3.0.0"],
    no: ["1.0.2", "2.0.0", "3.2.5"],
  },
  "one version, end first": {
    blocks: [semver({ last_affected: "2.0.0" }, { introduced: "2.0.0" })],
    yes: ["2.0.0"],
    no: ["1.9.9", "2.0.1", "3.0.0"],
  },
  "an empty stretch": {
    blocks: [semver({ introduced: "1.0.0" }, { fixed: "1.0.1" }, { introduced: "2.0.0" }, { fixed: "2.0.0" })],
    yes: ["1.0.0"],
    no: ["1.0.1", "2.0.0", "2.0.1"],
  },
  "an empty stretch, end first": {
    blocks: [semver({ fixed: "2.0.0" }, { introduced: "2.0.0" })],
    yes: [],
    no: ["1.0.0", "2.0.0", "2.0.1"],
  },
  "stretches that meet": {
    blocks: [semver({ introduced: "0" }, { fixed: "2.0.0" }, { introduced: "2.0.0" }, { fixed: "3.0.0" })],
    yes: ["1.0.0", "2.0.0", "2.9.9"],
    no: ["3.0.0"],
  },
  "stretches that meet, in another order": {
    blocks: [semver({ introduced: "2.0.0" }, { fixed: "3.0.0" }, { introduced: "0" }, { fixed: "2.0.0" })],
    yes: ["1.0.0", "2.0.0", "2.9.9"],
    no: ["3.0.0"],
  },
  "stretches that meet at an affected version": {
    blocks: [
      semver({ introduced: "1.0.0" }, { last_affected: "2.0.0" }, { introduced: "2.0.0" }, { last_affected: "3.0.0" }),
    ],
    yes: ["1.0.0", "2.0.0", "2.5.0", "3.0.0"],
    no: ["3.0.1"],
  },
  "two beginnings": {
    blocks: [semver({ introduced: "0" }, { introduced: "1.19.0" }, { fixed: "1.19.1" })],
    yes: ["1.18.6", "1.19.0"],
    no: ["1.19.1"],
  },
  "an end without a beginning": { blocks: [semver({ fixed: "1.0.0" })], yes: [], no: ["0.9.0", "1.0.0"] },
  "no events": { blocks: [semver()], yes: [], no: ["1.0.0"] },
  "a limit": {
    blocks: [semver({ introduced: "1.0.0" }, { limit: "2.0.0" })],
    yes: ["1.0.0", "1.9.9"],
    no: ["0.9.0", "2.0.0", "3.0.0"],
  },
  "several limits, of which one suffices": {
    blocks: [semver({ limit: "1.5.0" }, { introduced: "1.0.0" }, { limit: "2.0.0" })],
    yes: ["1.4.0", "1.9.9"],
    no: ["2.0.0"],
  },
  "an infinite limit beside another": {
    blocks: [semver({ introduced: "1.0.0" }, { limit: "2.0.0" }, { limit: "*" })],
    yes: ["1.0.0", "2.0.0", "99.0.0"],
    no: ["0.9.0"],
  },
  "a limit beyond the end": {
    blocks: [semver({ introduced: "1.0.0" }, { fixed: "2.0.0" }, { limit: "3.0.0" })],
    yes: ["1.5.0"],
    no: ["2.0.0", "2.5.0", "3.0.0"],
  },
  "both keys in one event, as before schema 1.0": {
    blocks: [semver({ introduced: "1.0.0", fixed: "1.0.2" })],
    yes: ["1.0.0", "1.0.1"],
    no: ["0.9.0", "1.0.2"],
  },
  "several ranges, of which one suffices": {
    blocks: [
      {
        ranges: [
          ...semver({ introduced: "1.0.0" }, { fixed: "1.1.0" }).ranges,
          ...semver({ introduced: "2.0.0" }).ranges,
        ],
      },
    ],
    yes: ["1.0.0", "2.0.0"],
    no: ["1.1.0"],
  },
  "several blocks for one package": {
    blocks: [{ versions: ["1.0.4"] }, semver({ introduced: "2.0.3" }, { fixed: "2.0.4" }), { versions: ["3.1.3"] }],
    yes: ["1.0.4", "2.0.3", "3.1.3"],
    no: ["1.0.5", "2.0.4", "3.1.4"],
  },
  "versions beside a range that they do not narrow": {
    blocks: [{ versions: ["0.1.0"], ...semver({ introduced: "2.0.0" }) }],
    yes: ["0.1.0", "2.0.0", "2.5.0"],
    no: ["0.2.0"],
  },
  "neither versions nor ranges": { blocks: [{}], yes: [], no: ["1.0.0", "not-a-version"] },
  "a malicious record with neither, which is on every version": {
    id: "MAL-2026-1",
    blocks: [{}],
    yes: ["1.0.0", "0.0.0-0", "not-a-version"],
    no: [],
  },
  "null in place of lists": { blocks: [{ versions: null, ranges: null }], yes: [], no: ["1.0.0"] },
  "GIT ranges alone": {
    blocks: [{ ranges: [{ type: "GIT", events: [{ introduced: "0" }] }] }],
    yes: [],
    no: ["1.0.0", "not-a-version"],
  },
  "versions beside a GIT range": {
    blocks: [{ versions: ["1.0.0"], ranges: [{ type: "GIT", events: [{ introduced: "0" }] }] }],
    yes: ["1.0.0"],
    no: ["1.0.1"],
  },
  "a range of a type that nobody knows": {
    blocks: [{ ranges: [{ type: "CALENDAR", events: [{ introduced: "0" }] }] }],
    yes: [],
    no: ["1.0.0"],
  },
  "npm versions of which one differs by its build": {
    blocks: [{ versions: ["1.0.0", "2.0.0+build"] }],
    yes: ["1.0.0", "2.0.0+build"],
    no: ["1.0.0+build", "2.0.0", "2.0.0+other"],
  },
  "npm versions of malicious records, which no build leads out of": {
    id: "MAL-2026-1",
    blocks: [{ versions: ["1.0.0", "2.0.0+build"] }],
    yes: ["1.0.0", "1.0.0+build", "2.0.0", "2.0.0+other"],
    no: ["1.0.0-build", "1.0.1+build"],
  },
  "crates of malicious records, likewise": {
    id: "MAL-2026-1",
    type: "cargo",
    blocks: [{ versions: ["1.0.0"] }],
    yes: ["1.0.0+build"],
    no: ["1.0.1"],
  },
  "PyPI versions of malicious records, whose local versions are others": {
    id: "MAL-2026-1",
    type: "pypi",
    blocks: [{ versions: ["1.0", "2.0+cu118"] }],
    yes: ["1.0.0", "2.0+CU118"],
    no: ["1.0+local", "2.0", "2.0+cpu"],
  },
  "an npm version with a v": { blocks: [{ versions: ["v1.0.0"] }], yes: ["1.0.0"], no: ["1.0.1"] },
  "PyPI versions as nobody normalised them": {
    type: "pypi",
    blocks: [{ versions: ["1.0", "v2.0.0", "3.0-RC1", "4.0-1"] }],
    yes: ["1.0", "1.0.0", "1", "v1.0", "2.0", "3.0rc1", "3rc1", "4.0.post1"],
    no: ["1.0.1", "1.0+local", "1!1.0", "2.0.post1", "3.0", "4.0"],
  },
  "PyPI versions that cannot be ordered": {
    type: "pypi",
    blocks: [{ versions: ["0.1-bulbasaur", "v_05"] }],
    yes: ["0.1-bulbasaur", "v_05"],
    no: ["0.1", "0.1-charmander", "v_5"],
  },
  "a PyPI range": {
    type: "pypi",
    blocks: [ecosystem({ introduced: "0" }, { fixed: "2.0" })],
    yes: ["0.dev0", "1.9", "2.0rc1", "2.0.dev1"],
    no: ["2.0", "2.0.0", "2.0+local", "2.0.post1", "1!0.1"],
  },
  "a PyPI range that begins at a post-release": {
    type: "pypi",
    blocks: [ecosystem({ introduced: "0.1.2-1" })],
    yes: ["0.1.2.post1", "0.2.2"],
    no: ["0.1.2", "0.1"],
  },
  "a crate range that begins before a pre-release": {
    type: "cargo",
    blocks: [semver({ introduced: "0.3.10-0" })],
    yes: ["0.3.10-0", "0.3.10-rc.1", "0.3.10", "0.4.0"],
    no: ["0.3.9"],
  },
  "crate events with missing parts": {
    type: "cargo",
    blocks: [semver({ introduced: "0.1" }, { last_affected: "0.2" })],
    yes: ["0.1.0", "0.1.9", "0.2.0"],
    no: ["0.1.0-rc.1", "0.2.1", "0.3.0"],
  },
  "a Go range, for versions with and without a v": {
    type: "golang",
    blocks: [semver({ introduced: "0" }, { fixed: "1.2.4" })],
    yes: ["v1.2.3", "1.2.3", "v0.0.0-20191109021931-daa7c04131f5", "v1.2.4-0.20200101000000-abcdef123456"],
    no: ["v1.2.4", "1.2.4"],
  },
  "a Go range with events that have a v": {
    type: "golang",
    blocks: [semver({ introduced: "v1.0.0" }, { fixed: "v1.1.0" })],
    yes: ["v1.0.0", "v1.0.9"],
    no: ["v1.1.0"],
  },
  "a Go range up to a pseudo-version": {
    type: "golang",
    blocks: [semver({ introduced: "0" }, { fixed: "0.0.0-20200101000000-abcdef123456" })],
    yes: ["v0.0.0-20191109021931-daa7c04131f5"],
    no: ["v0.0.0-20200101000000-abcdef123456", "v0.0.0-20210101000000-000000000000", "v0.1.0"],
  },
  "a Go range, for versions without a go.mod": {
    type: "golang",
    blocks: [semver({ introduced: "2.0.0" }, { fixed: "3.0.0" })],
    yes: ["v2.0.0+incompatible", "v2.9.9+incompatible"],
    no: ["v1.9.9", "v3.0.0+incompatible"],
  },
  "Go versions by name": {
    type: "golang",
    blocks: [{ versions: ["1.0.0", "2.0.0"] }],
    yes: ["v1.0.0", "1.0.0", "v2.0.0+incompatible"],
    no: ["v1.0.1"],
  },
  "an end that cannot be ordered, which does not end it": {
    type: "pypi",
    blocks: [ecosystem({ introduced: "1.0" }, { last_affected: "next" })],
    yes: ["1.0", "2.6.0", "3.0"],
    no: ["0.9"],
  },
  "an end that cannot be ordered, and begins with a version": {
    type: "pypi",
    blocks: [ecosystem({ introduced: "1.0" }, { last_affected: "2.6.0-NA" })],
    yes: ["1.0", "2.6.0rc1", "2.6.0"],
    no: ["0.9", "2.6.1", "3.0"],
  },
  "one end of two that cannot be ordered": {
    type: "pypi",
    blocks: [ecosystem({ introduced: "1.0" }, { fixed: "next" }, { introduced: "3.0" }, { fixed: "4.0" })],
    yes: ["1.0", "2.5", "3.9"],
    no: ["0.9", "4.0"],
  },
  "a limit that cannot be ordered, which limits nothing": {
    blocks: [semver({ introduced: "1.0.0" }, { limit: "2.0.0" }, { limit: "next" })],
    yes: ["1.0.0", "2.0.0"],
    no: ["0.9.0"],
  },
  "a beginning that cannot be ordered, which may be anywhere": {
    id: "MAL-2026-1",
    blocks: [semver({ introduced: "0" }, { fixed: "1.0.0" }, { introduced: "evil" }, { fixed: "3.0.0" })],
    yes: ["0.0.0-0", "1.0.0", "2.5.0", "99.0.0"],
    no: [],
  },
  "0 as an end of SemVer, which stands for 0.0.0": {
    blocks: [semver({ introduced: "0" }, { fixed: "0" })],
    yes: ["0.0.0-0"],
    no: ["0.0.0", "1.0.0"],
  },
  "0 as an end, which is a version of PyPI": {
    type: "pypi",
    blocks: [ecosystem({ introduced: "0" }, { last_affected: "0" })],
    yes: ["0", "0.0", "0.dev1"],
    no: ["0.1"],
  },
};

describe("affects()", () => {
  for (const [what, { yes, no, ...blocks }] of Object.entries(ROWS)) {
    it(`reads ${what}`, () => {
      const advisory = compile(blocks);
      const order = VERSION_ORDERS[blocks.type ?? "npm"];
      for (const version of yes) assert.ok(affects(advisory, version, order), `${version} is affected`);
      for (const version of no) assert.ok(!affects(advisory, version, order), `${version} is not affected`);
    });
  }

  const bounded = [semver({ introduced: "1.0.0" }, { fixed: "1.0.1" })];

  it("says yes to a version that cannot be ordered when the record is malicious and has a range", () => {
    const advisory = compile({ id: "MAL-2026-1", blocks: bounded });
    for (const version of ["not-a-version", "", "1.0.0.0"]) assert.ok(affects(advisory, version, VERSION_ORDERS.npm));
  });

  it("says no to a version that cannot be ordered when the record is on a vulnerability", () => {
    assert.ok(!affects(compile({ blocks: bounded }), "not-a-version", VERSION_ORDERS.npm));
  });

  it("says no to a version that cannot be ordered when a malicious record only lists others", () => {
    const advisory = compile({ id: "MAL-2026-1", type: "pypi", blocks: [{ versions: ["0.1-bulbasaur"] }] });
    assert.ok(!affects(advisory, "0.1-charmander", VERSION_ORDERS.pypi));
  });

  it("gives the same answers for a copy of an advisory as a table holds it", () => {
    const advisory: CompiledAdvisory = JSON.parse(
      JSON.stringify(compile({ type: "pypi", blocks: [{ versions: ["1.0"] }, ecosystem({ introduced: "2.0" })] })),
    );
    for (const version of ["1.0.0", "2.1"]) assert.ok(affects(advisory, version, VERSION_ORDERS.pypi), version);
    assert.ok(!affects(advisory, "1.1", VERSION_ORDERS.pypi));
  });
});
