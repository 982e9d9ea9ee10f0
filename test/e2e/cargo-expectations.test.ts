/**
 * What cargo expects of a sparse registry, with the real cargo through the proxy: situations of its own tests
 * (github.com/rust-lang/cargo at af373f76, tests/testsuite), each named as there, in words and crates of our own. Nothing is
 * denied here: what is held to is that the proxy is a registry like any other.
 */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { type CargoProject, type CargoProjectOptions, makeCargoProject, NO_CARGO } from "../support/cargo-client.ts";
import type { ClientRun } from "../support/clients.ts";
import { buildCrates, type FixtureCrate } from "../support/crates.ts";
import { indexEntry, indexPath } from "../support/crates-index.ts";
import { type FixtureCrates, startCrates } from "../support/crates-registry.ts";
import { MALWARE_POLICY } from "../support/policies.ts";
import { type BundleFolder, makeBundleFolder, startTestProxy, type TestProxy } from "../support/proxy.ts";

/** A crate of these versions. */
const crate = (name: string, ...versions: readonly string[]): FixtureCrate => ({
  name,
  versions: versions.map((version) => ({ version })),
});

describe("what cargo expects of a registry", { skip: NO_CARGO ?? false }, () => {
  let crates: FixtureCrates;
  let folder: BundleFolder;
  let proxy: TestProxy;
  let clock: Date;
  const projects: CargoProject[] = [];

  beforeEach(async () => {
    clock = new Date("2026-11-22T12:00:00Z");
    crates = await startCrates();
    folder = makeBundleFolder();
    await folder.sign({ source: { policies: [MALWARE_POLICY] } });
    const upstreams = new Map([["cargo" as const, new URL("index/", crates.url)]]);
    proxy = await startTestProxy(folder, crates, { upstreams, now: () => clock });
  });

  afterEach(async () => {
    for (const project of projects.splice(0)) project.remove();
    await proxy.close();
    await crates.close();
    folder.remove();
  });

  function project(dependencies: CargoProjectOptions["dependencies"], more: CargoProjectOptions = {}): CargoProject {
    const made = makeCargoProject(`sparse+${proxy.publicUrl}/cargo/`, {
      ...more,
      ...(dependencies && { dependencies }),
    });
    projects.push(made);
    return made;
  }

  /** What is kept of an entry is looked at again after a while. */
  function later(): void {
    clock = new Date(clock.getTime() + 3_600_000);
  }

  const done = ({ code, output }: ClientRun): string => {
    assert.equal(code, 0, output);
    return output;
  };
  const failed = ({ code, output }: ClientRun): string => {
    assert.notEqual(code, 0, output);
    return output;
  };

  describe("registry.rs", () => {
    it("deps: what a dependency needs comes with it", async () => {
      crates.put(crate("baz", "0.0.1"));
      crates.put({ name: "bar", versions: [{ version: "0.0.1", dependencies: { baz: "*" } }] });
      const made = project({ bar: ">=0.0.0" });
      done(await made.build());
      assert.deepEqual([made.locked("bar"), made.locked("baz")], ["0.0.1", "0.0.1"]);
    });

    it("nonexistent: a crate that there is not is said not to be found", async () => {
      assert.match(
        failed(await project({ nonexistent: ">=0.0.0" }).build()),
        /no matching package named `nonexistent` found/,
      );
    });

    it("wrong_case: names differ by case, and cargo can say which there is", async () => {
      crates.put(crate("init", "0.0.1"));
      const output = failed(await project({ Init: ">=0.0.0" }).build());
      assert.match(output, /no matching package found[\s\S]*`Init`[\s\S]*init/);
    });

    it("mis_hyphenated: the other spelling is found for the hint", async () => {
      crates.put(crate("mis-hyphenated", "0.0.1"));
      const output = failed(await project({ mis_hyphenated: ">=0.0.0" }).build());
      assert.match(output, /no matching package[\s\S]*mis_hyphenated[\s\S]*mis-hyphenated/);
    });

    it("not_found_permutations: every spelling with - and _ is answered with 404", async () => {
      failed(await project({ "a-b_c": "1.0" }).build());
      const asked = crates.asked
        .filter(({ path }) => path.includes("/a"))
        .map(({ path, status }) => `${path} ${status}`);
      assert.deepEqual([...new Set(asked)].sort(), [
        "/index/a-/b-/a-b-c 404",
        "/index/a-/b_/a-b_c 404",
        "/index/a_/b_/a_b_c 404",
      ]);
    });

    it("wrong_version: the versions that there are are named", async () => {
      crates.put(crate("dep", "0.0.1", "0.0.2"));
      assert.match(failed(await project({ dep: ">=1.0.0" }).build()), /didn't match: 0\.0\.2, 0\.0\.1/);
    });

    it("update_registry: what is published later is found", async () => {
      const made = project({ notyet: ">=0.0.0" });
      failed(await made.build());
      crates.put(crate("notyet", "0.0.1"));
      later();
      done(await made.build());
    });

    it("lockfile_locks: a lockfile keeps to its version", async () => {
      crates.put(crate("dep", "0.0.1"));
      const made = project({ dep: "*" });
      done(await made.build());
      crates.put(crate("dep", "0.0.1", "0.0.2"));
      later();
      done(await made.build());
      assert.equal(made.locked("dep"), "0.0.1");
      done(await made.update("dep"));
      assert.equal(made.locked("dep"), "0.0.2");
    });

    it("yanks_are_not_used: a withdrawn version is passed by", async () => {
      crates.put({ name: "dep", versions: [{ version: "0.0.1" }, { version: "0.0.2", yanked: true }] });
      const made = project({ dep: "*" });
      done(await made.build());
      assert.equal(made.locked("dep"), "0.0.1");
    });

    it("relying_on_a_yank_is_bad: a pin of one is told that it is withdrawn", async () => {
      crates.put({ name: "dep", versions: [{ version: "0.0.1" }, { version: "0.0.2", yanked: true }] });
      crates.put({ name: "host", versions: [{ version: "0.0.1", dependencies: { dep: "=0.0.2" } }] });
      assert.match(failed(await project({ host: "*" }).build()), /dep[\s\S]*=0\.0\.2/);
    });

    it("yanks_in_lockfiles_are_ok: what is locked still builds, and an update finds nothing", async () => {
      crates.put(crate("dep", "0.0.1"));
      const made = project({ dep: "*" });
      done(await made.build());
      crates.put({ name: "dep", versions: [{ version: "0.0.1", yanked: true }] });
      later();
      done(await made.build());
      assert.match(
        failed(await made.update()),
        /no matching package named `dep` found|failed to select a version|yanked/,
      );
    });

    it("update_with_lockfile_if_packages_missing: what is gone from the cache is fetched again", async () => {
      crates.put(crate("dep", "0.0.1"));
      const made = project({ dep: "*" });
      done(await made.build());
      const fresh = project({ dep: "*" }, { files: { "Cargo.lock": made.lockfile() ?? "" } });
      done(await fresh.buildFrozen());
      assert.deepEqual(fresh.unpacked("dep"), ["0.0.1"]);
    });

    it("dev_dependency_not_used: what only tests of a crate need is not asked for", async () => {
      crates.put({
        name: "dep",
        versions: [{ version: "0.0.1", dependencies: { tester: { req: "*", kind: "dev" } } }],
      });
      done(await project({ dep: "*" }).build());
      assert.ok(!crates.requests.some((path) => path.includes("tester")));
    });

    it("only_download_relevant: files of other platforms are not fetched", async () => {
      crates.put(crate("dep", "0.1.0"));
      crates.put({
        name: "host",
        versions: [{ version: "0.1.0", dependencies: { dep: { req: "*", target: "cfg(any())" } } }],
      });
      done(await project({ host: "*" }).build());
      assert.ok(!crates.requests.some((path) => path.includes("/dl/dep/")));
    });

    it("update_same_prefix_oh_my_how_was_this_a_bug: names that begin alike are different crates", async () => {
      crates.put(crate("foobar", "0.2.0"));
      crates.put({ name: "foobar-more", versions: [{ version: "0.1.0", dependencies: { foobar: "*" } }] });
      const made = project({ "foobar-more": "*" });
      done(await made.build());
      done(await made.update("foobar", "--precise=0.2.0"));
    });

    it("toml_lies_but_index_is_truth: the entry's dependencies count", async () => {
      crates.put(crate("dep", "0.2.0", "0.3.0"));
      crates.put({ name: "host", versions: [{ version: "0.1.0", dependencies: { dep: "=0.2.0" } }] });
      const made = project({ host: "*" });
      done(await made.build());
      assert.equal(made.locked("dep"), "0.2.0");
    });

    it("rename_deps_and_features: a dependency under another name, with features in both forms", async () => {
      crates.put({ name: "dep", versions: [{ version: "0.1.0" }, { version: "0.2.0" }] });
      crates.put({
        name: "host",
        versions: [
          {
            version: "0.2.0",
            dependencies: { old: { req: "0.1", package: "dep" }, next: { req: "0.2", package: "dep", optional: true } },
            features: { another: ["dep:next"] },
          },
        ],
      });
      const made = project({ host: { version: "0.2.0", features: ["another"] } });
      done(await made.build());
      assert.match(made.lockfile() ?? "", /name = "dep"\nversion = "0\.1\.0"[\s\S]*name = "dep"\nversion = "0\.2\.0"/);
    });

    it("ignore_invalid_json_lines: a line that nobody can read does not spoil the others", async () => {
      const dep = crate("dep", "0.1.0", "0.2.0");
      const [first = "", second = ""] = indexEntry(dep).trimEnd().split("\n");
      crates.put(dep);
      crates.answer(`/index/${indexPath("dep")}`, (_, response) => {
        response.end(`${first}\n{"name":"dep","vers":"0.1.1","invalid`.concat(`\n${second}\n`));
      });
      const made = project({ dep: "0.1.0", other: { version: "0.2.0", package: "dep" } });
      done(await made.build());
    });

    it("ignores_unknown_index_version: a line of a later form is passed by", async () => {
      crates.put({ name: "dep", versions: [{ version: "1.0.0" }, { version: "1.0.1", line: { v: 4294967295 } }] });
      const made = project({ dep: "1.0" });
      done(await made.build());
      assert.equal(made.locked("dep"), "1.0.0");
    });

    it("differ_only_by_metadata: builds of one version are different releases", async () => {
      crates.put({ name: "dep", versions: [{ version: "0.0.1+b" }, { version: "0.0.1+c", yanked: true }] });
      const made = project({ dep: "=0.0.1" });
      done(await made.build());
      assert.equal(made.locked("dep"), "0.0.1+b");
      crates.put({
        name: "dep",
        versions: [{ version: "0.0.1+b" }, { version: "0.0.1+c", yanked: true }, { version: "0.0.1+d" }],
      });
      later();
      done(await made.build());
      assert.equal(made.locked("dep"), "0.0.1+b");
    });

    it("deleted_entry: a crate that is taken down is no more, for whoever had it in memory too", async () => {
      crates.put(crate("dep", "0.0.1"));
      done(await project({ dep: "*" }).build());
      crates.answer(`/index/${indexPath("dep")}`, (_, response) => {
        response.statusCode = 404;
        response.end();
      });
      later();
      assert.match(failed(await project({ dep: "*" }).build()), /no matching package named `dep` found/);
    });

    it("bad_cksum: bytes that the entry does not name are not unpacked", async () => {
      crates.put(crate("dep", "0.0.1"));
      crates.tamper("dep", "0.0.1", Buffer.from("other bytes"));
      const made = project({ dep: "*" });
      failed(await made.build());
      assert.deepEqual(made.unpacked("dep"), []);
    });

    it("lockfile_locks_transitively: a lockfile keeps to the versions of what its crates need", async () => {
      const publish = (...versions: readonly string[]) => {
        crates.put(crate("baz", ...versions));
        crates.put({ name: "bar", versions: versions.map((version) => ({ version, dependencies: { baz: "*" } })) });
      };
      publish("0.0.1");
      const made = project({ bar: "*" });
      done(await made.build());
      publish("0.0.1", "0.0.2");
      later();
      done(await made.build());
      assert.deepEqual([made.locked("bar"), made.locked("baz")], ["0.0.1", "0.0.1"]);
    });

    it("yanks_in_lockfiles_are_ok_for_other_update: what is withdrawn keeps nothing else from being updated", async () => {
      crates.put(crate("bar", "0.0.1"));
      crates.put(crate("baz", "0.0.1"));
      const made = project({ bar: "*", baz: "*" });
      done(await made.build());
      crates.put({ name: "bar", versions: [{ version: "0.0.1", yanked: true }] });
      crates.put(crate("baz", "0.0.1", "0.0.2"));
      later();
      failed(await made.update());
      done(await made.update("baz"));
      assert.deepEqual([made.locked("bar"), made.locked("baz")], ["0.0.1", "0.0.2"]);
    });

    it("yanks_in_lockfiles_are_ok_with_new_dep: nor from being added", async () => {
      crates.put(crate("bar", "0.0.1"));
      const made = project({ bar: "*" });
      done(await made.build());
      crates.put({ name: "bar", versions: [{ version: "0.0.1", yanked: true }] });
      crates.put(crate("baz", "0.0.1"));
      later();
      done(await made.add("baz@*"));
      done(await made.build());
      assert.deepEqual([made.locked("bar"), made.locked("baz")], ["0.0.1", "0.0.1"]);
    });

    it("update_publish_then_update: a lockfile that knows more than what is kept here has it asked again", async () => {
      crates.put(crate("dep", "0.1.0"));
      const made = project({ dep: "0.1.0" });
      done(await made.build());
      crates.put(crate("dep", "0.1.0", "0.1.1"));
      later();
      const other = project({ dep: "0.1.1" });
      done(await other.generateLockfile());
      made.write("Cargo.lock", other.lockfile() ?? "");
      done(await made.build());
      assert.equal(made.locked("dep"), "0.1.1");
    });

    it("update_multiple_packages: what is named is updated, and no more", async () => {
      const names = ["a", "b", "c"];
      for (const name of names) crates.put(crate(name, "0.1.0"));
      const made = project({ a: "*", b: "*", c: "*" });
      done(await made.fetch());
      for (const name of names) crates.put(crate(name, "0.1.0", "0.1.1"));
      later();
      done(await made.update("a", "b"));
      assert.deepEqual(names.map(made.locked), ["0.1.1", "0.1.1", "0.1.0"]);
      done(await made.update("b", "c"));
      assert.deepEqual(names.map(made.locked), ["0.1.1", "0.1.1", "0.1.1"]);
    });

    it("resolve_and_backtracking: a version whose needs cannot be met is passed by", async () => {
      crates.put(crate("needed", "0.1.0"));
      const dependencies = { needed: { req: "0.1", features: ["a", "b"] } };
      crates.put({ name: "dep", versions: [{ version: "0.1.0" }, { version: "0.1.1", dependencies }] });
      const made = project({ dep: "*" });
      done(await made.build());
      assert.equal(made.locked("dep"), "0.1.0");
    });

    it("use_semver: a version before the first is found by who asks for it", async () => {
      crates.put(crate("dep", "1.2.3-alpha.0"));
      const made = project({ dep: "1.2.3-alpha.0" });
      done(await made.build());
      assert.equal(made.locked("dep"), "1.2.3-alpha.0");
    });

    it("differ_only_by_metadata_with_lockfile: one build among several can be pinned", async () => {
      crates.put(crate("dep", "0.0.1+a", "0.0.1+b", "0.0.1+c"));
      const made = project({ dep: "=0.0.1" });
      done(await made.update("dep", "--precise", "0.0.1+b"));
      done(await made.build());
      assert.equal(made.locked("dep"), "0.0.1+b");
    });

    for (const [name, path, status] of [
      ["sparse_retry_single", `/index/${indexPath("dep")}`, 500],
      ["retry_too_many_requests", `/index/${indexPath("dep")}`, 429],
      ["dl_retry_single", "/dl/dep/0.0.1/download", 500],
    ] as const)
      it(`${name}: what fails with ${status} once is asked again, and there then`, async () => {
        const dep = crate("dep", "0.0.1");
        const [built] = buildCrates(dep);
        crates.put(dep);
        let asked = 0;
        crates.answer(path, (_, response) => {
          asked += 1;
          if (asked === 1) return void response.writeHead(status).end();
          response.end(path.startsWith("/dl/") ? built?.bytes : indexEntry(dep));
        });
        const made = project({ dep: "*" }, { environment: { CARGO_NET_RETRY: "2" } });
        assert.match(done(await made.fetch()), /spurious network error/);
        assert.equal(asked, 2);
        assert.deepEqual(made.unpacked("dep"), ["0.0.1"]);
      });
  });

  describe("alt_registry.rs", () => {
    it("depend_on_alt_registry_depends_on_same_registry: what a crate needs is looked for where it is", async () => {
      crates.put(crate("baz", "0.0.1"));
      crates.put({ name: "bar", versions: [{ version: "0.0.1", dependencies: { baz: "0.0.1" } }] });
      const made = project({ bar: "0.0.1" }, { form: "registry" });
      done(await made.build());
      const sources = [...(made.lockfile() ?? "").matchAll(/^source = "(.*)"$/gm)].map(([, source]) => source);
      assert.deepEqual(sources, Array(2).fill(`sparse+${proxy.publicUrl}/cargo/`));
    });
  });

  describe("owner.rs", () => {
    it("simple_list: those of a crate are listed, by name where they have one", async () => {
      crates.put(crate("dep", "0.0.1"));
      crates.answer("/api/v1/crates/dep/owners", (_, response) => {
        const users = [
          { id: 1, login: "forge:acme:core", name: "Core" },
          { id: 2, login: "dev" },
        ];
        response.end(JSON.stringify({ users }));
      });
      const made = project(undefined, { form: "registry", token: "a-token-for-the-proxy" });
      const output = done(await made.run("owner", "--list", "dep", "--registry", "cordon"));
      assert.match(output, /forge:acme:core \(Core\)\ndev\n/);
      assert.ok(crates.asked.every(({ headers }) => headers.authorization === undefined));
    });
  });

  describe("search.rs", () => {
    it("simple: what matches is shown with its newest version", async () => {
      crates.put(crate("postgres", "0.17.3"));
      const output = done(
        await project(undefined, { form: "registry" }).run("search", "postgres", "--registry", "cordon"),
      );
      assert.match(output, /postgres = "0\.17\.3"/);
    });
  });
});
