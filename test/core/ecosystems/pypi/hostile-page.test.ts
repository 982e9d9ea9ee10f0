/** Pages that no index should send, and what they may cost. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formOf } from "../../../../core/ecosystems/pypi/forms.ts";
import { parseListing, usableFiles } from "../../../../core/ecosystems/pypi/listing.ts";
import { renderListing } from "../../../../core/ecosystems/pypi/render.ts";
import { CordonError } from "../../../../core/errors.ts";
import { ANONYMOUS, judgeListing } from "../../../../core/gate.ts";
import { checkFacts } from "../../../../core/policy/facts.ts";
import { policyFile, rulesOf } from "../../../support/policies.ts";
import { htmlLink, htmlPage, jsonFile, jsonPage, PAGE_URL } from "../../../support/simple-pages.ts";

const NOW = new Date("2026-11-22T12:00:00Z");
/** Reads every fact, so that a value of another type would fail in it. */
const CURIOUS = policyFile(
  "curious",
  `  rules:
    - name: reads
      condition: >-
        (has(release.published) && release.published > now) || (has(release.lastUpload) && release.lastUpload > now)
        || (has(release.requiresPython) && release.requiresPython == "no") || (has(release.yankedReason) && release.yankedReason == "no")
        || release.files.exists(f, f.name == "no" || f.yanked && has(f.size) && f.size > 99999) || release.provenance.present
        || (has(pkg.status) && pkg.status == "no") || (has(pkg.statusReason) && pkg.statusReason == "no")
      verdict: block
      message: It says no.`,
);
const RULES = rulesOf({ policies: [CURIOUS] });
const RENDERING = { registry: "https://cordon.example/pypi", sentence: () => "denied" };

const VALUES: Readonly<Record<string, string>> = {
  null: "null",
  true: "true",
  "a number": "-1",
  "a fraction": "1.5",
  "a number beyond all": "1e999",
  "a list": "[]",
  "a list of lists": "[[[]],null,1]",
  "an object": "{}",
  "an object with odd keys": '{"__proto__":{"sha256":1},"constructor":1,"toString":null,"length":-1,"toJSON":"x"}',
  "an empty text": '""',
  "a text": '"NaN"',
  "a text with controls and half a character": '"\\u0000\\n\\u202e\\ud800"',
  "a very long text": JSON.stringify("x".repeat(100_000)),
};

type Outcome = "refused" | "left out" | "served";

/** Parses, judges and writes it in every form, and tells what came of 1.0. */
function outcomeOf(bytes: Uint8Array): Outcome {
  try {
    const listing = parseListing("foo", bytes, PAGE_URL);
    const judged = judgeListing(RULES, listing, NOW);
    for (const { facts } of listing.releases.values())
      assert.deepEqual(checkFacts({ pkg: listing.pkg, release: facts, advisories: [], client: ANONYMOUS }), []);
    const names = [...listing.releases.values()].flatMap((release) =>
      usableFiles(release).map((file) => file.filename),
    );
    for (const accept of ["application/vnd.pypi.simple.v1+json", "text/html"]) {
      const { body } = renderListing(judged, formOf({ accept }), RENDERING);
      const again = parseListing("foo", Buffer.from(body), new URL(`${RENDERING.registry}/simple/foo/`));
      const served = [...again.releases.values()].flatMap(usableFiles);
      assert.deepEqual(served.map(({ filename }) => filename).sort(), names.sort());
      for (const { url } of served) assert.ok(url.startsWith("https://cordon.example/pypi/files/foo/"), url);
    }
    return listing.releases.has("1.0") ? "served" : "left out";
  } catch (error) {
    assert.ok(error instanceof CordonError && error.code === "UPSTREAM_MALFORMED", String(error));
    assert.match(error.message, /^the upstream's document on pkg:pypi\/foo cannot be judged: [\x20-\x7e]{5,100}$/);
    return "refused";
  }
}

const MARK = "@@HERE@@";
const WHEEL = "foo-1.0-py3-none-any.whl";

/** A page of two releases, with a value in one field of the first one's file, or of the page. */
function pageWith(where: "file" | "page", key: string, value: string): Buffer {
  const text =
    where === "file"
      ? jsonPage([jsonFile(WHEEL, { [key]: MARK }), jsonFile("foo-2.0.tar.gz")])
      : jsonPage([jsonFile(WHEEL), jsonFile("foo-2.0.tar.gz")], { [key]: MARK });
  return Buffer.from(text.toString().replace(JSON.stringify(MARK), () => value));
}

describe("a page with a value of another type", () => {
  const FIELDS: readonly [where: "file" | "page", key: string, outcome: Outcome][] = [
    ["page", "meta", "refused"],
    ["page", "name", "refused"],
    ["page", "versions", "served"],
    ["page", "project-status", "served"],
    ["page", "constructor", "served"],
    ["page", "toJSON", "served"],
    ["file", "filename", "left out"],
    ["file", "hashes", "left out"],
    ["file", "requires-python", "served"],
    ["file", "size", "served"],
    ["file", "upload-time", "served"],
    ["file", "yanked", "served"],
    ["file", "core-metadata", "served"],
    ["file", "dist-info-metadata", "served"],
    ["file", "provenance", "served"],
    ["file", "toJSON", "served"],
  ];
  for (const [where, key, expected] of FIELDS) {
    it(`as ${key} of the ${where} is ${expected}`, () => {
      for (const [name, value] of Object.entries(VALUES))
        assert.equal(outcomeOf(pageWith(where, key, value)), expected, name);
    });
  }

  it("as url of the file is left out, unless it is an address beside the page's", () => {
    for (const [name, value] of Object.entries(VALUES)) {
      const isText = name === "a text" || name === "a text with controls and half a character";
      assert.equal(outcomeOf(pageWith("file", "url", value)), isText ? "served" : "left out", name);
    }
  });

  it("as the list of files, or one of it, is refused or passed by", () => {
    for (const [name, value] of Object.entries(VALUES)) {
      const isList = name.startsWith("a list");
      assert.equal(outcomeOf(pageWith("page", "files", value)), isList ? "left out" : "refused", name);
      const text = jsonPage([MARK, jsonFile(WHEEL)]).toString();
      assert.equal(outcomeOf(Buffer.from(text.replace(JSON.stringify(MARK), () => value))), "served", name);
    }
  });

  it("as a digest, a status or a version of the API comes to nothing", () => {
    for (const [name, value] of Object.entries(VALUES)) {
      assert.equal(outcomeOf(pageWith("file", "hashes", `{"sha256":${value}}`)), "left out", name);
      assert.equal(outcomeOf(pageWith("page", "meta", `{"api-version":${value}}`)), "refused", name);
      assert.equal(
        outcomeOf(pageWith("page", "project-status", `{"status":${value},"reason":${value}}`)),
        "served",
        name,
      );
    }
  });
});

describe("a page of another kind", () => {
  const good = jsonPage([jsonFile(WHEEL)]);
  const text = good.toString();
  const html = htmlPage(htmlLink(WHEEL));
  const withVersion = (version: string) =>
    htmlPage(htmlLink(WHEEL), `<meta name="pypi:repository-version" content="${version}">`);
  const CASES: readonly [name: string, outcome: Outcome, bytes: () => Uint8Array][] = [
    ["in JSON", "served", () => good],
    ["in HTML", "served", () => html],
    ["with a byte order mark", "served", () => Buffer.from(`\ufeff${text}`)],
    ["behind white space", "served", () => Buffer.from(`\n  ${text}`)],
    ["behind much white space", "refused", () => Buffer.from(`${" ".repeat(1000)}${text}`)],
    ["in UTF-16", "refused", () => Buffer.from(text, "utf16le")],
    [
      "with half a character inside",
      "refused",
      () => Buffer.concat([Buffer.from("<html>"), Buffer.from([0xe2, 0x82])]),
    ],
    ["cut by one byte", "refused", () => good.subarray(0, -1)],
    ["twice", "refused", () => Buffer.concat([good, good])],
    ["of nothing", "refused", () => Buffer.alloc(0)],
    ["of white space", "refused", () => Buffer.alloc(1000, " ")],
    ["of plain text", "refused", () => Buffer.from("not found")],
    ["of a list", "refused", () => Buffer.from("[]")],
    ["of a file", "refused", () => Buffer.from("PK\u0003\u0004")],
    ["of a list of projects", "refused", () => Buffer.from('{"meta":{"api-version":"1.1"},"projects":[]}')],
    ["on another project", "refused", () => jsonPage([jsonFile(WHEEL)], { name: "bar" })],
    ["without a name", "refused", () => jsonPage([jsonFile(WHEEL)], { name: undefined })],
    ["of a later API", "refused", () => jsonPage([jsonFile(WHEEL)], { meta: { "api-version": "2.0" } })],
    ["of a later minor API", "served", () => jsonPage([jsonFile(WHEEL)], { meta: { "api-version": "1.99" } })],
    ["of an odd API", "refused", () => jsonPage([jsonFile(WHEEL)], { meta: { "api-version": "1.0\n" } })],
    ["of a later API in HTML", "refused", () => withVersion("2.0")],
    ["of a later minor API in HTML", "served", () => withVersion("1.99")],
    ["of no API in HTML", "refused", () => withVersion("")],
    ["of a list of projects in HTML", "left out", () => htmlPage('<a href="/simple/foo/">foo</a>')],
    ["cut within a link", "left out", () => html.subarray(0, html.indexOf("</a>") - 30)],
    ["of lists as deep as nobody reads", "refused", () => pageWith("file", "x", "[".repeat(100_000))],
    ["of lists as deep as some might", "served", () => pageWith("file", "x", `${"[".repeat(500)}${"]".repeat(500)}`)],
  ];
  for (const [name, expected, bytes] of CASES)
    it(`${name} is ${expected}`, () => assert.equal(outcomeOf(bytes()), expected));
});

describe("a page that names one file twice", () => {
  const names = (files: readonly unknown[]) => {
    const { releases, unusable } = parseListing("foo", jsonPage(files), PAGE_URL);
    return {
      used: [...releases.values()].flatMap((one) => usableFiles(one).map(({ filename }) => filename)),
      unusable,
    };
  };

  it("has it once where it is the same", () => {
    const file = jsonFile(WHEEL);
    assert.deepEqual(names([file, file, { ...file, url: "https://other.example/x", yanked: true }]), {
      used: [WHEEL],
      unusable: [],
    });
  });

  it("has it not at all where it is not, however often and in whichever order", () => {
    const [one, other] = [jsonFile(WHEEL), jsonFile(WHEEL, { hashes: { sha256: "00".repeat(32) } })];
    const none = jsonFile(WHEEL, { hashes: {} });
    for (const files of [
      [one, other],
      [one, other, one],
      [one, one, other],
      [one, none],
      [none, one],
    ])
      assert.deepEqual(names(files), { used: [], unusable: [WHEEL] });
  });

  it("has the other files of the release", () => {
    const other = jsonFile(WHEEL, { hashes: { sha256: "00".repeat(32) } });
    assert.deepEqual(names([jsonFile(WHEEL), jsonFile("foo-1.0.tar.gz"), other]).used, ["foo-1.0.tar.gz"]);
  });

  it("has two names that differ as two files of one release", () => {
    const { releases } = parseListing(
      "foo",
      jsonPage([jsonFile("foo-1.0.tar.gz"), jsonFile("Foo-1.0.0.tar.gz")]),
      PAGE_URL,
    );
    assert.deepEqual([...releases.keys()], ["1.0"]);
    assert.equal(releases.get("1.0")?.files.length, 2);
  });
});

describe("a page with odd names of files", () => {
  it("has them for unusable, and is the same besides", () => {
    const odd = [
      "__proto__",
      "constructor",
      "toString",
      "",
      "bar-1.0.tar.gz",
      "../../etc/passwd",
      "foo-1.0.exe",
      "x".repeat(5000),
    ];
    const { releases, unusable } = parseListing(
      "foo",
      jsonPage([...odd, WHEEL].map((name) => jsonFile(name))),
      PAGE_URL,
    );
    assert.deepEqual([...releases.keys()], ["1.0"]);
    assert.deepEqual(unusable, odd);
  });

  it("knows projects that are called as objects' own properties are", () => {
    for (const name of ["constructor", "valueof", "proto"]) {
      const { releases } = parseListing(name, jsonPage([jsonFile(`${name}-1.0.tar.gz`)], { name }), PAGE_URL);
      assert.deepEqual([...releases.keys()], ["1.0"]);
    }
  });
});

describe("a page as large as no project's", () => {
  const wheels = (count: number, versions: number) =>
    Array.from(
      { length: count },
      (_, index) => `foo-1.${index % versions}-${Math.floor(index / versions)}-py3-none-any.whl`,
    );
  const asJson = (names: readonly string[]) => jsonPage(names.map((name) => jsonFile(name)));
  const asHtml = (names: readonly string[]) => htmlPage(names.map((name) => htmlLink(name)).join("\n"));

  for (const [form, write] of [
    ["JSON", asJson],
    ["HTML", asHtml],
  ] as const) {
    it(`has up to 50,000 files and 20,000 versions in ${form}`, () => {
      const { releases, bytes } = parseListing("foo", write(wheels(50_000, 20_000)), PAGE_URL);
      assert.equal(releases.size, 20_000);
      assert.ok(bytes >= 100_000_000);
      assert.equal(outcomeOf(write(wheels(50_001, 2))), "refused");
      assert.equal(outcomeOf(write(wheels(20_001, 20_001))), "refused");
    });
  }

  it("is refused where it has more files than are read, even if many of them are none", () => {
    assert.equal(
      outcomeOf(jsonPage([...new Array(30_000).fill(null), ...wheels(30_000, 10).map((name) => jsonFile(name))])),
      "refused",
    );
  });

  // So long that work for each pair of places would take hours.
  it("is left out where it is millions of the same", () => {
    const long = 3_000_000;
    const attributes = Array.from({ length: 500_000 }, (_, index) => `a${index.toString(36)}`).join(" ");
    for (const [name, markup] of [
      ["elements within elements", "<b>".repeat(long / 3)],
      ["links that are not closed", "<a>".repeat(long / 3)],
      ["forms", "<form>".repeat(long / 6)],
      ["ends without beginnings", `${"<b>".repeat(200_000)}${"</i>".repeat(200_000)}`],
      ["drawings within drawings", "<svg>".repeat(long / 5)],
      ["attributes", `<a ${attributes}>`],
      ["comments", "<!--".repeat(long / 4)],
      ["dashes", `<!--${"-".repeat(long)}`],
      ["angle brackets", "<".repeat(long)],
      ["a script without an end", `<script>${"</scrip".repeat(long / 7)}`],
      ["ampersands", `<a href="${"&".repeat(long)}">`],
      ["entities", `<a href="${"&amp;".repeat(long / 5)}">`],
      ["a fragment", `<a href="foo-1.0.tar.gz#${"sha256=&amp;".repeat(long / 11)}">`],
      ["an address", `<a href="${"/..".repeat(long / 3)}">`],
    ] as const) {
      assert.equal(outcomeOf(Buffer.from(`<html>${markup}`)), "left out", name);
    }
  });

  it("is refused where it has more markup than is read", () => {
    for (const mark of ["<a>", "&amp;"])
      assert.equal(outcomeOf(Buffer.from(`<html><a title="${mark.repeat(8_000_001)}">`)), "refused", mark);
  });

  it("is refused where it has more values than are read", () => {
    assert.equal(outcomeOf(Buffer.from(`{"a":[${"1,".repeat(8_000_001)}1]}`)), "refused");
  });

  it("keeps none of a publisher's texts that nobody reads", () => {
    const bytes = jsonPage([jsonFile(WHEEL, { yanked: "x".repeat(50_000_000) })]);
    const [file] = usableFiles(parseListing("foo", bytes, PAGE_URL).releases.get("1.0") as never);
    assert.equal(file?.yanked, "");
  });
});
