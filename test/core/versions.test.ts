import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PURL_TYPES, type PurlType } from "../../core/purl.ts";
import { VERSION_ORDERS } from "../../core/versions/index.ts";

/** Each list is in ascending order; a list inside stands for versions that are equal. */
const ASCENDING: readonly [
  what: string,
  types: readonly PurlType[],
  versions: readonly (string | readonly string[])[],
][] = [
  [
    "SemVer 2.0.0, section 11",
    ["npm", "cargo", "golang"],
    [
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-alpha.beta",
      "1.0.0-beta",
      "1.0.0-beta.2",
      "1.0.0-beta.11",
      "1.0.0-rc.1",
      ["1.0.0", "1.0.0+build", "1.0.0+other"],
      "1.0.1",
      "1.2.0",
      "1.10.0",
    ],
  ],
  ["pre-releases of zero", ["npm", "cargo", "golang"], ["0.0.0-0", "0.0.0-1", "0.0.0-a", "0.0.0", "0.0.1-0", "0.0.1"]],
  [
    "digits in words",
    ["npm", "cargo", "golang"],
    ["1.0.0-0", "1.0.0-9", "1.0.0-10", "1.0.0-0a", "1.0.0-10a", "1.0.0-A", "1.0.0-a"],
  ],
  ["versions of dependency confusion", ["npm", "cargo", "golang"], ["9.9.9", "99.99.99", "999.0.2"]],
  [
    "PEP 440, phases of a release",
    ["pypi"],
    [
      "1.0.dev0",
      "1.0a1.dev1",
      ["1.0a1", "1.0-ALPHA.1", "v1.0a01"],
      "1.0a1.post1",
      "1.0b2",
      ["1.0rc1", "1.0c1", "1.0-preview_1"],
      ["1.0", "1", "1.0.0", "v1.0", "01.00"],
      "1.0+abc",
      "1.0+5",
      ["1.0.post1", "1.0-1", "1.0.rev1"],
      "1.0.1.dev1",
      "1.0.1",
    ],
  ],
  ["PEP 440, epochs and years", ["pypi"], ["2.0", "10.0", "2013.10", "1!0.1", ["1!1", "1!1.0"], "2!0"]],
  [
    "PEP 440, local versions",
    ["pypi"],
    ["1.0", "1.0+0x1", "1.0+1e5", ["1.0+a.b", "1.0+A-b"], "1.0+a.1", "1.0+b", "1.0+1", "1.0+1.0", "1.0+10"],
  ],
  [
    "numbers beyond 2^53",
    ["pypi"],
    [
      "0.1.9007199254740991",
      "0.1.9007199254740992",
      ["0.1.9007199254740993", "0.1.09007199254740993"],
      "0.1.20260916031552530",
      "0.11800000000000001.dev9007199254740993",
      "0.11800000000000001",
    ],
  ],
  [
    "numbers beyond 2^53",
    ["cargo", "golang"],
    ["1.2.9007199254740991", "1.2.9007199254740992", "1.2.9007199254740993-0", "1.2.9007199254740993"],
  ],
  [
    "numbers beyond 2^53 in a pre-release",
    ["npm", "cargo", "golang"],
    ["1.0.0-9007199254740992", "1.0.0-9007199254740993", "1.0.0-20000000000000000", "1.0.0-a"],
  ],
  ["numbers of any size", ["golang"], ["v999999999999999999999.0.0", "v1000000000000000000000.0.0"]],
  [
    "Go pseudo-versions",
    ["golang"],
    [
      "v0.0.0-20191109021931-daa7c04131f5",
      "v0.0.0-20200101000000-000000000000",
      "v0.0.0",
      "v1.2.3-pre",
      "v1.2.3-pre.0.20200101000000-abcdef123456",
      "v1.2.3",
      "v1.2.4-0.20200101000000-abcdef123456",
      "v1.2.4",
    ],
  ],
  [
    "Go versions without a go.mod",
    ["golang"],
    ["v1.9.9", ["v2.0.0+incompatible", "2.0.0", "v2.0.0"], "v2.0.1+incompatible"],
  ],
];

const INVALID: readonly [PurlType, string][] = [
  ["npm", "v1.0.0"],
  ["npm", " 1.0.0"],
  ["npm", "=1.0.0"],
  ["npm", "1.0"],
  ["npm", "1.0.0.0"],
  ["npm", "01.0.0"],
  ["npm", "1.0.0-01"],
  ["npm", "90071992547409910.0.0"],
  ["cargo", "v1.0.0"],
  ["cargo", "1.2.3-"],
  ["golang", "vv1.0.0"],
  ["golang", "v1.0"],
  ["golang", "master"],
  ["pypi", "0.1-bulbasaur"],
  ["pypi", "v_05"],
  ["pypi", "0.2.0-alpha\\.33"],
  ["pypi", "2.6.0-NA"],
  ["pypi", "1.0+"],
  ["pypi", "1.0\n"],
  ["pypi", "1.0+\u0130"],
  ["pypi", "1.0po\u017ft1"],
  ["pypi", `1.${"0".repeat(300)}`],
  ["cargo", "18446744073709551616.0.0"],
  ["npm", "1.0.0+b "],
];

describe("compare()", () => {
  for (const [what, types, versions] of ASCENDING) {
    for (const type of types) {
      it(`orders ${type}: ${what}`, () => {
        const { compare, isValid } = VERSION_ORDERS[type];
        const ranked = versions.flatMap((same, rank) => [same].flat().map((version) => ({ version, rank })));
        for (const a of ranked) {
          assert.ok(isValid(a.version), a.version);
          for (const b of ranked) {
            const actual = Math.sign(compare(a.version, b.version));
            assert.equal(actual, Math.sign(a.rank - b.rank), `${a.version} against ${b.version}`);
          }
        }
      });
    }
  }
});

describe("isValid()", () => {
  for (const [type, version] of INVALID) {
    it(`says no to ${type}'s ${JSON.stringify(version)}`, () => assert.ok(!VERSION_ORDERS[type].isValid(version)));
  }
});

describe("isPrerelease()", () => {
  for (const [type, version, expected] of [
    ["npm", "1.0.0-rc.1", true],
    ["npm", "1.0.0", false],
    ["npm", "1.0.0+rc.1", false],
    ["cargo", "0.0.0-0", true],
    ["pypi", "1.0rc1", true],
    ["pypi", "1.0.dev1", true],
    ["pypi", "1.0.post1", false],
    ["pypi", "1.0.post1.dev1", true],
    ["pypi", "1.0+dev", false],
    ["golang", "v1.0.0-rc.1", true],
    ["golang", "v2.0.0+incompatible", false],
    ["golang", "v0.0.0-20191109021931-daa7c04131f5", true],
  ] as const) {
    it(`says ${expected ? "yes" : "no"} to ${type}'s ${version}`, () => {
      assert.equal(VERSION_ORDERS[type].isPrerelease(version), expected);
    });
  }

  it("says no to what is not valid", () => {
    for (const type of PURL_TYPES) assert.ok(!VERSION_ORDERS[type].isPrerelease("1.0.0-rc.1-garbage/"));
    assert.ok(!VERSION_ORDERS.npm.isPrerelease("v1.0.0-rc.1"));
  });
});

describe("satisfies()", () => {
  for (const [type, version, range, expected] of [
    ["npm", "1.2.3", "^1.0.0", true],
    ["npm", "2.0.0", "^1.0.0", false],
    ["npm", "2.0.0-rc.1", "^1.0.0 || ^2.0.0-beta", true],
    ["npm", "1.2.3", "not a range", false],
    ["npm", "v1.2.3", "^1.0.0", false],
    ["cargo", "0.3.10", ">=0.3.10, <0.4", true],
    ["cargo", "0.4.0", ">=0.3.10, <0.4", false],
    ["cargo", "1.9.0", "1.2", true],
    ["cargo", "1.1.0", "1.2", false],
    ["cargo", "2.0.0", "1.2", false],
    ["cargo", "0.4.0", "0.3", false],
    ["cargo", "1.2.9", "=1.2", true],
    ["cargo", "1.5.0", "1.*", true],
    ["cargo", "1.2.3", "1.2.3, <2", true],
    ["cargo", "0.2.9", "~0.2.3", true],
    ["cargo", "0.3.0", "~0.2.3", false],
    ["cargo", "0.0.4", "0.0.3", false],
    ["cargo", "0.0.9", "0.0", true],
    ["cargo", "1.2.3-rc.2", ">=1.2.3-rc.1", true],
    ["cargo", "1.2.4-rc.2", ">=1.2.3-rc.1", false],
    ["cargo", "1.2.9", "<=1.2", true],
    ["cargo", "1.2.9", ">1.2", false],
    ["cargo", "1.2.3-rc.1", "*", false],
    ["cargo", "9007199254740993.0.0", ">9007199254740992", true],
    ["pypi", "1.5", ">=1.0,<2.0", true],
    ["pypi", "2.0rc1", ">=1.0", true],
    ["pypi", "1.0+cu118", "==1.0", true],
    ["pypi", "0.1-bulbasaur", "==0.*", false],
    ["pypi", "0.1-bulbasaur", ">=0", false],
    ["pypi", "1.0", "not a range", false],
    ["golang", "v1.2.3", ">=v1.0.0 <v2.0.0", true],
    ["golang", "v2.0.0+incompatible", ">=1.0.0 <2.0.0", false],
    ["golang", "master", "*", false],
    ["golang", "v9007199254740993.0.0", ">=v1.0.0", true],
    ["golang", "v2.0.0-rc.1", ">=1.0.0", false],
  ] as const) {
    it(`says ${expected ? "yes" : "no"} to ${type}'s ${version} in ${range}`, () => {
      assert.equal(VERSION_ORDERS[type].satisfies(version, range), expected);
    });
  }
});

describe("satisfies() for PyPI, by the words of PEP 440", () => {
  const ROWS: readonly [section: string, version: string, range: string, expected: boolean][] = [
    ["exclusive ordered comparison: >1.7 allows 1.7.1", "1.7.1", ">1.7", true],
    ["exclusive ordered comparison: >1.7 does not allow 1.7.0.post1", "1.7.0.post1", ">1.7", false],
    ["exclusive ordered comparison: >1.7.post2 allows 1.7.1", "1.7.1", ">1.7.post2", true],
    ["exclusive ordered comparison: >1.7.post2 allows 1.7.0.post3", "1.7.0.post3", ">1.7.post2", true],
    ["exclusive ordered comparison: >1.7.post2 does not allow 1.7.0", "1.7.0", ">1.7.post2", false],
    ["> does not allow a local version of the version", "1.7+local.1", ">1.7", false],
    ["< does not allow a pre-release of the version", "1.7rc1", "<1.7", false],
    ["< does not allow a development release of the version", "1.7.dev1", "<1.7", false],
    ["< allows a pre-release of another version", "1.6rc1", "<1.7", true],
    ["< allows an earlier pre-release where it is one", "1.7a1", "<1.7rc1", true],
    ["< a post-release allows a pre-release of the version", "1.7rc1", "<1.7.post1", true],
    ["< a post-release does not allow its development release", "1.7.post1.dev1", "<1.7.post1", false],
    ["> a pre-release allows a post-release of the version", "1.7.post1", ">1.7a1", true],
    ["> a pre-release does not allow its post-release", "1.7a1.post1", ">1.7a1", false],
    ["> does not allow the development release of a post-release", "1.7.post1.dev1", ">1.7", false],
    ["numbers of any size count", "0.1.20260916031552531", ">0.1.20260916031552530", true],
    ["< a post-release allows the version", "1.7", "<1.7.post1", true],
    ["inclusive ordered comparison: local versions are ignored", "1.7+local.1", "<=1.7", true],
    ["inclusive ordered comparison", "1.7.post1", ">=1.7", true],
    ["version matching: 1.1.post1 does not match ==1.1", "1.1.post1", "==1.1", false],
    ["version matching: 1.1.post1 matches ==1.1.post1", "1.1.post1", "==1.1.post1", true],
    ["version matching: 1.1.post1 matches ==1.1.*", "1.1.post1", "==1.1.*", true],
    ["version matching: 1.1a1 does not match ==1.1", "1.1a1", "==1.1", false],
    ["version matching: 1.1a1 matches ==1.1.*", "1.1a1", "==1.1.*", true],
    ["version matching: 1.1 matches ==1.1.0, by padding", "1.1", "==1.1.0", true],
    ["version matching: 1.1 matches ==1.1.0.*, by padding", "1.1", "==1.1.0.*", true],
    ["version matching: 2 matches ==2.0.*", "2", "==2.0.*", true],
    ["version matching: 2.1 does not match ==2.0.*", "2.1", "==2.0.*", false],
    ["version matching: an epoch is its own", "1!2.0", "==2.*", false],
    ["version matching: the local version counts where it is named", "1.1+a", "==1.1+b", false],
    ["version exclusion", "1.1.post1", "!=1.1.*", false],
    ["version exclusion", "1.1.post1", "!=1.1", true],
    ["compatible release: ~=2.2 allows 2.3", "2.3", "~=2.2", true],
    ["compatible release: ~=2.2 does not allow 3.0", "3.0", "~=2.2", false],
    ["compatible release: ~=1.4.5 is >=1.4.5, ==1.4.*", "1.5.0", "~=1.4.5", false],
    ["compatible release: a suffix is ignored, ~=2.2.post3 allows 2.3", "2.3", "~=2.2.post3", true],
    ["compatible release: ~=1.4.5a4 is >=1.4.5a4, ==1.4.*", "1.4.9", "~=1.4.5a4", true],
    ["compatible release: ~=2.2.0 is ==2.2.*", "2.3", "~=2.2.0", false],
    ["arbitrary equality is of the text", "1.0", "===1.0.0", false],
    ["arbitrary equality is of the text", "1.0", "===1.0", true],
    ["a comma is a logical and", "1.9", "~=0.9, >=1.0, !=1.3.4.*, <2.0", false],
    ["a comma is a logical and", "1.9", ">=1.0, !=1.3.4.*, <2.0", true],
  ];
  for (const [section, version, range, expected] of ROWS) {
    it(`${section} (${version} in ${range})`, () =>
      assert.equal(VERSION_ORDERS.pypi.satisfies(version, range), expected));
  }
});

describe("contains()", () => {
  const CASES: readonly (readonly [type: PurlType, version: string, range: string, expected: boolean])[] = [
    ["npm", "1.9.0-rc.1", "<2.0.1", true],
    ["npm", "2.0.1-rc.1", "<2.0.1", true],
    ["npm", "2.0.1", "<2.0.1", false],
    ["npm", "2.1.0-beta", "^2.0.0", true],
    ["cargo", "1.3.0-alpha", "1.2", true],
    ["cargo", "1.2.0-alpha", "=1.2", true],
    ["cargo", "1.2.0-alpha", "1.2.0", false],
    ["cargo", "1.2.3-alpha", "*", true],
    ["golang", "v9007199254740993.0.0-rc.1", ">=v1.0.0", true],
    ["golang", "v1.3.0-0.20200101000000-abcdefabcdef", ">=v1.2.0 <v2.0.0", true],
    ["pypi", "1.5rc1", ">=1.0,<2.0", true],
    ["npm", "not a version", "*", false],
  ];
  for (const [type, version, range, expected] of CASES) {
    it(`says ${expected ? "yes" : "no"} to ${type}'s ${version} in ${range}, pre-releases counted`, () => {
      assert.equal(VERSION_ORDERS[type].contains(version, range), expected);
    });
  }
});

describe("isRange()", () => {
  const ROWS: readonly [PurlType, readonly string[], readonly string[]][] = [
    ["npm", ["^1.0.0", "1 || 2", "*", "", ">=1 <2", "1.0.0 - 2.0.0"], ["not a range", ">=1.0,<2", "=>1", "latest"]],
    [
      "cargo",
      ["^1.0.0", ">=0.3, <0.4", "1.2", " * ", "1.*.*", "=1.2.3-rc.1+build"],
      [
        "1.x || 2.x",
        "not a range",
        "",
        "> 0.1,",
        ">0.1 <2",
        "*, 1",
        "v1",
        "^*",
        "1.*.1",
        "01.2",
        "18446744073709551616",
      ],
    ],
    ["golang", [">=v1.0.0 <v2.0.0", "v1.2.3"], ["master", ">=1.0,<2"]],
    [
      "pypi",
      [
        "==1.0",
        "~=1.4.5",
        ">=1.0,<2",
        "===anything",
        "===1.0.dev1.*",
        "==1!1.*",
        "",
        ">=3.6,",
        "==1.0.dev9007199254740993",
      ],
      ["1.0", "^1.0", "~=1", "==1.0a1.*", ">1.0.*", ">=1.0+local", "=1.0", ">=1 <2", "===a b", "=="],
    ],
  ];
  for (const [type, ranges, others] of ROWS) {
    it(`tells what ${type} can read from what it cannot`, () => {
      for (const range of ranges) assert.ok(VERSION_ORDERS[type].isRange(range), range);
      for (const range of others) assert.ok(!VERSION_ORDERS[type].isRange(range), range);
    });
  }
});

describe("canonical()", () => {
  const SAME: readonly [PurlType, string, readonly string[]][] = [
    ["npm", "1.2.3", ["1.2.3", "v1.2.3", " = 1.2.3 "]],
    ["npm", "0.1.0", ["0.1", "0.1.0", "v0.1"]],
    ["npm", "1.0.0-rc.1", ["1.0.0-rc.1", "1-rc.1"]],
    ["npm", "1.0.0+build", ["1.0.0+build"]],
    ["cargo", "2.0.0", ["2", "2.0.0"]],
    ["pypi", "1", ["1", "1.0", "1.0.0", "v1.0", "01.0", " 1.0\n"]],
    ["pypi", "0", ["0", "0.0.0"]],
    ["pypi", "1.2rc1", ["1.2.0-c1", "1.2RC1", "1.2.preview.1"]],
    ["pypi", "1.post1", ["1.0-1", "1.0.post1", "1.0.0r1"]],
    ["pypi", "1!1.dev0", ["1!1.0dev", "1!1.dev0"]],
    ["pypi", "1+cu118.1", ["1.0+CU118-01", "1.0+cu118_1"]],
    ["golang", "1.2.3", ["v1.2.3", "1.2.3"]],
    ["golang", "2.0.0", ["v2.0.0+incompatible", "2.0.0+incompatible", "v2"]],
    ["golang", "0.0.0-20191109021931-daa7c04131f5", ["v0.0.0-20191109021931-daa7c04131f5"]],
  ];
  for (const [type, expected, spellings] of SAME) {
    it(`makes ${type}'s ${expected} of ${JSON.stringify(spellings)}`, () => {
      const { canonical, isValid } = VERSION_ORDERS[type];
      for (const spelling of spellings) assert.equal(canonical(spelling), expected, spelling);
      assert.ok(isValid(expected));
    });
  }

  it("keeps builds of a SemVer version apart", () => {
    for (const type of ["npm", "cargo"] as const) {
      assert.notEqual(VERSION_ORDERS[type].canonical("1.0.0+a"), VERSION_ORDERS[type].canonical("1.0.0"));
    }
  });

  it("keeps local versions apart that JavaScript would take for equal numbers", () => {
    assert.notEqual(VERSION_ORDERS.pypi.canonical("1.0+1e2"), VERSION_ORDERS.pypi.canonical("1.0+100"));
  });

  it("is undefined for what is no version", () => {
    for (const type of PURL_TYPES) {
      for (const version of ["", "latest", "1.0.0 x", "1..0", "garbage-1.0.0", "2.6.0-NA/", "90071992547409910a.0.0"]) {
        assert.equal(VERSION_ORDERS[type].canonical(version), undefined, `${type} ${version}`);
      }
    }
  });
});
