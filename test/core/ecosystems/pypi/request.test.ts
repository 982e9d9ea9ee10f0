import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseRequest } from "../../../../core/ecosystems/pypi/request.ts";

const WHEEL = "foo_bar-1.0-py3-none-any.whl";

describe("parseRequest()", () => {
  it("has the names of all projects at /simple/, to which /simple leads", () => {
    assert.deepEqual(parseRequest("GET", "/simple/"), { kind: "names" });
    assert.deepEqual(parseRequest("GET", "/simple"), { kind: "redirect", path: "/simple/" });
  });

  const cases: readonly [path: string, expected: object][] = [
    ["/simple/foo/", { kind: "listing", name: "foo" }],
    ["/simple/foo-bar/", { kind: "listing", name: "foo-bar" }],
    ["/simple/1/", { kind: "listing", name: "1" }],
    ["/simple/json/", { kind: "listing", name: "json" }],
    ["/simple/constructor/", { kind: "listing", name: "constructor" }],
    ["/simple", { kind: "redirect", path: "/simple/" }],
    ["/%73imple/", { kind: "redirect", path: "/simple/" }],
    ["/simple/foo", { kind: "redirect", path: "/simple/foo/" }],
    ["/simple/Foo/", { kind: "redirect", path: "/simple/foo/" }],
    ["/simple/FOO_bar", { kind: "redirect", path: "/simple/foo-bar/" }],
    ["/simple/foo.-_bar/", { kind: "redirect", path: "/simple/foo-bar/" }],
    ["/simple/%66oo/", { kind: "redirect", path: "/simple/foo/" }],
    ["/simple/json", { kind: "redirect", path: "/simple/json/" }],
    [`/files/foo-bar/${WHEEL}`, { kind: "file", name: "foo-bar", filename: WHEEL, version: "1.0" }],
    [`/files/Foo_Bar/${WHEEL}`, { kind: "file", name: "foo-bar", filename: WHEEL, version: "1.0" }],
    [
      `/files/foo-bar/${WHEEL}.metadata`,
      { kind: "file", name: "foo-bar", filename: `${WHEEL}.metadata`, version: "1.0" },
    ],
    [`/files/foo-bar/${WHEEL}.asc`, { kind: "file", name: "foo-bar", filename: `${WHEEL}.asc`, version: "1.0" }],
    ["/files/foo/foo-1.0.tar.gz", { kind: "file", name: "foo", filename: "foo-1.0.tar.gz", version: "1.0" }],
    ["/files/foo/foo-1.0-1.tar.gz", { kind: "file", name: "foo", filename: "foo-1.0-1.tar.gz", version: "1.0.post1" }],
    ["/files/foo/foo-1.0%2Ba.tar.gz", { kind: "file", name: "foo", filename: "foo-1.0+a.tar.gz", version: "1.0+a" }],
    ["/files/foo/foo-1.0+a.tar.gz", { kind: "file", name: "foo", filename: "foo-1.0+a.tar.gz", version: "1.0+a" }],
    ["/files/foo/foo-2!1.0.tar.gz", { kind: "file", name: "foo", filename: "foo-2!1.0.tar.gz", version: "2!1.0" }],
    ["/files/foo/bar-1.0.tar.gz", { kind: "file", name: "foo", filename: "bar-1.0.tar.gz", version: undefined }],
    ["/files/foo/foo-x.tar.gz", { kind: "file", name: "foo", filename: "foo-x.tar.gz", version: undefined }],
    ["/files/foo/foo-1.0.exe", { kind: "file", name: "foo", filename: "foo-1.0.exe", version: undefined }],
    ["/files/foo/json", { kind: "file", name: "foo", filename: "json", version: undefined }],
    [`/provenance/foo-bar/${WHEEL}`, { kind: "attestations", name: "foo-bar", filename: WHEEL }],
    ["/foo/json", { kind: "release", name: "foo", version: undefined }],
    ["/Foo_Bar/json", { kind: "release", name: "foo-bar", version: undefined }],
    ["/foo/json/", { kind: "release", name: "foo", version: undefined }],
    ["/foo/1.0/json", { kind: "release", name: "foo", version: "1.0" }],
    ["/foo/1.0%2Ba/json", { kind: "release", name: "foo", version: "1.0+a" }],
    ["/simple/1.0/json", { kind: "release", name: "simple", version: "1.0" }],
  ];
  for (const [path, expected] of cases) {
    it(`reads ${path}`, () => {
      assert.deepEqual(parseRequest("GET", path), expected);
      assert.deepEqual(parseRequest("HEAD", path), expected);
    });
  }

  it("leads each project to one address, and from there nowhere else", () => {
    for (const path of ["/simple/Foo", "/simple/foo_bar", "/simple/A.B_C/", "/simple/%41"]) {
      const request = parseRequest("GET", path);
      assert.equal(request.kind, "redirect");
      const next = parseRequest("GET", request.kind === "redirect" ? request.path : "");
      assert.equal(next.kind, "listing");
    }
  });

  for (const path of [
    "",
    "/",
    "//",
    "//simple/foo/",
    "/simple//foo/",
    "/simple/foo//",
    "/simple/foo/bar/",
    "/simple/foo/bar",
    "/simple/.",
    "/simple/..",
    "/simple/../foo/",
    "/simple/%2e%2e/",
    "/simple/..%2ffoo/",
    "/simple/foo%2fbar/",
    "/simple/foo%2Fbar",
    "/simple%2Ffoo/",
    "/simple/foo%5cbar/",
    "/simple/foo%00/",
    "/simple/foo%0d%0aset-cookie:x/",
    "/simple/%zz/",
    "/simple/%",
    "/simple/-/",
    "/simple/_foo/",
    "/simple/foo_/",
    "/simple/f%C3%B6o/",
    "/simple/@acme/",
    "/simple/__proto__/",
    "/simple/foo bar/",
    `/simple/${"a".repeat(300)}/`,
    `/simple/${"a/".repeat(2000)}`,
    "/files/",
    "/files/foo",
    "/files/foo/",
    "/files//foo-1.0.tar.gz",
    "/files/foo/../bar/bar-1.0.tar.gz",
    "/files/foo/..%2f..%2fetc%2fpasswd",
    "/files/foo/%2e%2e",
    "/files/foo/.foo-1.0.tar.gz",
    "/files/foo/foo-1.0.tar.gz/x",
    "/files/foo/foo-1.0%0a.tar.gz",
    "/files/foo/foo%201.0.tar.gz",
    "/files/foo/foo-1.0.tar.gz%23egg=bar",
    `/files/foo/foo-1.${"0".repeat(300)}.tar.gz`,
    "/files/_/x-1.0.tar.gz",
    "/provenance/foo",
    "/provenance/_/x",
    "/provenance/foo/x%0d%0aset-cookie:y",
    "/provenance/foo/..%2fx",
    `/provenance/foo/${"x".repeat(300)}`,
    "/foo/",
    "/foo/1.0/",
    "/foo/1.0/json/x",
    "/foo/%3Cb%3E/json",
    "/_/json",
    "/search",
    "/legacy/",
  ]) {
    it(`has nothing at ${path.slice(0, 60)}`, () => {
      const request = parseRequest("GET", path);
      assert.ok(request.kind === "unsupported" && request.status === 404, JSON.stringify(request));
      assert.match(request.reason, /^[\x20-\x7eö…]{5,200}$/);
    });
  }

  it("takes no uploads", () => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "get"])
      for (const path of ["/legacy/", "/simple/foo/", "/files/foo/foo-1.0.tar.gz", "/"]) {
        const request = parseRequest(method, path);
        assert.ok(request.kind === "unsupported" && request.status === 405, `${method} ${path}`);
      }
  });
});
