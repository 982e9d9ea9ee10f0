import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseListing } from "../../../../core/ecosystems/cargo/listing.ts";
import { markYanked, renderListing, resolveVersion } from "../../../../core/ecosystems/cargo/render.ts";
import { judgeListing } from "../../../../core/gate.ts";
import { entry, line } from "../../../support/index-entry.ts";
import { policyFile, rulesOf } from "../../../support/policies.ts";

const NOTHING = "release.version == 'none'";
const ALL = "release.version != 'none'";
const NOW = new Date("2026-11-22T12:00:00Z");

function judged(lines: readonly string[], denied = NOTHING) {
  const policy = policyFile(
    "one",
    `  rules: [{ name: r, condition: ${JSON.stringify(denied)}, verdict: block, message: No. }]`,
  );
  return judgeListing(rulesOf({ policies: [policy] }), parseListing("some", entry(lines)), NOW);
}

describe("markYanked()", () => {
  const CASES: readonly [what: string, text: string, marked: string][] = [
    [NOTHING, '{"a":1,"yanked":false,"b":2}', '{"a":1,"yanked":true,"b":2}'],
    ["true", '{"yanked":true}', '{"yanked":true}'],
    ["missing", '{"a":1}', '{"a":1,"yanked":true}'],
    ["missing before white space", '{"a":1 } \r', '{"a":1 ,"yanked":true} \r'],
    ["null", '{"yanked":null}', '{"yanked":true}'],
    ["a short text", '{"yanked":"no","a":1}', '{"yanked":true,"a":1}'],
    ["a text with what ends values", '{"yanked":"a, b}] \\" \\\\","a":1}', '{"yanked":true,"a":1}'],
    ["a long number", `{"yanked":${"1".repeat(40)}}`, '{"yanked":true}'],
    ["a list", '{"yanked":[1,{"yanked":[]},"]"],"a":1}', '{"yanked":true,"a":1}'],
    ["an object", '{"yanked":{"yanked":false,"x":"}"} ,"a":1}', '{"yanked":true ,"a":1}'],
    ["white space around", ' { "yanked" \t:\r false , "a" : 1 }', ' { "yanked" \t:\r true , "a" : 1 }'],
    ["an escaped key", '{"y\\u0061nked":false}', '{"y\\u0061nked":true}'],
    ["twice", '{"yanked":false,"a":1,"yanked":false}', '{"yanked":true,"a":1,"yanked":true}'],
    ["twice, once escaped", '{"yanked":false,"\\u0079anked":false}', '{"yanked":true,"\\u0079anked":true}'],
    [
      "a nested key alone",
      '{"a":{"yanked":false},"b":[{"yanked":false}]}',
      '{"a":{"yanked":false},"b":[{"yanked":false}],"yanked":true}',
    ],
    [
      "a text alone",
      '{"a":"yanked","b":"\\"yanked\\":false"}',
      '{"a":"yanked","b":"\\"yanked\\":false","yanked":true}',
    ],
    ["a list of texts", '{"a":["yanked","x"],"c":1}', '{"a":["yanked","x"],"c":1,"yanked":true}'],
    [
      "a feature",
      '{"features":{"yanked":["yanked"]},"yanked":false}',
      '{"features":{"yanked":["yanked"]},"yanked":true}',
    ],
    ["a longer key", '{"yanked2":false,"_yanked":false}', '{"yanked2":false,"_yanked":false,"yanked":true}'],
    ["a brace in the last text", '{"a":"}"}', '{"a":"}","yanked":true}'],
  ];
  for (const [what, text, expected] of CASES)
    it(`marks where it is ${what}`, () => assert.equal(markYanked(text), expected));

  it("keeps every other byte of whatever line", () => {
    const random = generator(20261122);
    for (let times = 0; times < 5000; times++) {
      const { text, expected } = randomLine(random);
      const marked = markYanked(text);
      assert.equal(marked, expected);
      assert.deepEqual(JSON.parse(marked), { ...JSON.parse(text), yanked: true });
      assert.equal(markYanked(marked), marked);
    }
  });

  it("marks a field that stands a million times", () => {
    const text = `{${'"yanked":0,'.repeat(1_000_000)}"a":1}`;
    assert.equal(markYanked(text), text.replaceAll("0", "true"));
  });

  it("marks a line of 10 MB", () => {
    const text = `{"odd":${JSON.stringify('\\"}{,:'.repeat(2_000_000))},"yanked":false}`;
    assert.ok(text.length > 10_000_000);
    assert.equal(markYanked(text), text.replace(/false\}$/, "true}"));
  });
});

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A line as no registry writes it, and the same with all of its outermost `yanked` as true. */
function randomLine(random: () => number): { text: string; expected: string } {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const some = <T>(most: number, make: (at: number) => T): T[] =>
    Array.from({ length: Math.floor(random() * (most + 1)) }, (_, at) => make(at));
  const space = () => pick(["", "", "", " ", "\t", "\r ", "  "]);
  const text = () => JSON.stringify(some(6, () => pick(CHARACTERS)).join(""));
  const value = (depth: number): string => {
    const kind = depth > 3 ? "plain" : pick(["plain", "text", "list", "object"]);
    if (kind === "plain") return pick(PLAIN);
    if (kind === "text") return text();
    const items = some(3, () => value(depth + 1));
    if (kind === "list") return `[${items.join(`${space()},${space()}`)}]`;
    return `{${items.map((item) => `${pick(KEYS)}${space()}:${item}`).join(",")}}`;
  };
  const [before, after] = [space(), space()];
  const fields = some(5, (at) => ({ head: `"f${at}"${space()}:${space()}`, value: value(0), isYanked: false }));
  fields.push({ head: '"name":', value: text(), isYanked: false });
  for (let times = pick([0, 1, 1, 1, 2]); times > 0; times--) {
    const head = `${pick(KEYS)}${space()}:${space()}`;
    fields.splice(Math.floor(random() * (fields.length + 1)), 0, { head, value: value(0), isYanked: true });
  }
  const comma = `${space()},${space()}`;
  const write = (marked: boolean) =>
    fields.map(({ head, value, isYanked }) => `${head}${marked && isYanked ? "true" : value}`).join(comma);
  const added = fields.some(({ isYanked }) => isYanked) ? "" : ',"yanked":true';
  return {
    text: `${before}{${before}${write(false)}${after}}${after}`,
    expected: `${before}{${before}${write(true)}${after}${added}}${after}`,
  };
}

const KEYS = ['"yanked"', '"yanked"', '"y\\u0061nked"'];
const PLAIN = ["true", "false", "null", "0", "-1.5e300", "12345678901234567890123", "{}", "[]", '""'];
const CHARACTERS = ["a", "{", "}", "[", "]", ",", ":", '"', "\\", "\u2028", "é", "\u0000", "\ud83d\ude00", "yanked"];

describe("renderListing()", () => {
  it("has every line as it came where nothing is denied", () => {
    const lines = [
      `{ "vers":"2.0.0" , "odd":{"yanked":1}, "name":"some","cksum":"${"A".repeat(64)}","yanked" : null }`,
      line({ v: 3, features2: {}, odd: "\u2028é" }),
      `${line({ vers: "1.1.0" })}\r`,
    ];
    const { contentType, body } = renderListing(judged(lines));
    assert.equal(contentType, "text/plain; charset=utf-8");
    assert.equal(body, lines.map((text) => `${text}\n`).join(""));
  });

  it("marks denied releases, and leaves out what cannot be judged and blank lines", () => {
    const lines = [
      line({ vers: "1.1.0", yanked: true }),
      "",
      "odd",
      line({ vers: "1.2.0" }),
      line({ vers: "1.2.0-a" }),
    ];
    const { body } = renderListing(judged(lines, "release.version in ['1.1.0', '1.2.0']"));
    assert.equal(body, [lines[0], lines[3]?.replace("false", "true"), lines[4], ""].join("\n"));
  });

  it("is empty for an entry of which nothing can be judged", () =>
    assert.equal(renderListing(judged(["odd"])).body, ""));
});

describe("resolveVersion()", () => {
  const lines = ["1.0.0", "1.1.0", "1.2.0", "2.0.0-rc.1", "2.0.0+a"].map((vers) =>
    line({ vers, yanked: vers === "1.1.0" }),
  );
  for (const [denied, wanted, version] of [
    [NOTHING, undefined, "2.0.0+a"],
    [NOTHING, "1", "1.2.0"],
    [NOTHING, "^1.0, <1.2", "1.0.0"],
    [NOTHING, "=1.1.0", undefined],
    [NOTHING, "1.1.0", "1.1.0"],
    [NOTHING, "3.0.0", "3.0.0"],
    [NOTHING, "not a version", undefined],
    ["release.version == '2.0.0+a'", undefined, "1.2.0"],
    ["release.version == '1.2.0'", "1.2.0", "1.2.0"],
    ["!release.prerelease", undefined, "2.0.0-rc.1"],
    [ALL, undefined, undefined],
  ] as const)
    it(`gives ${version} for ${wanted} where denied is: ${denied}`, () =>
      assert.equal(resolveVersion(judged(lines, denied), wanted), version));
});
