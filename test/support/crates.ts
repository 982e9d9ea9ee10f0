/** Crates as a Cargo registry has them, made to measure: they compile, and need nothing but what they depend on. */
import { gzipSync } from "node:zlib";
import { sha256 } from "../../core/digest.ts";
import { OLD, tar } from "./packument.ts";

export interface FixtureDependency {
  /** As Cargo writes it: `^1.2`, `=1.0.0`, `>=1, <3`. */
  readonly req: string;
  /** Left out: normal. */
  readonly kind?: "normal" | "build" | "dev";
  readonly optional?: boolean;
  /** A platform or a `cfg()`; left out: any. */
  readonly target?: string;
  readonly features?: readonly string[];
  readonly defaultFeatures?: boolean;
  /** The crate's own name, where it is used under another. */
  readonly package?: string;
  /** The index it is in; left out: the same. */
  readonly registry?: string;
}

export interface FixtureCrateVersion {
  readonly version: string;
  /** RFC 3339; null: neither the index nor the API says. */
  readonly published?: string | null;
  readonly yanked?: boolean;
  /** By the name that the code uses; a text is the requirement. */
  readonly dependencies?: Readonly<Record<string, string | FixtureDependency>>;
  /** Those with `dep:` and `?` stand in `features2` of the index, with `"v": 2`. */
  readonly features?: Readonly<Record<string, readonly string[]>>;
  readonly rustVersion?: string;
  /** An SPDX expression; null: it names none. */
  readonly license?: string | null;
  readonly repository?: string;
  /** The native library it alone may link. */
  readonly links?: string;
  /** The build.rs, which runs when it is compiled; left out: it has none. */
  readonly build?: string;
  readonly procMacro?: boolean;
  /** Of the .crate, besides Cargo.toml, src/lib.rs and build.rs; or instead of them. */
  readonly files?: Readonly<Record<string, string>>;
  /** Replaces or adds fields of its line in the index. */
  readonly line?: Readonly<Record<string, unknown>>;
  /** Replaces or adds fields of it in the registry's API. */
  readonly api?: Readonly<Record<string, unknown>>;
}

export interface FixtureCrate {
  readonly name: string;
  readonly versions: readonly FixtureCrateVersion[];
  /** Replaces or adds fields of `crate` in the registry's API. */
  readonly api?: Readonly<Record<string, unknown>>;
}

/** A version with what an index says of its .crate. */
export interface BuiltCrate {
  readonly name: string;
  readonly version: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  /** As the index writes times, without fractions of a second; undefined: it does not say. */
  readonly published: string | undefined;
  readonly fixture: FixtureCrateVersion;
}

const built = new WeakMap<FixtureCrate, readonly BuiltCrate[]>();

/** Every version of a crate, built once; equal crates have equal bytes. */
export function buildCrates(crate: FixtureCrate): readonly BuiltCrate[] {
  const crates = built.get(crate) ?? crate.versions.map((fixture) => build(crate.name, fixture));
  built.set(crate, crates);
  return crates;
}

function build(name: string, fixture: FixtureCrateVersion): BuiltCrate {
  const { version, published = OLD } = fixture;
  const bytes = crateFile(name, fixture);
  return {
    name,
    version,
    bytes,
    sha256: sha256(bytes),
    published: published?.replace(/\.\d+/, ""),
    fixture,
  };
}

/** The dependencies in one form, with the name that the code uses. */
export function dependenciesOf({
  dependencies = {},
}: FixtureCrateVersion): readonly (FixtureDependency & { readonly name: string })[] {
  return Object.entries(dependencies).map(([name, dependency]) =>
    typeof dependency === "string" ? { name, req: dependency } : { name, ...dependency },
  );
}

/** A .crate: all of it lies below NAME-VERSION/, or Cargo refuses it. */
function crateFile(name: string, fixture: FixtureCrateVersion): Uint8Array {
  const { version, build, procMacro, files } = fixture;
  const contents = {
    "Cargo.toml": cargoToml(name, fixture),
    "src/lib.rs": procMacro ? "extern crate proc_macro;\n" : `pub const VERSION: &str = "${version}";\n`,
    ...(build !== undefined && { "build.rs": build }),
    ...files,
  };
  return gzipSync(
    tar(Object.entries(contents).map(([path, content]) => ({ path: `${name}-${version}/${path}`, content }))),
  );
}

/** The manifest as `cargo package` writes it: normalized, a table for each dependency. */
function cargoToml(name: string, fixture: FixtureCrateVersion): string {
  const { version, build, features, license = "MIT", links, procMacro, repository, rustVersion } = fixture;
  return [
    "[package]",
    ...toml({
      edition: "2021",
      "rust-version": rustVersion,
      name,
      version,
      build: build !== undefined && "build.rs",
      description: "A fixture",
      license: license ?? undefined,
      repository,
      links,
    }),
    "[lib]",
    ...toml({ path: "src/lib.rs", "proc-macro": procMacro }),
    ...dependenciesOf(fixture).flatMap((dependency) => [
      `[${tableOf(dependency)}]`,
      ...toml({
        version: dependency.req,
        features: dependency.features,
        optional: dependency.optional,
        "default-features": dependency.defaultFeatures,
        package: dependency.package,
        "registry-index": dependency.registry,
      }),
    ]),
    "[features]",
    ...toml(features ?? {}),
    "",
  ].join("\n");
}

function tableOf({ name, kind = "normal", target }: FixtureDependency & { readonly name: string }): string {
  const table = { normal: "dependencies", build: "build-dependencies", dev: "dev-dependencies" }[kind];
  return `${target === undefined ? "" : `target.${JSON.stringify(target)}.`}${table}.${name}`;
}

/** Its lines; the texts, lists and truths of TOML and JSON are written alike. */
function toml(fields: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(fields).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key} = ${JSON.stringify(value)}`],
  );
}
