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
    `/${"a".repeat(215)}`,
  ]) {
    it(`does not know ${path.slice(0, 40)}`, () => {
      const request = parseRequest("GET", path);
      assert.deepEqual([request.kind, request.kind === "unsupported" && request.status], ["unsupported", 404]);
    });
  }
});
