import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { buildFiles, type FixtureProject } from "./distributions.ts";
import { type FixturePypi, startPypi } from "./pypi-registry.ts";
import { simplePage } from "./simple-index.ts";

const versions = (...all: readonly string[]) => all.map((version) => ({ version }));
const PROJECTS: readonly FixtureProject[] = [
  { name: "dep", releases: versions("1.0.0", "1.1.0") },
  { name: "Src.Only", releases: [{ version: "0.1.0", files: [{ kind: "sdist", setup: `print("built")\n` }] }] },
];

describe("startPypi()", () => {
  let pypi: FixturePypi;

  before(async () => {
    pypi = await startPypi([
      {
        name: "Some.Name",
        status: { status: "archived", reason: "done" },
        releases: [
          {
            version: "1.0",
            files: [
              { kind: "wheel", requiresPython: ">=3.9", yanked: 'a "reason"' },
              { kind: "sdist", uploaded: null },
              { kind: "egg" },
            ],
          },
        ],
      },
    ]);
  });

  after(() => pypi.close());

  const ask = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(new URL(path, pypi.url), { headers, redirect: "manual" });

  for (const [accept, type] of [
    ["*/*", "text/html"],
    ["text/html", "text/html"],
    ["application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.v1+html"],
    ["application/vnd.pypi.simple.v1+json, */*;q=0.1", "application/vnd.pypi.simple.v1+json"],
    ["application/vnd.pypi.simple.v1+json;q=0.1, text/html;q=0.2", "text/html"],
  ] as const)
    it(`answers ${type} for Accept: ${accept}`, async () => {
      const answer = await ask("/simple/some-name/", { accept });
      assert.equal(answer.headers.get("content-type"), type);
      await answer.text();
    });

  it("tells the same of a file in both forms", async () => {
    const json = await (await ask("/simple/some-name/", { accept: "application/vnd.pypi.simple.v1+json" })).json();
    const html = await (await ask("/simple/some-name/", { accept: "text/html" })).text();
    const [wheel, sdist] = (json as { files: { hashes: { sha256: string }; [field: string]: unknown }[] }).files;
    assert.equal(wheel?.["yanked"], 'a "reason"');
    assert.equal(wheel?.["upload-time"], "2020-01-01T00:00:00.000Z");
    assert.ok(sdist && !("upload-time" in sdist));
    assert.ok(html.includes(`href="${wheel?.["url"]}#sha256=${wheel?.hashes.sha256}"`));
    assert.ok(html.includes('data-yanked="a &quot;reason&quot;"'));
    assert.ok(html.includes('data-requires-python="&gt;=3.9"'));
    assert.ok(html.includes('<meta name="pypi:project-status" content="archived">'));
  });

  it("leads to the page of the normalized name", async () => {
    for (const path of ["/simple/Some.Name/", "/simple/some-name"]) {
      const answer = await ask(path);
      assert.equal(answer.status, 301);
      assert.equal(answer.headers.get("location"), "/simple/some-name/");
      await answer.text();
    }
  });

  it("has the legacy JSON of a release", async () => {
    const release = (await (await ask("/pypi/some-name/1.0/json")).json()) as Record<string, unknown[]>;
    assert.equal(release["urls"]?.length, 3);
    assert.equal((await ask("/pypi/some-name/2.0/json")).status, 404);
  });

  it("gives a file, its METADATA, its head and a part of it, and counts the bytes", async () => {
    const path = pypi.pathOf("some_name-1.0-py3-none-any.whl");
    const before = pypi.bytes;
    const whole = Buffer.from(await (await ask(path)).arrayBuffer());
    assert.ok(pypi.bytes - before > whole.length);
    assert.match(await (await ask(`${path}.metadata`)).text(), /^Name: Some\.Name$/m);
    const part = await ask(path, { range: "bytes=-10" });
    assert.equal(part.status, 206);
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), whole.subarray(-10));
    const head = await fetch(new URL(path, pypi.url), { method: "HEAD" });
    assert.equal(head.headers.get("content-length"), String(whole.length));
    assert.deepEqual(pypi.asked.at(-1)?.method, "HEAD");
  });

  it("takes a release later, and other bytes of a file", async () => {
    pypi.put({ name: "later", releases: versions("1") });
    pypi.tamper("later-1-py3-none-any.whl", Buffer.from("other"));
    assert.equal(await (await ask(pypi.pathOf("later-1-py3-none-any.whl"))).text(), "other");
  });

  it("has the same bytes for the same project", () => {
    for (const project of PROJECTS) {
      const same = structuredClone(project);
      assert.deepEqual(buildFiles(same), buildFiles(project));
      assert.deepEqual(simplePage(same), simplePage(project));
    }
  });
});
