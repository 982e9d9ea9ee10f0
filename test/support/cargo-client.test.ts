/**
 * That Cargo takes the registry of the tests for one, and what it shows of lines that are marked as yanked and of a 403
 * for a .crate. Here only until it is tested through the proxy.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import {
  CARGO_LOCKFILE,
  type CargoProject,
  type CargoProjectOptions,
  makeCargoProject,
  NO_CARGO,
} from "./cargo-client.ts";
import type { ClientRun } from "./clients.ts";
import { buildCrates, type FixtureCrate } from "./crates.ts";
import { indexPath } from "./crates-index.ts";
import { type CratesOptions, type FixtureCrates, startCrates } from "./crates-registry.ts";
import { LANES } from "./lanes.ts";
import { type Listener, listen } from "./listener.ts";
import type { Answer } from "./registry.ts";
import { showsSentence } from "./terminal.ts";

const versions = (...all: readonly string[]) => all.map((version) => ({ version }));
const DENIED = "pkg:cargo/dep@1.2.0";
const CRATES: readonly FixtureCrate[] = [
  { name: "dep", versions: versions("1.0.0", "1.1.0", "1.2.0") },
  { name: "host", versions: [{ version: "2.0.0", dependencies: { dep: ">=1.0, <1.2" } }] },
  { name: "wide", versions: [{ version: "1.0.0", dependencies: { dep: "1" } }] },
  { name: "other", versions: versions("0.1.0") },
];

/** A denied version that is marked as yanked, or as if nothing were. */
const LISTED = { yanked: true, "as any other": false } as const;

/** Where each test changes the registry, or tells its requests from the others'. */
const IN_TURN = { concurrency: false } as const;

/** `dep` with these of its versions marked. */
function marked(...yanked: readonly string[]): FixtureCrate {
  return {
    name: "dep",
    versions: versions("1.0.0", "1.1.0", "1.2.0").map((one) => ({ ...one, yanked: yanked.includes(one.version) })),
  };
}

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
    for (const one of [crate, ...CRATES]) assert.deepEqual(buildCrates(structuredClone(one)), buildCrates(one));
  });
});

/** Projects that ask the registry and nobody else. */
function useCrates(options: CratesOptions = {}) {
  let crates: FixtureCrates;
  let outside: Listener;

  before(async () => {
    crates = await startCrates(CRATES, options);
    outside = await listen();
  });

  afterEach(() => assert.deepEqual(outside.requests, [], "asked of other hosts"));

  after(async () => {
    for (const server of [crates, outside]) await server.close();
  });

  function project(options: CargoProjectOptions = {}): CargoProject & AsyncDisposable {
    const made = makeCargoProject(crates.index, { outside: outside.url, ...options });
    return { ...made, [Symbol.asyncDispose]: async () => made.remove() };
  }

  /** The lockfile of these dependencies, as a project's files. */
  async function lock(dependencies: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    await using made = project({ dependencies });
    assertDone(await made.generateLockfile());
    return { [CARGO_LOCKFILE]: made.lockfile() ?? "" };
  }

  return { crates: () => crates, project, lock };
}

function assertDone({ code, output }: ClientRun): void {
  assert.equal(code, 0, output);
}

/** That it fails, and shows these lines. */
function assertFails({ code, output }: ClientRun, ...lines: readonly string[]): void {
  assert.equal(code, 101, output);
  const shown = output.split("\n").map((line) => line.trim());
  for (const line of lines) assert.ok(shown.includes(line), `${line}\n\nis not in\n\n${output}`);
}

describe("cargo", { skip: NO_CARGO ?? false, concurrency: LANES }, () => {
  for (const form of ["replacement", "registry"] as const) describeBuilds(form);
  describeScripts();
  describeRequests();
  describeToken();
  describeRefusals();
  describeEntries();
});

function describeBuilds(form: "replacement" | "registry"): void {
  describe(`with the index ${form === "replacement" ? "instead of its own" : "by a name"}`, () => {
    const { crates, project } = useCrates();

    for (const [what, spec, name, version] of [
      ["an exact version", "dep@=1.1.0", "dep", "1.1.0"],
      ["the highest version of a range", "dep@>=1.0, <1.2", "dep", "1.1.0"],
      ["the highest version", "dep", "dep", "1.2.0"],
      ["what a crate depends on", "host", "dep", "1.1.0"],
    ] as const)
      it(`adds, fetches and builds ${what}`, async () => {
        await using made = project({ form });
        assertDone(await made.add(spec));
        assert.equal(made.locked(name), version);
        assert.deepEqual(made.unpacked(name), []);
        assertDone(await made.fetch());
        assert.deepEqual(made.unpacked(name), [version]);
        assertDone(await made.build());
      });

    it("builds what is locked, offline too once it was downloaded", async () => {
      crates().put({ name: "moving", versions: versions("1.0.0", "1.1.0") });
      crates().put({ name: "moved", versions: [{ version: "1.0.0", dependencies: { moving: "1" } }] });
      const dependencies = { moved: "1" };
      await using locked = project({ form, dependencies });
      assertDone(await locked.generateLockfile());
      crates().put({ name: "moving", versions: versions("1.0.0", "1.1.0", "1.2.0") });
      await using made = project({ form, dependencies, files: { [CARGO_LOCKFILE]: locked.lockfile() ?? "" } });
      assertDone(await made.buildFrozen());
      assert.deepEqual(made.unpacked("moving"), ["1.1.0"]);
      assert.equal(made.lockfile(), locked.lockfile());
      assertDone(await made.build("--locked", "--offline"));
      assertDone(await made.update());
      assert.equal(made.locked("moving"), "1.2.0");
    });

    it("refuses a .crate with other bytes than the index says", async () => {
      crates().put({ name: "tampered", versions: versions("1.0.0") });
      crates().tamper(
        "tampered",
        "1.0.0",
        buildCrates({ name: "tampered", versions: versions("2.0.0") })[0]?.bytes ?? Buffer.of(),
      );
      await using made = project({ form, dependencies: { tampered: "1" } });
      const run = await made.fetch();
      assertFails(run);
      assert.match(run.output, /failed to verify the checksum of `tampered v1\.0\.0/);
      assert.deepEqual(made.unpacked("tampered"), []);
    });
  });
}

function describeScripts(): void {
  describe("with crates that run when they are built", () => {
    const { crates, project } = useCrates();

    it("runs build.rs and loads procedural macros, and downloads what the platform and the features need", async () => {
      const script = `fn main() { std::fs::write(std::env::var("OUT_DIR").unwrap() + "/ran", "").unwrap(); }\n`;
      crates().put({ name: "scripted", versions: [{ version: "1.0.0", build: script }] });
      crates().put({
        name: "macros",
        versions: [
          { version: "1.0.0", procMacro: true, dependencies: { scripted: { req: "1", kind: "build" } }, build: script },
        ],
      });
      crates().put({
        name: "featured",
        versions: [
          {
            version: "1.0.0",
            dependencies: {
              chosen: { req: "1", package: "dep", optional: true },
              left: { req: "1", package: "wide", optional: true },
              far: { req: "0.1", package: "other", target: `cfg(target_os = "none")` },
            },
            features: { default: ["dep:chosen"], left: ["dep:left"] },
          },
        ],
      });
      await using made = project({ dependencies: { macros: "1", featured: "1" } });
      assertDone(await made.build());
      assert.deepEqual(ranIn(made).sort(), ["macros", "scripted"]);
      assert.deepEqual(made.unpacked("dep"), ["1.2.0"]);
      assert.equal(made.locked("wide"), undefined);
      assert.equal(made.locked("other"), "0.1.0");
      assert.deepEqual(made.unpacked("other"), []);
      assertDone(await made.fetch());
      assert.deepEqual(made.unpacked("other"), ["0.1.0"]);
    });
  });
}

/** The crates whose build.rs left its mark. */
function ranIn(made: CargoProject): string[] {
  const built = join(made.path, "target/debug/build");
  return readdirSync(built)
    .filter((name) => existsSync(join(built, name, "out/ran")))
    .map((name) => name.slice(0, name.lastIndexOf("-")));
}

function describeRequests(): void {
  describe("asking", IN_TURN, () => {
    const { crates, project } = useCrates();

    it("has config.json anew each time, and entries again with their ETag", async () => {
      await using made = project({ dependencies: { dep: "1" } });
      const askedFor = async (run: Promise<ClientRun>) => {
        const before = crates().asked.length;
        assertDone(await run);
        const asked = crates().asked.slice(before);
        return asked.map(({ path, status, headers }) => [path, status, "if-none-match" in headers]);
      };
      assert.deepEqual(await askedFor(made.fetch()), [
        ["/index/config.json", 200, false],
        ["/index/3/d/dep", 200, false],
        ["/dl/dep/1.2.0/download", 200, false],
      ]);
      assert.deepEqual(await askedFor(made.fetch()), []);
      assert.deepEqual(await askedFor(made.update()), [
        ["/index/config.json", 200, false],
        ["/index/3/d/dep", 304, true],
      ]);
      crates().put(marked("1.2.0"));
      assert.deepEqual(await askedFor(made.update()), [
        ["/index/config.json", 200, false],
        ["/index/3/d/dep", 200, true],
      ]);
      assert.equal(made.locked("dep"), "1.1.0");
    });

    it("says what it is, and would speak HTTP/2", async () => {
      await using made = project({ dependencies: { other: "0.1" } });
      assertDone(await made.fetch());
      const [entry, crate] = crates().asked.slice(-2);
      for (const { agent = "", headers } of [entry, crate].flatMap((one) => one ?? [])) {
        assert.match(agent, /^cargo\/\d+\.\d+\.\d+/);
        assert.equal(headers["upgrade"], "h2c");
        assert.equal(headers["accept-encoding"], "deflate, gzip");
      }
      assert.equal(entry?.headers["accept"], "text/plain");
      assert.equal(entry?.headers["cargo-protocol"], "version=1");
      assert.equal(crate?.headers["accept"], "*/*");
    });

    it("finds crates, and tells of one", async () => {
      await using made = project({ form: "registry" });
      const found = await made.run("search", "--registry", "cordon", "hos");
      assert.match(found.output, /^host = "2\.0\.0" +# A fixture$/m);
      const told = await made.run("info", "--registry", "cordon", "host");
      assert.match(told.output, /^license: MIT$/m);
    });
  });
}

function describeToken(): void {
  describe("with an index that wants a token", IN_TURN, () => {
    const { crates, project } = useCrates({ token: "secret" });

    for (const form of ["replacement", "registry"] as const)
      it(`sends it with all it asks (${form}), once it was asked for it`, async () => {
        const before = crates().asked.length;
        await using made = project({ form, token: "secret", dependencies: { dep: "1" } });
        assertDone(await made.fetch());
        const asked = crates().asked.slice(before);
        assert.deepEqual(
          asked.map(({ path, status, headers }) => [path, status, headers.authorization]),
          [
            ["/index/config.json", 401, undefined],
            ["/index/config.json", 200, "secret"],
            ["/index/3/d/dep", 200, "secret"],
            ["/dl/dep/1.2.0/download", 200, "secret"],
          ],
        );
      });

    it("fails without", async () => {
      await using made = project({ dependencies: { dep: "1" } });
      assertFails(await made.fetch(), "no token found for `cordon`");
    });
  });
}

function whyOf({ url }: FixtureCrates): string {
  return `${url.origin}/-/why/${DENIED}`;
}

/** What the proxy answers: two lines, and less than Cargo cuts off. */
function refusal(crates: FixtureCrates, status = 403): Answer {
  const sentence = `cordon: blocked ${DENIED}: An advisory names this release as malicious (known-malicious, MAL-2026-1).`;
  const body = `${sentence}\nWhy, and how to ask for an exception: ${whyOf(crates)}\n`;
  assert.ok(Buffer.byteLength(body) <= 500);
  return (_request, response) => {
    response.statusCode = status;
    response.statusMessage = `Forbidden - ${sentence}`;
    response.setHeader("content-type", "text/plain; charset=utf-8");
    response.end(body);
  };
}

function assertRefused({ code, output }: ClientRun, crates: FixtureCrates): void {
  assert.equal(code, 101, output);
  assert.ok(showsSentence(output, DENIED), output);
  assert.match(output, /^ {2}body:$/m);
  assert.ok(output.trimEnd().endsWith(`\n  Why, and how to ask for an exception: ${whyOf(crates)}`), output);
  assert.ok(!output.includes("Forbidden"), "it shows no reason phrase");
}

function describeRefusals(): void {
  for (const [how, yanked] of Object.entries(LISTED))
    describe(`with a denied version that is listed ${how}`, () => {
      const { crates, project, lock } = useCrates();
      const files: { pin?: Record<string, string>; range?: Record<string, string>; wide?: Record<string, string> } = {};

      before(async () => {
        files.pin = await lock({ dep: "=1.2.0" });
        files.range = await lock({ dep: "1" });
        files.wide = await lock({ wide: "1" });
        crates().put(marked(...(yanked ? ["1.2.0"] : [])));
        crates().answer(crates().pathOf("dep", "1.2.0"), refusal(crates()));
      });

      it(yanked ? "says of an exact pin that it is yanked" : "shows the reason of an exact pin", async () => {
        await using made = project({ dependencies: { dep: "=1.2.0" } });
        const run = await made.fetch();
        if (yanked)
          assertFails(
            run,
            'error: failed to select a version for the requirement `dep = "=1.2.0"`',
            "version 1.2.0 is yanked",
          );
        else assertRefused(run, crates());
        assert.deepEqual(made.unpacked("dep"), []);
      });

      it(yanked ? "does not find what is added with its version" : "adds it, for that downloads nothing", async () => {
        await using made = project();
        const run = await made.add("dep@=1.2.0");
        if (yanked) return assertFails(run, "error: the crate `dep@=1.2.0` could not be found in registry index.");
        assertDone(run);
        assert.equal(made.locked("dep"), "1.2.0");
        assertRefused(await made.build(), crates());
      });

      it(yanked ? "builds with an older version of a range" : "shows the reason of a range", async () => {
        for (const dependencies of [{ dep: "1" }, { wide: "1" }]) {
          await using made = project({ dependencies });
          const run = await made.build();
          if (!yanked) {
            assertRefused(run, crates());
            continue;
          }
          assertDone(run);
          assert.equal(made.locked("dep"), "1.1.0");
        }
      });

      for (const what of ["pin", "range", "wide"] as const)
        it(`shows the reason of what was locked before (${what})`, async () => {
          const dependencies = { pin: { dep: "=1.2.0" }, range: { dep: "1" }, wide: { wide: "1" } }[what];
          for (const ask of ["fetch", "build", "buildFrozen"] as const) {
            await using made = project({ dependencies, files: files[what] ?? {} });
            assertRefused(await made[ask](), crates());
            assert.deepEqual(made.unpacked("dep"), []);
            assert.equal(made.lockfile(), files[what]?.[CARGO_LOCKFILE]);
          }
        });

      it(yanked ? "locks an older version at the next update" : "keeps it at an update", async () => {
        await using made = project({ dependencies: { dep: "1" }, files: files.range ?? {} });
        assertDone(await made.update("dep"));
        assert.equal(made.locked("dep"), yanked ? "1.1.0" : "1.2.0");
      });

      it("keeps it where something else is added", async () => {
        await using made = project({ dependencies: { dep: "1" }, files: files.range ?? {} });
        assertDone(await made.add("other"));
        assert.equal(made.locked("dep"), "1.2.0");
      });
    });
}

function describeEntries(): void {
  for (const [status, what] of [
    [403, "shows the body of"],
    [404, "takes a crate for missing where its entry answers"],
    // 1.95 takes the crate for missing, 1.97 shows the body.
    [410, "fails where an entry answers"],
    [451, "fails where an entry answers"],
  ] as const)
    describe(`with ${status} for an entry`, () => {
      const { crates, project, lock } = useCrates();

      it(`${what} ${status}`, async () => {
        const files = await lock({ dep: "1" });
        crates().answer(crates().entryOf("dep"), refusal(crates(), status));
        for (const [dependencies, given] of [
          [{ dep: "1" }, {}],
          [{ dep: "1" }, files],
          [{ wide: "1" }, {}],
        ] as const) {
          await using made = project({ dependencies, files: given });
          const run = await made.fetch();
          if (status === 403) assertRefused(run, crates());
          else assertFails(run, ...(status === 404 ? ["error: no matching package named `dep` found"] : []));
        }
      });
    });

  describe("with an entry that changes", IN_TURN, () => {
    const { crates, project, lock } = useCrates();
    let files: Record<string, string>;

    before(async () => {
      files = await lock({ dep: "1" });
    });

    it("takes an older version of a range where a line is gone, and fails where it is locked", async () => {
      crates().put({ name: "dep", versions: versions("1.0.0", "1.1.0") });
      await using made = project({ dependencies: { dep: "1" } });
      assertDone(await made.fetch());
      assert.equal(made.locked("dep"), "1.1.0");
      await using locked = project({ dependencies: { dep: "1" }, files });
      assertFails(
        await locked.buildFrozen(),
        'error: failed to select a version for the requirement `dep = "^1"` (locked to 1.2.0)',
        "candidate versions found which didn't match: 1.1.0, 1.0.0",
      );
    });

    it("names every version where all are yanked, and downloads what is locked", async () => {
      crates().put(marked("1.0.0", "1.1.0", "1.2.0"));
      await using made = project({ dependencies: { dep: "1" } });
      assertFails(await made.fetch(), "version 1.0.0 is yanked", "version 1.1.0 is yanked", "version 1.2.0 is yanked");
      await using locked = project({ dependencies: { dep: "1" }, files });
      assertDone(await locked.fetch("--locked"));
    });

    it("refuses another checksum than is locked", async () => {
      crates().put({ name: "dep", versions: [{ version: "1.2.0", line: { cksum: "0".repeat(64) } }] });
      await using made = project({ dependencies: { dep: "1" }, files });
      assertFails(await made.fetch(), "error: checksum for `dep v1.2.0` changed between lock files");
    });

    for (const [what, line] of [
      ["a time with a fraction of a second", { pubtime: "2020-01-01T00:00:00.123Z" }],
      ["a time with an offset", { pubtime: "2020-01-01T00:00:00+00:00" }],
      ["a reason for yanked", { yanked: "a reason" }],
    ] as const)
      it(`takes no line for valid with ${what}`, async () => {
        crates().put({ name: "dep", versions: [{ version: "1.1.0" }, { version: "1.2.0", line }] });
        await using made = project({ dependencies: { dep: "=1.2.0" } });
        assertFails(await made.generateLockfile(), "version 1.2.0's index entry is invalid");
        await using ranged = project({ dependencies: { dep: "1" } });
        assertDone(await ranged.generateLockfile());
        assert.equal(ranged.locked("dep"), "1.1.0");
      });
  });
}
