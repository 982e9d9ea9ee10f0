import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseRequest } from "../../../../core/ecosystems/npm/request.ts";

describe("parseRequest()", () => {
  const cases: readonly [path: string, expected: object][] = [
    ["/lodash", { kind: "listing", name: "lodash" }],
    ["/lodash/", { kind: "listing", name: "lodash" }],
    ["/JSONStream", { kind: "listing", name: "JSONStream" }],
    ["/@acme%2fui", { kind: "listing", name: "@acme/ui" }],
    ["/@acme%2Fui", { kind: "listing", name: "@acme/ui" }],
    ["/%40acme/ui", { kind: "listing", name: "@acme/ui" }],
    ["/lodash/4.17.21", { kind: "release", name: "lodash", version: "4.17.21" }],
    ["/@acme/ui/latest", { kind: "release", name: "@acme/ui", version: "latest" }],
    [
      "/lodash/-/lodash-4.17.21.tgz",
      { kind: "file", name: "lodash", filename: "lodash-4.17.21.tgz", version: "4.17.21" },
    ],
    ["/@acme%2fui/-/ui-1.0.0.tgz", { kind: "file", name: "@acme/ui", filename: "ui-1.0.0.tgz", version: "1.0.0" }],
    ["/foo/-/foo-1.0.0-2.tgz", { kind: "file", name: "foo", filename: "foo-1.0.0-2.tgz", version: "1.0.0-2" }],
    [
      "/foo/-/foo-1.0.0+build.5.tgz",
      { kind: "file", name: "foo", filename: "foo-1.0.0+build.5.tgz", version: "1.0.0+build.5" },
    ],
    [
      "/foo/-/blocked/release-age/too-young/foo-1.0.0.tgz",
      { kind: "file", name: "foo", filename: "foo-1.0.0.tgz", version: "1.0.0" },
    ],
    ["/foo/-/bar-1.0.0.tgz", { kind: "file", name: "foo", filename: "bar-1.0.0.tgz", version: undefined }],
    ["/-/ping", { kind: "answer", body: {} }],
    ["/-/package/lodash/dist-tags", { kind: "tags", name: "lodash" }],
    ["/-/package/@acme%2fui/dist-tags", { kind: "tags", name: "@acme/ui" }],
    ["/-/package/@acme/ui/dist-tags", { kind: "tags", name: "@acme/ui" }],
    ["/-/npm/v1/keys", { kind: "relay", question: { method: "GET", path: "/-/npm/v1/keys" } }],
    [
      "/-/npm/v1/attestations/@acme%2fui@1.0.0",
      {
        kind: "relay",
        question: { method: "GET", path: "/-/npm/v1/attestations/@acme%2fui@1.0.0", about: "@acme/ui" },
      },
    ],
    [
      "/-/npm/v1/attestations/@acme/ui@1.0.0",
      {
        kind: "relay",
        question: { method: "GET", path: "/-/npm/v1/attestations/@acme%2fui@1.0.0", about: "@acme/ui" },
      },
    ],
    ["/-/v1/search", { kind: "relay", question: { method: "GET", path: "/-/v1/search", tells: "text" } }],
  ];
  for (const [path, expected] of cases)
    it(`reads ${path}`, () => assert.deepEqual(parseRequest("GET", path), expected));

  for (const path of [
    "/",
    "/@acme",
    "/@acme/",
    "/a/b/c",
    "/foo/-/",
    "/foo/-/a/b/c/d.tgz",
    "/foo%2f..%2fbar",
    "/@a%2fb%2fc",
    "/_private",
    "/node_modules/../x",
    "/-/npm/v1/attestations/lodash",
    "/-/npm/v1/attestations/@1.0.0",
    "/-/npm/v1/attestations/..%2f..%2fx@1.0.0",
    "/-/npm/v1/security/advisories/bulk",
    "/-/npm/v1/tokens",
    "/-/package/lodash/dist-tags/latest",
    "/-/package/lodash/access",
    "/-/whoami",
    "/-/all",
    `/${"a".repeat(215)}`,
  ]) {
    it(`does not know ${path.slice(0, 40)}`, () => {
      const request = parseRequest("GET", path);
      assert.deepEqual([request.kind, request.kind === "unsupported" && request.status], ["unsupported", 404]);
    });
  }

  it("asks the search for what it knows only", () => {
    const request = parseRequest("GET", "/-/v1/search", "text=a%26b&size=20&token=secret&from=x y");
    assert.equal(request.kind === "relay" && request.question.path, "/-/v1/search?text=a%26b&size=20&from=x+y");
  });

  it("relays questions about advisories, and takes nothing else that is sent", () => {
    for (const [path, tells] of [
      ["/-/npm/v1/security/advisories/bulk", "keys"],
      ["/-/npm/v1/security/audits/quick", "text"],
    ] as const)
      assert.deepEqual(parseRequest("POST", path), { kind: "relay", question: { method: "POST", path, tells } });
    for (const [method, path] of [
      ["POST", "/-/v1/login"],
      ["DELETE", "/lodash/-rev/1"],
      ["PUT", "/-/npm/v1/security/advisories/bulk"],
    ] as const) {
      const request = parseRequest(method, path);
      assert.deepEqual([request.kind, request.kind === "unsupported" && request.status], ["unsupported", 405], path);
    }
  });

  const WRITES: readonly [method: "PUT" | "DELETE", path: string, name: string, rebuilt: string][] = [
    ["PUT", "/lodash", "lodash", "/lodash"],
    ["PUT", "/@acme/ui", "@acme/ui", "/@acme%2fui"],
    ["PUT", "/%40acme%2Fui", "@acme/ui", "/@acme%2fui"],
    ["PUT", "/-/package/@acme/ui/dist-tags/next", "@acme/ui", "/-/package/@acme%2fui/dist-tags/next"],
    ["DELETE", "/-/package/lodash/dist-tags/n%65xt", "lodash", "/-/package/lodash/dist-tags/next"],
  ];
  for (const [method, path, name, rebuilt] of WRITES)
    it(`reads a write, and writes its path anew: ${method} ${path}`, () =>
      assert.deepEqual(parseRequest(method, path), { kind: "publish", name, method, path: rebuilt }));

  it("gives no document that is asked for to be written back", () => {
    for (const query of ["write=true", "a=b&write=true", "write", "%77rite=true"]) {
      const request = parseRequest("GET", "/lodash", query);
      assert.deepEqual([request.kind, request.kind === "unsupported" && request.status], ["unsupported", 405], query);
    }
    assert.equal(parseRequest("GET", "/lodash", "rewrite=true").kind, "listing");
  });
});
