import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  isPackageName,
  isPurlType,
  isVersion,
  normalizeName,
  type PackageId,
  type PurlType,
  parsePurl,
  parseReleasePurl,
  toPurl,
} from "../../core/purl.ts";

const READ: readonly [what: string, text: string, expected: PackageId & { version?: string }][] = [
  ["a release", "pkg:npm/left-pad@1.3.0", { type: "npm", name: "left-pad", version: "1.3.0" }],
  ["a package", "pkg:cargo/serde", { type: "cargo", name: "serde" }],
  ["an encoded scope", "pkg:npm/%40acme/ui@1.0.0", { type: "npm", name: "@acme/ui", version: "1.0.0" }],
  ["a scope that nobody encoded", "pkg:npm/@acme/ui@1.0.0", { type: "npm", name: "@acme/ui", version: "1.0.0" }],
  ["such a scope without a version", "pkg:npm/@acme/ui", { type: "npm", name: "@acme/ui" }],
  ["npm's case as it is", "pkg:npm/JSONStream@1.3.5", { type: "npm", name: "JSONStream", version: "1.3.5" }],
  [
    "a PyPI name, normalised",
    "pkg:pypi/Zope.Interface_x@5.0",
    { type: "pypi", name: "zope-interface-x", version: "5.0" },
  ],
  [
    "an epoch and a local version",
    "pkg:pypi/torch@1%212.0%2Bcu118",
    { type: "pypi", name: "torch", version: "1!2.0+cu118" },
  ],
  [
    "a crate's underscores as they are",
    "pkg:cargo/proc_macro2@1.0.0",
    { type: "cargo", name: "proc_macro2", version: "1.0.0" },
  ],
  [
    "a Go path's case as it is",
    "pkg:golang/github.com/BurntSushi/toml@v1.0.0",
    { type: "golang", name: "github.com/BurntSushi/toml", version: "v1.0.0" },
  ],
  [
    "a Go path and a version as the module proxy escapes them",
    "pkg:golang/github.com/%21burnt!sushi/toml@v1.0.0-%21r%21c1",
    { type: "golang", name: "github.com/BurntSushi/toml", version: "v1.0.0-RC1" },
  ],
  [
    "a Go version without its v",
    "pkg:golang/acme.example/m@1.0.0-rc.1",
    { type: "golang", name: "acme.example/m", version: "v1.0.0-rc.1" },
  ],
  [
    "build metadata",
    "pkg:golang/github.com/acme/db@v2.0.0%2Bincompatible",
    { type: "golang", name: "github.com/acme/db", version: "v2.0.0+incompatible" },
  ],
  ["qualifiers, which it drops", "pkg:npm/a@1.0.0?vcs_url=git%40x", { type: "npm", name: "a", version: "1.0.0" }],
  [
    "a subpath, which it drops",
    "pkg:golang/acme.example/m@v1.0.0#api/v1",
    { type: "golang", name: "acme.example/m", version: "v1.0.0" },
  ],
  ["an upper-case type", "pkg:NPM/a@1.0.0", { type: "npm", name: "a", version: "1.0.0" }],
  ["slashes after the scheme", "pkg://npm/a@1.0.0", { type: "npm", name: "a", version: "1.0.0" }],
  ["names of object properties", "pkg:npm/constructor@1.0.0", { type: "npm", name: "constructor", version: "1.0.0" }],
];

const REFUSED: readonly [what: string, text: string, why: RegExp][] = [
  ["nothing", "", /does not read pkg:TYPE\/NAME/],
  ["a bare name", "left-pad@1.0.0", /does not read pkg:TYPE\/NAME/],
  ["no name", "pkg:npm/", /does not read pkg:TYPE\/NAME/],
  ["another type", "pkg:maven/acme/lib@1.0.0", /its type is "maven"/],
  ["a property of Object as the type", "pkg:constructor/a@1.0.0", /its type is "constructor"/],
  ["an empty version", "pkg:npm/a@", /cannot be a version/],
  ["a version with a slash", "pkg:npm/a@1.0.0%2F..", /cannot be a version/],
  ["a version with markup", "pkg:npm/a@%3Cb%3E", /cannot be a version/],
  ["a version with a line feed", "pkg:npm/a@1.0.0%0A", /cannot be a version/],
  ["two versions", "pkg:npm/a@1.0.0@2.0.0", /cannot be a name/],
  ["a path that climbs", "pkg:golang/acme.example/../etc@v1.0.0", /cannot be a name/],
  ["a path that climbs, encoded", "pkg:golang/acme.example%2F..%2Fetc", /cannot be a name/],
  ["a prototype", "pkg:npm/__proto__@1.0.0", /cannot be a name/],
  ["a hidden file", "pkg:npm/.bin@1.0.0", /cannot be a name/],
  ["a control character", "pkg:npm/a%00b@1.0.0", /cannot be a name/],
  ["a Go path with an escape of nothing", "pkg:golang/github.com/%21/toml", /cannot be a name/],
  ["a Go path with an escape of upper case", "pkg:golang/github.com/%21Burnt", /cannot be a name/],
  ["an npm scope alone", "pkg:npm/%40acme@1.0.0", /cannot be a name/],
  ["a folder of npm", "pkg:npm/acme/ui@1.0.0", /cannot be a name/],
  ["a letter that only looks like a Latin one", "pkg:pypi/r%D0%B5quests@1.0", /cannot be a name/],
  ["broken percent-encoding", "pkg:npm/%E0%A4%A@1.0.0", /percent-encoding is broken/],
  ["more than it reads", `pkg:npm/${"a".repeat(1100)}@1.0.0`, /longer than 1024/],
];

describe("parsePurl()", () => {
  for (const [what, text, expected] of READ) {
    it(`reads ${what}`, () => assert.deepEqual(parsePurl(text), expected));
  }

  for (const [what, text, why] of REFUSED) {
    it(`refuses ${what}`, () => assert.throws(() => parsePurl(text), { code: "NOT_A_PURL", message: why }));
  }
});

describe("parseReleasePurl()", () => {
  it("reads a release", () => {
    assert.deepEqual(parseReleasePurl("pkg:npm/a@1.0.0"), { type: "npm", name: "a", version: "1.0.0" });
  });

  it("refuses a package without a version", () => {
    assert.throws(() => parseReleasePurl("pkg:npm/a"), {
      code: "NOT_A_PURL",
      message: '"pkg:npm/a" names no release: it has no version',
      next: "Write the version after an @: pkg:npm/a@1.3.0.",
    });
    assert.throws(() => parseReleasePurl("pkg:golang/acme.example/x"), {
      next: /: pkg:golang\/acme\.example\/x@v1\.3\.0\.$/,
    });
  });
});

describe("toPurl()", () => {
  for (const [id, expected] of [
    [{ type: "npm", name: "@acme/ui", version: "1.0.0" }, "pkg:npm/%40acme/ui@1.0.0"],
    [{ type: "npm", name: "a" }, "pkg:npm/a"],
    [{ type: "npm", name: "it's(a)*!" }, "pkg:npm/it%27s%28a%29%2A%21"],
    [{ type: "pypi", name: "torch", version: "1!2.0+cu118" }, "pkg:pypi/torch@1%212.0%2Bcu118"],
    [
      { type: "golang", name: "github.com/BurntSushi/toml", version: "v1.0.0" },
      "pkg:golang/github.com/BurntSushi/toml@v1.0.0",
    ],
  ] as const) {
    it(`writes ${expected}`, () => assert.equal(toPurl(id), expected));
  }

  it("writes what parsePurl() reads back", () => {
    for (const [, , id] of READ) assert.deepEqual(parsePurl(toPurl(id)), id);
  });
});

describe("normalizeName()", () => {
  for (const [type, name, expected] of [
    ["pypi", "Foo", "foo"],
    ["pypi", "Foo.-_Bar", "foo-bar"],
    ["pypi", "jw.util", "jw-util"],
    ["npm", "JSONStream", "JSONStream"],
    ["cargo", "Proc_Macro", "Proc_Macro"],
    ["golang", "github.com/BurntSushi/toml", "github.com/BurntSushi/toml"],
    ["golang", "github.com/!burnt!sushi/toml", "github.com/BurntSushi/toml"],
    ["npm", "a!b", "a!b"],
  ] as const) {
    it(`makes ${expected} of ${type}'s ${name}`, () => assert.equal(normalizeName(type, name), expected));
  }
});

describe("isPackageName()", () => {
  const rows: readonly [PurlType, string, boolean, string][] = [
    ["npm", "l".repeat(213), true, "213 letters"],
    ["npm", "l".repeat(215), false, "215 letters"],
    ["golang", `acme.example/${"l".repeat(300)}`, true, "a Go path of 313"],
    ["golang", `acme.example/${"l".repeat(600)}`, false, "a Go path of 613"],
    ["pypi", "a", true, "one letter"],
    ["pypi", "a-", false, "a dash at the end"],
    ["pypi", "A", false, "a PyPI name that is not normalised"],
    ["cargo", "1serde", false, "a crate that begins with a digit"],
    ["cargo", "a/b", false, "a crate with a slash"],
    ["npm", "@acme/.ui", false, "a hidden file in a scope"],
    ["npm", "a\n", false, "a line feed at the end"],
  ];
  for (const [type, name, expected, what] of rows) {
    it(`says ${expected ? "yes" : "no"} to ${what}`, () => assert.equal(isPackageName(type, name), expected));
  }
});

describe("isVersion()", () => {
  for (const version of [
    "1.0.0",
    "1!2.0+cu118",
    "v2.0.0+incompatible",
    "0.1-bulbasaur",
    "v0.0.0-20240102030405-abcdef123456",
  ]) {
    it(`says yes to ${version}`, () => assert.ok(isVersion(version)));
  }

  for (const version of ["", " 1.0.0", "1.0.0\n", "1/2", "..\\..", "<b>", "1.0.0#x", "9".repeat(257)]) {
    it(`says no to ${JSON.stringify(version.slice(0, 20))}`, () => assert.ok(!isVersion(version)));
  }
});

describe("isPurlType()", () => {
  it("knows four types", () => assert.deepEqual(["npm", "pypi", "cargo", "golang"].filter(isPurlType).length, 4));
  it("says no to a property of Object", () => assert.ok(!isPurlType("toString")));
});
