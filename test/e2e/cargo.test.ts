/**
 * Cargo through the proxy: what it builds with, and what a person sees of a refusal. `CORDON_UPDATE_SEEN=1` writes
 * `seen/` anew.
 */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parseReleasePurl } from "../../core/purl.ts";
import {
  CARGO_LOCKFILE,
  type CargoProject,
  type CargoProjectOptions,
  makeCargoProject,
  NO_CARGO,
} from "../support/cargo-client.ts";
import type { ClientRun } from "../support/clients.ts";
import { buildCrates, type FixtureCrate } from "../support/crates.ts";
import { type FixtureCrates, startCrates } from "../support/crates-registry.ts";
import { LANES } from "../support/lanes.ts";
import { type Listener, listen } from "../support/listener.ts";
import { AGE_POLICY, MALWARE_POLICY, policyFile } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";
import { showsSentence } from "../support/terminal.ts";

const YOUNG = "2026-11-21T12:00:00Z";
const versions = (...all: readonly string[]) => all.map((version) => ({ version }));
const SCRIPT = "fn main() {}\n";
const CRATES: readonly FixtureCrate[] = [
  { name: "dep", versions: versions("1.0.0", "1.1.0", "1.2.0") },
  { name: "turned", versions: versions("1.0.0", "1.1.0") },
  { name: "wide", versions: [{ version: "1.0.0", dependencies: { turned: "1" } }] },
  { name: "host", versions: [{ version: "1.0.0", dependencies: { dep: "1" } }] },
  { name: "pinned-host", versions: [{ version: "1.0.0", dependencies: { dep: "=1.2.0" } }] },
  { name: "evil-host", versions: [{ version: "1.0.0", dependencies: { "only-evil": "1" } }] },
  { name: "only-evil", versions: versions("1.0.0", "1.0.1") },
  { name: "young", versions: [{ version: "1.0.0" }, { version: "1.1.0", published: YOUNG }] },
  { name: "newborn", versions: [{ version: "0.1.0", published: YOUNG }] },
  { name: "tampered", versions: versions("1.0.0") },
  { name: "Inflector", versions: versions("0.11.3", "0.11.4") },
  { name: "scripted", versions: [{ version: "1.0.0" }, { version: "1.1.0", build: SCRIPT }] },
  { name: "macros", versions: [{ version: "1.0.0" }, { version: "1.1.0", procMacro: true }] },
];

const malware = (name: string, versions: readonly string[], id: string) => ({
  id,
  modified: "2026-11-01T00:00:00Z",
  affected: [{ package: { ecosystem: "crates.io", name }, versions: [...versions] }],
});
const RECORDS = [
  malware("dep", ["1.2.0"], "MAL-2026-1"),
  malware("only-evil", ["1.0.0", "1.0.1"], "MAL-2026-2"),
  malware("inflector", ["0.11.4"], "MAL-2026-3"),
];
const TURNED = malware("turned", ["1.1.0"], "MAL-2026-4");
/** Of two crates, for a rule that reads files has them all fetched. */
const COMPILE_POLICY = policyFile(
  "runs-when-compiled",
  `  rules:
    - name: script
      condition: pkg.name in ["scripted", "macros"] && (release.crate.buildScript || release.crate.procMacro)
      verdict: block
      message: It runs when it is compiled.`,
);

/** What the proxy itself reads, to judge it. */
const INSPECTED = ["/dl/scripted/1.1.0/download", "/dl/macros/1.1.0/download"];

const SEEN = fileURLToPath(new URL("./seen/", import.meta.url));

describe("cargo through the proxy", { skip: NO_CARGO ?? false }, () => {
  let crates: FixtureCrates;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let outside: Listener;
  /** Of before the denial. */
  let warm: CargoProject;
  const files: { turned?: Record<string, string>; wide?: Record<string, string>; evil?: Record<string, string> } = {};

  before(async () => {
    crates = await startCrates(CRATES);
    crates.tamper(
      "tampered",
      "1.0.0",
      buildCrates({ name: "tampered", versions: versions("2.0.0") })[0]?.bytes ?? Buffer.of(),
    );
    folder = makeBundleFolder();
    await folder.sign({ source: { policies: [MALWARE_POLICY] } });
    outside = await listen();
    proxy = await startTestProxy(folder, crates, { upstreams: new Map([["cargo", new URL("index/", crates.url)]]) });
    warm = project({ dependencies: { turned: "1" } });
    assertDone(await warm.fetch());
    files.turned = await lock({ turned: "1" });
    files.wide = await lock({ wide: "1" });
    files.evil = await lock({ "only-evil": "1" });
    await folder.sign({
      revision: 2,
      source: { policies: [MALWARE_POLICY, AGE_POLICY] },
      records: [...RECORDS, TURNED],
    });
    await proxy.lifecycle.poll();
  });
  after(async () => {
    await proxy?.close();
    for (const server of [crates, outside]) await server?.close();
    folder?.remove();
    warm?.remove();
  });
  afterEach(assertWire);

  function project(options: CargoProjectOptions = {}): CargoProject & AsyncDisposable {
    const made = makeCargoProject(`sparse+${proxy.publicUrl}/cargo/`, { outside: outside.url, ...options });
    return { ...made, [Symbol.asyncDispose]: async () => made.remove() };
  }

  /** The lockfile of these dependencies, as a project's files. */
  async function lock(dependencies: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    await using made = project({ dependencies });
    assertDone(await made.generateLockfile());
    return { [CARGO_LOCKFILE]: made.lockfile() ?? "" };
  }

  function assertDone({ code, output }: ClientRun): void {
    assert.equal(code, 0, output);
  }

  /** That it fails, shows the whole reason and where to read more, and keeps nothing of the crate. */
  function assertRefused(made: CargoProject, { code, output }: ClientRun, name: string, version: string): void {
    const purl = `pkg:cargo/${name}@${version}`;
    assert.equal(code, 101, output);
    assert.ok(showsSentence(output, purl), output);
    assert.ok(output.includes(`\n  Why, and how to ask for an exception: ${proxy.publicUrl}/-/why/${purl}\n`), output);
    assert.ok(!made.unpacked(name).includes(version));
  }

  /** Each file that the registry was asked for, the gate had allowed; and nobody but the proxy has asked. */
  async function assertWire(): Promise<void> {
    const asked = [...crates.asked];
    assert.deepEqual(
      asked.filter(({ agent }) => agent !== "cordon"),
      [],
    );
    assert.deepEqual(outside.requests, [], "asked of other hosts");
    const fetched = asked.map(({ path }) => path).filter((path) => path.startsWith("/dl/"));
    assert.deepEqual(await unallowed(fetched), []);
    assert.equal(new Set(fetched).size, fetched.length, "a file was asked for twice");
  }

  async function unallowed(fetched: readonly string[]): Promise<string[]> {
    const allowed = (await proxy.decisions())
      .filter(({ kind, decision }) => kind === "file" && (decision === "allow" || decision === "warn"))
      .map(({ purl }) => parseReleasePurl(String(purl)))
      .map(({ name, version }) => crates.pathOf(name, version));
    return fetched.filter((path) => !allowed.includes(path) && !INSPECTED.includes(path));
  }

  describe("with what is allowed", { concurrency: LANES }, () => {
    for (const form of ["replacement", "registry"] as const)
      it(`builds with the highest allowed version of a range (${form})`, async () => {
        await using made = project({ form });
        assertDone(await made.add("dep@1"));
        assert.equal(made.locked("dep"), "1.1.0");
        assertDone(await made.build());
        assert.deepEqual(made.unpacked("dep"), ["1.1.0"]);
        assertDone(await made.build("--locked", "--offline"));
      });

    it("adds an older version where the newest is blocked", async () => {
      await using made = project();
      assertDone(await made.add("dep"));
      assert.equal(made.locked("dep"), "1.1.0");
    });

    it("passes by a blocked release of what a crate depends on", async () => {
      await using made = project({ dependencies: { host: "1" } });
      assertDone(await made.build());
      assert.equal(made.locked("dep"), "1.1.0");
    });

    it("passes by a release that is too young", async () => {
      await using made = project({ dependencies: { young: "1" } });
      assertDone(await made.fetch());
      assert.deepEqual(made.unpacked("young"), ["1.0.0"]);
    });

    it("builds with a crate whose name has both cases", async () => {
      await using made = project({ dependencies: { Inflector: "0.11" } });
      assertDone(await made.build());
      assert.deepEqual(made.unpacked("Inflector"), ["0.11.3"]);
    });
  });

  describe("asking again", { concurrency: false }, () => {
    it("asks nothing the second time, and for an update no more than what has changed", async () => {
      await using made = project({ dependencies: { host: "1" } });
      assertDone(await made.build());
      const before = [crates.requests.length, crates.bytes];
      for (const ask of ["fetch", "build", "buildFrozen", "update"] as const) assertDone(await made[ask]());
      await using other = project({ dependencies: { host: "1" } });
      assertDone(await other.build());
      assert.deepEqual([crates.requests.length, crates.bytes], before);
    });
  });

  describe("with what is denied", { concurrency: LANES }, () => {
    it("says of an exact pin that it is yanked, for cargo asks for nothing more", async () => {
      await using made = project({ dependencies: { dep: "=1.2.0" } });
      const run = await made.build();
      assert.equal(run.code, 101);
      assert.match(run.output, /version 1\.2\.0 is yanked/);
      assert.deepEqual(made.unpacked("dep"), []);
      await assertSeen(made, "pin", run);
    });

    it("says so of a pin that another crate has", async () => {
      await using made = project({ dependencies: { "pinned-host": "1" } });
      const { code, output } = await made.build();
      assert.equal(code, 101);
      assert.match(output, /version 1\.2\.0 is yanked/);
    });

    it("says so of a release that is too young", async () => {
      await using made = project({ dependencies: { young: "=1.1.0" } });
      const { code, output } = await made.build();
      assert.equal(code, 101);
      assert.match(output, /version 1\.1\.0 is yanked/);
    });

    for (const what of ["turned", "wide"] as const)
      it(`shows the reason of what was locked before it was blocked (${what})`, async () => {
        for (const ask of ["fetch", "build", "buildFrozen"] as const) {
          await using made = project({ dependencies: { [what]: "1" }, files: files[what] ?? {} });
          const run = await made[ask]();
          assertRefused(made, run, "turned", "1.1.0");
          assert.equal(made.lockfile(), files[what]?.[CARGO_LOCKFILE]);
          if (what === "turned" && ask === "buildFrozen") await assertSeen(made, "lockfile", run);
        }
      });

    it("shows it to who vendors what was locked", async () => {
      await using made = project({ dependencies: { turned: "1" }, files: files.turned ?? {} });
      assertRefused(made, await made.run("vendor", "--respect-source-config"), "turned", "1.1.0");
    });

    it("is not asked by who has downloaded it before", async () => {
      const run = await warm.buildFrozen();
      assertDone(run);
      assert.deepEqual(warm.unpacked("turned"), ["1.1.0"]);
    });

    it("is healed by an update", async () => {
      await using made = project({ dependencies: { turned: "1" }, files: files.turned ?? {} });
      const run = await made.update();
      assertDone(run);
      assert.equal(made.locked("turned"), "1.0.0");
      await assertSeen(made, "update", run);
      assertDone(await made.buildFrozen());
    });

    for (const [what, dependencies, locked] of [
      ["asked for", { "only-evil": "1" }, false],
      ["pinned", { "only-evil": "=1.0.0" }, false],
      ["another crate's", { "evil-host": "1" }, false],
      ["locked before", { "only-evil": "1" }, true],
    ] as const)
      it(`shows the reason of a crate of which nothing is allowed (${what})`, async () => {
        await using made = project({ dependencies, files: locked ? (files.evil ?? {}) : {} });
        const run = await made.fetch();
        assertRefused(made, run, "only-evil", "1.0.1");
        if (what === "asked for") await assertSeen(made, "crate", run);
      });

    it("shows until when a crate is held that is too young as a whole", async () => {
      await using made = project();
      const run = await made.add("newborn");
      assertRefused(made, run, "newborn", "0.1.0");
      assert.match(run.output, /until 2026-11-24T12:00:00Z/);
      await assertSeen(made, "young", run);
    });

    it("takes no file with other bytes than the index names", async () => {
      await using made = project({ dependencies: { tampered: "1" } });
      const run = await made.fetch();
      assert.equal(run.code, 101, run.output);
      assert.match(run.output, /got 502[\s\S]*are not those that the registry's metadata names/);
      assert.deepEqual(made.unpacked("tampered"), []);
      await assertSeen(made, "tampered", run);
    });

    it("searches, and shows that it cannot publish here", async () => {
      await using made = project({ form: "registry", token: "secret" });
      const run = await made.run("search", "--registry", "cordon", "dep");
      assert.equal(run.code, 0, run.output);
      await assertSeen(made, "search", run);
      const publish = await made.run("publish", "--registry", "cordon", "--allow-dirty", "--no-verify");
      assert.equal(publish.code, 101);
      assert.match(publish.output, /nothing is published through this registry/);
    });

    it("records what was denied, by whom it was asked for", async () => {
      await using made = project({ dependencies: { turned: "1" }, files: files.turned ?? {} });
      assertRefused(made, await made.fetch(), "turned", "1.1.0");
      const denied = (await proxy.decisions()).filter(
        ({ purl, kind, decision }) => purl === "pkg:cargo/turned@1.1.0" && kind === "file" && decision === "block",
      );
      assert.equal(denied.at(-1)?.policy, "known-malicious");
      assert.match(denied.at(-1)?.client.agent ?? "", /^cargo\//);
    });
  });

  describe("with a rule on what runs when it is compiled", { concurrency: false }, () => {
    before(async () => {
      await folder.sign({ revision: 3, source: { policies: [MALWARE_POLICY, COMPILE_POLICY] }, records: RECORDS });
      await proxy.lifecycle.poll();
    });

    for (const name of ["scripted", "macros"])
      it(`builds with a version of ${name} that runs nothing`, async () => {
        await using made = project({ dependencies: { [name]: "1" } });
        assertDone(await made.build());
        assert.deepEqual(made.unpacked(name), ["1.0.0"]);
        await using pinned = project({ dependencies: { [name]: "=1.1.0" } });
        const { code, output } = await pinned.build();
        assert.equal(code, 101);
        assert.match(output, /version 1\.1\.0 is yanked/);
      });
  });

  describe("while the upstream is away", { concurrency: false }, () => {
    it("builds with what the proxy has, and says what it has not", async () => {
      await using had = project({ dependencies: { host: "1" } });
      assertDone(await had.build());
      await crates.close();
      await using made = project({ dependencies: { host: "1" } });
      assertDone(await made.build());
      await using other = project({ dependencies: { wide: "=9" } });
      assert.equal((await other.build()).code, 101);
      await using never = project({ dependencies: { never: "1" } });
      const { code, output } = await never.fetch();
      assert.equal(code, 101);
      assert.match(output, /got 502[\s\S]*cannot be reached/);
    });
  });

  /** What a person sees, as a file that a change of it shows in. */
  async function assertSeen(made: CargoProject, situation: string, { output }: ClientRun): Promise<void> {
    const file = join(SEEN, `cargo-${situation}.txt`);
    const seen = normalised(output, made.path);
    if (process.env["CORDON_UPDATE_SEEN"] === "1") {
      mkdirSync(SEEN, { recursive: true });
      writeFileSync(file, seen);
    }
    // It is the machine's.
    const version = (await made.run("--version")).output.split(" ")[1] ?? "";
    if (!version.startsWith("1.95."))
      return console.log(`# what cargo ${version} shows is not compared: seen/ is of 1.95`);
    assert.equal(seen, readFileSync(file, "utf8"));
  }

  /** Without what differs from run to run: ports and folders. */
  function normalised(output: string, path: string): string {
    const host = proxy.publicUrl.replace(/\d+$/, "PORT");
    return `${output
      .replaceAll(proxy.publicUrl, host)
      .replaceAll(crates.url.origin, "http://UPSTREAM")
      .replaceAll(path, "PROJECT")
      .replace(/[ \t]+$/gm, "")
      .trim()}\n`;
  }
});
