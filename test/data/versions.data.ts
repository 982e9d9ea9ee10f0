/** Version orders against the tables of the ecosystems' own tools. Rows that differ are listed with the reason. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { isPackageName, normalizeName, type PurlType } from "../../core/purl.ts";
import { VERSION_ORDERS } from "../../core/versions/index.ts";
import { casesOf, describeData, type PytestTables, readJson, readText } from "./shared-data.ts";

const SIGNS: Readonly<Record<string, number>> = { "<": -1, "=": 0, ">": 1 };

/** Compares as advisories are evaluated: through the canonical text. Undefined where one is no version. */
function compare(type: PurlType, a: string, b: string): number | undefined {
  const order = VERSION_ORDERS[type];
  const [first, second] = [order.canonical(a), order.canonical(b)];
  return first === undefined || second === undefined ? undefined : Math.sign(order.compare(first, second));
}

/** Rows such as `1.0 < 1.1`; the ones that come out otherwise, with what came out. */
function scalibrDifferences(
  file: string,
  type: PurlType,
): { rows: number; differences: [string, number | undefined][] } {
  const rows = readText(`fixtures/osv-scalibr-semantic/${file}`)
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("//"));
  const differences = rows.flatMap((row): [string, number | undefined][] => {
    const [, a = "", sign = "", b = ""] = /^(\S+) ([<=>]) (\S+)$/.exec(row.trim()) ?? [];
    const actual = compare(type, a, b);
    return actual === SIGNS[sign] ? [] : [[row, actual]];
  });
  return { rows: rows.length, differences };
}

/** What osv-scalibr reads as SemVer, and the ecosystem does not: more than three parts, and numbers beyond what it counts. */
const FIVE_PARTS = "1.1.3.4.5 = 1.1.3.4.5";
const NINES = [
  "999999999999999999999999999991 < 999999999999999999999999999999",
  "999999999999999999999999999991.999999999999999999999999999991.999999999999999999999999999991 < 999999999999999999999999999999.999999999999999999999999999991.999999999999999999999999999991",
];

describeData("osv-scalibr's version tables", () => {
  for (const [type, others] of [
    ["npm", [...NINES, FIVE_PARTS]],
    ["cargo", [...NINES, FIVE_PARTS]],
    ["golang", [FIVE_PARTS]],
  ] as const) {
    it(`order SemVer as ${type} does`, () => {
      const { rows, differences } = scalibrDifferences("semver-versions.txt", type);
      assert.equal(rows, 86);
      assert.deepEqual(
        differences,
        others.map((row) => [row, undefined]),
      );
    });
  }

  // The rest has versions that PEP 440 does not know and that packaging dropped in 2022; osv-scalibr puts them first.
  for (const [file, total, legacy] of [
    ["pypi-versions.txt", 37, 11],
    ["pypi-versions-generated.txt", 12_375, 69],
  ] as const) {
    it(`order PyPI versions: ${file}`, () => {
      const { rows, differences } = scalibrDifferences(file, "pypi");
      assert.equal(rows, total);
      assert.deepEqual(
        differences.filter(([, actual]) => actual !== undefined),
        [],
      );
      assert.equal(differences.length, legacy);
    });
  }
});

describeData("packaging's version tables", () => {
  const order = VERSION_ORDERS.pypi;
  const tables = () =>
    readJson<PytestTables & { sorted_versions: string[] }>("fixtures/python-packaging/versions.json");
  const names = () => readJson<PytestTables>("fixtures/python-packaging/utils-names-filenames.json");

  it("order every pair of the sorted versions", () => {
    const { sorted_versions: sorted } = tables();
    let pairs = 0;
    for (const [index, lower] of sorted.entries()) {
      for (const higher of sorted.slice(index + 1)) {
        assert.equal(compare("pypi", lower, higher), -1, `${lower} < ${higher}`);
        assert.equal(compare("pypi", higher, lower), 1, `${higher} > ${lower}`);
        pairs += 1;
      }
    }
    assert.equal(pairs, 4186);
  });

  it("take no invalid version", () => {
    const invalid = casesOf<string>(tables(), "test_invalid_versions");
    assert.equal(invalid.length, 20);
    for (const version of invalid)
      assert.ok(!order.isValid(version) && order.canonical(version) === undefined, version);
  });

  it("take spellings of one version for one", () => {
    const rows = casesOf<[string, string]>(tables(), "test_normalized_versions");
    assert.equal(rows.length, 102);
    for (const [version, normalized] of rows) {
      assert.equal(compare("pypi", version, normalized), 0, version);
      assert.equal(order.canonical(version), order.canonical(normalized), version);
    }
  });

  it("make the canonical text", () => {
    const rows = casesOf<[string, string]>(names(), "test_canonicalize_version");
    assert.equal(rows.length, 13);
    for (const [version, expected] of rows) assert.equal(order.canonical(version) ?? version, expected);
  });

  it("tell pre-releases", () => {
    const rows = casesOf<[string, boolean]>(tables(), "test_version_is_prerelease");
    assert.equal(rows.length, 22);
    for (const [version, expected] of rows) assert.equal(order.isPrerelease(version), expected, version);
    const developed = casesOf<[string, boolean]>(tables(), "test_version_is_devrelease").filter(([, dev]) => dev);
    assert.equal(developed.length, 9);
    for (const [version] of developed) assert.ok(order.isPrerelease(version), version);
  });

  it("normalise names", () => {
    const rows = casesOf<[string, string]>(names(), "test_canonicalize_name");
    const invalid = casesOf<[string, string]>(names(), "test_canonicalize_name_invalid");
    const more = casesOf<[string, string]>(names(), "test_is_normalized_name");
    assert.equal(rows.length + invalid.length + more.length, 29);
    for (const [name, expected] of [...rows, ...more]) {
      // packaging calls a--b a name that is not normalised, and so its expected value is a-b.
      assert.equal(normalizeName("pypi", name), expected);
      assert.ok(isPackageName("pypi", expected));
    }
    for (const [name] of invalid) assert.ok(!isPackageName("pypi", normalizeName("pypi", name)), JSON.stringify(name));
  });

  const specifiers = () => readJson<PytestTables>("fixtures/python-packaging/specifiers.json");

  for (const [name, total] of [
    ["test_specifiers", 188],
    ["test_contains_post_release_boundary_intersection", 6],
    ["test_comparison_ignores_local", 6],
    ["test_boundary_closure_short_release", 3],
    ["test_arbitrary_equality", 47],
  ] as const) {
    it(`match specifiers: ${name}`, () => {
      const rows = casesOf<[string, string, boolean]>(specifiers(), name).map(([a, b, expected]) =>
        /^[~=!<>]/.test(a) ? [b, a, expected] : [a, b, expected],
      ) as [string, string, boolean][];
      assert.equal(rows.length, total);
      for (const [version, range, expected] of rows)
        assert.equal(order.satisfies(version, range), expected && order.isValid(version), `${version} ${range}`);
    });
  }

  /** What packaging allows where it is not asked whether pre-releases count, it allows where they do. */
  const countsPrereleases = (asked: unknown, expected: boolean): boolean =>
    asked === true || (asked === null && expected);

  it("match specifiers where pre-releases count", () => {
    const alone = casesOf<[string, string, unknown, unknown, boolean]>(specifiers(), "test_specifiers_prereleases")
      .filter(([, , ofSpecifier, asked, expected]) => countsPrereleases(asked ?? ofSpecifier, expected))
      .map(([range, version, , , expected]) => ({ range, version, expected }));
    const bridges = casesOf<[string, unknown, string, boolean]>(specifiers(), "test_contains_exclusionary_bridges")
      .filter(([, asked, , expected]) => countsPrereleases(asked, expected))
      .map(([range, , version, expected]) => ({ range, version, expected }));
    assert.deepEqual([alone.length, bridges.length], [41, 57]);
    for (const { version, range, expected } of [...alone, ...bridges])
      assert.equal(order.satisfies(version, range), expected, `${version} ${range}`);
  });

  it("read specifiers, and no others", () => {
    const invalid = casesOf<string>(specifiers(), "test_specifiers_invalid");
    assert.equal(invalid.length, 31);
    for (const range of invalid) assert.ok(!order.isRange(range), range);
    const versions = casesOf<string>(specifiers(), "test_specifiers_normalized");
    assert.equal(versions.length, 95);
    for (const version of versions) {
      const operators = version.includes("+") ? ["==", "!="] : ["~=", "==", "!=", "<=", ">=", "<", ">"];
      for (const operator of operators.filter((one) => one !== "~=" || version.includes(".")))
        assert.ok(order.isRange(operator + version) || operator === "~=", operator + version);
    }
  });
});

type NodeSemverTables = Readonly<Record<string, readonly (readonly unknown[])[]>>;

describeData("node-semver's tables", () => {
  const order = VERSION_ORDERS.npm;
  const table = (name: string) =>
    readJson<{ fixtures: NodeSemverTables }>("fixtures/node-semver/node-semver.json").fixtures[name] ?? [];

  it("order versions", () => {
    const rows = table("comparisons") as readonly [string, string][];
    assert.equal(rows.length, 31);
    for (const [higher, lower] of rows) assert.equal(compare("npm", higher, lower), 1, `${higher} > ${lower}`);
  });

  it("take equal versions for equal", () => {
    const rows = table("equality") as readonly [string, string][];
    assert.equal(rows.length, 37);
    for (const [a, b] of rows) assert.equal(compare("npm", a, b), 0, `${a} = ${b}`);
  });

  it("tell valid versions from others", () => {
    const valid = (table("valid-versions") as readonly [string][]).map(([version]) => version);
    assert.equal(valid.length, 22);
    // A v is for people; the registry has none.
    for (const version of valid) assert.equal(order.isValid(version), version !== "v1.2.3", version);
    const invalid = table("invalid-versions")
      .map(([version]) => version)
      .filter((version) => typeof version === "string");
    assert.equal(invalid.length, 9);
    for (const version of invalid)
      assert.ok(!order.isValid(version) && order.canonical(version) === undefined, version);
  });

  for (const [name, total, expected] of [
    ["range-include", 94, true],
    ["range-exclude", 77, false],
  ] as const) {
    it(`match ranges: ${name}, without the rows that need options or have no text for a version`, () => {
      const rows = table(name).filter((row): row is [string, string] => typeof row[1] === "string" && !row[2]);
      assert.equal(rows.length, total);
      for (const [range, version] of rows)
        assert.equal(order.satisfies(version, range), expected, `${version} in ${range}`);
    });
  }
});

describeData("the semver crate's tables", () => {
  const tables = () =>
    readJson<{ version_compare: [string, string, string][]; version_invalid: string[] }>(
      "fixtures/rust-semver/rust-semver.json",
    );
  const requirements = () =>
    readJson<{
      "req_matches (test, req, version, matches)": [test: string, range: string, version: string, expected: boolean][];
      req_invalid: string[];
    }>("fixtures/rust-semver/rust-semver.json");
  const TESTS: Readonly<Record<string, (sign: number) => boolean>> = {
    "<": (sign) => sign < 0,
    "!<": (sign) => sign >= 0,
    "<=": (sign) => sign <= 0,
    ">": (sign) => sign > 0,
    ">=": (sign) => sign >= 0,
  };

  it("order versions, but for builds", () => {
    const { version_compare: rows } = tables();
    assert.equal(rows.length, 23);
    const differences = rows.filter(([a, b, test]) => !TESTS[test]?.(compare("cargo", a, b) ?? Number.NaN));
    // The crate's Ord is total, so it orders builds as well; SemVer's precedence, which OSV asks for, does not.
    assert.deepEqual(differences, [["1.2.3+23", "1.2.3+42", "<"]]);
  });

  it("take no invalid version", () => {
    const { version_invalid: invalid } = tables();
    assert.equal(invalid.length, 12);
    for (const version of invalid) assert.ok(!VERSION_ORDERS.cargo.isValid(version), JSON.stringify(version));
  });

  it("match requirements", () => {
    const { "req_matches (test, req, version, matches)": rows } = requirements();
    assert.equal(rows.length, 173);
    for (const [test, range, version, expected] of rows)
      assert.equal(VERSION_ORDERS.cargo.satisfies(version, range), expected, `${test}: ${version} in ${range}`);
  });

  it("read no invalid requirement", () => {
    const { req_invalid: invalid } = requirements();
    assert.equal(invalid.length, 21);
    for (const range of invalid) assert.ok(!VERSION_ORDERS.cargo.isRange(range), JSON.stringify(range));
  });
});

interface GoTable<Row> {
  readonly rows: readonly Row[];
}

describeData("Go's module tables", () => {
  const order = VERSION_ORDERS.golang;
  const table = <Row>(name: string): readonly Row[] => {
    const tables = readJson<Record<string, GoTable<Row>>>("fixtures/go-mod/go-module-semver.json");
    return Object.entries(tables).find(([key]) => key.startsWith(name))?.[1].rows ?? [];
  };

  it("order versions and make them canonical", () => {
    const rows = table<[written: string, canonical: string]>("semver_tests");
    assert.equal(rows.length, 32);
    for (const [written, canonical] of rows) {
      if (canonical === "") assert.ok(!order.isValid(written), written);
      else assert.equal(`v${order.canonical(written)}`, canonical);
    }
    const valid = rows.filter(([, canonical]) => canonical !== "");
    for (const [index, [lower, below]] of valid.entries()) {
      for (const [higher, above] of valid.slice(index)) {
        assert.equal(compare("golang", lower, higher), below === above ? 0 : -1, `${lower} against ${higher}`);
      }
    }
  });

  it("order pseudo-versions behind the version that they follow", () => {
    const rows = table<[major: string, older: string, version: string]>("pseudoTests");
    assert.equal(rows.length, 13);
    const differences = rows.filter(
      ([, older, version]) => !order.isValid(version) || (older !== "" && compare("golang", older, version) !== -1),
    );
    assert.deepEqual(differences, []);
  });

  it("accept every module path that Go accepts", () => {
    const rows = table<[path: string, isModule: boolean]>("checkPathTests");
    assert.equal(rows.length, 105);
    const refused = rows.filter(([path, isModule]) => isModule && !isPackageName("golang", path));
    assert.deepEqual(refused, []);
    // A name only has to be safe as a key and in a path: Go's rules for hosts, /v1 and Windows' reserved names are not ours.
    const accepted = rows.filter(([path, isModule]) => !isModule && isPackageName("golang", path));
    assert.equal(accepted.length, 15);
  });
});
