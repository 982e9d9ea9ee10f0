/** The Cargo registry of the tests: what it answers is what cargo, and the proxy, are tested against. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { buildCrates, type FixtureCrate } from "./crates.ts";
import { indexPath } from "./crates-index.ts";
import { type CratesOptions, startCrates } from "./crates-registry.ts";

const versions = (...all: readonly string[]) => all.map((version) => ({ version }));

describe("indexPath()", () => {
  for (const [name, path] of [
    ["a", "1/a"],
    ["ab", "2/ab"],
    ["abc", "3/a/abc"],
    ["serde", "se/rd/serde"],
    ["My_Crate", "my/_c/my_crate"],
  ] as const)
    it(`is ${path} for ${name}`, () => assert.equal(indexPath(name), path));
});

describe("startCrates()", () => {
  const crate: FixtureCrate = {
    name: "Some_Name",
    versions: [
      { version: "1.0.0", yanked: true, license: null },
      {
        version: "1.1.0",
        published: "2026-11-20T10:00:00.123Z",
        dependencies: {
          dep: { req: "^1", optional: true },
          renamed: { req: "=2.0.0", package: "host", kind: "build", target: "cfg(windows)" },
        },
        features: { default: [], old: ["default"], new: ["dep:dep"] },
        rustVersion: "1.70",
        links: "some",
        repository: "https://source.example/some",
        line: { unknown: { field: 1 } },
      },
    ],
  };

  async function start(options: CratesOptions = {}) {
    const crates = await startCrates([crate], options);
    const ask = (path: string, headers: Readonly<Record<string, string>> = {}) =>
      fetch(new URL(path, crates.url), { headers });
    return { crates, ask, [Symbol.asyncDispose]: () => crates.close() };
  }

  const linesOf = (entry: string): readonly Record<string, unknown>[] =>
    entry
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

  it("has a line for each version, with the fields that came later", async () => {
    await using registry = await start();
    const entry = await registry.ask("/index/so/me/some_name");
    assert.equal(entry.headers.get("content-type"), "text/plain");
    const [first, second] = linesOf(await entry.text());
    assert.equal(first?.["yanked"], true);
    assert.equal(first?.["pubtime"], "2020-01-01T00:00:00Z");
    assert.ok(first && !("v" in first));
    assert.deepEqual(second, {
      name: "Some_Name",
      vers: "1.1.0",
      deps: [
        {
          name: "dep",
          req: "^1",
          features: [],
          optional: true,
          default_features: true,
          target: null,
          kind: "normal",
        },
        {
          name: "renamed",
          req: "=2.0.0",
          features: [],
          optional: false,
          default_features: true,
          target: "cfg(windows)",
          kind: "build",
          package: "host",
        },
      ],
      cksum: buildCrates(crate)[1]?.sha256,
      features: { default: [], old: ["default"] },
      yanked: false,
      links: "some",
      features2: { new: ["dep:dep"] },
      v: 2,
      rust_version: "1.70",
      pubtime: "2026-11-20T10:00:00Z",
      unknown: { field: 1 },
    });
    assert.equal((await registry.ask("/index/So/me/Some_Name")).status, 404);
  });

  it("leaves out when versions were published", async () => {
    await using registry = await start({ pubtime: false });
    const lines = linesOf(await (await registry.ask("/index/so/me/some_name")).text());
    assert.ok(lines.every((line) => !("pubtime" in line)));
  });

  it("tells more of a crate and of a version in its API, and finds it", async () => {
    await using registry = await start();
    const json = async (path: string) => (await registry.ask(path)).json() as Promise<Record<string, unknown>>;
    const { version } = (await json("/api/v1/crates/some_name/1.1.0")) as { version: Record<string, unknown> };
    assert.equal(version["created_at"], "2026-11-20T10:00:00.000000Z");
    assert.equal(version["license"], "MIT");
    assert.equal(version["repository"], "https://source.example/some");
    const { versions } = (await json("/api/v1/crates/Some_Name")) as { versions: Record<string, unknown>[] };
    assert.deepEqual(
      versions.map(({ num, yanked, license }) => [num, yanked, license]),
      [
        ["1.1.0", false, "MIT"],
        ["1.0.0", true, null],
      ],
    );
    assert.deepEqual((await json("/api/v1/crates?q=some&per_page=1"))["meta"], {
      total: 1,
      next_page: null,
      prev_page: null,
    });
    assert.equal((await registry.ask("/api/v1/crates/some_name/9.9.9")).status, 404);
  });

  for (const [dl, path] of [
    ["dl", "/dl/Some_Name/1.0.0/download"],
    ["files/{crate}/{crate}-{version}.crate", "/files/Some_Name/Some_Name-1.0.0.crate"],
    ["{prefix}/{lowerprefix}/{sha256-checksum}", `/So/me/so/me/${buildCrates(crate)[0]?.sha256}`],
  ] as const)
    it(`gives a .crate at ${dl}, and counts the bytes`, async () => {
      await using registry = await start({ dl });
      const { crates, ask } = registry;
      const config = (await (await ask("/index/config.json")).json()) as Record<string, unknown>;
      assert.deepEqual(config, { dl: `${crates.url}${dl}`, api: crates.url.origin });
      assert.equal(crates.pathOf("Some_Name", "1.0.0"), path);
      const bytes = Buffer.from(await (await ask(path)).arrayBuffer());
      assert.deepEqual(bytes, buildCrates(crate)[0]?.bytes);
      assert.ok(crates.bytes > bytes.length);
      assert.deepEqual(
        crates.asked.map(({ method, path, status }) => [method, path, status]),
        [
          ["GET", "/index/config.json", 200],
          ["GET", path, 200],
        ],
      );
    });

  for (const [validators, headers, status] of [
    [["etag", "last-modified"], ["etag", "last-modified"], 304],
    [["etag"], ["etag"], 304],
    [["last-modified"], ["last-modified"], 304],
    [[], [], 200],
  ] as const)
    it(`answers ${status} to who asks again with ${headers.join(" and ") || "nothing"}, and anew after a change`, async () => {
      await using registry = await start({ validators });
      const path = registry.crates.entryOf("Some_Name");
      const first = await registry.ask(path);
      const [etag, modified] = [first.headers.get("etag"), first.headers.get("last-modified")];
      const again = { ...(etag && { "if-none-match": etag }), ...(modified && { "if-modified-since": modified }) };
      assert.equal(Object.keys(again).length, headers.length);
      assert.equal((await registry.ask(path, again)).status, status);
      registry.crates.put({ ...crate, versions: crate.versions.slice(1) });
      assert.equal((await registry.ask(path, again)).status, 200);
    });

  it("gives nothing without its token", async () => {
    await using registry = await start({ token: "secret" });
    const refused = await registry.ask("/index/config.json");
    assert.equal(refused.status, 401);
    assert.match(refused.headers.get("www-authenticate") ?? "", /^Cargo login_url="/);
    const config = await registry.ask("/index/config.json", { authorization: "secret" });
    assert.equal(((await config.json()) as Record<string, unknown>)["auth-required"], true);
  });

  it("takes a version later, other bytes of a .crate, and an own answer", async () => {
    await using registry = await start();
    const { crates, ask } = registry;
    crates.put({ name: "later", versions: versions("1.0.0") });
    crates.tamper("later", "1.0.0", Buffer.from("other"));
    assert.equal(await (await ask(crates.pathOf("later", "1.0.0"))).text(), "other");
    crates.answer(crates.entryOf("later"), (_request, response) => response.end("own"));
    assert.equal(await (await ask("/index/la/te/later")).text(), "own");
  });

  it("has the same bytes for the same crate", () => {
    assert.deepEqual(buildCrates(structuredClone(crate)), buildCrates(crate));
  });
});
