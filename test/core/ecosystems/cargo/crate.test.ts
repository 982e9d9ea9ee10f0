import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { inspectCrate, inspectManifest } from "../../../../core/ecosystems/cargo/crate.ts";
import { parseListing } from "../../../../core/ecosystems/cargo/listing.ts";
import type { ListedRelease } from "../../../../core/ecosystems/ecosystem.ts";
import { CordonError } from "../../../../core/errors.ts";
import type { Crate, Release } from "../../../../schemas/types/facts.ts";
import { entry, line } from "../../../support/index-entry.ts";
import { type TarEntry, tar } from "../../../support/packument.ts";

const RELEASE = parseListing("some", entry([line()])).releases.get("1.0.0") as ListedRelease;
const PACKAGE = '[package]\nname = "some"\nversion = "1.0.0"\n';

type Files = Readonly<Record<string, string>>;
const entries = (files: Files, top = "some-1.0.0"): TarEntry[] =>
  Object.entries(files).map(([path, content]) => ({ path: `${top}/${path}`, content }));
const packed = (files: Files, ...others: TarEntry[]) => gzipSync(tar([...entries(files), ...others]));

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100) yield bytes.subarray(at, at + 100);
}

async function inspected(bytes: Uint8Array): Promise<Crate> {
  const { crate } = await inspectCrate(RELEASE, () => pieces(bytes));
  assert.ok(crate);
  return crate;
}

const manifestOf = (bytes: Uint8Array): Promise<Partial<Release>> => inspectManifest(RELEASE, () => pieces(bytes));

describe("inspectCrate()", () => {
  const SCRIPTS: readonly [what: string, files: Files, buildScript: boolean][] = [
    ["neither a script nor a word of one", { "Cargo.toml": PACKAGE }, false],
    ["a build.rs", { "Cargo.toml": PACKAGE, "build.rs": "" }, true],
    ["a build.rs before the manifest", { "build.rs": "", "Cargo.toml": PACKAGE }, true],
    ["a build.rs and `build = false`", { "Cargo.toml": `${PACKAGE}build = false`, "build.rs": "" }, false],
    ["`build = true`", { "Cargo.toml": `${PACKAGE}build = true` }, true],
    ["a script of another name", { "Cargo.toml": `${PACKAGE}build = "x.rs"`, "x.rs": "" }, true],
    ["a script in a folder", { "Cargo.toml": `${PACKAGE}build = "src/x.rs"`, "src/x.rs": "" }, true],
    ["several scripts", { "Cargo.toml": `${PACKAGE}build = ["a.rs", "b.rs"]` }, true],
    ["a script that is not there", { "Cargo.toml": `${PACKAGE}build = "x.rs"` }, true],
    ["an empty name", { "Cargo.toml": `${PACKAGE}build = ""` }, true],
    ["a script by an escaped key", { "Cargo.toml": `${PACKAGE}"\\u0062uild" = 'x.rs'` }, true],
    ["a script by a dotted key", { "Cargo.toml": 'package.name = "some"\npackage.build = "x.rs"' }, true],
    ["a script in an inline table", { "Cargo.toml": 'package = { name = "some", build = "x.rs" }' }, true],
    [
      "a script of the older [project]",
      { "Cargo.toml": `${PACKAGE.replace("package", "project")}build = "x.rs"` },
      true,
    ],
    ["none in the older [project]", { "Cargo.toml": PACKAGE.replace("package", "project") }, false],
    [
      "a [project] beside the package, which does not count",
      { "Cargo.toml": `${PACKAGE}[project]\nbuild = "x.rs"` },
      false,
    ],
    ["a build.rs in a folder", { "Cargo.toml": PACKAGE, "src/build.rs": "" }, false],
    ["a build.rs by a path with a dot", { "Cargo.toml": PACKAGE, "./build.rs": "" }, true],
    ["build in another table", { "Cargo.toml": `${PACKAGE}[package.metadata]\nbuild = "x.rs"` }, false],
    ["a prototype's build", { "Cargo.toml": `${PACKAGE}[package.__proto__]\nbuild = "x.rs"` }, false],
    ["CRLF", { "Cargo.toml": `${PACKAGE}build = "x.rs"\n`.replaceAll("\n", "\r\n") }, true],
  ];
  for (const [what, files, buildScript] of SCRIPTS)
    it(`${buildScript ? "finds a script" : "finds no script"} where there is ${what}`, async () =>
      assert.deepEqual(await inspected(packed(files)), { readable: true, buildScript, procMacro: false }));

  const MACROS: readonly [what: string, lib: string, procMacro: boolean][] = [
    ["proc-macro = true", "[lib]\nproc-macro = true", true],
    ["proc_macro = true", "[lib]\nproc_macro = true", true],
    ["both, of which one says no", "[lib]\nproc-macro = false\nproc_macro = true", true],
    ["proc-macro = false", "[lib]\nproc-macro = false", false],
    ["proc-macro = 'true'", "[lib]\nproc-macro = 'true'", false],
    ["a crate type", "[lib]\ncrate-type = ['proc-macro']", true],
    ["a crate type in the older spelling", "[lib]\ncrate_type = ['rlib', 'proc-macro']", true],
    ["a crate type alone", "[lib]\ncrate-type = 'proc-macro'", true],
    ["another crate type", "[lib]\ncrate-type = ['cdylib']", false],
    ["a table of another target", "[[bin]]\nproc-macro = true", false],
    ["no library", "", false],
  ];
  for (const [what, lib, procMacro] of MACROS)
    it(`takes ${what} for ${procMacro ? "a procedural macro" : "none"}`, async () =>
      assert.deepEqual(await inspected(packed({ "Cargo.toml": `${PACKAGE}${lib}` })), {
        readable: true,
        buildScript: false,
        procMacro,
      }));

  const good: Files = { "Cargo.toml": PACKAGE };
  const UNREADABLE: readonly [what: string, bytes: Uint8Array, problem: RegExp][] = [
    ["no archive", Buffer.from("no archive"), /./],
    ["nothing", Buffer.alloc(0), /./],
    ["half an archive", packed(good).subarray(0, 60), /./],
    ["more behind its end", Buffer.concat([packed(good), Buffer.from("x")]), /./],
    ["an archive within", gzipSync(packed(good)), /./],
    ["no manifest", packed({ "src/lib.rs": "" }), /no Cargo\.toml/],
    ["a manifest in a folder alone", packed({ "src/Cargo.toml": PACKAGE }), /no Cargo\.toml/],
    ["two manifests", packed(good, ...entries(good)), /Cargo\.toml twice/],
    ["a second manifest by a path with a dot", packed(good, ...entries({ "./Cargo.toml": PACKAGE })), /twice/],
    ["two scripts", packed({ ...good, "build.rs": "" }, ...entries({ "build.rs": "x" })), /build\.rs twice/],
    ["a manifest that is no TOML", packed({ "Cargo.toml": "[package" }), /no TOML/],
    ["a manifest with a key twice", packed({ "Cargo.toml": `${PACKAGE}name = "x"` }), /no TOML/],
    ["a manifest with a table twice", packed({ "Cargo.toml": `${PACKAGE}[package]` }), /no TOML/],
    ["a manifest of lists in one another", packed({ "Cargo.toml": `${PACKAGE}x = ${"[".repeat(50_000)}` }), /no TOML/],
    ["a manifest that is too large", packed({ "Cargo.toml": `#${"x".repeat(8 * 1024 * 1024)}` }), /too large/],
    ["files at two tops", packed(good, ...entries({ "build.rs": "" }, "some-1.0.1")), /more than one folder/],
    [
      "a second top that differs by case",
      packed(good, ...entries({ "build.rs": "" }, "Some-1.0.0")),
      /more than one folder/,
    ],
    ["a file at the top", packed(good, { path: "build.rs", content: "" }), /outside its folder/],
    ["a path upwards", packed(good, ...entries({ "../build.rs": "" })), /path/],
    ["a script that is a link", packed(good, { path: "some-1.0.0/build.rs", content: "", type: "2" }), /type "2"/],
    ["a script that is a hard link", packed(good, { path: "some-1.0.0/build.rs", content: "", type: "1" }), /type "1"/],
    // What is one file on one system is another one on the next.
    ["a script in upper case", packed({ ...good, "BUILD.RS": "" }), /BUILD\.RS/],
    ["a script with a long s", packed({ ...good, "build.r\u017f": "" }), /build\.r\u017f/],
    ["a script with a dot behind", packed({ ...good, "build.rs.": "" }), /build\.rs\./],
    ["a script with a space behind", packed({ ...good, "build.rs ": "" }), /build\.rs/],
    ["a script with the name of its stream", packed({ ...good, "build.rs::$DATA": "" }), /build\.rs/],
    ["a second manifest in lower case", packed({ ...good, "cargo.toml": `${PACKAGE}build = "x.rs"` }), /cargo\.toml/],
    ["a manifest in lower case alone", packed({ "cargo.toml": PACKAGE }), /cargo\.toml/],
  ];
  for (const [what, bytes, problem] of UNREADABLE)
    it(`does not guess what is in ${what}`, async () => {
      const crate = await inspected(bytes);
      assert.deepEqual([crate.readable, crate.buildScript, crate.procMacro], [false, true, true]);
      assert.match(crate.problem ?? "", problem);
      assert.ok((crate.problem ?? "").length <= 300 && !(crate.problem ?? "").includes("\n"));
      assert.deepEqual(await manifestOf(bytes), {});
    });

  it("does not take a release without a file for harmless", async () =>
    assert.equal(
      (await inspectCrate({ ...RELEASE, files: [] }, () => pieces(Buffer.alloc(0)))).crate?.readable,
      false,
    ));

  it("throws what the file throws, for that says nothing of what is in it", async () => {
    const away = new CordonError("UPSTREAM_UNREACHABLE", "away");
    // biome-ignore lint/correctness/useYield: it fails before there is anything
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      throw away;
    };
    await assert.rejects(inspectCrate(RELEASE, failing), away);
    await assert.rejects(inspectManifest(RELEASE, failing), away);
  });
});

describe("inspectManifest()", () => {
  const LONG = "x".repeat(3000);
  for (const [what, fields, found] of [
    [
      "both",
      'license = "MIT OR Apache-2.0"\nrepository = "https://source.example/x"',
      { license: "MIT OR Apache-2.0", repository: "https://source.example/x" },
    ],
    ["neither", "", {}],
    ["empty texts", 'license = ""\nrepository = ""', {}],
    ["other types", "license = 1\nrepository = ['https://source.example']", {}],
    ["what a workspace would say", "license.workspace = true", {}],
    ["a licence in a file", 'license-file = "LICENSE"', {}],
    ["texts that are too long", `license = "${LONG}"\nrepository = "${LONG}"`, {}],
  ] as const)
    it(`reads licence and repository: ${what}`, async () =>
      assert.deepEqual(await manifestOf(packed({ "Cargo.toml": `${PACKAGE}${fields}` })), found));

  it("reads those of the older [project]", async () =>
    assert.deepEqual(await manifestOf(packed({ "Cargo.toml": '[project]\nlicense = "MIT"' })), { license: "MIT" }));
});
