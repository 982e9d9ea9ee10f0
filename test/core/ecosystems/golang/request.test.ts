import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { golang } from "../../../../core/ecosystems/golang/index.ts";
import { parseRequest } from "../../../../core/ecosystems/golang/request.ts";
import { oneLine } from "../../../../core/words.ts";

const NAME = "example.com/Acme/dep";
const BASE = "/example.com/!acme/dep";
const PSEUDO = "v0.0.0-20261122000000-0123456789ab";

describe("parseRequest()", () => {
  const release = (version: string | undefined, name = NAME) => ({ kind: "release", name, version });
  const file = (version: string, name = NAME) => ({ kind: "file", name, filename: `${version}.zip`, version });
  const text = (path: string, isImmutable: boolean, about?: string) => ({
    kind: "text",
    question: { method: "GET", path, ...(about && { about }) },
    isImmutable,
  });
  const mod = (version: string) => text(`${BASE}/@v/${version}.mod`, true, NAME);
  const cases: readonly [path: string, expected: object][] = [
    [`${BASE}/@v/list`, { kind: "listing", name: NAME }],
    ["/example.com/%21acme/dep/@v/list", { kind: "listing", name: NAME }],
    ["/example.com%2f!acme%2fdep/@v/list", { kind: "listing", name: NAME }],
    ["/example.com/dep/v2/@v/list", { kind: "listing", name: "example.com/dep/v2" }],
    ["/gopkg.in/yaml.v3/@v/list", { kind: "listing", name: "gopkg.in/yaml.v3" }],
    [`${BASE}/@latest`, release(undefined)],
    [`${BASE}/@v/v1.0.0.info`, release("v1.0.0")],
    [`${BASE}/@v/${PSEUDO}.info`, release(PSEUDO)],
    [`${BASE}/@v/main.info`, release("main")],
    [`${BASE}/@v/!main.info`, release("Main")],
    [`${BASE}/@v/list.info`, release("list")],
    [`${BASE}/@v/0123456789ab.info`, release("0123456789ab")],
    [`${BASE}/@v/v1.02.0.info`, release("v1.02.0")],
    [`${BASE}/@v/v1.0.0.zip`, file("v1.0.0")],
    [`${BASE}/@v/${PSEUDO}.zip`, file(PSEUDO)],
    [`${BASE}/@v/v2.0.0+incompatible.zip`, file("v2.0.0+incompatible")],
    [`${BASE}/@v/v2.0.0%2Bincompatible.zip`, file("v2.0.0+incompatible")],
    [`${BASE}/@v/v1.0.0-!r!c1.zip`, file("v1.0.0-RC1")],
    [`${BASE}/@v/v1.0.0.mod`, mod("v1.0.0")],
    [`${BASE}/@v/v1.0.0-!r!c1.mod`, mod("v1.0.0-!r!c1")],
    // It is in a graph, and nobody could build without.
    [`${BASE}/@v/v1.0.9007199254740993.mod`, mod("v1.0.9007199254740993")],
    ["/sumdb/sum.example/supported", text("/sumdb/sum.example/supported", false)],
    ["/sumdb/sum.example/latest", text("/sumdb/sum.example/latest", false)],
    ["/sumdb/sum.example/tile/8/1/x001/234.p/5", text("/sumdb/sum.example/tile/8/1/x001/234.p/5", true)],
    [
      "/sumdb/sum.example/lookup/example.com/!acme/dep@v1.0.0",
      text("/sumdb/sum.example/lookup/example.com/!acme/dep@v1.0.0", false, NAME),
    ],
  ];
  for (const [path, expected] of cases)
    for (const method of ["GET", "HEAD"])
      it(`reads ${method} ${path}`, () => assert.deepEqual(parseRequest(method, path), expected));

  const statusOf = (path: string, method = "GET") => {
    const request = parseRequest(method, path);
    return request.kind === "unsupported" ? request.status : request.kind;
  };
  for (const path of [
    "/",
    "/@v/list",
    "/@latest",
    BASE,
    `${BASE}/@v/`,
    `${BASE}/@v/list/`,
    `${BASE}/@v/.info`,
    `${BASE}/@v/v1.0.0`,
    `${BASE}/@v/v1.0.0.exe`,
    `${BASE}/@v/v1.0.0.ZIP`,
    `${BASE}/@v/V1.0.0.zip`,
    `${BASE}/@v/main.zip`,
    `${BASE}/@v/main.mod`,
    `${BASE}/@v/v1.zip`,
    `${BASE}/@v/1.0.0.zip`,
    `${BASE}/@v/v1.0.0%0a.zip`,
    `${BASE}/@v/v1.0.0%2f..%2fv1.1.0.zip`,
    `${BASE}/@v/v1.0.0.zip%00`,
    `${BASE}/@v/!!.info`,
    `${BASE}/@v/%.info`,
    `${BASE}/%40v/list`,
    "/example.com/Acme/dep/@v/list",
    "/example.com/!Acme/dep/@v/list",
    "/example.com/!1/@v/list",
    "/example.com//dep/@v/list",
    "/example.com/../dep/@v/list",
    "/example.com/%2e%2e/dep/@v/list",
    "/example.com/dep%40v1/@v/list",
    "/example.com/d%C3%A9p/@v/list",
    "/-x/dep/@v/list",
    "/sumdb/",
    "/sumdb/sum.example",
    "/sumdb/sum.example/other",
    "/sumdb/sum.example/tile/../latest",
    "/sumdb/SUM.example/latest",
    "/sumdb/sum.example/lookup/example.com/dep",
    "/sumdb/sum.example/lookup/example.com/Acme@v1.0.0",
    "/sumdb/sum.example/lookup/x@y/example.com/dep@v1.0.0",
    "/sumdb/sum.example/lookup/example.com%2f..%2fdep@v1.0.0",
  ])
    it(`has nothing at ${oneLine(path, 80)}`, () => assert.equal(statusOf(path), 404));

  for (const [what, path] of [
    ["a path that is too long", `/example.com/${"a/".repeat(1100)}a/@v/list`],
    ["a module's path that is too long", `/example.com/${"a".repeat(501)}/@v/v1.0.0.zip`],
    ["a version that is too long", `${BASE}/@v/v1.0.0-${"a".repeat(250)}.zip`],
    ["a version with a zero before a number", `${BASE}/@v/v1.02.0.zip`],
  ])
    it(`is no 404, after which go asks elsewhere, for ${what}`, () => assert.equal(statusOf(path ?? ""), 400));

  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"])
    it(`takes no ${method}`, () => assert.equal(statusOf(`${BASE}/@v/list`, method), 405));
});

describe("where it asks", () => {
  it("escapes names and versions, below a registry with or without a slash at its end", () => {
    for (const registry of ["https://registry.example/go", "https://registry.example/go/"])
      assert.equal(
        golang.listingUrl(new URL(registry), NAME).href,
        "https://registry.example/go/example.com/!acme/dep/@v/list",
      );
    assert.deepEqual(golang.info?.question(NAME, "v1.0.0-RC1").path, `${BASE}/@v/v1.0.0-!r!c1.info`);
    const { path, about } = golang.info?.question(NAME, undefined) ?? {};
    assert.deepEqual([path, about], [`${BASE}/@latest`, NAME]);
  });
});

describe("settings.read()", () => {
  const cases: readonly [proxies: string, read: string | undefined][] = [
    ["https://registry.example,direct", "https://registry.example"],
    ["https://registry.example|https://other.example", "https://registry.example"],
    ["direct", undefined],
    ["off", undefined],
    ["file:///modules,https://registry.example", "https://registry.example"],
    ["", undefined],
  ];
  for (const [proxies, read] of cases)
    it(`reads ${JSON.stringify(proxies)}`, () => assert.equal(golang.settings.read(proxies, "variable", {}), read));
});
