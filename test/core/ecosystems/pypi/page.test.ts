/** What a page's fields and attributes come to, in either of its forms. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Listing } from "../../../../core/ecosystems/ecosystem.ts";
import { parseListing, usableFiles } from "../../../../core/ecosystems/pypi/listing.ts";
import type { FixtureProject } from "../../../support/distributions.ts";
import { simpleHtml, simplePage } from "../../../support/simple-index.ts";
import {
  type FileFields,
  htmlLink,
  htmlPage,
  jsonFile,
  jsonPage,
  PAGE_URL,
  SHA256,
} from "../../../support/simple-pages.ts";

const WHEEL = "foo-1.0-py3-none-any.whl";

function parse(page: Uint8Array, url: URL | undefined = PAGE_URL): Listing {
  return parseListing("foo", page, url);
}

function filesOf(listing: Listing) {
  return [...listing.releases.values()].flatMap(usableFiles);
}

/** The one file of a page, with these fields in JSON; undefined where it is left out. */
function fromJson(fields: FileFields) {
  return filesOf(parse(jsonPage([jsonFile(WHEEL, fields)])))[0];
}

/** The same of a link, whose attributes are markup. */
function fromHtml(attributes: string, fragment?: string) {
  return filesOf(parse(htmlPage(htmlLink(WHEEL, attributes, fragment))))[0];
}

describe("a page in either form", () => {
  const project: FixtureProject = {
    name: "Foo",
    status: { status: "archived", reason: 'Use "bar" & <baz>.' },
    releases: [
      { version: "1.0", files: [{ kind: "wheel", requiresPython: ">=3.8,<4" }, { kind: "sdist" }] },
      { version: "1.1rc1", files: [{ kind: "sdist", yanked: 'It "breaks" <things> & more.' }] },
      { version: "2.0", files: [{ kind: "wheel", yanked: true, metadata: false }, { kind: "egg" }] },
      { version: "2.1", files: [{ kind: "wheel", provenance: "https://files.example/p" }] },
    ],
  };
  const json = parse(Buffer.from(JSON.stringify(simplePage(project))));
  const html = parse(Buffer.from(simpleHtml(project)));

  it("tells the same files, but for what HTML has not: sizes and times", () => {
    const withoutJsonOnly = filesOf(json).map((file) => ({ ...file, size: undefined, uploaded: undefined }));
    assert.equal(withoutJsonOnly.length, 6);
    assert.deepEqual(filesOf(html), withoutJsonOnly);
    assert.deepEqual(html.unusable, json.unusable);
    assert.deepEqual(html.document, json.document);
  });

  it("tells the same facts, but for those of time and size", () => {
    const { firstPublished, ...pkg } = json.pkg;
    assert.equal(firstPublished, "2020-01-01T00:00:00Z");
    assert.deepEqual(html.pkg, pkg);
    for (const [version, { facts, files }] of json.releases) {
      const { published: _, lastUpload: __, ...rest } = facts;
      const bare = rest.files?.map(({ published: _published, size: _size, ...file }) => file);
      assert.deepEqual(html.releases.get(version)?.facts, { ...rest, files: bare });
      assert.deepEqual(html.releases.get(version)?.files, files);
    }
  });
});

describe("parseListing() of a page in JSON", () => {
  it("reads addresses beside the page's own", () => {
    const base = "https://registry.example";
    for (const [written, expected] of [
      [`../../files/${WHEEL}`, `${base}/files/${WHEEL}`],
      [`/files/${WHEEL}`, `${base}/files/${WHEEL}`],
      [`//files.example/${WHEEL}`, `https://files.example/${WHEEL}`],
      [`http://files.example/${WHEEL}?a=b#sha256=${"0".repeat(64)}`, `http://files.example/${WHEEL}?a=b`],
      [`https://ann:secret@files.example/${WHEEL}`, `https://files.example/${WHEEL}`],
    ])
      assert.equal(fromJson({ url: written })?.url, expected);
    assert.equal(filesOf(parseListing("foo", jsonPage([jsonFile(WHEEL, { url: WHEEL })])))[0], undefined);
  });

  it("leaves out files that lie nowhere on the web", () => {
    for (const url of [
      "javascript:alert(1)",
      "file:///etc/passwd",
      "ftp://files.example/x",
      "data:text/plain,x",
      "https://",
      "http://[::1",
      "",
      null,
      1,
      `https://files.example/${"x".repeat(3000)}`,
    ])
      assert.equal(fromJson({ url }), undefined, String(url));
  });

  it("relies on SHA-2 alone", () => {
    const sha512 = "cd".repeat(64);
    const cases: readonly [hashes: unknown, digests: object | undefined][] = [
      [{ sha256: SHA256.toUpperCase() }, { sha256: SHA256 }],
      [
        { sha256: SHA256, sha512, md5: "0".repeat(32) },
        { sha512, sha256: SHA256 },
      ],
      [{ sha384: "ef".repeat(48) }, { sha384: "ef".repeat(48) }],
      [{ md5: "0".repeat(32), sha1: "0".repeat(40) }, undefined],
      [{ sha224: "0".repeat(56), blake2b: "0".repeat(64) }, undefined],
      [{ sha256: SHA256.slice(1) }, undefined],
      [{ sha256: `${SHA256}\n` }, undefined],
      [{ sha256: "z".repeat(64) }, undefined],
      [{ SHA256 }, undefined],
      [{ sha256: 1 }, undefined],
      [{}, undefined],
      [[], undefined],
      [null, undefined],
      [SHA256, undefined],
    ];
    for (const [hashes, digests] of cases)
      assert.deepEqual(fromJson({ hashes })?.digests, digests, JSON.stringify(hashes));
  });

  it("takes a file for yanked as PEP 592 and 691 have it", () => {
    const cases: readonly [yanked: unknown, reason: string | undefined][] = [
      [undefined, undefined],
      [false, undefined],
      [null, undefined],
      ["", undefined],
      [0, undefined],
      [true, ""],
      [1, ""],
      [{}, ""],
      ["Broken.", "Broken."],
      ["\u001b[31mred\r\nline\u202e", "[31mred line"],
      [" \n ", ""],
      ["x".repeat(3000), ""],
    ];
    for (const [yanked, reason] of cases) assert.equal(fromJson({ yanked })?.yanked, reason, JSON.stringify(yanked));
  });

  it("knows the core metadata beside a file by its digest alone", () => {
    const sha256 = "12".repeat(32);
    const cases: readonly [fields: FileFields, metadata: object | undefined][] = [
      [{ "core-metadata": { sha256 } }, { sha256 }],
      [{ "dist-info-metadata": { sha256 } }, { sha256 }],
      [{ "core-metadata": null, "dist-info-metadata": { sha256 } }, { sha256 }],
      [{ "core-metadata": false, "dist-info-metadata": { sha256 } }, undefined],
      [{ "core-metadata": true }, undefined],
      [{ "core-metadata": { md5: "0".repeat(32) } }, undefined],
      [{ "core-metadata": `sha256=${sha256}` }, undefined],
    ];
    for (const [fields, metadata] of cases)
      assert.deepEqual(fromJson(fields)?.metadata, metadata, JSON.stringify(fields));
  });

  it("reads a time only where it is one, and keeps it as it is written", () => {
    const written = "2024-01-02T03:04:05.678901Z";
    assert.equal(fromJson({ "upload-time": written })?.uploaded, written);
    for (const time of ["2024-02-30T00:00:00Z", "2024-01-02", "yesterday", "<b>", 1_700_000_000, null, {}])
      assert.equal(fromJson({ "upload-time": time })?.uploaded, undefined, String(time));
  });

  it("reads a size only where it is one", () => {
    assert.equal(fromJson({ size: 0 })?.size, 0);
    for (const size of [-1, 1.5, 2 ** 53, "1", null, {}])
      assert.equal(fromJson({ size })?.size, undefined, String(size));
  });

  it("reads which Python is required", () => {
    assert.equal(fromJson({ "requires-python": ">=3.8\n" })?.requiresPython, ">=3.8");
    for (const value of ["", " ", null, 3, [], "x".repeat(3000)])
      assert.equal(fromJson({ "requires-python": value })?.requiresPython, undefined);
  });

  it("reads where attestations lie", () => {
    assert.equal(fromJson({ provenance: "/p" })?.provenance, "https://registry.example/p");
    for (const value of ["", null, true, {}, "javascript:x"])
      assert.equal(fromJson({ provenance: value })?.provenance, undefined);
  });

  it("reads what the index says of the project", () => {
    const document = (status: unknown) => parse(jsonPage([], { "project-status": status })).document;
    assert.deepEqual(document({ status: "archived", reason: "Old.\u0007" }), {
      name: "foo",
      status: "archived",
      statusReason: "Old.",
    });
    for (const status of [null, "archived", {}, { status: 1 }, { status: "" }])
      assert.deepEqual(document(status), { name: "foo", status: undefined, statusReason: undefined });
  });

  it("does not read what would lead clients to other indexes (PEP 708)", () => {
    const { document, releases } = parse(
      jsonPage([jsonFile(WHEEL)], {
        meta: { "api-version": "1.2", tracks: ["https://evil.example/simple/foo/"] },
        "alternate-locations": ["https://evil.example/simple/foo/"],
      }),
    );
    assert.equal(JSON.stringify([document, [...releases.values()]]).includes("evil"), false);
  });

  it("calls a project by any spelling of its name", () => {
    for (const name of ["Foo", "FOO"]) assert.equal(parse(jsonPage([jsonFile(WHEEL)], { name })).releases.size, 1);
  });
});

describe("parseListing() of a page in HTML", () => {
  it("reads any spelling of markup", () => {
    const href = `https://files.example/${WHEEL}#sha256=${SHA256}`;
    for (const link of [
      `<a href="${href}">x</a>`,
      `<A HREF='${href}'>x</A>`,
      `<a href=${href}>x</a>`,
      `<a\n  rel="internal"\n\thref = "${href}"\n>x`,
      `<a href="${href.replaceAll("#", "&num;").replaceAll("/", "&#47;")}"/>`,
      `<p><table><svg><a href="${href}"><img></svg>`,
      `<a href="${href}" href="https://files.example/bar-1.0.tar.gz">x</a>`,
    ])
      assert.deepEqual(
        filesOf(parse(htmlPage(link))).map(({ filename, digests }) => [filename, digests]),
        [[WHEEL, { sha256: SHA256 }]],
      );
  });

  it("reads no link in a comment, a text or a script, nor one that does not end", () => {
    const link = htmlLink(WHEEL);
    for (const markup of [
      `<!-- ${link} -->`,
      `<script>${link}</script>`,
      `<style>${link}</style>`,
      `<title>${link}</title>`,
      `<textarea>${link}</textarea>`,
      `<![CDATA[${link.replace(">", "")}]]>`,
      "<p title='<a href=x>'>",
      link.replaceAll(">", " "),
      link.replace("href", "data-href"),
      link.replace("<a", "<area"),
    ])
      assert.equal(filesOf(parse(Buffer.from(`<html>${markup}`))).length, 0, markup);
  });

  it("goes by a link's address, whatever its text says", () => {
    const href = `https://files.example/x/${WHEEL}#sha256=${SHA256}`;
    const [file] = filesOf(parse(htmlPage(`<a href="${href}">foo-2.0.tar.gz</a>`)));
    assert.equal(file?.filename, WHEEL);
    assert.equal(file?.url, `https://files.example/x/${WHEEL}`);
  });

  it("reads names that are encoded, and no name that is a path", () => {
    const name = (last: string) => parse(htmlPage(`<a href="https://files.example/${last}#sha256=${SHA256}">x</a>`));
    assert.deepEqual(filesOf(name("foo-1.0%2Blocal.tar.gz"))[0]?.filename, "foo-1.0+local.tar.gz");
    assert.deepEqual(filesOf(name("%66oo-1.0.tar.gz"))[0]?.filename, "foo-1.0.tar.gz");
    for (const last of ["..%2Ffoo-1.0.tar.gz", "%2e%2e/", "%zz", "%00foo-1.0.tar.gz", "download?file=foo-1.0.tar.gz"])
      assert.equal(filesOf(name(last)).length, 0, last);
  });

  it("reads addresses beside the first `<base>`, wherever it stands", () => {
    const page = (head: string, body: string) => filesOf(parse(htmlPage(body, head))).map(({ url }) => url);
    const relative = `<a href="${WHEEL}#sha256=${SHA256}">x</a>`;
    const there = `https://files.example/a/${WHEEL}`;
    assert.deepEqual(page("", relative), [`https://registry.example/simple/foo/${WHEEL}`]);
    assert.deepEqual(page('<base href="https://files.example/a/">', relative), [there]);
    assert.deepEqual(page('<base target="_top"><base href="https://files.example/a/">', relative), [there]);
    assert.deepEqual(page('<base href="https://files.example/a/"><base href="https://files.example/b/">', relative), [
      there,
    ]);
    assert.deepEqual(page("", `${relative}<base href="https://files.example/a/">`), [there]);
    assert.deepEqual(page('<base href="/b/">', relative), [`https://registry.example/b/${WHEEL}`]);
    assert.deepEqual(page('<base href="http://[">', relative), [`https://registry.example/simple/foo/${WHEEL}`]);
    assert.deepEqual(page('<base href="file:///etc/">', relative), []);
  });

  it("leaves out files that lie nowhere on the web", () => {
    for (const href of ["javascript:alert(1)//", "file:///", "ftp://files.example/", "data:,", "https://"])
      assert.equal(filesOf(parse(htmlPage(`<a href="${href}${WHEEL}#sha256=${SHA256}">x</a>`))).length, 0, href);
  });

  it("relies on SHA-2 in the fragment alone", () => {
    const cases: readonly [fragment: string, digests: object | undefined][] = [
      [`#sha256=${SHA256}`, { sha256: SHA256 }],
      [`#sha256=${SHA256.toUpperCase()}`, { sha256: SHA256 }],
      [`#sha512=${"cd".repeat(64)}`, { sha512: "cd".repeat(64) }],
      [`#sha384=${"cd".repeat(48)}`, { sha384: "cd".repeat(48) }],
      [`#egg=foo-2.0&amp;sha256=${SHA256}`, { sha256: SHA256 }],
      [`#sha256=${SHA256}&amp;subdirectory=x`, { sha256: SHA256 }],
      [`#md5=${"0".repeat(32)}`, undefined],
      [`#sha1=${"0".repeat(40)}`, undefined],
      [`#SHA256=${SHA256}`, undefined],
      [`#sha256=${SHA256}0`, undefined],
      [`#sha256=${SHA256.slice(1)}`, undefined],
      ["#sha256=", undefined],
      ["#", undefined],
      ["", undefined],
      [`?sha256=${SHA256}`, undefined],
      [`?a&amp;sha256=${SHA256}`, undefined],
      [`##sha256=${SHA256}`, undefined],
      [`#__proto__=${SHA256}`, undefined],
    ];
    for (const [fragment, digests] of cases) assert.deepEqual(fromHtml("", fragment)?.digests, digests, fragment);
  });

  it("reads what the attributes tell", () => {
    const sha256 = "12".repeat(32);
    const { requiresPython, yanked, metadata, provenance, size, uploaded } =
      fromHtml(
        `data-requires-python="&gt;=3.8,&lt;4" data-yanked="It&quot;s &amp; &lt;b&gt;" data-provenance="/p" data-core-metadata="sha256=${sha256}"`,
      ) ?? {};
    assert.deepEqual(
      { requiresPython, yanked, metadata, provenance, size, uploaded },
      {
        requiresPython: ">=3.8,<4",
        yanked: 'It"s & <b>',
        metadata: { sha256 },
        provenance: "https://registry.example/p",
        size: undefined,
        uploaded: undefined,
      },
    );
  });

  it("takes a file for yanked where the attribute is there, whatever it says", () => {
    for (const [attributes, reason] of [
      ["", undefined],
      ["data-yanked", ""],
      ['data-yanked=""', ""],
      ['data-yanked="false"', "false"],
      ['DATA-YANKED="x"', "x"],
      ['data-yanked="&#27;[31m&#0;&#8238;x"', "[31m\ufffd x"],
      [`data-yanked="${"x".repeat(3000)}"`, ""],
    ] as const)
      assert.equal(fromHtml(attributes)?.yanked, reason, attributes);
  });

  it("knows the core metadata beside a file by its digest alone", () => {
    const sha256 = "12".repeat(32);
    for (const [attributes, metadata] of [
      [`data-core-metadata="sha256=${sha256}"`, { sha256 }],
      [`data-dist-info-metadata="sha256=${sha256}"`, { sha256 }],
      ['data-core-metadata="true"', undefined],
      ['data-core-metadata=""', undefined],
      [`data-core-metadata="${sha256}"`, undefined],
      [`data-core-metadata="md5=${"0".repeat(32)}"`, undefined],
    ] as const)
      assert.deepEqual(fromHtml(attributes)?.metadata, metadata, attributes);
  });

  it("reads what the index says of the project", () => {
    const head =
      '<meta name="pypi:repository-version" content="1.4"><meta name="pypi:project-status" content="deprecated">' +
      '<meta content="Use &amp;bar." name="pypi:project-status-reason"><meta name="pypi:tracks" content="https://evil.example">';
    const { document, pkg } = parse(htmlPage("", head));
    assert.deepEqual(document, { name: "foo", status: "deprecated", statusReason: "Use &bar." });
    assert.equal(pkg.status, "deprecated");
    assert.equal(pkg.statusReason, "Use &bar.");
  });
});
