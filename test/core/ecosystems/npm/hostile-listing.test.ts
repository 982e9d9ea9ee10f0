/** Packuments that no registry should send: every field that is read, as everything that JSON has. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseListing } from "../../../../core/ecosystems/npm/listing.ts";
import { renderListing } from "../../../../core/ecosystems/npm/render.ts";
import { CordonError } from "../../../../core/errors.ts";
import { ANONYMOUS, judgeListing } from "../../../../core/gate.ts";
import { checkFacts } from "../../../../core/policy/facts.ts";
import { packument } from "../../../support/packument.ts";
import { policyFile, rulesOf } from "../../../support/policies.ts";

const NAME = "odd";
const NOW = new Date("2026-11-22T12:00:00Z");
/** Reads every fact, so that a value of another type would fail in it. */
const CURIOUS = policyFile(
  "curious",
  `  rules:
    - name: reads
      condition: >-
        (has(release.license) && release.license == "no") || (has(release.repository) && release.repository == "no")
        || (has(release.deprecated) && release.deprecated == "no") || (has(release.size) && release.size > 99999)
        || (has(release.published) && release.published > now) || release.installScripts.exists(s, s.text == "no")
        || release.provenance.present || (has(pkg.repository) && pkg.repository == "no")
        || (has(pkg.maintainers) && pkg.maintainers.exists(m, m == "no"))
        || (has(pkg.firstPublished) && pkg.firstPublished > now) || release.digests.exists(k, k == "no")
      verdict: block
      message: It says no.`,
);
const RULES = rulesOf({ policies: [CURIOUS] });

/** As they stand in the text: some of them no writer of JSON would write. */
const VALUES: Readonly<Record<string, string>> = {
  null: "null",
  true: "true",
  "a number": "-1",
  "a fraction": "1.5",
  "a number beyond all": "1e999",
  "minus zero": "-0",
  "a list": "[]",
  "a list of lists": "[[[]],null,1]",
  "an object": "{}",
  "an object with odd keys": '{"__proto__":{"a":1},"constructor":1,"toString":null,"length":-1,"toJSON":"x"}',
  "an empty text": '""',
  "a text": '"NaN"',
  "a text with controls and half a character": '"\\u0000\\n\\u202e\\ud800"',
  "a very long text": JSON.stringify("x".repeat(100_000)),
};
const TEXTS = ["an empty text", "a text", "a text with controls and half a character", "a very long text"];
const OBJECTS = ["an object", "an object with odd keys"];

type Outcome = "refused" | "left out" | "served";
type Path = readonly (string | number)[];
const V = ["versions", "1.0.0"];

/** What comes of a value of a wrong type, and the values that are none. */
const FIELDS: readonly [path: Path, wrong: Outcome, right: readonly string[], rightly: Outcome][] = [
  [["name"], "refused", [], "served"],
  [["versions"], "refused", OBJECTS, "left out"],
  [["dist-tags"], "refused", ["an object"], "served"],
  [["dist-tags", "latest"], "refused", TEXTS, "served"],
  [["dist-tags", "__proto__"], "refused", TEXTS, "served"],
  [["time"], "refused", OBJECTS, "served"],
  [["time", "1.0.0"], "served", [], "served"],
  [["time", "modified"], "served", [], "served"],
  [["time", "__proto__"], "served", [], "served"],
  [["maintainers"], "served", [], "served"],
  [["maintainers", 0], "served", [], "served"],
  [["maintainers", 0, "name"], "served", [], "served"],
  [["repository"], "served", [], "served"],
  [["repository", "url"], "served", [], "served"],
  [["readme"], "served", [], "served"],
  [["users"], "served", [], "served"],
  [["policyRestrictions"], "served", [], "served"],
  [V, "left out", [], "served"],
  [[...V, "name"], "left out", [], "served"],
  [[...V, "version"], "left out", [], "served"],
  [[...V, "dist"], "left out", [], "served"],
  [[...V, "dist", "tarball"], "left out", [], "served"],
  [[...V, "dist", "integrity"], "served", [], "served"],
  [[...V, "dist", "shasum"], "served", [], "served"],
  [[...V, "dist", "unpackedSize"], "served", [], "served"],
  [[...V, "dist", "attestations"], "served", [], "served"],
  [[...V, "dist", "attestations", "url"], "served", [], "served"],
  [[...V, "dist", "signatures"], "served", [], "served"],
  [[...V, "dist", "__proto__"], "served", [], "served"],
  [[...V, "scripts"], "served", [], "served"],
  [[...V, "scripts", "install"], "served", [], "served"],
  [[...V, "gypfile"], "served", [], "served"],
  [[...V, "hasInstallScript"], "served", [], "served"],
  [[...V, "deprecated"], "served", [], "served"],
  [[...V, "license"], "served", [], "served"],
  [[...V, "license", "type"], "served", [], "served"],
  [[...V, "repository"], "served", [], "served"],
  [[...V, "repository", "url"], "served", [], "served"],
  [[...V, "dependencies"], "served", [], "served"],
  [[...V, "dependencies", "__proto__"], "served", [], "served"],
  [[...V, "__proto__"], "served", [], "served"],
  [[...V, "constructor"], "served", [], "served"],
  [[...V, "toJSON"], "served", [], "served"],
];

const MARK = "@@HERE@@";

/** The text of a document of two versions, with a value in one place. */
function documentWith(path: Path, value: string): Buffer {
  const document = packument({ name: NAME, releases: [{ version: "1.0.0" }, { version: "2.0.0" }] });
  let place = document as Record<string | number, unknown>;
  for (const [index, key] of path.slice(0, -1).entries()) {
    if (!Object.hasOwn(place, key) || typeof place[key] !== "object")
      define(place, key, typeof path[index + 1] === "number" ? [] : {});
    place = place[key] as Record<string | number, unknown>;
  }
  define(place, path.at(-1) ?? "", MARK);
  return Buffer.from(JSON.stringify(document).replace(JSON.stringify(MARK), () => value));
}

/** Also where the key is `__proto__`. */
function define(object: object, key: string | number, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Parses, judges and writes it in every form, and tells what came of 1.0.0. */
function outcomeOf(bytes: Uint8Array): Outcome {
  try {
    const listing = parseListing(NAME, bytes);
    const judged = judgeListing(RULES, listing, NOW);
    for (const { facts } of listing.releases.values())
      assert.deepEqual(checkFacts({ pkg: listing.pkg, release: facts, advisories: [], client: ANONYMOUS }), []);
    for (const form of ["full explain", "full hide", "abbreviated explain", "abbreviated hide"]) {
      const rendering = { registry: "https://cordon.example/npm", sentence: () => "denied" };
      const served = JSON.parse(renderListing(judged, form, rendering).body) as {
        versions: Record<string, { dist: { tarball: string } }>;
      };
      assert.deepEqual(Object.keys(served.versions), [...listing.releases.keys()], form);
      for (const [version, { dist }] of Object.entries(served.versions))
        assert.ok(dist.tarball.startsWith("https://cordon.example/npm/odd/-/"), `${form} ${version} ${dist.tarball}`);
    }
    return listing.releases.has("1.0.0") ? "served" : "left out";
  } catch (error) {
    assert.ok(error instanceof CordonError && error.code === "UPSTREAM_MALFORMED", String(error));
    assert.match(
      error.message,
      /^the upstream's document on pkg:npm\/odd cannot be (judged|written again): [\x20-\x7e]{5,100}$/,
    );
    return "refused";
  }
}

describe("a packument with a value of another type", () => {
  for (const [path, wrong, right, rightly] of FIELDS) {
    it(`as ${path.join(" / ")} is ${wrong}`, () => {
      for (const [name, value] of Object.entries(VALUES)) {
        // Left out as a whole is what `null` for `dist-tags` would be for JavaScript.
        const expected =
          path.join() === "dist-tags" && name === "null" ? "served" : right.includes(name) ? rightly : wrong;
        assert.equal(outcomeOf(documentWith(path, value)), expected, name);
      }
    });
  }

  it("gives a fact for what has the right type, and none for anything else", () => {
    const facts = (path: Path, value: string) =>
      parseListing(NAME, documentWith(path, value)).releases.get("1.0.0")?.facts;
    for (const [name, value] of Object.entries(VALUES)) {
      const { size } = facts([...V, "dist", "unpackedSize"], value) ?? {};
      assert.equal(JSON.stringify(size), name === "minus zero" ? "0" : undefined, name);
      assert.equal(facts(["time", "1.0.0"], value)?.published, undefined, name);
      assert.deepEqual(facts([...V, "scripts"], value)?.installScripts, [], name);
      assert.deepEqual(Object.keys(facts([...V, "dist", "integrity"], value)?.digests ?? {}), ["sha1"], name);
      assert.deepEqual(Object.keys(facts([...V, "dist", "shasum"], value)?.digests ?? {}), ["sha512"], name);
    }
  });

  it("tells of the package what is short enough to be read once for each release", () => {
    const pkg = (path: Path, length: number) =>
      parseListing(NAME, documentWith(path, JSON.stringify("x".repeat(length)))).pkg;
    for (const path of [["repository"], ["repository", "url"]]) {
      assert.equal(pkg(path, 2048).repository?.length, 2048);
      assert.equal(pkg(path, 2049).repository, undefined);
    }
    assert.deepEqual(pkg(["maintainers", 0, "name"], 2048).maintainers?.length, 1);
    assert.deepEqual(pkg(["maintainers", 0, "name"], 2049).maintainers, []);
  });
});

/** The document's text with a part of it replaced. */
function textWith(from: string, to: string): Buffer {
  const text = JSON.stringify(packument({ name: NAME, releases: [{ version: "1.0.0" }, { version: "2.0.0" }] }));
  assert.ok(text.includes(from), from);
  return Buffer.from(text.replace(from, () => to));
}

describe("a packument whose text is odd", () => {
  const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
  const good = textWith('"_id"', '"_id"');
  const TEXT_CASES: readonly [name: string, outcome: Outcome, bytes: () => Uint8Array][] = [
    ["with a byte order mark", "served", () => Buffer.concat([Buffer.from("\ufeff"), good])],
    ["with two byte order marks", "refused", () => Buffer.concat([Buffer.from("\ufeff\ufeff"), good])],
    ["in UTF-16", "refused", () => Buffer.from(good.toString(), "utf16le")],
    [
      "with half a character inside",
      "refused",
      () => Buffer.concat([good.subarray(0, 20), Buffer.from([0xe2, 0x82]), good.subarray(20)]),
    ],
    [
      "with an overlong encoding",
      "refused",
      () => Buffer.concat([good.subarray(0, 20), Buffer.from([0xc0, 0xaf]), good.subarray(20)]),
    ],
    ["with half of a pair, written out", "served", () => textWith('"MIT"', '"\\ud800"')],
    ["with something behind it", "refused", () => Buffer.concat([good, Buffer.from("x")])],
    ["with NUL behind it", "refused", () => Buffer.concat([good, Buffer.from("\0")])],
    ["twice", "refused", () => Buffer.concat([good, good])],
    ["cut by one byte", "refused", () => good.subarray(0, -1)],
    ["of nothing", "refused", () => Buffer.alloc(0)],
    ["of white space", "refused", () => Buffer.alloc(1000, " ")],
    ["with a comment", "refused", () => Buffer.concat([Buffer.from("/**/"), good])],
    ["with a number that JSON has not", "refused", () => textWith('"MIT"', "NaN")],
    [
      "with 100,000 versions",
      "refused",
      () => textWith('"2.0.0":', `${Array.from({ length: 100_000 }, (_, i) => `"3.0.${i}":{},`).join("")}"2.0.0":`),
    ],
    [
      "with more tags than anybody has",
      "refused",
      () => textWith('"latest":', `${Array.from({ length: 1000 }, (_, i) => `"t${i}":"1.0.0",`).join("")}"latest":`),
    ],
    [
      "with 200,000 times",
      "served",
      () => textWith('"created":', `${Array.from({ length: 200_000 }, (_, i) => `"t${i}":"x",`).join("")}"created":`),
    ],
    [
      "with 200,000 maintainers",
      "served",
      () => textWith('"readme":', `"maintainers":[${'{"name":"x"},'.repeat(200_000)}{}],"readme":`),
    ],
    ["of lists as deep as nobody reads", "refused", () => textWith('"MIT"', nested(100_000))],
    [
      "of objects as deep as nobody reads",
      "refused",
      () => textWith('"# A fixture"', `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`),
    ],
    ["of lists as deep as some might", "served", () => textWith('"MIT"', nested(500))],
  ];
  for (const [name, expected, bytes] of TEXT_CASES)
    it(`${name} is ${expected}`, () => assert.equal(outcomeOf(bytes()), expected));
});
