import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cargo } from "../../../../core/ecosystems/cargo/index.ts";
import { indexPath, parseRequest } from "../../../../core/ecosystems/cargo/request.ts";
import { oneLine } from "../../../../core/words.ts";

const DOWNLOAD = "/crates/serde/1.0.0/download";

describe("parseRequest()", () => {
  const listing = (name: string) => ({ kind: "listing", name });
  const file = (name: string, written: string, version: string) => ({
    kind: "file",
    name,
    filename: `${written}-${version}.crate`,
    version,
  });
  const cases: readonly [path: string, expected: object][] = [
    ["/config.json", { kind: "config" }],
    ["/1/a", listing("a")],
    ["/2/ab", listing("ab")],
    ["/3/a/abc", listing("abc")],
    ["/se/rd/serde", listing("serde")],
    ["/my/_c/my_crate", listing("my_crate")],
    ["/a-/b_/a-b_", listing("a-b_")],
    ["/cr/at/crates", listing("crates")],
    ["/co/nf/config", listing("config")],
    ["/do/wn/download", listing("download")],
    [DOWNLOAD, file("serde", "serde", "1.0.0")],
    ["/crates/%73erde/1.0.0/download", file("serde", "serde", "1.0.0")],
    ["/crates/crates/1.0.0-rc.1/download", file("crates", "crates", "1.0.0-rc.1")],
    ["/crates/a/1.0.0+build.5/download", file("a", "a", "1.0.0+build.5")],
    ["/crates/a/1.0.0%2Bbuild.5/download", file("a", "a", "1.0.0+build.5")],
    // One document for all spellings; the file's name has the letters that were asked for.
    ["/crates/Inflector/0.11.4/download", file("inflector", "Inflector", "0.11.4")],
  ];
  for (const [path, expected] of cases)
    for (const method of ["GET", "HEAD"])
      it(`reads ${method} ${path}`, () => assert.deepEqual(parseRequest(method, path), expected));

  for (const path of [
    "",
    "/",
    "//",
    "se/rd/serde",
    "/serde",
    "/1/ab",
    "/2/a",
    "/3/b/abc",
    "/3/abc",
    "/ab/c/abc",
    "/rd/se/serde",
    "/se/serde",
    "/SE/RD/SERDE",
    "/se/rd/Serde",
    "/se/rd/serde/",
    "/se/rd//serde",
    "//se/rd/serde",
    "/se/rd/./serde",
    "/se/rd/../rd/serde",
    "/se/rd/%73erde",
    "/se%2frd/serde",
    "/se%2Frd%2Fserde",
    "/%2e%2e/%2e%2e/etc",
    "/../../etc/passwd",
    "/..%2f..%2fetc",
    "/se/rd/serde%00",
    "/se/rd/serde%0a",
    "/se/rd/serde%",
    "/se/rd/ser\\de",
    "/1/1",
    "/1/_",
    "/1/-",
    "/3/\u00e4/\u00e4bc",
    "/__/pr/__proto__",
    "/config.json/",
    "/Config.json",
    "/%63onfig.json",
    "/./config.json",
    "/crates",
    "/crates/serde",
    "/crates/serde/1.0.0",
    "/crates/serde/1.0.0/",
    "/crates/serde/1.0.0/Download",
    "/crates/serde/1.0.0/download/",
    "/crates/serde/1.0.0/download/x",
    "/crates/serde/1.0.0%2fdownload",
    "/crates/serde%2f1.0.0/download",
    "/crates/..%2fserde/1.0.0/download",
    "/crates/../serde/1.0.0/download",
    "/crates/serde/../download",
    "/crates/serde/%2e%2e/download",
    "/crates/serde/1.0.0%00/download",
    "/crates/serde/1.0.0%/download",
    "/crates/serde/<b>/download",
    "/crates//1.0.0/download",
    "/crates/serde//download",
    "/Crates/serde/1.0.0/download",
    `/crates/serde/1.${"0".repeat(300)}/download`,
    `/aa/aa/${"a".repeat(300)}`,
    `/aa/aa/${"a".repeat(5000)}`,
    "/api/v1/crates/serde/1.0.0/download",
    "/me",
    "/info/refs",
  ])
    it(`has nothing at ${JSON.stringify(path.slice(0, 60))}`, () => {
      const request = parseRequest("GET", path);
      assert.ok(request.kind === "unsupported" && request.status === 404, JSON.stringify(request));
      assert.ok(oneLine(request.reason, 200) === request.reason);
    });

  for (const [method, path] of [
    ["PUT", "/api/v1/crates/new"],
    ["DELETE", "/api/v1/crates/serde/1.0.0/yank"],
    ["PUT", "/api/v1/crates/serde/1.0.0/unyank"],
    ["PUT", "/api/v1/crates/serde/owners"],
    ["POST", "/se/rd/serde"],
    ["PATCH", DOWNLOAD],
    ["OPTIONS", "/config.json"],
    ["get", DOWNLOAD],
  ] as const)
    it(`takes no ${method} ${path}`, () => {
      const request = parseRequest(method, path);
      assert.ok(request.kind === "unsupported" && request.status === 405, JSON.stringify(request));
    });
});

describe("indexPath()", () => {
  for (const [name, path] of [
    ["a", "1/a"],
    ["ab", "2/ab"],
    ["abc", "3/a/abc"],
    ["serde", "se/rd/serde"],
    ["Inflector", "in/fl/inflector"],
    ["My_Crate", "my/_c/my_crate"],
  ] as const)
    it(`is ${path} for ${name}`, () => assert.equal(indexPath(name), path));
});

describe("listingUrl()", () => {
  for (const base of ["https://registry.example/index", "https://registry.example/index/"])
    it(`lies below ${base}`, () =>
      assert.equal(cargo.listingUrl(new URL(base), "Serde").href, "https://registry.example/index/se/rd/serde"));
});
