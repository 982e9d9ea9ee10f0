import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, it } from "node:test";

const CORE = [
  "core/page",
  "core/source",
  "core/versions",
  "core/ecosystems",
  "core/advisories",
  "core/policy",
  "core/sigstore",
  "core/bundle",
] as const;

/** What a folder may import of ours. Imports go one way: a line may name only itself and lines above it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  schemas: ["schemas"],
  "core/page": ["core", "core/page", "schemas"],
  "core/source": ["core", "core/source", "schemas"],
  "core/versions": ["core", "core/versions"],
  "core/ecosystems": ["core", "core/versions", "core/ecosystems", "schemas"],
  "core/advisories": ["core", "core/source", "core/versions", "core/advisories", "schemas"],
  "core/policy": ["core", "core/source", "core/versions", "core/ecosystems", "core/policy", "schemas"],
  "core/sigstore": ["core", "core/source", "core/sigstore", "schemas"],
  "core/bundle": ["core", "core/source", "core/advisories", "core/policy", "core/sigstore", "core/bundle", "schemas"],
  core: ["core", ...CORE, "schemas"],
  cli: ["core", ...CORE, "schemas", "cli"],
  proxy: ["core", ...CORE, "schemas", "proxy"],
  docs: ["core/policy", "schemas", "docs"],
};

/** The one import between the two halves: what starts a proxy, for the command and for the action that runs one in a job; and the version. */
const EXCEPTIONS = new Set(["cli/start-proxy.ts proxy/server.ts", "cli/version.ts package.json"]);

/** Of the files on core's own floor, those that know nothing of the rest; the others stand above the folders. */
const LEAVES = new Set(
  [
    "accept",
    "digest",
    "errors",
    "github",
    "http",
    "json",
    "json-api",
    "purl",
    "schema",
    "server-busy",
    "state",
    "time",
    "verdict",
    "words",
  ].map((name) => `core/${name}.ts`),
);

/** A bundle opens to the rules that the gate decides by. */
const ABOVE = new Set(["core/bundle/open.ts core/gate.ts"]);

/** One library, one home. */
const HOMES: Readonly<Record<string, RegExp>> = {
  "@oclif/core": /^(cli|docs\/generate)\//,
  "simple-git": /^cli\/git\//,
  koa: /^proxy\//,
  "@koa/router": /^proxy\//,
  "@marcbachmann/cel-js": /^core\/policy\/cel(-\w+)?\.ts$/,
  re2js: /^core\/policy\/cel(-\w+)?\.ts$/,
  "@sigstore/bundle": /^core\/(bundle|sigstore)\//,
  "@sigstore/protobuf-specs": /^core\/(bundle|sigstore)\//,
  "@sigstore/sign": /^core\/bundle\/sign\.ts$/,
  "@sigstore/tuf": /^core\/sigstore\/trusted-root\.ts$/,
  "@sigstore/verify": /^core\/(bundle\/signature|sigstore\/provenance)\.ts$/,
  undici: /^core\/http\.ts$/,
  ajv: /^core\/schema\.ts$/,
  yaml: /^core\/source\/yaml-file\.ts$/,
  semver: /^core\/(versions\/semver-range|ecosystems\/npm\/inspect)\.ts$/,
  "json-schema-to-typescript": /^schemas\/generate\.ts$/,
};

const files = globSync("{schemas,core,cli,proxy,docs}/**/*.ts").map((path) => path.replaceAll("\\", "/"));

function importsOf(path: string): string[] {
  return [...readFileSync(path, "utf8").matchAll(/(?:^|\n)\s*(?:import|export)\s(?:[^"';]*?\sfrom\s)?"([^"]+)"/g)].map(
    ([, specifier]) => specifier ?? "",
  );
}

function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

function folderOf(path: string): string {
  return (
    Object.keys(MAY_IMPORT)
      .filter((folder) => path.startsWith(`${folder}/`))
      .sort((a, b) => b.length - a.length)[0] ?? ""
  );
}

describe("imports", () => {
  it("are found", () => assert.ok(files.length > 50 && files.some((path) => importsOf(path).length > 5)));

  for (const path of files) {
    it(`of ${path} go one way, to files that exist`, () => {
      for (const specifier of importsOf(path).filter((specifier) => specifier.startsWith("."))) {
        const target = normalize(join(dirname(path), specifier)).replaceAll("\\", "/");
        assert.ok(existsSync(target), `${path} imports ${target}, which does not exist`);
        const isAbove = /^core\//.test(folderOf(path)) && folderOf(target) === "core" && !LEAVES.has(target);
        assert.ok(!isAbove || ABOVE.has(`${path} ${target}`), `${path} imports ${target}, which stands above it`);
        const allowed = MAY_IMPORT[folderOf(path)]?.includes(folderOf(target)) || EXCEPTIONS.has(`${path} ${target}`);
        assert.ok(allowed, `${path} imports ${target}`);
      }
    });
  }

  it("of a library stand in its home only", () => {
    for (const path of files) {
      for (const specifier of importsOf(path)) {
        const home = HOMES[specifier] ?? HOMES[packageOf(specifier)];
        if (home) assert.match(path, home, `${path} imports ${specifier}`);
      }
    }
  });

  it("of an ecosystem's folder stand in that folder, and in the one list of ecosystems", () => {
    const folder = (path: string) => /^core\/ecosystems\/[^/]+\//.exec(path)?.[0];
    for (const path of files) {
      for (const specifier of importsOf(path).filter((one) => one.startsWith("."))) {
        const target = normalize(join(dirname(path), specifier)).replaceAll("\\", "/");
        const isOwn = folder(target) === undefined || folder(target) === folder(path);
        assert.ok(isOwn || path === "core/ecosystems/index.ts", `${path} imports ${target}`);
      }
    }
  });

  it("make no circle", () => {
    const done = new Set<string>();
    const visit = (path: string, trail: readonly string[]): void => {
      assert.ok(!trail.includes(path), `a circle: ${[...trail, path].join(" -> ")}`);
      if (done.has(path) || !path.endsWith(".ts")) return;
      for (const specifier of importsOf(path))
        if (specifier.startsWith(".")) visit(normalize(join(dirname(path), specifier)), [...trail, path]);
      done.add(path);
    };
    for (const path of files) visit(path, []);
  });
});
