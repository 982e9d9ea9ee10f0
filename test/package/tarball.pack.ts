/** What is in the package, and what linters of packages say of it. */
import assert from "node:assert/strict";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { before, describe, it } from "node:test";
import { makeFolder } from "../support/folder.ts";
import { install, type Packed, pack, packInto, ROOT, runIn } from "../support/packed.ts";

/** Everything else is not for those who install. */
const WANTED = [
  /^(LICENSE|README\.md|package\.json|build\.json|oclif\.manifest\.json)$/,
  /^dist\/(cli|core|proxy)\/[a-z0-9/-]+\.js$/,
  /^(dist\/)?schemas\/[a-z-]+\.schema\.json$/,
  /^types\/(index\.d\.ts|package\.json)$/,
  /^policies\/(cordon\.yaml|[a-z]+\/[\w./-]+\.(yaml|json|txt))$/,
];
const MAX_BYTES = 700 * 1024;
const MAX_FILES = 700;

describe("the tarball", () => {
  let packed: Packed;
  let folder: string;

  before(async () => {
    packed = await pack();
    folder = await install();
  });

  const read = (path: string) => readFileSync(join(folder, "node_modules", "cordon", path), "utf8");

  it("has what is wanted, and is small", (t) => {
    for (const { path } of packed.files)
      assert.ok(
        WANTED.some((one) => one.test(path)),
        path,
      );
    for (const path of ["dist/cli/bin/run.js", "oclif.manifest.json", "policies/cookbook/deny-list/policy.yaml"])
      assert.ok(
        packed.files.some((file) => file.path === path),
        path,
      );
    assert.ok(packed.size < MAX_BYTES, `${packed.size} bytes`);
    assert.ok(packed.files.length < MAX_FILES, `${packed.files.length} files`);
    t.diagnostic(`${Math.round(packed.size / 1024)} KiB in ${packed.files.length} files`);
  });

  it("has every file that another imports", () => {
    const paths = new Set(packed.files.map(({ path }) => path));
    let imports = 0;
    for (const path of [...paths].filter((one) => one.endsWith(".js")))
      for (const [, target = ""] of read(path).matchAll(/^(?:import|export) (?:[^;"]* from )?"(\.[^"]+)"/gm)) {
        imports++;
        assert.ok(paths.has(join(dirname(path), target)), `${path} imports ${target}`);
      }
    assert.ok(imports > 500, `${imports}`);
  });

  it("has no secret, and no import of a source", () => {
    for (const { path } of packed.files) {
      assert.doesNotMatch(
        read(path),
        /-----BEGIN [A-Z ]*PRIVATE KEY-----\n|npm_[A-Za-z0-9]{36}|gh[ps]_[A-Za-z0-9]{36}/,
        path,
      );
      if (path.endsWith(".js")) assert.doesNotMatch(read(path), /(from|import\() ?"\.[^"]+\.ts"/, path);
    }
  });

  it("tells the commit that it was built from", async () => {
    const { stdout } = await runIn(ROOT, "git", ["rev-parse", "HEAD"]);
    const { version } = JSON.parse(read("package.json"));
    assert.deepEqual(JSON.parse(read("build.json")), { commit: stdout.trim(), version });
  });

  it("has the same bytes when it is built from the same commit elsewhere", async (t) => {
    const changed = await runIn(ROOT, "git", ["status", "--porcelain", "--untracked-files=no"]);
    if (changed.stdout !== "") return t.skip("what is checked out is not what is committed");
    const elsewhere = makeFolder();
    try {
      const checkout = join(elsewhere.path, "checkout");
      const cloned = await runIn("/", "git", ["clone", "--quiet", ROOT, checkout]);
      assert.equal(cloned.code, 0, cloned.stderr);
      symlinkSync(join(ROOT, "node_modules"), join(checkout, "node_modules"));
      const again = await packInto(checkout, elsewhere.path);
      assert.ok(readFileSync(again.tarball).equals(readFileSync(packed.tarball)));
    } finally {
      elsewhere.remove();
    }
  });

  it("brings nothing that runs at the install, and none of what a checkout brings along", async () => {
    const { packages } = JSON.parse(readFileSync(join(folder, "node_modules", ".package-lock.json"), "utf8"));
    const names = Object.keys(packages);
    assert.ok(names.length > 20);
    for (const name of names) {
      assert.equal(packages[name].hasInstallScript, undefined, name);
      assert.doesNotMatch(name, /node-linux|@pnpm|toolchain|typescript|biome|deno/);
    }
  });

  for (const [what, ...command] of [
    ["publint", "--package=publint@0.3.25", "--", "publint", "--strict"],
    ["arethetypeswrong", "--package=@arethetypeswrong/cli@0.18.5", "--", "attw", "--no-color"],
  ])
    it(`is clean for ${what}`, async () => {
      const { code, stdout, stderr } = await runIn(folder, "npm", [
        "exec",
        "--yes",
        "--loglevel=error",
        ...command,
        packed.tarball,
      ]);
      assert.equal(code, 0, stdout + stderr);
    });

  for (const [what, verdict, isRight] of [
    ["gives programs the types of its documents", '"block"', true],
    ["gives programs types that are not just anything", '"blok"', false],
  ] as const)
    it(what, async () => {
      const text = `import type { Decision } from "cordon/types";\nexport const verdict: Decision["decision"] = ${verdict};\n`;
      writeFileSync(join(folder, "program.mts"), text);
      const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
      for (const resolution of ["nodenext", "bundler"]) {
        const module = resolution === "bundler" ? "esnext" : resolution;
        const settings = ["--strict", "--noEmit", "--types", "", "--module", module, "--moduleResolution", resolution];
        const { code, stdout } = await runIn(folder, process.execPath, [compiler, ...settings, "program.mts"]);
        assert.equal(code === 0, isRight, stdout);
        if (!isRight) assert.match(stdout, /"blok"/);
      }
    });

  for (const [what, expression, says] of [
    ["schemas", 'import("cordon/schemas/policy.schema.json", { with: { type: "json" } })', /https:\/\/json-schema/],
    ["no code", 'import("cordon")', /ERR_PACKAGE_PATH_NOT_EXPORTED/],
    ["no file of its own", 'import("cordon/dist/core/gate.js")', /ERR_PACKAGE_PATH_NOT_EXPORTED/],
  ] as const)
    it(`gives programs ${what}`, async () => {
      const script = `${expression}.then(({ default: { $schema } }) => console.log($schema), ({ code }) => console.log(code))`;
      const { stdout, stderr } = await runIn(folder, process.execPath, ["--input-type=module", "--eval", script]);
      assert.match(stdout, says, stderr);
    });
});
