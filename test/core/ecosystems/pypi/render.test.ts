/** The pages that clients get. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JudgedListing } from "../../../../core/ecosystems/ecosystem.ts";
import { formOf } from "../../../../core/ecosystems/pypi/forms.ts";
import { parseListing, usableFiles } from "../../../../core/ecosystems/pypi/listing.ts";
import { renderListing, renderRelease, resolveVersion } from "../../../../core/ecosystems/pypi/render.ts";
import { judgeListing } from "../../../../core/gate.ts";
import { MALWARE_POLICY, policyFile, rulesOf } from "../../../support/policies.ts";
import { type FileFields, jsonFile, jsonPage, PAGE_URL, SHA256 } from "../../../support/simple-pages.ts";

const REGISTRY = "https://cordon.example/pypi";
const JSON_TYPE = "application/vnd.pypi.simple.v1+json";
const HTML_TYPE = "application/vnd.pypi.simple.v1+html";
const NOW = new Date("2026-11-22T12:00:00Z");
const RENDERING = {
  registry: REGISTRY,
  sentence: ({ purl, reason }: { purl: string; reason: string }) => `cordon: blocked ${purl}: ${reason}`,
};

type Row = readonly [filename: string, fields?: FileFields];

interface Judging {
  /** Versions that a policy blocks. */
  readonly denied?: readonly string[];
  /** Versions that an advisory names as malicious. */
  readonly malicious?: readonly string[];
  readonly document?: FileFields;
}

function judge(rows: readonly Row[], { denied = [], malicious = [], document }: Judging = {}): JudgedListing {
  const listing = parseListing(
    "foo",
    jsonPage(
      rows.map(([name, fields]) => jsonFile(name, fields)),
      document,
    ),
    PAGE_URL,
  );
  const condition = `release.version in ${JSON.stringify(denied)}`;
  const deny = policyFile(
    "deny",
    `  rules:\n    - name: named\n      condition: '${condition}'\n      verdict: block\n      message: It is "named" & <b>bold</b>.`,
  );
  const record = {
    id: "MAL-2026-1",
    modified: "2026-11-01T00:00:00Z",
    affected: [{ package: { ecosystem: "PyPI", name: "foo" }, versions: [...malicious] }],
  };
  const rules = rulesOf(
    { policies: [MALWARE_POLICY, ...(denied.length > 0 ? [deny] : [])] },
    malicious.length > 0 ? [record] : [],
  );
  return judgeListing(rules, listing, NOW);
}

interface ServedFile {
  readonly filename: string;
  readonly url: string;
  readonly hashes: Readonly<Record<string, string>>;
  readonly yanked: boolean | string;
  readonly [key: string]: unknown;
}

interface ServedJson {
  readonly meta: { readonly "api-version": string };
  readonly name: string;
  readonly versions: readonly string[];
  readonly files: readonly ServedFile[];
  readonly "project-status"?: { readonly status: string; readonly reason?: string };
}

function asJson(judged: JudgedListing): ServedJson {
  return JSON.parse(renderListing(judged, formOf({ accept: JSON_TYPE }), RENDERING).body);
}

function asHtml(judged: JudgedListing): string {
  return renderListing(judged, formOf({ accept: "text/html" }), RENDERING).body;
}

/** By file name, why it is yanked. */
function yankedIn(judged: JudgedListing): Record<string, boolean | string> {
  return Object.fromEntries(asJson(judged).files.map(({ filename, yanked }) => [filename, yanked]));
}

/** As a client reads the page in HTML. */
function readBack(judged: JudgedListing) {
  const again = parseListing("foo", Buffer.from(asHtml(judged)), new URL(`${REGISTRY}/simple/foo/`));
  return { ...again, files: [...again.releases.values()].flatMap(usableFiles) };
}

const SDISTS: readonly Row[] = [["foo-1.0.tar.gz"], ["foo-1.1.tar.gz"], ["foo-2.0.tar.gz"]];
const denial = (version: string) => `cordon: blocked pkg:pypi/foo@${version}: It is "named" & <b>bold</b>.`;
const malice = (version: string) =>
  `cordon: blocked pkg:pypi/foo@${version}: An advisory names this release as malicious.`;

describe("formOf()", () => {
  const [json, v1, html] = ["json", "html v1", "html"] as const;
  const cases: readonly [accept: string | undefined, form: string][] = [
    [undefined, html],
    ["", html],
    ["*/*", html],
    ["text/*", html],
    ["text/html", html],
    [JSON_TYPE, json],
    [HTML_TYPE, v1],
    ["application/vnd.pypi.simple.latest+json", json],
    ["application/vnd.pypi.simple.latest+html", v1],
    [JSON_TYPE.toUpperCase(), json],
    // pip
    [`${JSON_TYPE}, ${HTML_TYPE}; q=0.1, text/html; q=0.01`, json],
    // uv
    [`${JSON_TYPE}, ${HTML_TYPE};q=0.2, text/html;q=0.01`, json],
    // poetry, and pip before 22.2
    ["text/html, application/vnd.pypi.simple.v1+json;q=0.5", html],
    [`${HTML_TYPE};q=0.9, ${JSON_TYPE};q=0.3`, v1],
    [`text/html;q=0.2, ${HTML_TYPE};q=0.2, ${JSON_TYPE};q=0.2`, json],
    [`${JSON_TYPE};q=0, text/html;q=0.1`, html],
    [`${JSON_TYPE};q=0`, html],
    [`${JSON_TYPE};q=0, */*`, html],
    [`${JSON_TYPE};q=0.001`, json],
    [`${JSON_TYPE};q=2, text/html`, html],
    [`${JSON_TYPE};q=-1, text/html;q=0.1`, html],
    [`${JSON_TYPE};q=x, text/html;q=0.1`, html],
    [`${JSON_TYPE};q=, text/html;q=0.1`, html],
    [`${JSON_TYPE} ; charset=utf-8 ; Q=1 ; x`, json],
    [`${JSON_TYPE}x`, html],
    ["application/vnd.pypi.simple.v2+json", html],
    ["application/json", html],
    [",;,=;q,,", html],
    [`${"a/b,".repeat(1000)}${JSON_TYPE}`, html],
    [`__proto__, constructor;q=1, ${JSON_TYPE};q=0.1`, json],
  ];
  for (const [accept, form] of cases)
    it(`gives ${form} for ${accept === undefined ? "nothing" : JSON.stringify(accept.slice(0, 90))}`, () =>
      assert.equal(formOf({ accept }), form));
});

describe("renderListing()", () => {
  it("writes each form under its own type", () => {
    const typeOf = (accept: string) => renderListing(judge(SDISTS), formOf({ accept }), RENDERING).contentType;
    assert.equal(typeOf(JSON_TYPE), JSON_TYPE);
    assert.equal(typeOf(HTML_TYPE), HTML_TYPE);
    assert.equal(typeOf("text/html"), "text/html; charset=utf-8");
  });

  it("tells in JSON what the page told, at the registry's own addresses", () => {
    const metadata = { sha256: "12".repeat(32) };
    const judged = judge(
      [
        [
          "foo-1.0+a-py3-none-any.whl",
          {
            "requires-python": ">=3.8",
            "core-metadata": metadata,
            provenance: "/p",
            yanked: "Broken.",
            "upload-time": "2024-01-01T00:00:00.123456Z",
            "gpg-sig": true,
            url: "https://ann:secret@files.example/x",
            hashes: { sha256: SHA256, md5: "0".repeat(32) },
          },
        ],
      ],
      {
        document: {
          "project-status": { status: "archived", reason: "Old." },
          "alternate-locations": ["https://evil.example"],
        },
      },
    );
    assert.deepEqual(asJson(judged), {
      meta: { "api-version": "1.4" },
      name: "foo",
      "project-status": { status: "archived", reason: "Old." },
      versions: ["1.0+a"],
      files: [
        {
          filename: "foo-1.0+a-py3-none-any.whl",
          url: `${REGISTRY}/files/foo/foo-1.0%2Ba-py3-none-any.whl`,
          hashes: { sha256: SHA256 },
          "requires-python": ">=3.8",
          size: 1000,
          "upload-time": "2024-01-01T00:00:00.123456Z",
          "core-metadata": metadata,
          "dist-info-metadata": metadata,
          provenance: `${REGISTRY}/provenance/foo/foo-1.0%2Ba-py3-none-any.whl`,
          yanked: "Broken.",
        },
      ],
    });
  });

  it("says what it can keep: sizes are a must from API version 1.1 on (PEP 700)", () => {
    const versionOf = (...rows: Row[]) => asJson(judge(rows)).meta["api-version"];
    assert.equal(versionOf(["foo-1.0.tar.gz"], ["foo-1.1.tar.gz", { size: 0 }]), "1.4");
    assert.equal(versionOf(["foo-1.0.tar.gz"], ["foo-1.1.tar.gz", { size: null }]), "1.0");
  });

  it("is valid JSON of the simple API, whatever is denied", () => {
    for (const judging of [
      {},
      { denied: ["1.1"] },
      { denied: ["1.0", "1.1", "2.0"] },
      { malicious: ["0.1", "0.1.0", "2.0"] },
    ])
      checkSimpleJson(asJson(judge([...SDISTS, ["foo-2.0-py3-none-any.whl", { yanked: true }]], judging)));
  });

  it("can be read back from HTML as the same files", () => {
    const metadata = { sha256: "12".repeat(32) };
    const rows: readonly Row[] = [
      ["foo-1.0+a-py3-none-any.whl", { "requires-python": '>=3.8,<4 "&', "core-metadata": metadata, provenance: "/p" }],
      ["foo-2!1.0.tar.gz", { hashes: { sha512: "cd".repeat(64) }, yanked: 'It\'s <b>&amp; "bad"</b>' }],
      ["foo-2.0.tar.gz", { yanked: true, hashes: { sha384: "cd".repeat(48) } }],
    ];
    const judged = judge(rows, { document: { "project-status": { status: '"><script>', reason: "<&'\">" } } });
    const { files, document } = readBack(judged);
    const written = [...judged.listing.releases.values()].flatMap(usableFiles).map((file) => ({
      ...file,
      url: `${REGISTRY}/files/foo/${encodeURIComponent(file.filename)}`,
      provenance: file.provenance && `${REGISTRY}/provenance/foo/${encodeURIComponent(file.filename)}`,
      size: undefined,
      uploaded: undefined,
    }));
    assert.deepEqual(files, written);
    assert.deepEqual(document, judged.listing.document);
  });

  it("has no markup in HTML but its own", () => {
    const evil = "\"'><script>alert(1)</script><!-- \u0000\u001b[31m\r\nSet-Cookie: x";
    const html = asHtml(
      judge(
        [["foo-1.0.tar.gz", { yanked: evil, "requires-python": evil, "upload-time": evil, provenance: `/${evil}` }]],
        {
          document: { "project-status": { status: evil, reason: evil } },
        },
      ),
    );
    const tags = [...html.matchAll(/<[^>]*>/g)].map(([tag]) => tag.split(/[\s>]/)[0]);
    const [own] = [
      "<!DOCTYPE <html <head <meta <title </title </head <body <h1 </h1 <a </a <br </body </html".split(" "),
    ];
    assert.deepEqual([...new Set(tags)], own);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    assert.doesNotMatch(html, /[\u0000-\u0009\u000b-\u001f]/);
    assert.doesNotMatch(html, /^Set-Cookie/m);
  });

  it("has the files of a denied release yanked, all of them, with the reason", () => {
    const judged = judge(
      [...SDISTS, ["foo-2.0-py3-none-any.whl", { yanked: "Broken." }], ["foo-1.0.zip", { yanked: true }]],
      {
        denied: ["2.0"],
      },
    );
    assert.deepEqual(yankedIn(judged), {
      "foo-1.0.tar.gz": false,
      "foo-1.0.zip": true,
      "foo-1.1.tar.gz": false,
      "foo-2.0-py3-none-any.whl": denial("2.0"),
      "foo-2.0.tar.gz": denial("2.0"),
    });
    assert.deepEqual(asJson(judged).versions, ["1.0", "1.1", "2.0"]);
    assert.equal(asJson(judged)["project-status"], undefined);
    assert.deepEqual(
      readBack(judged).files.map(({ filename, yanked }) => [filename, yanked]),
      asJson(judged).files.map(({ filename, yanked }) => [
        filename,
        yanked === false ? undefined : yanked === true ? "" : yanked,
      ]),
    );
  });

  it("leaves files as they are where nothing is allowed, and says so of the project", () => {
    const judged = judge([["foo-1.0.tar.gz"], ["foo-2.0.tar.gz", { yanked: "Broken." }]], {
      denied: ["1.0", "2.0"],
      document: { "project-status": { status: "archived" } },
    });
    assert.deepEqual(yankedIn(judged), { "foo-1.0.tar.gz": false, "foo-2.0.tar.gz": "Broken." });
    assert.deepEqual(asJson(judged)["project-status"], { status: "quarantined", reason: denial("2.0") });
    const { pkg } = readBack(judged);
    assert.deepEqual([pkg.status, pkg.statusReason], ["quarantined", denial("2.0")]);
  });

  it("says nothing of a project without files that the page did not say", () => {
    assert.deepEqual(asJson(judge([])), { meta: { "api-version": "1.4" }, name: "foo", versions: [], files: [] });
    assert.equal(
      asJson(judge([], { document: { "project-status": { status: "active" } } }))["project-status"]?.status,
      "active",
    );
  });

  describe("with malicious releases that the upstream took down", () => {
    it("has a file for each that cannot be had", () => {
      const judged = judge(SDISTS, { malicious: ["1.2", "3.0-beta"] });
      const [first, second] = asJson(judged).files.slice(3);
      assert.deepEqual(first, {
        filename: "foo-1.2.tar.gz",
        url: `${REGISTRY}/files/foo/blocked/foo-1.2.tar.gz`,
        hashes: {},
        size: 0,
        yanked: malice("1.2"),
      });
      assert.equal(second?.filename, "foo-3.0b0.tar.gz");
      assert.deepEqual(asJson(judged).versions, ["1.0", "1.1", "2.0", "1.2", "3.0b0"]);
    });

    it("lets clients ask for the file where nothing else is left", () => {
      const judged = judge([], { malicious: ["1.2"] });
      assert.deepEqual(yankedIn(judged), { "foo-1.2.tar.gz": false });
      assert.deepEqual(asJson(judged)["project-status"], { status: "quarantined", reason: malice("1.2") });
    });

    it("has none for one that is still listed, or named twice, in another spelling", () => {
      const judged = judge(SDISTS, { malicious: ["1.0.0", "v2", "1.2", "1.2.0"] });
      assert.deepEqual(Object.keys(yankedIn(judged)), [
        "foo-1.0.tar.gz",
        "foo-1.1.tar.gz",
        "foo-2.0.tar.gz",
        "foo-1.2.tar.gz",
      ]);
      assert.equal(yankedIn(judged)["foo-1.0.tar.gz"], malice("1.0"));
    });
  });
});

/** PEP 691, "Project Detail", with 592, 658, 700 and 792. */
function checkSimpleJson(page: ServedJson): void {
  assert.match(page.meta["api-version"], /^1\.\d+$/);
  assert.equal(page.name, "foo");
  assert.equal(new Set(page.versions).size, page.versions.length);
  assert.equal(new Set(page.files.map(({ filename }) => filename)).size, page.files.length);
  for (const file of page.files) {
    assert.ok(file.url.startsWith(`${REGISTRY}/files/foo/`));
    assert.equal(decodeURIComponent(file.url.split("/").at(-1) ?? ""), file.filename);
    for (const [algorithm, hex] of Object.entries(file.hashes))
      assert.match(`${algorithm}=${hex}`, /^sha\d+=[0-9a-f]{64,128}$/);
    assert.ok(Number.isSafeInteger(file["size"]));
    assert.ok(typeof file.yanked === "boolean" || file.yanked !== "");
    if ("upload-time" in file)
      assert.match(String(file["upload-time"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/);
    assert.deepEqual(file["core-metadata"], file["dist-info-metadata"]);
    const known = [
      "filename",
      "url",
      "hashes",
      "requires-python",
      "size",
      "upload-time",
      "core-metadata",
      "dist-info-metadata",
      "provenance",
      "yanked",
    ];
    assert.deepEqual(
      Object.keys(file).filter((key) => !known.includes(key)),
      [],
    );
  }
}

describe("resolveVersion()", () => {
  const rows: readonly Row[] = [...SDISTS, ["foo-2.1.tar.gz", { yanked: true }], ["foo-3.0rc1.tar.gz"]];
  const resolve = (wanted: string | undefined, judging?: Judging) => resolveVersion(judge(rows, judging), wanted);

  it("gives a version as the listing spells it, denied, yanked or missing", () => {
    assert.equal(resolve("1.0.0"), "1.0");
    assert.equal(resolve("v2", { denied: ["2.0"] }), "2.0");
    assert.equal(resolve("2.1"), "2.1");
    assert.equal(resolve("9.9"), "9.9");
  });

  it("gives for a range the highest that is allowed and not yanked", () => {
    assert.equal(resolve(">=1"), "2.0");
    assert.equal(resolve(">=1", { denied: ["2.0"] }), "1.1");
    assert.equal(resolve("~=1.0"), "1.1");
    assert.equal(resolve(">2.1"), "3.0rc1");
    assert.equal(resolve("<1"), undefined);
    assert.equal(resolve(">=1,<2", { denied: ["1.0", "1.1"] }), undefined);
    assert.equal(resolve("latest"), undefined);
  });

  it("gives what is yanked to who pins it (PEP 592)", () => {
    assert.equal(resolve("==2.1"), "2.1");
    assert.equal(resolve("===2.1"), "2.1");
    assert.equal(resolve(">=2,==2.1.0"), "2.1");
    assert.equal(resolve("==2.1.*"), undefined);
    assert.equal(resolve("==2.1", { denied: ["2.1"] }), undefined);
  });

  it("gives a pre-release to who names one (PEP 440)", () => {
    assert.equal(resolve(">=2.0rc1"), "3.0rc1");
    assert.equal(resolve(">=1,<3.1.dev0"), "3.0rc1");
    assert.equal(resolve("==3.0rc1"), "3.0rc1");
    assert.equal(resolve(">=1,!=1.0rc1"), "2.0");
    assert.equal(resolve(">=2.0rc1", { denied: ["3.0rc1"] }), "2.0");
  });

  it("gives without a wish the highest stable one that is allowed, or the highest denied", () => {
    assert.equal(resolve(undefined), "2.0");
    assert.equal(resolve(undefined, { denied: ["1.0", "1.1", "2.0"] }), "3.0rc1");
    assert.equal(resolve(undefined, { denied: ["1.0", "1.1", "2.0", "2.1", "3.0rc1"] }), "3.0rc1");
    assert.equal(resolveVersion(judge([]), undefined), undefined);
  });
});

describe("renderRelease()", () => {
  it("tells of a release what its page told, with the releases that may be installed", () => {
    const judged = judge(
      [
        ["foo-1.0.tar.gz"],
        ["foo-2.0.tar.gz"],
        ["foo-2.1-py3-none-any.whl", { yanked: "Broken.", "requires-python": ">=3.8" }],
      ],
      { denied: ["2.0"] },
    );
    const rendered = renderRelease(judged, "2.1", RENDERING);
    assert.equal(rendered?.contentType, "application/json");
    const { info, releases, urls, vulnerabilities } = JSON.parse(rendered?.body ?? "");
    assert.deepEqual(info, {
      name: "foo",
      version: "2.1",
      summary: null,
      requires_dist: null,
      requires_python: ">=3.8",
      yanked: true,
      yanked_reason: "Broken.",
    });
    assert.deepEqual(Object.keys(releases), ["1.0", "2.1"]);
    assert.deepEqual(urls, releases["2.1"]);
    assert.deepEqual(urls, [
      {
        filename: "foo-2.1-py3-none-any.whl",
        packagetype: "bdist_wheel",
        url: `${REGISTRY}/files/foo/foo-2.1-py3-none-any.whl`,
        digests: { sha256: SHA256 },
        size: 1000,
        upload_time_iso_8601: "2024-01-01T00:00:00.000000Z",
        requires_python: ">=3.8",
        yanked: true,
        yanked_reason: "Broken.",
      },
    ]);
    assert.deepEqual(vulnerabilities, []);
  });

  it("knows no release that is not listed", () => {
    for (const version of ["9.9", "constructor", "__proto__"])
      assert.equal(renderRelease(judge(SDISTS), version, RENDERING), undefined);
  });
});
