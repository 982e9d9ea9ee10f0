import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NameIndex } from "../../../core/policy/typosquat.ts";
import { editDistance } from "../../../core/words.ts";

const POPULAR = [
  "lodash",
  "react",
  "express",
  "cross-env",
  "typescript",
  "@babel/core",
  "@types/node",
  "github.com/boltdb/bolt",
  "pkg:pypi/requests",
  "pkg:npm/%40acme/ui@1.2.3",
  "ms",
];

describe("resembled()", () => {
  const index = new NameIndex(POPULAR);
  const ROWS: readonly [what: string, name: string, entry: string | undefined][] = [
    ["a letter less", "lodas", "lodash"],
    ["a letter more", "lodashs", "lodash"],
    ["another letter", "lodaxh", "lodash"],
    ["a digit for a letter", "l0dash", "lodash"],
    ["swapped neighbours", "lodahs", "lodash"],
    ["two letters of a short name", "lxdaxh", undefined],
    ["two letters of a long name", "typxscripx", "typescript"],
    ["two letters more at a long name", "typescriptjs", "typescript"],
    ["two letters less of a long name", "typescri", "typescript"],
    ["two swaps in a long name", "ytpesrcipt", "typescript"],
    ["a swap across the middle of a long name, and a letter", "typecsriptt", "typescript"],
    ["three letters of a long name", "typxxcripx", undefined],
    ["no separator", "crossenv", "cross-env"],
    ["another separator", "cross_env", "cross-env"],
    ["a separator more", "lod-ash", "lodash"],
    ["upper case", "Lodash", "lodash"],
    ["the name itself", "lodash", undefined],
    ["another name", "leftpad", undefined],
    ["the scope written as a prefix", "babel-core", "@babel/core"],
    ["the scope misspelt", "@bable/core", "@babel/core"],
    ["the scope left out", "core", undefined],
    ["another name in the same scope, which has one owner", "@babel/cors", undefined],
    ["a scoped name under a prefix", "types-node", "@types/node"],
    ["a name in another scope", "@evil/lodash", undefined],
    ["another owner of a Go module", "github.com/boltdb-go/bolt", "github.com/boltdb/bolt"],
    ["another module of that owner", "github.com/boltdb/bold", undefined],
    ["the next major version of a module", "github.com/boltdb/bolt/v2", undefined],
    ["a purl of the same type", "pkg:pypi/request", "pkg:pypi/requests"],
    ["a purl of another type", "pkg:npm/request", undefined],
    ["a plain name, where the entry is a purl", "reqeusts", "pkg:pypi/requests"],
    ["the name of a purl entry", "requests", undefined],
    ["a purl, where the entry is a plain name", "pkg:npm/lodahs@4.17.21", "lodash"],
    ["the purl of an entry", "pkg:npm/lodash", undefined],
    ["a scoped purl with a version", "pkg:npm/acme-ui", "pkg:npm/%40acme/ui@1.2.3"],
    ["the purl of a release, where the entry is one", "pkg:npm/%40acme/ui@9.9.9", undefined],
    ["a name of two letters", "mz", "ms"],
    ["the empty name", "", undefined],
    ["separators only", "--", undefined],
    ["more than 256 letters", "x".repeat(257), undefined],
  ];
  for (const [what, name, entry] of ROWS) {
    it(`of ${what} (${name.slice(0, 40)}) is ${entry ?? "nothing"}`, () => assert.equal(index.resembled(name), entry));
  }

  it("prefers the nearest entry, and of those the first", () => {
    assert.equal(new NameIndex(["typescripts", "typescrip"]).resembled("typescript"), "typescripts");
    assert.equal(new NameIndex(["typescriptxx", "typescripx"]).resembled("typescript"), "typescripx");
  });

  it("finds in a list what comparing with every entry finds", () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % below;
    };
    const letter = (): string => "abcd01".charAt(random(6));
    const change = (name: string): string => {
      const at = random(name.length + 1);
      const [before, after] = [name.slice(0, at), name.slice(at)];
      switch (random(4)) {
        case 0:
          return before + letter() + after;
        case 1:
          return before + after.slice(1);
        case 2:
          return before + letter() + after.slice(1);
        default:
          return before + after.slice(1, 2) + after.slice(0, 1) + after.slice(2);
      }
    };
    let found = 0;
    for (let round = 0; round < 40; round++) {
      const list = [
        ...new Set(Array.from({ length: 60 }, () => Array.from({ length: 1 + random(20) }, letter).join(""))),
      ];
      const index = new NameIndex(list);
      for (let trial = 0; trial < 200; trial++) {
        let name = list[random(list.length)] ?? "";
        for (let changes = random(4); changes > 0; changes--) name = change(name);
        const near = list
          .map((entry) => ({ entry, distance: editDistance(name, entry, 9) }))
          .filter(({ entry, distance }) => distance <= (entry.length < 9 ? 1 : 2))
          .sort((a, b) => a.distance - b.distance);
        const expected = name === "" || list.includes(name) ? undefined : near[0]?.entry;
        assert.equal(index.resembled(name), expected, `${name} in ${list.join(" ")}`);
        if (expected) found++;
      }
    }
    assert.ok(found > 1000);
  });

  it("finds names in a list of 10,000", () => {
    const list = Array.from({ length: 10_000 }, (_, at) => `eslint-plugin-${Math.imul(at, 2_654_435_761) >>> 0}`);
    const index = new NameIndex(list);
    for (let at = 0; at < 200; at++) assert.ok(index.resembled(`${list[at]}x`));
  });

  it("says the same where it was made a little at a time", async () => {
    const names = Array.from({ length: 600 }, (_, index) => `${index % 60}-package-${(index * 7919) % 10_007}`);
    const [whole, gradual] = [new NameIndex(names), await NameIndex.open(names)];
    const asked = names.slice(0, 60).flatMap((name) => [name, name.slice(1), `${name.slice(0, 6)}x${name.slice(6)}`]);
    assert.deepEqual(
      asked.map((name) => gradual.resembled(name)),
      asked.map((name) => whole.resembled(name)),
    );
    assert.ok(asked.some((name) => gradual.resembled(name) !== undefined));
  });
});
